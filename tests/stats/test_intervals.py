"""Intervals against published and hand-computed values."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistlib.stats import evaluate


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
    assert evaluate.wilson(k, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 70_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_contains_the_share_and_stays_between_0_and_1(counts):
    k, n = counts
    low, high = evaluate.wilson(k, n)
    assert 0 <= low <= k / n + 1e-12
    assert k / n - 1e-12 <= high <= 1
    assert low < high


def test_wilson_is_wider_at_a_higher_level():
    narrow, wide = evaluate.wilson(98, 100, 0.9), evaluate.wilson(98, 100, 0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_t_interval_by_hand():
    """1, 2, 3: mean 2, s = 1, t(2) at 97.5 % = 4.302653; 4.302653 / sqrt(3) = 2.484138."""
    assert evaluate.t_interval([1, 2, 3]) == pytest.approx((2 - 2.484138, 2 + 2.484138))


def test_t_interval_edges():
    assert all(map(math.isnan, evaluate.t_interval([])))
    assert all(map(math.isnan, evaluate.t_interval([0.9])))
    assert all(map(math.isnan, evaluate.t_interval([0.9, np.nan, 0.8])))
    assert evaluate.t_interval([0.5, 0.5, 0.5]) == (0.5, 0.5)


def test_summary_by_hand():
    found = evaluate.summary([1, 2, 3])
    assert found["n"] == 3 and found["mean"] == 2 and found["std"] == 1
    assert (found["min"], found["max"]) == (1, 3)
    assert (found["low"], found["high"]) == evaluate.t_interval([1, 2, 3])


def test_summary_of_nothing_one_and_nan_makes_no_noise():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nothing, one = evaluate.summary([]), evaluate.summary([0.5])
        broken = evaluate.summary([0.5, np.nan])
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
    table = evaluate.summarise(frame, ["optimizer", "rate"], "accuracy")
    assert table["optimizer"].tolist() == ["sgd", "adam"]
    assert table.loc[1, ["mean", "low", "high"]].tolist() == pytest.approx(
        [0.8, *evaluate.t_interval([0.7, 0.9])]
    )
    assert evaluate.summarise(frame, "rate", "accuracy")["n"].tolist() == [4]
