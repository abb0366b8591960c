"""The tables of the comparison as a page shows them: texts, and short titles."""

import pandas as pd

from mnistlib import claims
from mnistlib.chapters.baselines.design import CNN, SYSTEMS
from mnistlib.show.tables import (
    MISSING,
    count,
    images,
    number,
    p_value,
    points,
    points_between,
)
from mnistlib.show.words import directions
from mnistlib.stats.intervals import place


def _percent(values: pd.Series) -> list[str]:
    """Format fractions in percent, without the sign: tables say so in their caption."""
    return [number(100 * value) for value in values]


def _labels(names) -> list[str]:
    return [SYSTEMS[name].label for name in names]


def printed(row, paper: str) -> str:
    """Return the test accuracy that a paper prints, and where it lies among our runs.

    Args:
        row: of `baselines_tables.accuracy_table`.
        paper: its key.
    """
    papers = claims.load_claims()["paper"]
    ids = [claim for claim in SYSTEMS[row.system].claims if papers[claim] == paper]
    if not ids:
        return MISSING
    where = place(claims.reported(ids[0]), 100 * row.one_low, 100 * row.one_high)
    return claims.printed(ids[0]) + (f" ({where})" if where else "")


def _between(table: pd.DataFrame, part: str = "") -> list[str]:
    low, high = _percent(table[f"{part}low"]), _percent(table[f"{part}high"])
    return [
        MISSING if MISSING in ends else "–".join(ends)
        for ends in zip(low, high, strict=True)
    ]


def accuracy(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `baselines_tables.accuracy_table`, in percent."""
    return pd.DataFrame(
        {
            "system": table["label"],
            "runs": table["n"],
            "validation": _percent(table["val_accuracy"]),
            "test": _percent(table["mean"]),
            "over seeds": _between(table),
            "over images": _between(table, "image_"),
            "over both": _between(table, "both_"),
            "one more run": _between(table, "one_"),
            "raj2024": [printed(row, "raj2024") for row in table.itertuples()],
            "asher": [printed(row, "asher") for row in table.itertuples()],
        }
    )


def printed_tests(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `baselines_tables.printed_tests`."""
    rows = table.itertuples()
    return pd.DataFrame(
        {
            "paper": row.paper,
            "systems": f"{row.better} and {row.worse}",
            "accuracy, %": f"{row.better_value} and {row.worse_value}",
            "errors": f"{row.better_errors} and {row.worse_errors}",
            "p": p_value(row.p),
        }
        for row in rows
    )


def log(table: pd.DataFrame, is_share: bool) -> pd.DataFrame:
    """Return the columns of `baselines_tables.log_table`.

    Args:
        table: what it returns.
        is_share: accuracies, shown in percent; else losses.
    """
    shown = {"epoch": table["epoch"]}
    for name in table.columns[1:]:
        column = table[name]
        texts = _percent(column) if is_share else [number(x, 3) for x in column]
        shown[name.replace("training", "train").replace("validation", "val")] = texts
    return pd.DataFrame(shown)


def last_epochs(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `baselines_tables.last_epochs`, in percent."""
    return pd.DataFrame(
        {
            "accuracy": table["accuracy"],
            "claim": table["claim"],
            "printed": table["printed"],
            "ours": _percent(table["mean"]),
            "over seeds": _between(table),
            "one more run": _between(table, "one_"),
            "printed lies": [text or MISSING for text in table["place"]],
        }
    )


def per_class(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `baselines_tables.per_class_table`, in percent."""
    shown = {"digit": table["digit"], "images": table["support"].map(count)}
    for name in table.columns[2:]:
        shown[name] = _percent(table[name])
    return pd.DataFrame(shown)


def tests(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `lead.against`, the CNN being the leader."""
    return pd.DataFrame(
        {
            "system": _labels(table["system"]),
            "CNN alone right": [number(n, 1) for n in table["a_only"]],
            "other alone right": [number(n, 1) for n in table["b_only"]],
            "McNemar": [
                directions(row.ahead, row.behind, row.runs) for row in table.itertuples()
            ],
            "lead, images": list(map(images, table["lead"])),
            "lead, points": list(map(points, table["points"])),
            "95 % interval": list(map(points_between, table["low"], table["high"])),
            "p (Holm)": table["p_holm"].map(p_value),
        }
    )


def _errors(table: pd.DataFrame, other: str) -> dict[str, list[str]]:
    return {
        f"errors, {SYSTEMS[CNN].label}": [number(n, 1) for n in table["leader_errors"]],
        f"errors, {SYSTEMS[other].label}": [number(n, 1) for n in table["other_errors"]],
        "lead, images": list(map(images, table["lead"])),
    }


def classes(table: pd.DataFrame, other: str) -> pd.DataFrame:
    """Return the columns of `lead.by_class`, for the CNN and another system."""
    return pd.DataFrame(
        {
            "digit": table["digit"],
            "images": table["support"].map(count),
            **_errors(table, other),
            "p": table["p"].map(p_value),
            "p, Holm": table["p_holm"].map(p_value),
        }
    )


def pairs(table: pd.DataFrame, other: str) -> pd.DataFrame:
    """Return the columns of `lead.by_pair`, for the CNN and another system."""
    shares = [number(100 * share, 1) for share in table["share"]]
    return pd.DataFrame(
        {"pair": table["pair"], **_errors(table, other), "share of the lead, %": shares}
    )


def costs(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `baselines_tables.cost_table`."""
    return pd.DataFrame(
        {
            "system": table["label"],
            "fit, s": [number(x, 2) for x in table["fit_seconds"]],
            "predict 1,000, s": [number(x, 3) for x in table["predict_seconds"]],
            "size, MB": [number(x, 2) for x in table["megabytes"]],
            "test accuracy, %": _percent(table["test_accuracy"]),
        }
    )
