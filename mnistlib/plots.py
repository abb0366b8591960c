"""One look for every figure. Captions belong to the page: single plots have no titles."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FuncFormatter,
    LogFormatterSciNotation,
    LogLocator,
    NullFormatter,
    PercentFormatter,
)

from mnistlib.evaluate import summary

WIDTH = 8.0  # inches; at 150 dpi a figure is at most 1,200 pixels wide

# seaborn's "colorblind" palette, after Okabe and Ito, ordered so that neighbours differ.
_BLUE, _ORANGE, _GREEN, _RED, _PINK, _BROWN, _ROSE, _GREY, _YELLOW, _SKY = (
    sns.color_palette("colorblind").as_hex()
)
_INK = "#222222"
_QUIET = "#767676"

# A method keeps its colour through the whole book.
COLOURS = {
    # optimizers
    "sgd": _BLUE,
    "sgd_momentum": _SKY,
    "adam": _ORANGE,
    "adadelta": _GREEN,
    # batch normalisation
    "none": _GREY,
    "before_activation": _BLUE,
    "after_activation": _RED,
    # networks and baselines
    "base_cnn": _GREEN,
    "complex_cnn": _PINK,
    "raj_cnn": _BLUE,
    "stage_cnn": _BROWN,
    "ann": _ORANGE,
    "svm": _GREEN,
    "knn": _RED,
    "random_forest": _PINK,
    "decision_tree": _BROWN,
    "naive_bayes": _GREY,
    "logistic_regression": _SKY,
    # parts of the data
    "train": _BLUE,
    "validation": _ORANGE,
    "test": _GREEN,
}

LABELS = {
    "sgd": "SGD",
    "sgd_momentum": "SGD, momentum",
    "adam": "Adam",
    "adadelta": "Adadelta",
    "none": "none",
    "before_activation": "before activation",
    "after_activation": "after activation",
    "base_cnn": "base CNN",
    "complex_cnn": "complex CNN",
    "raj_cnn": "CNN",
    "stage_cnn": "staged CNN",
    "ann": "ANN",
    "svm": "SVM",
    "knn": "k-NN",
    "random_forest": "random forest",
    "decision_tree": "decision tree",
    "naive_bayes": "naive Bayes",
    "logistic_regression": "logistic regression",
    "train_accuracy": "training accuracy",
    "val_accuracy": "validation accuracy",
    "test_accuracy": "test accuracy",
    "train_loss": "training loss (nats)",
    "val_loss": "validation loss (nats)",
    "test_loss": "test loss (nats)",
    "learning_rate": "learning rate",
    "epoch": "epoch",
    "parameters": "parameters",
    "macs": "multiply-accumulates per image",
    "fit_seconds": "seconds to fit",
    "predict_seconds": "seconds to predict",
}

_MARKERS = ["o", "s", "^", "D", "v", "P", "X", "*"]


def set_style() -> None:
    """Set the look of all figures: call it once, before the first figure."""
    sns.set_theme(
        context="notebook",
        style="ticks",
        palette="colorblind",
        font_scale=0.9,
        rc={
            "figure.dpi": 150,
            "savefig.dpi": 150,
            # White, not transparent: figures stay legible on a dark page.
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            "axes.facecolor": "white",
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#e6e6e6",
            "grid.linewidth": 0.7,
            "axes.edgecolor": _QUIET,
            "axes.linewidth": 0.8,
            "axes.labelcolor": _INK,
            "text.color": _INK,
            "xtick.color": _INK,
            "ytick.color": _INK,
            "xtick.major.width": 0.8,
            "ytick.major.width": 0.8,
            "xtick.minor.size": 0,
            "ytick.minor.size": 0,
            "legend.frameon": False,
            "lines.linewidth": 1.6,
            "svg.hashsalt": "mnistlib",
        },
    )


def label(name) -> str:
    """Return how a method or a column is called in figures and tables."""
    return LABELS.get(name, str(name))


def colours(names) -> dict:
    """Return a colour for every name: its own, or the next free one of the palette."""
    names = list(dict.fromkeys(names))
    taken = {COLOURS[name] for name in names if name in COLOURS}
    palette = [_BLUE, _ORANGE, _GREEN, _RED, _PINK, _BROWN, _SKY, _GREY]
    free = [colour for colour in palette if colour not in taken] or palette
    others = [name for name in names if name not in COLOURS]
    chosen = {name: free[i % len(free)] for i, name in enumerate(others)}
    return {name: COLOURS.get(name) or chosen[name] for name in names}


def _figure(ax, width=WIDTH, height=4.0):
    """Return (figure, axes): those given, or new ones."""
    return (ax.figure, ax) if ax is not None else plt.subplots(figsize=(width, height))


def _decimal(value, _position) -> str:
    """Write a tick of a log axis as people do: 0.001, 0.1, 10, 1,000."""
    return f"{value:,.0f}" if value >= 1 else f"{value:.10f}".rstrip("0")


def _log_axis(axis, values) -> None:
    """Make an axis logarithmic with ticks that can be read, also over half a decade."""
    values = pd.Series(values, dtype=float)
    values = values[values > 0]
    low, high = values.min(), values.max()
    axis._set_axes_scale("log")
    decades = math.log10(high / low) if len(values) else 0
    subs = (1.0,) if decades > 2.5 else (1.0, 3.0) if decades > 1.2 else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=subs))
    small = len(values) and low >= 1e-5 and high <= 1e6
    axis.set_major_formatter(
        FuncFormatter(_decimal) if small else LogFormatterSciNotation()
    )
    axis.set_minor_formatter(NullFormatter())


def _value_axis(axis, name: str) -> None:
    """Name an axis, and write accuracies in percent."""
    axis.set_label_text(label(name))
    if str(name).endswith("accuracy"):
        axis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))


def _off(ax) -> None:
    """Leave of an image's axes only a hair-line frame."""
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set(visible=True, color="#cccccc", linewidth=0.6)


