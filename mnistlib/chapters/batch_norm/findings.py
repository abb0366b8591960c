"""What batch normalisation and scaling change, in sentences made from the numbers."""

import pandas as pd

from mnistlib.chapters.batch_norm.design import (
    CONTROL,
    NORMALISED,
    PAPER_RATE,
    SCALING_NAMES,
)
from mnistlib.claims.registry import printed
from mnistlib.show import tables
from mnistlib.show.style import label
from mnistlib.show.tables import points, points_interval
from mnistlib.show.words import join, number_of, p_text, power_sentence

KEPT = 0.99  # Keras's momentum: the weight of the old running statistics in each step


def curve_rate(params) -> float:
    """Return the rate whose curves are drawn: the paper's, or else the lowest."""
    rates = params.learning_rates
    return PAPER_RATE if PAPER_RATE in rates else min(rates)


def warm_up_note(n_train: int, params) -> str:
    """Say how far the running statistics have come at the end of a run.

    Batch normalisation classifies with running averages, which start at 0 and 1 and keep
    0.99 of their value in each step.

    Args:
        n_train: images trained on in an epoch.
        params: `mnistlib.chapters.batch_norm.params.Params`.
    """
    steps = params.epochs * -(-n_train // params.batch_size)
    left = tables.percent(KEPT**steps, 1)
    return (
        f"A run takes {number_of(steps, 'step')}; the running statistics then still hold "
        f"{left} of their first values."
    )


def unscaled_finding(outcomes: pd.DataFrame) -> str:
    """Say what happens to pixels of 0 to 255, with and without batch normalisation.

    Args:
        outcomes: from `mnistlib.chapters.batch_norm.results.outcomes`.
    """
    raw = outcomes[outcomes["scaling"] == "none"]
    if raw.empty:
        return "Pixels were scaled in all runs of this page."
    parts = []
    for words, part in (
        ("without batch normalisation", raw[raw["batch_norm"] == CONTROL]),
        ("with it", raw[raw["batch_norm"] != CONTROL]),
    ):
        counts = part[["diverged", "stuck", "runs"]].sum()
        parts.append(
            f"{words} {counts['diverged']} of {number_of(counts['runs'], 'run')} diverged "
            f"and {counts['stuck']} did not learn"
        )
    text = f"On unscaled pixels, {'; '.join(parts)}."
    for model, part in raw.groupby("model", sort=False):
        plain = part["batch_norm"] == CONTROL
        without, with_ = (
            rows.loc[rows["best"].idxmax(), "best_text"]
            for rows in (part[plain], part[~plain])
        )
        text += (
            f" The best validation accuracy of the {label(model)} is {without} without and "
            f"{with_} with batch normalisation."
        )
    if raw["edge"].isin(["lowest", "only"]).any():
        text += (
            " Some of these rates are the lowest of the grid: larger pixels ask for "
            "smaller rates, so this is no comparison of scalings, each at its best rate."
        )
    return text


def gain_finding(gains: pd.DataFrame) -> str:
    """Say where batch normalisation helped.

    Args:
        gains: from `mnistlib.chapters.batch_norm.results.gains`.
    """
    sound = gains.dropna(subset="p")
    difference = (sound if len(sound) else gains)["mean_difference"]
    text = (
        f"Batch normalisation raised the mean validation accuracy in "
        f"{int((difference > 0).sum())} of {number_of(len(difference), 'comparison')}; the "
        f"gains go from {points(difference.min())} to {points(difference.max())} points."
    )
    if sound.empty:
        return f"{text} Nothing could be tested: that needs two seeds or more."
    apart = sound[sound["p_holm"] < 0.05]
    lower = int((apart["mean_difference"] < 0).sum())
    text += (
        f" The median gain is {_medians(sound)}. After Holm's correction p < 0.05 in "
        f"{len(apart)} of them, of which {lower} "
        f"{'is a loss' if lower == 1 else 'are losses'}. {power_sentence(sound)}"
    )
    lost = len(gains) - len(sound)
    if lost:
        text += (
            f" {number_of(lost, 'more comparison')} with runs that failed "
            f"{'is' if lost == 1 else 'are'} left to the counts above."
        )
    return text


def _medians(gains: pd.DataFrame) -> str:
    parts = []
    for (model, scaling), part in gains.groupby(["model", "scaling"], sort=False):
        median = points(part["mean_difference"].median())
        parts.append(f"{median} ({label(model)}, {SCALING_NAMES[scaling]})")
    return join(parts)


def placement_finding(gains: pd.DataFrame) -> str:
    """Say which placement did better, condition by condition.

    Args:
        gains: from `mnistlib.chapters.batch_norm.results.gains`.
    """
    wide = gains.pivot(
        index=["model", "scaling", "learning_rate"],
        columns="batch_norm",
        values="mean_difference",
    )
    before, after = (wide[placement] for placement in NORMALISED)
    gap = (after - before).dropna()
    if gap.empty:
        return "No condition allows to compare the two placements."
    return (
        f"After the activation was better than before it in {int((gap > 0).sum())} of "
        f"{number_of(len(gap), 'condition')}, worse in {int((gap < 0).sum())}; the mean "
        f"difference is {points(gap.mean())} points."
    )


def paper_finding(systems: pd.DataFrame, claim_id: str = "AHM-11") -> str:
    """Say for how many of our networks the paper's accuracy could be one more run.

    Args:
        systems: from `reproduction.system_table`, of normalised networks only.
        claim_id: of the printed accuracy, percent.
    """
    ours = systems.iloc[1:]
    inside = int((ours["place"] == "inside").sum())
    above = int((ours["place"] == "above").sum())
    judged = int((ours["place"] != "").sum())
    best = ours.loc[ours["mean"].idxmax()]
    value = tables.with_interval(best["mean"], best["one_low"], best["one_high"])
    lead = f"The printed {printed(claim_id)}{tables.THIN_SPACE}% lies"
    if not judged:
        return f"No network has an interval of one more run. The highest is {value}."
    return (
        f"{lead} inside the 95 % interval of one more run for {inside} of "
        f"{number_of(judged, 'network')} with batch normalisation, above it for {above}. "
        f"The highest mean is that of *{best['system']}* ({value})."
    )


def tuned_finding(tests: pd.DataFrame) -> str:
    """Say what batch normalisation gains on the test once both sides have been tuned.

    Args:
        tests: from `mnistlib.chapters.batch_norm.results.final_tests`.
    """
    parts = []
    for row in tests[tests["setting"] == "chosen"].itertuples():
        gain = points_interval(row.mean_difference, row.low, row.high)
        p = "" if pd.isna(row.p_holm) else f", {p_text(row.p_holm)}"
        where = f"{label(row.model)} ({label(row.batch_norm)})"
        parts.append(f"by {gain} points for the {where}{p}")
    return (
        "With rate and scaling chosen alike on validation images, without batch "
        "normalisation and with it in each place, it changes the test accuracy "
        f"{join(parts)}."
    )
