"""The same engine in plain Keras 3, for the backends that have no engine of their own."""

import numpy as np

from mnistlib.training import augment
from mnistlib.training.engine_precision import computed_in
from mnistlib.training.spec import Precision


class Engine:
    """Train and apply one network with Keras's own ``fit`` and ``predict``.

    Args:
        model: an uncompiled ``keras.Model`` that gives logits.
        optimizer: a Keras optimizer.
        x, y: training images float32 (n, 28, 28, 1) and labels (n,).
        batch_size: images per step; the last step of an epoch takes what is left.
        rates: learning rate of every step of the run, (epochs, steps).
        seed: not used: Keras's layers drop by the seed they were built with.
        label_smoothing, ema_momentum, precision: as of ``engine_tensorflow``.
    """

    def __init__(
        self,
        model,
        optimizer,
        x: np.ndarray,
        y: np.ndarray,
        batch_size: int,
        rates: np.ndarray,
        seed: int = 0,
        label_smoothing: float = 0.0,
        ema_momentum: float = 0.0,
        precision: Precision = "float32",
    ):
        import keras

        if ema_momentum:
            # `fit` ends by giving the model its averages for good: an epoch is no end.
            optimizer.finalize_variable_values = lambda variables: None
            optimizer.use_ema, optimizer.ema_momentum = True, ema_momentum
        losses = keras.losses
        loss = losses.SparseCategoricalCrossentropy(from_logits=True)
        self._y = y.astype(np.int32)
        if label_smoothing:
            loss = losses.CategoricalCrossentropy(True, label_smoothing=label_smoothing)
            self._y = keras.utils.to_categorical(y, model.output_shape[1])
        if np.ptp(rates):
            optimizer.learning_rate = _rate_table(rates)
        model.compile(
            optimizer,
            loss,
            metrics=["accuracy"],
            # XLA is what makes JAX quick; on TensorFlow's CPU it makes these nets slower.
            jit_compile=keras.backend.backend() == "jax",
        )
        self._model, self._x, self._batch_size = model, x, batch_size
        self._precision = precision

    def train_epoch(
        self, order: np.ndarray, maps: np.ndarray | None = None
    ) -> tuple[float, int]:
        """Take the next epoch; arguments and result as those of ``engine_tensorflow``."""
        images = self._x[order]
        with computed_in(self._model, self._precision):
            fitted = self._model.fit(
                images if maps is None else _moved(images, maps),
                self._y[order],
                batch_size=self._batch_size,
                shuffle=False,
                verbose=0,
            )
        loss, accuracy = fitted.history["loss"][0], fitted.history["accuracy"][0]
        return float(loss) * len(order), round(float(accuracy) * len(order))

    def logits(
        self, x: np.ndarray, maps: np.ndarray | None = None, batch_size: int = 500
    ) -> np.ndarray:
        """Return logits; arguments and result as those of ``engine_tensorflow``."""
        if not len(x):
            return np.zeros((0, 10), np.float32)
        if maps is not None:
            x = _moved(x, maps)
        variables = self._model.trainable_variables if self._model.optimizer.use_ema else []
        kept = [variable.numpy() for variable in variables]
        self.finalize()
        logits = self._model.predict(x, batch_size=batch_size, verbose=0)
        for variable, value in zip(variables, kept, strict=True):
            variable.assign(value)
        return logits

    def finalize(self) -> None:
        """Give the model its averaged weights for good, where there are such."""
        optimizer = self._model.optimizer
        if optimizer.use_ema and optimizer.built:
            variables = self._model.trainable_variables
            type(optimizer).finalize_variable_values(optimizer, variables)
            for variable in variables:
                # JAX lets both have one buffer, and `predict` gives the model's away.
                variable.assign(np.array(variable))


def _moved(images: np.ndarray, maps: np.ndarray, chunk: int = 1000) -> np.ndarray:
    """Apply maps to images, bilinear; pixels from outside repeat the border."""
    import keras

    if maps.shape[1] > augment.AFFINE:
        return augment.moved(images[..., 0], maps)[..., None].astype(np.float32)
    parts = [
        keras.ops.image.affine_transform(
            images[start : start + chunk],
            maps[start : start + chunk],
            interpolation="bilinear",
            fill_mode="nearest",
            data_format="channels_last",
        )
        for start in range(0, len(images), chunk)
    ]
    return np.concatenate([keras.ops.convert_to_numpy(part) for part in parts])


def _rate_table(rates: np.ndarray):
    """Return a Keras schedule that reads each step's rate from a table."""
    import keras

    class RateTable(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            table = keras.ops.convert_to_tensor(rates.reshape(-1).astype("float32"))
            return keras.ops.take(table, keras.ops.cast(step, "int32"))

    return RateTable()
