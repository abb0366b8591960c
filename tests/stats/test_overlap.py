"""Shared errors of systems, by hand."""

import numpy as np
import pytest

from mnistlib.stats.overlap import hard_images, misread_share, pair_table, shared_errors

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


def test_hard_images_are_sorted_and_say_what_most_read_instead():
    answers = {"a": np.array([[9, 4, 3], [9, 4, 8]]), "b": np.array([[9, 1, 3]])}
    table = hard_images(answers, np.array([4, 4, 3]), np.array([7, 8, 9]))
    assert table["index"].tolist() == [7, 8, 9]
    assert table["misread"].tolist() == [1, 0.5, 0.25]
    assert table["instead"].tolist() == [9, 1, 8]
    assert table["agreement"].tolist() == [1, 0.5, 0.25]
    assert table["by_all"].tolist() == [True, False, False]


def test_pairs_count_both_ways_and_systems_alike():
    labels = np.array([4, 9, 3, 5])
    answers = {"a": np.array([[9, 4, 8, 5]]), "b": np.array([[4, 9, 8, 5], [4, 9, 3, 5]])}
    table = pair_table(answers, labels).set_index("pair")
    assert table.at["4/9", "errors"] == pytest.approx(1)  # 2 and 0
    assert table.at["3/8", "errors"] == pytest.approx(0.75)  # 1 and 0.5
    assert table["share"].sum() == pytest.approx(1)
    assert table["first_in"].sum() == 2
    assert (table.at["4/9", "rank"], table.at["3/8", "rank"]) == (1, 2)
    assert len(table) == 45
