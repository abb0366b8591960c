"""What `runs verify --retrain` calls a difference."""

from dataclasses import replace

import pytest

from mnistlib.retrain import compare_again, difference
from mnistlib.runs import collect
from mnistlib.spec import NetworkSpec, make
from mnistlib.store import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    """A store with one short training of a network."""
    spec = make(
        NetworkSpec,
        dataset="digits",
        model="ann",
        model_args={"units": 8},
        learning_rate=0.01,
        n_train=60,
        n_test=50,
        epochs=2,
        seed=0,
    )
    return collect([spec], store=tmp_path_factory.mktemp("runs"), workers=0).store


def test_a_run_trained_again_is_the_same_to_the_last_digit(store):
    assert list(compare_again(store, store.keys(), 1)) == [(store.keys()[0], "")]


def test_what_differs_is_named(store):
    record = store.with_arrays(store.keys()[0])
    other = replace(record, predictions=(record.predictions + 1) % 10)
    assert difference(record, other) == "DIFFERENT: 50 of 50 predictions"
    loss = record.history[1] | {"train_loss": record.history[1]["train_loss"] + 1e-6}
    changed = replace(record, history=[record.history[0], loss])
    assert difference(record, changed) == "DIFFERENT: train_loss of epoch 2"
    test = record.test | {"n_correct": record.test["n_correct"] + 1}
    assert (
        difference(record, replace(record, test=test)) == "DIFFERENT: test counts or loss"
    )


def test_a_run_that_now_ends_earlier_is_a_difference_not_a_crash(store):
    record = store.with_arrays(store.keys()[0])
    shorter = replace(record, status="diverged", history=record.history[:1])
    assert "ok after 2 epochs, now diverged after 1" in difference(record, shorter)
