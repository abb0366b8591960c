"""The figures of the notebook on photographs."""

import numpy as np
import pandas as pd

from mnistlib.chapters.photos.design import PAPERS, READERS
from mnistlib.chapters.photos.pictures import Photo, of_kind, one_digit, seen
from mnistlib.photos.damage import KINDS as DAMAGES
from mnistlib.photos.damage import damage
from mnistlib.photos.render import KINDS
from mnistlib.show.pictures import bare
from mnistlib.show.style import QUIET, WIDTH, colours, legend

_BLANK = np.zeros((28, 28), np.float32)


def kinds_figure(photos: list[Photo], columns: int = 5):
    """Draw a photograph of each kind; beside it what R7 and our reader show the network."""
    import matplotlib.pyplot as plt

    rows = -(-len(KINDS) // columns)
    size = WIDTH / columns
    figure, axes = plt.subplots(
        rows,
        columns * 2,
        figsize=(WIDTH, rows * (size * 0.76)),
        width_ratios=[2, 1] * columns,
    )
    for ax in axes.flat:
        ax.set_axis_off()
    for i, kind in enumerate(KINDS):
        photo = of_kind(photos, kind)
        left, right = axes.flat[2 * i : 2 * i + 2]
        left.imshow(photo.pixels)
        left.set_title(kind, fontsize=8, pad=3, loc="left")
        found = one_digit(photo)
        both = [seen([photo], PAPERS)[0], _BLANK if found is None else found]
        rim = np.full((3, 28), np.nan)
        right.imshow(np.vstack([both[0], rim, both[1]]), cmap="gray", vmin=0, vmax=1)
    return figure


def kinds_plot(frame: pd.DataFrame):
    """Draw for each kind of photograph what share each reader reads.

    Args:
        frame: from `pictures.readings`.
    """
    import matplotlib.pyplot as plt

    mean = frame.groupby(["kind", "reader"], sort=False)["right"].mean().unstack()
    kinds = list(KINDS)
    figure, ax = plt.subplots(figsize=(WIDTH, 0.28 * len(kinds) + 1.0))
    palette = colours(READERS)
    for reader, marker in zip(READERS, "sDo", strict=True):
        values = mean.loc[kinds, reader]
        ax.plot(
            values, range(len(kinds)), marker, color=palette[reader], label=reader, ms=6
        )
    ax.axvline(0.1, color=QUIET, lw=0.8, ls=":")
    ax.set_yticks(range(len(kinds)), kinds)
    ax.invert_yaxis()
    ax.set(xlim=(-0.02, 1.02), xlabel="photographs that are read")
    ax.xaxis.set_major_formatter(lambda x, _: f"{100 * x:g} %")
    legend(ax, "reader")
    return figure


def damages_figure(image: np.ndarray):
    """Draw one image under each damage, weak to strong.

    Args:
        image: float32 (28, 28), 0 to 1.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(DAMAGES), 5, figsize=(WIDTH * 0.6, len(DAMAGES) * 0.85))
    for row, (kind, (_, strengths, _)) in zip(axes, DAMAGES.items(), strict=True):
        for strength, ax in enumerate(row, 1):
            ax.imshow(
                damage(image[None], kind, strength, 0)[0], cmap="gray_r", vmin=0, vmax=1
            )
            ax.set_title(f"{strengths[strength - 1]:g}", fontsize=7, pad=2)
            bare(ax)
        row[0].set_ylabel(kind, rotation=0, ha="right", va="center")
    return figure


def damage_plot(frame: pd.DataFrame):
    """Draw accuracy over the strength of each damage, a line a system.

    Args:
        frame: from `damages.damaged`.
    """
    import matplotlib.pyplot as plt

    mean = frame.groupby(["system", "damage", "strength"], sort=False)["accuracy"].mean()
    systems = list(dict.fromkeys(frame["system"]))
    palette = colours(systems)
    figure, axes = plt.subplots(2, 3, figsize=(WIDTH, 4.8), sharey=True)
    for ax, (kind, (_, strengths, about)) in zip(axes.flat, DAMAGES.items(), strict=True):
        for system, marker in zip(systems, "os^DvPX*", strict=False):
            values = [mean[system, "none", 0], *mean[system, kind]]
            ax.plot(
                range(6), values, marker=marker, ms=4, color=palette[system], label=system
            )
        ax.set_xticks(range(6), ["–", *(f"{s:g}" for s in strengths)])
        ax.set_title(kind, fontsize=9, loc="left")
        ax.set_xlabel(about, fontsize=7)
        ax.yaxis.set_major_formatter(lambda y, _: f"{100 * y:g} %")
        ax.axhline(0.1, color=QUIET, lw=0.8, ls=":")
    figure.supylabel("accuracy", fontsize=9)
    figure.legend(
        *axes.flat[0].get_legend_handles_labels(), loc="outside upper left", ncols=4
    )
    return figure


def line_figure(drawn: np.ndarray):
    """Draw a photograph of a line of digits as `mnistlib predict --show` does.

    Args:
        drawn: uint8 (h, w, 3).
    """
    import matplotlib.pyplot as plt

    height, width = drawn.shape[:2]
    figure, ax = plt.subplots(figsize=(WIDTH * 0.7, WIDTH * 0.7 * height / width))
    ax.imshow(drawn)
    bare(ax)
    return figure
