"""How large must a difference be, and how many seeds does it need, to be seen?"""

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import stats

from mnistlib.stats.checks import require
from mnistlib.stats.compare import LEVEL, POWER

_GRID = (np.arange(100) + 0.5) / 100  # of probabilities, to average over


def seed_spread(frame: pd.DataFrame, by: str, value: str) -> dict[str, float]:
    """Return the spread over seeds, pooled over systems, and how far two runs may differ.

    With the systems' variances averaged by their degrees of freedom (s squared, k degrees
    in all), two runs of one system differ by less than ``t(0.975, k) sqrt(2) s`` in 95 of
    100 cases.

    Args:
        frame: a row a run.
        by: column that names the system.
        value: column of the values.

    Returns:
        dict of std (s), degrees (k), reach; NaN where no system has two runs.
    """
    runs = frame.groupby(by)[value]
    degrees = int((runs.count() - 1).sum())
    if not degrees:
        return {"std": math.nan, "degrees": 0, "reach": math.nan}
    weighted = runs.var(ddof=1).fillna(0) * (runs.count() - 1)
    std = math.sqrt(weighted.sum() / degrees)
    reach = stats.t.ppf((1 + LEVEL) / 2, degrees) * math.sqrt(2) * std
    return {"std": std, "degrees": degrees, "reach": float(reach)}


def spreads(frame: pd.DataFrame, by: str, value: str) -> dict[str, dict[str, float]]:
    """Return each system's own spread over seeds, as `gaps` takes them.

    Args:
        frame: a row a run, of systems that have a seed.
        by: column that names the system.
        value: column of the values.

    Returns:
        dict of name -> std and degrees; std is NaN of a system with one run.
    """
    runs = frame.groupby(by, sort=False)[value]
    table = pd.DataFrame({"std": runs.std(ddof=1), "degrees": runs.count() - 1})
    return table.to_dict("index")


def _power(difference: float, variances: np.ndarray, n: int) -> float:
    """Return how often Welch's t test at 5 % finds a difference, with n seeds of each.

    Given both estimated variances the test is one of a normal mean: averaged over them.
    """
    drawn = stats.chi2.ppf(_GRID, n - 1) / (n - 1)
    a, b = variances[0] * drawn[:, None], variances[1] * drawn
    degrees = (n - 1) * (a + b) ** 2 / (a**2 + b**2)
    bound = stats.t.ppf((1 + LEVEL) / 2, degrees) * np.sqrt((a + b) / n)
    error = math.sqrt(variances.sum() / n)
    found = stats.norm.sf((bound - abs(difference)) / error)
    found += stats.norm.cdf((-bound - abs(difference)) / error)
    return float(found.mean())


def seeds_needed(difference: float, stds: Iterable[float]) -> float:
    """Return how many seeds each of two systems needs for a true difference to be found.

    By Welch's two-sided t test at 5 %, in `POWER` of the cases.

    Args:
        difference: of the two means, any sign.
        stds: over seeds, of the two systems; same unit; 0 of one that has no seed, whose
            number then counts for the other alone.

    Returns:
        A whole number, at least 2; 1 where neither varies, infinite for no difference, NaN
        where a spread is not known.

    Raises:
        ValueError: a spread is negative.
    """
    stds = np.array(list(stds), float)
    require(not (stds < 0).any(), "stds must not be negative.", f"{stds.tolist()} (list)")
    if np.isnan(stds).any() or math.isnan(difference):
        return math.nan
    if not difference:
        return math.inf
    if not stds.any():
        return 1.0
    few, enough = 1, 2
    while _power(difference, stds**2, enough) < POWER:
        few, enough = enough, 2 * enough
    while enough - few > 1:
        middle = (few + enough) // 2
        found = _power(difference, stds**2, middle) >= POWER
        few, enough = (few, middle) if found else (middle, enough)
    return float(enough)


def gaps(pairs: list[tuple], spread: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Say of differences between two systems whether one run of each can show them.

    Each pair is judged by its own spreads: two runs, one of each, of systems that are
    equally good would differ by less than ``t(0.975, k) sqrt(s1² + s2²)`` in 95 of 100
    cases, with Welch's degrees k.

    Args:
        pairs: (a, b, difference of their means).
        spread: from `spreads`, in the same unit; std 0 of a system that has no seed. One
            that is not in it is not known.

    Returns:
        DataFrame: a, b, difference; reach (what two runs may differ by); seen (with one
        run of each: it exceeds the reach; NA where that is not known); seeds (see
        `seeds_needed`; NaN where it is not known).
    """
    rows = []
    for a, b, difference in pairs:
        both = [spread.get(name, {"std": math.nan, "degrees": 0}) for name in (a, b)]
        variances = np.array([one["std"] for one in both]) ** 2
        reach = _reach(variances, [one["degrees"] for one in both])
        seen = pd.NA if math.isnan(reach) else abs(difference) > reach
        seeds = seeds_needed(difference, np.sqrt(variances))
        rows.append((a, b, difference, reach, seen, seeds))
    table = pd.DataFrame(rows, columns=["a", "b", "difference", "reach", "seen", "seeds"])
    return table.astype({"seen": "boolean"})


def _reach(variances: np.ndarray, degrees: list[int]) -> float:
    """Return what two runs may differ by, one of each system; NaN where not known."""
    total = variances.sum()
    if not total or math.isnan(total):
        return float(total)
    of_each = (v**2 / k for v, k in zip(variances, degrees, strict=True) if v)
    k = total**2 / sum(of_each)
    return float(stats.t.ppf((1 + LEVEL) / 2, k) * math.sqrt(total))
