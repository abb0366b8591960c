"""Parameters of the notebooks: unknown names, wrong types, ranges; cells and defaults."""

import ast

import nbformat
import pytest

from mnistlib.chapters.params import PARAMS, OptimizersParams, check
from mnistlib.ground import paths
from mnistlib.ground.errors import ParameterError


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epochz": 3}, r"02_optimizers: unknown name 'epochz'; known: .*epochs"),
        ({"epochs": "three"}, r"epochs: .*Received: epochs='three' \(str\)"),
        ({"epochs": 2.5}, r"epochs: .*Received: epochs=2.5 \(float\)"),
        ({"epochs": True}, r"epochs: .*Received: epochs=True \(bool\)"),
        ({"epochs": 0}, r"epochs: .*greater than or equal to 1"),
        ({"seeds": []}, r"seeds: .*at least 1 item"),
        ({"seeds": [1, 1]}, r"seeds: each value must be given once"),
        ({"seeds": [0, -1]}, r"seeds\.1: .*Received: seeds\.1=-1"),
        ({"seeds": "0, 1"}, r"seeds: .*valid list.*Received: seeds='0, 1' \(str\)"),
        ({"sgd_rates": [0.1, 0]}, r"sgd_rates\.1: .*greater than 0"),
        ({"dataset": "cifar"}, r"dataset: .*'auto', 'mnist' or 'digits'"),
        ({"n_train": 5}, r"n_train: .*greater than or equal to 20"),
    ],
)
def test_bad_values_get_one_clear_line(values, message):
    with pytest.raises(ParameterError, match=message) as caught:
        check("02_optimizers", values)
    assert "\n" not in str(caught.value)


def test_several_faults_are_told_at_once():
    with pytest.raises(ParameterError, match=r"epochs: .*; batch_size: "):
        check("02_optimizers", {"epochs": 0, "batch_size": 0})


def test_an_unknown_notebook_is_told():
    with pytest.raises(ParameterError, match=r"one of 01_eda, .*Received: notebook='06_x'"):
        check("06_x", {})


def test_text_from_papermill_is_read():
    """``-p seeds [0,1]`` and YAML's ``1e-3`` arrive as text."""
    params = check("02_optimizers", {"seeds": "[0, 7]", "sgd_rates": [1, "1e-3"]})
    assert params.seeds == [0, 7]
    assert params.sgd_rates == [1.0, 0.001]


def test_a_namespace_gives_its_parameters_and_no_more():
    namespace = {
        "epochs": 3,
        "In": ["x"],
        "Out": {},
        "_i1": "x",
        "exit": print,
        "nb": pytest,
    }
    params = OptimizersParams.from_namespace(namespace)
    assert params == OptimizersParams(epochs=3)


def test_a_stray_plain_value_in_a_namespace_is_an_unknown_parameter():
    with pytest.raises(ParameterError, match="unknown name 'epoch'"):
        OptimizersParams.from_namespace({"epochs": 3, "epoch": 5})


@pytest.mark.parametrize("notebook", PARAMS)
def test_a_notebooks_cell_repeats_the_defaults(notebook):
    source = nbformat.read(paths.root() / "notebooks" / f"{notebook}.ipynb", as_version=4)
    (cell,) = [c for c in source.cells if "parameters" in c.metadata.get("tags", [])]
    assigned = {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in ast.parse(cell.source).body
    }
    assert assigned == PARAMS[notebook]().model_dump()


@pytest.mark.parametrize("notebook", PARAMS)
def test_every_parameter_is_explained(notebook):
    for name, field in PARAMS[notebook].model_fields.items():
        assert field.description, name
