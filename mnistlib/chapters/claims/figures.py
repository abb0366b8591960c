"""The picture of the scoreboard: where each printed number lies among runs of ours."""

import pandas as pd

from mnistlib.claims.verdicts import HIGHER, LOWER, REPRODUCED, UNDER_A_READING

WIDTH, ROW = 7.6, 0.27
# Light enough apart to be told in grey; the mark says it too.
LOOKS = {
    REPRODUCED: ("o", "#1b6e3c"),
    UNDER_A_READING: ("s", "#2f6fb3"),
    HIGHER: (">", "#b34700"),
    LOWER: ("<", "#8a3ffc"),
}
_OTHER = ("x", "#5b6570")
_UNDECIDED = "not judged, or not testable"


def judged_plot(spreads: pd.DataFrame):
    """Draw the printed numbers on the scale of one more run of ours, a row a claim.

    The grey band is the 95 % interval of one more run. Beyond three of its half widths the
    axis is logarithmic, so that far values keep their order.

    Args:
        spreads: from `results.spreads`.
    """
    import matplotlib.pyplot as plt

    rows = spreads.reset_index(drop=True)
    figure, ax = plt.subplots(figsize=(WIDTH, 1.1 + ROW * max(len(rows), 1)))
    ax.axvspan(-1, 1, color="#dfe5ea", lw=0, zorder=0)
    ax.axvline(0, color="#8a949e", lw=0.8, zorder=1)
    shown = rows["verdict"].where(rows["verdict"].isin(LOOKS), _UNDECIDED)
    for verdict, part in rows.groupby(shown, sort=False):
        marker, colour = LOOKS.get(verdict, _OTHER)
        ax.plot(
            part["at"], part.index, marker, color=colour, ms=6.5, ls="", label=verdict,
            mec="white" if marker != "x" else colour, mew=0.7,
        )  # fmt: skip
    names = [f"{row.id}  {row.metric}, {row.printed}" for row in rows.itertuples()]
    ax.set_yticks(range(len(rows)), names, fontsize=8)
    ax.set(ylim=(len(rows) - 0.4, -0.6))
    ax.set_xscale("symlog", linthresh=3, linscale=1.5)
    most = max(4.0, rows["at"].abs().max() * 1.3 if len(rows) else 4.0)
    ticks = [t for t in (-100, -30, -10, -3, -1, 0, 1, 3, 10, 30, 100) if abs(t) <= most]
    ax.set_xlim(-most, most)
    ax.set_xticks(ticks, [f"{tick:g}".replace("-", "\u2212") for tick in ticks])
    ax.set_xlabel("printed minus our mean; at 1, the end of one more run's interval")
    ax.grid(axis="y", alpha=0.4)
    if len(rows):
        figure.legend(loc="outside upper left", ncols=2)
    return figure
