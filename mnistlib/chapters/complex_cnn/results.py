"""The complex CNN, and what depth, width, kernel and kind of layers do: the analysis."""

import pandas as pd
from scipy.stats import t

from mnistlib.chapters.complex_cnn.design import (
    FACTORS,
    REFERENCE,
    crossed,
    factor_table,
    held_out,
)
from mnistlib.stats.compare import compare, pooled_residual
from mnistlib.stats.intervals import accuracies, learned
from mnistlib.stats.selection import select
from mnistlib.training.spec import NetworkSpec, make


def momenta(params) -> dict[float, str]:
    """Return the two momenta that the paper's network is trained with, and their names.

    The paper states the optimizer and its rate, not its momentum.
    """
    wanted = dict.fromkeys([params.momentum, params.family_momentum])
    rate = f"SGD {params.learning_rate:g}"
    return {m: f"{rate}, momentum {m:g}" if m else rate for m in wanted}


def paper_specs(params, dataset: str, *, tested: bool) -> list[NetworkSpec]:
    """Return the runs of the complex CNN with each momentum.

    Args:
        params: `mnistlib.chapters.complex_cnn.params.Params`.
        dataset: "mnist" or "digits".
        tested: True for ``seeds`` and all training images, to report the test; False for
            ``family_seeds`` with one sixth held out, to show validation curves.
    """
    fields = held_out(params, dataset)
    if tested:
        fields |= {"val_fraction": 0.0, "evaluate_on": "test", "n_test": params.n_test}
    return [
        make(
            NetworkSpec,
            model="complex_cnn",
            learning_rate=params.learning_rate,
            momentum=momentum,
            seed=seed,
            **fields,
        )
        for momentum in momenta(params)
        for seed in (params.seeds if tested else params.family_seeds)
    ]


def with_system(frame: pd.DataFrame, params) -> pd.DataFrame:
    """Add the column system, the name of the runs' momentum, to a frame or a history."""
    return frame.assign(system=frame["momentum"].map(momenta(params)))


def curves(history: pd.DataFrame):
    """Draw loss and accuracy over epochs, on training and validation images.

    Args:
        history: of the held-out runs, from `with_system`.
    """
    import matplotlib.pyplot as plt

    from mnistlib.show.plots import learning_curves

    figure, axes = plt.subplots(2, 2, figsize=(8, 5.4), sharex=True, sharey="row")
    titles = {"train": "training images", "val": "validation images"}
    for row, what in zip(axes, ("loss", "accuracy"), strict=True):
        for ax, part in zip(row, titles, strict=True):
            learning_curves(history, "system", f"{part}_{what}", ax, log=what == "loss")
            ax.set_ylabel({"loss": "loss (nats)"}.get(what, what))
            ax.label_outer()
            if ax.get_legend():
                ax.get_legend().remove()
    for ax, title in zip(axes[0], titles.values(), strict=True):
        ax.set_title(title, fontsize=9)
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper left", ncols=2)
    return figure


