"""Citations: by a shorthand where the entry has one, else by author and year."""

import pytest
from bs4 import BeautifulSoup
from pybtex.database import parse_string
from sphinx.application import Sphinx

from mnistlib.ground import paths

PAPERS = {"ahmareen2024", "raj2024", "sayee2025", "raut", "asher"}
BIB = """
@misc{raut, author = {Raut, V. P. and Kadam, A. K.}, title = {One}, shorthand = {raut}}
@misc{wilson1927, author = {Wilson, Edwin B.}, title = {Two}, year = {1927}}
"""
CONF = """
extensions = ["sphinxcontrib.bibtex", "mnistlib.study.citations"]
bibtex_bibfiles = ["references.bib"]
bibtex_reference_style = "shorthand"
"""
PAGE = """
Title
=====

As :cite:t:`raut` and :cite:t:`wilson1927` say :cite:p:`raut,wilson1927`.

.. bibliography::
   :style: shorthand
   :filter: key == "raut"

.. bibliography::
   :style: plain
   :filter: key != "raut"
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> BeautifulSoup:
    """A page with citations, as Sphinx writes it."""
    folder = tmp_path_factory.mktemp("cited")
    for name, text in (("references.bib", BIB), ("conf.py", CONF), ("index.rst", PAGE)):
        (folder / name).write_text(text)
    app = Sphinx(
        folder, folder, folder / "html", folder / "trees", "html", status=None,
        warningiserror=True,
    )  # fmt: skip
    app.build()
    return BeautifulSoup((folder / "html" / "index.html").read_text(), "html.parser")


def test_a_shorthand_stands_for_author_and_year(page):
    text = page.find("p").get_text()
    assert text == "As raut and Wilson [1927] say [raut, Wilson, 1927]."
    assert [code.get_text() for code in page.select("p a code")] == ["raut", "raut"]


def test_entries_are_listed_under_their_shorthands(page):
    labels = [label.get_text() for label in page.select("div.citation span.label")]
    assert labels == ["[raut]", "[1]"]
    assert "n.d." not in page.get_text()


def test_the_papers_are_cited_by_their_keys_and_all_others_have_a_year():
    text = (paths.root() / "book" / "references.bib").read_text(encoding="utf-8")
    for key, entry in parse_string(text, "bibtex").entries.items():
        assert entry.fields.get("shorthand", key) == key
        assert ("shorthand" in entry.fields) == (key in PAPERS)
        assert key in PAPERS or entry.fields["year"].isdigit(), key
