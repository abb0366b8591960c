"""Tables of the errors: raut's report digit by digit, and what all systems misread."""

from itertools import combinations, pairwise

import numpy as np
import pandas as pd

from mnistlib.chapters.errors.design import BEST, SYSTEM_OF, WITHIN
from mnistlib.claims.audit import N_TEST, TEST_COUNTS
from mnistlib.claims.evidence import Printed
from mnistlib.claims.registry import load_claims, reported
from mnistlib.show import tables
from mnistlib.show.style import label
from mnistlib.show.tables import Column
from mnistlib.show.words import number_of
from mnistlib.stats.calibration import calibration_error, reliability
from mnistlib.stats.evaluate import confusion, half_errors, per_class
from mnistlib.stats.intervals import accuracies, learned, prediction, t_interval
from mnistlib.stats.overlap import shared_errors
from mnistlib.stats.power import gaps
from mnistlib.stats.power import spreads as of_systems

SCORES = {"precision": "RAU-03", "recall": "RAU-04", "f1": "RAU-05"}


def _printed(text: str, place: str) -> str:
    return text if place in ("inside", "") else f"**{text}**"


def _range(low: float, high: float, digits: int = 3) -> str:
    if np.isnan(low):
        return tables.MISSING
    return f"{low:.{digits}f}–{high:.{digits}f}"


def _seen(seen) -> str:
    return tables.MISSING if pd.isna(seen) else "yes" if seen else "no"


def _in_points(std: float) -> str:
    return tables.number(100 * std, 3)


REPORT_COLUMNS = [
    Column("digit"),
    *(
        column
        for score, name in zip(SCORES, ("precision", "recall", "F1"), strict=True)
        for column in (
            Column((f"{score}_printed", f"{score}_place"), name, _printed),
            Column((f"{score}_low", f"{score}_high"), f"one more run, {name}", _range),
        )
    ),
]
SYSTEM_COLUMNS = [
    Column("system"),
    Column("how", "how it was run"),
    Column("n", "runs"),
    *tables.ACCURACY[:3],
    Column("first", "errors, first half", tables.percent),
    Column("last", "last half", tables.percent),
]
PAIR_COLUMNS = [
    Column("rank", "place", ".0f"),
    Column("pair"),
    Column("errors", format=".1f"),
    Column("share", "share of all errors", lambda x: tables.percent(x, 1)),
    Column("first_in", "first in"),
]
CALIBRATION_COLUMNS = [
    Column("system"),
    Column("runs"),
    Column("accuracy", format=tables.percent),
    Column("confidence", "mean confidence", tables.percent),
    Column(("over", "low", "high"), "too sure by, points", tables.points_interval),
    Column("error", "calibration error, points", lambda x: tables.number(100 * x)),
]
GAP_COLUMNS = [
    Column("a", "better"),
    Column("b", "worse"),
    Column("difference", "points", tables.points),
    Column("images", format=tables.images),
    Column("reach", "two runs may differ by", lambda x: tables.number(100 * x)),
    Column("seen", "seen with one run", _seen),
    Column("seeds", "seeds needed", lambda n: "∞" if np.isinf(n) else tables.count(n)),
]
APART_COLUMNS = [
    Column("source", "what varies"),
    Column("levels"),
    Column("std", "standard deviation", _in_points),
    Column(("std_low", "std_high"), "95 %", lambda a, b: _range(100 * a, 100 * b)),
    Column("share", "share of the variance", lambda x: tables.percent(x, 0)),
    Column("p_holm", "p (F test, Holm)", tables.p_value),
]


def reports(runs, keys: list[str] | None = None) -> dict[str, list]:
    """Return what `raut`'s classification report holds, of each run.

    Args:
        runs: what `mnistlib.runs.collect` returned.
        keys: of the runs to report; default: all.

    Returns:
        dict of claim id -> a value per run, or a list per run (digits; or precision,
        recall and F1), fractions.
    """
    values = {claim: [] for claim in (*SCORES.values(), "RAU-07", "RAU-08", "RAU-09")}
    for key in keys or runs.keys:
        matrix = confusion(runs.test_labels, runs.predictions(key))
        table = per_class(matrix)
        scores = table[list(SCORES)]
        for score, claim in SCORES.items():
            values[claim].append(scores[score].tolist())
        values["RAU-07"].append(np.trace(matrix) / matrix.sum())
        values["RAU-08"].append(scores.mean(skipna=False).tolist())
        weighted = scores.mul(table["support"], axis=0).sum(skipna=False) / matrix.sum()
        values["RAU-09"].append(weighted.tolist())
    return values


