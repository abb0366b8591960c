"""The figures of the notebook on tuning."""

import pandas as pd

from mnistlib.chapters.tuning.design import SETTINGS, TEXT, TRIALS
from mnistlib.show.plots import learning_curves
from mnistlib.show.style import INK, QUIET, WIDTH, colours, label, log_axis

SEARCH_NAMES = {
    "random": "random search",
    "hyperband": "Hyperband",
    "bayesian": "Bayesian search",
}
_STYLES = {"random": "-", "hyperband": "--", "bayesian": "-."}


def _percent(value: float, _place) -> str:
    return f"{100 * value:g} %"


def _error_axis(ax, errors) -> None:
    log_axis(ax, "y", errors)
    ax.yaxis.set_major_formatter(_percent)
    ax.set_ylabel("validation error")


def finish_rates(ax, points: pd.DataFrame) -> None:
    """Give a drawing of errors over rates its axes, its legend and the report's points.

    Args:
        ax: with lines, one for each number of filters and of units.
        points: `SETTINGS` and error of each point.
    """
    ax.figure.set_size_inches(WIDTH, 4.2)
    for marker, (name, settings) in zip(
        "osD", {"stated rate": TEXT, **TRIALS}.items(), strict=True
    ):
        at = points[(points[SETTINGS] == pd.Series(settings)).all(axis=1)]
        looks = {"ms": 12, "mfc": "none", "mec": INK, "mew": 1.2, "zorder": 5, "ls": ""}
        if len(at):
            ax.plot(at["learning_rate"], at["error"], marker, label=name, **looks)
    log_axis(ax, "x", points["learning_rate"])
    _error_axis(ax, points["error"])
    ax.set_xlabel(label("learning_rate"))
    ax.margins(x=0.1)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))


def search_figure(steps: pd.DataFrame, best: float):
    """Draw how good each search is after so many runs, and how often good enough.

    Args:
        steps: from `mnistlib.stats.search.progress`.
        best: validation accuracy of the grid's best point.
    """
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.4))
    palette = colours(SEARCH_NAMES)
    for name, part in steps.groupby("search", sort=False):
        looks = {"color": palette[name], "ls": _STYLES[name], "drawstyle": "steps-post"}
        left.plot(part["cost"], 1 - part["mean"], label=SEARCH_NAMES[name], **looks)
        if part["orders"].iloc[0] > 1:
            band = {"color": palette[name], "alpha": 0.13, "lw": 0, "step": "post"}
            left.fill_between(part["cost"], 1 - part["high"], 1 - part["low"], **band)
        right.plot(part["cost"], part["hit"], label=SEARCH_NAMES[name], **looks)
    _error_axis(left, 1 - steps["mean"])
    if best < 1:  # no place on a logarithmic axis
        left.axhline(1 - best, color=QUIET, lw=0.8)
    right.yaxis.set_major_formatter(_percent)
    right.set(ylabel="orders within the tolerance")
    right.axhline(0.95, color=QUIET, lw=0.8)
    for ax in (left, right):
        ax.set_xlabel("cost, in runs of full length")
        ax.xaxis.get_major_locator().set_params(integer=True)
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper left", ncols=3)
    return figure


def curves_figure(history: pd.DataFrame):
    """Draw accuracy and loss over epochs of one system, in training and in validation.

    Args:
        history: a row per run and epoch.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.4))
    for ax, measure in zip(axes, ("accuracy", "loss"), strict=True):
        parts = {"train": f"train_{measure}", "validation": f"val_{measure}"}
        long = pd.concat(
            history[["key", "epoch", column]].set_axis(["key", "epoch", measure], axis=1)
            .assign(part=part)
            for part, column in parts.items()
        )  # fmt: skip
        learning_curves(long, "part", measure, ax=ax)
    axes[1].set_ylabel("loss (nats)")
    return figure