def _images(images) -> np.ndarray:
    """Return images as (n, 28, 28): a last axis of one channel is dropped."""
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 or not len(images):
        raise ValueError(
            "images must be at least one image, as an array (n, height, width). "
            f"Received: images=array of shape {images.shape} ({images.dtype}). "
            "Index with a list to keep the first axis."
        )
    return images


def _panels(n: int, columns: int, side: float, extra: float = 0.0):
    """Return (figure, list of n square axes) in rows of at most `columns`."""
    columns = min(columns, n)
    rows = math.ceil(n / columns)
    size = min(side, WIDTH / columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(size * columns, (size + extra) * rows), squeeze=False
    )
    for spare in axes.flat[n:]:
        spare.set_axis_off()
    return figure, list(axes.flat[:n])


def digit_grid(images, titles=None, columns: int = 10) -> Figure:
    """Draw images side by side, ink dark on white.

    Args:
        images: array (n, 28, 28) or (n, 28, 28, 1), any dtype; all share one grey scale.
        titles: n short texts to put above the images, or None.
        columns: images per row; default 10.
    """
    images = _images(images)
    figure, axes = _panels(len(images), columns, 1.2, 0.25 if titles is not None else 0)
    low, high = float(np.nanmin(images)), float(np.nanmax(images))
    for ax, image in zip(axes, images, strict=True):
        ax.imshow(image, cmap="gray_r", vmin=low, vmax=high)
        _off(ax)
    if titles is not None:
        for ax, title in zip(axes, titles, strict=True):
            ax.set_title(title, fontsize=8, pad=3)
    return figure


def heat_images(images: dict, unit: str = "", columns: int = 5, diverging=False) -> Figure:
    """Draw maps over pixels with one shared colour scale.

    Args:
        images: title -> array (28, 28).
        unit: what the colour measures, written at the colour bar.
        columns: maps per row; default 5.
        diverging: centre the scale at 0, blue below and red above; default False.
    """
    arrays = _images(list(images.values()))
    figure, axes = _panels(len(arrays), columns, 2.6, 0.3)
    low, high = float(np.nanmin(arrays)), float(np.nanmax(arrays))
    if diverging:
        high = max(abs(low), abs(high))
        low = -high
    cmap = "RdBu_r" if diverging else "viridis"
    for ax, title, image in zip(axes, images, arrays, strict=True):
        drawn = ax.imshow(image, cmap=cmap, vmin=low, vmax=high)
        ax.set_title(title, fontsize=9, pad=4)
        _off(ax)
    bar = figure.colorbar(drawn, ax=axes, label=unit, fraction=0.03, pad=0.02)
    bar.outline.set_visible(False)
    return figure


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
        _log_axis(ax.yaxis, history[y])
    _value_axis(ax.yaxis, y)
    ax.set_xlabel(label("epoch"))
    ax.xaxis.get_major_locator().set_params(integer=True)
    if len(palette) > 1:
        ax.legend(title=label(by) if by in LABELS else None)
    return figure


def interval_plot(frame, x, y, hue=None, ax=None, log_x=False, horizontal=False) -> Figure:
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
        for category, values in part.groupby(x, sort=log_x)[y]:
            # On a log axis, shift by a factor so that intervals of hues do not overlap.
            at = (
                category * 10 ** (shift / 8)
                if log_x
                else categories.index(category) + shift
            )
            found = summary(values)
            colour = palette[name if hue else category]
            _draw_interval(ax, at, values, found, colour, _MARKERS[i % 8], horizontal)
            places.append(at)
            means.append(found["mean"])
        if log_x:
            ax.plot(places, means, color=palette[name] if hue else _QUIET, lw=1, zorder=2)
        if hue:
            ax.plot([], [], _MARKERS[i % 8], color=palette[name], label=label(name))
    value_axis, category_axis = (ax.xaxis, ax.yaxis) if horizontal else (ax.yaxis, ax.xaxis)
    if log_x:
        _log_axis(ax.xaxis, frame[x])
    else:
        category_axis.set_ticks(range(len(categories)), [label(c) for c in categories])
        category_axis.grid(False)
        ax.margins(**{"y" if horizontal else "x": 0.5 / max(len(categories), 1)})
    if horizontal:
        ax.invert_yaxis()
    _value_axis(value_axis, y)
    if log_x or x in LABELS:
        category_axis.set_label_text(label(x))
    if hue:
        ax.legend(title=label(hue) if hue in LABELS else None)
    return figure


