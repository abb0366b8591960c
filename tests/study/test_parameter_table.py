"""The book's table of parameters."""

from mnistlib.chapters import params
from mnistlib.study.parameter_table import parameters
from mnistlib.study.plan import load_study


def rows() -> list[list[str]]:
    lines = [line for line in parameters().splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_parameter_of_every_notebook_has_a_row():
    all_notebooks = load_study().notebooks
    shown = {
        (notebook, name.strip("`"), default.strip("`"), meaning)
        for name, default, meaning, notebooks in rows()[2:]
        for notebook in (
            [n[:2] for n in all_notebooks] if notebooks == "all" else notebooks.split(", ")
        )
    }
    stated = {
        (notebook[:2], name, repr(field.get_default(call_default_factory=True)), meaning)
        for notebook in all_notebooks
        for name, field in params.of_notebook(notebook).model_fields.items()
        if (meaning := field.description)
    }
    assert shown == stated


def test_what_most_notebooks_have_comes_first():
    assert rows()[2][0] == "`dataset`"
    assert rows()[2][3].startswith("01, 02, ")
