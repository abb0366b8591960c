"""The figures of the page on errors; matplotlib is loaded when one is drawn."""

import pandas as pd

from mnistlib.show.style import INK, PALETTE, QUIET, WIDTH

LEAST = 20  # predictions of a bin that is drawn
_PARTS = {"train": "training images", "test": "test images"}


def curves_figure(history: pd.DataFrame, measure: str):
    """Draw raut's network over epochs, on training and test images: a line a run.

    Args:
        history: of its runs, tested at each epoch.
        measure: "accuracy" or "loss".
    """
    from mnistlib.show.plots import learning_curves

    names = [f"{part}_{measure}" for part in _PARTS]
    long = history.melt(["key", "epoch"], names, "part", measure)
    long["part"] = long["part"].str.removesuffix(f"_{measure}").map(_PARTS)
    figure = learning_curves(long, "part", measure, log=measure == "loss")
    if measure == "loss":
        figure.axes[0].set_ylabel("loss (nats)")
    return figure


def hard_titles(hard: pd.DataFrame) -> list[str]:
    """Return for images of `results.hard_images`: label, digit instead, share misread."""
    return [
        f"{row.label}, read as {row.instead}\n({100 * row.misread:.0f} % misread it)"
        for row in hard.itertuples()
    ]


def overlap_figure(overlap: pd.DataFrame):
    """Draw which share of a system's errors (row) another (column) makes, too.

    Args:
        overlap: from `results.overlap_table`.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    names = list(dict.fromkeys(overlap["a"]))
    wide = overlap.pivot(index="a", columns="b", values="share").loc[names, names]
    figure, ax = plt.subplots(figsize=(WIDTH, 0.45 * len(names) + 1.6))
    shade = sns.light_palette(PALETTE[0], as_cmap=True)
    look = {"cmap": shade, "vmin": 0, "vmax": 100, "cbar": False}
    sns.heatmap(100 * wide, annot=True, fmt=".0f", annot_kws={"color": INK}, ax=ax, **look)
    ax.set(xlabel="make so many of them, too (%)", ylabel="of the errors of")
    ax.grid(False)
    ax.tick_params(length=0)
    ax.set_xticks(ax.get_xticks(), names, rotation=35, ha="right")
    return figure


def reliability_figure(curves: pd.DataFrame):
    """Draw the share that is right over confidence, a panel a system.

    Args:
        curves: from `results.calibration`; a larger dot is a bin of more predictions, and
            bins of fewer than `LEAST` are left out.
    """
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(curves["system"]))
    rows = max(1, -(-len(names) // 5))
    figure, axes = plt.subplots(
        rows, 5, figsize=(WIDTH, 1.9 * rows), sharex=True, sharey=True, squeeze=False
    )
    for ax in axes.flat[len(names) :]:
        ax.set_axis_off()
    for ax, name in zip(axes.flat, names, strict=False):
        part = curves[(curves["system"] == name) & (curves["n"] >= LEAST)]
        ax.plot([0, 1], [0, 1], color=QUIET, lw=0.8)
        ax.plot(part["confidence"], part["accuracy"], color=PALETTE[0], lw=1.2)
        size = 6 + 60 * (part["n"] / part["n"].sum()) ** 0.5
        at = part["confidence"], part["accuracy"], size
        ax.scatter(*at, color=PALETTE[0], clip_on=False, zorder=3)
        ax.set_title(name, loc="left", fontsize=9)
        ax.set(xlim=(0, 1.03), ylim=(0, 1.03), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    figure.supxlabel("confidence", fontsize=10)
    figure.supylabel("share that is right", fontsize=10)
    return figure
