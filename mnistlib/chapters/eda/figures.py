"""Figures of the notebook on the data; each function returns a matplotlib Figure."""

import numpy as np
import pandas as pd

from mnistlib.show.pictures import bare
from mnistlib.show.style import COLOURS, INK, QUIET, WIDTH


def class_bars(table: pd.DataFrame, claims: pd.DataFrame | None = None):
    """Draw the images of each digit in both parts, and the ranges that a paper prints.

    Args:
        table: what `eda.class_table` returns.
        claims: what `eda.range_claims` returns, or None to leave the ranges out.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.2))
    parts = (("train", "training"), ("test", "test"))
    for ax, (column, part) in zip(axes, parts, strict=True):
        counts = table[column]
        ax.bar(table["digit"], counts, color=COLOURS[column], width=0.75)
        ax.axhline(counts.mean(), color=INK, lw=1, ls=":", label="mean over digits")
        if claims is not None:
            claim = claims.set_index("part").loc[part]
            ax.axhspan(
                claim["low"],
                claim["high"],
                color=QUIET,
                alpha=0.25,
                lw=0,
                zorder=3,
                label="range printed in ahmareen2024",
            )
        ax.set_xticks(table["digit"])
        ax.grid(False, axis="x")
        ax.set(xlabel="digit", ylabel=f"{part} images")
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper left", ncols=2)
    return figure


def scaling_samples(samples: dict):
    """Draw the same images under each scaling, a row each with its own grey scale.

    Args:
        samples: scaling -> array (n, 28, 28).
    """
    import matplotlib.pyplot as plt

    n = len(next(iter(samples.values())))
    figure, axes = plt.subplots(
        len(samples), n, figsize=(WIDTH, WIDTH / (n + 1.5) * len(samples)), squeeze=False
    )
    for row, (name, images) in zip(axes, samples.items(), strict=True):
        for ax, image in zip(row, images, strict=True):
            ax.imshow(image, cmap="gray_r", vmin=images.min(), vmax=images.max())
            bare(ax)
        row[0].set_ylabel(name, rotation=0, ha="right", va="center", labelpad=8)
    return figure


def centres(facts: pd.DataFrame):
    """Draw where the centres of mass lie, as offsets from the middle of the frame.

    Args:
        facts: what `eda.shape_facts` returns.
    """
    import matplotlib.pyplot as plt

    offsets = facts[["right", "down"]]
    reach = 1.05 * max(np.abs(offsets).max(axis=None), 0.5)
    figure, ax = plt.subplots(figsize=(5.2, 4.4))
    drawn = ax.hexbin(
        offsets["right"],
        offsets["down"],
        gridsize=40,
        extent=(-reach, reach) * 2,
        mincnt=1,
        cmap="viridis",
    )
    for line in (ax.axhline, ax.axvline):
        line(0, color=INK, lw=1, ls="--")
    ax.set(
        xlabel="pixels to the right of the middle",
        ylabel="pixels below the middle",
        aspect="equal",
        xlim=(-reach, reach),
        ylim=(reach, -reach),
    )
    figure.colorbar(drawn, label="images", shrink=0.85).outline.set_visible(False)
    return figure


def maps(places: dict, labels: np.ndarray):
    """Draw maps of images side by side: a point per image, its digit as colour and name.

    Args:
        places: title -> array (n, 2).
        labels: digits (n,).
    """
    import matplotlib.pyplot as plt
    import seaborn as sns
    from matplotlib.patheffects import withStroke

    palette = np.array(sns.color_palette("colorblind", 10))
    figure, axes = plt.subplots(
        1, len(places), figsize=(WIDTH, 0.5 + WIDTH / len(places)), squeeze=False
    )
    size = max(2.0, 12 - len(labels) / 300)
    for ax, (title, xy) in zip(axes.flat, places.items(), strict=True):
        ax.scatter(*xy.T, c=palette[labels], s=size, lw=0, alpha=0.7)
        for digit in np.unique(labels):
            name = ax.text(
                *np.median(xy[labels == digit], axis=0),
                digit,
                color=INK,
                ha="center",
                va="center",
                fontsize=13,
                fontweight="bold",
            )
            name.set_path_effects([withStroke(linewidth=3, foreground="white")])
        ax.set_title(title, fontsize=10)
        bare(ax)
    return figure


def pair_grid(pairs: pd.DataFrame, queries: np.ndarray, gallery: np.ndarray):
    """Draw queries in a row and their nearest training images below.

    Args:
        pairs: rows of what `neighbours.search` returns, at least one.
        queries: images of the part that the queries come from, (n, 28, 28).
        gallery: the training images, (m, 28, 28).
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        2, len(pairs), figsize=(max(WIDTH * len(pairs) / 10, 2), 2.2), squeeze=False
    )
    for (above, below), pair in zip(axes.T, pairs.itertuples(), strict=True):
        for ax, image, label in (
            (above, queries[pair.row], pair.label),
            (below, gallery[pair.nearest_row], pair.nearest_label),
        ):
            ax.imshow(image, cmap="gray_r", vmin=0, vmax=255)
            ax.set_title(str(label), fontsize=8, pad=2)
            bare(ax)
        below.set_xlabel(f"{pair.distance:.2f}", fontsize=8)
    return figure
