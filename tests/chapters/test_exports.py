"""The notebook on exported files: its tables, figure and sentences by hand."""

import copy
import math

import pytest

from mnistlib.chapters.exports import figures, findings
from mnistlib.chapters.exports import results as exports
from mnistlib.show.tables import to_markdown

FILE = {
    "format": "keras", "precision": "float32", "gate": "", "bytes": 1_000_000,
    "n_examples": 10_000, "n_correct": 9_900, "source_correct": 9_900, "flips": 0,
    "largest_difference": 0.0, "latency_ratios": [1.0, 1.1, 0.9],
}  # fmt: skip
FILES = {
    "systems": [
        {
            "name": "large",
            "files": [
                FILE,
                FILE | {"format": "onnx", "bytes": 900_000, "latency_ratios": [0.5, 0.2]},
                FILE | {"format": "litert", "precision": "int8", "bytes": 250_000,
                        "flips": 8, "largest_difference": 0.04,
                        "latency_ratios": [0.1, 0.2, 0.3]},
                FILE | {"format": "js", "precision": "int16", "bytes": 600_000,
                        "latency_ratios": None},
            ],
        },
        {
            "name": "little",
            "files": [
                FILE | {"bytes": 90_000},
                FILE | {"format": "onnx", "precision": "int8", "bytes": 30_000,
                        "flips": 50, "gate": "share of flipped digits at most 0.003"},
            ],
        },
    ]
}  # fmt: skip


def load(per_second: float, wait: float) -> dict:
    return {
        "per_second": per_second,
        "p50": wait,
        "p95": 2 * wait,
        "p99": 3 * wait,
        "refused": 0,
    }


SERVED = {
    "rounds": 2,
    "seconds": 3.0,
    "checked": 50,
    "same_digits": True,
    "ways": {
        exports.OURS: {
            "1": [load(100, 4), load(200, 4)],
            "8": [load(400, 6), load(600, 6)],
        },
        exports.ONNX: {
            "1": [load(150, 4), load(250, 4)],
            "8": [load(200, 9), load(300, 9)],
        },
        exports.KERAS: {
            "1": [load(10, 90), load(10, 90)],
            "8": [load(4, 900), load(3, 700)],
        },
        exports.PHOTO: {
            "1": [load(20, 40), load(20, 40)],
            "8": [load(20, 90), load(20, 99)],
        },
    },
}


@pytest.fixture
def files():
    return exports.files(FILES)


@pytest.fixture
def served():
    return exports.service(SERVED)


def test_a_row_a_file(files):
    row = files.query("format == 'LiteRT'").iloc[0]
    assert (row["ratio"], row["least"], row["largest"]) == (0.2, 0.1, 0.3)
    assert row["accuracy"] == 0.99
    assert 0.987 < row["low"] < 0.99 < row["high"] < 0.993
    assert math.isnan(files.query("format == 'JavaScript'").iloc[0]["ratio"])
    table = to_markdown(files, exports.FILE_COLUMNS).splitlines()
    assert "0.20 (0.10–0.30)" in table[4]
    assert table[4].endswith("| yes    |")
    assert "–" in table[5].split("|")[-3]
    assert table[7].endswith("| no     |")


def test_ratios_of_a_service_are_within_their_round(served):
    ours = served[(served["way"] == exports.OURS) & (served["clients"] == 8)].iloc[0]
    assert (ours["per_second"], ours["ratio"]) == (500, 150)  # 400 / 4 and 600 / 3
    assert (ours["least"], ours["largest"]) == (100, 200)
    text = to_markdown(served, exports.SERVICE_COLUMNS)
    assert "150.0 (100.0–200.0)" in text
    assert "1.0 (1.0–1.0)" in text


def test_the_answer_names_the_smallest_file_that_was_kept(files):
    text = findings.answer(files, SERVED).replace("\n", " ")
    assert text.startswith("As LiteRT in int8, the network `large` takes 250,000 bytes")
    assert "25\u202f% of its Keras file in float32, and reads 8 test images of" in text
    assert "1 of 1 in float32 say the same" in text
    # Of [0.5, 0.2]; JavaScript has none.
    assert "at most 0.35 (0.20–0.50) of the time" in text


