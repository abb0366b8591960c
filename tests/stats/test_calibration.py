"""Reliability and the expected calibration error, against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from mnistlib.stats.calibration import calibration_error, reliability


def test_bins_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0, 1, 2000)
    right = rng.uniform(size=2000) < confidence**2
    table = reliability(confidence, right)
    shares, means = calibration_curve(right, confidence, n_bins=10)
    np.testing.assert_allclose(table["accuracy"], shares)
    np.testing.assert_allclose(table["confidence"], means)
    assert table["n"].sum() == 2000
    assert calibration_error(table) == pytest.approx(
        sum(n * abs(a - c) for n, a, c in table[["n", "accuracy", "confidence"]].to_numpy())
        / 2000
    )


def test_error_by_hand_and_at_the_ends():
    table = reliability([0.0, 0.3, 0.35, 1.0], [False, True, False, True], bins=10)
    assert table["low"].tolist() == pytest.approx([0, 0.2, 0.3, 0.9])
    assert table["high"].tolist() == pytest.approx([0.1, 0.3, 0.4, 1])
    assert calibration_error(table) == pytest.approx((0 + 0.7 + 0.35 + 0) / 4)


def test_what_is_perfectly_sure_and_right_has_no_error():
    assert calibration_error(reliability(np.ones(5), np.ones(5, bool))) == 0


@pytest.mark.parametrize("bad", [np.nan, 1.1, -0.1])
def test_a_confidence_must_be_a_probability(bad):
    with pytest.raises(ValueError, match=r"between 0 and 1\. Received"):
        reliability([0.5, bad], [True, False])
    with pytest.raises(ValueError, match="same length"):
        reliability([0.5], [True, False])
