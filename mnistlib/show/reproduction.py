"""A paper's system, run again: its numbers beside ours, its mistakes, the front page."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mnistlib.claims.registry import load_claims, printed, reported
from mnistlib.show import tables
from mnistlib.show.words import number_of
from mnistlib.stats.evaluate import confusion, half_errors
from mnistlib.stats.intervals import (
    LEARNED_FROM,
    accuracies,
    errors_implied,
    place,
    prediction,
    t_interval,
    wilson,
)

N_TEST = 10_000  # MNIST's test images, on which the papers' accuracies are shares
N_TRAIN = 60_000
MINUS = "\u2212"
INTERVALS = (
    "Intervals are of 95 %. Over seeds: Student's, of our mean. Over images: Wilson's, for "
    "the draw of the test images. One more run: where a single further run would lie; a "
    "printed number is such a run, and is judged by it."
)
HALVES = (
    "Means over seeds. MNIST's first 5,000 test images were written by other people than "
    "its last 5,000; an interval over images takes them for one population."
)
BOTH = "Over both: seeds and images together."


def points(x: float, digits: int = 2) -> str:
    """Format a difference of fractions in percentage points: 0.0052 -> "+0.52"."""
    return tables.MISSING if pd.isna(x) else f"{100 * x:+.{digits}f}".replace("-", MINUS)


def images(n: float) -> str:
    """Format a difference in images, maybe a mean: 12.333 -> "+12.3", 12 -> "+12"."""
    return tables.MISSING if pd.isna(n) else f"{round(n, 1):+g}".replace("-", MINUS)


def points_between(low: float, high: float, digits: int = 2) -> str:
    """Format the interval of a difference: "−0.10 to +1.14"; NaN -> an en dash."""
    if pd.isna(low) or pd.isna(high):
        return tables.MISSING
    # No-break spaces keep the two ends in one line of a cell.
    return f"{points(low, digits)}\u00a0to\u00a0{points(high, digits)}"


def points_interval(x: float, low: float, high: float, digits: int = 2) -> str:
    """Format a difference with its interval: "+0.52 (−0.10 to +1.14)"."""
    if pd.isna(low) or pd.isna(high):
        return points(x, digits)
    return f"{points(x, digits)} ({points_between(low, high, digits)})"


def is_full_size(params, dataset: str) -> bool:
    """Tell whether a run used all of MNIST, as the papers did.

    Args:
        params: with n_train and n_test.
        dataset: "mnist" or "digits".
    """
    wanted = ((params.n_train, N_TRAIN), (params.n_test, N_TEST))
    return dataset == "mnist" and all(n is None or n == whole for n, whole in wanted)


def size_clause(params, dataset: str) -> str:
    """Return a sentence on why a run is not the paper's, or "" when it used all images."""
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
        f"{N_TEST:,} test images, for {number_of(params.epochs, 'epoch')}: it need not "
        "meet the paper's number."
    )


def system_table(frame: pd.DataFrame, claim_ids: tuple[str, str]) -> pd.DataFrame:
    """Put what a paper prints of a system above what our runs of it gave.

    Args:
        frame: a row per run: system, test_accuracy, test_loss, n_examples, status.
        claim_ids: of the printed test accuracy (percent) and test loss (nats).

    Returns:
        DataFrame: system, printed (text, in the paper's row), the columns of `accuracies`,
        one_low and one_high (`prediction`: where one more run would lie), place (of the
        printed accuracy in it), loss (nats, mean; NaN where a run diverged), diverged
        (runs). What the paper prints is one run: it has the interval over images alone.
    """
    value, loss = map(reported, claim_ids)
    n_correct = N_TEST - errors_implied(value, N_TEST)
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
    ends = [(math.nan, math.nan)]
    losses, diverged = [loss], [0]
    for _, runs in frame.groupby("system", sort=False):
        ends.append(one_run(100 * runs["test_accuracy"], "percent"))
        losses.append(runs["test_loss"].astype(float).mean(skipna=False))
        diverged.append(int((runs["status"] == "diverged").sum()))
    return table.assign(
        one_low=[low / 100 for low, _ in ends],
        one_high=[high / 100 for _, high in ends],
        place=[place(value, *pair) for pair in ends],
        loss=losses,
        diverged=diverged,
    )


def show_system_table(table: pd.DataFrame, caption: str, name: str) -> None:
    """Display what `system_table` returned; the cell needs myst as Markdown format."""
    columns = tables.accuracy_columns(table)
    columns["accuracy"][0] = table["printed"][0]
    shown = pd.DataFrame(
        {
            "System": table["system"],
            "Runs": [
                f"{row.n}" + (f" ({row.diverged:.0f} diverged)" * (row.diverged > 0))
                for row in table.itertuples()
            ],
            **{title.capitalize(): texts for title, texts in columns.items()},
            "One more run": list(map(tables.interval, table["one_low"], table["one_high"])),
            "Printed lies": [text or tables.MISSING for text in table["place"]],
            "Test loss, nats": [tables.number(loss, 4) for loss in table["loss"]],
        }
    )
    diverged = int(table["diverged"].sum())
    note = f"{INTERVALS} {BOTH} {number_of(diverged, 'run')} diverged."
    tables.numbered_table(shown, caption, name, note=note)


