"""What is read of the photographs, kind by kind, and what a step is worth: tables."""

import math

import numpy as np
import pandas as pd

from mnistlib.chapters.photos.design import READERS, kinds
from mnistlib.chapters.photos.pictures import WHOLE
from mnistlib.show import tables
from mnistlib.show.tables import Column
from mnistlib.stats.intervals import accuracies, wilson
from mnistlib.stats.paired import paired_interval

NOTHING = "none"
# Of all intervals of a table together.
LEVEL = 0.95

KIND_COLUMNS = [
    Column("kind"),
    Column("about", "what it is"),
    *(
        Column((f"{reader}_mean", f"{reader}_low", f"{reader}_high"), reader, _format)
        for reader in READERS
        for _format in [lambda *values: tables.with_interval(*values, digits=0)]
    ),
]
STEP_COLUMNS = [
    Column("step", "left out"),
    Column("mean", "read", lambda x: tables.percent(x, 1)),
    Column("cost", "points lost", lambda x: tables.points(x, 1).removeprefix("+")),
    Column(
        ("low", "high"),
        "95 %, all rows together",
        lambda *x: tables.points_between(*x, digits=1),
    ),
    Column("lost", "read only with all steps", ".1f"),
    Column("gained", "read only without it", ".1f"),
]
LINE_COLUMNS = [
    Column("kind"),
    Column("n", "lines"),
    *(
        Column((name, f"{name}_low", f"{name}_high"), title, _format)
        for name, title in (("counted", "count right"), ("right", "line right"))
        for _format in [lambda *values: tables.with_interval(*values, digits=0)]
    ),
    Column("digits", "digits right where counted", lambda x: tables.percent(x, 1)),
]


def kind_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return how many photographs of each kind each reader reads.

    Args:
        frame: from `pictures.readings`.

    Returns:
        DataFrame: kind, about; of each reader its mean over seeds and sources, and Wilson's
        interval for the draw of the photographs, as ``<reader>_mean``.
    """
    both = _over_sources(frame, ["kind", "reader", "seed"])
    table = accuracies(both, ["kind", "reader"], "accuracy").set_index(["kind", "reader"])
    rows = [
        {"kind": kind, "about": about}
        | {
            f"{reader}_{end}": table.at[(kind, reader), column]
            for reader in READERS
            for end, column in (
                ("mean", "mean"),
                ("low", "image_low"),
                ("high", "image_high"),
            )
        }
        for kind, about in kinds().items()
    ]
    return pd.DataFrame(rows)


def _over_sources(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    groups = frame.groupby(by, sort=False)["right"]
    return groups.agg(n_examples="size", accuracy="mean").reset_index().assign(status="ok")


def overall(frame: pd.DataFrame, by: str = "reader") -> pd.Series:
    """Return what is read over all photographs, by reader or by another column."""
    return frame.groupby(by, sort=False)["right"].mean()


def rivals(frame: pd.DataFrame, reader: str) -> pd.DataFrame:
    """Return how much better than the hardest kind a reader reads each other kind.

    Ink by ink: every kind shows the same. Which kind is hardest was seen in the same
    photographs, so the intervals hold for all pairs of kinds together (Bonferroni's).

    Args:
        frame: from `pictures.readings`.
        reader: of `READERS`.

    Returns:
        DataFrame, the next hardest first: kind, cost (fraction that the hardest kind reads
        less), low, high. The hardest is ``attrs["hardest"]``.
    """
    ours = frame[frame["reader"] == reader]
    wide = ours.pivot(index=["ink", "seed"], columns="kind", values="right")
    hardest, k = wide.mean().idxmin(), len(wide.columns)
    level = 1 - (1 - LEVEL) / math.comb(k, 2)
    inks = ours["ink"].nunique()
    rows = [
        {"kind": kind} | _difference(wide[kind], wide[hardest], inks, level)
        for kind in wide.columns.drop(hardest)
    ]
    table = pd.DataFrame(rows).sort_values("cost", kind="stable", ignore_index=True)
    table.attrs["hardest"] = hardest
    return table


def fewest_told(frame: pd.DataFrame) -> int | None:
    """Return how many inks two kinds must differ by, all one way, to be told by `rivals`.

    Args:
        frame: from `pictures.readings`.

    Returns:
        The least number; None where not even all inks would do.
    """
    inks, k = frame["ink"].nunique(), frame["kind"].nunique()
    level = 1 - (1 - LEVEL) / max(math.comb(k, 2), 1)
    for n in range(1, inks + 1):
        if paired_interval(n / inks, 0.0, inks, level)[0] > 0:
            return n
    return None


def _difference(first: pd.Series, second: pd.Series, inks: int, level: float) -> dict:
    """Return how much more is read first than second: cost, low, high, lost, gained.

    Readings of one ink by several networks are no independent draws: the interval counts
    inks.
    """
    lost, gained = first & ~second, second & ~first
    low, high = paired_interval(lost.mean(), gained.mean(), inks, level)
    cost = lost.mean() - gained.mean()
    return {
        "cost": cost,
        "low": low,
        "high": high,
        "lost": lost.sum(),
        "gained": gained.sum(),
    }


def step_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what each step is worth, the dearest first.

    Args:
        frame: from `pictures.ablation`, no ink in two photographs.

    Returns:
        DataFrame: step, mean, cost (fraction lost), low and high (all rows together), lost
        and gained (photographs, means over seeds). The first row has all steps.
    """
    inks, seeds = frame["ink"].nunique(), frame["seed"].nunique()
    level = 1 - (1 - LEVEL) / (frame["variant"].nunique() - 1)
    rows = []
    for variant, part in frame.groupby("variant", sort=False):
        row = _difference(part["whole"], part["right"], inks, level)
        rows.append({"step": variant, "mean": part["right"].mean()} | row)
    table = pd.DataFrame(rows)
    table[["lost", "gained"]] /= seeds
    table.loc[table["step"] == WHOLE, ["step", "low", "high"]] = NOTHING, np.nan, np.nan
    rest = table[1:].sort_values("cost", ascending=False, kind="stable")
    return pd.concat([table[:1], rest], ignore_index=True)


def line_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return how many lines are counted and read, by kind and in all.

    Args:
        frame: from `pictures.read_lines`.
    """
    rows = []
    parts = [*frame.groupby("kind", sort=False), ("all", frame)]
    for kind, part in parts:
        row = {"kind": kind, "n": len(part)}
        for name in ("counted", "right"):
            low, high = wilson(int(part[name].sum()), len(part))
            row |= {name: part[name].mean(), f"{name}_low": low, f"{name}_high": high}
        counted = part[part["counted"]]
        of = counted["digits"].sum()
        rows.append(row | {"digits": counted["digits_right"].sum() / of if of else np.nan})
    return pd.DataFrame(rows)
