"""How good is a search for settings after k runs? Keras Tuner's, replayed on a full grid.

Every point of the grid was run, and its history kept; so a search can be repeated, in many
orders, without training anything. What it would have been told is looked up.
"""

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mnistlib.stats.checks import require

SEARCHES = ("random", "hyperband", "bayesian")
# Keras Tuner counts its seed up by one with each draw: seeds must lie far apart.
_APART = 1_000_000


def recorded(
    history: pd.DataFrame, settings: Sequence[str], value: str = "val_accuracy"
) -> pd.DataFrame:
    """Return what a search is told: a row per point of the grid, a column per epoch.

    Args:
        history: a row per run and epoch, as `mnistlib.runs.Runs.history` gives it.
        settings: columns that are searched.
        value: what the search raises; a mean over the runs of a point.

    Returns:
        DataFrame; a run that ended early counts with its last value.
    """
    runs = history.pivot(index=[*settings, "key"], columns="epoch", values=value)
    return runs.ffill(axis=1).groupby(list(settings), sort=True).mean()


def replay(table: pd.DataFrame, search: str, seed: int) -> pd.DataFrame:
    """Let one of Keras Tuner's searches run, with its own defaults, until it ends.

    Args:
        table: from `recorded`.
        search: ``"random"``; ``"bayesian"``, a Gaussian process with an upper confidence
            bound, after three random points for each setting; ``"hyperband"``, successive
            halving: most points are run for one epoch, and the best of them goes on.
        seed: of the search, 0 or more.

    Returns:
        DataFrame, a row per trial: cost (of all trials so far, in runs of full length),
        worth (the value after the last epoch, of the point that has scored best so far).

    Raises:
        ValueError: there is no such search.
    """
    require(
        search in SEARCHES,
        f"search must be one of {', '.join(SEARCHES)}.",
        f"search={search!r} ({type(search).__name__})",
    )
    full = int(table.columns.max())
    oracle = _oracle(table, search, full, _APART * (seed + 1))
    rows, spent, best, worth = [], 0, -np.inf, np.nan
    while (trial := oracle.create_trial("replay")).status == "RUNNING":
        asked = trial.hyperparameters.values
        point = tuple(asked[name] for name in table.index.names)
        epochs = asked.get("tuner/epochs", full)
        score = float(table.at[point, epochs])
        oracle.update_trial(trial.trial_id, {"score": score})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
        spent += epochs - asked.get("tuner/initial_epoch", 0)
        if score > best:
            best, worth = score, float(table.at[point, full])
        rows.append({"cost": spent / full, "worth": worth})
    return pd.DataFrame(rows)


def _oracle(table: pd.DataFrame, search: str, full: int, seed: int):
    """Return one of Keras Tuner's oracles that keeps nothing on disk."""
    from mnistlib.ground import backend

    backend.configure()  # before Keras, which the tuner loads
    import keras_tuner

    space = keras_tuner.HyperParameters()
    for level in table.index.levels:
        space.Choice(level.name, level.tolist())
    cls, more = {
        "random": ("RandomSearchOracle", {"max_trials": len(table)}),
        "bayesian": ("BayesianOptimizationOracle", {"max_trials": len(table)}),
        # Brackets upon brackets, until all points were drawn.
        "hyperband": (
            "HyperbandOracle",
            {"max_epochs": full, "hyperband_iterations": len(table)},
        ),
    }[search]
    oracle = getattr(keras_tuner.oracles, cls)(
        objective=keras_tuner.Objective("score", "max"),
        hyperparameters=space,
        seed=seed,
        **more,
    )
    oracle.verbose = 0
    oracle.save = oracle._save_trial = lambda *_: None
    return oracle


def replays(table: pd.DataFrame, orders: Mapping[str, int]) -> pd.DataFrame:
    """Replay searches in many orders, and say what each was worth after each full run.

    Args:
        table: from `recorded`.
        orders: search -> how many seeds it is replayed with, from 0.

    Returns:
        DataFrame, a row per search, order and cost (1 to the number of points): worth, NaN
        as long as nothing was run. A search that ended keeps what it had.
    """
    from threadpoolctl import threadpool_limits

    costs, rows = np.arange(1, len(table) + 1), []
    # The tuner's arrays are small: more threads would wait for one another.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a fit that has not converged, an old name
        for search, n in orders.items():
            for order in range(n):
                trials = replay(table, search, order)
                # The last trial that was paid for.
                last = np.searchsorted(trials["cost"], costs + 1e-9, side="right") - 1
                worth = np.where(last >= 0, trials["worth"].to_numpy()[last], np.nan)
                columns = {"search": search, "order": order, "cost": costs, "worth": worth}
                rows.append(pd.DataFrame(columns))
    return pd.concat(rows, ignore_index=True)


def progress(frame: pd.DataFrame, enough: float) -> pd.DataFrame:
    """Describe the orders of each search, at each cost.

    Args:
        frame: from `replays`.
        enough: what a point must be worth to be good enough.

    Returns:
        DataFrame: search, cost, mean, low and high (between which 95 % of the orders lie),
        hit (share of the orders with a point that is good enough), orders (how many).
    """
    by = frame.assign(hit=frame["worth"] >= enough).groupby(["search", "cost"], sort=False)
    return by.agg(
        mean=("worth", "mean"),
        low=("worth", lambda worths: worths.quantile(0.025)),
        high=("worth", lambda worths: worths.quantile(0.975)),
        hit=("hit", "mean"),
        orders=("order", "size"),
    ).reset_index()


def runs_needed(steps: pd.DataFrame, share: float) -> int | None:
    """Return the lowest cost at which that share of the orders is good enough, or None.

    Args:
        steps: of one search, from `progress`.
        share: of the orders, a fraction.
    """
    there = steps.loc[steps["hit"] >= share, "cost"]
    return int(there.min()) if len(there) else None
