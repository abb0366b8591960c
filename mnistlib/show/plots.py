"""One look for every figure. Captions belong to the page: single plots have no titles."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator, NullLocator
from matplotlib.transforms import Bbox, ScaledTranslation

from mnistlib.show.pictures import confusion_plot, digit_grid, heat_images, pixel_profile
from mnistlib.show.style import (
    COLOURS,
    INK,
    LABELS,
    QUIET,
    WIDTH,
    colours,
    label,
    legend,
    log_axis,
    set_style,
    value_axis,
)
from mnistlib.stats.intervals import summary

__all__ = [
    "COLOURS",
    "LABELS",
    "colours",
    "confusion_plot",
    "digit_grid",
    "heat_images",
    "interval_plot",
    "label",
    "learning_curves",
    "name_points",
    "pareto_front",
    "pareto_plot",
    "pixel_profile",
    "set_style",
]

# Where a name may stand, in points from its point: near it first.
_SIDES = [
    (dx, dy, ha)
    for away in (7, 14, 24, 40)
    for dx, dy, ha in (
        (away, 5, "left"),
        (away, -12, "left"),
        (-away, 5, "right"),
        (-away, -12, "right"),
        (0, away + 1, "center"),
        (0, -away - 8, "center"),
        (away, away, "left"),
        (away, -away - 8, "left"),
        (-away, away, "right"),
        (-away, -away - 8, "right"),
    )
]
# Ticks of a logit axis.
_SHARES = [0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999]
_LEADER = {"arrowstyle": "-", "color": QUIET, "lw": 0.6, "shrinkA": 0, "shrinkB": 4}
_MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]


def _figure(ax, width=WIDTH, height=4.0):
    """Return (figure, axes): those given, or new ones."""
    return (ax.figure, ax) if ax is not None else plt.subplots(figsize=(width, height))


def learning_curves(history, by: str, y: str, ax=None, log=False) -> Figure:
    """Draw a measure over epochs: a thin line per run, a thick one for the mean of a group.

    The mean stops where a run of the group stops or is NaN: it never changes its members.

    Args:
        history: tidy frame with the columns key, epoch, `by` and `y`.
        by: column whose values get a colour each.
        y: column to draw, such as "val_accuracy".
        ax: axes to draw on, or None for a new figure.
        log: logarithmic y axis, for losses; default False.
    """
    figure, ax = _figure(ax)
    palette = colours(history[by])
    for name, group in history.groupby(by, sort=False):
        runs = group.pivot(index="epoch", columns="key", values=y)
        colour = palette[name]
        if runs.shape[1] > 1:
            ax.plot(runs.index, runs, color=colour, linewidth=0.7, alpha=0.45)
        mean = runs.mean(axis=1, skipna=False)
        marker = "o" if len(mean) <= 12 else None
        ax.plot(mean.index, mean, color=colour, label=label(name), marker=marker, ms=4)
    if log:
        log_axis(ax, "y", history[y])
    value_axis(ax.yaxis, y)
    ax.set_xlabel(label("epoch"))
    ax.xaxis.get_major_locator().set_params(integer=True)
    if len(palette) > 1:
        legend(ax, by)
    return figure


def interval_plot(
    frame,
    x,
    y,
    hue=None,
    ax=None,
    log_x=False,
    horizontal=False,
    failed=None,
    interval=True,
) -> Figure:
    """Draw every seed as a point, and the mean with Student's 95 % interval beside it.

    With one seed there is no interval, and the point is the mean.

    Args:
        frame: a row per run.
        x: column of the groups. With log_x it is a number, else a category.
        y: column to draw.
        hue: column of colours and markers, or None (then categories have their own colour).
        ax: axes to draw on, or None for a new figure.
        log_x: x is a positive number on a logarithmic axis, and means are joined by lines.
        horizontal: categories on the vertical axis, for long names.
        failed: column that tells which runs failed, or None. Failed runs are crosses. A
            group with one has two outcomes and no interval; its mark is the median of the
            runs that learned, as in the tables, and there is none where none did.
        interval: draw the interval; False for two seeds, of which Student's says little.
    """
    if log_x and horizontal:
        raise ValueError(
            "horizontal is for categories. Received: log_x=True, horizontal=True (bool). "
            "Leave one of them out."
        )
    categories = list(dict.fromkeys(frame[x]))
    hues = list(dict.fromkeys(frame[hue])) if hue else [None]
    height = max(2.2, 0.45 * len(categories) * max(1, len(hues) / 2) + 0.8)
    figure, ax = _figure(ax, height=height if horizontal else 4.0)
    palette = colours(hues if hue else categories)
    for i, name in enumerate(hues):
        part = frame[frame[hue] == name] if hue else frame
        shift = 0.7 * ((i + 0.5) / len(hues) - 0.5)
        places, means = [], []
        for category, group in part.groupby(x, sort=log_x):
            values = group[y]
            # On a log axis, shift by a factor so that intervals of hues do not overlap.
            at = (
                category * 10 ** (shift / 8)
                if log_x
                else categories.index(category) + shift
            )
            lost = group[failed].astype(bool) if failed else pd.Series(False, values.index)
            found = summary(values)
            if lost.any():
                found |= {"mean": float(values[~lost].median())}
            if lost.any() or not interval:
                found |= {"low": math.nan}
            colour = palette[name if hue else category]
            # Points in the open, beside the interval, so that the mean hides no seed.
            move = (0, 0) if log_x else (0, 6) if horizontal else (-8, 0)
            rings = values[~lost] if len(values) > 1 else values[:0]
            _draw_seeds(ax, at, rings, colour, horizontal, move, "o")
            _draw_seeds(ax, at, values[lost], colour, horizontal, move, "x")
            _draw_interval(ax, at, found, colour, _MARKERS[i % 8], horizontal)
            places.append(at)
            means.append(found["mean"])
        if log_x:
            ax.plot(places, means, color=palette[name] if hue else QUIET, lw=1, zorder=2)
        if hue:
            ax.plot([], [], _MARKERS[i % 8], color=palette[name], label=label(name))
    measured, categorical = (ax.xaxis, ax.yaxis) if horizontal else (ax.yaxis, ax.xaxis)
    if log_x:
        log_axis(ax, "x", frame[x])
    else:
        categorical.set_ticks(range(len(categories)), [label(c) for c in categories])
        categorical.grid(False)
        ax.margins(**{"y" if horizontal else "x": 0.5 / max(len(categories), 1)})
    ax.autoscale_view()
    if horizontal:
        ax.invert_yaxis()
    value_axis(measured, y)
    if log_x or x in LABELS:
        categorical.set_label_text(label(x))
    if hue:
        legend(ax, hue)
    return figure


def _draw_seeds(ax, at, values, colour, horizontal, move, marker) -> None:
    """Draw a ring or a cross for each seed, moved by some points."""
    if not len(values):
        return
    across = np.full(len(values), float(at))
    xy = np.column_stack([values, across] if horizontal else [across, values])
    moved = ax.transData + ScaledTranslation(
        move[0] / 72, move[1] / 72, ax.figure.dpi_scale_trans
    )
    looks = {"s": 14, "linewidths": 0.9, "zorder": 3, "marker": marker}
    looks |= {"c": colour} if marker == "x" else {"fc": "none", "ec": colour}
    ax.scatter(*xy.T, transform=moved, **looks)
    ax.update_datalim(xy[np.isfinite(xy).all(axis=1)])  # not done for moved points


def _draw_interval(ax, at, found, colour, marker, horizontal) -> None:
    """Draw a mean and, where there is one, its interval."""
    half = found["mean"] - found["low"]
    error = {"xerr" if horizontal else "yerr": None if math.isnan(half) else half}
    centre = (found["mean"], at) if horizontal else (at, found["mean"])
    ax.errorbar(
        *centre, **error, fmt=marker, color=colour, ms=6, capsize=4, lw=1.4, zorder=4
    )


def pareto_front(x, y) -> np.ndarray:
    """Return which points no other point beats: none has less x and at least the same y.

    Args:
        x: cost, shape (n,): less is better.
        y: gain, shape (n,): more is better.

    Returns:
        bool array of shape (n,); a point with NaN is never on the front.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    no_worse = (x[:, None] <= x) & (y[:, None] >= y)
    better = (x[:, None] < x) | (y[:, None] > y)
    return ~(no_worse & better).any(axis=0) & ~np.isnan(x) & ~np.isnan(y)


