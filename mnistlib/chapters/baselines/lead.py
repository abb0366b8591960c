"""Where one system's lead over another comes from: by test, digit, pair of digits, image.

The leader and the others were tested on the same images. Each may have several runs: runs
are paired in order, and a system that has one run meets each run of the other with it.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from mnistlib.stats.compare import holm, mcnemar
from mnistlib.stats.evaluate import N_CLASSES


def _paired(leader: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    n = max(len(leader), len(other))
    if {len(leader), len(other)} - {1, n}:
        raise ValueError(
            "leader and other must have equally many runs, or one of them one run. "
            f"Received: {len(leader)} and {len(other)} runs (arrays). "
            "Run both with the same seeds."
        )
    return tuple(np.broadcast_to(runs, (n, runs.shape[1])) for runs in (leader, other))


def _mcnemar(y_true, leader, other) -> dict[str, float]:
    """Test each pair of runs; return mean counts and the p of the least favourable pair."""
    found = [mcnemar(y_true, a, b) for a, b in zip(leader, other, strict=True)]
    leads = np.array([one.a_only - one.b_only for one in found])
    agree = np.sign(leads) == np.sign(leads.mean())
    return {
        "leader_only": float(np.mean([one.a_only for one in found])),
        "other_only": float(np.mean([one.b_only for one in found])),
        "p": max(one.p if same else 1.0 for one, same in zip(found, agree, strict=True)),
    }


def against(y_true: np.ndarray, leader: np.ndarray, others: dict) -> pd.DataFrame:
    """Test a system against others: McNemar's exact test on every pair of runs.

    A p value is that of the least favourable pair of runs, and 1 if one of them points the
    other way: it is small only if every seed says the same. (Pooling the pairs would count
    each test image several times.)

    Args:
        y_true: labels (n,).
        leader: predictions (runs, n).
        others: name -> predictions (runs, n).

    Returns:
        DataFrame, a row per other system: system, leader_only and other_only (images that
        only one of the two gets right, mean over pairs of runs), points (the lead, in
        points of a percent), p, p_holm (corrected for the number of systems).
    """
    rows = []
    for name, other in others.items():
        found = _mcnemar(y_true, *_paired(leader, other))
        lead = (found["leader_only"] - found["other_only"]) / len(y_true)
        p = found.pop("p")
        rows.append({"system": name} | found | {"points": 100 * lead, "p": p})
    table = pd.DataFrame(rows)
    return table.assign(p_holm=holm(table["p"].to_numpy()))


def by_class(y_true: np.ndarray, leader: np.ndarray, other: np.ndarray) -> pd.DataFrame:
    """Divide the lead by the true digit.

    Returns:
        DataFrame, a row per digit: digit, support, leader_errors, other_errors (means over
        runs), lead (their difference, images), p (as in `against`), p_holm (ten digits).
    """
    leader, other = _paired(leader, other)
    rows = []
    for digit in range(N_CLASSES):
        chosen = y_true == digit
        parts = y_true[chosen], leader[:, chosen], other[:, chosen]
        errors = [float((part != digit).sum(axis=1).mean()) for part in parts[1:]]
        rows.append(
            {
                "digit": digit,
                "support": int(chosen.sum()),
                "leader_errors": errors[0],
                "other_errors": errors[1],
                "lead": errors[1] - errors[0],
                "p": _mcnemar(*parts)["p"],
            }
        )
    table = pd.DataFrame(rows)
    return table.assign(p_holm=holm(table["p"].to_numpy()))


def by_pair(y_true: np.ndarray, leader: np.ndarray, other: np.ndarray) -> pd.DataFrame:
    """Divide the lead by the pair of digits that are taken for each other.

    Returns:
        DataFrame, a row for each of the 45 pairs, the largest lead first: pair ("4/9"),
        leader_errors, other_errors (either taken for the other; means over runs), lead
        (images), share (of the whole lead; NaN where there is none).
    """
    rows = []
    for low, high in combinations(range(N_CLASSES), 2):
        errors = []
        for runs in (leader, other):
            taken = ((y_true == low) & (runs == high)) | ((y_true == high) & (runs == low))
            errors.append(float(taken.sum(axis=1).mean()))
        rows.append(
            {
                "pair": f"{low}/{high}",
                "leader_errors": errors[0],
                "other_errors": errors[1],
                "lead": errors[1] - errors[0],
            }
        )
    table = pd.DataFrame(rows)
    whole = table["lead"].sum()
    table["share"] = table["lead"] / whole if whole > 0 else np.nan
    return table.sort_values("lead", ascending=False, kind="stable", ignore_index=True)


def rescued(
    y_true: np.ndarray, leader: np.ndarray, other: np.ndarray, confidence=None
) -> np.ndarray:
    """Return the images that every run of the leader gets right and every other wrong.

    Args:
        y_true: labels (n,).
        leader: predictions (runs, n).
        other: predictions (runs, n).
        confidence: of the leader (runs, n): the images of highest mean confidence come
            first; None: in the order of the test images.

    Returns:
        Their positions, int64.
    """
    chosen = np.flatnonzero((leader == y_true).all(axis=0) & (other != y_true).all(axis=0))
    if confidence is None:
        return chosen
    return chosen[np.argsort(-confidence[:, chosen].mean(axis=0), kind="stable")]
