"""Batch normalisation and input scaling: what is run, chosen and drawn."""

from itertools import product

import pandas as pd

from mnistlib.data.splits import VAL_FRACTION
from mnistlib.models import BatchNorm
from mnistlib.stats.intervals import learned
from mnistlib.stats.selection import select
from mnistlib.training.spec import NetworkSpec, make

HOSTS = ("base_cnn", "complex_cnn")
PLACEMENTS = BatchNorm.__args__
CONTROL, *NORMALISED = PLACEMENTS
# System A5 of `ahmareen2024`, section IV, Fig. 9: SGD 0.01; pixels in [0, 1] (section III).
PAPER_RATE, PAPER_SCALING = 0.01, "unit"
SCALING_NAMES = {
    "none": "0 to 255",
    "unit": "÷ 255",
    "standardised": "standardised",
    "l2": "unit L2",
}
CONDITION = ["model", "scaling", "learning_rate"]


def _spec(params, dataset: str, model, batch_norm, scaling, rate, seed, **fields):
    return make(
        NetworkSpec,
        dataset=dataset,
        n_train=params.n_train,
        scaling=scaling,
        model=model,
        model_args={"batch_norm": batch_norm},
        optimizer="sgd",
        learning_rate=rate,
        momentum=params.momentum,
        batch_size=params.batch_size,
        epochs=params.epochs,
        seed=seed,
        **fields,
    )


def grid_specs(params, dataset: str) -> list[NetworkSpec]:
    """Return the grid: host x scaling x rate x placement x seed, one sixth held out.

    A rate belongs to a scaling: a gradient grows with the pixels, so unscaled ones get
    ``unscaled_rates`` as well.

    Args:
        params: `mnistlib.chapters.batch_norm.params.Params`.
        dataset: "mnist" or "digits".
    """
    return [
        _spec(
            params,
            dataset,
            model,
            batch_norm,
            scaling,
            rate,
            seed,
            val_fraction=VAL_FRACTION,
        )
        for model, scaling in product(HOSTS, params.scalings)
        for rate, batch_norm, seed in product(
            rates(params, scaling), PLACEMENTS, params.grid_seeds
        )
    ]


def rates(params, scaling: str) -> list[float]:
    """Return the learning rates that the grid tries for a scaling, ascending."""
    further = params.unscaled_rates if scaling == "none" else []
    return sorted({*params.learning_rates, *further})


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``runs.frame`` or ``runs.history`` with the column batch_norm.

    A spec leaves out an argument that holds its default, so the column may be lacking.
    """
    given = table.get("arg_batch_norm", pd.Series(index=table.index, dtype=object))
    return table.assign(batch_norm=given.astype(object).fillna(CONTROL))


def best_rows(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Choose host, scaling, rate and placement for each group, by `select`.

    Args:
        frame: of the grid, from `tidy`.
        by: columns of the group; scaling and batch_norm may be among them.

    Returns:
        DataFrame, a row a group: the columns of `select`, among them model, scaling,
        learning_rate and batch_norm.
    """
    setting = [name for name in (*CONDITION, "batch_norm") if name not in by]
    return select(frame, by, setting)


def final_systems(params, frame: pd.DataFrame) -> pd.DataFrame:
    """Return what is tested: the paper's setting, and the settings that the grid chose.

    In the paper's setting (SGD 0.01, pixels / 255) each host has every placement. The
    grid chooses rate and scaling for each host and placement, so that all have been tuned
    alike: with as many candidates.

    Args:
        params: `mnistlib.chapters.batch_norm.params.Params`.
        frame: of the grid, from `tidy`.

    Returns:
        DataFrame: setting ("paper" or "chosen"), model, batch_norm, scaling,
        learning_rate, edge (of a chosen rate, see `select`; "" for the paper's).
    """
    columns = ["setting", "model", "batch_norm", "scaling", "learning_rate"]
    paper = [
        ("paper", model, placement, PAPER_SCALING, PAPER_RATE)
        for model, placement in product(HOSTS, PLACEMENTS)
    ]
    chosen = best_rows(frame, ["model", "batch_norm"]).assign(setting="chosen")
    columns.append("edge")
    return pd.concat(
        [pd.DataFrame(paper, columns=columns[:-1]).assign(edge=""), chosen[columns]],
        ignore_index=True,
    )


