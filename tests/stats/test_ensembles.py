"""Averaged probabilities, by hand."""

import numpy as np
import pytest

from mnistlib.stats.ensembles import MOST_SUBSETS, averaged, by_size

# Two classes of ten are enough: three members, two images, labels 0 and 1.
GIVEN = np.zeros((3, 2, 10))
GIVEN[:, 0, :2] = [[0.9, 0.1], [0.4, 0.6], [0.4, 0.6]]
GIVEN[:, 1, :2] = [[0.2, 0.8], [0.1, 0.9], [0.7, 0.3]]
LABELS = np.array([0, 1])


def test_one_sure_member_outweighs_two_unsure_ones():
    mean = averaged(GIVEN)
    assert mean[0, 0] == pytest.approx(1.7 / 3)
    assert mean.argmax(axis=1).tolist() == [0, 1]


def test_ensembles_of_each_size():
    table = by_size(GIVEN, LABELS).set_index("members")
    assert table["subsets"].tolist() == [3, 3, 1]
    assert table.at[1, "accuracy"] == pytest.approx(np.mean([1, 0.5, 0]))
    # Pairs: (1.3, .7) and (.3, 1.7) right; (1.3, .7) and (.9, 1.1) right; (.8, 1.2) wrong.
    assert table.at[2, "accuracy"] == pytest.approx(np.mean([1, 1, 0.5]))
    assert (table.at[2, "least"], table.at[2, "most"]) == (0.5, 1)
    assert table.at[3, "accuracy"] == 1


def test_many_members_are_drawn_from_and_the_draw_repeats():
    rng = np.random.default_rng(0)
    given = rng.dirichlet(np.ones(10), (14, 30))
    labels = rng.integers(0, 10, 30)
    table = by_size(given, labels)
    assert table["subsets"].max() == MOST_SUBSETS
    assert table["subsets"].iloc[-1] == 1
    assert table.equals(by_size(given, labels))


def test_what_cannot_be_averaged_is_refused():
    with pytest.raises(ValueError, match=r"finite numbers of shape \(members, n, 10\)"):
        averaged(np.full((2, 3, 10), np.nan))
    with pytest.raises(ValueError, match=r"shape \(0, 3, 10\)"):
        averaged(np.zeros((0, 3, 10)))
