"""The executed copies of the notebooks: made from the sources as they stand."""

import pytest

from mnistlib.ground import paths
from mnistlib.ground.notebook import INJECTED, read_notebook
from mnistlib.study.plan import load_study


def sources(path) -> list[tuple]:
    """Return the cells of a notebook without the parameters that a run put in."""
    cells = read_notebook(path).cells
    return [
        (cell.id, cell.cell_type, cell.source)
        for cell in cells
        if INJECTED not in cell.metadata.get("tags", [])
    ]


@pytest.mark.parametrize("name", load_study().notebooks)
@pytest.mark.parametrize("folder", ["tests/reference", "book/notebooks"])
def test_a_copy_was_made_from_its_source(name, folder):
    source = paths.root() / "notebooks" / f"{name}.ipynb"
    copy = paths.root() / folder / f"{name}.ipynb"
    assert sources(copy) == sources(source), f"execute {name} again for {folder}"
