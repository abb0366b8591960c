"""Spread over seeds, and seeds that a difference needs."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mnistlib.stats.power import _reach, gaps, seed_spread, seeds_needed, spreads


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


@pytest.mark.parametrize(
    ("difference", "stds"),
    [
        (0.5, (1, 1)),
        (1.0, (1, 1)),
        (2.0, (1, 1)),
        (1.0, (1, 0)),
        (1.5, (2, 0.5)),
        (9.27, (1, 1)),
    ],
)
def test_seeds_needed_are_the_fewest_that_find_it(difference, stds):
    """Simulated: the power at n seeds is at least 80 %, at n - 1 below (within error)."""
    n = int(seeds_needed(difference, stds))
    rng = np.random.default_rng(0)
    for seeds, above in ((n, True), (n - 1, False)):
        if seeds < 2:
            continue
        a, b = rng.normal(size=(2, seeds, 20000)) * np.reshape(stds, (2, 1, 1))
        test = stats.ttest_ind(a + difference, b, equal_var=False)
        found = (test.pvalue < 0.05).mean()
        assert found > 0.79 if above else found < 0.81


def test_two_seeds_are_few_even_for_a_large_difference():
    """Of one sample a t test has then one degree of freedom."""
    assert seeds_needed(9.27, (1, 0)) == 3
    assert seeds_needed(50, (1, 0)) == 2


def test_seeds_needed_at_the_ends():
    assert seeds_needed(-50, (1, 1)) == 2
    assert seeds_needed(1, (0, 0)) == 1
    assert seeds_needed(0, (1, 1)) == np.inf
    assert seeds_needed(1, (1, 1)) == seeds_needed(-1, (1, 1)) == 17
    assert np.isnan(seeds_needed(1, (np.nan, 1)))
    assert seeds_needed(0.001, (1, 1)) > 10**6
    with pytest.raises(ValueError, match=r"negative\. Received: \[-1.0, 1.0\] \(list\)"):
        seeds_needed(1, (-1, 1))


def test_spreads_are_each_systems_own():
    frame = pd.DataFrame({"system": list("aaab"), "accuracy": [1.0, 2, 3, 9]})
    found = spreads(frame, "system", "accuracy")
    assert found["a"] == {"std": pytest.approx(1), "degrees": 2}
    assert np.isnan(found["b"]["std"])


KNOWN = {
    "wide": {"std": 3.0, "degrees": 4},
    "narrow": {"std": 0.1, "degrees": 4},
    "none": {"std": 0.0, "degrees": 0},
    "one": {"std": np.nan, "degrees": 0},
}


def test_gaps_are_judged_by_the_spreads_of_their_own_systems():
    pairs = [("narrow", "none", 1.0), ("wide", "narrow", 1.0), ("none", "none", 0.1)]
    table = gaps([*pairs, ("none", "none", 0.0)], KNOWN)
    assert table["seen"].tolist() == [True, False, True, False]
    assert table.at[0, "reach"] == pytest.approx(stats.t.ppf(0.975, 4) * 0.1)
    k = 9.01**2 / (81 / 4 + 0.0001 / 4)
    assert table.at[1, "reach"] == pytest.approx(stats.t.ppf(0.975, k) * 9.01**0.5)
    assert table["seeds"].tolist()[1:3] == [seeds_needed(1.0, (3, 0.1)), 1]


def test_what_one_run_shows_is_seldom_luck():
    """Of two systems that are equally good, one run of each exceeds the reach in 5 %."""
    rng = np.random.default_rng(0)
    n, hits = 4000, 0
    for _ in range(n):
        a, b = rng.normal(0, 1, 6), rng.normal(0, 0.3, 11)
        found = {
            "a": {"std": a[1:].std(ddof=1), "degrees": 4},
            "b": {"std": b[1:].std(ddof=1), "degrees": 9},
        }
        variances = np.array([one["std"] ** 2 for one in found.values()])
        hits += abs(a[0] - b[0]) > _reach(variances, [4, 9])
    assert 0.035 < hits / n < 0.065


@pytest.mark.parametrize("other", ["one", "not run here"])
def test_a_spread_that_is_not_known_judges_nothing(other):
    (row,) = gaps([("wide", other, 4.0)], KNOWN).itertuples()
    assert row.seen is pd.NA
    assert np.isnan(row.seeds)
