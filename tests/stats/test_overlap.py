"""Shared errors of systems, by hand."""

import numpy as np
import pytest

from mnistlib.stats.overlap import misread_share, shared_errors

A = np.array([[1, 1, 0, 0], [1, 0, 0, 0]], bool)
B = np.array([[0, 1, 0, 1]], bool)


def test_shared_errors_by_hand():
    table = shared_errors({"a": A, "b": B}).set_index(["a", "b"])
    # Runs of a share one image, of their 1.5 errors; the first shares one with b.
    assert table.at[("a", "a"), "share"] == pytest.approx(1 / 1.5)
    assert table.at[("a", "b"), "share"] == pytest.approx(0.5 / 1.5)
    assert table.at[("b", "a"), "share"] == pytest.approx(0.5 / 2)
    assert table.at[("b", "a"), "chance"] == pytest.approx(3 / 8)
    assert np.isnan(table.at[("b", "b"), "share"])  # one run has no other


def test_independent_errors_share_what_chance_gives():
    rng = np.random.default_rng(1)
    wrong = {name: rng.uniform(size=(4, 5000)) < 0.2 for name in "ab"}
    table = shared_errors(wrong)
    np.testing.assert_allclose(table["share"], table["chance"], atol=0.02)


def test_without_errors_there_is_no_share():
    none = shared_errors({"a": np.zeros((2, 3), bool)})
    assert none["share"].isna().all()


def test_a_system_weighs_the_same_however_many_runs_it_has():
    assert misread_share({"a": A, "b": B}).tolist() == [0.5, 0.75, 0, 0.5]


def test_images_must_be_the_same():
    with pytest.raises(ValueError, match=r"same images\. Received: \{'a': 4, 'b': 3\}"):
        shared_errors({"a": A, "b": B[:, :3]})
