"""Is one system better than another, over seeds? Blocked comparisons, corrected by Holm."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import optimize, stats

from mnistlib.stats.checks import check_counts, one_per_run, require

LEVEL = 0.95
POWER = 0.8
_COLUMNS = ["a", "b", "n", "mean_difference", "low", "high", "p", "error", "degrees"]


def holm(p_values) -> np.ndarray:
    """Correct p values for several comparisons: Holm's step-down method.

    Args:
        p_values: p values, shape (m,); NaN (no test made) is passed through, not counted.

    Returns:
        float64 array of shape (m,) in the order given.

    Raises:
        ValueError: a value lies outside 0 to 1.

    Source: Holm, "A simple sequentially rejective multiple test procedure",
        Scandinavian Journal of Statistics 6 (1979).
    """
    from statsmodels.stats.multitest import multipletests

    p_values = one_per_run(p_values, "p_values")
    tested = ~np.isnan(p_values)
    given = p_values[tested]
    require(
        bool(((given >= 0) & (given <= 1)).all()),
        "p_values must lie between 0 and 1.",
        f"p_values={p_values.tolist()} (array)",
    )
    adjusted = p_values.copy()
    if len(given) > 1:  # the library clears all of memory first, which takes a second
        adjusted[tested] = multipletests(given, method="holm")[1]
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
    from statsmodels.stats.proportion import proportions_ztest

    check_counts(k1, n1, "k1", "n1")
    check_counts(k2, n2, "k2", "n2")
    if n1 == 0 or n2 == 0:
        return math.nan
    if k1 + k2 in (0, n1 + n2):
        return 1.0  # no variance: z is 0/0
    return float(proportions_ztest([k1, k2], [n1, n2])[1])


def pooled_residual(wide: pd.DataFrame) -> tuple[float, int]:
    """Return the residual standard deviation of a two-way layout, and its degrees.

    The model is value = system + seed + residual, without interaction.

    Args:
        wide: a row per seed, a column per system, no value missing.

    Returns:
        (s, degrees of freedom); s is NaN without degrees, or where nothing varies but the
        last bits.
    """
    values = wide.to_numpy(dtype=float)
    seeds, systems = values.shape
    degrees = (seeds - 1) * (systems - 1)
    if degrees < 1:
        return math.nan, 0
    rest = values - values.mean(axis=0) - values.mean(axis=1)[:, None] + values.mean()
    s = math.sqrt(np.square(rest).sum() / degrees)
    noise = 8 * np.finfo(float).eps * np.abs(values).max()
    return (s if s > noise else math.nan), degrees


def smallest_found(error: float, degrees: int, alpha: float) -> float:
    """Return the difference that a t test finds in `POWER` of the cases.

    Args:
        error: standard error of the difference.
        degrees: of freedom of that error.
        alpha: of the two-sided test, corrected for the number of tests.
    """
    from statsmodels.stats.power import ttest_power

    if math.isnan(error):
        return math.nan
    # With one observation the effect size is the difference over its standard error; the
    # other tail adds nothing at this power.
    least = optimize.brentq(
        lambda size: ttest_power(size, 1, alpha / 2, degrees, "larger") - POWER,
        0,
        2 * stats.t.ppf(1 - alpha / 2, degrees) + 2,
    )
    return error * least


def compare(
    frame: pd.DataFrame,
    by: str,
    value: str,
    baseline=None,
    block: str = "seed",
    failed: pd.Series | None = None,
    pairs: list[tuple] | None = None,
) -> pd.DataFrame:
    """Compare systems over shared seeds, with one residual variance pooled over all.

    Two-way layout, value = system + seed + residual: a difference of two systems has the
    standard error ``s sqrt(2 / seeds)``, with s pooled over all systems. Of two systems it
    is the paired t test; of k it has k - 1 times that test's degrees of freedom.

    Args:
        frame: a row per run; one run per system and seed.
        by: column that names the system.
        value: column to compare.
        baseline: compare all others with this system only; default None: all pairs.
        block: column that all systems share; default "seed".
        failed: of each row, whether the run failed; a system with such a run has two
            outcomes, whose mean is neither: it is not compared. Default None: no run
            failed.
        pairs: the pairs (a, b) to compare, in place of a baseline; default None.

    Returns:
        DataFrame, a row per pair: a, b, n (seeds), mean_difference (a - b), low, high
        (95 %, of this difference alone), p, error and degrees (its standard error, and
        their degrees of freedom), p_holm (over all rows), smallest_found (the
        difference found in 80 of 100 cases, at Holm's first step). NaN where there is no
        test: one seed, nothing that varies, or a system with failed runs (then
        mean_difference is NaN, too).

    Raises:
        ValueError: a system has two runs of one seed or lacks one, or there is no such
            baseline.
    """
    names = list(dict.fromkeys(frame[by]))
    wide = _layout(frame, by, value, baseline, block)
    lost = set() if failed is None else set(frame.loc[failed, by])
    sound = [name for name in names if name not in lost]
    s, degrees = pooled_residual(wide[sound])
    error = s * math.sqrt(2 / len(wide))
    half = stats.t.ppf((1 + LEVEL) / 2, degrees) * error if degrees else math.nan
    if pairs is None and baseline is None:
        pairs = list(combinations(names, 2))
    elif pairs is None:
        pairs = [(name, baseline) for name in names if name != baseline]
    rows = []
    for a, b in pairs:
        difference = width = p = math.nan
        if not lost & {a, b}:
            difference = float((wide[a] - wide[b]).mean())
        if s > 0 and not math.isnan(difference):
            width, p = half, 2 * stats.t.sf(abs(difference) / error, degrees)
        ends = difference - width, difference + width
        tested = error if p == p else math.nan
        rows.append((a, b, len(wide), difference, *ends, p, tested, degrees))
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return corrected(table)


def corrected(table: pd.DataFrame) -> pd.DataFrame:
    """Correct what `compare` returned, once or several times, over all rows of a table.

    Args:
        table: what `compare` returned.

    Returns:
        The table with p_holm, and smallest_found at Holm's first step, over its rows.
    """
    p_values = table["p"].to_numpy(dtype=float)
    alpha = (1 - LEVEL) / max(1, int((~np.isnan(p_values)).sum()))
    least = [smallest_found(r.error, r.degrees, alpha) for r in table.itertuples()]
    return table.assign(p_holm=holm(p_values), smallest_found=np.array(least, dtype=float))


def _layout(frame, by: str, value: str, baseline, block: str) -> pd.DataFrame:
    """Return the values, a row per block and a column per system; refuse what has gaps."""
    names = list(dict.fromkeys(frame[by]))
    double = frame.duplicated([by, block])
    require(
        not double.any(),
        f"frame must hold one run per {by} and {block}.",
        f"frame with {int(double.sum())} more (DataFrame)",
        "Select one setting of the other columns first.",
    )
    require(
        baseline is None or baseline in names,
        f"baseline must be a value of {by} ({', '.join(map(str, names))}).",
        f"baseline={baseline!r} ({type(baseline).__name__})",
    )
    wide = frame.pivot(index=block, columns=by, values=value)
    lacking = frame.groupby(by)[block].count() < len(wide)
    require(
        not lacking.any(),
        f"every {by} must have a run for every {block}.",
        f"{by}={lacking.idxmax()!r} with fewer than {len(wide)} runs (DataFrame)",
        "Compare systems that were run with the same seeds.",
    )
    return wide
