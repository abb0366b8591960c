"""The lead taken apart, against counts made by hand."""

import numpy as np
import pytest

from mnistlib.chapters.baselines import lead
from mnistlib.stats.compare import holm
from mnistlib.stats.images import mcnemar

Y = np.array([4, 4, 9, 9, 3, 8, 0, 0])


def test_one_run_against_one_counts_as_mcnemar_does():
    leader = np.array([[4, 4, 9, 9, 3, 8, 0, 1]])
    other = np.array([[9, 9, 4, 9, 3, 8, 1, 0]])
    row = lead.against(Y, {"other": (leader, other)}).iloc[0]
    assert (row["a_only"], row["b_only"], row["lead"]) == (4, 1, 3)
    assert row["points"] == pytest.approx(3 / 8)
    exact = mcnemar(Y, leader[0], other[0]).p
    assert row["p"] == pytest.approx(exact) == row["p_holm"]
    assert np.isnan(row["low"])  # one run says nothing of another seed


def test_seeds_with_opposite_winners_are_shown_as_such():
    y = np.zeros(40, dtype=int)
    leader = np.zeros((2, 40), dtype=int)
    leader[1, :30] = 1
    other = np.zeros((1, 40), dtype=int)
    other[:, 30:] = 1
    # First seed: 10 images ahead (p < .05); second: 20 behind (p < .05).
    row = lead.against(y, {"other": (leader, other)}).iloc[0]
    assert (row["ahead"], row["behind"], row["runs"]) == (1, 1, 2)
    assert row["lead"] == -5
    assert row["low"] < row["points"] < row["high"]


def test_runs_of_two_seeded_systems_are_paired_in_order():
    leader = np.array([[4, 4, 9, 9, 3, 8, 0, 0], [4, 4, 9, 9, 3, 8, 1, 1]])
    table = lead.against(Y, {"same": (leader, leader), "swapped": (leader, leader[::-1])})
    assert table["a_only"].tolist() == [0, 1]
    assert table["b_only"].tolist() == [0, 1]


def test_several_systems_are_corrected_together():
    leader = np.array([Y])
    wrong = {"a": 6, "b": 7, "c": 0}
    others = {k: np.array([np.where(np.arange(8) < n, 1, Y)]) for k, n in wrong.items()}
    table = lead.against(Y, {k: (leader, other) for k, other in others.items()})
    assert table["system"].tolist() == ["a", "b", "c"]
    assert table["p_holm"].tolist() == holm(table["p"]).tolist()
    assert table.at[1, "p_holm"] == pytest.approx(3 * table.at[1, "p"])


def test_unequal_numbers_of_runs_are_refused():
    with pytest.raises(ValueError, match="Received: 2 and 3 runs"):
        lead.against(Y, {"other": (np.stack([Y] * 2), np.stack([Y] * 3))})


def test_systems_may_be_met_at_unequally_many_seeds():
    y = np.zeros(7, dtype=int)
    leader, wrong = np.zeros((3, 7), dtype=int), np.ones((1, 7), dtype=int)
    meetings = {
        "two": (leader[:2], wrong),
        "three": (leader, wrong),
        "one": (y[None], y[None]),
    }
    table = lead.against(y, meetings)
    assert table["system"].tolist() == ["two", "three", "one"]
    assert table["runs"].tolist() == [2, 3, 1]
    # 7 : 0 has p = 1/64, which Holm leaves beyond chance with one, two and three systems.
    assert table["ahead"].tolist() == [2, 3, 0]
    assert table["lead"].tolist() == [7, 7, 0]
    assert table["a_only"].tolist() == [7, 7, 0]
    # 6 : 0 has p = 1/32: beyond chance only at the third seed, where one system is met.
    six = np.array([[0, 1, 1, 1, 1, 1, 1]])
    table = lead.against(y, {"two": (leader[:2], six), "three": (leader, six)})
    assert table["ahead"].tolist() == [0, 1]


def test_the_lead_by_digit_adds_up():
    leader = np.array([[4, 4, 9, 4, 3, 8, 0, 0], [4, 4, 9, 9, 3, 8, 0, 0]])
    other = np.array([[9, 9, 9, 9, 8, 8, 0, 0]])
    table = lead.by_class(Y, leader, other).set_index("digit")
    assert table["support"].tolist() == [2, 0, 0, 1, 2, 0, 0, 0, 1, 2]
    assert table.loc[4, ["leader_errors", "other_errors", "lead"]].tolist() == [0, 2, 2]
    assert table.loc[9, ["leader_errors", "other_errors", "lead"]].tolist() == [
        0.5,
        0,
        -0.5,
    ]
    assert table["lead"].sum() == 2.5
    assert table.at[1, "p"] == 1


def test_the_lead_by_pair_adds_up_both_ways_of_confusing():
    leader = np.array([[9, 4, 9, 4, 3, 8, 0, 0]])
    other = np.array([[9, 9, 4, 9, 8, 3, 1, 0]])
    table = lead.by_pair(Y, leader, other)
    assert len(table) == 45
    assert table["pair"].tolist()[:3] == ["3/8", "0/1", "4/9"]
    found = table.set_index("pair")
    assert found.loc["4/9", ["leader_errors", "other_errors", "lead"]].tolist() == [2, 3, 1]
    assert table["lead"].sum() == np.sum(other != Y) - np.sum(leader != Y)
    assert table["other_errors"].sum() == np.sum(other != Y)


def test_a_pair_on_which_the_leader_is_behind_comes_last():
    table = lead.by_pair(Y, np.array([np.where(Y == 3, 8, Y)]), np.array([Y]))
    assert table.iloc[-1]["pair"] == "3/8"
    assert table.iloc[-1]["lead"] == -1


def test_rescued_images_are_right_at_most_seeds_and_wrong_with_the_other():
    leader = np.array([[4, 4, 9, 9, 3, 8, 0, 0], [4, 9, 9, 9, 3, 8, 0, 0]])
    other = np.array([[9, 9, 4, 9, 8, 8, 0, 0]])
    assert lead.rescued(Y, leader, other).tolist() == [0, 2, 4]
    sure = np.zeros((2, 8))
    sure[:, 4], sure[:, 0] = 0.9, [0.5, 0.9]
    assert lead.rescued(Y, leader, other, sure).tolist() == [4, 0, 2]
    assert lead.rescued(Y, other, leader).tolist() == []


def test_rescued_images_are_counted_alike_both_ways():
    """Three runs that each miss another image: a rule of all seeds would count it not."""
    leader = np.stack([Y, Y, np.where(Y == 3, 8, Y)])
    other = np.array([np.where(Y == 3, 8, Y)])
    assert lead.rescued(Y, leader, other).tolist() == [4]
    assert lead.rescued(Y, other, leader).tolist() == []
    leader = np.stack([Y, np.where(Y == 4, 9, Y), np.where(Y == 4, 9, Y)])
    assert lead.rescued(Y, np.array([Y]), leader).tolist() == [0, 1]


def test_a_missed_image_is_shown_with_an_answer_that_is_wrong():
    """The first run may be right where most are wrong: its answer would be the label."""
    answers = np.array([[4, 9, 7], [9, 9, 7], [8, 3, 1]])
    assert lead.first_wrong(np.array([4, 3, 7]), answers).tolist() == [9, 9, 1]
