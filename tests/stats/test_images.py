"""Two systems on the same images: counts by hand, directions, the test of a lead."""

import numpy as np
import pytest
from scipy import stats

from mnistlib.stats import images


def test_mcnemar_by_hand():
    """One only a gets right, seven only b: p = 2 (C(8,0) + C(8,1)) / 2^8 = 0.0703125."""
    y_true = np.zeros(12, dtype=np.uint8)
    pred_a = np.array([0] + [1] * 7 + [0, 0, 0, 1], dtype=np.uint8)
    pred_b = np.array([1] + [0] * 7 + [0, 0, 0, 2], dtype=np.uint8)
    found = images.mcnemar(y_true, pred_a, pred_b)
    assert (found.a_only, found.b_only) == (1, 7)
    assert found.p == pytest.approx(0.0703125)
    assert images.mcnemar(y_true, pred_b, pred_a).p == found.p


def test_mcnemar_without_differences():
    assert images.mcnemar([1, 2], [1, 3], [1, 4]) == (0, 0, 1.0)
    assert images.mcnemar([], [], []) == (0, 0, 1.0)


def wrong_at(*places, n=40):
    guess = np.zeros(n, dtype=int)
    guess[list(places)] = 1
    return guess


def test_seeds_with_opposite_winners_are_not_added_up():
    y = np.zeros(40, dtype=int)
    a = np.stack([wrong_at(), wrong_at(*range(20)), wrong_at(0)])
    b = np.stack([wrong_at(*range(20)), wrong_at(), wrong_at(1)])
    (row,) = images.directions(y, [(a, b)]).itertuples()
    assert (row.ahead, row.behind, row.runs) == (1, 1, 3)
    assert row.a_only == row.b_only == pytest.approx(21 / 3)


def test_directions_are_corrected_for_the_comparisons_of_a_seed():
    y = np.zeros(40, dtype=int)
    right, six = np.stack([wrong_at()]), np.stack([wrong_at(*range(6))])
    assert images.mcnemar(y, right[0], six[0]).p == 0.03125
    assert images.directions(y, [(right, six)])["ahead"].tolist() == [1]
    assert images.directions(y, [(right, six)] * 2)["ahead"].tolist() == [0, 0]


def test_the_lead_of_one_seed_is_tested_by_mcnemar():
    lead = np.array([[1] * 12 + [-1] * 3 + [0] * 50])
    a, b = np.where(lead[0] == -1, 1, 0), np.where(lead[0] == 1, 1, 0)
    exact = images.mcnemar(np.zeros(65, dtype=int), a, b).p
    assert images.lead_test(lead) == pytest.approx(exact, abs=1e-12)


def test_the_lead_of_several_seeds_is_a_permutation_test_over_images():
    rng = np.random.default_rng(3)
    lead = np.clip(rng.normal(0.25, 0.8, 60) + rng.normal(0, 0.4, (3, 60)), -1, 1)
    lead = lead.round().astype(int)
    peer = stats.permutation_test(
        (lead.sum(axis=0),), np.sum, permutation_type="samples", n_resamples=20_000, rng=rng
    )
    assert 0.001 < peer.pvalue < 0.5
    assert images.lead_test(lead) == pytest.approx(peer.pvalue, abs=0.01)


def test_an_image_counts_once_however_many_seeds_there_are():
    lead = np.array([[1] * 12 + [-1] * 3 + [0] * 50])
    once = images.lead_test(lead)
    assert images.lead_test(np.repeat(lead, 5, axis=0)) == pytest.approx(once)
    assert images.lead_test(np.zeros((3, 20), dtype=int)) == 1.0


def test_the_interval_of_a_lead_covers_seeds_and_images():
    """Two models of the same doubts: variances by the formula, and by drawing again."""
    rng = np.random.default_rng(0)
    seeds, n = 20, 2000
    chance = np.clip(rng.normal(0.05, 0.15, n) + rng.normal(0, 0.02, (seeds, 1)), 0, 1)
    lead = (rng.random((seeds, n)) < chance).astype(int)
    drawn = []
    for _ in range(2000):
        rows, columns = rng.integers(0, seeds, seeds), rng.integers(0, n, n)
        drawn.append(lead[rows][:, columns].mean())
    low, high = images.lead_interval(lead)
    assert low < lead.mean() < high
    width = np.subtract(*np.quantile(drawn, [0.975, 0.025]))
    assert high - low == pytest.approx(width, rel=0.12)
    assert np.isnan(images.lead_interval(lead[:1])).all()
