"""Training steps as one TensorFlow graph call an epoch.

The arithmetic is that of Keras's ``fit`` (the same network, loss and update rule). What
falls away is what ``fit`` does around each step: the input pipeline, the metric objects and
the Python call. The images lie in memory once, and a step gathers its rows. Raw TensorFlow
stands in the ``engine_tensorflow*`` files only.
"""

from contextlib import contextmanager

import numpy as np

from mnistlib.data.splits import ALIGNMENT
from mnistlib.training import (
    augment,
    engine_tensorflow_layers,
    engine_tensorflow_updates,
)
from mnistlib.training.engine_precision import computed_in
from mnistlib.training.spec import Precision


class Engine:
    """Train and apply one network with TensorFlow.

    Args:
        model: an uncompiled ``keras.Sequential`` that gives logits.
        optimizer: a Keras optimizer; its own learning rate is not used.
        x, y: training images float32 (n, 28, 28, 1) and labels (n,). The images are used
            where they are, so they must not be changed afterwards.
        batch_size: images per step; the last step of an epoch takes what is left.
        rates: learning rate of every step of the run, (epochs, steps).
        seed: of what dropout drops.
        label_smoothing: share of each label that is spread over all digits.
        ema_momentum: of the moving average of the weights, with which is evaluated; 0 for
            none.
        precision: in which layers compute while they are trained.
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
        import tensorflow as tf

        call = engine_tensorflow_layers.forward(model)
        variables = model.trainable_variables
        apply = engine_tensorflow_updates.updates(optimizer, variables)
        averages = []
        if ema_momentum:
            averages = [tf.Variable(v.value, trainable=False) for v in variables]
            move = engine_tensorflow_updates.moving_average(
                averages, variables, ema_momentum
            )
        self._averages, self._variables = averages, variables
        self._as_tensor, self._rates, self._epochs_taken = tf.constant, rates, 0

        @tf.function(jit_compile=False)
        def epoch(images, labels, order, rates, maps, steps_before):
            loss_sum = tf.zeros((), tf.float64)
            n_correct = tf.zeros((), tf.int32)
            for index in tf.range(len(rates)):
                rows = order[index * batch_size : (index + 1) * batch_size]
                x_batch, y_batch = tf.gather(images, rows), tf.gather(labels, rows)
                if maps is not None:
                    batch_maps = maps[index * batch_size : (index + 1) * batch_size]
                    x_batch = _moved(x_batch, batch_maps)
                step = steps_before + index
                with tf.GradientTape() as tape, computed_in(model, precision):
                    seen = tf.cast(x_batch, precision)
                    logits = call(seen, True, tf.stack([seed, step]))
                    logits = tf.cast(logits, tf.float32)
                    losses = _cross_entropy(y_batch, logits, label_smoothing)
                    loss = tf.reduce_mean(losses)
                gradients = tape.gradient(loss, variables)
                apply(gradients, rates[index], step)
                if averages:
                    move(step)
                hits = tf.argmax(logits, 1, output_type=tf.int32) == y_batch
                loss_sum += tf.reduce_sum(tf.cast(losses, tf.float64))
                n_correct += tf.math.count_nonzero(hits, dtype=tf.int32)
            return loss_sum, n_correct

        @tf.function(
            jit_compile=False, input_signature=[tf.TensorSpec((None, *x.shape[1:]))]
        )
        def forward(images):
            return call(images, False)

        self._epoch, self._forward = epoch, forward
        # Given to the graph as arguments: what a graph captures outlives the run.
        self._images, self._labels = _in_place(x), tf.constant(y.astype(np.int32))

    def train_epoch(
        self, order: np.ndarray, maps: np.ndarray | None = None
    ) -> tuple[float, int]:
        """Take the next epoch, one pass in the given order of rows.

        Args:
            order: rows of the training images, (n,).
            maps: how each image of ``order`` is moved, as ``augment.draw`` gives it; None
                to use the images as they are.

        Returns:
            The sum of the losses (nats) and the number of correct images, each counted
            when the image was used, while the weights moved (as Keras logs it).
        """
        constant, rates = self._as_tensor, self._rates[self._epochs_taken]
        loss_sum, n_correct = self._epoch(
            self._images,
            self._labels,
            constant(order.astype(np.int32)),
            constant(rates.astype(np.float32)),
            None if maps is None else constant(maps),
            constant(np.int32(self._epochs_taken * len(rates))),
        )
        self._epochs_taken += 1
        return float(loss_sum), int(n_correct)

    def logits(
        self, x: np.ndarray, maps: np.ndarray | None = None, batch_size: int = 500
    ) -> np.ndarray:
        """Return logits float32 (n, 10), computed in batches, with the averaged weights.

        Args:
            x: images float32 (n, 28, 28, 1).
            maps: how each is moved before, as in `train_epoch`.
            batch_size: images at a time.
        """
        parts = [np.zeros((0, 10), np.float32)]
        with self._averaged():
            for start in range(0, len(x), batch_size):
                images = self._as_tensor(x[start : start + batch_size])
                if maps is not None:
                    images = _moved(images, maps[start : start + batch_size])
                parts.append(self._forward(images).numpy())
        return np.concatenate(parts)

    def finalize(self) -> None:
        """Give the model its averaged weights for good, where there are such."""
        for variable, average in zip(self._variables, self._averages, strict=False):
            variable.assign(average)

    @contextmanager
    def _averaged(self):
        """Let the model have its averaged weights for a while."""
        kept = [variable.numpy() for variable in self._variables if self._averages]
        self.finalize()
        try:
            yield
        finally:
            for variable, value in zip(self._variables, kept, strict=False):
                variable.assign(value)


def _cross_entropy(y, logits, smoothing: float):
    """Return each image's loss in nats; smoothed labels as Keras smooths them."""
    import tensorflow as tf

    if not smoothing:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
    n_classes = logits.shape[1]
    labels = tf.one_hot(y, n_classes) * (1.0 - smoothing) + smoothing / n_classes
    return tf.nn.softmax_cross_entropy_with_logits(labels, logits)


