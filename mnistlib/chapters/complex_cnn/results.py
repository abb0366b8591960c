"""What depth, width, kernel and kind of layers do: the family's tables."""

import numpy as np
import pandas as pd
from scipy.stats import t, ttest_ind

from mnistlib.chapters.complex_cnn.design import (
    FACTORS,
    FAMILY_MODEL,
    REFERENCE,
    factor_table,
)
from mnistlib.show import tables, words
from mnistlib.show.tables import Column
from mnistlib.stats.compare import compare, holm, pooled_residual
from mnistlib.stats.intervals import accuracies, learned

DRAWS = 2000  # of the front's uncertainty
PARAMETERS = Column("parameters", "", tables.count)
MACS = Column("macs", "MACs", tables.count)
_AT_EDGE = {"lowest": " (lowest)", "highest": " (highest)"}
RATE = Column(
    ("learning_rate", "edge"), "rate", lambda r, at: tables.rate(r) + _AT_EDGE.get(at, "")
)
NETWORKS = [Column("network"), PARAMETERS, MACS, RATE, *tables.ACCURACY]


def rate_note(params) -> str:
    """Say how the rates in a table with the column `RATE` were chosen."""
    seeds = words.number_of(len(params.grid_seeds), "seed")
    epochs = words.number_of(params.grid_epochs, "epoch")
    return (
        f"Rate: chosen for each network, of {len(params.family_rates)} tried, by {seeds} "
        f"and {epochs}; lowest, highest: at the edge of those tried."
    )


