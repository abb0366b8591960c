"""Pictures of digits and of their pixels. Every function returns a matplotlib Figure."""

import math

import numpy as np

from mnistlib.show.style import INK, PALETTE, QUIET, WIDTH, colours, label


def bare(ax) -> None:
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
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        rows, columns, figsize=(size * columns, (size + extra) * rows), squeeze=False
    )
    for spare in axes.flat[n:]:
        spare.set_axis_off()
    return figure, list(axes.flat[:n])


def digit_grid(images, titles=None, columns: int = 10):
    """Draw images side by side, ink dark on white; one without ink leaves its place empty.

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
        bare(ax)
        ax.set_visible(bool(image.any()))
    if titles is not None:
        for ax, title in zip(axes, titles, strict=True):
            ax.set_title(title, fontsize=8, pad=3)
    return figure


def heat_images(images: dict, unit: str = "", columns: int = 5, diverging=False):
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
        bare(ax)
    bar = figure.colorbar(drawn, ax=axes, label=unit, fraction=0.03, pad=0.02)
    bar.outline.set_visible(False)
    return figure


def confusion_plot(confusion, ax=None):
    """Draw a confusion matrix with its counts; the colour shows errors only.

    Args:
        confusion: counts of shape (10, 10), rows true, columns predicted.
        ax: axes to draw on, or None for a new figure.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    counts = np.asarray(confusion)
    if ax is None:
        _, ax = plt.subplots(figsize=(5.6, 5.2))
    diagonal = np.eye(len(counts), dtype=bool)
    sns.heatmap(
        np.where(diagonal, 0, counts),
        mask=diagonal | (counts == 0),
        annot=counts,
        fmt="d",
        cmap=sns.light_palette(PALETTE[3], as_cmap=True),
        vmin=0,
        vmax=max(1, counts[~diagonal].max()),
        cbar=False,
        square=True,
        linewidths=0.6,
        linecolor="#e6e6e6",
        clip_on=False,
        annot_kws={"fontsize": 8, "color": INK},
        ax=ax,
    )
    for i, right in enumerate(np.diag(counts)):
        ax.text(i + 0.5, i + 0.5, right, ha="center", va="center", fontsize=8, color=QUIET)
    ax.set(xlabel="predicted digit", ylabel="true digit")
    ax.tick_params(length=0, rotation=0)
    ax.grid(False)
    return ax.figure


def pixel_profile(values: dict, side: int = 28, ylabel: str = "pixel value"):
    """Draw values over the pixel index, a panel each: an image's rows show as a period.

    Args:
        values: name -> array of side * side values, row by row.
        side: pixels in a row; default 28. Light lines mark every fourth row's start.
        ylabel: what is drawn.
    """
    import matplotlib.pyplot as plt

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
