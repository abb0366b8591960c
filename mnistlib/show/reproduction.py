"""A paper's system, run again: its numbers beside ours, its mistakes, the front page."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mnistlib.claims.registry import load_claims, reported
from mnistlib.show import tables
from mnistlib.show.words import number_of
from mnistlib.stats.evaluate import confusion
from mnistlib.stats.intervals import errors_implied, summary, wilson

N_TEST = 10_000  # MNIST's test images, on which the papers' accuracies are shares
N_TRAIN = 60_000
MINUS = "\u2212"


def points(x: float, digits: int = 2) -> str:
    """Format a difference of fractions in percentage points: 0.0052 -> "+0.52"."""
    return tables.MISSING if pd.isna(x) else f"{100 * x:+.{digits}f}".replace("-", MINUS)


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
        frame: a row per run: system, test_accuracy, test_loss, status.
        claim_ids: of the printed test accuracy (percent) and test loss (nats).

    Returns:
        DataFrame: system, runs, accuracy, low, high, std, min, max (fractions), loss
        (nats, mean; NaN where a run diverged), diverged (runs). In the paper's row the
        interval is Wilson's, over test images; in ours it is Student's, over seeds.
    """
    accuracy, loss = map(reported, claim_ids)
    paper = load_claims().at[claim_ids[0], "paper"]
    low, high = wilson(N_TEST - errors_implied(accuracy, N_TEST), N_TEST)
    printed = {"system": f"`{paper}`, printed", "runs": 1, "accuracy": accuracy / 100}
    rows = [printed | {"low": low, "high": high, "loss": loss}]
    for name, runs in frame.groupby("system", sort=False):
        found = summary(runs["test_accuracy"])
        rows.append(
            {
                "system": name,
                "runs": found.pop("n"),
                "accuracy": found.pop("mean"),
                **found,
                "loss": runs["test_loss"].astype(float).mean(skipna=False),
                "diverged": int((runs["status"] == "diverged").sum()),
            }
        )
    columns = ["system", "runs", "accuracy", "low", "high", "std", "min", "max", "loss"]
    return pd.DataFrame(rows, columns=[*columns, "diverged"])


def show_system_table(table: pd.DataFrame, caption: str, name: str) -> None:
    """Display what `system_table` returned; the cell needs myst as Markdown format."""
    shown = pd.DataFrame(
        {
            "System": table["system"],
            "Runs": [
                f"{row.runs}" + (f" ({row.diverged:.0f} diverged)" * (row.diverged > 0))
                for row in table.itertuples()
            ],
            "Test accuracy": table["accuracy"].map(tables.percent),
            # Student's interval does not know that an accuracy ends at 100 %.
            "95 % interval": [
                tables.interval(low, high)
                for low, high in table[["low", "high"]].clip(0, 1).to_numpy()
            ],
            "Lowest to highest": [
                tables.interval(row.min, row.max) for row in table.itertuples()
            ],
            "Test loss, nats": [tables.number(loss, 4) for loss in table["loss"]],
        }
    )
    diverged = int(table["diverged"].sum())
    note = (
        "The interval of the printed accuracy is Wilson's, for the draw of 10,000 test "
        "images; those of our runs are Student's, over seeds, cut at 100 %. "
        f"{number_of(diverged, 'run')} diverged."
    )
    tables.numbered_table(shown, caption, name, note=note)


def beside_paper(values: Sequence[float], claim_id: str) -> str:
    """Say where a printed value lies among the values of our seeds, in one sentence.

    Args:
        values: one per seed, in the claim's unit.
        claim_id: of the printed value.
    """
    printed, unit = reported(claim_id), load_claims().at[claim_id, "unit"]
    digits, suffix = (2, f"{tables.THIN_SPACE}%") if unit == "percent" else (4, f" {unit}")
    values = np.asarray(values, dtype=float)
    if not np.isfinite(values).all():
        broken = int((~np.isfinite(values)).sum())
        return f"{number_of(broken, 'run')} of {len(values)} gave no finite value."
    found = summary(values)
    ours = f"{found['mean']:.{digits}f}{suffix}"
    side = "below" if printed < found["mean"] else "above"
    what = "mean" if len(values) > 1 else "one run's"
    text = f"The printed {printed:.{digits}f}{suffix} lies {side} our {what} {ours}"
    if round(abs(found["mean"] - printed), digits) == 0:
        text = f"The printed {printed:.{digits}f}{suffix} equals our {what} {ours}"
    if math.isnan(found["low"]):
        return f"{text}; one seed gives no interval."
    span = f"({found['low']:.{digits}f}–{found['high']:.{digits}f}{suffix})"
    where = "inside" if found["low"] <= printed <= found["high"] else "outside"
    return f"{text}, {where} the 95 % interval over {len(values)} seeds {span}."


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


def headline_rows(
    frame: pd.DataFrame, system: str, claim_ids: tuple[str, str], clause: str
) -> list[dict]:
    """Return the rows of one system for `report.headline`: test accuracy and test loss.

    Runs that diverged count: the accuracy's sentence says how many there are, and a mean
    loss that does not exist is None: its row has a dash, and its sentence their number.

    Args:
        frame: the system's runs: test_accuracy, test_loss, status.
        system: what was run, in words.
        claim_ids: of the printed test accuracy (percent) and test loss (nats).
        clause: what a reader must know of this run, from `size_clause`; may be empty.
    """
    accuracy_id, loss_id = claim_ids
    diverged = int((frame["status"] == "diverged").sum())
    if diverged:
        count = f"{number_of(diverged, 'run')} of {len(frame)} diverged."
        clause = f"{count} {clause}".strip()
    return [
        _row(system, "test accuracy", accuracy_id, 100 * frame["test_accuracy"], clause),
        _row(system, "test loss", loss_id, frame["test_loss"], ""),
    ]


def _row(system: str, quantity: str, claim_id: str, values, clause: str) -> dict:
    values = np.asarray(values, dtype=float)
    found = summary(np.where(np.isfinite(values), values, np.nan))
    return {
        "paper": load_claims().at[claim_id, "paper"],
        "system": system,
        "quantity": quantity,
        "claim_id": claim_id,
        "ours": None if math.isnan(found["mean"]) else found["mean"],
        "low": found["low"],
        "high": found["high"],
        "n_seeds": found["n"],
        "text": f"{beside_paper(values, claim_id)} {clause}".strip(),
    }
