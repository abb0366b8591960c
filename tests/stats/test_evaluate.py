"""Counts and per-class figures against hand-computed and peer values; error messages."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from mnistlib.stats import compare, evaluate, intervals

# Two arrays of labels of one length.
two_rows = st.integers(0, 60).flatmap(
    lambda n: st.tuples(
        *[hnp.arrays(np.int64, n, elements=st.integers(0, 9)) for _ in range(2)]
    )
)


def test_no_examples_have_no_interval():
    assert all(map(math.isnan, intervals.wilson(0, 0)))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: evaluate.confusion([1, 2], [1]),
            "y_true, y_pred must have the same length. Received: len(y_true)=2, "
            "len(y_pred)=1. Pass labels and predictions of the same examples, in the same "
            "order.",
        ),
        (
            lambda: evaluate.confusion([1.0, np.nan], [1, 1]),
            "y_true must be a one-dimensional array of integer labels. Received: "
            "y_true=array of shape (2,) (float64). Take the argmax of scores first.",
        ),
        (
            lambda: evaluate.confusion([[1]], [[1]]),
            "y_true must be a one-dimensional array of integer labels. Received: "
            "y_true=array of shape (1, 1) (int64). Take the argmax of scores first.",
        ),
        (
            lambda: intervals.wilson(5, 4),
            "n_correct must lie between 0 and n_examples. Received: n_correct=5 (int), "
            "n_examples=4 (int). Give counts, not shares.",
        ),
        (
            lambda: intervals.wilson(1, 2, level=95),
            "level must lie between 0 and 1. Received: level=95 (int). Write 95 % as 0.95.",
        ),
        (
            lambda: evaluate.confusion([3], [10]),
            "y_pred must hold digits from 0 to 9. Received: y_pred with [10] (label).",
        ),
        (
            lambda: evaluate.per_class(np.zeros((2, 3))),
            "confusion must be a square matrix. Received: confusion=array of shape (2, 3) "
            "(float64). Pass what evaluate.confusion returns.",
        ),
        (
            lambda: compare.holm([0.2, 1.5]),
            "p_values must lie between 0 and 1. Received: p_values=[0.2, 1.5] (array).",
        ),
        (
            lambda: intervals.errors_implied(float("nan"), 10),
            "accuracy_percent must lie between 0 and 100. Received: accuracy_percent=nan "
            "(float).",
        ),
        (
            lambda: intervals.t_interval([[1.0]]),
            "values must be one-dimensional. Received: values=array of shape (1, 1) "
            "(float64). Pass one value per run.",
        ),
    ],
)
def test_errors_say_what_is_required_in_one_line(call, message):
    with pytest.raises(ValueError) as caught:
        call()
    assert str(caught.value) == message


def test_confusion_by_hand():
    cells = evaluate.confusion([7, 7, 2, 0], [7, 1, 2, 0])
    assert cells.shape == (10, 10) and cells.dtype == np.int64
    assert {(i, j): int(cells[i, j]) for i, j in np.argwhere(cells)} == {
        (0, 0): 1,
        (2, 2): 1,
        (7, 1): 1,
        (7, 7): 1,
    }


@given(two_rows)
def test_confusion_and_per_class_equal_scikit_learn(rows):
    y_true, y_pred = rows
    cells = evaluate.confusion(y_true, y_pred)
    assert cells.sum() == len(y_true)
    assert np.trace(cells) == (y_true == y_pred).sum()
    table = evaluate.per_class(cells)
    if len(y_true):
        labels = list(range(10))
        assert (cells == confusion_matrix(y_true, y_pred, labels=labels)).all()
        peer = precision_recall_fscore_support(
            y_true, y_pred, labels=labels, zero_division=np.nan
        )
        for column, values in zip(table, peer, strict=True):
            np.testing.assert_allclose(table[column], values)
    assert table["support"].sum() == len(y_true)


def test_errors_implied_rounds_to_the_nearest_count():
    assert intervals.errors_implied(98.36, 42_000) == 689  # 688.8
    assert intervals.errors_implied(100, 10_000) == 0
    assert intervals.errors_implied(97.96, 10_000) == 204  # 203.99999… in binary


def test_halves_of_a_test_part_are_told_apart():
    wrong = np.array([[1, 0, 0, 1], [1, 1, 0, 1]], dtype=bool)
    found = evaluate.half_errors(wrong, np.array([0, 49, 50, 99]), 100)
    assert found == {"first": 0.75, "last": 0.5}
    none = evaluate.half_errors(wrong, np.array([0, 1, 2, 3]), 100)
    assert none["first"] == 0.625 and math.isnan(none["last"])
