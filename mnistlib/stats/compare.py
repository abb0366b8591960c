"""Is one system better than another? Paired tests, and Holm's correction for several."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from mnistlib.stats.checks import check_counts, labels, one_per_run, require, same_length
from mnistlib.stats.intervals import t_interval


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
    y_true = labels(y_true, "y_true")
    pred_a, pred_b = labels(pred_a, "pred_a"), labels(pred_b, "pred_b")
    same_length(y_true=y_true, pred_a=pred_a, pred_b=pred_b)
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
    a, b = one_per_run(a, "a"), one_per_run(b, "b")
    same_length(a=a, b=b)
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
    p_values = one_per_run(p_values, "p_values")
    tested = np.flatnonzero(~np.isnan(p_values))
    given = p_values[tested]
    require(
        bool(((given >= 0) & (given <= 1)).all()),
        "p_values must lie between 0 and 1.",
        f"p_values={p_values.tolist()} (array)",
    )
    order = tested[np.argsort(given, kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted = p_values.copy()
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(factors * p_values[order]))
    return adjusted


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
    check_counts(k1, n1, "k1", "n1")
    check_counts(k2, n2, "k2", "n2")
    if n1 == 0 or n2 == 0:
        return float("nan")
    share = (k1 + k2) / (n1 + n2)
    spread = np.sqrt(share * (1 - share) * (1 / n1 + 1 / n2))
    if spread == 0:
        return 1.0
    return float(2 * stats.norm.sf(abs(k1 / n1 - k2 / n2) / spread))


def compare_pairs(
    frame: pd.DataFrame, by: str, value: str, pair: str = "seed", baseline=None
) -> pd.DataFrame:
    """Compare the systems of a frame two by two over shared seeds, corrected by Holm.

    Args:
        frame: a row per run; one run per system and seed.
        by: column that names the system.
        value: column to compare.
        pair: column that pairs the runs; default "seed".
        baseline: compare all others with this system only; default None: all pairs.

    Returns:
        DataFrame, a row per pair: a, b, the fields of `PairedResult` (a - b), p_holm.

    Raises:
        ValueError: a system has two runs of one seed or lacks one, or there is no such
            baseline.
    """
    names = list(dict.fromkeys(frame[by]))
    double = frame.duplicated([by, pair])
    require(
        not double.any(),
        f"frame must hold one run per {by} and {pair}.",
        f"frame with {int(double.sum())} more (DataFrame)",
        "Select one setting of the other columns first.",
    )
    require(
        baseline is None or baseline in names,
        f"baseline must be a value of {by} ({', '.join(map(str, names))}).",
        f"baseline={baseline!r} ({type(baseline).__name__})",
    )
    wide = frame.pivot(index=pair, columns=by, values=value)
    lacking = frame.groupby(by)[pair].count() < len(wide)
    require(
        not lacking.any(),
        f"every {by} must have a run for every {pair}.",
        f"{by}={lacking.idxmax()!r} with fewer than {len(wide)} runs (DataFrame)",
        "Compare systems that were run with the same seeds.",
    )
    if baseline is None:
        pairs = list(combinations(names, 2))
    else:
        pairs = [(name, baseline) for name in names if name != baseline]
    rows = [{"a": a, "b": b} | paired_t(wide[a], wide[b])._asdict() for a, b in pairs]
    columns = ["a", "b", *PairedResult._fields]
    return pd.DataFrame(rows, columns=columns).assign(
        p_holm=lambda table: holm(table["p"].to_numpy(dtype=float))
    )
