"""Networks that stay: records keep no weights, so these are trained when asked for."""

from collections.abc import Callable, Sequence

import numpy as np

from mnistlib import models
from mnistlib.data import Dataset
from mnistlib.data.splits import validation_size
from mnistlib.runs import Case
from mnistlib.training.images import images_of
from mnistlib.training.probabilities import softmax
from mnistlib.training.train import train

# From images float32 (n, 28, 28) to probabilities, or 1 for the digit, float (n, 10).
Network = Callable[[np.ndarray], np.ndarray]
_BATCH = 500


def trained(cases: Sequence[Case], images: Dataset) -> dict[tuple, Network]:
    """Train every case in this process, with one thread, and return the networks.

    The same case gives the same network on one machine; nothing is recorded.

    Args:
        cases: with a label ``system`` each, or none.
        images: the data.

    Returns:
        (system, or the model's name; seed) -> network.
    """
    made = {}
    for case in cases:
        make = _classical if case.spec.kind == "classical" else _network
        name = case.labels.get("system", case.spec.model)
        made[name, case.spec.seed] = make(case.spec, images)
    return made


def trained_on(spec, images: Dataset) -> int:
    """Return how many images a run of a spec learns from, without those of validation."""
    n = len(images.y_train) if spec.n_train is None else spec.n_train
    return n - validation_size(n, spec.val_fraction, spec.split)


def accuracy(networks: dict[tuple, Network], x: np.ndarray, y: np.ndarray) -> float:
    """Return what share of images networks read, a mean over them.

    Args:
        networks: (system, seed) -> network.
        x, y: images float32 (n, 28, 28), 0 to 1, and labels.
    """
    read = [(network(x).argmax(axis=1) == y).mean() for network in networks.values()]
    return float(np.mean(read))


def _network(spec, images: Dataset) -> Network:
    weights: dict = {}
    train(spec, images, weights_to=weights)
    model = models.build(spec.model, **spec.model_args)
    for weight in model.weights:
        weight.assign(weights[weight.path])

    def probabilities(x: np.ndarray) -> np.ndarray:
        x = np.asarray(x, dtype=np.float32)[..., None]
        parts = [x[i : i + _BATCH] for i in range(0, len(x), _BATCH)]
        return softmax(np.concatenate([np.asarray(model(part)) for part in parts]))

    return probabilities


def _classical(spec, images: Dataset) -> Network:
    from threadpoolctl import threadpool_limits

    estimator = models.build_estimator(spec.model, spec.seed, **spec.model_args)
    cut, x_train, *_ = images_of(spec, images)
    with threadpool_limits(1):
        estimator.fit(x_train.reshape(len(x_train), -1), cut.y_train)

    def answers(x: np.ndarray) -> np.ndarray:
        return np.eye(10)[estimator.predict(np.asarray(x).reshape(len(x), -1))]

    return answers
