"""Keras's own format, without the optimizer's state; read with ``safe_mode``."""

from pathlib import Path

import numpy as np


def write(model, path: Path, precision: str, images: np.ndarray) -> None:
    """Write a network as ``.keras``; see ``formats``."""
    model.save(path)


def reader(path: Path):
    """Return a ``.keras`` file as a function of images; see ``formats``."""
    import keras

    return compiled(keras.saving.load_model(path, compile=False, safe_mode=True))


def compiled(model):
    """Return a network as a function of images float32 (n, 28, 28, 1), traced once.

    ``predict`` and a bare call spend most of a single image's time around the network.
    """
    import tensorflow as tf

    image = tf.TensorSpec((None, 28, 28, 1), tf.float32)
    graph = tf.function(lambda x: model(x, training=False), input_signature=[image])
    return lambda images: graph(images).numpy()
