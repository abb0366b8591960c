"""Take a variance apart: a design of random factors, crossed or nested, one run a cell."""

import math

import numpy as np
import pandas as pd
from scipy import stats

from mnistlib.stats.checks import require
from mnistlib.stats.compare import LEVEL, holm

REST = "rest"


def components(
    frame: pd.DataFrame,
    factors: list[str],
    value: str,
    nested: dict[str, str] | None = None,
) -> pd.DataFrame:
    """Estimate how much of a variance each random factor brings.

    The model is value = mean + an effect of each factor's level + rest; all effects are
    draws, and what the factors do together is part of the rest. A nested factor has levels
    of its own within each level of another, whatever they are called. With n cells a level,
    a mean square is expected to be ``error + n variance``, where the error is the rest, or
    the mean square of the factor that is nested in it: the estimate follows, cut at 0.

    Args:
        frame: a row per run; each combination of the factors' levels exactly once.
        factors: the columns.
        value: the column whose variance is taken apart.
        nested: factor -> the factor in which it is nested; default: all are crossed.

    Returns:
        DataFrame, a row per factor and one `REST`: source, levels, degrees, variance, low,
        high (95 %: Williams's interval of a factor, chi-squared of the rest), share (of
        the sum of all variances), std and its ends std_low, std_high, p (F test that the
        factor brings nothing), p_holm (corrected for all factors). NaN where there are no
        degrees, or nothing varies.

    Raises:
        ValueError: a combination is missing or comes twice.

    Source: Williams, "A confidence interval for variance components", Biometrika 49
        (1962).
    """
    nested = nested or {}
    levels = [frame[factor].nunique() for factor in factors]
    require(
        len(frame) == math.prod(levels) and not frame.duplicated(factors).any(),
        f"frame must hold each combination of {', '.join(factors)} exactly once.",
        f"{len(frame)} rows for {' x '.join(map(str, levels))} levels (DataFrame)",
    )
    sums, degrees = _sums_of_squares(frame, factors, value, nested)
    square = np.divide(sums, degrees, out=np.full(len(sums), np.nan), where=degrees > 0)
    rest, rest_degrees = square[-1], degrees[-1]
    if not rest > 1e-20:  # the last bits of equal values
        rest = math.nan
    within = {outer: factors.index(inner) for inner, outer in nested.items()}
    rows = []
    for factor, total, k in zip(factors, sums, degrees, strict=False):
        own = [factor, *([nested[factor]] if factor in nested else [])]
        n = frame.groupby(own).ngroups
        cells = len(frame) / n
        error, error_degrees = rest, rest_degrees
        if factor in within and degrees[within[factor]] and rest == rest:
            error, error_degrees = square[within[factor]], degrees[within[factor]]
        variance = max((total / k - error) / cells, 0) if k and error == error else math.nan
        ends = _williams(total, k, error, error_degrees, cells)
        p = float(stats.f.sf(total / k / error, k, error_degrees)) if k else math.nan
        rows.append((factor, n, k, variance, *ends, p))
    tails = stats.chi2.ppf([(1 + LEVEL) / 2, (1 - LEVEL) / 2], rest_degrees or math.nan)
    ends = rest * rest_degrees / tails
    rows.append((REST, len(frame), rest_degrees, rest, *ends, math.nan))
    names = ["source", "levels", "degrees", "variance", "low", "high", "p"]
    table = pd.DataFrame(rows, columns=names)
    roots = {f"std{end}": np.sqrt(table[part]) for end, part in _ENDS.items()}
    share = table["variance"] / table["variance"].sum()
    return table.assign(share=share, p_holm=holm(table["p"]), **roots)


_ENDS = {"": "variance", "_low": "low", "_high": "high"}


def _sums_of_squares(frame, factors: list[str], value: str, nested: dict[str, str]):
    """Return the sums of squares and their degrees: each factor's, and the rest's."""
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    # Names of their own: a column's may be no name in a formula.
    plain = [f"factor{i}" for i in range(len(factors))]
    renamed = pd.DataFrame(frame[[*factors, value]].to_numpy(), columns=[*plain, "value"])
    terms = {name: f"C({name})" for name in plain if renamed[name].nunique() > 1}
    for inner, outer in nested.items():
        name, other = plain[factors.index(inner)], plain[factors.index(outer)]
        if name in terms and other in terms:
            terms[name] = f"{terms[other]}:{terms[name]}"
    formula = "value ~ " + (" + ".join(sorted(terms.values(), key=len)) or "1")
    fit = ols(formula, renamed.astype({"value": float})).fit()
    sums, degrees = dict.fromkeys(plain, 0.0), dict.fromkeys(plain, 0)
    if terms and fit.df_resid > 0:
        table = anova_lm(fit)
        for name, term in terms.items():
            sums[name] = float(table.at[term, "sum_sq"])
            degrees[name] = int(table.at[term, "df"])
    rest = (float(fit.ssr), int(fit.df_resid))
    return np.array([*sums.values(), rest[0]]), np.array([*degrees.values(), rest[1]])


def _williams(total: float, k: int, rest: float, rest_degrees: int, cells: float):
    """Return Williams's interval of a factor's variance, cut at 0."""
    if not k or not rest_degrees or math.isnan(rest):
        return math.nan, math.nan
    tails = np.array([(1 + LEVEL) / 2, (1 - LEVEL) / 2])
    ratios = stats.f.ppf(tails, k, rest_degrees)
    ends = (total - k * rest * ratios) / (cells * stats.chi2.ppf(tails, k))
    low, high = np.maximum(ends, 0)
    return float(low), float(high)
