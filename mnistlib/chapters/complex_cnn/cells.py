"""The family's tables as they are printed: names of columns, formats, intervals."""

import pandas as pd

from mnistlib.chapters.complex_cnn.design import FACTORS
from mnistlib.show import tables
from mnistlib.show.reproduction import points, points_between


def _accuracy(table: pd.DataFrame) -> list[str]:
    return [tables.with_interval(r.mean, r.low, r.high) for r in table.itertuples()]


def printed_networks(table: pd.DataFrame) -> pd.DataFrame:
    """Return `design_space.network_table` for print, the most accurate network first."""
    table = table.sort_values("mean", ascending=False, kind="stable")
    return pd.DataFrame(
        {
            "Network": table["network"],
            "Group": table["group"],
            "Parameters": table["parameters"].map(tables.count),
            "MACs": table["macs"].map(tables.count),
            "Rate": table["learning_rate"].map("{:g}".format),
            "Validation accuracy": _accuracy(table),
        }
    )


def printed_effects(effects: pd.DataFrame) -> pd.DataFrame:
    """Return `design_space.effect_table` for print."""
    factors = effects["factor"].replace(FACTORS)
    return pd.DataFrame(
        {
            "Factor": factors.where(factors != factors.shift(), ""),
            "Level": effects["level"],
            "Parameters": effects["parameters"].map(tables.count),
            "MACs": effects["macs"].map(tables.count),
            "Accuracy": effects["mean"].map(tables.percent),
            "Difference, points": effects["mean_difference"].map(points),
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
        DataFrame: network, group, macs, "seconds an epoch", val_accuracy (mean).
    """
    by_network = best.groupby(["network", "group", "macs"], sort=False, as_index=False)
    table = by_network.agg(
        epoch_seconds=("epoch_seconds", "min"), val_accuracy=("val_accuracy", "mean")
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
            "Validation accuracy": costs["val_accuracy"].map(tables.percent),
        }
    )