def report_table(evidence: dict[str, Printed]) -> pd.DataFrame:
    """Put `raut`'s report beside ours, digit by digit.

    Args:
        evidence: claim id -> what our runs gave, for the claims of `SCORES`.

    Returns:
        DataFrame, a row a digit: digit; of each score its printed text, mean, low, high
        (one more run, 95 % for the ten digits together) and place, as ``recall_low``.
    """
    table = {"digit": range(10)}
    for score, claim in SCORES.items():
        ours = evidence[claim]
        low, high = ours.one_run
        columns = {"printed": ours.text.split(", "), "mean": ours.mean, "low": low}
        columns |= {"high": high, "place": ours.places if ours.paper_sized else ""}
        table |= {f"{score}_{name}": column for name, column in columns.items()}
    return pd.DataFrame(table)


def would_pass(by_digit: pd.DataFrame, runs, own: str) -> pd.DataFrame:
    """Return which runs of other systems would give a report like the printed one.

    Args:
        by_digit: from `report_table`.
        runs: of all systems, with the label system.
        own: the system whose report it is.

    Returns:
        DataFrame, a row a run of another system: accuracy; passes (whether each of its
        scores, rounded to two digits, may lie where one more run of the own system would).
        Empty where there are no intervals.
    """
    others = runs.frame[runs.frame["system"] != own]
    ends = by_digit[[f"{score}_{end}" for score in SCORES for end in ("low", "high")]]
    if others.empty or ends.isna().any(axis=None):
        return pd.DataFrame(columns=["accuracy", "passes"])
    given = reports(runs, list(others["key"]))
    passes = np.ones(len(others), bool)
    for score, claim in SCORES.items():
        shown = np.round(given[claim], 2)
        low, high = (by_digit[f"{score}_{end}"].to_numpy(float) for end in ("low", "high"))
        passes &= ((shown >= low - 0.005) & (shown <= high + 0.005)).all(axis=1)
    return pd.DataFrame({"accuracy": others["test_accuracy"].to_numpy(), "passes": passes})


def epochs_around(history: pd.DataFrame, accuracy: float) -> list[int]:
    """Return the epochs after which an accuracy lies where one more run would.

    Args:
        history: of runs that were tested after each epoch.
        accuracy: a fraction.
    """
    found = []
    for epoch, part in history.groupby("epoch"):
        low, high = prediction(part["test_accuracy"].astype(float).tolist())
        if low <= accuracy <= high:
            found.append(int(epoch))
    return found


def support_table() -> pd.DataFrame:
    """Return the printed supports beside MNIST's: digit, printed, counted, more."""
    table = pd.DataFrame({"digit": range(10), "printed": reported("RAU-06")})
    table = table.assign(counted=TEST_COUNTS)
    return table.assign(more=table["printed"] - table["counted"])


def best_epochs(history: pd.DataFrame) -> pd.DataFrame:
    """Return each run's accuracy after its last epoch, and after its best on test images.

    Returns:
        DataFrame, a row a run: seed, last, best (fractions), epoch (of the best), gain.
    """
    runs = history.sort_values("epoch").groupby("seed", sort=False)
    at = runs["test_accuracy"].idxmax()
    best = history.loc[at].set_index("seed")
    table = best.assign(last=runs["test_accuracy"].last(), best=best["test_accuracy"])
    table = table.assign(gain=table["best"] - table["last"]).reset_index()
    columns = ["seed", "last", "best", "epoch", "gain"]
    return table[columns].sort_values("seed", ignore_index=True)


def system_table(runs) -> pd.DataFrame:
    """Summarise every system on the test images.

    Args:
        runs: with the label system; all tested on the same images.

    Returns:
        DataFrame: system, how (settings, in words), the columns of `accuracies`; first and
        last (errors in the halves of the test part, fractions).
    """
    frame = runs.frame
    n_test = len(runs.datasets[runs.specs[0].dataset].y_test)
    rows = []
    for _, part in frame.groupby("system", sort=False):
        given = np.stack([runs.predictions(key) for key in part["key"]])
        halves = half_errors(given != runs.test_labels, runs.test_index, n_test)
        rows.append({"how": _how(part.iloc[0])} | halves)
    return accuracies(frame, "system").assign(**pd.DataFrame(rows))


def _how(row: pd.Series) -> str:
    held = f"; {row.val_fraction:.0%} held out" if row.val_fraction else ""
    if row.kind == "classical":
        return f"`{row.model}`{held}"
    normed = row.get("arg_batch_norm", "none")
    schedule = row.schedule.replace("warmup_cosine", "warm-up and cosine")
    parts = [
        f"`{row.model}`",
        "" if pd.isna(normed) or normed == "none" else "batch normalisation",
        f"{label(row.optimizer)} {row.learning_rate:g}",
        "" if schedule == "constant" else schedule,
        "images moved" if any(row[move] for move in ("rotation", "shift", "zoom")) else "",
        f"batches of {row.batch_size:.0f}",
        number_of(int(row.epochs), "epoch"),
    ]
    return ", ".join(filter(None, parts)) + held


