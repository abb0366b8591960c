"""Stock Keras: ``compile`` and ``fit``, as a paper would write it."""

import time

from bench.peers.protocol import arrays, serve, settings

given = settings()

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers as L  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(given["threads"])
if given["threads"] == 1:
    tf.config.threading.set_inter_op_parallelism_threads(1)


def base_cnn() -> list:
    return [
        L.Conv2D(32, 3, activation="relu", kernel_initializer="he_uniform"),
        L.MaxPooling2D(),
        L.Flatten(),
        L.Dense(100, activation="relu", kernel_initializer="he_uniform"),
    ]


def complex_cnn() -> list:
    he = {"activation": "relu", "kernel_initializer": "he_uniform"}
    return [
        L.Conv2D(32, 3, **he),
        L.MaxPooling2D(),
        L.Conv2D(64, 3, **he),
        L.Conv2D(64, 3, **he),
        L.MaxPooling2D(),
        L.Flatten(),
        L.Dense(100, **he),
    ]


def raj_cnn() -> list:
    found = []
    for _ in range(3):
        found += [L.Conv2D(64, 3), L.Activation("relu"), L.MaxPooling2D()]
    found.append(L.Flatten())
    for units in (64, 32):
        found += [L.Dense(units), L.Activation("relu")]
    return found


def raut_cnn() -> list:
    return [
        L.Conv2D(32, 3, activation="relu"),
        L.MaxPooling2D(),
        L.Conv2D(64, 3, activation="relu"),
        L.MaxPooling2D(),
        L.Flatten(),
        L.Dense(128, activation="relu"),
    ]


def sayee_cnn() -> list:
    found = []
    for filters in (32, 64):
        for _ in range(2):
            found += [
                L.Conv2D(filters, 3, padding="same", use_bias=False),
                L.BatchNormalization(),
                L.Activation("relu"),
            ]
        found += [L.MaxPooling2D(), L.Dropout(0.25)]
    found += [L.Flatten(), L.Dense(128, use_bias=False), L.BatchNormalization()]
    return [*found, L.Activation("relu"), L.Dropout(0.5)]


def mnist_convnet() -> list:
    """The network of Keras's own example "Simple MNIST convnet"."""
    return [
        L.Conv2D(32, 3, activation="relu"),
        L.MaxPooling2D(),
        L.Conv2D(64, 3, activation="relu"),
        L.MaxPooling2D(),
        L.Flatten(),
        L.Dropout(0.5),
    ]


MOVES = [L.RandomRotation(10 / 360), L.RandomTranslation(0.1, 0.1), L.RandomZoom(0.1, 0.1)]
BUILDERS = (base_cnn, complex_cnn, raj_cnn, raut_cnn, sayee_cnn, mnist_convnet)

x, y = arrays(given)
x = x[..., None]
keras.utils.set_random_seed(given["seed"])
network = {builder.__name__: builder for builder in BUILDERS}[given["network"]]()
first = MOVES if given["augmented"] == "layers" else []
model = keras.Sequential(
    [keras.Input((28, 28, 1)), *first, *network, L.Dense(10, activation="softmax")]
)
optimizers = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}
model.compile(
    optimizers[given["optimizer"]](learning_rate=given["learning_rate"]),
    "sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
flow = None
if given["augmented"] == "generator":
    flow = tf.keras.preprocessing.image.ImageDataGenerator(
        rotation_range=10, width_shift_range=0.1, height_shift_range=0.1, zoom_range=0.1
    ).flow(x, y, batch_size=given["batch_size"])


class Clock(keras.callbacks.Callback):
    """Times an epoch without what ``fit`` does before and after it."""

    def on_epoch_begin(self, epoch, logs=None):
        self.begin = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds = time.perf_counter() - self.begin


clock = Clock()


def epoch() -> float:
    """Return the seconds of the steps.

    When ``fit`` ends it often waits for a thread that tunes TensorFlow's input pipeline and
    sleeps for up to as long as the epoch took. That is not training, and where it falls
    depends on the number of images.
    """
    if flow is None:
        model.fit(x, y, batch_size=given["batch_size"], verbose=0, callbacks=[clock])
    else:
        model.fit(flow, steps_per_epoch=len(flow), verbose=0, callbacks=[clock])
    return clock.seconds


def accuracy(images, labels) -> float:
    return model.evaluate(images[..., None], labels, batch_size=500, verbose=0)[1]


serve(given, epoch, accuracy)
