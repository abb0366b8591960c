"""The optimizer comparison: what is run, and which rates are chosen."""

from types import SimpleNamespace

import pandas as pd
import pytest

from mnistlib.chapters.optimizers import design as optimizers
from mnistlib.chapters.optimizers.design import A1, A3, PAPER_SYSTEMS
from mnistlib.chapters.optimizers.params import Params
from mnistlib.ground.errors import ParameterError

PARAMS = Params(
    n_train=240, seeds=[3, 4], grid_seeds=[7], sgd_rates=[0.1, 0.01], adam_rates=[0.001]
)


def grid_frame(**accuracies) -> pd.DataFrame:
    """A frame with one run for each accuracy: method=[(rate, accuracy, status), ...]."""
    return pd.DataFrame(
        [
            {
                "method": method,
                "learning_rate": rate,
                "val_accuracy": accuracy,
                "val_loss": None if status == "diverged" else 1 - accuracy,
                "status": status,
            }
            for method, runs in accuracies.items()
            for rate, accuracy, status in runs
        ]
    )


def choose(**accuracies) -> pd.DataFrame:
    return optimizers.best_rates(grid_frame(**accuracies)).set_index("method")


# --- what is run


def test_grid_holds_every_rate_of_every_method_from_low_to_high():
    grid = optimizers.grid_systems(PARAMS)
    assert [(s.method, s.learning_rate, s.momentum) for s in grid] == [
        ("sgd", 0.01, 0.0),
        ("sgd", 0.1, 0.0),
        ("sgd_momentum", 0.01, 0.9),
        ("sgd_momentum", 0.1, 0.9),
        ("adam", 0.001, 0.0),
        ("adadelta", 0.1, 0.0),
        ("adadelta", 1.0, 0.0),
    ]
    assert {s.optimizer for s in grid} == {"sgd", "adam", "adadelta"}


def test_runs_that_choose_hold_images_out_and_have_seeds_of_their_own():
    chosen_by = optimizers.specs(PAPER_SYSTEMS, PARAMS, "digits", held_out=True)
    reported = optimizers.specs(PAPER_SYSTEMS, PARAMS, "digits", held_out=False)
    assert {(s.val_fraction, s.seed) for s in chosen_by} == {(1 / 6, 7)}
    assert [(s.val_fraction, s.seed) for s in reported] == [(0.0, 3), (0.0, 4)] * 4
    assert {s.evaluate_on for s in chosen_by} == {"validation"}
    assert {s.evaluate_on for s in reported} == {"test"}
    assert [s.learning_rate for s in chosen_by] == [0.01, 0.001, 1.0, 0.01]


def test_a_tuned_system_that_is_one_of_the_papers_has_the_same_spec():
    tuned = optimizers.tuned_systems(
        pd.DataFrame({"method": ["adadelta"], "learning_rate": [1.0]}), PARAMS
    )
    specs = optimizers.specs(tuned, PARAMS, "digits", held_out=False)
    assert specs == optimizers.specs([A3], PARAMS, "digits", held_out=False)


def test_named_says_whose_each_row_is():
    runs = SimpleNamespace(keys=["a", "b", "c", "d"])
    history = pd.DataFrame({"key": ["c", "c", "a", "d"]})
    table = optimizers.named(history, runs, [A1, A3])
    assert table["system"].tolist() == [A3.name, A3.name, A1.name, A3.name]
    assert table["method"].tolist() == ["adadelta", "adadelta", "sgd", "adadelta"]


def test_seeds_of_the_grid_must_be_others():
    message = (
        "parameters of optimizers: seeds and grid_seeds must have no seed in common. "
        "Received: [1, 2] in both (list)"
    )
    with pytest.raises(ParameterError) as caught:
        Params.from_mapping({"seeds": [2, 0, 1], "grid_seeds": [1, 2]})
    assert str(caught.value) == message


# --- what is chosen


def test_summary_counts_diverged_and_stuck_runs_apart():
    frame = grid_frame(
        sgd=[(0.1, 0.9, "ok"), (0.1, 0.1, "ok"), (1.0, 0.1, "diverged"), (1.0, 0.2, "ok")]
    )
    table = optimizers.grid_summary(frame).set_index("learning_rate")
    assert table["diverged"].tolist() == [0, 1]
    assert table["stuck"].tolist() == [1, 0]
    assert table["mean"].tolist() == pytest.approx([0.5, 0.15])
    assert table["n"].tolist() == [2, 2]


def test_best_rate_has_the_highest_validation_accuracy():
    best = choose(
        sgd=[(0.01, 0.90, "ok"), (0.1, 0.97, "ok"), (1.0, 0.10, "ok")],
        adam=[(0.001, 0.96, "ok"), (0.01, 0.95, "ok")],
    )
    assert best["learning_rate"].to_dict() == {"sgd": 0.1, "adam": 0.001}
    assert best["edge"].to_dict() == {"sgd": "", "adam": "lowest"}
    assert best["rates"].to_dict() == {"sgd": 3, "adam": 2}
    assert best["stuck"].to_dict() == {"sgd": 1, "adam": 0}


def test_edges_are_flagged_also_when_there_is_one_rate():
    best = choose(sgd=[(0.1, 0.9, "ok")], adam=[(0.001, 0.9, "ok"), (0.01, 0.99, "ok")])
    assert best["edge"].to_dict() == {"sgd": "only", "adam": "highest"}


def test_a_rate_that_diverged_is_chosen_only_when_all_did():
    runs = [
        (0.1, 0.99, "ok"),
        (0.1, 0.99, "diverged"),
        (0.01, 0.5, "ok"),
        (0.01, 0.5, "ok"),
    ]
    best = choose(sgd=runs, adam=[(1.0, 0.1, "diverged"), (10.0, 0.2, "diverged")])
    assert best["learning_rate"].to_dict() == {"sgd": 0.01, "adam": 10.0}
    assert best["diverged"].to_dict() == {"sgd": 1, "adam": 2}
    assert best["trials"].to_dict() == {"sgd": 4, "adam": 2}


def test_ties_go_to_the_smaller_rate():
    frame = grid_frame(sgd=[(1.0, 0.9, "ok"), (0.1, 0.9, "ok"), (0.01, 0.9, "ok")])
    assert optimizers.best_rates(frame)["learning_rate"].item() == 0.01
