"""The figures of the page on the fewest errors; matplotlib is loaded when one is drawn."""

import numpy as np
import pandas as pd

from mnistlib.chapters.frontier.design import ENSEMBLE
from mnistlib.chapters.frontier.search import ALPHA
from mnistlib.show.style import COLOURS, INK, PALETTE, QUIET, WIDTH, log_axis

OURS, THEIRS = PALETTE[0], PALETTE[1]
FAR = 10  # on a logarithmic axis a point so far away pushes all others together


def cost_figure(table: pd.DataFrame, ours: list[str], n_test: int):
    """Draw test error over core-seconds, both logarithmic, a point a system.

    Filled points are on the front: no other system has both fewer errors and less cost.
    Named are the front and the papers' systems. A system `FAR` times cheaper than any
    other is said beside the legend, not drawn.

    Args:
        table: from `results.cost_table`.
        ours: names of our systems; others are the papers'.
        n_test: images; no error at all is drawn as half an image.

    Returns:
        The matplotlib Figure.
    """
    import matplotlib.pyplot as plt

    from mnistlib.show.plots import name_points

    floor = 0.5 / n_test
    table = table.dropna(subset=["error", "seconds"])
    drawn = table.assign(
        y=table["error"].clip(floor),
        low=table["error_low"].clip(floor),
        high=table["error_high"].clip(floor),
        x=table["seconds"],
    )
    first, *rest = np.sort(drawn["x"])
    far = drawn["x"] * FAR < min(rest, default=first)
    at_once, drawn = drawn[far], drawn[~far]
    figure, ax = plt.subplots(figsize=(WIDTH, 5.2))
    log_axis(ax, "x", drawn["x"])
    log_axis(ax, "y", 100 * drawn[["low", "high"]].to_numpy())
    front = drawn[drawn["front"]]
    ax.step(front["x"], 100 * front["y"], where="post", color=QUIET, lw=1, ls="--")
    for row in drawn.itertuples():
        mine = row.system in ours or row.system.startswith(ENSEMBLE)
        colour = OURS if mine else THEIRS
        ends = [[100 * (row.y - row.low)], [100 * (row.high - row.y)]]
        look = {"color": colour, "lw": 1.1, "capsize": 2, "zorder": 2}
        ax.errorbar(row.x, 100 * row.y, yerr=ends, **look)
        face = colour if row.front else "white"
        ax.scatter(row.x, 100 * row.y, s=42, color=face, edgecolors=colour, zorder=3)
    for name, colour in (("ours", OURS), ("the papers'", THEIRS)):
        ax.plot([], [], "o", color=colour, label=name)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.3)
    for row in at_once.itertuples():
        text = f"not drawn: {row.system}, {100 * row.y:.1f} % after {row.x:.2f} s"
        ax.set_title(text, loc="right", fontsize=8, color=INK, pad=7)
    ax.margins(x=0.12)
    # Of two seeds, an interval may reach to no error at all: it leaves the axes.
    ax.set_ylim(60 * drawn["y"].min(), min(100, 180 * drawn["y"].max()))
    ax.set(
        xlabel="seconds of training on one core, by the quickest epoch",
        ylabel="test error, %",
    )
    points = drawn.assign(y=100 * drawn["y"])
    named = points[points["front"] | ~points["system"].isin(ours)]
    name_points(ax, named["x"], named["y"], named["system"], points[["x", "y"]])
    return figure


def ingredients_figure(table: pd.DataFrame):
    """Draw what each change of an ingredient does, with its 95 % interval, in points.

    Filled: p < 0.05 after Holm's correction.

    Args:
        table: from `search.search_table`.

    Returns:
        The matplotlib Figure.
    """
    import matplotlib.pyplot as plt

    rows = table.iloc[1:].dropna(subset="mean_difference")
    figure, ax = plt.subplots(figsize=(WIDTH, 0.36 * max(len(rows), 1) + 0.9))
    ax.axvline(0, color=QUIET, lw=1)
    for y, row in enumerate(rows.itertuples()):
        if row.low == row.low:
            ax.plot([100 * row.low, 100 * row.high], [y, y], color=OURS, lw=1.6)
        face = OURS if row.p_holm < ALPHA else "white"
        ax.plot(100 * row.mean_difference, y, "o", mfc=face, mec=OURS, mew=1.5, ms=7)
    ax.set_yticks(range(len(rows)), rows["variant"].str.replace("`", ""))
    ax.grid(axis="y", visible=False)
    ax.invert_yaxis()
    recipe = table["variant"].iloc[0]
    ax.set_xlabel(f"validation accuracy against {recipe}, percentage points")
    return figure


def small_figure(table: pd.DataFrame, goals: tuple[float, ...]):
    """Draw test error over the number of parameters, both logarithmic.

    Args:
        table: from `results.small_table`.
        goals: accuracies that are marked, fractions.

    Returns:
        The matplotlib Figure.
    """
    import matplotlib.pyplot as plt

    error = 100 * (1 - table["mean"]).clip(1e-5)
    high = 100 * (1 - table["both_low"].fillna(table["image_low"])).clip(1e-5)
    low = 100 * (1 - table["both_high"].fillna(table["image_high"])).clip(1e-5)
    figure, ax = plt.subplots(figsize=(WIDTH, 3.8))
    log_axis(ax, "x", table["parameters"])
    log_axis(ax, "y", pd.concat([low, high]))
    ends = [error - low, high - error]
    ax.errorbar(table["parameters"], error, yerr=ends, fmt="o-", color=OURS, capsize=3)
    for goal in goals:
        ax.axhline(100 * (1 - goal), color=QUIET, lw=1, ls="--")
        ax.annotate(
            f"{100 * goal:g} % right",
            (1, 100 * (1 - goal)),
            (4, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=INK,
        )
    ax.set(xlabel="parameters", ylabel="test error, %")
    return figure


def ensemble_figure(table: pd.DataFrame):
    """Draw the error of ensembles over their number of members.

    Args:
        table: from `mnistlib.stats.ensembles.by_size`.

    Returns:
        The matplotlib Figure.
    """
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(WIDTH, 3.2))
    ax.fill_between(
        table["members"],
        100 * (1 - table["most"]),
        100 * (1 - table["least"]),
        color=COLOURS["train"],
        alpha=0.2,
        lw=0,
        label="from the best subset to the worst",
    )
    ax.plot(
        table["members"],
        100 * (1 - table["accuracy"]),
        "o-",
        color=OURS,
        label="mean over subsets",
    )
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set(xlabel="members", ylabel="test error, %", ylim=(0, None))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.3)
    return figure
