"""The notebooks' cells, run by hand: all of them twice in one kernel, and wrong names."""

import shutil
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from papermill import PapermillExecutionError, execute_notebook
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from mnistlib.study.plan import load_study

ROOT = Path(__file__).parents[2]
STUDY = load_study()
FIRST = ("check", "set-up", "parameters-table", "dataset-notice")


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    """A store with the records of the references, as far as they are of today's code."""
    folder = tmp_path_factory.mktemp("store") / "runs"
    shutil.copytree(ROOT / "tests" / "reference" / "runs", folder)
    return folder


@pytest.fixture
def execute(store, tmp_path, monkeypatch):
    """Execute cells in a new kernel, offline, on a store of their own."""
    for name, value in {
        "MNISTLIB_RUNS": str(store),
        "MNISTLIB_ROOT": str(ROOT),
        "MNISTLIB_OFFLINE": "1",
        "MNISTLIB_PROGRESS": "off",
        "MNISTLIB_PORTABLE": "1",
    }.items():
        monkeypatch.setenv(name, value)

    def run(cells: list) -> list:
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, tmp_path / "cells.ipynb")
        paths = (str(tmp_path / name) for name in ("cells.ipynb", "done.ipynb"))
        return execute_notebook(*paths, cwd=str(ROOT), progress_bar=False).cells

    return run


def code_cells(name: str, **parameters) -> list:
    source = load_notebook_node(str(ROOT / "notebooks" / f"{name}.ipynb"))
    notebook = parameterize_notebook(source, parameters)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def again(cells: list, word: str) -> list:
    """Return copies of cells with ids of their own."""
    copies = deepcopy(cells)
    for number, cell in enumerate(copies):
        cell.id = f"{word}-{number}"
    return copies


def texts(cell) -> list:
    """Return what a cell shows, without pictures and warnings."""
    shown = []
    for output in cell.outputs:
        if output.output_type == "stream":
            shown += [output.text] if output.name == "stdout" else []
            continue
        data = output.get("data", {})
        shown.append({kind: data[kind] for kind in data if not kind.startswith("image/")})
    return shown


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDY.notebooks)
def test_all_cells_run_again_and_show_the_same(name, execute):
    """All cells twice, then the first alone: with the variables of all the others."""
    on_images = "dataset" in STUDY.defaults[name]
    given = {"dataset": "digits"} if on_images else {"results": "bench/results"}
    cells = code_cells(name, **given)
    start = [cell for cell in cells if cell.id in FIRST]
    first = [
        cell.id for cell in start if cell.id != "check"
    ]  # in a cell of its own, or not
    assert first == list(FIRST[1:] if on_images else FIRST[1:-1])
    done = execute(cells + again(cells, "again") + again(start, "start"))
    first = done[: len(cells)]
    first += [cell for cell in first if cell.id in FIRST]
    assert any(texts(cell) for cell in first)
    for before, after in zip(first, done[len(cells) :], strict=True):
        if "nbval-ignore-output" not in before.metadata.get("tags", []):
            assert texts(after) == texts(before), before.id


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["data", "_unknown", "In", "Out", "globals", "get_ipython", "Params", "params"]
)
def test_papermill_may_not_give_a_name_that_is_no_parameter(name, execute):
    cells = code_cells("02_optimizers", dataset="digits", **{name: 1})
    with pytest.raises(
        PapermillExecutionError, match=f"unknown name '{name}'; known: dataset"
    ):
        execute(cells[:3])
