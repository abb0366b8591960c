"""The paired interval covers what it should, also where nothing differs."""

import numpy as np
import pytest

from mnistlib.stats.intervals import wilson
from mnistlib.stats.paired import paired_interval


@pytest.mark.parametrize(
    ("lost", "gained", "n"),
    [(0.1, 0.0, 60), (0.1, 0.1, 60), (0.6, 0.02, 20), (0.3, 0.3, 20)],
)
def test_it_covers_the_difference_and_is_not_idly_wide(lost, gained, n):
    shares = [lost, gained, 1 - lost - gained]
    counts = np.random.default_rng(0).multinomial(n, shares, 1500)[:, :2] / n
    ends = np.array([paired_interval(*pair, n) for pair in counts])
    covered = ((ends[:, 0] <= lost - gained) & (lost - gained <= ends[:, 1])).mean()
    assert 0.935 < covered < 0.995


def test_nothing_lost_excludes_only_what_wilson_excludes():
    assert paired_interval(0, 0, 20)[1] == pytest.approx(wilson(0, 20)[1])
    assert paired_interval(0, 0, 20)[0] == -paired_interval(0, 0, 20)[1]


def test_it_turns_with_its_readers_and_stays_between_the_ends():
    low, high = paired_interval(0.25, 0.1, 40)
    assert paired_interval(0.1, 0.25, 40) == pytest.approx((-high, -low))
    assert low < 0.15 < high
    wide = paired_interval(0.25, 0.1, 40, 0.999)
    assert wide[0] < low and high < wide[1]
    assert paired_interval(1, 0, 5)[1] == 1
    assert paired_interval(0.5, 0.5, 6)[0] < 0


@pytest.mark.parametrize("bad", [(0.8, 0.4, 9), (-0.1, 0, 9), (0, 0, 0)])
def test_shares_of_other_images_are_refused(bad):
    with pytest.raises(ValueError, match="lost and gained must be shares of n images"):
        paired_interval(*bad)