def test_the_answer_says_when_the_service_is_the_slower(files):
    text = findings.answer(files, SERVED).replace("\n", " ")
    assert "With 8 clients at once" in text
    assert "150 (100–200) times as many requests a second as Flask" in text
    assert "same ONNX file answers 75 (50–100) times as many. With 1 client," in text
    assert (
        "answers 15 (10–20) times as many and Flask with the ONNX file 20 (15–25)" in text
    )
    # 100 / 150 and 200 / 250.
    assert "`mnistlib serve` is the slower of the two, with 0.73 (0.67–0.80) times" in text
    # 20 / 4 and 20 / 3.
    assert "answers 5.8 (5.0–6.7) times as many, at 8 clients, as Flask" in text
    other = copy.deepcopy(SERVED)
    other["ways"][exports.ONNX]["1"] = [load(50, 4), load(50, 4)]
    text = findings.answer(files, other).replace("\n", " ")
    assert "tell these two apart" not in text
    assert "is the quicker of the two, with 3.00 (2.00–4.00) times" in text
    other["ways"][exports.ONNX]["1"] = [load(90, 4), load(250, 4)]
    text = findings.answer(files, other).replace("\n", " ")
    assert "the rounds do not tell these two apart, with 0.96 (0.80–1.11) times" in text


def test_a_file_that_failed_is_named(files):
    text = findings.gates(files).replace("\n", " ")
    assert "`little` as ONNX in int8 fails its gate (share of flipped digits" in text
    good = copy.deepcopy(FILES)
    good["systems"][1]["files"][1]["gate"] = ""
    assert findings.gates(exports.files(good)).endswith("No file failed its gate.")


def test_services_that_read_otherwise_are_named():
    text = findings.service(SERVED).replace("\n", " ")
    assert "All ways read the first 50 test images alike; 0 requests" in text
    assert "waits 133.3 (116.7–150.0) times as long" in text  # 900 / 6 and 700 / 6
    assert "and 1.50 (1.50–1.50) times as long for Flask with the ONNX" in text
    other = findings.service(SERVED | {"same_digits": False})
    assert "**The ways do not read the first 50 test images" in other


def test_the_figure_draws_every_file_that_was_timed(files):
    figure = figures.sizes(files)
    left, right = figure.axes
    assert len(left.containers) == len(files)
    drawn = [c.lines[0].get_ydata()[0] for c in right.containers]
    assert drawn == pytest.approx(files["ratio"].dropna().tolist())
    hollow = [c.lines[0].get_markerfacecolor() for c in left.containers].count("white")
    assert hollow == 1


def test_the_machine_is_named_once():
    part = {"machine": {"cpu": "A processor", "cores": 2}}
    text = findings.machine({"exports": part, "service": part})
    assert text.startswith("Measured on A processor, 2 cores. The")


READ = {
    "system": "large",
    "kinds": {
        kind: {
            "n_examples": 100, "library": library, "page": page,
            "only_library": library - 40, "only_page": page - 40, "warned": warned,
        }
        for kind, library, page, warned in (
            ("white paper", 100, 98, 1), ("board", 97, 89, 0), ("ruled", 99, 60, 25),
            ("squared", 95, 88, 4),
        )
    },
}  # fmt: skip


def test_the_page_promises_the_kinds_that_it_was_seen_to_read():
    table = exports.readers(READ)
    # Wilson's interval of 89 of 100 begins at 81 %, of 88 of 100 at 80.2 %.
    assert table["is_read"].tolist() == [True, True, False, True]
    text = to_markdown(table, exports.READER_COLUMNS).splitlines()
    assert "98 (93–99)" in text[2] and "chalk on a board, unevenly lit" in text[3]
    said = findings.readers(READ).replace("\n", " ")
    assert "the library reads 391 of 400, the page 335." in said
    assert "(*ruled*), it reads 60 and the library 99 of 100. Of the 40 that" in said
    assert "it says of 25 that something is amiss" in said
    # 60 + 57 + 55, and 58 + 49 + 48.
    assert "On the other 3 kinds it misses 172 photographs that the library" in said
    assert "reads 155 that" in said
    good = {**READ, "kinds": {"board": READ["kinds"]["board"]}}
    assert "promises nothing" not in findings.readers(good)
