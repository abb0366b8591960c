"""Spread over seeds, and seeds that a difference needs."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mnistlib.stats.power import gaps, seed_spread, seeds_needed


def test_spread_pools_by_degrees_of_freedom():
    frame = pd.DataFrame(
        {"system": list("aaabbc"), "accuracy": [1.0, 2, 3, 0, 4, 9]}
    )  # variances 1 (2 degrees) and 8 (1 degree); c has one run
    spread = seed_spread(frame, "system", "accuracy")
    assert spread["degrees"] == 3
    assert spread["std"] == pytest.approx((10 / 3) ** 0.5)
    reach = stats.t.ppf(0.975, 3) * 2**0.5 * spread["std"]
    assert spread["reach"] == pytest.approx(reach)
    alone = seed_spread(frame.tail(1), "system", "accuracy")
    assert alone["degrees"] == 0
    assert np.isnan(alone["reach"])


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0])
def test_seeds_needed_are_the_fewest_that_find_it(ratio):
    """Simulated: the power at n seeds is at least 80 %, at n - 1 below (within error)."""
    n = int(seeds_needed(ratio, 1.0))
    rng = np.random.default_rng(0)
    for seeds, above in ((n, True), (n - 1, False)):
        a, b = rng.normal(size=(2, seeds, 20000))
        found = (stats.ttest_ind(a + ratio, b).pvalue < 0.05).mean()
        assert found > 0.79 if above else found < 0.81


def test_seeds_needed_at_the_ends():
    assert seeds_needed(-50, 1) == 2 == seeds_needed(1, 0)
    assert seeds_needed(0, 1) == np.inf
    assert seeds_needed(1, 1) == seeds_needed(-1, 1) == 17
    assert np.isnan(seeds_needed(1, np.nan))
    assert seeds_needed(0.001, 1) > 10**6
    with pytest.raises(ValueError, match=r"std must not be negative\. Received: std=-1"):
        seeds_needed(1, -1)


def test_gaps_say_what_one_run_shows():
    spread = {"std": 1.0, "degrees": 9, "reach": 3.2}
    table = gaps([("a", "b", 4.0, 2), ("b", "c", -1.0, 2)], spread)
    assert table["seen"].tolist() == [True, False]
    assert table["seeds"].tolist() == [seeds_needed(4, 1), 17]
    unknown = {"std": np.nan, "degrees": 0, "reach": np.nan}
    assert gaps([("a", "b", 4.0, 2)], unknown)["seen"].isna().all()


def test_a_system_without_a_seed_adds_no_spread():
    spread = {"std": 1.0, "degrees": 9, "reach": 3.2}  # 3.2 / sqrt(2) = 2.26
    pairs = [("a", "b", 2.5, seeded) for seeded in (2, 1, 0, None)]
    table = gaps(pairs, spread)
    assert table["seen"].tolist() == [False, True, True, pd.NA]
    assert table["seeds"].tolist()[:3] == [
        seeds_needed(2.5, 1),
        seeds_needed(2.5, 1, alone=True),
        1,
    ]
    assert np.isnan(table["seeds"].iloc[3])
    # Two that have no seed differ without any doubt, unless they are equal.
    assert gaps([("a", "b", 0.0, 0)], spread)["seen"].tolist() == [False]


def test_seeds_beside_a_system_that_has_none_are_those_of_one_sample():
    n = int(seeds_needed(1.0, 1.0, alone=True))
    rng = np.random.default_rng(0)
    for seeds, above in ((n, True), (n - 1, False)):
        found = (
            stats.ttest_1samp(rng.normal(1, size=(seeds, 20000)), 0).pvalue < 0.05
        ).mean()
        assert found > 0.79 if above else found < 0.81
