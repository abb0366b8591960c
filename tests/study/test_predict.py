"""The command `mnistlib predict`, with real files and the networks under models/."""

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from mnistlib.ground.paths import root
from mnistlib.photos import files
from mnistlib.photos.render import photograph
from mnistlib.photos.strokes import strokes
from mnistlib.study.cli import main

WRITTEN = [2, 0, 2, 6]


@pytest.fixture
def photo(tmp_path):
    rng = np.random.default_rng(3)
    path = tmp_path / "photo.png"
    pixels = photograph([strokes(digit, rng) for digit in WRITTEN], "phone", 5)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def predict():
    def call(*arguments):
        return CliRunner().invoke(main, ["predict", *map(str, arguments)])

    return call


def test_digits_are_printed_in_reading_order(predict, photo):
    result = predict(photo)
    assert result.exit_code == 0, result.output
    first, *rest = result.output.splitlines()
    assert first == "".join(map(str, WRITTEN))
    assert [int(line.split()[0]) for line in rest] == WRITTEN


def test_json_and_the_overlay(predict, photo, tmp_path):
    drawn = tmp_path / "read.png"
    found = json.loads(predict(photo, "--json", "--show", drawn, "--model", "small").output)
    assert found["model"] == "small" and len(found["digits"]) == len(WRITTEN)
    for one in found["digits"]:
        assert sum(one["probabilities"]) == pytest.approx(1, abs=1e-3)
        assert one["probability"] == max(one["probabilities"])
    before, after = (np.asarray(Image.open(path)) for path in (photo, drawn))
    assert before.shape == after.shape and not np.array_equal(before, after)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"photo": "missing.png"}, "a picture must be a file"),
        ({"options": ["--model", "huge"]}, "one of accurate, best, small"),
        ({"options": ["--model", "../small"]}, "a network's name must be small letters"),
        ({"options": ["--show", "read.jpg"]}, "--show must name a .png file"),
        ({"options": ["--show", "none/read.png"]}, "--show must name a file that can be"),
        ({"options": ["--show", "photo.png"]}, "another one than the photo"),
    ],
    ids=["no photo", "no network", "network's path", "no png", "no folder", "the photo"],
)
def test_bad_input_is_one_line(predict, photo, monkeypatch, change, line):
    monkeypatch.setenv("MNISTLIB_ROOT", str(root()))
    monkeypatch.chdir(photo.parent)
    before = photo.read_bytes()
    result = predict(change.get("photo", "photo.png"), *change.get("options", []))
    assert result.exit_code == 1
    (said,) = result.output.splitlines()
    assert said.startswith("mnistlib: error: ") and line in said
    assert photo.read_bytes() == before
    assert [path.name for path in photo.parent.iterdir()] == ["photo.png"]


def run(*arguments, first="pass"):
    """Run the command in a process of its own, after some code; print what is loaded."""
    code = (
        f"import sys; {first}; sys.argv = ['mnistlib', 'predict', *{list(arguments)!r}]\n"
        "from mnistlib.study import cli\n"
        "try:\n    cli.main()\nfinally:\n    print('keras' in sys.modules)"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_a_blank_page_loads_no_network(tmp_path):
    path = tmp_path / "blank.png"
    Image.new("RGB", (200, 100), "white").save(path)
    done = run(str(path))
    assert done.returncode == 1 and done.stdout == "False\n"
    (line,) = done.stderr.splitlines()
    assert "a photograph must show a handwritten digit. Received: none was found" in line


def test_without_the_extra_one_line_says_what_to_install(photo):
    done = run(str(photo), first="sys.modules['cv2'] = None")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("mnistlib: error: reading photographs needs the extra")
    assert "pip install -e '.[photo]'" in line


def test_the_help_states_the_limits(predict):
    text = " ".join(predict("--help").output.split())
    sizes = f"{files.MOST_BYTES >> 20} MB and {files.MOST_PIXELS // 10**6} million pixels"
    assert f"at most {sizes}" in text
