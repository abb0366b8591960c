"""The figures of what training costs: ratios to the peers, and growth."""

from statistics import median

import numpy as np
import pandas as pd

from mnistlib.chapters.costs.results import KERAS, PYTORCH, study_ratios
from mnistlib.show import style

TITLES = {
    "images": "images of one run",
    "epochs": "epochs of one run",
    "runs": "runs, one worker",
}
MARKS = {KERAS: "o", PYTORCH: "s"}


def ratio_plot(systems: list[dict]):
    """Draw our rate by the peers', all cores busy: median, least and largest."""
    import matplotlib.pyplot as plt

    # Narrow, so that its words can be read on a phone.
    height = 0.45 * len(systems) + 1.1
    figure, ax = plt.subplots(figsize=(5.6, height), layout="constrained")
    palette, everything = style.colours([KERAS, PYTORCH]), []
    for at, system in enumerate(systems):
        for shift, (title, values) in zip(
            (-0.13, 0.13), study_ratios(system).items(), strict=True
        ):
            middle = median(values)
            error = [[middle - min(values)], [max(values) - middle]]
            ax.errorbar(
                middle,
                at + shift,
                xerr=error,
                fmt=MARKS[title],
                color=palette[title],
                label=None if at else f"as {title}",
                ms=6,
                capsize=3,
            )
            everything += values
    ax.axvline(1, color=style.QUIET, lw=1)
    style.log_axis(ax, "x", [1, *everything])
    ax.set_yticks(range(len(systems)), [system["name"] for system in systems])
    ax.set(xlabel="times as many images a second", ylim=(len(systems) - 0.5, -0.5))
    ax.grid(axis="y", visible=False)
    style.legend(ax, "peer")
    return figure


def growth(rows: dict[str, list[dict]]) -> tuple:
    """Draw seconds against what is asked for, with a line of least squares each.

    Args:
        rows: quantity -> dicts of value and seconds.

    Returns:
        The figure, and the largest distance of a median from its line, as a fraction.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(9, 2.8), layout="constrained")
    worst = 0.0
    for ax, (quantity, points) in zip(axes, rows.items(), strict=True):
        frame = pd.DataFrame(points)
        middle = frame.groupby("value")["seconds"].median()
        slope, start = np.polyfit(middle.index, middle, 1)
        x = np.linspace(0, middle.index.max(), 50)
        worst = max(worst, float(np.abs((slope * middle.index + start) / middle - 1).max()))
        ax.plot(x, slope * x + start, color="0.6", lw=1)
        ax.plot(frame["value"], frame["seconds"], "o", ms=4)
        ax.set(xlabel=TITLES[quantity], ylim=(0, None))
    axes[0].set_ylabel("seconds")
    return figure, worst
