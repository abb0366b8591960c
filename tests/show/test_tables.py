"""Tables: the exact text, and what MyST makes of it."""

import math

import numpy as np
import pandas as pd
import pytest
from docutils import nodes
from docutils.core import publish_doctree
from hypothesis import given
from hypothesis import strategies as st
from myst_parser.docutils_ import Parser

from mnistlib.show import tables
from mnistlib.show.tables import Column
from mnistlib.stats.intervals import accuracies

FRAME = pd.DataFrame(
    {
        "optimizer": ["sgd", "adam"],
        "accuracy": [0.983, 0.98765],
        "p": [math.nan, 0.00004],
        "parameters": [542230, 159254],
    }
)
COLUMNS = [
    Column("optimizer"),
    Column("accuracy", format=tables.percent),
    Column("p", format=tables.p_value),
    Column("parameters", format=tables.count),
]


@pytest.fixture
def shown(monkeypatch):
    """What the code under test displays, as Markdown text."""
    texts = []
    monkeypatch.setattr("IPython.display.display", lambda thing: texts.append(thing.data))
    return texts


def parse(markdown: str) -> nodes.document:
    """Parse MyST text as the book does; any complaint is an error."""
    return publish_doctree(
        markdown, parser=Parser(), settings_overrides={"halt_level": 2, "report_level": 5}
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (tables.percent(0.98765), "98.77\u202f%"),
        (tables.percent(0.983), "98.30\u202f%"),
        (tables.percent(1, digits=0), "100\u202f%"),
        (tables.percent(math.nan), "–"),
        (tables.number(0.5, 3), "0.500"),
        (tables.number(None), "–"),
        (tables.interval(0.9766, 0.9822), "97.66–98.22\u202f%"),
        (tables.interval(math.nan, math.nan), "–"),
        (tables.with_interval(0.98, 0.9766, 0.9822), "98.00 (97.66–98.22)\u202f%"),
        (tables.with_interval(0.98, math.nan, math.nan), "98.00\u202f%"),
        (tables.p_value(0.0312), "0.031"),
        (tables.p_value(0.00099), "< 0.001"),
        (tables.p_value(1.0), "1.000"),
        (tables.p_value(math.nan), "–"),
        (tables.count(159254), "159,254"),
        (tables.count(np.int64(999)), "999"),
        (tables.count(1_000_000), "1,000,000"),
        (tables.count(None), "–"),
        (tables.rate(0.0001), "0.0001"),
        (tables.rate(1e-05), "10⁻⁵"),
        (tables.rate(2.5e-12), "2.5 × 10⁻¹²"),
        (tables.rate(math.nan), "–"),
    ],
)
def test_formats(text, expected):
    assert text == expected


@given(st.integers(0, 10**12))
def test_count_keeps_every_digit(n):
    assert int(tables.count(n).replace(",", "")) == n


def test_golden_table():
    assert tables.table_directive(FRAME, "Final accuracy", "tab-final", COLUMNS) == (
        "~~~{table} Final accuracy\n"
        ":name: tab-final\n"
        "\n"
        "| optimizer   |   accuracy |       p |   parameters |\n"
        "|:------------|-----------:|--------:|-------------:|\n"
        "| sgd         |    98.30\u202f% |       – |      542,230 |\n"
        "| adam        |    98.77\u202f% | < 0.001 |      159,254 |\n"
        "~~~\n"
    )


def test_a_caption_may_hold_code():
    (table,) = parse(tables.table_directive(FRAME, "What `sgd` did", "tab-final")).findall(
        nodes.table
    )
    assert table.next_node(nodes.title).astext() == "What sgd did"


def test_myst_reads_the_table_back():
    (table,) = parse(
        tables.table_directive(FRAME, "Final accuracy", "tab-final", COLUMNS)
    ).findall(nodes.table)
    cells = [entry.astext() for entry in table.findall(nodes.entry)]
    assert table.next_node(nodes.title).astext() == "Final accuracy"
    assert table["names"] == ["tab-final"]
    assert cells[:8] == [*FRAME.columns, "sgd", "98.30\u202f%", "–", "542,230"]


def test_trailing_zeros_and_texts_that_look_like_numbers_stay():
    text = tables.to_markdown(pd.DataFrame({"a": ["98.30", "007"], "b": [0.5, 0.25]}))
    assert "| 98.30 |" in text.replace("  ", " ") and "007" in text and "0.25" in text