def pareto_plot(frame, x, y, label_by, hue=None, low=None, high=None, ax=None) -> Figure:
    """Draw gain over cost, with the front of systems that no other system beats.

    Systems on the front are filled. With more than ten systems only those are named. Gains
    that are shares stand on a logit axis, on which 98 and 99 % do not fall together.

    Args:
        frame: a row per system.
        x: column of the cost, positive; drawn on a logarithmic axis.
        y: column of the gain.
        label_by: column of the names.
        hue: column of the colours, explained by a legend; None: a colour per name.
        low: column of the lower end of y's interval, or None.
        high: column of the upper end of y's interval, or None.
        ax: axes to draw on, or None for a new figure.
    """
    figure, ax = _figure(ax, height=4.6)
    palette = colours(frame[hue or label_by])
    frame = frame.assign(_front=pareto_front(frame[x], frame[y])).sort_values(x)
    front = frame[frame["_front"]]
    log_axis(ax, "x", frame[x])
    if frame[y].dropna().between(0, 1, inclusive="neither").all():
        ax.set_yscale("logit")
        ax.yaxis.set_major_locator(FixedLocator(_SHARES))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter("{x:g}")
    ax.step(front[x], front[y], where="post", color=QUIET, lw=1, ls="--", zorder=1)
    for row in frame.to_dict("records"):
        colour = palette[row[hue or label_by]]
        if low and high and not pd.isna(row[low]):
            error = [[row[y] - row[low]], [row[high] - row[y]]]
            ax.errorbar(row[x], row[y], yerr=error, color=colour, lw=1.2, capsize=3)
        face = colour if row["_front"] else "white"
        ax.scatter(row[x], row[y], s=42, color=face, edgecolors=colour, lw=1.4, zorder=3)
    ax.margins(x=0.12, y=0.12)
    ax.set_xlabel(label(x))
    value_axis(ax.yaxis, y)
    if hue:
        for name, colour in palette.items():
            ax.plot([], [], "o", color=colour, label=label(name))
        legend(ax, hue)
    named = frame if len(frame) <= 10 else front
    name_points(ax, named[x], named[y], map(label, named[label_by]), frame[[x, y]])
    return figure


