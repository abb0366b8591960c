"""The classical baselines of scikit-learn, under the contract of the networks' runs."""

import pickle
import time

import numpy as np

from mnistlib import data, models
from mnistlib.ground import backend
from mnistlib.training import probabilities
from mnistlib.training.images import images_of
from mnistlib.training.record import RunRecord, counts, new_record
from mnistlib.training.spec import ClassicalSpec


def fit(spec: ClassicalSpec, dataset: data.Dataset) -> RunRecord:
    """Fit and evaluate one baseline on flattened images; see ``train`` for test images.

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

    estimator = models.build_estimator(spec.model, spec.seed, **spec.model_args)
    cut, *images = images_of(spec, dataset)
    x_train, x_val, x_test = (part.reshape(len(part), 28 * 28) for part in images)
    with threadpool_limits(1):
        started = time.perf_counter()
        estimator.fit(x_train, cut.y_train)
        fitted = time.perf_counter()
        val, _, _ = _evaluate(estimator, x_val, cut.y_val)
        validated = time.perf_counter()
        test = predictions = probability = predict_seconds = None
        if spec.is_tested:
            test, predictions, probability = _evaluate(estimator, x_test, cut.y_test)
            predict_seconds = time.perf_counter() - validated
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
        probabilities=probability,
        parameters=None,
        size_bytes=len(pickle.dumps(estimator)),
        seconds={
            "fit": fitted - started,
            "evaluate": validated - fitted,
            "predict_test": predict_seconds,
        },
        environment=backend.classical_environment(),
    )


def _evaluate(estimator, x: np.ndarray, y: np.ndarray):
    """Return counts, predictions, and probabilities as records keep them or None."""
    if not len(x):
        return counts(0, 0, None), np.zeros(0, np.uint8), None
    if not hasattr(estimator, "predict_proba"):
        predictions = estimator.predict(x).astype(np.uint8)
        return counts(int((predictions == y).sum()), len(y), None), predictions, None
    probability = np.zeros((len(x), 10))  # a digit never seen in training has none
    probability[:, estimator.classes_] = estimator.predict_proba(x)
    predictions = probability.argmax(axis=1).astype(np.uint8)
    own = np.clip(probability[np.arange(len(y)), y], 1e-15, 1)
    loss_sum = float(-np.log(own).sum())
    return (
        counts(int((predictions == y).sum()), len(y), loss_sum),
        predictions,
        probabilities.rounded(probability, predictions),
    )
