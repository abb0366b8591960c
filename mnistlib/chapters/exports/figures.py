"""The figure of exported files: size against accuracy and against time."""

import pandas as pd

from mnistlib.chapters.exports.results import PRECISIONS
from mnistlib.show import style

MARKS = {"Keras": "s", "ONNX": "o", "LiteRT": "^", "JavaScript": "D"}


def sizes(files: pd.DataFrame):
    """Draw every file's size against its accuracy and its time for one image.

    Args:
        files: what `results.files` returned.
    """
    import matplotlib.pyplot as plt
    from matplotlib.lines import Line2D

    figure, axes = plt.subplots(1, 2, figsize=(style.WIDTH, 3.6), layout="constrained")
    palette = style.colours(PRECISIONS)
    for row in files.itertuples():
        kilobytes = row.bytes / 1000
        look = {"color": palette[row.precision], "marker": MARKS[row.format], "ms": 6}
        if row.gate:  # not kept
            look["mfc"] = "white"
        for ax, middle, low, high in (
            (axes[0], row.accuracy, row.low, row.high),
            (axes[1], row.ratio, row.least, row.largest),
        ):
            if pd.isna(middle):
                continue
            error = [[middle - low], [high - middle]]
            ax.errorbar(kilobytes, middle, yerr=error, capsize=2, lw=1, **look)
    axes[1].axhline(1, color=style.QUIET, lw=1)
    for ax in axes:
        style.log_axis(ax, "x", files["bytes"] / 1000)
        ax.set_xlabel("size (kB)")
    style.log_axis(axes[1], "y", pd.concat([files["least"], files["largest"]]))
    style.value_axis(axes[0].yaxis, "test_accuracy")
    axes[1].set_ylabel("time of one image ÷ source's")
    handles = [
        *(Line2D([], [], color=c, marker="o", ls="", label=p) for p, c in palette.items()),
        *(
            Line2D([], [], color=style.INK, marker=m, ls="", label=name)
            for name, m in MARKS.items()
        ),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=4)
    return figure