def answers(runs) -> dict[str, np.ndarray]:
    """Return each system's predictions, uint8 (runs, n), where all of its runs learned.

    Args:
        runs: with the label system; all tested on the same images.
    """
    frame = runs.frame
    good = learned(frame, "test_accuracy").groupby(frame["system"]).transform("all")
    systems = frame[good].groupby("system", sort=False)["key"]
    return {
        name: np.stack([runs.predictions(key) for key in keys]) for name, keys in systems
    }


def given(runs) -> np.ndarray:
    """Return the predictions of all runs, uint8 (runs, n)."""
    return np.stack([runs.predictions(key) for key in runs.keys])


def overlap_table(answers: dict, labels: np.ndarray) -> pd.DataFrame:
    """Return `shared_errors` of the systems: a, b, errors, share, chance."""
    return shared_errors({name: given != labels for name, given in answers.items()})


def calibration(runs, systems) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ask whether systems are as sure as they are right.

    Args:
        runs: as in `answers`.
        systems: those to ask; one without probabilities is left out.

    Returns:
        Two DataFrames. A row a system: system, runs, accuracy, confidence (mean), error
        (expected calibration error, mean over runs), over (confidence less accuracy), its
        low and high (over seeds). And the columns of `reliability` with system, all its
        runs together.
    """
    rows, curves = [], []
    for name, part in runs.frame.groupby("system", sort=False):
        sure = np.stack([runs.confidence(key) for key in part["key"]]).astype(float)
        if name not in systems or not np.isfinite(sure).all():
            continue
        right = np.stack([runs.predictions(key) for key in part["key"]]) == runs.test_labels
        errors = [
            calibration_error(reliability(*one)) for one in zip(sure, right, strict=True)
        ]
        mean = {"accuracy": right.mean(), "confidence": sure.mean()}
        over = sure.mean(axis=1) - right.mean(axis=1)
        ends = dict(zip(("low", "high"), t_interval(over), strict=True))
        rows.append({"system": name, "runs": len(sure), **mean, "error": np.mean(errors)})
        rows[-1] |= {"over": over.mean()} | ends
        curves.append(reliability(sure.ravel(), right.ravel()).assign(system=name))
    names = ["system", "runs", "accuracy", "confidence", "error", "over", "low", "high"]
    table = pd.DataFrame(rows, columns=names)
    return table, pd.concat(curves) if curves else pd.DataFrame(columns=["system"])


def _in_images(table: pd.DataFrame, n_test: int) -> pd.DataFrame:
    return table.assign(images=table["difference"] * n_test)


def spreads(frame: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return each system's spread over seeds; none of a classical one, which has no seed.

    Args:
        frame: of the systems that learned: system, kind, test_accuracy.
    """
    trained = frame["kind"] == "network"
    fixed = {key: {"std": 0.0, "degrees": 0} for key in frame.loc[~trained, "system"]}
    return of_systems(frame[trained], "system", "test_accuracy") | fixed


def our_gaps(frame: pd.DataFrame, spread: dict) -> pd.DataFrame:
    """Return the `gaps` between our systems, each with the next in rank."""
    means = frame.groupby("system")["test_accuracy"].mean().sort_values(ascending=False)
    steps = [(a, b, means[a] - means[b]) for a, b in pairwise(means.index)]
    return _in_images(gaps(steps, spread), int(frame["n_examples"].iloc[0]))


def printed_gaps(spread: dict) -> pd.DataFrame:
    """Return the `gaps` between printed accuracies, within the papers and between them.

    Returns:
        DataFrame: kind ("within" or "between") and the columns of `gaps`, with the systems
        as the registry names them and their papers.
    """
    chosen = {"within": WITHIN, "between": list(combinations(BEST, 2))}
    known = {claim: spread[name] for claim, name in SYSTEM_OF.items() if name in spread}
    claims, parts = load_claims(), []
    for kind, ids in chosen.items():
        pairs = [(a, b, (reported(a) - reported(b)) / 100) for a, b in ids]
        parts.append(gaps(pairs, known).assign(kind=kind))
    table = _in_images(pd.concat(parts, ignore_index=True), N_TEST)
    for side in ("a", "b"):
        rows = claims.loc[table[side]]
        table[side] = [f"{r.paper} {r.printed}" for r in rows.itertuples()]
    return table


def gain(best: pd.DataFrame) -> dict[str, float]:
    """Return by how much the best epoch on test images beats the last: mean, interval."""
    low, high = t_interval(best["gain"])
    earliest, latest = int(best["epoch"].min()), int(best["epoch"].max())
    mean = float(best["gain"].mean())
    return {"mean": mean, "low": low, "high": high, "first": earliest, "last": latest}
