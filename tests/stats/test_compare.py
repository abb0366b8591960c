"""Paired tests and corrections against hand-computed values and worked examples."""

import math
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistlib.stats import evaluate

p_lists = st.lists(st.floats(0, 1), max_size=12)


def test_mcnemar_by_hand():
    """One only a gets right, seven only b: p = 2 (C(8,0) + C(8,1)) / 2^8 = 0.0703125."""
    y_true = np.zeros(12, dtype=np.uint8)
    pred_a = np.array([0] + [1] * 7 + [0, 0, 0, 1], dtype=np.uint8)
    pred_b = np.array([1] + [0] * 7 + [0, 0, 0, 2], dtype=np.uint8)
    found = evaluate.mcnemar(y_true, pred_a, pred_b)
    assert (found.a_only, found.b_only) == (1, 7)
    assert found.p == pytest.approx(0.0703125)
    assert evaluate.mcnemar(y_true, pred_b, pred_a).p == found.p


def test_mcnemar_without_differences():
    assert evaluate.mcnemar([1, 2], [1, 3], [1, 4]) == (0, 0, 1.0)
    assert evaluate.mcnemar([], [], []) == (0, 0, 1.0)


def test_paired_t_by_hand():
    """Differences 1, 2, 3: t = 2 sqrt(3); with 2 degrees p = 1 - t / sqrt(t^2 + 2)."""
    found = evaluate.paired_t([2.0, 4.0, 6.0], [1.0, 2.0, 3.0])
    assert (found.n, found.mean_difference) == (3, 2)
    assert (found.low, found.high) == evaluate.t_interval([1, 2, 3])
    assert found.p == pytest.approx(1 - math.sqrt(12) / math.sqrt(14))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([], []),
        ([0.9], [0.8]),
        ([0.9, 0.8], [0.9, 0.8]),
        ([0.9, 0.8, 0.7], [0.8, 0.7, 0.6]),  # equal but for rounding
        ([0.9, np.nan], [0.8, 0.7]),
    ],
)
def test_paired_t_without_a_t_value_says_nan_and_makes_no_noise(a, b):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert math.isnan(evaluate.paired_t(a, b).p)


def test_holm_worked_example():
    """Sorted .005 .01 .03 .04 times 4 3 2 1: .02 .03 .06 .04, and the last is lifted."""
    adjusted = evaluate.holm([0.01, 0.04, 0.03, 0.005])
    assert adjusted == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_passes_nan_through_and_does_not_count_it():
    assert evaluate.holm([0.02, np.nan, 0.01]) == pytest.approx(
        [0.02, np.nan, 0.02], nan_ok=True
    )
    assert evaluate.holm([]).shape == (0,)


@given(p_lists)
def test_holm_properties(p_values):
    p_values, adjusted = np.array(p_values), evaluate.holm(p_values)
    assert (adjusted >= p_values).all() and (adjusted <= 1).all()
    assert (np.diff(adjusted[np.argsort(p_values, kind="stable")]) >= 0).all()
    assert (adjusted <= np.minimum(1, p_values * len(p_values)) + 1e-12).all()


def seeds_frame():
    return pd.DataFrame(
        {
            "optimizer": ["sgd"] * 3 + ["adam"] * 3 + ["adadelta"] * 3,
            "seed": [0, 1, 2, 2, 1, 0, 0, 1, 2],  # adam's rows stand in another order
            "accuracy": [2.0, 4.0, 6.0, 3.0, 2.0, 1.0, 2.0, 4.5, 6.2],
        }
    )


def test_compare_pairs_pairs_by_seed_and_corrects():
    table = evaluate.compare_pairs(seeds_frame(), "optimizer", "accuracy")
    assert list(zip(table["a"], table["b"], strict=True)) == [
        ("sgd", "adam"),
        ("sgd", "adadelta"),
        ("adam", "adadelta"),
    ]
    assert table.loc[0, "mean_difference"] == 2
    assert table.loc[0, "p"] == pytest.approx(1 - math.sqrt(12) / math.sqrt(14))
    assert table["p_holm"].tolist() == pytest.approx(evaluate.holm(table["p"]).tolist())


def test_compare_pairs_with_a_baseline():
    table = evaluate.compare_pairs(seeds_frame(), "optimizer", "accuracy", baseline="adam")
    assert table["a"].tolist() == ["sgd", "adadelta"]
    assert set(table["b"]) == {"adam"}


def test_compare_pairs_of_one_system_is_empty():
    one = seeds_frame().head(3)
    assert evaluate.compare_pairs(one, "optimizer", "accuracy").empty


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (
            lambda f: pd.concat([f, f.head(2)]),
            {},
            "per optimizer and seed. .*2 more",
        ),
        (lambda f: f.drop(index=0), {}, "optimizer='sgd' with fewer than 3 runs"),
        (lambda f: f, {"baseline": "x"}, "baseline must be a value of optimizer .*'x'"),
    ],
)
def test_compare_pairs_refuses_what_cannot_be_paired(change, options, message):
    with pytest.raises(ValueError, match=message):
        evaluate.compare_pairs(change(seeds_frame()), "optimizer", "accuracy", **options)


@pytest.mark.parametrize(
    ("a", "b", "p"),
    [
        (9796, 9827, 0.11),
        (9827, 9865, 0.029),
        (9865, 9873, 0.62),
        (9873, 9924, 3e-4),
        (9830, 9777, 0.007),
        (9972, 9921, 8e-7),
    ],
)
def test_two_proportions_of_printed_accuracies(a, b, p):
    """Worked by hand to two digits from (p1 - p2) / sqrt(p (1 - p) 2 / n)."""
    assert evaluate.two_proportions(a, 10_000, b, 10_000) == pytest.approx(p, rel=0.09)
    share = (a + b) / 20_000
    z = abs(a - b) / 10_000 / math.sqrt(share * (1 - share) * 2 / 10_000)
    exact = math.erfc(z / math.sqrt(2))
    assert evaluate.two_proportions(a, 10_000, b, 10_000) == pytest.approx(exact)


def test_two_proportions_edges():
    assert evaluate.two_proportions(5, 5, 9, 9) == 1.0
    assert math.isnan(evaluate.two_proportions(0, 0, 1, 2))
