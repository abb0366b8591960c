"""The same engine in plain Keras 3, for the backends that have no engine of their own."""

import numpy as np


class Engine:
    """Train and apply one network with Keras's own ``fit`` and ``predict``.

    Args:
        model: an uncompiled ``keras.Model`` that gives logits.
        optimizer: a Keras optimizer.
        x, y: training images float32 (n, 28, 28, 1) and labels (n,).
        batch_size: images per step; the last step of an epoch takes what is left.
    """

    def __init__(self, model, optimizer, x: np.ndarray, y: np.ndarray, batch_size: int):
        import keras

        model.compile(
            optimizer,
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            # XLA is what makes JAX quick; on TensorFlow's CPU it makes these nets slower.
            jit_compile=keras.backend.backend() == "jax",
        )
        self._model, self._x, self._y = model, x, y.astype(np.int32)
        self._batch_size = batch_size

    def train_epoch(self, order: np.ndarray) -> tuple[float, int]:
        """Take one pass in the given order of rows; return sum of losses and correct."""
        fitted = self._model.fit(
            self._x[order],
            self._y[order],
            batch_size=self._batch_size,
            shuffle=False,
            verbose=0,
        )
        loss, accuracy = fitted.history["loss"][0], fitted.history["accuracy"][0]
        return float(loss) * len(order), round(float(accuracy) * len(order))

    def logits(self, x: np.ndarray, batch_size: int = 500) -> np.ndarray:
        """Return logits float32 (n, 10), computed in batches."""
        if not len(x):
            return np.zeros((0, 10), np.float32)
        return self._model.predict(x, batch_size=batch_size, verbose=0)
