"""Tables of the notebook on photographs: what is read, what a step is worth."""

import numpy as np
import pandas as pd

from mnistlib.chapters.photos.design import AUGMENTED, READERS, kinds
from mnistlib.chapters.photos.pictures import WHOLE
from mnistlib.photos.damage import KINDS as DAMAGES
from mnistlib.photos.damage import N_STRENGTHS, damage
from mnistlib.show import tables
from mnistlib.show.tables import Column
from mnistlib.stats.compare import compare, corrected
from mnistlib.stats.intervals import LEARNED_FROM, accuracies, wilson

NOTHING = "none"
# Points of accuracy whose loss is called breaking.
BROKEN = 0.1


def _unsigned(lost: float) -> str:
    return tables.points(lost, 1).removeprefix("+")


def _named(system: str, lost: float) -> str:
    return f"{system} ({_unsigned(lost)})"


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
    Column(
        ("image_low", "image_high"),
        "over pictures",
        lambda *x: tables.interval(*x, digits=1),
    ),
    Column("cost", "points lost", _unsigned),
    Column("lost", "only all steps read", ".1f"),
    Column("gained", "only without it", ".1f"),
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
DAMAGE_COLUMNS = [
    Column("system"),
    Column("clean", "no damage", lambda x: tables.percent(x, 1)),
    *(Column(kind, format=lambda x: tables.percent(x, 1)) for kind in DAMAGES),
    Column("all", "mean of all", lambda x: tables.percent(x, 1)),
]
_BREAKS = ("damage", "weakest", "weakest_lost", "strongest", "strongest_lost", "broken")
BREAKS_COLUMNS = [
    Column("damage"),
    Column(("weakest", "weakest_lost"), "loses most, points", _named),
    Column(("strongest", "strongest_lost"), "loses least, points", _named),
    Column("broken", "first strength at which any loses 10 points"),
]
GAIN_COLUMNS = [
    Column("network"),
    Column("damage"),
    Column("mean_difference", "points", lambda x: tables.points(x, 1)),
    Column(
        ("low", "high"), "95 % interval", lambda *x: tables.points_between(*x, digits=1)
    ),
    Column("p_holm", "p (Holm)", tables.p_value),
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
    right = frame.assign(n_correct=frame["accuracy"] * frame["n_examples"])
    summed = right.groupby(by, sort=False)[["n_correct", "n_examples"]].sum().reset_index()
    return summed.assign(accuracy=summed["n_correct"] / summed["n_examples"], status="ok")


def overall(frame: pd.DataFrame, by: str = "reader") -> pd.DataFrame:
    """Return what is read over all photographs, by reader or by another column."""
    return accuracies(_over_sources(frame, [by, "seed"]), by, "accuracy").set_index(by)


def step_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what each step is worth, the dearest first.

    Args:
        frame: from `pictures.ablation`.

    Returns:
        DataFrame: step, mean, image_low, image_high (Wilson's), cost (fraction lost), lost
        and gained (photographs, means over seeds). The first row has all steps.
    """
    table = accuracies(frame, "variant", "accuracy").set_index("variant")
    counts = frame.groupby("variant", sort=False)[["lost", "gained"]].mean()
    table = table.join(counts).assign(cost=table.at[WHOLE, "mean"] - table["mean"])
    table = table.reset_index(names="step").sort_values(
        "cost", ascending=False, kind="stable"
    )
    first = table["step"] == WHOLE
    table = pd.concat([table[first], table[~first]], ignore_index=True)
    return table.assign(step=table["step"].replace({WHOLE: NOTHING}))


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


def damaged(networks: dict, x: np.ndarray, y: np.ndarray, seed: int = 0) -> pd.DataFrame:
    """Ask every network about the same images, whole and damaged.

    Args:
        networks: (system, seed) -> network.
        x, y: images float32 (n, 28, 28), 0 to 1, and labels.
        seed: of the damage.

    Returns:
        DataFrame: system, seed, damage ("none" too), strength (0 to 5), accuracy.
    """
    sets = {(NOTHING, 0): x} | {
        (kind, strength): damage(x, kind, strength, seed)
        for kind in DAMAGES
        for strength in range(1, N_STRENGTHS + 1)
    }
    whole = np.concatenate(list(sets.values()))
    rows = []
    for (system, network_seed), network in networks.items():
        right = network(whole).argmax(axis=1).reshape(len(sets), -1) == y
        for (kind, strength), accuracy in zip(sets, right.mean(axis=1), strict=True):
            row = {"system": system, "seed": network_seed, "damage": kind}
            rows.append(row | {"strength": strength, "accuracy": accuracy})
    return pd.DataFrame(rows)


def _means(frame: pd.DataFrame) -> pd.DataFrame:
    """Return accuracies by system and damage, means over strengths and seeds."""
    return frame.pivot_table(
        index="system", columns="damage", values="accuracy", sort=False
    )


def damage_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy by system and damage, means over strengths and seeds.

    Args:
        frame: from `damaged`.

    Returns:
        DataFrame, the most robust first: system, clean, a column a damage, all.
    """
    table = _means(frame).rename(columns={NOTHING: "clean"})
    table["all"] = table[list(DAMAGES)].mean(axis=1)
    return table.sort_values("all", ascending=False, kind="stable").reset_index()


def losses(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what each system that learned loses under each damage, means over strengths.

    A system that reads hardly an undamaged image has nothing to lose: it is left out.

    Args:
        frame: from `damaged`.

    Returns:
        DataFrame: a row a system, a column a damage, fractions below its own accuracy.
    """
    means = _means(frame)
    means = means[means[NOTHING] >= LEARNED_FROM]
    return means[list(DAMAGES)].rsub(means[NOTHING], axis=0)


def breaks_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return for each damage which system suffers most and least, and from when on.

    Returns:
        DataFrame: damage; weakest and strongest (systems), and what they lose, as
        `losses`; broken (text: the first strength at which a system is `BROKEN` below
        itself, and which systems). No row where no system learned.
    """
    lost, rows = losses(frame), []
    at = frame.groupby(["damage", "strength", "system"])["accuracy"].mean()
    clean = at[NOTHING, 0][lost.index]
    for kind, (_, strengths, _) in DAMAGES.items() if len(lost) else ():
        fallen = clean - at[kind].unstack("system")[lost.index] >= BROKEN
        first = next((s for s in fallen.index if fallen.loc[s].any()), None)
        text = "none"
        if first:
            names = list(fallen.columns[fallen.loc[first]])
            names = "; ".join(names) if len(names) < len(lost) else "all"
            text = f"{strengths[first - 1]:g}: {names}"
        rows.append(
            {
                "damage": kind,
                "weakest": lost[kind].idxmax(),
                "weakest_lost": lost[kind].max(),
                "strongest": lost[kind].idxmin(),
                "strongest_lost": lost[kind].min(),
                "broken": text,
            }
        )
    return pd.DataFrame(rows, columns=list(_BREAKS))


def gain_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what augmentation changes, network by network and damage by damage.

    Args:
        frame: from `damaged`.

    Returns:
        DataFrame: network, damage, and the columns of `compare`, with the spread pooled
        over all systems that learned, corrected over all rows.
    """
    parts, learned = [], losses(frame).index
    for kind in (NOTHING, *DAMAGES):
        runs = frame[frame["damage"] == kind].groupby(["system", "seed"], sort=False)
        runs = runs["accuracy"].mean().reset_index()
        failed = ~runs["system"].isin(learned)
        found = compare(runs, "system", "accuracy", failed=failed, pairs=AUGMENTED)
        parts.append(found.assign(damage=kind))
    table = corrected(pd.concat(parts, ignore_index=True))
    table["network"] = table["a"].str.partition(",")[0]
    return table.sort_values("network", kind="stable", ignore_index=True)
