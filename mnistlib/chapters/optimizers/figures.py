"""The figures of the optimizer comparison; matplotlib is loaded when one is drawn."""

import pandas as pd

from mnistlib.chapters.optimizers.design import A1, A2, A3, CLAIMS
from mnistlib.show.style import (
    COLOURS,
    INK,
    WIDTH,
    colours,
    label,
    legend,
    log_axis,
    value_axis,
)


def rate_figure(grid: pd.DataFrame, paper: pd.DataFrame):
    """Draw validation accuracy over the learning rate: all of it, and its top enlarged.

    A line joins the means over seeds, a dot is a run, a cross one that diverged. A ring
    marks what the paper ran.

    Args:
        grid: rows of the grid's runs, from `design.named`.
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
    low, high = _top(grid, rings.loc[[A1, A2, A3], "val_accuracy"])
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
        paper: history of A1, A2 and A3 with validation images held out.
        chosen: history of each method at its chosen rate, from the grid.

    Returns:
        The matplotlib Figure.
    """
    import matplotlib.pyplot as plt

    from mnistlib.show.plots import learning_curves

    figure, axes = plt.subplots(2, 2, sharex=True, sharey="row", figsize=(WIDTH, 6.4))
    for row, y in zip(axes, ("train_loss", "val_loss"), strict=True):
        learning_curves(paper, by="method", y=y, ax=row[0], log=True)
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


def readings_figure(table: pd.DataFrame):
    """Draw the test accuracy of each reading of A1, A2 and A3 beside what is printed.

    A bar is the interval of one more run, a mark the mean, a ring a seed; the dashed line
    is the printed accuracy.

    Args:
        table: rows of `results.readings` about accuracies.

    Returns:
        The matplotlib Figure.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, sharey=True, figsize=(WIDTH, 4.2))
    settings = sorted(set(zip(table["epochs"], table["batch_size"], strict=True)))
    claims = table["evidence"].map(lambda one: one.claim_id)
    for ax, (optimizer, (claim, _)) in zip(axes, CLAIMS.items(), strict=True):
        part, colour = table[claims == claim], COLOURS[optimizer]
        variants = list(dict.fromkeys(part["system"]))
        for i, name in enumerate(variants):
            style = {"color": colour, "marker": "os"[i], "mfc": ("white", colour)[i == 0]}
            for row in part[part["system"] == name].itertuples():
                at = settings.index((row.epochs, row.batch_size))
                at += 0.3 * (i - (len(variants) - 1) / 2)
                _draw_reading(ax, at, row.evidence, style)
            ax.plot([], [], **style, ls="", label=name.split(", ", 1)[1])
        value = part["evidence"].iloc[0].value[0] / 100
        ax.axhline(value, color=INK, ls="--", lw=1.2, label="printed")
        ax.set_xticks(range(len(settings)), [f"{n}\n{batch}" for n, batch in settings])
        ax.set_xlim(-0.5, len(settings) - 0.5)
        ax.grid(axis="x", visible=False)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.3)
    value_axis(axes[0].yaxis, "test_accuracy")
    axes[1].set_xlabel("epochs; below, images a step")
    return figure


def _draw_reading(ax, at: float, one, style: dict) -> None:
    """Draw a ring a seed, their mean, and the interval of one more run, if there is one."""
    seeds = one.values[:, 0] / 100
    ring = {"mfc": "none", "mec": style["color"], "mew": 0.8, "ms": 4}
    ax.plot([at + 0.1] * len(seeds), seeds, "o", **ring)
    (low,), (high,) = one.one_run
    if low == low:
        ax.plot([at, at], [low / 100, high / 100], color=style["color"], lw=1.4)
    if not one.failed:
        ax.plot(at, seeds.mean(), **style, ms=6)
