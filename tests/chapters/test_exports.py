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
            "1": [load(100, 4), load(100, 4)],
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


def test_the_answer_names_the_smallest_file_that_was_kept(files, served):
    text = findings.answer(files, served).replace("\n", " ")
    assert text.startswith("As LiteRT in int8, the network `large` takes 250,000 bytes")
    assert "25\u202f% of its Keras file in float32, and reads 8 test images of" in text
    assert "1 of 1 float32 files say the same digit" in text
    assert "at most 0.35 of the time" in text  # of [0.5, 0.2]; JavaScript has none
    assert "With 8 clients at once" in text
    assert "150 times as many requests a second as Flask" in text
    assert "same ONNX file answers 75 times as many" in text
    assert "answers 5.8 times as many as that Flask" in text  # 20 / 4 and 20 / 3


def test_a_file_that_failed_is_named(files):
    text = findings.gates(files).replace("\n", " ")
    assert "`little` as ONNX in int8 fails its gate (share of flipped digits" in text
    good = copy.deepcopy(FILES)
    good["systems"][1]["files"][1]["gate"] = ""
    assert findings.gates(exports.files(good)).endswith("No file failed its gate.")


def test_services_that_read_otherwise_are_named(served):
    text = findings.service(SERVED, served).replace("\n", " ")
    assert "All ways read the first 50 test images alike; 0 requests" in text
    assert "waits 133.3 times as long" in text  # 3 * 800 / (3 * 6)
    other = findings.service(SERVED | {"same_digits": False}, served)
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
