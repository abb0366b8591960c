"""What the paper ran, by what names; and which rate of a grid is chosen."""

import pandas as pd

from mnistlib.stats.selection import select, settings

# Systems A1 to A3 of `ahmareen2024`, section IV. Adam's rate is not in our text: its
# default in Keras, and the rate that the paper gives for SGD.
A1, A2, A2_FAST, A3 = "A1, SGD 0.01", "A2, Adam 0.001", "A2, Adam 0.01", "A3, Adadelta 1.0"
A1_MOMENTUM = "A1, SGD 0.01, momentum"
PAPER = {
    A1: {"optimizer": "sgd", "learning_rate": 0.01},
    A2: {"optimizer": "adam", "learning_rate": 0.001},
    A2_FAST: {"optimizer": "adam", "learning_rate": 0.01},
    A3: {"optimizer": "adadelta", "learning_rate": 1.0},
}
# Of each system: ids of its printed test accuracy and test loss, and of the digit shown.
CLAIMS = {
    "sgd": ("AHM-01", "AHM-02"),
    "adam": ("AHM-03", "AHM-04"),
    "adadelta": ("AHM-05", "AHM-06"),
}
SEVENS = {A1: "AHM-13", A2: "AHM-14"}


def named(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``runs.frame`` or ``runs.history`` with the column method.

    It is the optimizer's name, but "sgd_momentum" for SGD with momentum.
    """
    plain = table["momentum"] == 0
    return table.assign(method=table["optimizer"].where(plain, "sgd_momentum"))


def best_rates(grid: pd.DataFrame) -> pd.DataFrame:
    """Choose one learning rate for each method, on validation images alone: `select`.

    Args:
        grid: rows of the grid's runs, from `named`.

    Returns:
        DataFrame, a row a method: method, optimizer, momentum, the columns of `select` at
        the chosen rate, but diverged and stuck summed over its rates; rates and trials
        (runs), how many it had.
    """
    best = select(grid, ["method", "optimizer", "momentum"], ["learning_rate"])
    summary = settings(grid, ["method", "learning_rate"], "val_accuracy")
    whole = summary.groupby("method", sort=False)
    return (
        best.set_index("method")
        .assign(
            diverged=whole["diverged"].sum(),
            stuck=whole["stuck"].sum(),
            rates=whole.size(),
            trials=whole["n"].sum(),
        )
        .reset_index()
    )
