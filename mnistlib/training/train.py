"""One run of a network: ``train(spec, dataset) -> RunRecord``."""

import time

import numpy as np

from mnistlib import data, models
from mnistlib.ground import backend
from mnistlib.training import augment, engine_precision, probabilities, schedules
from mnistlib.training.images import images_of
from mnistlib.training.record import RunRecord, counts, new_record
from mnistlib.training.spec import MOVES, NetworkSpec

VERSIONS_MOVE = 0.5  # the moves of a test image's versions, as a share of those of training


def build_optimizer(spec: NetworkSpec):
    """Return the Keras optimizer that a spec names, with Keras's defaults otherwise.

    SGD with momentum m: ``v = m v - rate g; w = w + v``. Adam: betas .9 and .999,
    epsilon 1e-7. Adadelta: rho .95, epsilon 1e-7.
    """
    import keras

    if spec.optimizer == "sgd":
        return keras.optimizers.SGD(spec.learning_rate, momentum=spec.momentum)
    cls = {"adam": keras.optimizers.Adam, "adadelta": keras.optimizers.Adadelta}
    return cls[spec.optimizer](spec.learning_rate)


def build_engine(spec: NetworkSpec, model, x: np.ndarray, y: np.ndarray, rates: np.ndarray):
    """Return the training engine of the Keras backend in use.

    Args:
        spec: gives the optimizer, the batch size, the seed, smoothing, averaging and
            precision.
        model: an uncompiled ``keras.Sequential`` that gives logits.
        x, y: training images float32 (n, 28, 28, 1) and labels (n,).
        rates: learning rate of every step, (epochs, steps); see ``learning_rates``.
    """
    import keras

    if keras.backend.backend() == "tensorflow":
        from mnistlib.training.engine_tensorflow import Engine
    else:
        from mnistlib.training.engine_keras import Engine
    return Engine(
        model,
        build_optimizer(spec),
        x,
        y,
        spec.batch_size,
        rates,
        seed=order_seed(spec),
        label_smoothing=spec.label_smoothing,
        ema_momentum=spec.ema_momentum,
        precision=spec.precision,
    )


def order_seed(spec: NetworkSpec) -> int:
    """Return the seed of a run's order of images, how they are moved, and of dropout."""
    return spec.seed if spec.order_seed is None else spec.order_seed


