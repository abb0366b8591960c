"""A paper's system, run again: its numbers beside ours, its mistakes, the front page."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mnistlib.claims.evidence import Printed
from mnistlib.claims.registry import load_claims, printed, reported
from mnistlib.show import tables
from mnistlib.show.tables import Column
from mnistlib.show.words import number_of
from mnistlib.stats.evaluate import confusion, half_errors
from mnistlib.stats.intervals import accuracies, errors_implied, learned

N_TEST = 10_000  # MNIST's test images, on which the papers' accuracies are shares
N_TRAIN = 60_000
# `ahmareen2024` states none of these: what we declare as readings of it.
AHMAREEN = {"epochs": (5, 10), "batch_size": (32, 128), "momentum": (0.0, 0.9)}
# What a column says, by its head.
_MEANINGS = {
    "over seeds": "Over seeds: Student's, of our mean.",
    "over images": "Over images: Wilson's, for the draw of the {images}.",
    "over both": "Over both: seeds and images together.",
    "one more run": "One more run: where a single further run would lie; a printed number "
    "is such a run, and is judged by it.",
    "printed lies": "Printed lies: beside the place, half of that interval and the seeds; "
    "a dash where nothing is judged, for want of an interval or because the runs are not "
    "of the paper's size.",
}
NO_SEED = (
    "A system without a seed gives one number: a printed one must equal it, to the digits "
    "printed."
)
HALVES = (
    "Means over seeds. MNIST's first 5,000 test images were written by other people than "
    "its last 5,000; an interval over images takes them for one population."
)


def interval_note(columns, images: str = "test images") -> str:
    """Say what the intervals of a table are, those of its columns alone.

    Args:
        columns: `Column` list of the table, or their heads.
        images: what an interval over images draws.
    """
    heads = [getattr(column, "head", column).lower() for column in columns]
    said = [_MEANINGS.get(head.removesuffix(", %"), "") for head in heads]
    return " ".join(filter(None, ["Intervals are of 95 %.", *said])).format(images=images)


def placed(evidence: Printed) -> str:
    """Return where a printed value lies: "inside", "above", "below"; "" if not judged.

    Runs that are not of the paper's size judge nothing, whatever their interval.
    """
    return evidence.place if evidence.paper_sized else ""


def is_full_size(params, dataset: str, **declared: tuple) -> bool:
    """Tell whether a run used all of MNIST, as the papers did, with declared settings.

    Args:
        params: with n_train, n_test and what is declared.
        dataset: "mnist" or "digits".
        **declared: parameter -> the values that a paper states, or that we declared as
            readings before the full study; a run with another one judges no paper.
    """
    wanted = ((params.n_train, N_TRAIN), (params.n_test, N_TEST))
    whole = dataset == "mnist" and all(n is None or n == every for n, every in wanted)
    return whole and is_declared(params, declared)


def is_declared(settings, declared: dict[str, tuple]) -> bool:
    """Tell whether settings, attributes of something, are among the declared ones."""
    return all(getattr(settings, name) in values for name, values in declared.items())


def size_clause(params, dataset: str) -> str:
    """Return a sentence on why runs judge nothing, or "" when they used all images."""
    if dataset != "mnist":
        return (
            "These are the embedded digits, not MNIST: the paper's number is shown for the "
            "form, and nothing follows from the comparison."
        )
    if is_full_size(params, dataset):
        return ""
    n_train = N_TRAIN if params.n_train is None else params.n_train
    n_test = N_TEST if params.n_test is None else params.n_test
    return (
        f"This run used {n_train:,} of {N_TRAIN:,} training images and {n_test:,} of "
        f"{N_TEST:,} test images, for {number_of(params.epochs, 'epoch')}: it "
        "cannot be held against the paper's number."
    )


def system_table(
    frame: pd.DataFrame, claim_ids: tuple[str, str], paper_sized: bool
) -> pd.DataFrame:
    """Put what a paper prints of a system above what our runs of it gave.

    Args:
        frame: a row per run: system, test_accuracy, test_loss, n_examples, status.
        claim_ids: of the printed test accuracy (percent) and test loss (nats).
        paper_sized: whether the runs are of the paper's size.

    Returns:
        DataFrame: system, printed (text, in the paper's row), the columns of `accuracies`,
        one_low and one_high (`prediction`: where one more run would lie), place (of the
        printed accuracy in it, from `placed`), half (its half width, points), loss (nats,
        mean; NaN where a run diverged), diverged (runs). What the paper prints is one run:
        it has the interval over images alone.
    """
    accuracy, loss = map(reported, claim_ids)
    n_correct = N_TEST - errors_implied(accuracy, N_TEST)
    theirs = pd.DataFrame(
        [
            {
                "system": f"`{load_claims().at[claim_ids[0], 'paper']}`, printed",
                "printed": f"{printed(claim_ids[0])}{tables.THIN_SPACE}%",
                "test_accuracy": n_correct / N_TEST,
                "n_examples": N_TEST,
                "status": "ok",
            }
        ]
    )
    table = pd.concat(
        [accuracies(theirs, ["system", "printed"]), accuracies(frame, "system")],
        ignore_index=True,
    )
    ends, half, places = [(math.nan, math.nan)], [math.nan], [""]
    losses, diverged = [loss], [0]
    for _, runs in frame.groupby("system", sort=False):
        ours, _ = test_evidence(runs, "", claim_ids, paper_sized=paper_sized)
        places.append(placed(ours))
        ends.append(tuple(float(end[0]) for end in ours.one_run))
        half.append(ours.half_width)
        losses.append(runs["test_loss"].astype(float).mean(skipna=False))
        diverged.append(int((runs["status"] == "diverged").sum()))
    return table.assign(
        one_low=[low / 100 for low, _ in ends],
        one_high=[high / 100 for _, high in ends],
        place=places,
        half=half,
        loss=losses,
        diverged=diverged,
    )


# What `system_table` returned, as a page shows it.
SYSTEM_COLUMNS = [
    Column("system"),
    Column(("n", "diverged"), "runs", lambda n, lost: f"{n}{_diverged(lost)}"),
    Column(
        ("printed", "mean", "median", "failed", "n"),
        "accuracy",
        lambda text, *ours: tables.accuracy(*ours) if pd.isna(text) else text,
    ),
    *tables.ACCURACY[1:],
    Column(("one_low", "one_high"), "one more run, %", tables.ends),
    Column(
        ("place", "half", "n"),
        "printed lies",
        lambda place, *of: f"{place} ({_width(*of)})" if place else tables.MISSING,
    ),
    Column("loss", "test loss, nats", ".4f"),
]


def _diverged(runs: float) -> str:
    return f" ({runs:.0f} diverged)" * (runs > 0)


def show_system_table(table: pd.DataFrame, caption: str, name: str) -> None:
    """Display what `system_table` returned; the cell needs myst as Markdown format."""
    diverged = int(table["diverged"].sum())
    note = f"{interval_note(SYSTEM_COLUMNS)} {number_of(diverged, 'run')} diverged."
    tables.numbered_table(table, caption, name, SYSTEM_COLUMNS, note=note)


def sentence(evidence: Printed) -> str:
    """Say where a printed value, one run, lies among the runs of our seeds.

    Runs that are not of the paper's size are set beside it, and judge nothing.

    Args:
        evidence: about a claim of one value.
    """
    unit, value, values = evidence.claim["unit"], evidence.value[0], evidence.values[:, 0]
    digits, suffix = (2, f"{tables.THIN_SPACE}%") if unit == "percent" else (4, f" {unit}")
    if np.isnan(values).any():
        broken = int(np.isnan(values).sum())
        return f"{number_of(broken, 'run')} of {len(values)} gave no finite value."
    mean = values.mean()
    side = "lies below" if value < mean else "lies above"
    if round(abs(mean - value), digits) == 0:
        side = "equals"
    what = "mean" if len(values) > 1 else "one run's"
    ours = f"{mean:.{digits}f}{suffix}"
    text = f"The printed {evidence.text}{suffix} {side} our {what} {ours}"
    if evidence.seedless and not placed(evidence):
        return f"{text}."
    if evidence.seedless:
        two = "are equal" if evidence.place == "inside" else "differ"
        return f"{text}; no seed changes this system: to the digits printed, the two {two}."
    if evidence.place:
        low, high = (float(end[0]) for end in evidence.one_run)
        span = f"{low:.{digits}f}–{high:.{digits}f}{suffix}"
        if not placed(evidence):
            return f"{text} (one more run: {span})."
        where = "inside" if evidence.place == "inside" else "outside"
        return (
            f"{text}, {where} the 95 % interval of one more run, {span}, by our "
            f"{len(values)} seeds."
        )
    if len(values) < 2:
        return f"{text}; one seed gives no interval."
    return f"{text}; {evidence.failed} of {len(values)} runs failed: there is no interval."


def width(one: Printed) -> str:
    """Return how wide one more run's interval is, and its seeds: "± 0.53, n = 5".

    Half the interval, in the claim's unit; the seeds alone where no interval judges.
    """
    digits = 2 if one.claim["unit"] in ("percent", "points") else 4
    return _width(one.half_width, len(one.ours), digits)


def _width(half: float, n: int, digits: int = 2) -> str:
    return f"n = {n}" if math.isnan(half) else f"± {half:.{digits}f}, n = {n}"


def lies(one: Printed) -> str:
    """Say where a printed value lies: "inside (± 0.53, n = 5)"; a dash if not judged."""
    return f"{one.place} ({width(one)})" if placed(one) else tables.MISSING


def read_image(runs, index: int) -> pd.DataFrame:
    """Return what every run says of one test image.

    Args:
        runs: what `mnistlib.runs.collect` returned; all tested on the same images.
        index: row of the image in the data set's test part.

    Returns:
        DataFrame, a row a run: key, seed, momentum, predicted, probability, right; empty
        when the image is not among the test images of these runs.
    """
    at = np.flatnonzero(runs.test_index == index)
    columns = ["key", "seed", "momentum", "predicted", "probability", "right"]
    rows = [
        (
            row.key,
            row.seed,
            row.momentum,
            int(runs.predictions(row.key)[at[0]]),
            float(runs.confidence(row.key)[at[0]]),
            bool(runs.predictions(row.key)[at[0]] == runs.test_labels[at[0]]),
        )
        for row in (runs.frame.itertuples() if len(at) else ())
    ]
    return pd.DataFrame(rows, columns=columns)


def pooled_confusion(runs, keys: Sequence[str]) -> np.ndarray:
    """Return the confusion matrices of several runs, added up: counts (10, 10)."""
    return sum(confusion(runs.test_labels, runs.predictions(key)) for key in keys)


def half_table(runs, systems: dict[str, Sequence[str]]) -> pd.DataFrame:
    """Return the test errors of systems in each half of the test part, for print.

    Args:
        runs: what `mnistlib.runs.collect` returned; all tested on the same images.
        systems: name -> keys of its runs.
    """
    n_test = len(runs.datasets[runs.specs[0].dataset].y_test)
    rows = []
    for name, keys in systems.items():
        wrong = np.stack([runs.predictions(key) != runs.test_labels for key in keys])
        halves = half_errors(wrong, runs.test_index, n_test)
        both = {"errors": float(wrong.mean())} | halves
        rows.append({"system": name, "runs": len(wrong)} | both)
    shown = pd.DataFrame(rows)
    for column in ("errors", "first", "last"):
        shown[column] = shown[column].map(tables.percent)
    return shown.rename(columns={"first": "first half", "last": "last half"})


def headline_rows(
    frame: pd.DataFrame,
    system: str,
    claim_ids: tuple[str, str],
    clause: str,
    paper_sized: bool,
) -> list[dict]:
    """Return the rows of one system for `report.headline`: test accuracy and test loss.

    Runs that diverged count: the accuracy's sentence says how many there are, and a mean
    loss that does not exist is None: its row has a dash, and its sentence their number.

    Args:
        frame: the system's runs: test_accuracy, test_loss, n_examples, status.
        system: what was run, in words.
        claim_ids: of the printed test accuracy (percent) and test loss (nats).
        clause: what a reader must know of this run, from `size_clause`; may be empty.
        paper_sized: whether the runs are of the paper's size.
    """
    diverged = int((frame["status"] == "diverged").sum())
    if diverged:
        count = f"{number_of(diverged, 'run')} of {len(frame)} diverged."
        clause = f"{count} {clause}".strip()
    accuracy, loss = test_evidence(frame, system, claim_ids, paper_sized=paper_sized)
    return [
        headline_row(accuracy, "test accuracy", f"{sentence(accuracy)} {clause}".strip()),
        headline_row(loss, "test loss"),
    ]


def test_evidence(
    frame: pd.DataFrame, system: str, claim_ids: tuple[str, ...], **fields
) -> list[Printed]:
    """Return runs of a system as evidence about its printed test accuracy and test loss.

    Args:
        frame: the system's runs: test_accuracy, test_loss, n_examples.
        system: what was run, in words.
        claim_ids: of the printed test accuracy (percent) and, if there is one, of the
            printed test loss (nats).
        **fields: of `Printed`: reading, paper_sized, seedless.
    """
    n_test = int(frame["n_examples"].iloc[0])
    values = [
        (list(100 * frame["test_accuracy"]), n_test),
        (list(frame["test_loss"]), None),
    ]
    return [
        one
        for claim_id, (ours, n) in zip(claim_ids, values, strict=False)
        for one in from_runs(frame, system, {claim_id: ours}, n_test=n, **fields)
    ]


def from_runs(
    frame: pd.DataFrame,
    system: str,
    ours: dict[str, list],
    value: str = "test_accuracy",
    **fields,
) -> list[Printed]:
    """Return what runs gave as evidence, with which of them learned.

    A run that did not learn is no draw from the normal spread of the others, in any
    quantity; in a loss or a score it does not show, so their accuracy tells it.

    Args:
        frame: the runs: status, and the column of that accuracy.
        system: what was run, in words.
        ours: claim id -> a value, or a list, per run, in the frame's order.
        value: column of the accuracy, a fraction; default "test_accuracy".
        **fields: of `Printed`: reading, n_test, paper_sized, seedless.
    """
    good = learned(frame, value).tolist()
    return [
        Printed(claim_id, system, values, learned=good, **fields)
        for claim_id, values in ours.items()
    ]


def headline_row(evidence: Printed, quantity: str, text: str = "") -> dict:
    """Return a row for `report.headline`.

    Args:
        evidence: about a claim of one value.
        quantity: what was measured, in words.
        text: one sentence; default `sentence`.
    """
    one = tuple(float(end[0]) for end in evidence.one_run)
    if evidence.seedless:
        one = math.nan, math.nan  # no interval: the number itself
    ends = {"": evidence.seeds, "one_": one, "image_": evidence.images}
    mean = float(evidence.mean[0])
    # Rounded: the last bits of an interval may differ between machines.
    return {
        "paper": evidence.claim["paper"],
        "system": evidence.system,
        "quantity": quantity,
        "claim_id": evidence.claim_id,
        "ours": None if math.isnan(mean) else round(mean, 6),
        **{f"{part}low": round(low, 6) for part, (low, _) in ends.items()},
        **{f"{part}high": round(high, 6) for part, (_, high) in ends.items()},
        "place": placed(evidence),
        "n_seeds": len(evidence.ours),
        "text": text or sentence(evidence),
    }
