"""Optimizers against learning rates: what is run, and which rates are chosen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mnistlib.data.splits import VAL_FRACTION
from mnistlib.stats.selection import select, settings
from mnistlib.training.spec import NetworkSpec, make

METHODS = ("sgd", "sgd_momentum", "adam", "adadelta")


@dataclass(frozen=True)
class System:
    """An optimizer with a learning rate, on the base CNN.

    Args:
        name: unique within a list of systems.
        method: one of `METHODS`; it decides the colour in figures.
        learning_rate: constant over the run.
        momentum: of SGD, 0 for every other method.
        claims: ids of what a paper printed: test accuracy, test loss, digit shown.
        prints_rate: whether that paper prints the learning rate.
    """

    name: str
    method: str
    learning_rate: float
    momentum: float = 0.0
    claims: tuple[str, ...] = ()
    prints_rate: bool = True

    @property
    def optimizer(self) -> str:
        """The optimizer's name in a spec: SGD with momentum is SGD."""
        return self.method.removesuffix("_momentum")


# Systems A1 to A3 of `ahmareen2024`, section IV. Adam's rate is not printed: its default
# in Keras, and the rate that the paper gives for SGD.
PAPER_SYSTEMS = (
    System("A1, SGD 0.01", "sgd", 0.01, claims=("AHM-01", "AHM-02", "AHM-13")),
    System(
        "A2, Adam 0.001",
        "adam",
        0.001,
        claims=("AHM-03", "AHM-04", "AHM-14"),
        prints_rate=False,
    ),
    System("A3, Adadelta 1.0", "adadelta", 1.0, claims=("AHM-05", "AHM-06")),
    System(
        "A2, Adam 0.01",
        "adam",
        0.01,
        claims=("AHM-03", "AHM-04", "AHM-14"),
        prints_rate=False,
    ),
)
A1, A2, A3, A2_FAST = PAPER_SYSTEMS


def grid_systems(params) -> list[System]:
    """Return the grid: every learning rate of every method, in the order of `METHODS`.

    SGD with and without momentum share their rates.

    Args:
        params: `mnistlib.chapters.optimizers.params.Params`.
    """
    rates = {
        "sgd": params.sgd_rates,
        "sgd_momentum": params.sgd_rates,
        "adam": params.adam_rates,
        "adadelta": params.adadelta_rates,
    }
    return [
        System(
            f"{method} {rate:g}",
            method,
            rate,
            params.momentum if method == "sgd_momentum" else 0.0,
        )
        for method in METHODS
        for rate in sorted(rates[method])
    ]


def specs(
    systems: Sequence[System], params, dataset: str, *, held_out: bool
) -> list[NetworkSpec]:
    """Return one spec for each system and seed, the seed fastest.

    Args:
        systems: what to train.
        params: `mnistlib.chapters.optimizers.params.Params`.
        dataset: "mnist" or "digits".
        held_out: True to choose by: the grid's seeds, one sixth of the training images
            held out for validation. False to report: the other seeds, all training images.
    """
    cut = {"val_fraction": VAL_FRACTION}
    if not held_out:
        cut = {"val_fraction": 0.0, "evaluate_on": "test", "n_test": params.n_test}
    return [
        make(
            NetworkSpec,
            dataset=dataset,
            n_train=params.n_train,
            **cut,
            model="base_cnn",
            optimizer=system.optimizer,
            learning_rate=system.learning_rate,
            momentum=system.momentum,
            batch_size=params.batch_size,
            epochs=params.epochs,
            seed=seed,
        )
        for system in systems
        for seed in (params.grid_seeds if held_out else params.seeds)
    ]


def named(table: pd.DataFrame, runs, systems: Sequence[System]) -> pd.DataFrame:
    """Return ``runs.frame`` or ``runs.history`` with the columns system and method.

    Args:
        table: a frame with the column key.
        runs: what `mnistlib.runs.collect` returned for ``specs(systems, ...)``.
        systems: the same systems in the same order.
    """
    seeds = len(runs.keys) // len(systems)
    owner = dict(zip(runs.keys, np.repeat(np.arange(len(systems)), seeds), strict=True))
    rows = [systems[owner[key]] for key in table["key"]]
    return table.assign(
        system=[system.name for system in rows], method=[system.method for system in rows]
    )


def grid_summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Summarise validation accuracy over the grid's seeds, for each method and rate.

    Args:
        frame: rows of the grid's runs, from `named`.

    Returns:
        DataFrame: method, learning_rate, the columns of `settings`.
    """
    return settings(frame, ["method", "learning_rate"], "val_accuracy")


def best_rates(frame: pd.DataFrame) -> pd.DataFrame:
    """Choose one learning rate for each method, on validation images alone: `select`.

    Args:
        frame: rows of the grid's runs, from `named`.

    Returns:
        DataFrame, a row a method: the columns of `select` at the chosen rate, but diverged
        and stuck summed over its rates; rates and trials (runs), how many it had.
    """
    chosen = select(frame, ["method"], ["learning_rate"]).set_index("method")
    whole = grid_summary(frame).groupby("method", sort=False)
    return chosen.assign(
        diverged=whole["diverged"].sum(),
        stuck=whole["stuck"].sum(),
        rates=whole.size(),
        trials=whole["n"].sum(),
    ).reset_index()


def tuned_systems(best: pd.DataFrame, params) -> list[System]:
    """Return each method at its chosen rate; the system has the method's name."""
    return [
        System(
            row.method,
            row.method,
            row.learning_rate,
            params.momentum if row.method == "sgd_momentum" else 0.0,
        )
        for row in best.itertuples()
    ]
