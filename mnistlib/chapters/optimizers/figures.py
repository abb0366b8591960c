"""The figures of the optimizer comparison; matplotlib is loaded when one is drawn."""

import pandas as pd

from mnistlib.chapters.optimizers.design import A1, A2, A3
from mnistlib.show.style import WIDTH, colours, label, legend, log_axis, value_axis
from mnistlib.stats.intervals import learned


def rate_figure(grid: pd.DataFrame, paper: pd.DataFrame):
    """Draw validation accuracy over the learning rate: all of it, and its top enlarged.

    A line joins the means over seeds, a dot is a run, a cross one that diverged. A ring
    marks what the paper ran.

    Args:
        grid: rows of the grid's runs, from `optimizers.named`.
        paper: rows of the runs of the paper's systems with validation images held out.

    Returns:
        The matplotlib Figure.
    """
    import matplotlib.pyplot as plt

    figure, (whole, top) = plt.subplots(
        2, 1, sharex=True, height_ratios=[2, 3], figsize=(WIDTH, 7.0)
    )
    rings = paper.groupby("system", sort=False)[["learning_rate", "val_accuracy"]].mean()
    for ax in (whole, top):
        _draw_lines(ax, grid)
        ax.plot(*rings.to_numpy().T, "o", ms=13, mfc="none", mec="black", mew=1.1)
        value_axis(ax.yaxis, "val_accuracy")
    legend(whole, "method")
    log_axis(top, "x", pd.concat([grid["learning_rate"], rings["learning_rate"]]))
    top.set_xlabel(label("learning_rate"))
    low, high = _top(grid, rings.loc[[A1.name, A2.name, A3.name], "val_accuracy"])
    whole.set_ylim(0, 1.04)
    top.set_ylim(low, high)
    for name, row in rings[rings["val_accuracy"].between(low, high)].iterrows():
        short = name.split(",")[0]
        top.annotate(short, row, (9, -12), textcoords="offset points", fontsize=9)
    return figure


def _draw_lines(ax, grid: pd.DataFrame) -> None:
    palette = colours(grid["method"])
    for method, runs in grid.groupby("method", sort=False):
        x, y, colour = runs["learning_rate"], runs["val_accuracy"], palette[method]
        mean = runs.groupby("learning_rate")["val_accuracy"].mean()
        ax.plot(mean.index, mean, color=colour, label=label(method))
        lost = runs["status"] == "diverged"
        ax.plot(x[~lost], y[~lost], "o", color=colour, ms=5)
        ax.plot(x[lost], y[lost], "X", color=colour, ms=8)


def _top(grid: pd.DataFrame, rings: pd.Series) -> tuple[float, float]:
    """Return limits that hold each method's best rate and the paper's systems."""
    means = grid.groupby(["method", "learning_rate"])["val_accuracy"].mean()
    best = means.groupby("method").max()
    low, high = min(best.min(), rings.min()), max(means.max(), grid["val_accuracy"].max())
    room = max(0.12 * (high - low), 0.002)
    return low - room, high + room


def curves_figure(paper: pd.DataFrame, chosen: pd.DataFrame):
    """Draw training and validation loss over epochs: the paper's rates, the chosen ones.

    Args:
        paper: history of the paper's systems with validation images held out.
        chosen: history of each method at its chosen rate, from the grid.

    Returns:
        The matplotlib Figure.
    """
    import matplotlib.pyplot as plt

    from mnistlib.show.plots import learning_curves

    figure, axes = plt.subplots(2, 2, sharex=True, sharey="row", figsize=(WIDTH, 6.4))
    for row, y in zip(axes, ("train_loss", "val_loss"), strict=True):
        learning_curves(paper, by="system", y=y, ax=row[0], log=True)
        learning_curves(chosen, by="method", y=y, ax=row[1], log=True)
        row[1].set_ylabel("")
    for ax, title in zip(axes[0], ("the paper's rates", "the chosen rates"), strict=True):
        ax.set_xlabel("")
        handles, names = ax.get_legend_handles_labels()
        ax.legend(handles, names, title=title, loc="lower left", bbox_to_anchor=(0, 1),
                  ncols=2, alignment="left", borderaxespad=0.3)  # fmt: skip
    for ax in axes[1]:
        ax.get_legend().remove()
    return figure


def compare_figure(paper: pd.DataFrame, tuned: pd.DataFrame):
    """Draw test accuracy over seeds: at the paper's rates, and at the chosen ones.

    Args:
        paper: rows of the runs of A1, A2 and A3, all training images.
        tuned: rows of the runs of each method at its chosen rate.

    Returns:
        The matplotlib Figure.
    """
    import matplotlib.pyplot as plt

    from mnistlib.show.plots import interval_plot

    parts = {"the paper's rates": paper, "the chosen rates": tuned}
    figure, axes = plt.subplots(
        1,
        2,
        sharey=True,
        figsize=(WIDTH, 4.2),
        width_ratios=[part["method"].nunique() for part in parts.values()],
    )
    for ax, (title, part) in zip(axes, parts.items(), strict=True):
        part = part.assign(failed=~learned(part, "test_accuracy"))
        interval_plot(part, "method", "test_accuracy", ax=ax, failed="failed")
        rates = part.groupby("method", sort=False)["learning_rate"].first()
        ticks = [f"{label(name)}\n{rate:g}" for name, rate in rates.items()]
        ax.set_xticks(range(len(ticks)), ticks)
        ax.set_title(title, loc="left", fontsize=9)
    axes[1].set_ylabel("")
    return figure
