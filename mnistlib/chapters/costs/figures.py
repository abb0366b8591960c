"""The figure of the page "What it costs": seconds against images, epochs, runs."""

from pathlib import Path

import numpy as np
import pandas as pd

from mnistlib.show.measured import not_measured, result

TITLES = {
    "images": "images of one run",
    "epochs": "epochs of one run",
    "runs": "runs, one worker",
}


def growth(folder: Path) -> str:
    """Draw the growth of the cost into ``folder``; return the figure's text.

    Each panel has a line of least squares through the points.
    """
    measured = result("growth")
    if measured is None:
        return not_measured("growth")
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    from mnistlib.show import style

    style.set_style()
    figure, axes = plt.subplots(1, 3, figsize=(9, 2.8), layout="constrained")
    worst = 0.0
    for ax, (quantity, rows) in zip(axes, measured["found"]["rows"].items(), strict=True):
        frame = pd.DataFrame(rows)
        middle = frame.groupby("value")["seconds"].median()
        slope, start = np.polyfit(middle.index, middle, 1)
        x = np.linspace(0, middle.index.max(), 50)
        y = slope * x + start
        fitted = slope * middle.index + start
        worst = max(worst, float(np.abs(fitted / middle - 1).max()))
        ax.plot(x, y, color="0.6", lw=1)
        ax.plot(frame["value"], frame["seconds"], "o", ms=4)
        ax.set(xlabel=TITLES[quantity], ylim=(0, None))
    axes[0].set_ylabel("seconds")
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "cost_growth.png", dpi=150)
    plt.close(figure)
    return (
        "```{figure} cost_growth.png\n:name: fig-cost-growth\n"
        ":alt: Three panels of seconds against images, epochs and runs: the points lie on "
        "rising lines.\n\n"
        "Seconds against what is asked for. Grey: least squares.\n```\n\n"
        f"The medians lie within {100 * worst:.0f} % of a straight line.\n"
    )
