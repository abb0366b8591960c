"""The tables of the comparison as a page shows them: texts, and short titles."""

import pandas as pd

from mnistlib import claims
from mnistlib.chapters.baselines.design import CNN, SYSTEMS
from mnistlib.show.tables import MISSING, count, number, p_value


def _percent(values: pd.Series) -> list[str]:
    """Format fractions in percent, without the sign: tables say so in their caption."""
    return [number(100 * value) for value in values]


def _signed(values: pd.Series, digits: int) -> list[str]:
    """Format numbers with their sign; a true minus is as wide as a plus."""
    return [f"{value:+.{digits}f}".replace("-", "−") for value in values]


def _labels(names) -> list[str]:
    return [SYSTEMS[name].label for name in names]


def printed(name: str, paper: str) -> str:
    """Return the test accuracy, in percent, that a paper prints for such a system."""
    papers = claims.load_claims()["paper"]
    values = [claims.reported(c) for c in SYSTEMS[name].claims if papers[c] == paper]
    return number(values[0]) if values else MISSING


def accuracy(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `baselines_tables.accuracy_table`, in percent."""
    low, high = _percent(table["low"]), _percent(table["high"])
    return pd.DataFrame(
        {
            "system": table["label"],
            "runs": table["runs"],
            "validation": _percent(table["val_accuracy"]),
            "test": _percent(table["test_accuracy"]),
            "sd": _percent(table["std"]),
            "95 % interval": [
                MISSING if MISSING in ends else "–".join(ends)
                for ends in zip(low, high, strict=True)
            ],
            "covers": table["covers"],
            "raj2024": [printed(name, "raj2024") for name in table["system"]],
            "asher": [printed(name, "asher") for name in table["system"]],
        }
    )


def printed_tests(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `baselines_tables.printed_tests`."""
    rows = table.itertuples()
    return pd.DataFrame(
        {
            "paper": row.paper,
            "systems": f"{row.better} and {row.worse}",
            "accuracy, %": f"{row.better_value:.2f} and {row.worse_value:.2f}",
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
    shown = {"accuracy": table["accuracy"], "claim": table["claim"]}
    for name in ("printed", "mean", "low", "high"):
        shown[name] = _percent(table[name])
    return pd.DataFrame(shown)


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
            "CNN alone right": [number(n, 1) for n in table["leader_only"]],
            "other alone right": [number(n, 1) for n in table["other_only"]],
            "lead, points": _signed(table["points"], 2),
            "p": table["p"].map(p_value),
            "p, Holm": table["p_holm"].map(p_value),
        }
    )


def _errors(table: pd.DataFrame, other: str) -> dict[str, list[str]]:
    return {
        f"errors, {SYSTEMS[CNN].label}": [number(n, 1) for n in table["leader_errors"]],
        f"errors, {SYSTEMS[other].label}": [number(n, 1) for n in table["other_errors"]],
        "lead, images": _signed(table["lead"], 1),
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