def _in_place(x: np.ndarray):
    """Return a tensor of an array, on the array's own memory where that can be.

    ``tf.constant`` would copy it twice, which is 376 MB for MNIST.
    """
    import tensorflow as tf

    if x.ctypes.data % ALIGNMENT or not (x.flags.c_contiguous and x.flags.writeable):
        return tf.constant(x)
    return tf.experimental.dlpack.from_dlpack(x.__dlpack__())


def _moved(images, maps):
    """Apply maps to images, bilinear; pixels from outside repeat the border."""
    import tensorflow as tf

    if maps.shape[1] > augment.AFFINE:
        return _bent(images, maps)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=maps,
        output_shape=images.shape[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )


def _bent(images, maps):
    """Apply affine and elastic maps at once, so that an image is interpolated once."""
    import tensorflow as tf

    n, side = tf.shape(images)[0], images.shape[1]
    row, column = tf.meshgrid(*[tf.range(side, dtype=tf.float32)] * 2, indexing="ij")
    a0, a1, a2, b0, b1, b2 = tf.unstack(maps[:, :6, None, None], axis=1)
    shape = (n, 2, augment.KNOTS, augment.KNOTS)
    spline = tf.constant(augment.spline())
    control = tf.reshape(maps[:, augment.AFFINE :], shape)
    bend = tf.einsum("rg,nkgh,ch->nkrc", spline, control, spline)
    last = side - 1.0
    across = tf.clip_by_value(a0 * column + a1 * row + a2 + bend[:, 0], 0.0, last)
    down = tf.clip_by_value(b0 * column + b1 * row + b2 + bend[:, 1], 0.0, last)
    left = tf.minimum(tf.floor(across), last - 1)
    top = tf.minimum(tf.floor(down), last - 1)
    u, v = across - left, down - top
    first = tf.reshape(tf.cast(top * side + left, tf.int32), (n, side * side))
    flat = tf.reshape(images, (n, side * side))

    def corner(step: int):
        values = tf.gather(flat, first + step, axis=1, batch_dims=1)
        return tf.reshape(values, tf.shape(across))

    upper = corner(0) * (1 - u) + corner(1) * u
    lower = corner(side) * (1 - u) + corner(side + 1) * u
    return (upper * (1 - v) + lower * v)[..., None]
