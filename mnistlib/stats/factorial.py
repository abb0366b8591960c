"""A factorial design: what each factor does, and how two of them act together."""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from mnistlib.stats.checks import require
from mnistlib.stats.compare import LEVEL, corrected

TIMES = " × "


def factorial(
    frame: pd.DataFrame, factors: Sequence[str], value: str, block: str = "seed"
) -> pd.DataFrame:
    """Estimate main effects and two-way interactions of a complete factorial design.

    Least squares of value = block + main effects + two-way interactions + residual: what
    three and more factors do together is part of the residual. Every run informs every
    effect.

    The main effect of a factor with two levels is the difference of the means at its
    second and at its first level; levels go by first appearance in the frame. The
    interaction of two such factors is how much the effect of one grows when the other goes
    from its first to its second level. A term with a factor of more levels has no single
    effect, only a test and a share.

    Args:
        frame: a row per run; one run for each combination of the levels and each block.
        factors: columns of what was varied, two levels or more each.
        value: column that they act on.
        block: column of what all combinations share; default "seed".

    Returns:
        DataFrame, a row per term, main effects first: term (``"a"`` or ``"a × b"``), order
        (1 or 2), levels (degrees of freedom of the term), effect, low, high (95 %, of this
        effect alone), share (of the sum of squares within blocks), p (F test; for a single
        effect the t test), error and degrees (of the residual), p_holm (over all terms),
        smallest_found (the effect found in 80 of 100 cases, at Holm's first step). NaN
        where there is no test: no residual degrees, nothing that varies, or a missing
        value.

    Raises:
        ValueError: fewer than two factors, a factor with one level, or a combination that
            has no run or two.
    """
    levels = {name: list(dict.fromkeys(frame[name])) for name in [*factors, block]}
    _check_complete(frame, factors, block, levels)
    sizes = [len(levels[name]) - 1 for name in factors]
    terms = [(i,) for i in range(len(factors))] + list(combinations(range(len(factors)), 2))
    rows = [
        {
            "term": TIMES.join(factors[i] for i in term),
            "order": len(term),
            "levels": math.prod(sizes[i] for i in term),
        }
        for term in terms
    ]
    table = pd.DataFrame(rows)
    names = ["effect", "low", "high", "share", "p", "error", "degrees"]
    table[names] = np.nan
    if frame[value].notna().all():
        table[names] = _fit(frame, factors, value, block, levels, terms)
    return corrected(table)


def _fit(frame, factors, value: str, block: str, levels: dict, terms) -> np.ndarray:
    """Return effect, low, high, share, p, error and degrees of each term."""
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    coded = {"y": frame[value].to_numpy(float), "block": frame[block].to_numpy()}
    names = []
    for i, factor in enumerate(factors):
        place = frame[factor].map(levels[factor].index).to_numpy()
        two = len(levels[factor]) == 2
        # At -1/2 and 1/2 a coefficient is the effect itself.
        coded[f"f{i}"] = place - 0.5 if two else place
        names.append(f"f{i}" if two else f"C(f{i}, Sum)")
    blocks = "C(block) + " if len(levels[block]) > 1 else ""
    formula = f"y ~ {blocks}({' + '.join(names)})**2"
    fit = ols(formula, pd.DataFrame(coded)).fit()
    noise = 64 * np.finfo(float).eps * np.abs(coded["y"]).max()
    tested = fit.df_resid >= 1 and math.sqrt(fit.scale) > noise
    squares = _squares(fit, anova_lm) if tested else None
    ends = fit.conf_int(1 - LEVEL) if tested else None
    rows = []
    for term in terms:
        name = ":".join(names[i] for i in term)
        effect = fit.params.get(name, math.nan)
        row = [effect, *[math.nan] * 6]
        if tested:
            row[3:5] = squares.loc[name, ["share", "PR(>F)"]]
            row[6] = fit.df_resid
        if tested and name in fit.params:
            row[1:3], row[5] = ends.loc[name], fit.bse[name]
        rows.append(row)
    return np.array(rows, dtype=float)


def _squares(fit, anova_lm) -> pd.DataFrame:
    """Return the analysis of variance, with each term's share within blocks."""
    table = anova_lm(fit)
    within = table["sum_sq"].drop("C(block)", errors="ignore").sum()
    return table.assign(share=table["sum_sq"] / within)


def _check_complete(frame, factors, block: str, levels: dict) -> None:
    require(
        len(factors) > 1,
        "factors must be two columns or more.",
        f"factors={list(factors)!r} (list)",
        "Compare one factor's levels with compare().",
    )
    for name in factors:
        require(
            len(levels[name]) > 1,
            "a factor must have two levels or more.",
            f"{name}={levels[name]!r} (list)",
            "Vary it, or leave it out.",
        )
    wanted = math.prod(map(len, levels.values()))
    runs = len(frame.drop_duplicates([*factors, block]))
    require(
        runs == wanted == len(frame),
        f"frame must hold one run for each of {wanted} combinations of the factors and "
        f"{block}.",
        f"frame with {len(frame)} runs of {runs} combinations (DataFrame)",
        "Select one setting of the other columns first.",
    )
