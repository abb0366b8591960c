"""Figures of the comparison; each function returns a matplotlib Figure."""

import numpy as np
import pandas as pd

from mnistlib import claims
from mnistlib.chapters.baselines.design import ANN, CNN, CNN_L2, NETWORKS, SYSTEMS
from mnistlib.chapters.baselines.results import LOG
from mnistlib.show.pictures import digit_grid
from mnistlib.show.style import COLOURS, INK, QUIET, WIDTH, label, log_axis, value_axis

_PAPERS = {"raj2024": "D", "asher": "s"}
_ABOVE = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.3}


def error_plot(table: pd.DataFrame):
    """Draw each system's test error with two intervals, and what papers print.

    The thin one is where one more run would lie, the broad one is over test images. The
    axis is logarithmic: half the errors is the same step anywhere.

    Args:
        table: what `results.accuracy_table` returns.
    """
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(WIDTH, 0.34 * len(table) + 1.2))
    papers = claims.load_claims()["paper"]
    for place, row in enumerate(table.itertuples()):
        error = 1 - row.mean
        ends = [[0], [0]]
        if not np.isnan(row.one_low):
            # The axis has no 0, where the interval of few seeds may end.
            ends = [[error - max(1 - row.one_high, error / 3)], [1 - row.one_low - error]]
        sampling = [1 - row.image_high, 1 - row.image_low]
        ax.plot(sampling, [place, place], color=QUIET, lw=7, alpha=0.4, zorder=1)
        _point(ax, error, place, row.system, xerr=ends)
        for claim in SYSTEMS[row.system].claims:
            printed = 1 - claims.reported(claim) / 100
            marker = _PAPERS[papers[claim]]
            ax.plot(printed, place, marker, mfc="white", color=INK, ms=6, zorder=2)
    log_axis(ax, "x", [1 - table["mean"].max(), 1 - table["mean"].min()])
    ax.xaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
    ax.set_yticks(range(len(table)), table["label"])
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    ax.set_xlabel("test error")
    ax.errorbar(
        [], [], xerr=[], fmt="o", color=QUIET, capsize=3, label="ours, one more run"
    )
    ax.plot([], [], color=QUIET, lw=7, alpha=0.4, label="over test images")
    other = {"mfc": "white", "color": COLOURS["raj_cnn"]}
    ax.plot([], [], "o", **other, label="another CNN, or L2 pixels")
    for paper, marker in _PAPERS.items():
        ax.plot([], [], marker, mfc="white", color=INK, label=f"printed in {paper}")
    ax.legend(**_ABOVE, ncols=3)
    return figure


