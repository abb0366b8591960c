"""Networks as scripts: they say what Keras says, and refuse what they do not know."""

import io
import json
import zipfile

import numpy as np
import pytest

from bench.node import SCRIPTS
from mnistlib import data, models
from mnistlib.deploy import bundle, javascript
from mnistlib.ground import backend
from mnistlib.ground.errors import ModelError

NAMES = bundle.names()


@pytest.fixture
def rng():
    """Draws of each test's own: what others draw before it changes nothing."""
    return np.random.default_rng(0)


@pytest.fixture(scope="module")
def layers():
    backend.configure()
    import keras

    return keras.layers


def saved(model, tmp_path) -> bytes:
    path = tmp_path / "saved.keras"
    model.save(path)
    return path.read_bytes()


def network(layers, *between):
    import keras

    last = [layers.Flatten(), layers.Dense(10), layers.Softmax()]
    return keras.Sequential([keras.Input((28, 28, 1)), *between, *last])


def shaken(model, rng):
    """Give every weight a value of its own: a variance is above 0."""
    for weight in model.weights:
        values = rng.normal(0, 0.3, weight.shape)
        weight.assign(np.abs(values) + 0.2 if "variance" in weight.path else values)
    return model


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_script_reads_all_test_images_as_keras_does(name, real_mnist, read_in_node):
    images = data.load("mnist", real_mnist).x_test / np.float32(255)
    wanted = bundle.probabilities(bundle.load(name), images)
    given = read_in_node(javascript.script(name), images)
    assert len(given) == 10_000
    assert (given.argmax(axis=1) != wanted.argmax(axis=1)).sum() == 0
    assert np.abs(given - wanted).max() < 5e-4


@pytest.mark.parametrize("name", NAMES)
def test_a_script_reads_strange_images_as_keras_does(name, read_in_node, rng):
    images = np.concatenate(
        [rng.uniform(0, 1, (20, 28, 28)), np.zeros((1, 28, 28)), np.ones((1, 28, 28))]
    ).astype(np.float32)
    wanted = bundle.probabilities(bundle.load(name), images)
    given = read_in_node(javascript.script(name), images)
    assert given == pytest.approx(wanted, abs=5e-3)


def make_layers(layers) -> dict:
    bn = layers.BatchNormalization
    return {
        "same": [layers.Conv2D(4, 5, padding="same"), layers.ReLU()],
        "strides": [layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False)],
        "strides, valid": [layers.Conv2D(3, (3, 5), strides=(2, 3), activation="relu")],
        "folded": [layers.Conv2D(4, 3), bn(), layers.ReLU(), layers.Dropout(0.5)],
        "folded, no bias": [layers.Conv2D(4, 3, use_bias=False), bn(scale=False)],
        "after ReLU": [layers.Conv2D(4, 3), layers.ReLU(), bn(center=False)],
        "after a pool": [layers.Conv2D(4, 3), layers.MaxPooling2D(3, strides=2), bn()],
        "dense": [layers.Flatten(), layers.Dense(7, use_bias=False), bn(), layers.ReLU()],
    }


@pytest.mark.parametrize(
    "case",
    [
        "same",
        "strides",
        "strides, valid",
        "folded",
        "folded, no bias",
        "after ReLU",
        "after a pool",
        "dense",
    ],
)
def test_every_known_layer_is_as_in_keras(layers, case, read_in_node, tmp_path, rng):
    model = shaken(network(layers, *make_layers(layers)[case]), rng)
    images = rng.uniform(0, 1, (12, 28, 28)).astype(np.float32)
    wanted = bundle.probabilities(model, images)
    given = read_in_node(javascript.to_script("x", saved(model, tmp_path), {}), images)
    assert given == pytest.approx(wanted, abs=2e-3)
    assert np.ptp(wanted, axis=0).max() > 0.05  # the network tells the images apart


@pytest.mark.parametrize(
    "name", ["sayee_cnn", "one_epoch_cnn", "base_cnn", "asher_cnn", "frontier_cnn"]
)
def test_the_studys_networks_can_be_written(name, layers, read_in_node, tmp_path, rng):
    model = shaken(models.build(name), rng)
    images = rng.uniform(0, 1, (3, 28, 28)).astype(np.float32)
    wanted = bundle.probabilities(model, images)
    given = read_in_node(javascript.to_script("x", saved(model, tmp_path), {}), images)
    assert given == pytest.approx(wanted, rel=2e-3, abs=2e-3 * float(np.abs(wanted).max()))


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda k: k.AveragePooling2D(2), r"Received: AveragePooling2D"),
        (lambda k: k.SeparableConv2D(2, 3), r"Received: SeparableConv2D"),
        (lambda k: k.RandomRotation(0.1), r"Received: RandomRotation"),
        (lambda k: k.Conv2D(2, 3, dilation_rate=2), r"Received: dilation_rate="),
        (lambda k: k.Conv2D(2, 3, activation="gelu"), r"Received: activation='gelu'"),
        (lambda k: k.MaxPooling2D(2, padding="same"), r"Received: padding='same'"),
        (lambda k: k.GlobalAveragePooling2D(keepdims=True), r"Received: keepdims=True"),
        (lambda k: k.ReLU(max_value=6), r"Received: max_value=6"),
        (lambda k: k.ReLU(negative_slope=0.1), r"Received: negative_slope=0\.1"),
    ],
)
def test_an_unknown_layer_is_refused(layers, make, line, tmp_path):
    content = saved(network(layers, make(layers)), tmp_path)
    with pytest.raises(ModelError, match=line):
        javascript.to_script("x", content, {})


def test_what_is_no_sequential_file_is_refused(layers, tmp_path):
    import keras

    image = keras.Input((28, 28, 1))
    functional = keras.Model(image, layers.Flatten()(image))
    with pytest.raises(ModelError, match=r"must be a Sequential. Received: Functional"):
        javascript.to_script("x", saved(functional, tmp_path), {})
    whole = bundle.read_checked("small")
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as parts:
        parts.writestr("config.json", json.dumps({"class_name": "Sequential"}))
    for content in (b"", b"no file", whole[: len(whole) // 2], empty.getvalue()):
        with pytest.raises(ModelError, match=r"must be a whole \.keras file"):
            javascript.to_script("x", content, {})


def test_a_layer_without_its_weights_is_refused(layers, tmp_path):
    content = saved(network(layers, layers.Conv2D(2, 3)), tmp_path)
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for part in old.namelist():
            text = old.read(part)
            if part == "config.json":
                text = text.replace(b'"name": "conv2d', b'"name": "other')
            new.writestr(part, text)
    with pytest.raises(ModelError, match=r"whole \.keras file"):
        javascript.to_script("x", changed.getvalue(), {})


def test_the_pages_scripts_are_small(tmp_path):
    written = javascript.write_scripts(tmp_path)
    assert [path.name for path in written] == [f"network_{name}.js" for name in NAMES]
    files = [*written, *SCRIPTS.glob("*")]
    assert sum(path.stat().st_size for path in files) <= 1_480_000


def test_a_changed_network_becomes_no_script(own_models, tmp_path):
    path = own_models / "small" / bundle.MODEL
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="must have the SHA-256"):
        javascript.write_scripts(tmp_path)
