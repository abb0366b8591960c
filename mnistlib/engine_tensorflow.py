"""Training steps as one TensorFlow graph call an epoch: the only file with raw TensorFlow.

The arithmetic is that of Keras's ``fit`` (the same layers, loss and optimizer). What falls
away is what ``fit`` does around each step: the input pipeline, the metric objects and the
Python call. The images lie in memory once, and a step gathers its rows.
"""

import numpy as np


class Engine:
    """Train and apply one network with TensorFlow.

    Args:
        model: an uncompiled ``keras.Model`` that gives logits.
        optimizer: a Keras optimizer.
        x, y: training images float32 (n, 28, 28, 1) and labels (n,).
        batch_size: images per step; the last step of an epoch takes what is left.
    """

    def __init__(self, model, optimizer, x: np.ndarray, y: np.ndarray, batch_size: int):
        import tensorflow as tf

        optimizer.build(model.trainable_variables)
        n = len(x)

        @tf.function(jit_compile=False)
        def epoch(images, labels, order):
            loss_sum = tf.zeros((), tf.float64)
            n_correct = tf.zeros((), tf.int32)
            for start in tf.range(0, n, batch_size):
                rows = order[start : start + batch_size]
                x_batch, y_batch = tf.gather(images, rows), tf.gather(labels, rows)
                with tf.GradientTape() as tape:
                    logits = model(x_batch, training=True)
                    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y_batch, logits)
                    loss = tf.reduce_mean(losses)
                gradients = tape.gradient(loss, model.trainable_variables)
                optimizer.apply(gradients, model.trainable_variables)
                hits = tf.argmax(logits, 1, output_type=tf.int32) == y_batch
                loss_sum += tf.reduce_sum(tf.cast(losses, tf.float64))
                n_correct += tf.math.count_nonzero(hits, dtype=tf.int32)
            return loss_sum, n_correct

        @tf.function(
            jit_compile=False, input_signature=[tf.TensorSpec((None, *x.shape[1:]))]
        )
        def forward(images):
            return model(images, training=False)

        self._epoch, self._forward, self._as_tensor = epoch, forward, tf.constant
        # Given to the graph as arguments: what a graph captures outlives the run.
        self._images, self._labels = tf.constant(x), tf.constant(y.astype(np.int32))

    def train_epoch(self, order: np.ndarray) -> tuple[float, int]:
        """Take one pass in the given order of rows.

        Returns:
            The sum of the losses (nats) and the number of correct images, each counted
            when the image was used, while the weights moved (as Keras logs it).
        """
        order = self._as_tensor(order.astype(np.int32))
        loss_sum, n_correct = self._epoch(self._images, self._labels, order)
        return float(loss_sum), int(n_correct)

    def logits(self, x: np.ndarray, batch_size: int = 500) -> np.ndarray:
        """Return logits float32 (n, 10), computed in batches."""
        parts = [
            self._forward(self._as_tensor(x[start : start + batch_size])).numpy()
            for start in range(0, len(x), batch_size)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, 10), np.float32)
