"""Tables of the comparison: accuracy, cost, the training log, what the papers print."""

import numpy as np
import pandas as pd

from mnistlib import claims
from mnistlib.chapters.baselines.design import ALGORITHM, CLASSICAL, CNN, CNN_L2, SYSTEMS
from mnistlib.claims.evidence import Printed
from mnistlib.show import tables
from mnistlib.show.reproduction import N_TEST, lies, test_evidence
from mnistlib.show.tables import ACCURACY, DIFFERENCE, Column
from mnistlib.show.words import directions, join
from mnistlib.stats.compare import two_proportions
from mnistlib.stats.evaluate import confusion, per_class
from mnistlib.stats.intervals import accuracies, errors_implied
from mnistlib.stats.selection import select

# The columns of a training log, and the claims that hold `raj2024`'s.
LOG = {
    "train_accuracy": "RAJ-05",
    "val_accuracy": "RAJ-07",
    "train_loss": "RAJ-04",
    "val_loss": "RAJ-06",
}
_MEASURES = ("precision", "recall")


def _judged(low: float, high: float, place: str) -> str:
    if pd.isna(low):
        return tables.MISSING
    return f"{low:.4f}–{high:.4f}" + (f", {place}" if place else "")


ACCURACIES = [
    Column("label", "system"),
    Column("n", "runs"),
    Column("val_accuracy", "validation", tables.percent),
    Column(("mean", "median", "failed", "n"), "test", tables.accuracy),
    *ACCURACY[1:],
]
EFFECTS = [
    Column("a", "network"),
    Column("parameters", format=tables.count),
    Column("n", "seeds"),
    *DIFFERENCE,
]
PRINTED_TESTS = [
    Column("paper"),
    Column("systems"),
    Column("accuracies", "accuracy, %"),
    Column("errors"),
    Column("p", format=tables.p_value),
]
PRINTED = [
    Column("claim"),
    Column("system"),
    Column("reading"),
    Column("printed"),
    Column("mean", "ours", tables.number),
    Column("one_run", "one more run, %"),
    Column("place", "printed lies"),
]
LOG_COLUMNS = [
    Column("epoch"),
    Column("part", "images"),
    Column("printed"),
    Column(f"mean_{CNN}", "÷ 255: mean", ".4f"),
    Column((f"low_{CNN}", f"high_{CNN}", f"place_{CNN}"), "one more run", _judged),
    Column(f"mean_{CNN_L2}", "unit L2: mean", ".4f"),
    Column(
        (f"low_{CNN_L2}", f"high_{CNN_L2}", f"place_{CNN_L2}"), "one more L2 run", _judged
    ),
]
SCORES = [
    Column("digit"),
    Column("support", "images", tables.count),
    *(
        Column(f"{measure}_{who}", f"{measure}, {who}", tables.percent)
        for measure in _MEASURES
        for who in ("CNN", "other")
    ),
]
LEADS = [
    Column("label", "system"),
    Column(("a_only", "b_only"), "alone right", lambda a, b: f"{a:.1f} : {b:.1f}"),
    Column(("ahead", "behind", "runs"), "McNemar", directions),
    Column("lead", "lead, images", tables.images),
    Column(("points", "low", "high"), "lead, points", tables.points_interval),
    Column("p_holm", "p (Holm)", tables.p_value),
]
CLASSES = [
    Column("digit"),
    Column("support", "images", tables.count),
    Column("leader_errors", "errors, CNN", ".1f"),
    Column("other_errors", "errors, other", ".1f"),
    Column("lead", "lead, images", tables.images),
    Column("p_holm", "p (Holm)", tables.p_value),
]
COSTS = [
    Column("label", "system"),
    Column("fit_seconds", "fit, s", tables.number),
    Column("predict_seconds", "predict 1,000, s", ".3f"),
    Column("megabytes", "size, MB", tables.number),
    Column("test_accuracy", "test accuracy", tables.percent),
]


def settings_table() -> pd.DataFrame:
    """Return what each system is: system, settings."""
    return pd.DataFrame(
        {"system": system.label, "settings": system.settings} for system in SYSTEMS.values()
    )


def algorithm_table() -> pd.DataFrame:
    """Return the steps of the paper's Algorithm 1, and what does each here."""
    return pd.DataFrame(
        {"step": step, "the paper's call": f"`{call}`", "here": f"`{here}`", "how": how}
        for step, (call, here, how) in enumerate(ALGORITHM, start=1)
    )


