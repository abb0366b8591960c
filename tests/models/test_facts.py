"""The facts of networks that are kept on disk are those that Keras gives."""

import os
import subprocess
import sys

import pandas as pd
import pytest

from mnistlib import models
from mnistlib.ground import backend
from mnistlib.models import facts

_ASK = """
import sys
from mnistlib.models import facts
print(facts.network_facts("ann", hidden_layers=1, units=7)["parameters"])
print(facts.network_layers("ann", hidden_layers=1, units=7).shape)
print("tensorflow" in sys.modules)
"""


@pytest.fixture
def build(tmp_path, monkeypatch):
    monkeypatch.setenv("MNISTLIB_ROOT", str(tmp_path))
    return tmp_path / "_build" / "facts"


def _kept(build):
    return [path for path in build.rglob("*") if path.is_file()]


def test_facts_and_layers_are_those_of_keras_first_and_from_disk(build):
    wanted = {"stages": 3, "width": 4, "layer": "separable"}
    backend.configure()
    model = models.build("stage_cnn", **wanted)
    for _ in range(2):
        assert facts.network_facts("stage_cnn", **wanted) == models.model_facts(
            "stage_cnn", **wanted
        )
        pd.testing.assert_frame_equal(
            facts.network_layers("stage_cnn", **wanted), models.layer_table(model)
        )
    assert len(_kept(build)) == 1


def test_defaults_by_name_and_left_out_are_one_network(build):
    facts.network_facts("ann")
    facts.network_facts("ann", units=128)
    assert len(_kept(build)) == 1
    facts.network_facts("ann", units=127)
    assert len(_kept(build)) == 2


def test_a_second_process_loads_no_backend(build):
    def ask():
        return subprocess.run(
            [sys.executable, "-c", _ASK],
            env=os.environ | {"MNISTLIB_ROOT": str(build.parents[1])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split("\n")

    parameters = str(784 * 7 + 7 + 7 * 10 + 10)
    assert ask()[:3] == [parameters, "(4, 4)", "True"]
    assert ask()[:3] == [parameters, "(4, 4)", "False"]


def test_a_broken_file_is_replaced(build):
    whole = facts.network_facts("ann")
    (path,) = _kept(build)
    path.write_text('{"parameters": 1')
    assert facts.network_facts("ann") == whole
    assert facts.network_facts("ann") == whole
    assert path.read_text().endswith("}")


def test_other_code_or_another_keras_asks_again(build, monkeypatch):
    facts.network_facts("ann")
    monkeypatch.setattr(facts, "_code_hash", lambda: "other")
    facts.network_facts("ann")
    assert len(_kept(build)) == 2


def test_an_unwritable_folder_only_takes_longer(build):
    build.parent.mkdir(parents=True)
    build.write_text("a file where the folder should be")
    assert facts.network_facts("ann")["parameters"] == 118_282
    assert build.read_text() == "a file where the folder should be"
    assert list(build.parent.iterdir()) == [build]


def test_notebooks_are_read_without_a_grammar_they_do_not_use():
    code = (
        "import sys; from mnistlib.ground.notebook import quick_imports\n"
        "with quick_imports():\n    import nbformat, papermill\n"
        "print('rfc3987_syntax' in sys.modules, 'lark' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"], done.stderr
