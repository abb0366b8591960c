"""Proportions, means and their intervals. NaN goes through; it is not dropped."""

import numpy as np
import pandas as pd
from scipy import stats

from mnistlib.stats.checks import check_counts, check_level, one_per_run, require

NAN = float("nan")
# Below twice the accuracy of guessing among ten digits, a run has not learned.
LEARNED_FROM = 0.2


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
    # Here and below statsmodels is loaded when it is used: it takes a second and a half.
    from statsmodels.stats.proportion import proportion_confint

    check_counts(n_correct, n_examples, "n_correct", "n_examples")
    check_level(level)
    if n_examples == 0:
        return NAN, NAN
    low, high = proportion_confint(n_correct, n_examples, 1 - level, "wilson")
    return float(low), float(high)


def over_images(mean: float, n_examples: int) -> tuple[float, float]:
    """Return Wilson's interval of a mean accuracy, from its mean number of right answers.

    Args:
        mean: accuracy over several runs, a fraction.
        n_examples: images that it is a share of.

    Returns:
        (low, high) as fractions; (NaN, NaN) for a mean that is NaN.
    """
    if np.isnan(mean):
        return NAN, NAN
    # The last bits of a mean of fractions, or of percents, must not decide a half.
    return wilson(round(round(mean * n_examples, 6)), n_examples)


def _student(values, level: float, factor) -> tuple[float, float]:
    """Return mean -+ t(n - 1) s factor(n)."""
    values = one_per_run(values, "values")
    check_level(level)
    n = len(values)
    if n < 2:
        return NAN, NAN
    half = stats.t.ppf((1 + level) / 2, n - 1) * values.std(ddof=1) * factor(n)
    return float(values.mean() - half), float(values.mean() + half)


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
    return _student(values, level, lambda n: np.sqrt(1 / n))


def prediction(values, level: float = 0.95) -> tuple[float, float]:
    """Return where one more run would lie: mean -+ t(n - 1) s sqrt(1 + 1/n).

    A printed number is one run, so it is judged by this interval. That of the mean
    narrows with every seed, and would shut out a paper that was reproduced perfectly.

    Args:
        values: one number per seed, shape (n,).
        level: coverage, a fraction; default 0.95.

    Returns:
        (low, high); (NaN, NaN) for fewer than two values or where a value is NaN.

    Raises:
        ValueError: level out of range, or values not one-dimensional.
    """
    return _student(values, level, lambda n: np.sqrt(1 + 1 / n))


def place(value: float, low: float, high: float) -> str:
    """Say where a value lies: "inside", "below" or "above" an interval; "" without one."""
    if np.isnan([value, low, high]).any():
        return ""
    return "below" if value < low else "above" if value > high else "inside"


def combined(mean: float, *intervals: tuple[float, float]) -> tuple[float, float]:
    """Combine intervals of one mean that cover independent doubts: seeds and images.

    Each end lies ``sqrt(sum d**2)`` from the mean, with d the distances of the intervals'
    own ends: where all are normal that is the interval of the sum of their variances. It
    keeps the t of few seeds and Wilson's asymmetry, and is never narrower than a part.

    Args:
        mean: inside each interval.
        intervals: (low, high) of each doubt.

    Returns:
        (low, high); NaN where an end is NaN.

    Source: Zou & Donner, "Construction of confidence limits about effect measures: a
        general approach", Statistics in Medicine 27 (2008).
    """
    away = np.array(intervals, dtype=float) - mean
    down, up = np.sqrt(np.square(away).sum(axis=0))
    return float(mean - down), float(mean + up)


def learned(frame: pd.DataFrame, value: str) -> pd.Series:
    """Tell which runs learned: their loss stayed finite, and they do better than guessing.

    Args:
        frame: a row per run, with the column status.
        value: column of the accuracy that decides, a fraction.

    Returns:
        Booleans; False for "diverged" and below `LEARNED_FROM`.
    """
    return (frame["status"] != "diverged") & (frame[value] >= LEARNED_FROM)


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
        "std": float(values.std(ddof=1)) if len(values) > 1 else NAN,
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


def accuracies(
    frame: pd.DataFrame,
    by: str | list[str],
    value: str = "test_accuracy",
    images: str = "n_examples",
) -> pd.DataFrame:
    """Summarise accuracies over seeds, with an interval for each doubt.

    Where some runs failed (`learned`) and others did not, the seeds have two outcomes and
    no normal spread: std and the intervals that need one are NaN.

    Args:
        frame: a row per run, with the column status.
        by: the column or columns that make a group.
        value: column of accuracies, fractions; default "test_accuracy".
        images: column of the number of images they are shares of; default "n_examples".

    Returns:
        DataFrame with the columns of `summarise` (low and high, over seeds, cut at 0 and
        1); image_low, image_high (Wilson's, of the mean number of right answers);
        both_low, both_high (`combined`); failed (runs); median (of the runs that learned).
    """
    table = summarise(frame, by, value)
    by = [by] if isinstance(by, str) else list(by)
    rows = []
    for (_, part), row in zip(
        frame.groupby(by, sort=False, dropna=False), table.itertuples(), strict=True
    ):
        good = learned(part, value)
        n, mean = int(part[images].iloc[0]), row.mean
        seeds = (row.low, row.high) if good.all() else (NAN, NAN)
        of_images = over_images(mean, n)
        both = np.clip(combined(mean, seeds, of_images), 0, 1)
        rows.append(
            {
                "std": row.std if good.all() else NAN,
                **dict(zip(("low", "high"), np.clip(seeds, 0, 1), strict=True)),
                **dict(zip(("image_low", "image_high"), of_images, strict=True)),
                **dict(zip(("both_low", "both_high"), both, strict=True)),
                "failed": int((~good).sum()),
                "median": part.loc[good, value].median(),
            }
        )
    return table.assign(**pd.DataFrame(rows))


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
