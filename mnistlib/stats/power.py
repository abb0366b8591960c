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


def seeds_needed(difference: float, std: float) -> float:
    """Return how many seeds each of two systems needs for a difference to be found.

    By an unpaired two-sided t test at 5 %, in `POWER` of the cases.

    Args:
        difference: of the two means, any sign.
        std: over seeds, of either system; same unit.

    Returns:
        A whole number, at least 2; infinite for no difference, NaN without a spread.

    Raises:
        ValueError: the spread is negative.
    """
    from statsmodels.stats.power import TTestIndPower

    require(not std < 0, "std must not be negative.", f"std={std!r} (float)")
    if math.isnan(std) or math.isnan(difference):
        return math.nan
    if not difference:
        return math.inf
    test, effect = TTestIndPower(), abs(difference) / std if std else math.inf
    # From ten standard deviations on, two seeds do; the solver has no answer there.
    if effect > 10 or test.power(effect, 2, 1 - LEVEL) >= POWER:
        return 2.0
    return float(math.ceil(test.solve_power(effect, power=POWER, alpha=1 - LEVEL)))