def one_run(values, unit: str) -> tuple[float, float]:
    """Return the 95 % interval of one more run, in the claim's unit.

    Args:
        values: one per seed.
        unit: of the claim; "percent" ends at 0 and 100, and below 20 % a run failed.

    Returns:
        (low, high); NaN with one seed, and where a run failed: there is no normal spread.
    """
    values = np.asarray(values, dtype=float)
    if unit != "percent":
        return prediction(values)
    if (values < 100 * LEARNED_FROM).any():
        return math.nan, math.nan
    low, high = np.clip(prediction(values), 0, 100)
    return float(low), float(high)


def beside_paper(values: Sequence[float], claim_id: str) -> str:
    """Say where a printed value, one run, lies among the runs of our seeds.

    Args:
        values: one per seed, in the claim's unit.
        claim_id: of the printed value.
    """
    value, unit = reported(claim_id), load_claims().at[claim_id, "unit"]
    digits, suffix = (2, f"{tables.THIN_SPACE}%") if unit == "percent" else (4, f" {unit}")
    values = np.asarray(values, dtype=float)
    if not np.isfinite(values).all():
        broken = int((~np.isfinite(values)).sum())
        return f"{number_of(broken, 'run')} of {len(values)} gave no finite value."
    mean = values.mean()
    side = "lies below" if value < mean else "lies above"
    if round(abs(mean - value), digits) == 0:
        side = "equals"
    what = "mean" if len(values) > 1 else "one run's"
    ours = f"{mean:.{digits}f}{suffix}"
    text = f"The printed {printed(claim_id)}{suffix} {side} our {what} {ours}"
    low, high = one_run(values, unit)
    if not math.isnan(low):
        span = f"{low:.{digits}f}–{high:.{digits}f}{suffix}"
        where = "inside" if place(value, low, high) == "inside" else "outside"
        return (
            f"{text}, {where} the 95 % interval of one more run, {span}, by our "
            f"{len(values)} seeds."
        )
    if len(values) < 2:
        return f"{text}; one seed gives no interval."
    failed = int((values < 100 * LEARNED_FROM).sum())
    return f"{text}; {failed} of {len(values)} runs failed: there is no interval."


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
    frame: pd.DataFrame, system: str, claim_ids: tuple[str, str], clause: str
) -> list[dict]:
    """Return the rows of one system for `report.headline`: test accuracy and test loss.

    Runs that diverged count: the accuracy's sentence says how many there are, and a mean
    loss that does not exist is None: its row has a dash, and its sentence their number.

    Args:
        frame: the system's runs: test_accuracy, test_loss, n_examples, status.
        system: what was run, in words.
        claim_ids: of the printed test accuracy (percent) and test loss (nats).
        clause: what a reader must know of this run, from `size_clause`; may be empty.
    """
    accuracy_id, loss_id = claim_ids
    accuracy, losses = 100 * frame["test_accuracy"], frame["test_loss"].astype(float)
    diverged = int((frame["status"] == "diverged").sum())
    if diverged:
        count = f"{number_of(diverged, 'run')} of {len(frame)} diverged."
        clause = f"{count} {clause}".strip()
    n_test = int(frame["n_examples"].iloc[0])
    text = f"{beside_paper(accuracy, accuracy_id)} {clause}".strip()
    return [
        headline_row(system, "test accuracy", accuracy_id, accuracy, text, n_test),
        headline_row(system, "test loss", loss_id, losses, beside_paper(losses, loss_id)),
    ]


def headline_row(
    system: str, quantity: str, claim_id: str, values, text: str, n_test: int | None = None
) -> dict:
    """Return a row for `report.headline`.

    Args:
        system: what was run, in words.
        quantity: what was measured, in words.
        claim_id: of the printed value.
        values: one per seed, in the claim's unit; NaN of a run that gave none.
        text: one sentence.
        n_test: test images that an accuracy is a share of; None for other quantities.
    """
    claim = load_claims().loc[claim_id]
    values = np.asarray(values, dtype=float)
    values = np.where(np.isfinite(values), values, np.nan)  # a mean of them is none
    mean, one = float(values.mean()), one_run(values, claim["unit"])
    # Where a run failed there is no interval of the mean either.
    sound = claim["unit"] != "percent" or values.min() >= 100 * LEARNED_FROM
    seeds = t_interval(values) if sound else (math.nan, math.nan)
    images = (math.nan, math.nan)
    if n_test:
        images = tuple(100 * end for end in wilson(round(mean * n_test / 100), n_test))
    ends = {"": seeds, "one_": one, "image_": images}
    # Rounded: the last bits of an interval may differ between machines.
    return {
        "paper": claim["paper"],
        "system": system,
        "quantity": quantity,
        "claim_id": claim_id,
        "ours": None if math.isnan(mean) else round(mean, 4),
        **{f"{part}low": round(low, 4) for part, (low, _) in ends.items()},
        **{f"{part}high": round(high, 4) for part, (_, high) in ends.items()},
        "place": place(claim["value"], *one),
        "n_seeds": len(values),
        "text": text,
    }
