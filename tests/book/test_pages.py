"""Each page of the report: its headings, figures, numbers and outputs."""

import json
import re
from copy import copy
from itertools import pairwise

import pytest
from built_report import contents

from mnistlib.chapters.params import of_notebook
from mnistlib.ground import paths
from mnistlib.study.headline import BEGIN, END, readme_block
from mnistlib.study.summary import read_summary

ERRORS = [
    "papermill-error-cell",
    "An Exception was encountered",
    "Traceback (most recent call last)",
]
NOTEBOOKS = [page for page in contents() if page.startswith("book/notebooks/")]
ON_IMAGES = [
    page
    for page in NOTEBOOKS
    if "dataset" in of_notebook(page.removeprefix("book/notebooks/")).model_fields
]


@pytest.fixture(params=contents())
def page(request, read):
    """One parsed page after another."""
    return read(request.param)


@pytest.fixture(params=NOTEBOOKS)
def notebook(request, read):
    """One parsed notebook's page after another."""
    return read(request.param)


def test_one_heading_of_the_first_rank(page):
    assert len(page.find_all("h1")) == 1
    assert page.h1.get_text(strip=True).rstrip("#")


def test_headings_skip_no_rank(page):
    ranks = [int(h.name[1]) for h in page.article.find_all(re.compile("^h[1-6]$"))]
    assert all(below <= above + 1 for above, below in pairwise(ranks))


def test_ids_are_unique(page):
    ids = [element["id"] for element in page.find_all(id=True)]
    assert sorted(i for i in set(ids) if ids.count(i) > 1) == []


def test_every_picture_has_a_text(page):
    for image in page.find_all("img"):
        assert image.has_attr("alt"), image
        # Only a picture beside its own words may have an empty text.
        text = image["alt"].strip()
        assert text or image.find_parent("a", class_="navbar-brand"), image
        assert not re.search(r"\.(png|svg|jpe?g)$|^_?images|^<Figure", text), image


def test_every_figure_has_a_number_and_a_caption(notebook):
    for figure in notebook.article.find_all("figure"):
        number = figure.find(class_="caption-number").text
        assert re.fullmatch(r"Fig\. \d+(\.\d+)? ?", number)
        assert figure.find(class_="caption-text").get_text(strip=True)


def test_no_picture_outside_a_figure(notebook):
    loose = [i for i in notebook.article.find_all("img") if not i.find_parent("figure")]
    assert loose == []


def test_no_missing_value_stands_in_a_sentence(page):
    # This is how Python's own words for it would read there.
    text = page.article.get_text(" ")
    assert not re.search(r"\b(nan|None) ?(%|points)|\bNaN\b", text)


def test_no_markup_is_left_unread(page):
    article = copy(page.article)  # the page is parsed once for all tests
    for code in article.find_all(["code", "pre", "script", "style"]):
        code.extract()
    text = article.get_text(" ")
    assert not re.search(r"\{(glue|numref|cite|doc|ref|include|table)[:}]|```|:::", text)


def test_no_error_is_shown(page):
    # Compared as lists: pytest would explain a failed "in" over a whole page for minutes.
    html = str(page)
    assert [mark for mark in ERRORS if mark in html] == []
    assert not page.select(".output.traceback, .output.stderr, .system-message")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_cell_of_a_notebook_was_run_in_order(report_html, name):
    # The report keeps each notebook for readers to download.
    source = json.loads((report_html / "_sources" / f"{name}.ipynb").read_text("utf-8"))
    code = [cell for cell in source["cells"] if cell["cell_type"] == "code"]
    assert [c["execution_count"] for c in code] == list(range(1, len(code) + 1))


def test_no_object_shows_its_address(page):
    assert not re.search(r"<[\w. ]+ at 0x[0-9a-f]+>", page.get_text())


def test_every_page_has_a_title_and_a_language(page):
    assert page.title.get_text(strip=True)
    assert page.html["lang"]


def test_the_page_is_light_until_a_reader_chooses(page):
    assert page.html["data-theme"] == "light"


def test_a_notebook_shows_its_parameters(notebook):
    captions = [c.get_text(" ", strip=True) for c in notebook.find_all("caption")]
    assert any("Parameters of this run" in caption for caption in captions)


@pytest.mark.parametrize("name", ON_IMAGES)
def test_a_notebook_on_images_says_which(read, name):
    notices = [
        n.get_text(" ") for n in read(name).select(".admonition.note, .admonition.warning")
    ]
    assert any("All results on this page are on" in notice for notice in notices)


def test_no_citation_lacks_its_year(page):
    assert "n.d." not in page.article.get_text()


def test_shown_code_is_not_wider_than_the_page(notebook):
    wide = [
        line
        for block in notebook.select(".cell_input pre")
        for line in block.get_text().splitlines()
        if len(line) > 76
    ]
    assert wide == []


def test_the_front_page_has_the_headline_table_and_the_commands(read):
    front = read(contents()[0])
    assert front.find("table", id="tab-headline").tbody.find_all("tr")
    # The picture comes before every table and every section.
    assert front.article.find(["figure", "table", "h2"]).get("id") == "fig-headline"
    text = front.article.get_text()
    assert [command for command in ("make study", "make test") if command not in text] == []
    links = {link["href"] for link in front.article.find_all("a", href=True)}
    others = {page.removeprefix("book/") + ".html" for page in contents()[1:]}
    assert others - links == set()


def test_all_references_are_listed(read):
    cited = {
        link["href"].partition("#")[2]
        for page in contents()
        for link in read(page).select(".bibtex-citation a, a.reference.internal")
        if link["href"].partition("#")[0].endswith("references.html")
    } - {""}
    listed = {c["id"] for c in read("book/references").select("div.citation")}
    assert cited <= listed
    assert len(listed) > len(cited) / 2 > 0


def test_the_readme_has_the_published_results():
    folder = paths.published_dir()
    summary = read_summary(folder)
    block = readme_block(summary.compared(sorted(folder.glob("*.ipynb"))), summary)
    readme = (paths.root() / "README.md").read_text(encoding="utf-8")
    found = readme[readme.find(BEGIN) : readme.find(END) + len(END)]
    assert found.splitlines() == block.splitlines()
    assert re.search(r"^\| all +\|.*\| +72 \|$", block, re.MULTILINE)  # claims by verdict
