"""The family's tables as they are printed: names of columns, formats, intervals."""

import pandas as pd

from mnistlib.chapters.complex_cnn.design import FACTORS
from mnistlib.show import tables
from mnistlib.show.tables import images, points, points_between


def printed_networks(table: pd.DataFrame) -> pd.DataFrame:
    """Return `design_space.network_table` for print, the most accurate network first."""
    table = table.sort_values("mean", ascending=False, kind="stable")
    return pd.DataFrame(
        {
            "Network": table["network"],
            "Group": table["group"],
            "Parameters": table["parameters"].map(tables.count),
            "MACs": table["macs"].map(tables.count),
            "Rate": [_rate(row) for row in table.itertuples()],
            **{k.capitalize(): v for k, v in tables.accuracy_columns(table).items()},
        }
    )


def _rate(row) -> str:
    """Return a chosen rate; one at the edge of several says so."""
    edge = {"lowest": " (lowest)", "highest": " (highest)"}.get(row.edge, "")
    return f"{row.learning_rate:g}{edge}"


def printed_effects(effects: pd.DataFrame) -> pd.DataFrame:
    """Return `design_space.effect_table` for print."""
    factors = effects["factor"].replace(FACTORS)
    return pd.DataFrame(
        {
            "Factor": factors.where(factors != factors.shift(), ""),
            "Level": effects["level"],
            "Parameters": effects["parameters"].map(tables.count),
            "MACs": effects["macs"].map(tables.count),
            "Accuracy": [
                tables.accuracy(r.mean, r.median, r.failed, r.n)
                for r in effects.itertuples()
            ],
            "Difference, points": effects["mean_difference"].map(points),
            "Images": effects["images"].map(images),
            "95 % interval": [
                points_between(r.diff_low, r.diff_high) for r in effects.itertuples()
            ],
            "p (Holm)": effects["p_holm"].map(tables.p_value),
        }
    )


def printed_depth_by_width(grid: pd.DataFrame) -> pd.DataFrame:
    """Return `design_space.depth_by_width` of accuracies for print."""
    shown = grid.map(tables.percent)
    shown.columns = [f"width {width}" for width in grid.columns]
    return shown.rename_axis("Stages").reset_index()


def cost_table(best: pd.DataFrame) -> pd.DataFrame:
    """Return the measured speed of each network: the fastest epoch of all its runs.

    Args:
        best: from `design_space.at_best_rate`.

    Returns:
        DataFrame: network, group, macs, "seconds an epoch", mean (validation accuracy).
    """
    by_network = best.groupby(["network", "group", "macs"], sort=False, as_index=False)
    table = by_network.agg(
        epoch_seconds=("epoch_seconds", "min"), mean=("val_accuracy", "mean")
    )
    return table.rename(columns={"epoch_seconds": "seconds an epoch"})


def printed_costs(costs: pd.DataFrame, n_images: int) -> pd.DataFrame:
    """Return `cost_table` for print, the fastest to train first.

    Args:
        costs: from `cost_table`.
        n_images: training images of an epoch.
    """
    costs = costs.sort_values("seconds an epoch", kind="stable")
    seconds = costs["seconds an epoch"]
    return pd.DataFrame(
        {
            "Network": costs["network"],
            "MACs": costs["macs"].map(tables.count),
            "Seconds an epoch": seconds.map("{:.2f}".format),
            "Images a second": (n_images / seconds).map(tables.count),
            "Validation accuracy": costs["mean"].map(tables.percent),
        }
    )
