"""One rule for choosing: fewest diverged, then the best mean, then the simpler."""

import pandas as pd
import pytest

from mnistlib.stats.selection import select, settings


def grid(*rows):
    frame = pd.DataFrame(rows, columns=["net", "learning_rate", "val_accuracy", "status"])
    return frame


def test_the_best_mean_is_chosen_and_edges_are_flagged():
    frame = grid(
        ("a", 0.1, 0.90, "ok"),
        ("a", 0.1, 0.92, "ok"),
        ("a", 0.01, 0.99, "ok"),
        ("a", 0.01, 0.80, "ok"),
        ("a", 1.0, 0.10, "ok"),
        ("b", 0.1, 0.90, "ok"),
        ("b", 0.01, 0.95, "ok"),
        ("c", 0.01, 0.95, "ok"),
    )
    table = select(frame, ["net"], ["learning_rate"]).set_index("net")
    assert table["learning_rate"].to_dict() == {"a": 0.1, "b": 0.01, "c": 0.01}
    assert table["edge"].to_dict() == {"a": "", "b": "lowest", "c": "only"}
    assert table.at["a", "mean"] == pytest.approx(0.91)


def test_a_setting_that_diverges_comes_after_one_that_does_not():
    frame = grid(("a", 0.1, 0.99, "diverged"), ("a", 0.01, 0.50, "ok"))
    (row,) = select(frame, ["net"], ["learning_rate"]).itertuples()
    assert (row.learning_rate, row.diverged) == (0.01, 0)


def test_of_equals_the_simpler_and_then_the_first():
    frame = grid(("a", 0.1, 0.9, "ok"), ("a", 0.01, 0.9, "ok"))
    assert select(frame, ["net"], ["learning_rate"])["learning_rate"].tolist() == [0.01]
    assert select(frame, [], ["learning_rate"], prefer=())["learning_rate"].tolist() == [
        0.1
    ]


def test_edges_are_those_of_the_rates_tried_with_the_rest_of_the_setting():
    frame = pd.DataFrame(
        {
            "scaling": ["none", "none", "unit", "unit"],
            "learning_rate": [1e-5, 1e-4, 0.01, 0.1],
            "val_accuracy": [0.8, 0.9, 0.5, 0.6],
            "status": "ok",
        }
    )
    (row,) = select(frame, [], ["scaling", "learning_rate"]).itertuples()
    assert (row.scaling, row.learning_rate, row.edge) == ("none", 1e-4, "highest")


def test_groups_stay_in_their_order():
    frame = grid(
        ("b", 0.1, 0.5, "ok"), ("a", 0.1, 0.9, "ok"), ("b", 0.2, 0.6, "ok"),
    )  # fmt: skip
    assert select(frame, ["net"], ["learning_rate"])["net"].tolist() == ["b", "a"]


def test_settings_count_runs_that_diverged_and_that_got_stuck():
    frame = grid(
        ("a", 0.1, 0.10, "diverged"), ("a", 0.1, 0.11, "ok"), ("a", 0.1, 0.9, "ok")
    )
    (row,) = settings(frame, ["net", "learning_rate"], "val_accuracy").itertuples()
    assert (row.n, row.diverged, row.stuck, row.median) == (3, 1, 1, 0.9)
