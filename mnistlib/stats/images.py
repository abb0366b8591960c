"""Two systems on the same test images: who is right where, seed by seed and together."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import signal, stats

from mnistlib.stats.checks import labels, same_length
from mnistlib.stats.compare import LEVEL, holm
from mnistlib.stats.intervals import combined, t_interval


class McNemarResult(NamedTuple):
    """What McNemar's test found: examples that only one of two classifiers got right."""

    a_only: int
    b_only: int
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
    from statsmodels.stats.contingency_tables import mcnemar as test

    y_true = labels(y_true, "y_true")
    pred_a, pred_b = labels(pred_a, "pred_a"), labels(pred_b, "pred_b")
    same_length(y_true=y_true, pred_a=pred_a, pred_b=pred_b)
    right_a, right_b = pred_a == y_true, pred_b == y_true
    a_only = int(np.count_nonzero(right_a & ~right_b))
    b_only = int(np.count_nonzero(right_b & ~right_a))
    if not a_only + b_only:
        return McNemarResult(0, 0, 1.0)
    return McNemarResult(a_only, b_only, float(test([[0, a_only], [b_only, 0]]).pvalue))


def directions(y_true, pairs: Sequence[tuple]) -> pd.DataFrame:
    """Say for each pair of systems at how many seeds which of the two is ahead.

    Args:
        y_true: true labels, integers of shape (n,).
        pairs: for each comparison, the predictions (seeds, n) of both systems; the seeds
            stand in the same order, and there are equally many in all comparisons.

    Returns:
        DataFrame, a row per comparison: a_only and b_only (images that one alone gets
        right, mean over seeds); ahead and behind (seeds at which a, or b, is ahead by
        McNemar's test: p < 0.05 after Holm over the comparisons), runs (seeds).
    """
    results = [
        [mcnemar(y_true, a, b) for a, b in zip(*pair, strict=True)] for pair in pairs
    ]
    a_only = np.array([[one.a_only for one in row] for row in results])
    b_only = np.array([[one.b_only for one in row] for row in results])
    by_seed = np.array([[one.p for one in row] for row in results]).T
    apart = np.array([holm(p_values) < 1 - LEVEL for p_values in by_seed]).T
    return pd.DataFrame(
        {
            "a_only": a_only.mean(axis=1),
            "b_only": b_only.mean(axis=1),
            "ahead": (apart & (a_only > b_only)).sum(axis=1),
            "behind": (apart & (a_only < b_only)).sum(axis=1),
            "runs": a_only.shape[1],
        }
    )


def lead_test(lead: np.ndarray) -> float:
    """Ask whether a lead, added up over seeds, could be the luck of the test images.

    Under the null hypothesis the two systems are alike on every image, so the sign of an
    image's lead is a coin's: an exact permutation test over images. Each image counts once,
    however many seeds there are; with one seed it is McNemar's exact test. The images whose
    lead is k of the seeds add ``k (2 B - m)`` with B binomial (m, 1/2); the distribution of
    the sum over k is their convolution.

    Args:
        lead: 1 where only the first system is right, -1 where only the other, else 0:
            integers of shape (seeds, n).

    Returns:
        p, two-sided; 1 when no image makes a difference.
    """
    each = lead.sum(axis=0)
    chance = np.ones(1)
    for k, m in enumerate(np.bincount(np.abs(each))):
        if k and m:
            steps = np.zeros(2 * k * m + 1)
            steps[:: 2 * k] = stats.binom.pmf(np.arange(m + 1), m, 0.5)
            chance = signal.convolve(chance, steps)
    sums = np.arange(len(chance)) - len(chance) // 2
    p = chance[np.abs(sums) >= abs(each.sum())].sum()
    return float(np.clip(p, 0, 1))


def lead_interval(lead: np.ndarray) -> tuple[float, float]:
    """Return the 95 % interval of a lead over seeds and test images together.

    Args:
        lead: as in `lead_test`.

    Returns:
        (low, high), fractions of the images; NaN with one seed.
    """
    seeds = t_interval(lead.mean(axis=1))
    half = stats.norm.ppf((1 + LEVEL) / 2) * stats.sem(lead.mean(axis=0))
    mean = float(lead.mean())
    return combined(mean, seeds, (mean - half, mean + half))
