"""Which network breaks first: accuracy of networks under damage, and what is told apart."""

import numpy as np
import pandas as pd

from mnistlib.chapters.photos.design import AUGMENTED
from mnistlib.photos.damage import KINDS as DAMAGES
from mnistlib.photos.damage import N_STRENGTHS, damage
from mnistlib.show import tables
from mnistlib.show.tables import Column
from mnistlib.stats.compare import compare, corrected
from mnistlib.stats.intervals import LEARNED_FROM, over_images

NOTHING, ALL = "none", "all damages"
# Points of accuracy whose loss is called breaking.
BROKEN = 0.1
MOST, LEAST = "most", "least"


def points(x: float) -> str:
    """Format a loss of accuracy in points: 0.125 -> "12.5"."""
    return tables.points(x, 1).removeprefix("+")


def _percent(x: float) -> str:
    return tables.percent(x, 1)


DAMAGE_COLUMNS = [
    Column("system"),
    Column("clean", "no damage", _percent),
    *(Column(kind, format=_percent) for kind in DAMAGES),
    Column("all", "mean of all", _percent),
]
BREAKS_COLUMNS = [
    Column("damage"),
    Column("end", "loses"),
    Column("system"),
    Column(("lost", "clean"), "points lost", lambda *x: " of ".join(map(points, x))),
    Column("broken", "10 points from"),
    Column("told", "not told apart from it"),
    Column(
        ("ahead", "low", "high"),
        "from the next",
        lambda *x: tables.points_interval(*x, digits=1),
    ),
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


def damages(x: np.ndarray, seed: int = 0) -> dict[tuple, np.ndarray]:
    """Return images whole and damaged: (damage, strength) -> images; ("none", 0) too.

    Args:
        x: float32 (n, 28, 28), 0 to 1.
        seed: of the damage.
    """
    return {(NOTHING, 0): x} | {
        (kind, strength): damage(x, kind, strength, seed)
        for kind in DAMAGES
        for strength in range(1, N_STRENGTHS + 1)
    }


def damaged(networks: dict, sets: dict[tuple, np.ndarray], y: np.ndarray) -> pd.DataFrame:
    """Ask every network about the same images, whole and damaged.

    Args:
        networks: (system, seed) -> network.
        sets: from `damages`.
        y: labels of the images.

    Returns:
        DataFrame: system, seed, damage ("none" too), strength (0 to 5), accuracy.
    """
    whole, rows = np.concatenate(list(sets.values())), []
    for (system, network_seed), network in networks.items():
        right = network(whole).argmax(axis=1).reshape(len(sets), -1) == y
        for (kind, strength), accuracy in zip(sets, right.mean(axis=1), strict=True):
            row = {"system": system, "seed": network_seed, "damage": kind}
            rows.append(row | {"strength": strength, "accuracy": accuracy})
    return pd.DataFrame(rows, columns=["system", "seed", "damage", "strength", "accuracy"])


def _over_strengths(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row a system and seed, a column a damage, and `ALL`, the mean of these."""
    wide = frame.pivot_table(
        index=["system", "seed"], columns="damage", values="accuracy", sort=False
    )
    return wide.assign(**{ALL: wide[list(DAMAGES)].mean(axis=1)})


def learned(frame: pd.DataFrame) -> list[str]:
    """Return the systems that learned with every seed: others have nothing to lose."""
    clean = frame[frame["damage"] == NOTHING].groupby("system", sort=False)["accuracy"]
    least = clean.min()
    return list(least.index[least >= LEARNED_FROM])


def lost_by_seed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what each system that learned loses, below its own accuracy on whole images.

    Args:
        frame: from `damaged`.

    Returns:
        DataFrame: a row a system and seed, a column a damage and `ALL`, fractions, means
        over strengths.
    """
    wide = _over_strengths(frame)
    wide = wide[wide.index.get_level_values("system").isin(learned(frame))]
    return wide[[*DAMAGES, ALL]].rsub(wide[NOTHING], axis=0)


def losses(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `lost_by_seed` as means over seeds, a row a system."""
    return lost_by_seed(frame).groupby("system", sort=False).mean()


def damage_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy by system and damage, means over strengths and seeds.

    Args:
        frame: from `damaged`.

    Returns:
        DataFrame, the most robust first: system, clean, a column a damage, all.
    """
    table = _over_strengths(frame).groupby("system", sort=False).mean()
    table = table.rename(columns={NOTHING: "clean", ALL: "all"})
    return table.sort_values("all", ascending=False, kind="stable").reset_index()


def comparisons(frame: pd.DataFrame) -> pd.DataFrame:
    """Compare what all systems that learned lose: every pair, damage by damage.

    Returns:
        DataFrame: damage, and the columns of `compare`, blocked by seed, with the spread
        pooled over the systems, corrected over all rows. No row below two systems.
    """
    lost = lost_by_seed(frame).reset_index()
    if lost.empty:
        return pd.DataFrame(columns=["damage", "a", "b", "p_holm", "smallest_found"])
    parts = [compare(lost, "system", kind).assign(damage=kind) for kind in (*DAMAGES, ALL)]
    return corrected(pd.concat(parts, ignore_index=True))


def breaks_table(frame: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Return for each damage which system loses most and which least, and how sure that is.

    Args:
        frame: from `damaged`.
        pairs: from `comparisons` of it.

    Returns:
        DataFrame, two rows a damage: damage, end (`MOST` or `LEAST`), system, lost, clean
        (its accuracy on whole images), broken (in words: the first strength at which it is
        `BROKEN` below itself), others (how many there are), alike (those that are not told
        apart from it: p from 0.05 on after Holm's correction over all pairs and damages;
        None where nothing was tested), told (alike in words), ahead, low, high (its
        distance from the next, with the 95 % interval of that alone). No row where no
        system learned.
    """
    lost = losses(frame)
    if lost.empty:
        made_of = [column.field for column in BREAKS_COLUMNS]
        return pd.DataFrame(columns=list(pd.Series(made_of).explode()))
    turned = pairs.rename(columns={"a": "b", "b": "a", "low": "high", "high": "low"})
    turned[["mean_difference", "low", "high"]] *= -1
    both = pd.concat([pairs, turned])
    rows = []
    for kind in lost:
        tests = both[both["damage"] == kind].set_index(["a", "b"])
        for end in (MOST, LEAST):
            order = lost[kind].sort_values(ascending=end == LEAST, kind="stable").index
            mine = frame[frame["system"] == order[0]].groupby(["damage", "strength"])
            mine = mine["accuracy"].mean()
            row = {"damage": kind, "end": end, "system": order[0]}
            row |= {"lost": lost.at[order[0], kind], "clean": mine[NOTHING, 0]}
            row |= {"broken": _broken(mine, kind)}
            rows.append(row | _apart(list(order), end, tests))
    return pd.DataFrame(rows)


def _apart(order: list[str], end: str, tests: pd.DataFrame) -> dict:
    """Return how the first of an order of systems stands apart from the others."""
    first, *others = order
    # From whom loses more to whom loses less.
    steps = [(first, other) if end == MOST else (other, first) for other in others]
    p, alike = tests["p_holm"].reindex(steps), None
    if others and p.notna().all():
        alike = [other for other, value in zip(others, p, strict=True) if value >= 0.05]
    told = "not tested" if alike is None else "; ".join(alike) or "none"
    gap = [np.nan] * 3
    if others:
        gap = tests.loc[steps[0], ["mean_difference", "low", "high"]]
    return {
        "others": len(others),
        "alike": alike,
        "told": "all others" if others and alike == others else told,
        **dict(zip(("ahead", "low", "high"), gap, strict=True)),
    }


def _broken(mean: pd.Series, kind: str) -> str:
    """Return in words from which strength on accuracies are `BROKEN` below the first."""
    if kind == ALL:
        return tables.MISSING
    fallen = mean[NOTHING, 0] - mean[kind] >= BROKEN - 1e-9
    return f"{DAMAGES[kind][1][fallen.idxmax() - 1]:g}" if fallen.any() else "never"


def gain_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what augmentation changes, network by network and damage by damage.

    Args:
        frame: from `damaged`.

    Returns:
        DataFrame: network, damage, and the columns of `compare`, with the spread pooled
        over all systems that learned, corrected over all rows.
    """
    parts, able = [], learned(frame)
    for kind in (NOTHING, *DAMAGES):
        runs = frame[frame["damage"] == kind].groupby(["system", "seed"], sort=False)
        runs = runs["accuracy"].mean().reset_index()
        failed = ~runs["system"].isin(able)
        found = compare(runs, "system", "accuracy", failed=failed, pairs=AUGMENTED)
        parts.append(found.assign(damage=kind))
    table = corrected(pd.concat(parts, ignore_index=True))
    table["network"] = table["a"].str.partition(",")[0]
    return table.sort_values("network", kind="stable", ignore_index=True)


def published_table(frame: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return what single networks read of the images, whole and damaged.

    Args:
        frame: from `damaged`, one seed a system.
        n: how many images there are. A mean over strengths is one over the same images, so
            its interval counts them once: it is wider than it need be.

    Returns:
        DataFrame, a row a damage: damage, and of each network its mean and Wilson's
        interval, as ``<name>_mean``. No row without networks.
    """
    rows = []
    if frame.empty:
        return pd.DataFrame(columns=["damage"])
    for kind, values in _over_strengths(frame).droplevel("seed").items():
        row = {"damage": kind}
        for name, mean in values.items():
            low, high = over_images(mean, n)
            row |= {f"{name}_mean": mean, f"{name}_low": low, f"{name}_high": high}
        rows.append(row)
    return pd.DataFrame(rows)


def published_columns(names) -> list[Column]:
    """Return the columns of `published_table` for these networks."""
    return [
        Column("damage"),
        *(
            Column(
                (f"{name}_mean", f"{name}_low", f"{name}_high"),
                f"published, {name}",
                lambda *values: tables.with_interval(*values, digits=1),
            )
            for name in names
        ),
    ]
