"""Ensembles: the class probabilities of several runs, averaged with equal weights."""

from itertools import combinations
from math import comb

import numpy as np
import pandas as pd

from mnistlib.stats.checks import require

MOST_SUBSETS = 200


def averaged(probabilities: np.ndarray) -> np.ndarray:
    """Return the mean of the members' class probabilities, float64 (n, 10).

    Args:
        probabilities: float (members, n, 10); not NaN, so of members that did not diverge.

    Raises:
        ValueError: there is no member, or a probability is NaN.
    """
    given = np.asarray(probabilities)
    require(
        given.ndim == 3 and len(given) > 0 and bool(np.isfinite(given).all()),
        "probabilities must be finite numbers of shape (members, n, 10).",
        f"probabilities of shape {given.shape} ({given.dtype})",
        "Leave out members that diverged.",
    )
    return given.astype(np.float64).mean(axis=0)


def by_size(probabilities: np.ndarray, labels: np.ndarray, seed: int = 0) -> pd.DataFrame:
    """Return how accurate ensembles of each size are, from one member to all of them.

    Ensembles of one size share members, so their spread is no standard error.

    Args:
        probabilities: float (members, n, 10).
        labels: true digits (n,).
        seed: of the draw of `MOST_SUBSETS` subsets, where there are more of a size.

    Returns:
        DataFrame, a row a size: members, subsets (looked at), accuracy (mean over them),
        least and most.
    """
    members, rows = len(probabilities), []
    draw = np.random.default_rng(seed)
    for size in range(1, members + 1):
        if comb(members, size) <= MOST_SUBSETS:
            subsets = list(combinations(range(members), size))
        else:
            subsets = [draw.permutation(members)[:size] for _ in range(MOST_SUBSETS)]
        found = [
            (averaged(probabilities[list(chosen)]).argmax(axis=1) == labels).mean()
            for chosen in subsets
        ]
        rows.append(
            {
                "members": size,
                "subsets": len(subsets),
                "accuracy": float(np.mean(found)),
                "least": float(np.min(found)),
                "most": float(np.max(found)),
            }
        )
    return pd.DataFrame(rows)
