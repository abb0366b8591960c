"""Counts, intervals and paired tests: numpy in, numbers out.

Accuracy is always a count of right answers divided once by the number of examples; it is
never a mean of batch means. NaN is never dropped in silence: it goes through to the result.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

N_CLASSES = 10


class McNemarResult(NamedTuple):
    """What McNemar's test found: examples that only one of two classifiers got right."""

    a_only: int
    b_only: int
    p: float


class PairedResult(NamedTuple):
    """What the paired t test found; the interval is that of the mean difference a - b."""

    n: int
    mean_difference: float
    low: float
    high: float
    p: float


def _require(condition: bool, rule: str, received: str, advice: str = "") -> None:
    if not condition:
        raise ValueError(f"{rule} Received: {received}.{' ' + advice if advice else ''}")


def _check_level(level: float) -> None:
    _require(
        0 < level < 1,
        "level must lie between 0 and 1.",
        f"level={level!r} ({type(level).__name__})",
        "Write 95 % as 0.95.",
    )


def _check_counts(k: int, n: int, k_name: str, n_name: str) -> None:
    _require(
        0 <= k <= n,
        f"{k_name} must lie between 0 and {n_name}.",
        f"{k_name}={k!r} ({type(k).__name__}), {n_name}={n!r} ({type(n).__name__})",
        "Give counts, not shares.",
    )


def _labels(values, name: str) -> np.ndarray:
    """Return class labels as int64 of shape (n,); an empty list is allowed."""
    array = np.asarray(values)
    ok = array.ndim == 1 and (array.size == 0 or array.dtype.kind in "iu")
    _require(
        ok,
        f"{name} must be a one-dimensional array of integer labels.",
        f"{name}=array of shape {array.shape} ({array.dtype})",
        "Take the argmax of scores first.",
    )
    return array.astype(np.int64)


def _same_length(**arrays: np.ndarray) -> None:
    sizes = {name: len(array) for name, array in arrays.items()}
    _require(
        len(set(sizes.values())) == 1,
        f"{', '.join(sizes)} must have the same length.",
        ", ".join(f"len({name})={size}" for name, size in sizes.items()),
        "Pass labels and predictions of the same examples, in the same order.",
    )


def _values(values, name: str) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    _require(
        array.ndim == 1,
        f"{name} must be one-dimensional.",
        f"{name}=array of shape {array.shape} ({array.dtype})",
        "Pass one value per run.",
    )
    return array


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
    y_true, y_pred = _labels(y_true, "y_true"), _labels(y_pred, "y_pred")
    _same_length(y_true=y_true, y_pred=y_pred)
    return int(np.count_nonzero(y_true == y_pred)), len(y_true)


def accuracy(n_correct: int, n_examples: int) -> float:
    """Return n_correct / n_examples as a fraction; NaN when there are no examples."""
    _check_counts(n_correct, n_examples, "n_correct", "n_examples")
    return n_correct / n_examples if n_examples else float("nan")


