"""The classical baselines keep the contract of the networks' runs."""

import numpy as np
import pytest

from mnistlib import data
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
    fields = {"n_train": 500, "val_fraction": 0.2, "seed": 0} | fields
    if model == "logistic_regression":
        fields["model_args"] = {"max_iter": 1000}
    return make(ClassicalSpec, dataset="digits", model=model, **fields)


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
    assert np.isfinite(record.confidence).all() == gives_probabilities
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


def test_arguments_reach_the_classifier(digits):
    one = make(
        ClassicalSpec, dataset="digits", model="knn", model_args={"n_neighbors": 1}, seed=0
    )
    assert classical.build_estimator(one).n_neighbors == 1
    svm = make(
        ClassicalSpec, dataset="digits", model="svm", model_args={"kernel": "poly"}, seed=0
    )
    assert classical.build_estimator(svm).kernel == "poly"


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
