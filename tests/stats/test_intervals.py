"""Intervals against published and hand-computed values."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistlib.stats import intervals


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_published(k, n, low, high):
    """Newcombe, "Two-sided intervals for the single proportion" (1998), Table I."""
    assert intervals.wilson(k, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 70_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_contains_the_share_and_stays_between_0_and_1(counts):
    k, n = counts
    low, high = intervals.wilson(k, n)
    assert 0 <= low <= k / n + 1e-12
    assert k / n - 1e-12 <= high <= 1
    assert low < high


def test_wilson_is_wider_at_a_higher_level():
    narrow, wide = intervals.wilson(98, 100, 0.9), intervals.wilson(98, 100, 0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_t_interval_by_hand():
    """1, 2, 3: mean 2, s = 1, t(2) at 97.5 % = 4.302653; 4.302653 / sqrt(3) = 2.484138."""
    assert intervals.t_interval([1, 2, 3]) == pytest.approx((2 - 2.484138, 2 + 2.484138))


def test_t_interval_edges():
    assert all(map(math.isnan, intervals.t_interval([])))
    assert all(map(math.isnan, intervals.t_interval([0.9])))
    assert all(map(math.isnan, intervals.t_interval([0.9, np.nan, 0.8])))
    assert intervals.t_interval([0.5, 0.5, 0.5]) == (0.5, 0.5)


def test_summary_by_hand():
    found = intervals.summary([1, 2, 3])
    assert found["n"] == 3 and found["mean"] == 2 and found["std"] == 1
    assert (found["min"], found["max"]) == (1, 3)
    assert (found["low"], found["high"]) == intervals.t_interval([1, 2, 3])


def test_summary_of_nothing_one_and_nan_makes_no_noise():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nothing, one = intervals.summary([]), intervals.summary([0.5])
        broken = intervals.summary([0.5, np.nan])
    assert nothing.pop("n") == 0 and all(map(math.isnan, nothing.values()))
    assert (one["n"], one["mean"], one["min"], one["max"]) == (1, 0.5, 0.5, 0.5)
    assert math.isnan(one["std"]) and math.isnan(one["low"])
    assert broken.pop("n") == 2 and all(map(math.isnan, broken.values()))


def test_summarise_keeps_order_and_matches_summary():
    frame = pd.DataFrame(
        {
            "optimizer": ["sgd", "adam", "sgd", "adam"],
            "rate": [0.1, 0.1, 0.1, 0.1],
            "accuracy": [0.5, 0.7, 0.6, 0.9],
        }
    )
    table = intervals.summarise(frame, ["optimizer", "rate"], "accuracy")
    assert table["optimizer"].tolist() == ["sgd", "adam"]
    assert table.loc[1, ["mean", "low", "high"]].tolist() == pytest.approx(
        [0.8, *intervals.t_interval([0.7, 0.9])]
    )
    assert intervals.summarise(frame, "rate", "accuracy")["n"].tolist() == [4]


def test_prediction_by_hand():
    """1, 2, 3: s = 1, t(2) at 97.5 % = 4.302653, times sqrt(4 / 3) = 4.968276."""
    assert intervals.prediction([1, 2, 3]) == pytest.approx((2 - 4.968276, 2 + 4.968276))
    assert all(map(math.isnan, intervals.prediction([0.9])))
    assert all(map(math.isnan, intervals.prediction([0.9, np.nan])))


@pytest.mark.parametrize("n", [3, 10])
def test_one_more_run_lies_inside_the_prediction_in_95_of_100_cases(n):
    """And inside the interval of the mean the less often, the more seeds there are."""
    runs = np.random.default_rng(n).normal(98, 0.1, (4000, n + 1))

    def share(interval):
        ends = [interval(row[:-1]) for row in runs]
        return np.mean(
            [lo <= row[-1] <= hi for (lo, hi), row in zip(ends, runs, strict=True)]
        )

    assert share(intervals.prediction) == pytest.approx(0.95, abs=0.012)
    assert share(intervals.t_interval) == pytest.approx({3: 0.84, 10: 0.49}[n], abs=0.03)


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (1.0, 1.0, 2.0, "inside"),
        (0.9, 1.0, 2.0, "below"),
        (2.1, 1.0, 2.0, "above"),
        (1.5, np.nan, np.nan, ""),
    ],
)
def test_place(value, low, high, text):
    assert intervals.place(value, low, high) == text


def test_combined_adds_squares_and_is_never_narrower():
    assert intervals.combined(10, (7, 12), (6, 11)) == pytest.approx((5, 10 + math.sqrt(5)))
    assert intervals.combined(10, (7, 12)) == pytest.approx((7, 12))
    assert all(map(math.isnan, intervals.combined(10, (7, 12), (np.nan, np.nan))))


def runs_frame(values, status=None, n=100):
    return pd.DataFrame(
        {
            "system": "a",
            "test_accuracy": values,
            "n_examples": n,
            "status": status or ["ok"] * len(values),
        }
    )


def test_accuracies_have_an_interval_for_each_doubt():
    (row,) = intervals.accuracies(runs_frame([0.9, 0.92, 0.94]), "system").itertuples()
    assert (row.low, row.high) == intervals.t_interval([0.9, 0.92, 0.94])
    assert (row.image_low, row.image_high) == intervals.wilson(92, 100)
    both = intervals.combined(0.92, (row.low, row.high), (row.image_low, row.image_high))
    assert (row.both_low, row.both_high) == pytest.approx(both)
    assert row.both_low < min(row.low, row.image_low)
    assert (row.failed, row.median) == (0, pytest.approx(0.92))


def test_intervals_of_accuracies_end_at_one():
    (row,) = intervals.accuracies(runs_frame([0.95, 0.97, 0.99]), "system").itertuples()
    assert intervals.t_interval([0.95, 0.97, 0.99])[1] > 1
    assert row.high == row.both_high == 1.0 > row.image_high


def test_one_run_has_the_interval_over_images_alone():
    (row,) = intervals.accuracies(runs_frame([0.9]), "system").itertuples()
    assert np.isnan([row.low, row.high, row.both_low, row.both_high]).all()
    assert (row.image_low, row.image_high) == intervals.wilson(90, 100)


def test_two_outcomes_have_no_students_interval():
    frame = runs_frame([0.9, 0.1, 0.94, 0.5], ["ok", "ok", "ok", "diverged"])
    assert intervals.learned(frame, "test_accuracy").tolist() == [True, False, True, False]
    (row,) = intervals.accuracies(frame, "system").itertuples()
    assert np.isnan([row.std, row.low, row.high, row.both_low]).all()
    assert (row.n, row.failed, row.median) == (4, 2, pytest.approx(0.92))
