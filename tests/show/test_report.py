"""What a notebook says to the book comes back as it was said, and the same each time."""

import json
import math
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import papermill
import pytest
from docutils import nodes
from docutils.core import publish_doctree
from hypothesis import given
from hypothesis import strategies as st
from myst_nb.core.variables import format_plain_text
from myst_parser.docutils_ import Parser
from pydantic import BaseModel, Field

from mnistlib.chapters.eda.params import Params as EdaParams
from mnistlib.ground.errors import StudyError
from mnistlib.show import report

ROW = {
    "paper": "ahmareen2024",
    "system": "base CNN, SGD",
    "quantity": "test accuracy",
    "claim_id": "AHM-01",
    "ours": np.float64(97.5),
    "low": 97.25,
    "high": 97.75,
    "one_low": 97.0,
    "one_high": 98.0,
    "image_low": 97.2,
    "image_high": 97.8,
    "place": "inside",
    "n_seeds": np.int64(3),
    "text": "Lower than printed.",
}


class Params(BaseModel):
    """Parameters as a notebook has them."""

    epochs: int = Field(2, description="passes over the data")
    seeds: list[int] = Field(default_factory=lambda: [0, 1], description="random seeds")
    optimizer: str = Field("sgd", description="the optimizer")
    workers: int | None = Field(None, description="processes")


@pytest.fixture
def shown(monkeypatch):
    """What the code under test displays: Markdown as text, glued values as bundles."""
    things = []
    keep = lambda thing, **_: things.append(getattr(thing, "data", thing))  # noqa: E731
    monkeypatch.setattr("IPython.display.display", keep)
    return things


@pytest.fixture
def glued(monkeypatch):
    """The values glued by the code under test, by name."""
    values = {}

    def glue(name, variable, display):
        assert display is False
        values[name] = json.loads(repr(variable))

    monkeypatch.setattr("myst_nb.glue", glue)
    return values


def parse(markdown: str) -> nodes.document:
    """Parse MyST text as the book does; any complaint is an error."""
    return publish_doctree(
        markdown, parser=Parser(), settings_overrides={"halt_level": 2, "report_level": 5}
    )


