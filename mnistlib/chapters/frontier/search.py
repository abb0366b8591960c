"""The search: what each change does to validation, and which recipe and networks go on."""

from collections.abc import Sequence
from inspect import signature

import numpy as np
import pandas as pd

from mnistlib.chapters.frontier.design import (
    ALL_FIRST,
    ALL_SECOND,
    BASE,
    EXACT,
    FIRST,
    N_FINAL,
    PLAIN,
    SHAPES,
    START,
    levels_of,
    together,
)
from mnistlib.models import BUILDERS, model_facts
from mnistlib.show import tables
from mnistlib.show.tables import Column
from mnistlib.stats.compare import compare
from mnistlib.stats.intervals import learned
from mnistlib.stats.selection import settings

ALPHA = 0.05
NO_COST = 0.05  # share of a run's time within which it is as long as another
DROPOUT = signature(BUILDERS[START["model"]]).parameters["dropout"].default


def seconds_text(x: float) -> str:
    """Format seconds: 1234.5 -> "1,234", 0.52 -> "0.5", 0.05 -> "0.05"; NaN -> "–"."""
    if pd.isna(x):
        return tables.MISSING
    return tables.count(round(x)) if x >= 10 else f"{x:.1f}" if x >= 0.1 else f"{x:.1g}"


SEARCH_COLUMNS = [
    Column("variant", "what is changed"),
    Column("n", "seeds"),
    Column("mean", "validation accuracy", tables.percent),
    *tables.DIFFERENCE,
    Column("seconds", "core-seconds", seconds_text),
]
PAID_COLUMNS = [
    Column("ingredient"),
    Column("gained", "images gained", tables.images),
    Column(("low", "high"), "95 % interval", lambda *x: _between(*x)),
    Column("minutes", "core-minutes", lambda x: tables.points(x / 100)),
    Column("rate", "images a core-minute", lambda x: _rate(x)),
]
SHAPE_COLUMNS = [
    Column("shape", "network"),
    Column("parameters", format=tables.count),
    Column("macs", "million MACs", lambda x: f"{x / 1e6:.1f}"),
    Column("n", "seeds"),
    Column("mean", "validation accuracy", tables.percent),
    *tables.DIFFERENCE,
    Column("seconds", "core-seconds", seconds_text),
    Column("place", "place"),
]
CHOSEN_COLUMNS = [Column("ingredient"), Column("first"), Column("chosen")]


def _between(low: float, high: float) -> str:
    if pd.isna(low):
        return tables.MISSING
    return f"{tables.images(low)} to {tables.images(high)}"


def _rate(x: float) -> str:
    return "costs no time" if np.isinf(x) else tables.MISSING if pd.isna(x) else f"{x:.1f}"


def quickest(frame: pd.DataFrame, by: str) -> pd.Series:
    """Return the seconds of each group's quickest epoch, times the epochs."""
    return frame.groupby(by, sort=False)["quickest_seconds"].min()


def search_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what each change of a recipe does to the validation accuracy.

    Args:
        frame: ``runs.frame`` with the label variant, of a round of the search or of the
            `candidates`; the recipe first.

    Returns:
        DataFrame, the recipe first: variant, n, mean, the columns of `compare` against the
        recipe, images (of the held-out ones), seconds (of one core: of each variant's
        quickest epoch, times the epochs).
    """
    table = _compared(frame, "variant", frame["variant"].iloc[0])
    return table.drop(columns="lost")


def _compared(frame: pd.DataFrame, by: str, baseline: str) -> pd.DataFrame:
    """Return validation means by a label, how many runs failed, and `compare`'s columns."""
    failed = ~learned(frame, "val_accuracy")
    against = compare(frame, by, "val_accuracy", baseline=baseline, failed=failed)
    table = settings(frame, [by], "val_accuracy")
    table = table.assign(lost=table["diverged"] + table["stuck"])[[by, "n", "mean", "lost"]]
    table = table.merge(
        against.drop(columns=["b", "n"]).rename(columns={"a": by}), how="left"
    )
    return table.assign(
        # Of equal counts of images, the last bits must not decide.
        mean=table["mean"].round(9),
        images=table["mean_difference"] * frame["n_val"].iloc[0],
        seconds=table[by].map(quickest(frame, by)),
    )


def paid_table(table: pd.DataFrame, n_val: int) -> pd.DataFrame:
    """Return what each ingredient of the recipe gains over its plain level, and costs.

    Args:
        table: from `search_table`. A recipe whose own level of an ingredient is the plain
            one has no row for it.
        n_val: held-out images.

    Returns:
        DataFrame: ingredient, gained (images more that are read with it), low, high,
        minutes (that a run takes longer with it, of one core), rate (gained a minute, where
        the gain has p < 0.05 after the search's correction and else NaN; infinite where a
        run is longer by less than `NO_COST` of itself).
    """
    rows, own = table.set_index("variant"), table["seconds"].iloc[0]
    found = []
    names = [f"{ingredient}: {level}" for ingredient, level in PLAIN.items()]
    for name in [name for name in (*names, EXACT) if name in rows.index]:
        without = rows.loc[name]
        longer = own - without["seconds"]
        # Zero has no sign to be printed.
        ends = (0.0 - n_val * without[end] for end in ("mean_difference", "high", "low"))
        gained, low, high = ends
        rate = np.nan
        if gained > 0 and without["p_holm"] < ALPHA:
            rate = 60 * gained / longer if longer > NO_COST * own else np.inf
        found.append(
            {
                "ingredient": "numbers of 16 bits" if name == EXACT else name.split(":")[0],
                "gained": gained,
                "low": low,
                "high": high,
                "minutes": longer / 60,
                "rate": rate,
            }
        )
    return pd.DataFrame(found).sort_values("gained", ascending=False, ignore_index=True)


