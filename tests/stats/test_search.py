"""Searches replayed on a grid of which every point is known."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from mnistlib.stats import search

SETTINGS = ["a", "b"]


def history(worth, epochs=3, a=(1, 2, 4), b=(0.1, 1.0), seeds=(0,)) -> pd.DataFrame:
    """A run for each point and seed, which comes nearer to what it is worth each epoch."""
    return pd.DataFrame(
        [
            {"a": x, "b": y, "key": f"{x} {y} {seed}", "epoch": epoch}
            | {"val_accuracy": worth(x, y) - 0.1 / epoch + 0.1 / epochs + seed}
            for x, y, seed in product(a, b, seeds)
            for epoch in range(1, epochs + 1)
        ]
    )


def table(worth=lambda a, b: a + b, **fields) -> pd.DataFrame:
    return search.recorded(history(worth, **fields), SETTINGS)


def test_recorded_means_over_runs_and_keeps_the_last_value_of_a_run_that_ended():
    runs = history(lambda a, b: a, seeds=(0, 1))
    runs = runs[~((runs["key"] == "4 1.0 1") & (runs["epoch"] == 3))]
    frame = search.recorded(runs, SETTINGS)
    assert frame.shape == (6, 3)
    assert frame.at[(2, 0.1), 3] == pytest.approx(2.5)
    before = 5 - 0.1 / 2 + 0.1 / 3
    assert frame.at[(4, 1.0), 3] == pytest.approx((4 + before) / 2)


def test_random_search_tries_no_point_twice_and_needs_its_time():
    frame = search.replays(table(), {"random": 300})
    steps = search.progress(frame, enough=5.0)
    # Without replacement, k of 6 points hold the best with probability k / 6; Keras Tuner
    # gives up after 20 draws that it had before, so the end may be missed.
    assert steps["hit"].to_numpy()[:5] == pytest.approx(np.arange(1, 6) / 6, abs=0.08)
    assert (steps["orders"] == 300).all()
    assert (steps["low"] <= steps["mean"]).all() and (steps["mean"] <= steps["high"]).all()
    assert steps["mean"].is_monotonic_increasing


def test_orders_repeat_and_differ():
    once = search.replays(table(), {"random": 5})
    pd.testing.assert_frame_equal(once, search.replays(table(), {"random": 5}))
    first = once[once["cost"] == 1]["worth"]
    assert first.nunique() > 1


def test_hyperband_pays_for_epochs_and_goes_on_with_the_best():
    trials = search.replay(table(), "hyperband", 0)
    # The first bracket: three points for one epoch; the best of them for two more.
    assert trials["cost"].tolist()[:4] == pytest.approx([1 / 3, 2 / 3, 1, 5 / 3])
    assert trials["worth"].iloc[3] == trials["worth"].iloc[:3].max()


def test_hyperband_is_misled_by_a_point_that_starts_well():
    def fast_start(frame):
        early = (frame["a"] == 1) & (frame["epoch"] == 1)
        return frame.assign(val_accuracy=frame["val_accuracy"].where(~early, 9.0))

    frame = search.recorded(fast_start(history(lambda a, b: a + b)), SETTINGS)
    trials = search.replay(frame, "hyperband", 0)
    picked = trials["worth"].iloc[-1]
    assert picked == pytest.approx(1.1) or picked == pytest.approx(2.0)


def test_bayesian_search_looks_where_it_was_good():
    worth = table(lambda a, b: -((a - 4) ** 2) - (np.log10(b) - 1) ** 2, b=(0.1, 1.0, 10.0))
    frame = search.replays(worth, {"bayesian": 2})
    steps = search.progress(frame, enough=0.0)
    assert steps["hit"].iloc[-1] == 1


def test_nothing_is_worth_anything_before_it_was_run():
    slow = table(epochs=1)
    frame = search.replays(slow, {"hyperband": 2})
    assert frame["worth"].notna().all()
    halves = pd.DataFrame(
        {"search": "random", "order": [0, 1], "cost": 1, "worth": [np.nan, 2.0]}
    )
    assert search.progress(halves, enough=2.0)["hit"].item() == 0.5


def test_an_unknown_search_is_refused():
    message = (
        "search must be one of random, hyperband, bayesian. Received: search='grid' (str)."
    )
    with pytest.raises(ValueError) as caught:
        search.replay(table(), "grid", 0)
    assert str(caught.value) == message


def test_runs_needed_is_the_first_cost_at_which_enough_orders_are_there():
    steps = pd.DataFrame({"cost": [1, 2, 3], "hit": [0.2, 0.5, 0.9]})
    assert search.runs_needed(steps, 0.5) == 2
    assert search.runs_needed(steps, 0.95) is None