def test_specifications_and_missing_values():
    frame = pd.DataFrame({"x": [0.12345, math.nan], "y": [None, "text"], "z": [[1, 2], ()]})
    columns = [Column("x", format=".3f"), Column("y"), Column("z")]
    rows = tables.to_markdown(frame, columns).splitlines()[2:]
    assert [part.strip() for part in rows[0].strip("|").split("|")] == [
        "0.123",
        "–",
        "1, 2",
    ]
    assert [part.strip() for part in rows[1].strip("|").split("|")] == ["–", "text", ""]


def test_a_bar_or_a_line_break_does_not_end_a_cell():
    frame = pd.DataFrame({"text": ["a|b\nc"], "n": [1]})
    document = parse(tables.table_directive(frame, "Bars"))
    cells = [entry.astext() for entry in document.findall(nodes.entry)]
    assert cells == ["text", "n", "a|b c", "1"]


@pytest.mark.parametrize(
    ("cells", "is_right"),
    [
        (["98.30\u202f%", "–", "< 0.001"], True),
        (["97.96 (97.66–98.22)\u202f%"], True),
        (["1e-05", "1.5e+10"], True),
        (["28×28"], True),
        (["`0.1`"], False),
        (["3 layers", "4"], False),
        (["naïve"], False),
    ],
)
def test_numbers_stand_to_the_right_and_words_to_the_left(cells, is_right):
    rule = tables.to_markdown(pd.DataFrame({"c": cells})).splitlines()[1]
    assert rule.endswith(":|") is is_right


def test_numbered_table_displays_table_and_note(shown):
    tables.numbered_table(FRAME, "Final", "tab-final", COLUMNS, note="Three *seeds*.")
    tables.numbered_table(FRAME, "Final", "tab-final", COLUMNS)
    table = tables.table_directive(FRAME, "Final", "tab-final", COLUMNS)
    assert shown == [f"{table}\nThree *seeds*.\n", table]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"name": "final", "caption": "Final"},
            "name must be 'tab-' and then lower-case letters, digits and single dashes. "
            "Received: name='final' (str). Rename the table.",
        ),
        (
            {"name": "tab-a", "caption": "two\nlines"},
            "caption must be one line of text. Received: caption='two\\nlines' (str). "
            "Shorten it.",
        ),
        (
            {"name": "tab-a", "caption": "a", "columns": [Column("loss")]},
            "a Column must be made of columns of the frame (optimizer, accuracy, p, "
            "parameters). Received: field='loss'. Correct the name or leave it out.",
        ),
    ],
)
def test_errors(options, message, shown):
    with pytest.raises(ValueError) as caught:
        tables.numbered_table(FRAME, **options)
    assert str(caught.value) == message
    assert shown == []


@pytest.mark.parametrize(
    ("x", "text"), [(0.0052, "+0.52"), (-0.1, "−10.00"), (0.0, "+0.00"), (math.nan, "–")]
)
def test_points(x, text):
    assert tables.points(x) == text


@pytest.mark.parametrize(("n", "text"), [(12, "+12"), (-12.333, "−12.3"), (math.nan, "–")])
def test_images(n, text):
    assert tables.images(n) == text


def test_points_with_and_without_an_interval():
    assert tables.points_interval(0.01, -0.002, 0.022) == "+1.00 (−0.20\u00a0to\u00a0+2.20)"
    assert tables.points_interval(0.01, math.nan, math.nan) == "+1.00"


def test_a_column_may_be_made_of_several():
    frame = pd.DataFrame({"low": [0.1, math.nan], "high": [0.2, 0.3], "name": ["a|b", "c"]})
    columns = [Column("name", "who"), Column(("low", "high"), "between", tables.interval)]
    head, _, first, second = tables.to_markdown(frame, columns).splitlines()
    assert head.split() == ["|", "who", "|", "between", "|"]
    assert "a\\|b" in first
    assert "10.00–20.00" in first
    assert second.rstrip(" |").endswith("–")


def test_accuracy_columns_fit_what_is_summarised():
    frame = pd.DataFrame(
        {"s": "a", "test_accuracy": [0.9, 0.92], "n_examples": 100, "status": "ok"}
    )
    table = tables.to_markdown(accuracies(frame, "s"), tables.ACCURACY)
    assert table.splitlines()[2].split()[1] == "91.00"