def network_table(best: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Summarise the validation accuracy of each network, in the family's order.

    Args:
        best: a row per run at its network's rate: network, group, parameters, macs,
            learning_rate, seed, status, val_accuracy, n_val.
        chosen: of `select`: network, and edge, where in the list of rates its rate lies.

    Returns:
        DataFrame: network, group, parameters, macs, learning_rate, edge; the columns of
        `accuracies` (over validation images); fair_low, fair_high: intervals by the
        residual spread of all networks. Seeds move all networks alike; what is left when
        that is taken out says how well two means can be told apart. NaN for a network
        with failed runs.
    """
    columns = ["network", "group", "parameters", "macs", "learning_rate"]
    table = accuracies(best, columns, "val_accuracy", "n_val")
    error, degrees = residual(best)
    half = t.ppf(0.975, degrees) * error if degrees else np.nan
    half = np.where(table["failed"] == 0, half, np.nan)
    ends = {"fair_low": table["mean"] - half, "fair_high": table["mean"] + half}
    return table.merge(chosen[["network", "edge"]], on="network").assign(**ends)


def residual(best: pd.DataFrame) -> tuple[float, int]:
    """Return a mean's standard error by the residual spread, and its degrees of freedom.

    Networks with a failed run are left out.
    """
    good = learned(best, "val_accuracy").groupby(best["network"]).transform("all")
    wide = best[good].pivot(index="seed", columns="network", values="val_accuracy")
    s, degrees = pooled_residual(wide)
    return s / max(1, len(wide)) ** 0.5, degrees


def effect_table(params, best: pd.DataFrame, networks: pd.DataFrame) -> pd.DataFrame:
    """Compare each level of each factor with the reference, over the same seeds.

    Args:
        params: `mnistlib.chapters.complex_cnn.params.Params`.
        best: as for `network_table`.
        networks: what that returned.

    Returns:
        DataFrame, the reference first, then a row for each other level: factor, level; the
        columns of ``networks``, but for low and high; those of `compare` with the reference
        (NaN in its own row), the residual spread pooled over these networks, Holm over all
        rows; images (validation images).
    """
    first = pd.DataFrame([{"factor": REFERENCE, "level": "", "network": REFERENCE}])
    others = factor_table(params).query("network != @REFERENCE")
    table = pd.concat([first, others], ignore_index=True)
    changed = best[best["network"].isin(table["network"])]
    failed = ~learned(changed, "val_accuracy")
    tests = compare(changed, "network", "val_accuracy", REFERENCE, failed=failed)
    tests["images"] = tests["mean_difference"] * best["n_val"].iloc[0]
    tests = tests.rename(columns={"a": "network"}).drop(columns=["b", "n"])
    measured = networks.drop(columns=["low", "high"])
    return table.merge(measured, on="network").merge(tests, on="network", how="left")


def steady_effects(params, best: pd.DataFrame, networks: pd.DataFrame) -> set[str] | None:
    """Return the changes with p < 0.05 whichever seed is left out; None with two seeds.

    Every difference is taken from the reference, so that one odd run of it moves all.

    Args:
        params, best, networks: as for `effect_table`.
    """
    seeds = best["seed"].unique()
    if len(seeds) < 3:
        return None
    tables = (effect_table(params, best[best["seed"] != one], networks) for one in seeds)
    return set.intersection(*(set(t.loc[t["p_holm"] < 0.05, "network"]) for t in tables))


def unpooled_effects(effects: pd.DataFrame, best: pd.DataFrame) -> set[str] | None:
    """Return the changes with p < 0.05 by Welch's test, after Holm; None with one seed.

    It takes the spread of each pair of networks alone, since not all scatter alike.

    Args:
        effects: of `effect_table`; only what it could test is tested.
        best: as for it.
    """
    runs = best.groupby("network")["val_accuracy"].agg(list)
    names = effects.loc[effects["p_holm"].notna(), "network"]
    if len(runs[REFERENCE]) < 2:
        return None
    tests = [ttest_ind(runs[name], runs[REFERENCE], equal_var=False) for name in names]
    return set(names[holm([test.pvalue for test in tests]) < 0.05])


def with_front(networks: pd.DataFrame, best: pd.DataFrame) -> pd.DataFrame:
    """Add how often a network is on the front: front_parameters and front_macs, shares.

    Other seeds would give other means. So the means are drawn `DRAWS` times, each from
    Student's distribution around ours, with the standard error of `residual`.

    NaN where one seed gives no spread; a network with failed runs keeps its mean.

    Args:
        networks: of `network_table`.
        best: as for it.
    """
    from mnistlib.show.plots import pareto_front

    error, degrees = residual(best)
    away = np.random.default_rng(0).standard_t(max(1, degrees), (DRAWS, len(networks)))
    away[:, networks["failed"].to_numpy() > 0] = 0
    means = networks["mean"].to_numpy() + error * away
    shares = {
        f"front_{cost}": np.mean([pareto_front(networks[cost], m) for m in means], axis=0)
        for cost in ("parameters", "macs")
    }
    return networks.assign(**shares if error > 0 else dict.fromkeys(shares, np.nan))


def effect_figure(params, best: pd.DataFrame):
    """Draw the validation accuracy over the levels of each factor, a panel a factor."""
    import matplotlib.pyplot as plt

    from mnistlib.show.plots import interval_plot
    from mnistlib.show.style import QUIET

    runs = factor_table(params).merge(best.drop(columns="model"), on="network")
    # One colour: a panel's name says it all.
    runs = runs.assign(colour=FAMILY_MODEL, failed=~learned(runs, "val_accuracy"))
    reference = best.loc[best["network"] == REFERENCE, "val_accuracy"].mean()
    figure = plt.figure(figsize=(8, 5.6))
    # Four counts above, three kinds below; all share the vertical axis.
    grid = figure.add_gridspec(2, 12)
    places = [grid[0, i : i + 3] for i in range(0, 12, 3)]
    places += [grid[1, i : i + 4] for i in range(0, 12, 4)]
    first = None
    for factor, place in zip(FACTORS, places, strict=True):
        ax = first = figure.add_subplot(place, sharey=first)
        part = runs[runs["factor"] == factor]
        interval_plot(part, "level", "val_accuracy", "colour", ax, failed="failed")
        ax.axhline(reference, color=QUIET, lw=0.8, ls="--", zorder=1)
        ax.get_legend().remove()
        ax.set_xlabel(FACTORS[factor])
        if place.colspan.start:
            ax.set_ylabel("")
            ax.tick_params(labelleft=False)
    low, high = first.get_ylim()
    first.set_ylim(max(low, 0), min(high, 1.01))  # two seeds may give wider intervals
    return figure
