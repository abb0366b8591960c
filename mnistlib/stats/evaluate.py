"""Evaluate by counts: numpy in, numbers out.

Accuracy is always a count of right answers divided once by the number of examples; it is
never a mean of batch means. Intervals and tests live in files of their own and are offered
here as well.
"""

import numpy as np
import pandas as pd

from mnistlib.stats.checks import check_counts, labels, require, same_length
from mnistlib.stats.compare import (
    McNemarResult,
    PairedResult,
    compare_pairs,
    holm,
    mcnemar,
    paired_t,
    two_proportions,
)
from mnistlib.stats.intervals import errors_implied, summarise, summary, t_interval, wilson

__all__ = [
    "McNemarResult",
    "PairedResult",
    "accuracy",
    "compare_pairs",
    "confusion",
    "count_correct",
    "errors_implied",
    "holm",
    "mcnemar",
    "paired_t",
    "per_class",
    "summarise",
    "summary",
    "t_interval",
    "two_proportions",
    "wilson",
]

N_CLASSES = 10


def count_correct(y_true, y_pred) -> tuple[int, int]:
    """Count the right predictions.

    Args:
        y_true: true labels, integers of shape (n,).
        y_pred: predicted labels, integers of shape (n,).

    Returns:
        (n_correct, n_examples).

    Raises:
        ValueError: shapes differ, or labels are not integers.
    """
    y_true, y_pred = labels(y_true, "y_true"), labels(y_pred, "y_pred")
    same_length(y_true=y_true, y_pred=y_pred)
    return int(np.count_nonzero(y_true == y_pred)), len(y_true)


def accuracy(n_correct: int, n_examples: int) -> float:
    """Return n_correct / n_examples as a fraction; NaN when there are no examples."""
    check_counts(n_correct, n_examples, "n_correct", "n_examples")
    return n_correct / n_examples if n_examples else float("nan")


def confusion(y_true, y_pred) -> np.ndarray:
    """Count true labels against predicted labels.

    Returns:
        int64 array of shape (10, 10): rows are true digits, columns predicted digits.

    Raises:
        ValueError: shapes differ, or a label is not a digit 0 to 9.
    """
    y_true, y_pred = labels(y_true, "y_true"), labels(y_pred, "y_pred")
    same_length(y_true=y_true, y_pred=y_pred)
    for name, given in (("y_true", y_true), ("y_pred", y_pred)):
        outside = given[(given < 0) | (given >= N_CLASSES)]
        require(
            not outside.size,
            f"{name} must hold digits from 0 to {N_CLASSES - 1}.",
            f"{name} with {outside[:1].tolist()} (label)",
        )
    cells = np.bincount(N_CLASSES * y_true + y_pred, minlength=N_CLASSES**2)
    return cells.reshape(N_CLASSES, N_CLASSES)


def per_class(confusion: np.ndarray) -> pd.DataFrame:
    """Return precision, recall, F1 and support of every digit.

    With c the confusion matrix: precision = c[i, i] / column sum, recall = c[i, i] / row
    sum, F1 = 2 c[i, i] / (row sum + column sum); NaN where the denominator is 0.

    Args:
        confusion: square array of counts, rows true, columns predicted.

    Returns:
        DataFrame indexed by digit: precision, recall, f1 (fractions), support (count).

    Raises:
        ValueError: the matrix is not square.
    """
    counts = np.asarray(confusion)
    require(
        counts.ndim == 2 and counts.shape[0] == counts.shape[1],
        "confusion must be a square matrix.",
        f"confusion=array of shape {counts.shape} ({counts.dtype})",
        "Pass what evaluate.confusion returns.",
    )
    right, support, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)

    def ratio(top, bottom):
        return np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)

    return pd.DataFrame(
        {
            "precision": ratio(right, predicted),
            "recall": ratio(right, support),
            "f1": ratio(2 * right, support + predicted),
            "support": support,
        },
        index=pd.RangeIndex(len(counts), name="digit"),
    )
