"""The classical baselines keep the contract of the networks' runs."""

from dataclasses import replace

import numpy as np
import pytest

from mnistlib import data, models
from mnistlib.training import classical
from mnistlib.training.spec import ClassicalSpec, make

MODELS = [
    "svm",
    "knn",
    "random_forest",
    "decision_tree",
    "naive_bayes",
    "logistic_regression",
]
FLOOR = {"naive_bayes": 0.5, "decision_tree": 0.5}


def spec_of(model: str, **fields) -> ClassicalSpec:
    fields = {
        "n_train": 500,
        "val_fraction": 0.2,
        "evaluate_on": "test",
        "seed": 0,
    } | fields
    if model == "logistic_regression":
        fields["model_args"] = {"max_iter": 1000}
    return make(ClassicalSpec, dataset="digits", model=model, **fields)


def without_test_images(digits: data.Dataset) -> data.Dataset:
    return replace(digits, x_test=digits.x_test[:0], y_test=digits.y_test[:0])


@pytest.mark.parametrize("model", MODELS)
def test_every_baseline_learns_and_counts_every_image(digits, model):
    record = classical.fit(spec_of(model), digits)
    assert record.status == "ok"
    assert record.val["n_examples"] == 100
    assert record.test["n_examples"] == len(digits.y_test)
    hits = record.predictions == digits.y_test[record.test_index]
    assert record.test["n_correct"] == int(hits.sum())
    assert hits.mean() > FLOOR.get(model, 0.8)
    assert record.size_bytes > 1000
    assert set(record.seconds) == {"fit", "evaluate", "predict_test"}
    gives_probabilities = model != "svm"
    assert (record.probabilities is not None) == gives_probabilities
    if gives_probabilities:
        top = record.probabilities[np.arange(len(hits)), record.predictions]
        np.testing.assert_array_equal(top, record.probabilities.max(axis=1))
        sums = record.probabilities.sum(axis=1, dtype=float)
        np.testing.assert_allclose(sums, 1, atol=0.02)
    assert (record.test["loss"] is not None) == gives_probabilities


@pytest.mark.parametrize("model", ["random_forest", "decision_tree"])
def test_the_seed_decides_a_random_baseline(digits, model):
    """The cut is the same ("last"), so only the estimator's own seed differs."""
    found = [
        classical.fit(spec_of(model, split="last", seed=seed), digits).predictions
        for seed in (0, 0, 1)
    ]
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_arguments_and_seed_reach_the_classifier():
    assert models.build_estimator("knn", 0, n_neighbors=1).n_neighbors == 1
    assert models.build_estimator("svm", 0, kernel="poly").kernel == "poly"
    assert models.build_estimator("random_forest", 7).random_state == 7
    assert models.build_estimator("random_forest", 7, random_state=3).random_state == 3


def test_a_run_that_is_not_tested_does_not_open_the_test_images(digits):
    """Without test images at all it is the same run."""
    spec = spec_of("decision_tree", evaluate_on="validation")
    record = classical.fit(spec, without_test_images(digits))
    assert record.val["n_examples"] == 100
    assert record.test is record.predictions is record.probabilities is None
    assert record.seconds["predict_test"] is None
    tested = classical.fit(spec_of("decision_tree"), digits)
    assert tested.val == record.val


def test_a_tested_baseline_needs_no_validation_images(digits):
    record = classical.fit(spec_of("decision_tree", val_fraction=0.0), digits)
    assert record.val == {"n_correct": 0, "n_examples": 0, "loss": None}
    assert record.test["n_examples"] == len(digits.y_test)


def test_a_class_that_training_never_saw_is_a_loss_not_a_crash(digits):
    """The loss of an image whose digit has no probability is that of 1e-15."""
    few = data.Dataset(
        **{
            name: getattr(digits, name)
            for name in ("name", "sha256", "source", "is_fallback")
        },
        x_train=digits.x_train[digits.y_train < 9],
        y_train=digits.y_train[digits.y_train < 9],
        x_test=digits.x_test,
        y_test=digits.y_test,
    )
    record = classical.fit(spec_of("naive_bayes"), few)
    assert 9 not in record.predictions
    assert np.isfinite(record.test["loss"])