def log_curves(logs: pd.DataFrame, n_fit: int, papers: int):
    """Draw our CNN's training logs over the images seen, beside the printed one.

    Args:
        logs: a row per run and epoch, with system.
        n_fit: images in an epoch of ours.
        papers: images in an epoch of the printed log.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 2, figsize=(WIDTH, 5.6), sharex=True)
    colour = COLOURS["raj_cnn"]
    looks = {CNN: ("-", colour, "÷ 255"), CNN_L2: (":", "white", "unit L2")}
    for ax, (column, claim) in zip(axes.flat, LOG.items(), strict=True):
        for name, (line, face, text) in looks.items():
            group = logs[logs["system"] == name]
            wide = group.pivot(index="epoch", columns="key", values=column).astype(float)
            seen, mean = wide.index * n_fit / 1000, wide.mean(axis=1, skipna=False)
            if wide.shape[1] > 1:
                ax.plot(seen, wide, line, color=colour, lw=0.7, alpha=0.45)
            ax.plot(seen, mean, f"o{line}", ms=4, color=colour, mfc=face, label=text)
        printed = claims.reported(claim)
        seen = np.arange(1, len(printed) + 1) * papers / 1000
        ax.plot(seen, printed, "D--", color=INK, mfc="white", ms=5, label="raj2024's log")
        if column.endswith("loss"):
            log_axis(ax, "y", np.append(logs[column].dropna(), printed))
        value_axis(ax.yaxis, column)
    for ax in axes[1]:
        ax.set_xlabel("training images seen (thousands)")
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper left", ncols=3)
    return figure


def pair_plot(table: pd.DataFrame, leader: str, other: str, count: int = 8):
    """Draw the errors by pair of digits: where the lead is largest, and where it is least.

    Args:
        table: what `lead.by_pair` returns.
        leader: name of the leader in `SYSTEMS`.
        other: name of the other system.
        count: pairs shown of either side.
    """
    import matplotlib.pyplot as plt

    shown = pd.concat([table.head(count), table.iloc[count:].tail(count)])
    places = np.arange(len(shown))
    figure, ax = plt.subplots(figsize=(WIDTH, 0.28 * len(shown) + 1.2))
    ax.hlines(places, shown["leader_errors"], shown["other_errors"], color=QUIET, lw=1.4)
    for column, name, marker in (("leader", leader, "o"), ("other", other, "s")):
        errors, text = shown[f"{column}_errors"], SYSTEMS[name].label
        ax.plot(errors, places, marker, color=_colour(name), label=text)
    ax.set_yticks(places, shown["pair"])
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    ax.set(xlabel="test images of one taken for the other", ylabel="pair of digits")
    ax.set_xlim(left=min(0, ax.get_xlim()[0]))
    ax.legend(**_ABOVE, ncols=2)
    return figure


def gallery(images: np.ndarray, y_true: np.ndarray, y_pred: np.ndarray, columns: int = 10):
    """Draw images with the true digit and a wrong prediction: "4, not 9".

    Args:
        images: uint8 (n, 28, 28); with none, the figure says so.
        y_true: labels (n,).
        y_pred: predictions (n,).
        columns: images per row.
    """
    import matplotlib.pyplot as plt

    if len(images):
        pairs = zip(y_true, y_pred, strict=True)
        return digit_grid(images, [f"{a}, not {b}" for a, b in pairs], columns)
    figure, ax = plt.subplots(figsize=(WIDTH, 0.6))
    ax.set_axis_off()
    ax.text(0.5, 0.5, "there is no such image", ha="center", va="center", color=QUIET)
    return figure


def cost_plot(table: pd.DataFrame):
    """Draw test error over the time to predict, both logarithmic, systems named.

    Args:
        table: what `results.cost_table` returns.
    """
    import matplotlib.pyplot as plt

    from mnistlib.show.plots import name_points

    figure, ax = plt.subplots(figsize=(WIDTH, 4.6))
    points = table[["predict_seconds"]].assign(error=1 - table["test_accuracy"])
    seconds, error = points["predict_seconds"], points["error"]
    for x, y, system in zip(seconds, error, table["system"], strict=True):
        _point(ax, x, y, system)
    log_axis(ax, "x", seconds)
    log_axis(ax, "y", error)
    ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
    ax.margins(x=0.12, y=0.1)
    ax.set(xlabel=f"{label('predict_seconds')} 1,000 images", ylabel="test error")
    name_points(ax, seconds, error, table["label"], points)
    return figure


def _colour(system: str) -> str:
    """Return the colour of a system's method; all convolutional networks share one."""
    return COLOURS.get(SYSTEMS[system].fields["model"], COLOURS["raj_cnn"])


def _point(ax, x, y, system: str, **more) -> None:
    """Draw a system in its method's colour; hollow if it is not the CNN of Fig. 10."""
    is_other_cnn = system in NETWORKS and system not in (CNN, ANN)
    colour = _colour(system)
    face = "white" if is_other_cnn else colour
    style = {"fmt": "o", "ms": 6, "capsize": 3, "lw": 1.4, "zorder": 3}
    ax.errorbar(x, y, color=colour, mfc=face, **style, **more)
