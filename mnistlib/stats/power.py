"""How large must a difference be, and how many seeds does it need, to be seen?"""

import math

import pandas as pd
from scipy import stats

from mnistlib.stats.checks import require
from mnistlib.stats.compare import LEVEL, POWER


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


def seeds_needed(difference: float, std: float, alone: bool = False) -> float:
    """Return how many seeds each of two systems needs for a difference to be found.

    By a two-sided t test at 5 %, in `POWER` of the cases: an unpaired one, or, beside a
    system that has no seed, that of one sample.

    Args:
        difference: of the two means, any sign.
        std: over seeds, of either system; same unit.
        alone: whether only one of the two has a seed; default False.

    Returns:
        A whole number, at least 2; infinite for no difference, NaN without a spread.

    Raises:
        ValueError: the spread is negative.
    """
    from statsmodels.stats.power import TTestIndPower, TTestPower

    require(not std < 0, "std must not be negative.", f"std={std!r} (float)")
    if math.isnan(std) or math.isnan(difference):
        return math.nan
    if not difference:
        return math.inf
    test = TTestPower() if alone else TTestIndPower()
    effect = abs(difference) / std if std else math.inf
    # By halves: the library's own solver gives up on very large and very small effects.
    few, enough = 1, 2
    while effect < 10 and test.power(effect, enough, 1 - LEVEL) < POWER:
        few, enough = enough, 2 * enough
    while enough - few > 1:
        middle = (few + enough) // 2
        found = test.power(effect, middle, 1 - LEVEL) >= POWER
        few, enough = (few, middle) if found else (middle, enough)
    return float(enough)


def gaps(pairs: list[tuple], spread: dict) -> pd.DataFrame:
    """Say of differences between two systems whether one run of each can show them.

    A system without a seed has no spread: beside one that has a seed, only the latter's
    counts, and of two such systems any difference shows.

    Args:
        pairs: (a, b, difference of their means, how many of the two have a seed: 0, 1, 2;
            None where the spread of one is not known).
        spread: from `seed_spread`, in the same unit; of any system that has a seed.

    Returns:
        DataFrame: a, b, difference; seen (with one run of each: it exceeds what their runs
        may differ by; NA where that is not known); seeds (that each needs that has one,
        see `seeds_needed`; 1 where neither has, NaN where it is not known).
    """
    rows = []
    for a, b, difference, seeded in pairs:
        reach, seeds = math.nan, math.nan
        if seeded is not None:
            reach = spread["reach"] * math.sqrt(seeded / 2) if seeded else 0.0
            alone = seeded == 1
            seeds = seeds_needed(difference, spread["std"], alone) if seeded else 1.0
        seen = pd.NA if math.isnan(reach) else abs(difference) > reach
        rows.append((a, b, difference, seen, seeds))
    table = pd.DataFrame(rows, columns=["a", "b", "difference", "seen", "seeds"])
    return table.astype({"seen": "boolean"})
