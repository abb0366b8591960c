"""What was taken for what: counts by digit, and scores made of them."""

import numpy as np
import pandas as pd

from mnistlib.stats.checks import labels, require, same_length

N_CLASSES = 10


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
    # scikit-learn refuses to count nothing, and takes two seconds to load.
    if not len(y_true):
        return np.zeros((N_CLASSES, N_CLASSES), dtype=np.int64)
    from sklearn.metrics import confusion_matrix

    return confusion_matrix(y_true, y_pred, labels=np.arange(N_CLASSES))


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
    from sklearn.metrics import precision_recall_fscore_support

    # Each cell of the matrix is a pair of labels that came so many times.
    y_true, y_pred = np.indices(counts.shape).reshape(2, -1)
    scores = np.full((3, len(counts)), np.nan)
    if counts.any():  # scikit-learn refuses weights that are all 0
        scores = precision_recall_fscore_support(
            y_true, y_pred, sample_weight=counts.ravel(), zero_division=np.nan
        )
    table = pd.DataFrame(dict(zip(("precision", "recall", "f1"), scores, strict=False)))
    return table.assign(support=counts.sum(axis=1)).rename_axis("digit")


def half_errors(wrong: np.ndarray, index: np.ndarray, n_test: int) -> dict[str, float]:
    """Return the share of errors in each half of a test part, in its own order.

    MNIST's test images come from other writers in the first half than in the last:
    they are two populations, which an interval over test images takes for one.

    Args:
        wrong: whether a run is wrong on an image, booleans of shape (runs, n).
        index: rows of the images in the test part, integers of shape (n,).
        n_test: number of images in the whole test part.

    Returns:
        dict of first and last, fractions, means over runs; NaN for a half without images.
    """
    halves = {"first": index < n_test // 2, "last": index >= n_test // 2}
    return {
        name: float(wrong[:, chosen].mean()) if chosen.any() else float("nan")
        for name, chosen in halves.items()
    }