def final_specs(params, dataset: str, systems: pd.DataFrame) -> list[NetworkSpec]:
    """Return the runs of `final_systems`: all training images, each seed of ``seeds``."""
    return [
        _spec(
            params,
            dataset,
            row.model,
            row.batch_norm,
            row.scaling,
            row.learning_rate,
            seed,
            val_fraction=0.0,
            evaluate_on="test",
            n_test=params.n_test,
        )
        for row in systems.itertuples()
        for seed in params.seeds
    ]


def final_frame(params, systems: pd.DataFrame, runs) -> pd.DataFrame:
    """Return ``runs.frame`` of `final_specs` with setting, batch_norm and system (text)."""
    setting = systems["setting"].repeat(len(params.seeds)).to_numpy()
    frame = tidy(runs.frame).assign(setting=setting)
    return frame.assign(system=[_system(row) for row in frame.itertuples()])


def _system(row) -> str:
    from mnistlib.show.style import label

    normalised = {CONTROL: "no batch normalisation"}.get(
        row.batch_norm, f"batch normalisation {label(row.batch_norm)}"
    )
    name = f"{label(row.model)}, {normalised}"
    if row.setting == "paper":
        return name
    return f"{name}, rate {row.learning_rate:g}, {SCALING_NAMES[row.scaling]}"


def scaling_grid(frame: pd.DataFrame):
    """Draw validation error over learning rates, a panel for each host and scaling.

    Where a run failed there is no interval, and the mark is the median. The axis ends at
    100 %, also where an interval does not. No error at all, which a
    logarithmic axis cannot show, is drawn at half of the smallest other error.

    Args:
        frame: of the grid, from `tidy`.
    """
    from matplotlib.ticker import LogFormatterSciNotation

    from mnistlib.show.plots import interval_plot
    from mnistlib.show.style import log_axis

    error = 1 - frame["val_accuracy"]
    least = error[error > 0].min() / 2 if (error > 0).any() else 0.001
    lost = ~learned(frame, "val_accuracy")
    error = frame.assign(error=error.clip(lower=least), failed=lost)
    figure, axes = _panels(frame["scaling"], sharex="col")
    for (model, scaling), ax in axes.items():
        part = error[(error["model"] == model) & (error["scaling"] == scaling)]
        interval_plot(
            part, "learning_rate", "error", "batch_norm", ax, log_x=True, failed="failed"
        )
        log_axis(ax, "y", error["error"])
        ax.yaxis.set_major_formatter(lambda x, _: f"{100 * x:g} %")
        ax.set(ylim=(0.8 * error["error"].min(), 1.1))
        ticks = sorted(set(part["learning_rate"]))
        powers = LogFormatterSciNotation()
        ax.set_xticks(ticks, [f"{t:g}" if t >= 1e-3 else powers(t) for t in ticks])
    _finish(figure, axes, "validation error")
    return figure


def _panels(scalings, sharex="all") -> tuple:
    """Return a figure and (model, scaling) -> axes: hosts as rows, scalings as columns."""
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(scalings))
    figure, grid = plt.subplots(
        2, len(names), figsize=(8, 5.6), sharex=sharex, sharey=True, squeeze=False
    )
    return figure, dict(zip(product(HOSTS, names), grid.flat, strict=True))


def _finish(figure, axes: dict, ylabel: str) -> None:
    """Give the panels titles, outer labels only, and one legend."""
    from mnistlib.show.style import label

    for (model, scaling), ax in axes.items():
        ax.set_title(f"{label(model)}, {SCALING_NAMES[scaling]}", fontsize=9)
        ax.set_ylabel(ylabel)
        ax.label_outer()
        if ax.get_legend():
            ax.get_legend().remove()
    handles, names = next(iter(axes.values())).get_legend_handles_labels()
    figure.legend(
        handles,
        names,
        title="batch normalisation",
        loc="outside upper left",
        ncols=3,
        alignment="left",
    )
