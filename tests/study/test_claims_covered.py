"""No claim and no figure of the papers is left out: the notebooks speak of all of them."""

import re
from pathlib import Path

import nbformat
import pytest

from mnistlib.chapters.claims import results
from mnistlib.claims.audit import artefacts
from mnistlib.claims.registry import load_claims

ROOT = Path(__file__).resolve().parents[2]


def gathered(folder: str) -> results.Gathered:
    """Return what the executed notebooks of a folder say about claims."""
    return results.gather(results.executed(folder))


def test_every_claim_has_evidence_or_a_reason_on_mnist():
    about = {one.claim_id for one in gathered("book/notebooks").evidence}
    assert set(load_claims().index) - about == set()


def test_small_digits_are_no_verdict_on_any_run():
    board = results.scoreboard(gathered("tests/reference"))
    # Facts, which need no run, are judged on any data; a value that is called simulated is
    # tested by no run.
    assert set(board.loc[board["n"].notna(), "verdict"]) == {"not judged", "not testable"}


@pytest.mark.parametrize("row", artefacts().to_dict("records"), ids=lambda row: row["id"])
def test_every_figure_of_the_papers_is_named_where_it_is_made_again(row):
    if row["instead"]:
        pytest.skip(row["instead"])
    path = ROOT / "notebooks" / f"{row['notebook']}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    text = "\n".join(f"{cell.source} {cell.metadata.get('mystnb', '')}" for cell in cells)
    assert re.search(rf"\b{row['id']}\b", text)
