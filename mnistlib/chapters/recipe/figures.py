"""The recipe's figures; matplotlib is loaded when one is drawn."""

import numpy as np
import pandas as pd

from mnistlib.claims.registry import reported
from mnistlib.show.style import COLOURS, INK, QUIET, WIDTH, label, log_axis

# As the paper draws them: training blue, validation (here: test images) orange.
PALETTE = {"training": COLOURS["train"], "test": COLOURS["validation"]}
_TICKS = [0.1, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9999]
# Part of the images, measure, epoch (None: the last), claim.
_MARKS = {
    "A": [
        ("training", "accuracy", 1, "SAY-05"),
        ("training", "accuracy", None, "SAY-02"),
        ("test", "accuracy", None, "SAY-01"),
        ("training", "loss", None, "SAY-03"),
        ("test", "loss", None, "SAY-04"),
    ],
    "B": [
        ("training", "accuracy", 1, "SAY-06"),
        ("test", "accuracy", 1, "SAY-07"),
        ("training", "accuracy", 15, "SAY-08"),
        ("test", "accuracy", 13, "SAY-11"),
        ("test", "accuracy", None, "SAY-09"),
        ("test", "loss", None, "SAY-10"),
    ],
}


def long(history: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy and loss on the training and the test images, a row each.

    Args:
        history: of runs with test accuracies after each epoch.

    Returns:
        DataFrame: key, epoch, images ("training" or "test"), accuracy, loss.
    """
    parts = [
        history[["key", "epoch"]].assign(
            images=name,
            accuracy=history[f"{part}_accuracy"].astype(float),
            loss=history[f"{part}_loss"].astype(float),
        )
        for name, part in (("training", "train"), ("test", "test"))
    ]
    return pd.concat(parts, ignore_index=True)


def annotated_curves(history: pd.DataFrame, printed: bool):
    """Draw accuracy and loss over epochs with their extremes, and the printed values.

    Thin lines are runs, thick ones means; a dot marks the lowest and the highest mean.

    Args:
        history: of the runs of one system.
        printed: whether to show what the paper prints: the runs are of its size.

    Returns:
        The matplotlib Figure.
    """
    import matplotlib.pyplot as plt

    from mnistlib.show.plots import name_points

    curves, last = long(history), int(history["epoch"].max())
    figure, axes = plt.subplots(2, 1, sharex=True, figsize=(WIDTH, 7.0))
    extremes, marks = {}, {}
    for ax, measure in zip(axes, ("accuracy", "loss"), strict=True):
        # No share of 1, and no loss of 0, has a place on these axes.
        least = 1e-4 if measure == "accuracy" else 1e-5
        for name, part in curves.groupby("images", sort=False):
            runs = part.pivot_table(index="epoch", columns="key", values=measure)
            runs = runs.clip(least, 1 - least if measure == "accuracy" else None)
            mean, colour = runs.mean(axis=1), PALETTE[name]
            ax.plot(runs, color=colour, lw=0.6, alpha=0.4)
            ax.plot(mean, color=colour, label=name)
            ends = mean.loc[[mean.idxmin(), mean.idxmax()]]
            ax.plot(ends, "o", color=colour, ms=5)
            extremes.setdefault(ax, []).append(
                pd.DataFrame({"y": ends, "colour": colour, "measure": measure})
            )
        marks[ax] = [
            place
            for name, marker in ((("A", "^"), ("B", "s")) if printed else ())
            for place in _draw_marks(ax, name, marker, measure, last)
        ]
        ax.set_ylabel(measure if measure == "accuracy" else "loss (nats)")
    _accuracy_axis(axes[0])
    log_axis(axes[1], "y", curves["loss"])
    axes[1].set_ylim(top=2.5 * axes[1].get_ylim()[1])  # names of the first epoch's losses
    axes[1].set_xlabel(label("epoch"))
    axes[1].xaxis.get_major_locator().set_params(integer=True)
    axes[1].set_xlim(0.5, last + 0.5 + 0.1 * last * printed)
    axes[0].legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.3)
    for ax, parts in extremes.items():
        ends = pd.concat(parts).rename_axis("x").reset_index()
        names = [_extreme(row) for row in ends.itertuples()]
        visible = pd.concat([ends[["x", "y"]], pd.DataFrame(marks[ax], columns=["x", "y"])])
        name_points(ax, ends["x"], ends["y"], names, visible, ends["colour"])
    return figure


def _extreme(row) -> str:
    value = f"{100 * row.y:.2f} %" if row.measure == "accuracy" else f"{row.y:.4f}"
    return f"{value}, epoch {row.x:g}"


def _accuracy_axis(ax) -> None:
    """Stretch the axis towards 1, where accuracies differ."""
    from matplotlib.ticker import NullFormatter, NullLocator

    # Of what is drawn, not of the margins around it, which may lie outside 0 to 1.
    drawn = np.concatenate([line.get_ydata() for line in ax.lines if len(line.get_ydata())])
    drawn = drawn[np.isfinite(drawn)]
    low, high = (drawn.min(), drawn.max()) if len(drawn) else (0.1, 0.9)
    ax.set_yscale("logit")
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_yticks(_TICKS, [f"{100 * tick:g} %" for tick in _TICKS])
    ax.set_ylim(0.6 * low, 1 - 0.6 * (1 - high))


def _draw_marks(ax, name: str, marker: str, measure: str, last: int) -> list[tuple]:
    """Draw what a set prints, and return where; the last epoch's stands just after it."""
    places = []
    for part, what, epoch, claim in _MARKS[name]:
        if what == measure:
            value = reported(claim) / (100 if measure == "accuracy" else 1)
            at = last * (1.05 if name == "A" else 1.09) if epoch is None else epoch
            look = {"mfc": "none", "mec": PALETTE[part], "ms": 8, "mew": 1.6, "zorder": 5}
            ax.plot(at, value, marker, **look)
            places.append((at, value))
    ax.plot([], [], marker, mfc="none", mec=INK, ls="none", label=f"printed, set {name}")
    return places


def effects_figure(table: pd.DataFrame, names: dict[str, str]):
    """Draw the effects of a factorial with their 95 % intervals, in percentage points.

    Filled: p < 0.05 after Holm's correction.

    Args:
        table: what `mnistlib.stats.factorial.factorial` returned.
        names: term -> how it is called.

    Returns:
        The matplotlib Figure.
    """
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(WIDTH, 0.36 * len(table) + 0.9))
    ax.axvline(0, color=QUIET, lw=1)
    for y, row in enumerate(table.itertuples()):
        colour = COLOURS["train"] if row.order == 1 else COLOURS["adadelta"]
        ends = 100 * np.array([row.low, row.high])
        if np.isfinite(ends).all():
            ax.plot(ends, [y, y], color=colour, lw=1.6)
        face = colour if row.p_holm < 0.05 else "white"
        ax.plot(100 * row.effect, y, "o", mfc=face, mec=colour, mew=1.5, ms=7)
    ax.set_yticks(range(len(table)), [names[term] for term in table["term"]])
    ax.grid(axis="y", visible=False)
    ax.invert_yaxis()
    ax.set_xlabel("effect on validation accuracy (percentage points)")
    return figure