def accuracy_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Summarise accuracy by system, the best on the test images first.

    Args:
        frame: a row per run, with system and label.

    Returns:
        DataFrame: system, label, val_accuracy (mean), the columns of `accuracies` (of the
        test; a system that no seed changes has one run, and no interval over seeds),
        one_low and one_high (where one more run would lie).
    """
    groups = frame.groupby("system", sort=False)
    ours = [test_evidence(runs, "", ("RAJ-01",))[0] for _, runs in groups]
    table = accuracies(frame, ["system", "label"]).assign(
        val_accuracy=groups["val_accuracy"].mean().to_numpy(),
        one_low=[one.one_run[0][0] / 100 for one in ours],
        one_high=[one.one_run[1][0] / 100 for one in ours],
    )
    return table.sort_values("mean", ascending=False, kind="stable")


def best_classical(frame: pd.DataFrame) -> str:
    """Return the classical system that `select` chooses, on validation images alone.

    Of equals, the first in `SYSTEMS` is taken.
    """
    classical = frame[frame["system"].isin(CLASSICAL)]
    return str(select(classical, [], ["system"], prefer=()).at[0, "system"])


def printed_table(evidence: list) -> pd.DataFrame:
    """Return the accuracies that papers print beside our runs, a row for each reading.

    Args:
        evidence: of which `Printed` about one value are shown.

    Returns:
        DataFrame, in the registry's order: claim, system, reading (what the system's
        name does not say), printed, one_run (texts), mean (percent), place (from `placed`).
    """
    rows = []
    for one in evidence:
        if not isinstance(one, Printed) or len(one.value) > 1:
            continue
        low, high = (float(end[0]) / 100 for end in one.one_run)
        rows.append(
            {
                "claim": one.claim_id,
                "system": one.system,
                "reading": one.reading.rpartition("; ")[2],
                "printed": one.text,
                "mean": float(one.mean[0]),
                "one_run": "no seed" if one.seedless else tables.ends(low, high),
                "place": lies(one),
            }
        )
    place_of = claims.load_claims().index.get_loc
    return pd.DataFrame(rows).sort_values(
        "claim", key=lambda ids: ids.map(place_of), kind="stable"
    )


def log_table(evidence: list, measure: str) -> pd.DataFrame:
    """Set our CNN's training logs, in both scalings, beside the printed one, by epoch.

    Args:
        evidence: of which `Printed` about the claims of `LOG` are shown.
        measure: "accuracy" or "loss".

    Returns:
        DataFrame: epoch, part ("training", "validation"), printed (text), and for each
        scaling mean, low and high (one more run), place ("" where nothing is judged).
    """
    names = {SYSTEMS[name].label: name for name in (CNN, CNN_L2)}
    parts = []
    for part, text in (("train", "training"), ("val", "validation")):
        claim = LOG[f"{part}_{measure}"]
        columns = {"part": text, "printed": claims.printed(claim).split(", ")}
        for one in (one for one in evidence if one.claim_id == claim):
            shown = dict(zip(("low", "high"), one.one_run, strict=True))
            shown |= {"mean": one.mean, "place": one.places if one.paper_sized else ""}
            columns |= {f"{key}_{names[one.system]}": shown[key] for key in shown}
        parts.append(pd.DataFrame(columns).rename_axis("epoch").reset_index())
    table = pd.concat(parts, ignore_index=True)
    return table.assign(epoch=table["epoch"] + 1)


def log_note(evidence: list) -> str:
    """Say what the intervals of `log_table` are, and of how many seeds."""
    seeds = {one.system: len(one.ours) for one in evidence if one.claim_id in LOG.values()}
    of = join(f"n = {n} ({system})" for system, n in seeds.items())
    return f"One more run: 95 % for the five epochs together, {of}."


def printed_tests() -> pd.DataFrame:
    """Compare accuracies that one paper prints, as if all were on 10,000 test images.

    Returns:
        DataFrame, a row per pair of neighbours: paper, better, worse, systems (both in
        words), accuracies, errors (texts), p (two proportions, unpaired: a paper's
        predictions do not exist).
    """
    pairs = [
        ("RAJ-01", "RAJ-12", "CNN", "SVM"),
        ("RAJ-12", "RAJ-11", "SVM", "ANN"),
        ("ASH-02", "ASH-04", "CNN", "SVM"),
        ("ASH-04", "ASH-05", "SVM", "k-NN"),
        ("ASH-05", "ASH-06", "k-NN", "random forest"),
    ]
    rows = []
    for first, second, better, worse in pairs:
        wrong = [errors_implied(claims.reported(id), N_TEST) for id in (first, second)]
        right = [N_TEST - n for n in wrong]
        rows.append(
            {
                "paper": claims.load_claims().at[first, "paper"],
                "better": better,
                "worse": worse,
                "systems": f"{better} and {worse}",
                "accuracies": f"{claims.printed(first)} and {claims.printed(second)}",
                "errors": "{} and {}".format(*wrong),
                "p": two_proportions(right[0], N_TEST, right[1], N_TEST),
            }
        )
    return pd.DataFrame(rows)


def score_table(y_true: np.ndarray, by_cnn: np.ndarray, by_other: np.ndarray):
    """Set precision and recall of two systems side by side, by digit.

    Args:
        y_true: labels (n,).
        by_cnn: predictions (runs, n); all runs count.
        by_other: of another system, likewise.

    Returns:
        DataFrame: digit (the last row: "mean"), support (images), precision_CNN,
        precision_other, recall_CNN, recall_other (fractions).
    """
    scores = {
        who: per_class(sum(confusion(y_true, run) for run in runs))
        for who, runs in (("CNN", by_cnn), ("other", by_other))
    }
    table = pd.DataFrame(
        {f"{m}_{who}": one[m] for m in _MEASURES for who, one in scores.items()}
    )
    table.loc["mean"] = table.mean()
    support = np.bincount(y_true, minlength=len(table) - 1)
    table.insert(0, "support", [*support, support.sum()])
    return table.rename_axis("digit").reset_index()


def cost_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Summarise cost by system, each run on one thread: the fastest, of several runs.

    Args:
        frame: a row per run, with system and label.

    Returns:
        DataFrame: system, label, fit_seconds (of a network: the fastest epoch times the
        epochs), predict_seconds (per 1,000 images), megabytes (of the fitted model) and
        test_accuracy (means).
    """
    per_thousand = 1000 * frame["predict_seconds"] / frame["n_examples"]
    measured = frame.assign(
        fit_seconds=frame["quickest_seconds"],
        predict_seconds=per_thousand,
        megabytes=frame["size_bytes"] / 1e6,
    )
    fastest = dict.fromkeys(("fit_seconds", "predict_seconds"), "min")
    means = dict.fromkeys(("megabytes", "test_accuracy"), "mean")
    by_system = measured.groupby(["system", "label"], sort=False)
    return by_system.agg(fastest | means).reset_index()
