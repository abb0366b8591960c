"""The tables of the optimizer comparison as a page shows them: texts, and titles."""

import pandas as pd

from mnistlib.show.style import label
from mnistlib.show.tables import MISSING, interval, number, p_value, percent


def points(difference: float) -> str:
    """Format a difference of fractions in percentage points, with its sign."""
    if pd.isna(difference):
        return MISSING
    return f"{100 * difference:+.2f}".replace("-", "−")


def points_interval(low: float, high: float) -> str:
    """Format an interval of differences in percentage points; NaN -> an en dash."""
    return MISSING if pd.isna(low) else f"[{points(low)}, {points(high)}]"


def _intervals(table: pd.DataFrame, low: str, high: str, form=interval) -> list[str]:
    return list(map(form, table[low], table[high]))


def _lost(lost: int, n: int, how: str) -> str:
    return f" ({lost} of {n} {how})" if lost else ""


def reported(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `optimizer_tables.reported_table`."""
    return pd.DataFrame(
        {
            "system": table["system"],
            "learning rate": table["rate"],
            "test accuracy": table["accuracy"].map(percent),
            "errors": table["errors"],
            "interval": _intervals(table, "low", "high"),
            "test loss": table["loss"].map(lambda loss: number(loss, 4)),
        }
    )


def paper(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `optimizer_tables.paper_table`."""
    return pd.DataFrame(
        {
            "system": [
                f"{row.system}{_lost(row.diverged, row.n, 'diverged')}"
                for row in table.itertuples()
            ],
            "paper": table["paper"].map(percent),
            "ours": table["mean"].map(percent),
            "n": table["n"],
            "sd": table["std"].map(percent),
            "interval": _intervals(table, "low", "high"),
            "paper's loss": table["paper_loss"].map(lambda loss: number(loss, 3)),
            "our loss": table["loss"].map(lambda loss: number(loss, 3)),
        }
    )


def gaps(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `optimizer_tables.gap_table`, gaps in percentage points."""
    return pd.DataFrame(
        {
            "gap": table["a"] + " → " + table["b"],
            "paper": table["paper"].map(points),
            "images": table["images"].map("{:+d}".format),
            "p": table["p"].map(p_value),
            "ours": table["mean_difference"].map(points),
            "interval": _intervals(table, "low", "high", points_interval),
            "p, ours": table["p_holm"].map(p_value),
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
        text = percent(row.mean)
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
    """Return the columns of `optimizer_tables.final_table`."""
    return pd.DataFrame(
        {
            "optimizer": table["system"].map(label),
            "rate": table["learning_rate"].map("{:g}".format),
            "n": table["n"],
            "mean": table["mean"].map(percent),
            "sd": table["std"].map(percent),
            "over seeds": _intervals(table, "low", "high"),
            "over test images": _intervals(table, "test_low", "test_high"),
        }
    )


def pairs(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `pair_table`, differences in percentage points."""
    return pd.DataFrame(
        {
            "A": table["a"].map(label),
            "B": table["b"].map(label),
            "A − B": table["mean_difference"].map(points),
            "interval": list(map(points_interval, table["low"], table["high"])),
            "p": table["p"].map(p_value),
            "p (Holm)": table["p_holm"].map(p_value),
            "only A": table["a_only"].map(lambda n: number(n, 0)),
            "only B": table["b_only"].map(lambda n: number(n, 0)),
            "McNemar": [f"{row.mcnemar_apart} of {row.n}" for row in table.itertuples()],
        }
    )


def predictions(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `optimizer_tables.prediction_table`."""
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
