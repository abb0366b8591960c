"""The tables of the optimizer comparison as a page shows them: texts, and titles."""

import pandas as pd

from mnistlib.show.style import label
from mnistlib.show.tables import (
    MISSING,
    THIN_SPACE,
    accuracy_columns,
    images,
    interval,
    number,
    p_value,
    percent,
    points,
    points_between,
)
from mnistlib.show.words import directions


def _lost(lost: int, n: int, how: str) -> str:
    return f" ({lost} of {n} {how})" if lost else ""


def reported(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `results.reported_table`."""
    return pd.DataFrame(
        {
            "system": table["system"],
            "learning rate": table["rate"],
            "test accuracy": table["printed"] + f"{THIN_SPACE}%",
            "errors": table["errors"],
            "over images": list(map(interval, table["low"], table["high"])),
            "test loss": table["loss"].map(lambda loss: number(loss, 4)),
        }
    )


def paper(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `results.paper_table`."""
    columns = accuracy_columns(table)
    return pd.DataFrame(
        {
            "system": [
                f"{row.system}{_lost(row.diverged, row.n, 'diverged')}"
                for row in table.itertuples()
            ],
            "printed": table["printed"] + f"{THIN_SPACE}%",
            "n": table["n"],
            "ours": columns.pop("accuracy"),
            **columns,
            "one more run": list(map(interval, table["one_low"], table["one_high"])),
            "printed lies": [text or MISSING for text in table["place"]],
            "printed loss": table["paper_loss"].map(lambda loss: number(loss, 3)),
            "our loss": table["loss"].map(lambda loss: number(loss, 3)),
        }
    )


def _differences(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return the columns of a difference over seeds: points, images, interval, p."""
    return {
        "points": list(map(points, table["mean_difference"])),
        "images": list(map(images, table["images"])),
        "95 % interval": list(map(points_between, table["low"], table["high"])),
        "p (Holm)": list(map(p_value, table["p_holm"])),
    }


def gaps(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `results.gap_table`, gaps in percentage points."""
    return pd.DataFrame(
        {
            "gap": table["b"] + " → " + table["a"],
            "printed": table["paper"].map(points),
            "printed, images": table["paper_images"].map(images),
            "p of the printed": table["paper_p"].map(p_value),
            **_differences(table),
        }
    )


def grid(summary_table: pd.DataFrame, best: pd.DataFrame) -> pd.DataFrame:
    """Return the grid: a row a learning rate, a column a method.

    Args:
        summary_table: from `optimizers.grid_summary`.
        best: from `optimizers.best_rates`; its rates are bold.
    """
    chosen = set(zip(best["method"], best["learning_rate"], strict=True))
    texts = {}
    for row in summary_table.itertuples():
        # Where some runs failed and others did not, a mean would be neither outcome.
        mixed = row.diverged + row.stuck and pd.notna(row.median)
        text = percent(row.median if mixed else row.mean)
        if (row.method, row.learning_rate) in chosen:
            text = f"**{text}**"
        text += _lost(row.diverged, row.n, "diverged") + _lost(row.stuck, row.n, "stuck")
        texts.setdefault(row.method, {})[row.learning_rate] = text
    table = pd.DataFrame(texts).sort_index().rename(columns=label)
    table.insert(0, "learning rate", [f"{rate:g}" for rate in table.index])
    return table


def best(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `optimizers.best_rates`."""
    return pd.DataFrame(
        {
            "optimizer": table["method"].map(label),
            "chosen rate": table["learning_rate"].map("{:g}".format),
            "validation accuracy": table["mean"].map(percent),
            "rates": table["rates"],
            "runs": table["trials"],
            "diverged": table["diverged"],
            "stuck": table["stuck"],
            "place in the grid": [
                f"**{edge} rate: widen**" if edge else "inside" for edge in table["edge"]
            ],
        }
    )


def final(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `results.final_table`."""
    return pd.DataFrame(
        {
            "optimizer": table["system"].map(label),
            "rate": table["learning_rate"].map("{:g}".format),
            "n": table["n"],
            **accuracy_columns(table),
            "sd": table["std"].map(percent),
        }
    )


def pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `pair_table`, differences in percentage points."""
    return pd.DataFrame(
        {
            "A − B": table["a"].map(label) + " − " + table["b"].map(label),
            **_differences(table),
            "only A": table["a_only"].map(lambda n: number(n, 0)),
            "only B": table["b_only"].map(lambda n: number(n, 0)),
            "McNemar": [
                directions(row.ahead, row.behind, row.runs) for row in table.itertuples()
            ],
        }
    )


def predictions(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `results.prediction_table`."""
    return pd.DataFrame(
        {
            "system": table["system"],
            "predicted": table["predicted"],
            "probability": table["probability"].map(lambda share: percent(share, 1)),
            "seeds right": [f"{row.right} of {row.n}" for row in table.itertuples()],
            "the paper's 7": [
                MISSING if pd.isna(digit) else str(int(digit)) for digit in table["paper"]
            ],
        }
    )
