"""An experiment as a grid: its cases, their labels, and the columns they become."""

import pytest

from mnistlib.ground.errors import SpecError
from mnistlib.runs import Case, cases, collect
from mnistlib.training.spec import ClassicalSpec, NetworkSpec

BASE = {"dataset": "digits", "n_train": 60, "epochs": 1, "learning_rate": 0.01, "seed": 0}


def test_axes_are_crossed_and_the_last_is_the_fastest():
    grid = cases(BASE | {"model": "ann"}, learning_rate=[0.1, 0.2], seed=[0, 1, 2])
    assert [(one.spec.learning_rate, one.spec.seed) for one in grid] == [
        (rate, seed) for rate in (0.1, 0.2) for seed in (0, 1, 2)
    ]
    assert all(one.labels == {} for one in grid)
    assert type(grid[0].spec) is NetworkSpec


def test_settings_go_by_the_name_of_their_axis():
    systems = {
        "A1": {"model": "base_cnn", "optimizer": "sgd"},
        "B": {"model": "complex_cnn", "batch_norm": "after_activation"},
    }
    first, second = cases(BASE, system=systems)
    assert first.labels == {"system": "A1"}
    assert (first.spec.model, first.spec.optimizer) == ("base_cnn", "sgd")
    assert second.spec.model_args == {"batch_norm": "after_activation"}


def test_an_argument_of_the_model_is_a_label_also_at_its_default():
    both = cases(BASE | {"model": "base_cnn"}, batch_norm=["none", "after_activation"])
    assert [one.labels["batch_norm"] for one in both] == ["none", "after_activation"]
    assert [one.spec.model_args for one in both] == [{}, {"batch_norm": "after_activation"}]


def test_a_later_axis_overrides_an_earlier_one():
    (one,) = cases(BASE, system={"s": {"model": "ann", "seed": 3}}, seed=[4])
    assert one.spec.seed == 4


def test_a_classical_model_gives_a_classical_spec():
    base = {"dataset": "digits", "model": "knn", "evaluate_on": "test"}
    (one,) = cases(base, n_neighbors=[3], seed=[0])
    assert type(one.spec) is ClassicalSpec
    assert (one.labels, one.spec.model_args) == ({"n_neighbors": 3}, {"n_neighbors": 3})


@pytest.mark.parametrize(
    ("axes", "part"),
    [
        ({"seed": []}, "must be a list of values or a dict of settings. Received: seed=[]"),
        ({"optimizer": "sgd"}, "Received: optimizer='sgd' (str)"),
        ({"model": {"a": {"model": "ann"}}}, "a name of its own, no field's"),
        ({"dept": [3]}, "base_cnn takes batch_norm. Received: model_args=['dept']"),
        ({"seed": [-1]}, "seed"),
    ],
)
def test_what_is_no_grid_is_refused_in_one_line(axes, part):
    with pytest.raises(SpecError) as error:
        cases(BASE | {"model": "base_cnn"}, **axes)
    assert part in str(error.value)
    assert "\n" not in str(error.value)


def test_a_frame_carries_the_labels(tmp_path):
    systems = {"one": {"hidden_layers": 0}, "two": {"hidden_layers": 1, "units": 4}}
    grid = cases(BASE | {"model": "ann"}, system=systems, seed=[0, 1])
    # The same run under a second name is trained once, and has a row of its own.
    again = Case(grid[0].spec, {"system": "again"})
    runs = collect([*grid, again], store=tmp_path, workers=0)
    frame, history = runs.frame, runs.history
    assert frame["system"].tolist() == ["one", "one", "two", "two", "again"]
    assert frame["key"].nunique() == 4
    assert frame.columns[:2].tolist() == ["system", "key"]
    assert history["system"].tolist() == frame["system"].tolist()  # one epoch each
    assert frame.loc[4, "val_accuracy"] == frame.loc[0, "val_accuracy"]


@pytest.mark.parametrize(
    "fields", [{"model": ["ann"]}, {"model": "ann", "model_args": None}]
)
def test_a_field_of_another_type_gets_one_line(fields):
    with pytest.raises(SpecError, match=r"^[^\n]*Received: model(_args)?=[^\n]*$"):
        cases(BASE | fields)