def helped(frame: pd.DataFrame) -> dict[str, str]:
    """Return the level of each ingredient that is better than the recipe's on validation.

    Fewer failed runs, or a mean that is better by more than the standard error of such a
    difference, pooled over the search: of many levels, some are better by chance. Of
    several the best is taken. One seed has no such error; then any better mean counts.

    Args:
        frame: as in `search_table`.

    Returns:
        ingredient -> level; without those where the recipe's own level is best.
    """
    table = _compared(frame, "variant", frame["variant"].iloc[0])
    margin = table["error"].fillna(0.0).max()
    own, best = table.iloc[0], {}
    table = table.iloc[1:][table["variant"].iloc[1:] != EXACT]
    for ingredient, rows in table.groupby(
        table["variant"].str.split(": ").str[0], sort=False
    ):
        rows = rows.sort_values(["lost", "mean"], ascending=[True, False], kind="stable")
        first = rows.iloc[0]
        better = first["lost"] == own["lost"] and first["mean"] > own["mean"] + margin
        if better or first["lost"] < own["lost"]:
            best[ingredient] = first["variant"].removeprefix(f"{ingredient}: ")
    return best


def beyond_chance(table: pd.DataFrame) -> list[str]:
    """Return the single changes that are better than the recipe, p < 0.05 after Holm.

    Args:
        table: from `search_table`.
    """
    better = (table["p_holm"] < ALPHA) & (table["mean_difference"] > 0)
    return [name for name in table.loc[better, "variant"] if name != EXACT]


def centre(table: pd.DataFrame) -> str | None:
    """Return the variant that the second round goes on from: the best beyond chance.

    Args:
        table: from `search_table`, of the first round.
    """
    better = table[table["variant"].isin(beyond_chance(table))]
    if better.empty:
        return None
    return str(better.sort_values("mean", kind="stable")["variant"].iloc[-1])


def candidates(
    first: dict[str, str],
    alone: Sequence[str] = (),
    around: str | None = None,
    second: dict[str, str] | None = None,
) -> dict[str, dict]:
    """Return the first recipe and what may replace it, name -> fields.

    All that helped in the first round together, single changes, and all that helped in the
    second; none comes twice.

    Args:
        first: from `helped`, of the first round.
        alone: from `beyond_chance`, of the first round.
        around: from `centre`.
        second: as first, of the second round.
    """
    named = [(FIRST, {}), (ALL_FIRST, first)]
    named += [(name, levels_of(name)) for name in alone]
    named += [(ALL_SECOND, levels_of(around) | (second or {}))]
    found: dict[str, dict] = {}
    for name, levels in named:
        if (fields := together(levels)) not in found.values():
            found[name] = fields
    return found


def chosen_recipe(frame: pd.DataFrame) -> str:
    """Return which candidate is best on validation; of equals the first, so the recipe.

    Args:
        frame: of the `candidates`, with the label variant.
    """
    table = _compared(frame, "variant", frame["variant"].iloc[0])
    table = table.sort_values(["lost", "mean"], ascending=[True, False], kind="stable")
    return str(table["variant"].iloc[0])


def chosen_table(start: dict, chosen: dict) -> pd.DataFrame:
    """Return the first recipe beside the chosen one: ingredient, first, chosen (texts).

    Args:
        start: fields of a run of the first recipe.
        chosen: fields that the search chose in place of some.
    """
    after = start | chosen
    rows = []
    for ingredient, text in _WORDS.items():
        rows.append({"ingredient": ingredient, "first": text(start), "chosen": text(after)})
    return pd.DataFrame(rows)


def _given(field: str, unit: str = "", default: float = 0.0):
    return lambda fields: f"{fields.get(field, default):g}{unit}"


_WORDS = {
    "rotation, up to": _given("rotation", "°"),
    "shift, share of the side": _given("shift"),
    "zoom, share": _given("zoom"),
    "shear, up to": _given("shear", "°"),
    "elastic moves, standard deviation in pixels": _given("elastic"),
    "averaged weights": lambda fields: "yes" if fields.get("ema_momentum") else "no",
    "smoothed labels": _given("label_smoothing"),
    "dropout": _given("dropout", default=DROPOUT),
    "largest rate of Adam": _given("learning_rate"),
    "schedule": lambda fields: fields["schedule"].replace("warmup_", "warm-up and "),
    "images a step": _given("batch_size"),
    "numbers in training": lambda fields: fields["precision"],
}


def shape_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the networks in the order in which they are chosen.

    By failed runs, then by the mean; of equals, the cheapest first.

    Args:
        frame: with the label shape, of `SHAPES`.

    Returns:
        DataFrame: shape, parameters, macs (multiply-accumulates an image), n, mean, the
        columns of `compare` against `BASE`, images (held-out ones), seconds, lost (runs
        that failed), place (1 is the first).
    """
    table = _compared(frame, "shape", BASE)
    cost = {name: model_facts(START["model"], **args) for name, args in SHAPES.items()}
    table = table.assign(
        macs=[cost[name]["macs"] for name in table["shape"]],
        parameters=table["shape"].map(frame.groupby("shape")["parameters"].first()),
    )
    table = table.sort_values(["lost", "mean", "macs"], ascending=[True, False, True])
    return table.assign(place=range(1, len(table) + 1)).reset_index(drop=True)


def finalists(frame: pd.DataFrame) -> list[str]:
    """Return the names of the `N_FINAL` networks that go on."""
    return list(shape_table(frame)["shape"].head(N_FINAL))
