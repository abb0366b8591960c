"""Proportions, means and their intervals. NaN goes through; it is not dropped."""

import numpy as np
import pandas as pd
from scipy import stats

from mnistlib.stats.checks import check_counts, check_level, one_per_run, require


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
    check_counts(n_correct, n_examples, "n_correct", "n_examples")
    check_level(level)
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
    values = one_per_run(values, "values")
    check_level(level)
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
    values = one_per_run(values, "values")
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


def errors_implied(accuracy_percent: float, n: int) -> int:
    """Return the number of errors nearest to a printed accuracy.

    Args:
        accuracy_percent: accuracy in percent, 0 to 100.
        n: number of examples.

    Raises:
        ValueError: the accuracy lies outside 0 to 100, or is NaN.
    """
    require(
        0 <= accuracy_percent <= 100,
        "accuracy_percent must lie between 0 and 100.",
        f"accuracy_percent={accuracy_percent!r} ({type(accuracy_percent).__name__})",
    )
    return round(n * (100 - accuracy_percent) / 100)