def _draw_interval(ax, at, values, found, colour, marker, horizontal) -> None:
    """Draw one group: its points in the open, its mean and interval filled."""
    seeds = np.asarray(values, dtype=float)
    along = np.full(len(seeds), float(at))
    xy = (seeds, along) if horizontal else (along, seeds)
    if len(seeds) > 1:
        ax.scatter(
            *xy, s=16, facecolors="none", edgecolors=colour, linewidths=0.8, zorder=3
        )
    half = found["mean"] - found["low"]
    error = {"xerr" if horizontal else "yerr": None if math.isnan(half) else half}
    centre = (found["mean"], at) if horizontal else (at, found["mean"])
    ax.errorbar(
        *centre, **error, fmt=marker, color=colour, ms=6, capsize=4, lw=1.4, zorder=4
    )


def confusion_plot(confusion, ax=None) -> Figure:
    """Draw a confusion matrix with its counts; the colour shows errors only.

    Args:
        confusion: counts of shape (10, 10), rows true, columns predicted.
        ax: axes to draw on, or None for a new figure.
    """
    counts = np.asarray(confusion)
    figure, ax = _figure(ax, 5.6, 5.2)
    diagonal = np.eye(len(counts), dtype=bool)
    sns.heatmap(
        np.where(diagonal, 0, counts),
        mask=diagonal,
        annot=np.where(counts == 0, "", counts.astype(str)),
        fmt="",
        cmap="Oranges",
        vmin=0,
        vmax=max(1, counts[~diagonal].max()),
        cbar=False,
        square=True,
        linewidths=0.6,
        linecolor="#e6e6e6",
        annot_kws={"fontsize": 8},
        ax=ax,
    )
    for i, right in enumerate(np.diag(counts)):
        ax.text(i + 0.5, i + 0.5, right, ha="center", va="center", fontsize=8, color=_QUIET)
    ax.set(xlabel="predicted digit", ylabel="true digit")
    ax.tick_params(length=0, rotation=0)
    return figure


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


def pareto_plot(frame, x, y, label_by, low=None, high=None, ax=None) -> Figure:
    """Draw gain over cost, with the front of systems that no other system beats.

    Args:
        frame: a row per system.
        x: column of the cost, positive; drawn on a logarithmic axis.
        y: column of the gain.
        label_by: column of the names.
        low: column of the lower end of y's interval, or None.
        high: column of the upper end of y's interval, or None.
        ax: axes to draw on, or None for a new figure.
    """
    figure, ax = _figure(ax, height=4.6)
    frame = frame.sort_values(x)
    front = frame[pareto_front(frame[x], frame[y])]
    _log_axis(ax.xaxis, frame[x])
    ax.step(front[x], front[y], where="post", color=_QUIET, lw=1, ls="--", zorder=1)
    palette = colours(frame[label_by])
    above = True
    for _, row in frame.iterrows():
        colour, on_front = palette[row[label_by]], row[x] in front[x].to_numpy()
        if low and high and not pd.isna(row[low]):
            error = [[row[y] - row[low]], [row[high] - row[y]]]
            ax.errorbar(row[x], row[y], yerr=error, color=colour, lw=1.2, capsize=3)
        face = colour if on_front else "white"
        ax.scatter(row[x], row[y], s=42, color=face, edgecolors=colour, lw=1.4, zorder=3)
        above = not above
        ax.annotate(
            label(row[label_by]),
            (row[x], row[y]),
            xytext=(6, 6 if above else -12),
            textcoords="offset points",
            fontsize=8,
        )
    ax.margins(x=0.12, y=0.1)
    ax.set_xlabel(label(x))
    _value_axis(ax.yaxis, y)
    return figure


def pixel_profile(values: dict, side: int = 28, ylabel: str = "pixel value") -> Figure:
    """Draw values over the pixel index, a panel each: an image's rows show as a period.

    Args:
        values: name -> array of side * side values, row by row.
        side: pixels in a row; default 28. Light lines mark every fourth row's start.
        ylabel: what is drawn.
    """
    figure, axes = plt.subplots(
        len(values), 1, figsize=(WIDTH, 1.9 * len(values) + 0.5), sharex=True, squeeze=False
    )
    palette = colours(values)
    for ax, (name, row) in zip(axes.flat, values.items(), strict=True):
        row = np.asarray(row, dtype=float).ravel()
        ax.plot(np.arange(len(row)), row, color=palette[name], lw=0.9)
        ax.fill_between(np.arange(len(row)), row, color=palette[name], alpha=0.15, lw=0)
        ax.set(ylabel=ylabel, xlim=(0, len(row) - 1))
        ax.set_xticks(range(0, len(row) + 1, 4 * side))
        if len(values) > 1:
            ax.set_title(label(name), loc="left", fontsize=9)
    axes.flat[-1].set_xlabel("pixel index, row by row")
    return figure