def notebook_with(*cells: str):
    """A notebook of code cells for the kernel that runs these tests."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(cell, id=f"cell-{i}") for i, cell in enumerate(cells)
        ]
    )
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    return notebook


@pytest.mark.slow
def test_a_real_notebook_says_the_same_each_time_and_is_read_back(tmp_path):
    source = notebook_with(
        "import numpy as np\nfrom types import SimpleNamespace\n"
        "from pydantic import BaseModel\nfrom mnistlib.show import report, tables\n"
        "import pandas as pd\nimport matplotlib.pyplot as plt\n"
        "from mnistlib.claims.evidence import Fact",
        "report.emit('accuracy', np.float32(0.5))\nreport.emit('n_runs', np.int64(12))",
        "report.emit('best', 'Adam, “η” = 0.001')\nreport.emit('stable', np.bool_(True))",
        "report.emit('rates', {'sgd': np.array([0.1, 0.01]), 'none': None})",
        f"report.headline([{ROW | {'ours': 97.5, 'n_seeds': 3}!r}])",
        "class P(BaseModel):\n    epochs: int = 2\nreport.parameters_table(P(epochs=3))",
        "tables.numbered_table(pd.DataFrame({'a': [1]}), 'Ones', 'tab-ones')",
        "report.finding('**Adam** was best.')",
        "report.put_here('answer')",
        "report.put_here('picture')",
        "report.evidence([Fact('AHM-15', False, 'Counted.')])",
        "report.fill('answer', 'The answer is 42.')\n"
        "report.fill('picture', plt.subplots(figsize=(1, 1))[0])",
    )
    nbformat.write(source, tmp_path / "source.ipynb")
    executed = []
    for name in ("first.ipynb", "second.ipynb"):
        papermill.execute_notebook(
            tmp_path / "source.ipynb",
            tmp_path / name,
            cwd=Path(report.__file__).parents[2],
            progress_bar=False,
        )
        executed.append(nbformat.read(tmp_path / name, as_version=4))
    first, second = ([cell.get("outputs") for cell in one.cells] for one in executed)
    assert first == second
    values = report.read_back(executed[0])
    assert values.pop("headline") == [ROW]
    (fact,) = values.pop("evidence")
    assert (fact["kind"], fact["claim_id"], fact["holds"]) == ("fact", "AHM-15", False)
    # What a later cell knows stands where an earlier one kept a place, and only there.
    *_, answer, picture, _, filler = first
    assert answer[0]["data"]["text/markdown"] == "The answer is 42."
    assert "image/png" in picture[0]["data"]
    assert filler == []
    assert values == {
        "accuracy": 0.5,
        "n_runs": 12,
        "best": "Adam, “η” = 0.001",
        "stable": True,
        "rates": {"sgd": [0.1, 0.01], "none": None},
    }
    # The book's pages paste the stored text by {glue:text}, with a format.
    key = "application/papermill.record/text/plain"
    texts = [output["data"].get(key) for outputs in first for output in outputs]
    assert texts[:3] == ["0.5", "12", '"Adam, “η” = 0.001"']
    assert format_plain_text(texts[0], ".1%") == "50.0%"
    assert format_plain_text(texts[1], "d") == "12"
    assert format_plain_text(texts[2], "s") == "Adam, “η” = 0.001"


finite = st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(), part, max_size=3),
    max_leaves=8,
)


@given(plain)
def test_whatever_is_emitted_comes_back(value):
    text = repr(report._Json(report._plain(value, "x")))
    output = nbformat.v4.new_output(
        "display_data",
        data={"text/plain": text},
        metadata={"scrapbook": {"name": "x", "mime_prefix": ""}},
    )
    notebook = notebook_with("pass")
    notebook.cells[0].outputs = [output]
    reread = nbformat.reads(nbformat.writes(notebook), as_version=4)
    assert report.read_back(reread) == {"x": value}


@pytest.mark.parametrize(
    ("name", "value", "received"),
    [
        ("x", math.nan, "x=nan (float)"),
        ("x", [1, math.inf], "x[1]=inf (float)"),
        ("x", {"a": {1, 2}}, "x.a={1, 2} (set)"),
        ("x", np.array([1.0, np.nan]), "x[1]=nan (float)"),
    ],
)
def test_emit_refuses_what_has_no_json(name, value, received, glued):
    with pytest.raises(ValueError) as caught:
        report.emit(name, value)
    assert str(caught.value) == (
        "an emitted value must be text, a bool, a finite number, or a list or dict of "
        f"these. Received: {received}. Emit None for what does not exist."
    )
    assert glued == {}


def test_emit_refuses_a_name_that_a_page_could_not_paste(glued):
    with pytest.raises(ValueError, match=r"^name must be letters.* Received: name='a:b'"):
        report.emit("a:b", 1)


def test_read_back_refuses_a_name_twice():
    output = nbformat.v4.new_output(
        "display_data",
        data={"text/plain": "1"},
        metadata={"scrapbook": {"name": "x", "mime_prefix": ""}},
    )
    notebook = notebook_with("pass", "pass")
    for cell in notebook.cells:
        cell.outputs = [output]
    with pytest.raises(StudyError) as caught:
        report.read_back(notebook)
    assert str(caught.value) == (
        "a notebook must emit each name once. Received: name='x' (str), again in cell "
        "'cell-1'. Rename one of the two."
    )


def test_read_back_of_a_notebook_that_says_nothing():
    notebook = notebook_with("1")
    notebook.cells.append(nbformat.v4.new_markdown_cell("text"))
    assert report.read_back(notebook) == {}


def test_headline_of_one_seed_has_no_interval(glued):
    report.headline([{**ROW, "low": math.nan, "high": None, "n_seeds": 1}])
    (row,) = glued["headline"]
    assert (row["low"], row["high"], row["ours"]) == (None, None, 97.5)


def test_headline_without_a_claim(glued):
    report.headline([{**ROW, "claim_id": None}])
    assert glued["headline"][0]["claim_id"] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"claim_id": "AHM-99"}, "claim_id must be a claim of ahmareen2024 .*'AHM-99'"),
        ({"claim_id": "RAJ-01"}, "claim_id must be a claim of ahmareen2024 .*'RAJ-01'"),
        ({"ours": math.nan}, r"headline\[0\]\.ours=nan \(float\)"),
        ({"seeds": 3}, r"rows\[0\] with seeds missing or unknown"),
    ],
)
def test_headline_refuses_a_wrong_row(change, message, glued):
    with pytest.raises(ValueError, match=message):
        report.headline([{**ROW, **change}])
    assert glued == {}


def test_headline_refuses_a_row_without_a_key(glued):
    with pytest.raises(ValueError, match=r"rows\[0\] with text missing or unknown"):
        report.headline([{key: value for key, value in ROW.items() if key != "text"}])


def test_parameters_table_marks_what_was_changed(shown):
    report.parameters_table(Params(epochs=5, workers=7))
    (text,) = shown
    document = parse(text)
    rows = [
        [entry.astext() for entry in row.findall(nodes.entry)]
        for row in document.findall(nodes.row)
    ]
    assert rows == [
        ["parameter", "value", "default", "meaning"],
        ["epochs", "5", "2", "passes over the data"],
        ["seeds", "[0, 1]", "[0, 1]", "random seeds"],
        ["optimizer", "'sgd'", "'sgd'", "the optimizer"],
    ]
    assert [strong.astext() for strong in document.findall(nodes.strong)] == ["5"]
    assert "7" not in text and "workers" not in text


def test_a_cut_size_is_told_in_the_table_and_in_the_notice(shown, digits):
    params = EdaParams(n_map="up to 2000").fitted(digits)
    report.parameters_table(params)
    report.dataset_notice(digits, params.cuts)
    words = "asked for up to 2,000; digits has 1,437: all are used"
    table, notice = (parse(text).astext() for text in shown)
    assert f"images in the map of digits; {words}" in table
    assert "1437" in table
    assert f"Fewer images than asked for. n_map: {words}." in notice


def test_notice_of_the_real_digits(shown, digits):
    report.dataset_notice(digits)
    (warning,) = parse(shown[0]).findall(nodes.warning)
    words = warning.astext()
    assert words.startswith("This is not MNIST.")
    assert f"{len(digits.x_train):,} training and {len(digits.x_test):,} test" in words
    assert digits.sha256[:16] in words
    assert "They were asked for by name." in words


@pytest.mark.parametrize(
    ("name", "is_fallback", "node", "words"),
    [
        ("mnist", False, nodes.note, "All results on this page are on MNIST: 60 training"),
        ("digits", True, nodes.warning, "MNIST could not be had"),
    ],
)
def test_notice_names_the_data(name, is_fallback, node, words, shown, tiny_arrays):
    source = "/home/someone/data"
    dataset = SimpleNamespace(
        name=name, is_fallback=is_fallback, sha256="ab" * 32, source=source, **tiny_arrays
    )
    report.dataset_notice(dataset)
    (found,) = parse(shown[0]).findall(node)
    assert words in found.astext()
    assert source not in shown[0]


def test_finding_is_shown_as_it_is(shown):
    report.finding("**Adam** was best.")
    assert shown == ["**Adam** was best."]
