"""The picture of the front page: every printed accuracy beside ours, as test errors."""

import pandas as pd

from mnistlib.show import style

# Narrow, with text in the size of a page's, so that it can be read on a phone.
WIDTH = 5.4
PRINTED, MEASURED = "#b34700", "#0b5c94"
PAPER, SYSTEM = 0.95, 1.0  # heights of rows, in units of _UNIT inches
_UNIT, _BOTTOM, _LINE = 0.37, 0.6, 0.23


def overview(rows: pd.DataFrame):
    """Draw printed and measured test errors, a row a system, grouped by paper.

    A printed value is a diamond, ours (the mean over seeds) a circle. Thick: the 95 %
    interval over seeds; thin, with caps: over test images; grey band: for one more run.

    Args:
        rows: accuracies in percent, a row a system: paper, system, printed, printed_low
            and printed_high (over test images; NaN for a system of our own), ours; low and
            high (over seeds), image_low and image_high (over test images), one_low and
            one_high (for one more run) may be NaN.

    Returns:
        matplotlib figure, made without pyplot, so that none stays open.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    papers = list(dict.fromkeys(rows["paper"]))
    units = PAPER * len(papers) + SYSTEM * len(rows)
    with mpl.rc_context():
        style.set_style()
        lines = _legend(rows)
        height = _UNIT * units + _BOTTOM + _LINE * ((len(lines) + 1) // 2) + 0.15
        figure = Figure(figsize=(WIDTH, height), layout="none")
        ax = figure.add_axes(
            (0.03, _BOTTOM / height, 0.94, _UNIT * units / height), yticks=[]
        )
        ax.spines["left"].set_visible(False)
        ax.set(ylim=(units, 0), xlabel="test error, % (less is better)")
        ends = 100 - rows.drop(columns=["paper", "system"]).astype(float).to_numpy()
        style.log_axis(ax, "x", ends)
        # No error at all has no place on a logarithmic axis: it is put at the edge.
        least, most = ends[ends > 0].min(), ends[ends > 0].max()
        left = max(least / 1.25, 0.02)
        ax.set_xlim(left, most * 1.15)
        at = 0.0
        for paper in papers:
            ax.axhspan(at + 0.05, at + PAPER - 0.1, color="#eef1f4", lw=0, zorder=0)
            _write(ax, at + PAPER / 2, paper, weight="bold", family="monospace")
            at += PAPER
            for row in rows[rows["paper"] == paper].to_dict("records"):
                _write(ax, at + 0.22, row["system"], color="#3a424b")
                _draw(ax, at + 0.68, row, left)
                at += SYSTEM
        figure.legend(
            handles=lines, loc="upper left", bbox_to_anchor=(0.02, 1 - 0.06 / height),
            ncols=2, columnspacing=1.6, handletextpad=0.7, fontsize=9.5, borderaxespad=0,
        )  # fmt: skip
    return figure


def _write(ax, y: float, text: str, **looks) -> None:
    looks = {"fontsize": 9.5, "va": "center", "zorder": 5} | looks
    ax.text(0.008, y, text, transform=ax.get_yaxis_transform(), **looks)


def _draw(ax, y: float, row: dict, left: float) -> None:
    def bar(low: float, high: float, shift: float = 0.0, **looks) -> None:
        if not (pd.isna(low) or pd.isna(high)):
            ends = [max(100 - high, left), max(100 - low, left)]
            ax.plot(ends, [y + shift] * 2, solid_capstyle="butt", **looks)

    bar(row["one_low"], row["one_high"], color="#d3dae1", lw=9, zorder=1)
    bar(row["low"], row["high"], color=MEASURED, lw=4.5, alpha=0.55, zorder=3)
    for name, colour, shift in (("image_", MEASURED, 0.0), ("printed_", PRINTED, -0.12)):
        bar(
            row[f"{name}low"], row[f"{name}high"], shift,
            color=colour, lw=1.2, marker="|", ms=7, mew=1.2, zorder=2,
        )  # fmt: skip
    points = (("printed", "D", PRINTED, -0.12, 6), ("ours", "o", MEASURED, 0.0, 6.5))
    for name, marker, colour, shift, size in points:
        if pd.isna(row[name]):  # no paper prints anything for a system of our own
            continue
        x = max(100 - row[name], left)
        ax.plot(
            x, y + shift, marker, color=colour, ms=size, mec="white", mew=0.8, zorder=4,
            clip_on=False,
        )  # fmt: skip


def _legend(rows: pd.DataFrame) -> list:
    from matplotlib.lines import Line2D

    lines = [
        Line2D([], [], marker="D", ls="", color=PRINTED, ms=6, label="printed, one run"),
        Line2D([], [], marker="o", ls="", color=MEASURED, ms=6.5, label="measured, mean"),
        Line2D([], [], color=MEASURED, lw=4.5, alpha=0.55, label="95 % over seeds"),
        Line2D([], [], color=style.INK, lw=1.2, marker="|", ms=8, mew=1.2,
               label="95 % over test images"),
    ]  # fmt: skip
    if rows["one_low"].notna().any():
        label = "95 % for one more run"
        lines.append(Line2D([], [], color="#d3dae1", lw=9, label=label))
    return lines
