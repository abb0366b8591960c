"""Where one system's lead over another comes from: by test, digit, pair of digits, image.

The leader and the others were tested on the same images. Each may have several runs: runs
are paired in order, and a system that has one run meets each run of the other with it.
"""

from itertools import combinations, pairwise

import numpy as np
import pandas as pd

from mnistlib.stats.compare import holm
from mnistlib.stats.evaluate import N_CLASSES
from mnistlib.stats.images import directions, lead_interval, lead_test


def _paired(leader: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    n = max(len(leader), len(other))
    if {len(leader), len(other)} - {1, n}:
        raise ValueError(
            "leader and other must have equally many runs, or one of them one run. "
            f"Received: {len(leader)} and {len(other)} runs (arrays). "
            "Run both with the same seeds."
        )
    return tuple(np.broadcast_to(runs, (n, runs.shape[1])) for runs in (leader, other))


def _lead(y_true, leader, other) -> np.ndarray:
    """Return 1 where only the leader is right, -1 where only the other, else 0."""
    return (leader == y_true).astype(int) - (other == y_true)


def _directions(y_true, pairs) -> pd.DataFrame:
    """Return `directions` of unequally many seeds: Holm over the systems met at a seed."""
    counts, images, parts = [len(leader) for leader, _ in pairs], ["a_only", "b_only"], []
    for start, end in pairwise([0, *sorted(set(counts))]):
        met = [i for i, count in enumerate(counts) if count >= end]
        cut = [tuple(runs[start:end] for runs in pairs[i]) for i in met]
        part = directions(y_true, cut).set_axis(met)
        part[images] = part[images].mul(part["runs"], axis=0)
        parts.append(part)
    table = pd.concat(parts).groupby(level=0).sum()
    table[images] = table[images].div(table["runs"], axis=0)
    return table


def against(y_true: np.ndarray, meetings: dict) -> pd.DataFrame:
    """Compare a system with others on the same images: seed by seed, and together.

    Args:
        y_true: labels (n,).
        meetings: name of the other system -> predictions (runs, n) of the leader, and of
            the other. Seeds stand in the same order for all; some may end earlier.

    Returns:
        DataFrame, a row per other system: system; the columns of `directions` (a is the
        leader; Holm over the systems met at a seed); lead (images, mean over seeds),
        points, low, high (the lead as a fraction, and its interval over seeds and images);
        p (`lead_test`) and p_holm (corrected for the number of systems).
    """
    pairs = [_paired(*both) for both in meetings.values()]
    leads = [_lead(y_true, *pair) for pair in pairs]
    ends = [lead_interval(one) for one in leads]
    p_values = [lead_test(one) for one in leads]
    return _directions(y_true, pairs).assign(
        system=list(meetings),
        lead=[float(one.sum(axis=1).mean()) for one in leads],
        points=[float(one.mean()) for one in leads],
        low=[low for low, _ in ends],
        high=[high for _, high in ends],
        p=p_values,
        p_holm=holm(p_values),
    )


def by_class(y_true: np.ndarray, leader: np.ndarray, other: np.ndarray) -> pd.DataFrame:
    """Divide the lead by the true digit.

    Returns:
        DataFrame, a row per digit: digit, support, leader_errors, other_errors (means over
        runs), lead (their difference, images), p (`lead_test`), p_holm (ten digits).
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
                "p": lead_test(_lead(*parts)),
            }
        )
    table = pd.DataFrame(rows)
    return table.assign(p_holm=holm(table["p"].to_numpy()))


def by_pair(y_true: np.ndarray, leader: np.ndarray, other: np.ndarray) -> pd.DataFrame:
    """Divide the lead by the pair of digits that are taken for each other.

    Returns:
        DataFrame, a row for each of the 45 pairs, the largest lead first: pair ("4/9"),
        leader_errors, other_errors (either taken for the other; means over runs), lead
        (images).
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
    return table.sort_values("lead", ascending=False, kind="stable", ignore_index=True)


def rescued(
    y_true: np.ndarray, leader: np.ndarray, other: np.ndarray, confidence=None
) -> np.ndarray:
    """Return the images that most runs of the leader get right, and most others wrong.

    The rule is the same both ways round, so that counts may be compared: "all three right"
    against "all three wrong" would favour the side that has more runs. A draw is neither.

    Args:
        y_true: labels (n,).
        leader: predictions (runs, n).
        other: predictions (runs, n).
        confidence: of the leader (runs, n): the images of highest mean confidence come
            first; None: in the order of the test images.

    Returns:
        Their positions, int64.
    """
    right, wrong = (leader == y_true).mean(axis=0), (other != y_true).mean(axis=0)
    chosen = np.flatnonzero((right > 0.5) & (wrong > 0.5))
    if confidence is None:
        return chosen
    return chosen[np.argsort(-confidence[:, chosen].mean(axis=0), kind="stable")]


def first_wrong(y_true: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Return of each image the wrong answer of the first run that errs.

    Args:
        y_true: true digits (n,).
        answers: predictions (runs, n); some run is wrong on each image.

    Returns:
        Digits (n,).
    """
    first = (answers != y_true).argmax(axis=0)
    return answers[first, np.arange(len(y_true))]
