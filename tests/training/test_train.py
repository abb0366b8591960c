"""Training: repeatable to the bit, evaluated by counts, honest about divergence."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from mnistlib import data, models
from mnistlib.ground import backend
from mnistlib.ground.errors import SpecError
from mnistlib.training import augment, train
from mnistlib.training.probabilities import softmax
from mnistlib.training.spec import NetworkSpec, grid, make

SPEC = {
    "dataset": "digits",
    "model": "base_cnn",
    "model_args": {"batch_norm": "before_activation"},
    "optimizer": "adam",
    "learning_rate": 0.001,
    "n_train": 150,
    "evaluate_on": "test",
    "n_test": 67,
    "val_fraction": 0.2,
    "batch_size": 32,
    "epochs": 2,
    "seed": 3,
}


@pytest.fixture(scope="module")
def dataset():
    return data.load("digits")


def test_versions_of_test_images_give_a_second_answer_and_change_nothing_else(dataset):
    moves = {"rotation": 10.0, "shear": 8.0, "elastic": 1.0}
    plain = make(NetworkSpec, **SPEC | moves)
    spec = plain.model_copy(update={"test_versions": 2})
    without, weights = train.train(plain, dataset), {}
    record = train.train(spec, dataset, weights)
    assert without.versions is without.versions_probabilities is None
    assert (without.test, without.history[-1]["train_loss"]) == (
        record.test,
        record.history[-1]["train_loss"],
    )
    np.testing.assert_array_equal(without.probabilities, record.probabilities)

    # The same by hand: a network rebuilt from its weights, images moved by scipy.
    model = models.build("base_cnn", batch_norm="before_activation")
    for weight in model.weights:
        weight.assign(weights[weight.path])
    images = dataset.x_test[record.test_index] / np.float32(255)
    shares = [softmax(model.predict(images[..., None], verbose=0))]
    for version in range(2):
        rng = np.random.default_rng([spec.seed, 0, version])
        sizes = {"rotation": 5.0, "shift": 0.0, "zoom": 0.0, "shear": 4.0, "elastic": 0.5}
        moved = augment.moved(images, augment.draw(len(images), rng, **sizes))
        shares.append(softmax(model.predict(moved[..., None], verbose=0)))
    mean, y = np.mean(shares, axis=0), dataset.y_test[record.test_index]
    np.testing.assert_allclose(record.versions_probabilities, mean, atol=2e-2)
    np.testing.assert_array_equal(record.versions_predictions, mean.argmax(axis=1))
    hits = int((mean.argmax(axis=1) == y).sum())
    assert (record.versions["n_correct"], record.versions["n_examples"]) == (hits, 67)
    loss = -np.log(mean[np.arange(67), y]).mean()
    assert record.versions["loss"] == pytest.approx(loss, rel=1e-4)
    assert record.versions["loss"] != record.test["loss"]


def test_another_seed_gives_other_weights(dataset):
    found = []
    for spec in grid(make(NetworkSpec, **SPEC | {"epochs": 1}), seed=[0, 1]):
        weights = {}
        train.train(spec, dataset, weights)
        found.append(weights)
    assert found[0].keys() == found[1].keys()
    assert not np.array_equal(
        found[0]["base_cnn/conv1/kernel"], found[1]["base_cnn/conv1/kernel"]
    )


def test_the_record_counts_every_image(dataset):
    """150 images, 30 held out: 120 and 30 and 67 are no multiples of the batches."""
    weights = {}
    record = train.train(make(NetworkSpec, **SPEC), dataset, weights)
    assert record.status == "ok"
    assert [epoch["epoch"] for epoch in record.history] == [1, 2]
    assert record.train["n_examples"] == 120
    assert record.val["n_examples"] == 30
    assert record.test["n_examples"] == 67
    cut = data.split(
        dataset, method="stratified", val_fraction=0.2, n_train=150, n_test=67, seed=3
    )
    assert record.test["n_correct"] == int((record.predictions == cut.y_test).sum())
    np.testing.assert_array_equal(record.test_index, cut.test_index)
    assert record.data["split_sha256"] == cut.sha256
    assert record.parameters == 542_758
    assert record.size_bytes == 4 * record.parameters

    # The same network, rebuilt by hand from the weights, gives the same numbers.
    import keras

    model = models.build("base_cnn", batch_norm="before_activation")
    for weight in model.weights:
        weight.assign(weights[weight.path])
    _, x_val, x_test = data.scale(cut, "unit")
    logits = model.predict(x_test, batch_size=13, verbose=0)
    np.testing.assert_array_equal(logits.argmax(axis=1), record.predictions)
    softmax = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    np.testing.assert_allclose(
        softmax.max(axis=1), record.probabilities.max(axis=1), atol=2e-3
    )
    own = softmax[np.arange(67), cut.y_test].astype(np.float64)
    assert record.test["loss"] == pytest.approx(-np.log(own).mean(), rel=1e-4)
    val = keras.ops.convert_to_numpy(keras.ops.softmax(model.predict(x_val, verbose=0)))
    assert record.val["n_correct"] == int((val.argmax(axis=1) == cut.y_val).sum())


def test_the_network_learns(dataset):
    changes = {"model_args": {}, "n_train": 600, "n_test": None, "epochs": 6}
    spec = make(NetworkSpec, **SPEC | changes)
    record = train.train(spec, dataset)
    assert record.test["n_correct"] / record.test["n_examples"] > 0.9
    assert record.history[-1]["train_loss"] < record.history[0]["train_loss"] / 2


def test_a_run_that_diverges_is_a_result(dataset):
    """Of a few seeds at an absurd rate; where all ReLUs die at once, nothing overflows."""
    changes = {
        "model": "complex_cnn",
        "model_args": {},
        "optimizer": "sgd",
        "learning_rate": 100.0,
        "momentum": 0.9,
        "scaling": "none",
        "epochs": 5,
    }
    specs = grid(make(NetworkSpec, **SPEC | changes), seed=list(range(8)))
    records = (train.train(spec, dataset) for spec in specs)
    record = next(record for record in records if record.status == "diverged")
    assert len(record.history) < 5
    assert record.test["n_examples"] == 67
    assert record.test["loss"] is None


def test_no_validation_images_is_allowed(dataset):
    record = train.train(make(NetworkSpec, **SPEC | {"val_fraction": 0.0}), dataset)
    assert record.val == {"n_correct": 0, "n_examples": 0, "loss": None}
    assert record.history[0]["val_accuracy"] is None
    assert record.train["n_examples"] == 150


def test_cross_entropy_by_hand():
    logits = np.array([[0.0, 0.0], [1000.0, 0.0], [np.log(3), 0.0]], np.float32)
    losses = train.cross_entropy(logits, np.array([0, 0, 1]))
    np.testing.assert_allclose(losses, [np.log(2), 0.0, np.log(4)], rtol=1e-6)


def test_a_run_that_is_not_tested_does_not_open_the_test_images(dataset):
    """Without test images at all it is the same run, image by image of the validation."""
    changes = {"evaluate_on": "validation", "n_test": None}
    none = replace(dataset, x_test=dataset.x_test[:0], y_test=dataset.y_test[:0])
    record = train.train(make(NetworkSpec, **SPEC | changes), none)
    assert (record.status, record.val["n_examples"]) == ("ok", 30)
    assert record.test is record.predictions is record.probabilities is None
    assert record.test_index is record.seconds["predict_test"] is None
    tested = train.train(make(NetworkSpec, **SPEC), dataset)
    assert tested.val == record.val
    assert "test_accuracy" not in record.history[0] | tested.history[0]


def test_a_run_that_is_not_tested_needs_an_image_to_choose_by(dataset):
    changes = {"evaluate_on": "validation", "n_test": None, "val_fraction": 0.001}
    with pytest.raises(
        SpecError, match=r"hold an image out.*val_fraction=0\.001 \(float\)"
    ):
        train.train(make(NetworkSpec, **SPEC | changes), dataset)


def test_each_epoch_is_tested_where_the_spec_asks_for_it(dataset):
    looked = train.train(make(NetworkSpec, **SPEC | {"test_each_epoch": True}), dataset)
    plain = train.train(make(NetworkSpec, **SPEC), dataset)
    assert looked.key != plain.key
    last = looked.history[-1]
    assert last["test_loss"] == looked.test["loss"] == plain.test["loss"]
    assert last["test_accuracy"] == looked.test["n_correct"] / 67
    assert looked.history[0]["test_loss"] != last["test_loss"]
    np.testing.assert_array_equal(looked.predictions, plain.predictions)


def test_a_run_that_is_not_tested_diverges_too(dataset):
    changes = {"evaluate_on": "validation", "n_test": None, "optimizer": "sgd"}
    changes |= {"learning_rate": 100.0, "momentum": 0.9, "scaling": "none", "epochs": 3}
    changes |= {"model": "complex_cnn", "model_args": {}}
    specs = grid(make(NetworkSpec, **SPEC | changes), seed=list(range(8)))
    assert any(train.train(spec, dataset).status == "diverged" for spec in specs)


def test_a_finished_run_leaves_no_images_in_memory(dataset):
    """A worker trains hundreds of runs: their images must not pile up."""
    backend.configure()
    from mnistlib.training.engine_tensorflow import Engine

    spec = make(NetworkSpec, **SPEC)
    images = data.scale(
        data.split(
            dataset, method="last", val_fraction=0.0, n_train=100, n_test=20, seed=0
        ),
        "unit",
    )[0]
    model = models.build("ann")
    rates = np.full((1, 4), 0.1)
    optimizer = train.build_optimizer(spec)
    engine = Engine(model, optimizer, images, dataset.y_train[:100], 32, rates)
    engine.train_epoch(np.arange(100))
    left = weakref.ref(engine._images)
    del engine, model
    gc.collect()
    assert left() is None


def test_each_seed_decides_its_own_part(dataset):
    """Three seeds that equal one seed give that seed's run; each of them changes it."""
    fields = SPEC | {"epochs": 1, "model_args": {}}

    def weights_of(**seeds) -> list:
        weights = {}
        train.train(make(NetworkSpec, **fields | seeds), dataset, weights)
        return list(weights.values())

    plain = weights_of()
    same = weights_of(weights_seed=3, order_seed=3)
    assert all(np.array_equal(a, b) for a, b in zip(plain, same, strict=True))
    for name in ("seed", "weights_seed", "order_seed"):
        seeds = {"weights_seed": 3, "order_seed": 3, name: 4}
        assert not np.array_equal(plain[0], weights_of(**seeds)[0]), name