def learning_rates(spec: NetworkSpec, n: int) -> np.ndarray:
    """Return the rate of every step of a run on n training images, (epochs, steps)."""
    steps = -(-n // spec.batch_size)
    return schedules.rates(spec.schedule, spec.learning_rate, spec.epochs, steps)


def draw_epoch(
    spec: NetworkSpec, epoch: int, n: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the order of an epoch's n images and how each is moved (None: not at all).

    Both depend on `order_seed` and the epoch (from 1) alone.
    """
    rng = np.random.default_rng([order_seed(spec), epoch])
    order = rng.permutation(n)
    if not spec.is_augmented:
        return order, None
    sizes = {name: getattr(spec, name) for name in ("shear", "elastic")}
    return order, augment.draw(n, rng, spec.rotation, spec.shift, spec.zoom, **sizes)


def cross_entropy(logits: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return each image's loss in nats, ``log(sum(exp(z))) - z[y]``, in float64."""
    z = logits.astype(np.float64)
    top = z.max(axis=1)
    return np.log(np.exp(z - top[:, None]).sum(axis=1)) + top - z[np.arange(len(y)), y]


def evaluate(engine, x: np.ndarray, y: np.ndarray) -> tuple[dict, np.ndarray]:
    """Return counts and mean loss over all images, and the logits float32 (n, 10)."""
    logits = engine.logits(x)
    # An overflowed network gives NaN; it is a result, so numpy need not warn of it.
    with np.errstate(invalid="ignore", over="ignore"):
        loss = cross_entropy(logits, y).sum()
    return counts(int((logits.argmax(axis=1) == y).sum()), len(y), float(loss)), logits


def read_versions(
    spec: NetworkSpec, engine, x: np.ndarray, logits: np.ndarray
) -> np.ndarray:
    """Return the mean probabilities over each image and moved versions of it.

    All sizes of the moves are `VERSIONS_MOVE` times those of training; what is drawn is
    decided by them, by `order_seed` and by the number of images.

    Args:
        spec: gives the moves, and by ``test_versions`` their number.
        engine: trained.
        x: test images float32 (n, 28, 28, 1).
        logits: of the images as they are, (n, 10).

    Returns:
        float64 (n, 10); NaN where the network overflowed.
    """
    sizes = {move: VERSIONS_MOVE * getattr(spec, move) for move in MOVES}
    total = probabilities.softmax(logits)
    for version in range(spec.test_versions):
        # Epochs count from 1: with 0 in their place this is no epoch's seed.
        rng = np.random.default_rng([order_seed(spec), 0, version])
        moved = engine.logits(x, augment.draw(len(x), rng, **sizes))
        total += probabilities.softmax(moved)
    return total / (1 + spec.test_versions)


def train(
    spec: NetworkSpec, dataset: data.Dataset, weights_to: dict | None = None
) -> RunRecord:
    """Train and evaluate one network.

    The test images are opened by tested runs alone, once, at the end, unless the spec says
    ``test_each_epoch``. The run stops early only if the loss stops being finite; its status
    is then ``"diverged"`` and it is evaluated as it stands.

    Args:
        spec: what to train.
        dataset: the data that ``spec.dataset`` names.
        weights_to: a dict that receives the final weights by path (for tests and for
            those who take the model away); None to drop them.

    Returns:
        The run's record, not yet stored.

    Raises:
        RunError: a setting of the environment is none, or has no such precision.
    """
    engine_precision.require_possible(spec.precision)
    backend.configure()
    import keras  # after configure: importing it loads the backend

    cut, x_train, x_val, x_test = images_of(spec, dataset)

    keras.backend.clear_session()
    keras.utils.set_random_seed(order_seed(spec))  # for dropout in Keras's own engine
    model = models.build(spec.model, **spec.model_args)
    models.initialise(model, spec.seed if spec.weights_seed is None else spec.weights_seed)
    rates = learning_rates(spec, len(x_train))
    engine = build_engine(spec, model, x_train, cut.y_train, rates)

    history, status, fit_seconds, evaluate_seconds = [], "ok", 0.0, 0.0
    train_counts = val_counts = counts(0, 0, 0.0)
    for epoch in range(1, spec.epochs + 1):
        started = time.perf_counter()
        loss_sum, n_correct = engine.train_epoch(*draw_epoch(spec, epoch, len(x_train)))
        trained = time.perf_counter()
        val_counts, _ = evaluate(engine, x_val, cut.y_val)
        evaluated = time.perf_counter()
        train_counts = counts(n_correct, len(x_train), loss_sum)
        fit_seconds += trained - started
        evaluate_seconds += evaluated - trained
        history.append(
            {
                "epoch": epoch,
                "learning_rate": float(np.median(rates[epoch - 1])),
                "train_loss": train_counts["loss"],
                "train_accuracy": train_counts["n_correct"] / len(x_train),
                "val_loss": val_counts["loss"],
                "val_accuracy": val_counts["n_correct"] / len(x_val)
                if len(x_val)
                else None,
                "seconds": trained - started,
            }
        )
        if spec.test_each_epoch:
            seen, _ = evaluate(engine, x_test, cut.y_test)
            history[-1]["test_loss"] = seen["loss"]
            history[-1]["test_accuracy"] = seen["n_correct"] / len(x_test)
        if not np.isfinite(loss_sum):
            status = "diverged"
            break

    engine.finalize()
    tested, last_counts = {}, val_counts
    if spec.is_tested:
        started = time.perf_counter()
        last_counts, logits = evaluate(engine, x_test, cut.y_test)
        predict_seconds = time.perf_counter() - started
        digits = logits.argmax(axis=1).astype(np.uint8)
        tested = {
            "test": last_counts,
            "predictions": digits,
            "probabilities": probabilities.rounded(probabilities.softmax(logits), digits),
        }
        if spec.test_versions:
            mean = read_versions(spec, engine, x_test, logits)
            tested |= _versions_facts(mean, cut.y_test)
    if last_counts["loss"] is None:  # the very last step overflowed
        status = "diverged"
    if weights_to is not None:
        weights_to.update({weight.path: np.asarray(weight) for weight in model.weights})
    return new_record(
        spec,
        dataset,
        cut,
        status=status,
        history=history,
        train=train_counts,
        val=val_counts,
        **tested,
        parameters=model.count_params(),
        size_bytes=sum(np.asarray(weight).nbytes for weight in model.weights),
        seconds={
            "fit": fit_seconds,
            "evaluate": evaluate_seconds,
            "predict_test": predict_seconds if tested else None,
        },
        environment=backend.environment(),
    )


def _versions_facts(mean: np.ndarray, y: np.ndarray) -> dict:
    """Return what a record holds of mean probabilities (n, 10)."""
    digits = mean.argmax(axis=1).astype(np.uint8)
    with np.errstate(divide="ignore"):
        loss = -np.log(mean[np.arange(len(y)), y]).sum()
    return {
        "versions": counts(int((digits == y).sum()), len(y), float(loss)),
        "versions_predictions": digits,
        "versions_probabilities": probabilities.rounded(mean, digits),
    }
