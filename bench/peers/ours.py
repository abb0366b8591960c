"""Our engine, one thread: a network trained as the study trains it."""

from bench.peers.protocol import arrays, serve, settings

given = settings()

from mnistlib.ground import backend  # noqa: E402

backend.configure()

import keras  # noqa: E402
import numpy as np  # noqa: E402

from bench.operations import shares  # noqa: E402
from bench.systems import AUGMENTATION  # noqa: E402
from mnistlib import models  # noqa: E402
from mnistlib.training import train  # noqa: E402
from mnistlib.training.spec import NetworkSpec, make  # noqa: E402

x, y = arrays(given)
x = x[..., None]
spec = make(
    NetworkSpec,
    dataset="mnist",
    model=given["network"],
    model_args=given.get("model_args", {}),
    optimizer=given["optimizer"],
    learning_rate=given["learning_rate"],
    schedule=given.get("schedule", "constant"),
    batch_size=given["batch_size"],
    epochs=given["epochs"],
    label_smoothing=given.get("label_smoothing", 0.0),
    seed=given["seed"],
    **(AUGMENTATION if given["augmented"] else {}),
)
model = models.build(spec.model, **spec.model_args)
models.initialise(model, spec.seed)
engine = train.build_engine(spec, model, x, y, train.learning_rates(spec, len(x)))
done = 0


def epoch() -> None:
    global done
    done += 1
    engine.train_epoch(*train.draw_epoch(spec, done, len(x)))


def accuracy(images: np.ndarray, labels: np.ndarray) -> float:
    counted, _ = train.evaluate(engine, images[..., None], labels)
    return counted["n_correct"] / counted["n_examples"]


def facts() -> dict:
    """Operations of a step's multiplications, for one image: no input gradient at first."""
    first = next(layer for layer in model.layers if layer.weights)
    alone = keras.Sequential([keras.Input(first.input.shape[1:]), first])
    macs = models.macs(model)
    return {
        "macs": macs,
        "flop_per_image": 2 * (3 * macs - models.macs(alone)),
        "parameters": model.count_params(),
    }


def matmul() -> float:
    """Return the multiply-add rate of large matrices on this thread, GFLOP/s."""
    import time

    import tensorflow as tf

    side = 1024
    a, b = (tf.constant(np.random.default_rng(s).normal(size=(side, side)), tf.float32)
            for s in (0, 1))  # fmt: skip
    tf.matmul(a, b)
    started = time.perf_counter()
    repeats = 100
    for _ in range(repeats):
        tf.matmul(a, b)
    return 2 * side**3 * repeats / (time.perf_counter() - started) / 1e9


def augment() -> float:
    """Draw and apply one epoch's random moves, as in training; return the images."""
    import tensorflow as tf

    from mnistlib.training.engine_tensorflow import _moved

    order, maps = train.draw_epoch(spec, 1, len(x))
    for start in range(0, len(x), spec.batch_size):
        rows = order[start : start + spec.batch_size]
        batch = maps[start : start + spec.batch_size]
        _moved(tf.constant(x[rows]), tf.constant(batch))
    return len(x)


def operations() -> dict:
    """Return the share of each kind of operation in an epoch's time."""
    return shares(epoch)


serve(
    given,
    epoch,
    accuracy,
    facts=facts,
    matmul=matmul,
    augment=augment,
    operations=operations,
)
