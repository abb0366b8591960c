"""A Keras model's layers as the quickest TensorFlow operations of the same arithmetic.

The layers keep their weights; only what computes with them is replaced:

- ReLU before max pooling becomes ReLU after it, on a quarter of the values. Both are
  monotone, so the outputs are the same; so are the gradients, ties included: a positive
  maximum is passed to its first place in the window either way, and nothing passes where
  no value is positive.
- Batch normalisation becomes TensorFlow's fused operation, one pass instead of several.
- Dropout compares random bytes, where the rate is a multiple of 1/256.
- Every other layer is called as it is.

Each replacement is held to Keras's own layer, forward and backward, by a test.
"""

from collections.abc import Callable

Step = Callable  # (x, training: bool, seed) -> x


def forward(model) -> Callable:
    """Return ``call(x, training, seed) -> logits`` for a ``keras.Sequential``.

    Args of the returned function:
        x: float32 (n, ...), as the model takes it.
        training: whether batches are normalised by themselves (their statistics then also
            move the running ones) and dropout drops.
        seed: int32 (2,), decides what dropout drops; not used without dropout.
    """
    steps = _steps(model.layers)

    def call(x, training: bool, seed=None):
        for step in steps:
            x = step(x, training, seed)
        return x

    return call


def _steps(layers: list) -> list[Step]:
    import keras

    layers, steps = list(layers), []
    while layers:
        layer = layers.pop(0)
        if (
            isinstance(layer, keras.layers.ReLU)
            and layers
            and isinstance(layers[0], keras.layers.MaxPooling2D)
            and not (layer.max_value or layer.negative_slope or layer.threshold)
        ):
            steps += [_as_it_is(layers.pop(0)), _as_it_is(layer)]
        elif isinstance(layer, keras.layers.BatchNormalization):
            steps.append(_batch_norm(layer))
        elif isinstance(layer, keras.layers.Dropout):
            steps.append(_dropout(layer, len(steps)))
        else:
            steps.append(_as_it_is(layer))
    return steps


def _as_it_is(layer) -> Step:
    return lambda x, training, seed: layer(x)


def _batch_norm(layer) -> Step:
    """Normalise over the last axis; the running averages move as Keras moves them."""
    import tensorflow as tf

    def step(x, training, seed):
        images = x if len(x.shape) == 4 else x[:, None, None, :]
        if training:
            y, mean, variance = tf.compat.v1.nn.fused_batch_norm(
                images, layer.gamma.value, layer.beta.value, epsilon=layer.epsilon
            )
            # TensorFlow's batch variance is divided by n - 1, Keras's by n.
            n = tf.cast(tf.reduce_prod(tf.shape(images)[:3]), tf.float32)
            variance *= tf.maximum(n - 1.0, 1.0) / n
            for running, batch in (
                (layer.moving_mean, mean),
                (layer.moving_variance, variance),
            ):
                running.assign(running * layer.momentum + batch * (1.0 - layer.momentum))
        else:
            y, _, _ = tf.compat.v1.nn.fused_batch_norm(
                images,
                layer.gamma.value,
                layer.beta.value,
                layer.moving_mean.value,
                layer.moving_variance.value,
                epsilon=layer.epsilon,
                is_training=False,
            )
        return y if len(x.shape) == 4 else y[:, 0, 0, :]

    return step


def _dropout(layer, index: int) -> Step:
    """Drop with probability ``rate``; what is kept is divided by ``1 - rate``."""
    import tensorflow as tf

    threshold = layer.rate * 256

    def step(x, training, seed):
        if not training or not layer.rate:
            return x
        shape, own_seed = tf.shape(x), tf.stack([seed[0], seed[1] * 64 + index])
        if threshold == int(threshold):
            size = tf.size(x)
            words = tf.random.stateless_uniform(
                [(size + 3) // 4], own_seed, minval=None, maxval=None, dtype=tf.int32
            )
            draws = tf.reshape(tf.bitcast(words, tf.uint8), [-1])[:size]
            keep = tf.reshape(draws >= tf.constant(int(threshold), tf.uint8), shape)
        else:
            keep = tf.random.stateless_uniform(shape, own_seed) >= layer.rate
        return x * (tf.cast(keep, x.dtype) * (1.0 / (1.0 - layer.rate)))

    return step
