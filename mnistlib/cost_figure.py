"""The figure of the page "What it costs": seconds against images, epochs, runs, workers."""

from pathlib import Path

import numpy as np
import pandas as pd

from mnistlib.measured import not_measured, result

TITLES = {
    "images": "images of one run",
    "epochs": "epochs of one run",
    "runs": "runs, one worker",
    "workers": "workers, eight runs",
}


def growth(folder: Path) -> str:
    """Draw the growth of the cost into ``folder``; return the figure's text.

    Each panel has a line of least squares through the points; for the workers, the line
    that halves with twice the workers.
    """
    measured = result("growth")
    if measured is None:
        return not_measured("growth")
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    from mnistlib import style

    style.set_style()
    figure, axes = plt.subplots(1, 4, figsize=(11, 2.8), layout="constrained")
    worst = 0.0
    for ax, (quantity, rows) in zip(axes, measured["found"]["rows"].items(), strict=True):
        frame = pd.DataFrame(rows)
        middle = frame.groupby("value")["seconds"].median()
        x = np.linspace(0 if quantity != "workers" else 1, middle.index.max(), 50)
        if quantity == "workers":
            y = middle.loc[1] / x
        else:
            slope, start = np.polyfit(middle.index, middle, 1)
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
        ":alt: Four panels of seconds: against images, epochs and runs the points lie on "
        "rising lines; against workers they fall.\n\n"
        "Seconds against what is asked for. Grey: least squares; for workers, half the "
        "time with twice the workers.\n```\n\n"
        f"The medians lie within {100 * worst:.0f} % of a straight line.\n"
    )
