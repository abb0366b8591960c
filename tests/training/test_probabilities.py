"""Class probabilities in the precision that records keep."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mnistlib.training.probabilities import pack, rounded, softmax, unpack

LOGITS = st.lists(
    st.lists(st.floats(-40, 40, width=32), min_size=10, max_size=10),
    min_size=1,
    max_size=20,
).map(lambda rows: np.array(rows, np.float32))


def kept(logits):
    exact = softmax(logits)
    predictions = logits.argmax(axis=1).astype(np.uint8)
    return exact, predictions, rounded(exact, predictions)


def test_softmax_by_hand():
    logits = np.array([[0.0, 0.0], [np.log(3), 0.0], [1000.0, 0.0]], np.float32)
    np.testing.assert_allclose(softmax(logits)[:, 0], [0.5, 0.75, 1.0], rtol=1e-6)


@given(LOGITS)
@example(np.array([[0] * 6 + [25.611328125, 31.5, 33.84375, 36.779296875]], np.float32))
def test_the_precision_is_what_is_said(logits):
    """1/32 of the value down to 2**-14, 2**-19 below; the largest is a float16."""
    exact, predictions, found = kept(logits)
    assert found.dtype == np.float16
    rows = np.arange(len(exact))
    top = exact[rows, predictions]
    np.testing.assert_array_equal(found[rows, predictions], top.astype(np.float16))
    # Before that the value is rounded to a float16, by half of its last bit.
    bound = np.maximum(exact / 32, 2.0**-19) + np.maximum(exact * 2.0**-11, 2.0**-25)
    # A digit as probable as the predicted one is held below it.
    tied = exact > top[:, None] * (1 - 1 / 16)
    assert np.all((np.abs(found - exact) <= bound) | tied)


@given(LOGITS)
def test_no_digit_is_lifted_above_the_predicted_one(logits):
    _, predictions, found = kept(logits)
    own = found[np.arange(len(found)), predictions]
    assert np.all(found <= own[:, None])


@given(LOGITS)
def test_what_is_packed_comes_back(logits):
    _, predictions, found = kept(logits)
    top, others = pack(found, predictions)
    assert (others.dtype, others.shape) == (np.uint8, (10, len(found)))
    np.testing.assert_array_equal(unpack(top, others, predictions), found)
    np.testing.assert_array_equal(rounded(found, predictions), found)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_image_whose_logits_overflowed_has_none(bad):
    logits = np.zeros((3, 10), np.float32)
    logits[1, 4] = bad
    logits[2, 3] = 1
    _, predictions, found = kept(logits)
    assert np.isnan(found[1]).all()
    assert np.isfinite(found[[0, 2]]).all()
    back = unpack(*pack(found, predictions), predictions)
    np.testing.assert_array_equal(back, found)