def _away(box: Bbox, points: np.ndarray) -> np.ndarray:
    """Return how far points (..., 2) are from a box, in its units; 0 inside."""
    return np.hypot(*np.moveaxis(points - np.clip(points, box.min, box.max), -1, 0))


def name_points(ax, xs, ys, names, points, colours=None) -> None:
    """Write names beside points, each where it lies on no point, line or earlier name.

    Where there is no such place, on the fewest of them.

    Args:
        ax: axes with their final scales and limits.
        xs: of the points that get a name; ys likewise.
        names: their names.
        points: DataFrame of two columns, all points that must stay visible.
        colours: of the names; default the ink's.
    """
    ax.figure.draw_without_rendering()  # positions are known only after the layout
    dots = ax.transData.transform(points.dropna().to_numpy(dtype=float))
    size = 5 * ax.figure.dpi / 72
    marks = [Bbox.from_bounds(u - size, v - size, 2 * size, 2 * size) for u, v in dots]
    written = []
    lines = [line.get_path() for line in ax.lines if line.get_transform() == ax.transData]
    lines += [
        path
        for c in ax.collections
        if isinstance(c, LineCollection)
        for path in c.get_paths()
    ]
    lines = [path.transformed(ax.transData) for path in lines if len(path) > 1]
    inside = ax.get_window_extent()
    colours = [INK] * len(xs) if colours is None else colours
    for x, y, name, colour in zip(xs, ys, names, colours, strict=True):
        tried, own = [], ax.transData.transform((x, y))
        for dx, dy, ha in _SIDES:
            text = ax.annotate(
                name, (x, y), (dx, dy), textcoords="offset points", ha=ha, fontsize=8,
                color=colour,
            )  # fmt: skip
            text.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
            box = text.get_window_extent()
            out = not (inside.x0 <= box.x0 and box.x1 <= inside.x1)
            out += not (inside.y0 <= box.y0 and box.y1 <= inside.y1)
            crossed = sum(path.intersects_bbox(box, filled=False) for path in lines)
            hidden = sum(box.overlaps(other) for other in marks)
            hidden += 3 * sum(box.overlaps(other) for other in written)  # illegible both
            # Without a line to its point, a name must lie nearer to that than to others.
            near = max(abs(dx), abs(dy)) <= 20
            astray = near and _away(box, own) > _away(box, dots).min() + 1
            tried.append((2 * out + crossed + hidden + astray, text, box))
        best = min(tried, key=lambda one: one[0])
        for one in tried:
            if one is not best:
                one[1].remove()
        written.append(best[2])
        if max(map(abs, best[1].xyann)) > 20:  # a line leads from a far name to its point
            ax.annotate(
                name, (x, y), best[1].xyann, textcoords="offset points", fontsize=8,
                ha=best[1].get_ha(), color=colour, arrowprops=_LEADER,
            )  # fmt: skip
            best[1].remove()
