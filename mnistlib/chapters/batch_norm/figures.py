"""The figure of the grid; matplotlib is loaded when it is drawn."""

import pandas as pd

from mnistlib.chapters.batch_norm.design import HOSTS, pixels
from mnistlib.show.style import label, log_axis
from mnistlib.stats.intervals import learned


def scaling_grid(grid: pd.DataFrame):
    """Draw validation error over learning rates, a panel for each host and scaling.

    A mark is the mean of its runs, which are rings; few seeds have no interval that says
    anything. Where a run failed the mark is the median of those that learned; failed runs
    are crosses. No error at all, which a logarithmic axis cannot show, is drawn at half of
    the smallest other error.

    Args:
        grid: a row per run of the grid.

    Returns:
        The matplotlib Figure.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import LogFormatterSciNotation

    from mnistlib.show.plots import interval_plot

    error = 1 - grid["val_accuracy"]
    least = error[error > 0].min() / 2 if (error > 0).any() else 0.001
    lost = ~learned(grid, "val_accuracy")
    grid = grid.assign(error=error.clip(lower=least), failed=lost)
    scalings = list(dict.fromkeys(grid["scaling"]))
    figure, rows = plt.subplots(
        2,
        len(scalings),
        figsize=(8, 5.6),
        sharex="col",
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for model, axes in zip(HOSTS, rows, strict=True):
        for scaling, ax in zip(scalings, axes, strict=True):
            part = grid[(grid["model"] == model) & (grid["scaling"] == scaling)]
            interval_plot(
                part,
                "learning_rate",
                "error",
                "batch_norm",
                ax,
                log_x=True,
                failed="failed",
                interval=False,
            )
            log_axis(ax, "y", grid["error"])
            ax.yaxis.set_major_formatter(lambda x, _: f"{100 * x:g} %")
            ax.set(ylim=(0.8 * grid["error"].min(), 1.1), ylabel="validation error")
            ticks = sorted(set(part["learning_rate"]))
            powers = LogFormatterSciNotation()
            ax.set_xticks(ticks, [f"{t:g}" if t >= 1e-3 else powers(t) for t in ticks])
            ax.set_title(f"{label(model)}, {pixels(scaling)}", fontsize=9)
            handles, names = ax.get_legend_handles_labels()
            ax.get_legend().remove()
            ax.label_outer()
    figure.legend(
        handles,
        names,
        title="batch normalisation",
        loc="outside upper left",
        ncols=3,
        alignment="left",
    )
    return figure
