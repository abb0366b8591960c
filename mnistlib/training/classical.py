"""The classical baselines of scikit-learn, under the contract of the networks' runs."""

import pickle
import time

import numpy as np

from mnistlib import data
from mnistlib.ground import backend
from mnistlib.ground.errors import SpecError
from mnistlib.training.record import RunRecord, counts, new_record
from mnistlib.training.spec import ClassicalSpec


def _estimators() -> dict:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier

    return {
        "svm": SVC,
        "knn": KNeighborsClassifier,
        "random_forest": RandomForestClassifier,
        "decision_tree": DecisionTreeClassifier,
        "naive_bayes": GaussianNB,
        "logistic_regression": LogisticRegression,
    }


def build_estimator(spec: ClassicalSpec):
    """Return the unfitted scikit-learn classifier that a spec names.

    Settings that ``model_args`` leaves out are scikit-learn's defaults: SVC has an RBF
    kernel, C 1 and gamma "scale"; k-NN has 5 neighbours; the forest has 100 trees.

    Raises:
        SpecError: ``model_args`` holds a name that the classifier does not have.
    """
    cls = _estimators()[spec.model]
    known = cls().get_params()
    if unknown := sorted(set(spec.model_args) - set(known)):
        raise SpecError(
            f"{spec.model} takes {', '.join(sorted(known))}. "
            f"Received: model_args={unknown!r} (list)"
        )
    seeded = {"random_state": spec.seed} if "random_state" in known else {}
    return cls(**(seeded | spec.model_args))


def fit(spec: ClassicalSpec, dataset: data.Dataset) -> RunRecord:
    """Fit and evaluate one baseline on flattened images; test images are used once.

    Args:
        spec: what to fit.
        dataset: the data that ``spec.dataset`` names.

    Returns:
        The run's record, not yet stored. Losses are the mean cross-entropy of
        ``predict_proba`` (clipped to 1e-15), or None for classifiers without it.

    Raises:
        SpecError: ``spec.model_args`` does not fit the classifier.
    """
    from threadpoolctl import threadpool_limits

    estimator = build_estimator(spec)
    cut = data.split(
        dataset,
        method=spec.split,
        val_fraction=spec.val_fraction,
        n_train=spec.n_train,
        n_test=spec.n_test,
        seed=spec.seed,
    )
    x_train, x_val, x_test = (
        images.reshape(len(images), -1) for images in data.scale(cut, spec.scaling)
    )
    with threadpool_limits(1):
        started = time.perf_counter()
        estimator.fit(x_train, cut.y_train)
        fitted = time.perf_counter()
        val, _, _ = _evaluate(estimator, x_val, cut.y_val)
        validated = time.perf_counter()
        test, predictions, confidence = _evaluate(estimator, x_test, cut.y_test)
        tested = time.perf_counter()
    return new_record(
        spec,
        dataset,
        cut,
        status="ok",
        history=[],
        # Scoring the training images would cost k-NN more than all the rest.
        train=counts(0, 0, None),
        val=val,
        test=test,
        predictions=predictions,
        confidence=confidence,
        parameters=None,
        size_bytes=len(pickle.dumps(estimator)),
        seconds={
            "fit": fitted - started,
            "evaluate": validated - fitted,
            "predict_test": tested - validated,
        },
        environment=backend.classical_environment(),
    )


def _evaluate(estimator, x: np.ndarray, y: np.ndarray):
    if not len(x):
        return counts(0, 0, None), np.zeros(0, np.uint8), np.zeros(0, np.float16)
    if hasattr(estimator, "predict_proba"):
        probability = np.zeros((len(x), 10))  # a digit never seen in training has none
        probability[:, estimator.classes_] = estimator.predict_proba(x)
        predictions = probability.argmax(axis=1).astype(np.uint8)
        own = np.clip(probability[np.arange(len(y)), y], 1e-15, 1)
        loss_sum = float(-np.log(own).sum())
        confidence = probability.max(axis=1).astype(np.float16)
    else:
        predictions = estimator.predict(x).astype(np.uint8)
        loss_sum, confidence = None, np.full(len(x), np.nan, np.float16)
    return counts(int((predictions == y).sum()), len(y), loss_sum), predictions, confidence