def at_best_rate(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep each network's runs at the learning rate that `select` gives it.

    Args:
        frame: from `mnistlib.chapters.complex_cnn.design.label_runs`.

    Returns:
        The rows kept, with the column edge: where in the list of rates theirs lies.
    """
    chosen = select(frame, ["network"], ["learning_rate"])
    return frame.merge(chosen[["network", "learning_rate", "edge"]])


def network_table(best: pd.DataFrame) -> pd.DataFrame:
    """Summarise the validation accuracy of each network.

    Args:
        best: from `at_best_rate`.

    Returns:
        DataFrame: network, group, parameters, macs, learning_rate, edge, and the columns
        of `accuracies` (over validation images), in the family's order.
    """
    columns = ["network", "group", "parameters", "macs", "learning_rate", "edge"]
    return accuracies(best, columns, "val_accuracy", "n_val")


def effect_table(params, best: pd.DataFrame) -> pd.DataFrame:
    """Compare each level of each factor with the reference, over the same seeds.

    Args:
        params: `mnistlib.chapters.complex_cnn.params.Params`.
        best: from `at_best_rate`.

    Returns:
        DataFrame, the reference first, then a row for each other level: factor, level,
        network, parameters, macs, learning_rate, n (seeds), mean, median, failed
        (validation accuracy); mean_difference, images (validation images), diff_low,
        diff_high, p, p_holm, smallest_found: `compare` with the reference (NaN in its own
        row), the residual spread pooled over these networks, Holm over all rows.
    """
    factors = factor_table(params).drop(columns="model_args")
    others = factors[factors["network"] != REFERENCE]
    first = pd.DataFrame([{"factor": REFERENCE, "level": "", "network": REFERENCE}])
    table = pd.concat([first, others], ignore_index=True)
    columns = ["network", "parameters", "macs", "learning_rate", "n", "mean", "median"]
    measured = network_table(best)[[*columns, "failed"]]
    changed = best[best["network"].isin(table["network"])]
    failed = ~learned(changed, "val_accuracy")
    tests = compare(
        changed, "network", "val_accuracy", baseline=REFERENCE, failed=failed
    ).rename(columns={"a": "network", "low": "diff_low", "high": "diff_high"})
    tests["images"] = tests["mean_difference"] * best["n_val"].iloc[0]
    return table.merge(measured, on="network").merge(
        tests.drop(columns=["b", "n"]), on="network", how="left"
    )


def effect_figure(params, best: pd.DataFrame):
    """Draw the validation accuracy over the levels of each factor, a panel a factor.

    Args:
        params: `mnistlib.chapters.complex_cnn.params.Params`.
        best: from `at_best_rate`.
    """
    import matplotlib.pyplot as plt

    from mnistlib.show.plots import interval_plot
    from mnistlib.show.style import QUIET

    runs = factor_table(params).merge(best.drop(columns="model"), on="network")
    # One colour: a panel's title says it all.
    runs = runs.assign(colour="stage_cnn", failed=~learned(runs, "val_accuracy"))
    reference = best.loc[best["network"] == REFERENCE, "val_accuracy"].mean()
    figure = plt.figure(figsize=(8, 5.6))
    grid = figure.add_gridspec(2, 12)
    # Four counts above, three kinds below; all share the vertical axis.
    places = [grid[0, 3 * i : 3 * i + 3] for i in range(4)]
    places += [grid[1, 4 * i : 4 * i + 4] for i in range(3)]
    first = None
    for i, (factor, place) in enumerate(zip(FACTORS, places, strict=True)):
        ax = figure.add_subplot(place, sharey=first)
        first = first or ax
        part = runs[runs["factor"] == factor]
        interval_plot(part, "level", "val_accuracy", "colour", ax, failed="failed")
        ax.axhline(reference, color=QUIET, lw=0.8, ls="--", zorder=1)
        ax.get_legend().remove()
        ax.set(xlabel=FACTORS[factor])
        if i not in (0, 4):
            ax.set_ylabel("")
            ax.tick_params(labelleft=False)
    return figure


def depth_by_width(params, table: pd.DataFrame, value: str = "mean") -> pd.DataFrame:
    """Return a column of `network_table` by pooling stages (index) and width (columns)."""
    return crossed(params).map(table.set_index("network")[value].get)


def with_residual_interval(table: pd.DataFrame, best: pd.DataFrame) -> pd.DataFrame:
    """Add fair_low and fair_high: intervals with the residual spread of all networks.

    Seeds move all networks alike; what is left when that is taken out says how well two
    means can be told apart. Networks with failed runs have no such interval.

    Args:
        table: a row per network, with its mean.
        best: from `at_best_rate`.
    """
    sound = learned(best, "val_accuracy").groupby(best["network"]).all()
    sound = sound.index[sound]
    wide = best.pivot(index="seed", columns="network", values="val_accuracy")[sound]
    s, degrees = pooled_residual(wide)
    half = t.ppf(0.975, degrees) * s / len(wide) ** 0.5 if degrees else float("nan")
    half = table["network"].isin(sound).map({True: half, False: float("nan")})
    return table.assign(fair_low=table["mean"] - half, fair_high=table["mean"] + half)


def pareto(table: pd.DataFrame, cost: str):
    """Draw mean validation accuracy against a cost, with intervals.

    Args:
        table: of `network_table` or `mnistlib.chapters.complex_cnn.cells.cost_table`, from
            `with_residual_interval`.
        cost: its column on the horizontal axis.
    """
    from mnistlib.show.plots import pareto_plot

    table = table.rename(columns={"mean": "val_accuracy"})
    return pareto_plot(
        table, cost, "val_accuracy", "network", "group", "fair_low", "fair_high"
    )