def wilson(n_correct: int, n_examples: int, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a proportion: the sampling of test images alone.

    It says nothing about another seed; `t_interval` over seeds does that.

    Args:
        n_correct: number of right answers, 0 to n_examples.
        n_examples: number of examples.
        level: coverage, a fraction; default 0.95.

    Returns:
        (low, high) as fractions; (NaN, NaN) when there are no examples.

    Raises:
        ValueError: counts or level out of range.

    Source: Wilson, "Probable inference, the law of succession, and statistical
        inference", JASA 22 (1927), without continuity correction.
    """
    _check_counts(n_correct, n_examples, "n_correct", "n_examples")
    _check_level(level)
    if n_examples == 0:
        return float("nan"), float("nan")
    interval = stats.binomtest(int(n_correct), int(n_examples)).proportion_ci(
        confidence_level=level, method="wilson"
    )
    return float(interval.low), float(interval.high)


def t_interval(values, level: float = 0.95) -> tuple[float, float]:
    """Return Student's interval of a mean: mean -+ t(n - 1) s / sqrt(n).

    Args:
        values: one number per seed, shape (n,).
        level: coverage, a fraction; default 0.95.

    Returns:
        (low, high); (NaN, NaN) for fewer than two values or where a value is NaN.

    Raises:
        ValueError: level out of range, or values not one-dimensional.
    """
    values = _values(values, "values")
    _check_level(level)
    if len(values) < 2:
        return float("nan"), float("nan")
    half = stats.t.ppf((1 + level) / 2, len(values) - 1) * stats.sem(values)
    return float(values.mean() - half), float(values.mean() + half)


def summary(values, level: float = 0.95) -> dict[str, float]:
    """Describe the values of several seeds.

    Returns:
        dict of n, mean, std (n - 1 in the denominator), low and high (`t_interval`), min,
        max. What cannot be computed, and everything but n when a value is NaN, is NaN.
    """
    values = _values(values, "values")
    low, high = t_interval(values, level)
    some = values if len(values) else np.array([np.nan])
    return {
        "n": len(values),
        "mean": float(some.mean()),
        "std": float(values.std(ddof=1)) if len(values) > 1 else float("nan"),
        "low": low,
        "high": high,
        "min": float(some.min()),
        "max": float(some.max()),
    }


def summarise(frame: pd.DataFrame, by: str | list[str], value: str) -> pd.DataFrame:
    """Summarise one column over seeds: a row per group, in order of first appearance.

    Args:
        frame: a row per run.
        by: the column or columns that make a group.
        value: the column to describe.

    Returns:
        DataFrame with the columns of `by` and those of `summary`.
    """
    by = [by] if isinstance(by, str) else list(by)
    rows = [
        dict(zip(by, group, strict=True)) | summary(part[value])
        for group, part in frame.groupby(by, sort=False, dropna=False)
    ]
    return pd.DataFrame(rows)


def mcnemar(y_true, pred_a, pred_b) -> McNemarResult:
    """Compare two classifiers on the same examples: McNemar's exact test, two-sided.

    Under the null hypothesis the examples that exactly one classifier gets right fall on
    either side with probability 1/2: p is binomial. Without such examples p is 1.

    Args:
        y_true: true labels, integers of shape (n,).
        pred_a: predictions of the first classifier, integers of shape (n,).
        pred_b: predictions of the second classifier, integers of shape (n,).

    Raises:
        ValueError: shapes differ, or labels are not integers.

    Source: McNemar, "Note on the sampling error of the difference between correlated
        proportions or percentages", Psychometrika 12 (1947).
    """
    y_true = _labels(y_true, "y_true")
    pred_a, pred_b = _labels(pred_a, "pred_a"), _labels(pred_b, "pred_b")
    _same_length(y_true=y_true, pred_a=pred_a, pred_b=pred_b)
    right_a, right_b = pred_a == y_true, pred_b == y_true
    a_only = int(np.count_nonzero(right_a & ~right_b))
    b_only = int(np.count_nonzero(right_b & ~right_a))
    differ = a_only + b_only
    p = float(stats.binomtest(a_only, differ).pvalue) if differ else 1.0
    return McNemarResult(a_only, b_only, p)


def paired_t(a, b, level: float = 0.95) -> PairedResult:
    """Compare two systems over the same seeds: paired t test, two-sided.

    Args:
        a: one value per seed, shape (n,).
        b: one value per seed, shape (n,), the same seeds in the same order.
        level: coverage of the interval of the mean difference; default 0.95.

    Returns:
        PairedResult. p is NaN where t is undefined: fewer than two pairs, a NaN, or
        differences that do not vary at all.

    Raises:
        ValueError: lengths differ, or level out of range.
    """
    a, b = _values(a, "a"), _values(b, "b")
    _same_length(a=a, b=b)
    difference = a - b
    low, high = t_interval(difference, level)
    mean = float(difference.mean()) if len(a) else float("nan")
    # Equal differences, but for rounding: the t statistic is 0/0 or noise.
    noise = 8 * np.finfo(float).eps * max(np.abs(np.concatenate([a, b])), default=0.0)
    if len(a) < 2 or np.isnan(difference).any() or np.ptp(difference) <= noise:
        return PairedResult(len(a), mean, low, high, float("nan"))
    return PairedResult(len(a), mean, low, high, float(stats.ttest_rel(a, b).pvalue))


def holm(p_values) -> np.ndarray:
    """Correct p values for several comparisons: Holm's step-down method.

    With the m values that are not NaN sorted upwards, adjusted p(i) is the running maximum
    of min(1, (m - i + 1) p(i)), i = 1..m.

    Args:
        p_values: p values, shape (m,); NaN (no test made) is passed through, not counted.

    Returns:
        float64 array of shape (m,) in the order given.

    Raises:
        ValueError: a value lies outside 0 to 1.

    Source: Holm, "A simple sequentially rejective multiple test procedure",
        Scandinavian Journal of Statistics 6 (1979).
    """
    p_values = _values(p_values, "p_values")
    tested = np.flatnonzero(~np.isnan(p_values))
    given = p_values[tested]
    _require(
        bool(((given >= 0) & (given <= 1)).all()),
        "p_values must lie between 0 and 1.",
        f"p_values={p_values.tolist()} (array)",
    )
    order = tested[np.argsort(given, kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted = p_values.copy()
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(factors * p_values[order]))
    return adjusted


def confusion(y_true, y_pred) -> np.ndarray:
    """Count true labels against predicted labels.

    Returns:
        int64 array of shape (10, 10): rows are true digits, columns predicted digits.

    Raises:
        ValueError: shapes differ, or a label is not a digit 0 to 9.
    """
    y_true, y_pred = _labels(y_true, "y_true"), _labels(y_pred, "y_pred")
    _same_length(y_true=y_true, y_pred=y_pred)
    for name, labels in (("y_true", y_true), ("y_pred", y_pred)):
        outside = labels[(labels < 0) | (labels >= N_CLASSES)]
        _require(
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
    _require(
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


def two_proportions(k1: int, n1: int, k2: int, n2: int) -> float:
    """Compare two unpaired proportions: pooled z test, two-sided.

    For printed accuracies, of which no predictions exist; where predictions exist use
    `mcnemar`, which is sharper.

    Args:
        k1: number of right answers of the first system.
        n1: number of examples of the first system.
        k2: number of right answers of the second system.
        n2: number of examples of the second system.

    Returns:
        p; 1 when both shares are 0 or both are 1; NaN without examples.

    Raises:
        ValueError: counts out of range.
    """
    _check_counts(k1, n1, "k1", "n1")
    _check_counts(k2, n2, "k2", "n2")
    if n1 == 0 or n2 == 0:
        return float("nan")
    share = (k1 + k2) / (n1 + n2)
    spread = np.sqrt(share * (1 - share) * (1 / n1 + 1 / n2))
    if spread == 0:
        return 1.0
    return float(2 * stats.norm.sf(abs(k1 / n1 - k2 / n2) / spread))


def errors_implied(accuracy_percent: float, n: int) -> int:
    """Return the number of errors nearest to a printed accuracy.

    Args:
        accuracy_percent: accuracy in percent, 0 to 100.
        n: number of examples.

    Raises:
        ValueError: the accuracy lies outside 0 to 100, or is NaN.
    """
    _require(
        0 <= accuracy_percent <= 100,
        "accuracy_percent must lie between 0 and 100.",
        f"accuracy_percent={accuracy_percent!r} ({type(accuracy_percent).__name__})",
    )
    return round(n * (100 - accuracy_percent) / 100)
