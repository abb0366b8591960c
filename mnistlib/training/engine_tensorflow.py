"""Training steps as one TensorFlow graph call an epoch.

The arithmetic is that of Keras's ``fit`` (the same network, loss and update rule). What
falls away is what ``fit`` does around each step: the input pipeline, the metric objects and
the Python call. The images lie in memory once, and a step gathers its rows. Raw TensorFlow
stands in the ``engine_tensorflow*`` files only.
"""

import numpy as np

from mnistlib.data.splits import ALIGNMENT
from mnistlib.training import engine_tensorflow_layers, engine_tensorflow_updates


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
    ):
        import tensorflow as tf

        call = engine_tensorflow_layers.forward(model)
        variables = model.trainable_variables
        apply = engine_tensorflow_updates.updates(optimizer, variables)
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
                with tf.GradientTape() as tape:
                    logits = call(x_batch, True, tf.stack([seed, step]))
                    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y_batch, logits)
                    loss = tf.reduce_mean(losses)
                gradients = tape.gradient(loss, variables)
                apply(gradients, rates[index], step)
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
            maps: how each image of ``order`` is moved, float32 (n, 8), as ``augment.draw``
                gives it; None to use the images as they are.

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

    def logits(self, x: np.ndarray, batch_size: int = 500) -> np.ndarray:
        """Return logits float32 (n, 10), computed in batches."""
        parts = [
            self._forward(self._as_tensor(x[start : start + batch_size])).numpy()
            for start in range(0, len(x), batch_size)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, 10), np.float32)


def _in_place(x: np.ndarray):
    """Return a tensor of an array, on the array's own memory where that can be.

    ``tf.constant`` would copy it twice, which is 376 MB for MNIST.
    """
    import tensorflow as tf

    if x.ctypes.data % ALIGNMENT or not (x.flags.c_contiguous and x.flags.writeable):
        return tf.constant(x)
    return tf.experimental.dlpack.from_dlpack(x.__dlpack__())


def _moved(images, maps):
    """Apply affine maps to images, bilinear; pixels from outside repeat the border."""
    import tensorflow as tf

    return tf.raw_ops.ImageProjectiveTransformV3(
        images=images,
        transforms=maps,
        output_shape=images.shape[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
