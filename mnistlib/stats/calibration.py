"""Is a network as sure as it is right? Confidence against the share that is right."""

import numpy as np
import pandas as pd

from mnistlib.stats.checks import require, same_length


def reliability(confidence, right, bins: int = 10) -> pd.DataFrame:
    """Sort predictions into bins of equal width by their confidence, (low, high].

    Args:
        confidence: probability of the predicted class, floats of shape (n,), 0 to 1.
        right: whether the prediction is right, booleans of shape (n,).
        bins: number of bins between 0 and 1; default 10.

    Returns:
        DataFrame, a row per bin that is not empty: low, high (its ends), n (predictions),
        confidence (mean), accuracy (share that is right).

    Raises:
        ValueError: shapes differ, or a confidence is none.
    """
    confidence, right = np.asarray(confidence, float), np.asarray(right, bool)
    same_length(confidence=confidence, right=right)
    outside = confidence[~((confidence >= 0) & (confidence <= 1))]
    require(
        not outside.size,
        "confidence must lie between 0 and 1.",
        f"confidence={outside[:1].tolist()} (array)",
        "Leave out systems without probabilities, and runs that diverged.",
    )
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    frame = pd.DataFrame({"place": place, "confidence": confidence, "accuracy": right})
    table = frame.groupby("place").agg(
        n=("accuracy", "size"),
        confidence=("confidence", "mean"),
        accuracy=("accuracy", "mean"),
    )
    ends = {"low": edges[table.index], "high": edges[table.index + 1]}
    return table.assign(**ends)[["low", "high", "n", "confidence", "accuracy"]].reset_index(
        drop=True
    )


def calibration_error(table: pd.DataFrame) -> float:
    """Return the expected calibration error: ``sum(n |accuracy - confidence|) / sum(n)``.

    Args:
        table: what `reliability` returned.

    Source: Guo et al., "On calibration of modern neural networks", ICML 2017.
    """
    gap = (table["accuracy"] - table["confidence"]).abs()
    return float((table["n"] * gap).sum() / table["n"].sum())
