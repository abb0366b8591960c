"""The drawing page's arithmetic, run by Node: the geometry, and the ink of a photograph."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bench import reader
from bench.node import inks
from mnistlib.chapters.exports import results
from mnistlib.deploy import bundle
from mnistlib.ground import paths
from mnistlib.photos.find import find
from mnistlib.photos.geometry import to_mnist
from mnistlib.photos.render import KINDS, photograph
from mnistlib.photos.strokes import strokes
from mnistlib.show.measured import measured

GOLDEN = Path(__file__).parent.parent / "fixtures" / "geometry.json"


# The kinds of photograph that the page does not promise to read.
LINED = {"ruled", "squared"}


@pytest.fixture
def read(node):
    """Return a function: photographs to what the page finds in each."""
    return lambda *photos: inks(list(photos))


def test_the_geometry_is_the_librarys(node):
    golden = json.loads(GOLDEN.read_text())
    given = node("geometry", golden, "geometry.js")
    assert len(given) == len(golden["cases"]) > 0
    for case, image in zip(golden["cases"], given, strict=True):
        assert image == pytest.approx(np.ravel(case["image"]), abs=2e-6), case["name"]


def test_the_geometry_is_the_librarys_on_ink_of_any_size(node):
    rng = np.random.default_rng(7)
    cases, wanted = [], []
    for _ in range(150):
        height, width = rng.integers(1, 90, 2)
        ink = rng.integers(0, 256, (height, width)) * (
            rng.uniform(size=(height, width)) < 0.5
        )
        ink[rng.integers(height), rng.integers(width)] = 255
        threshold = float(rng.choice([0, 0.1, 0.4]))
        sizes = {"height": int(height), "width": int(width), "threshold": threshold}
        cases.append({"ink": ink.ravel().tolist(), **sizes})
        wanted.append(to_mnist(ink.astype(np.float32) / 255, threshold).ravel())
    given = node("geometry", {"cases": cases}, "geometry.js")
    far = [
        np.abs(np.subtract(a, b)).max() > 2e-6 for a, b in zip(given, wanted, strict=True)
    ]
    assert sum(far) == 0


def test_no_ink_is_no_image(node):
    blank = {"ink": [0] * 50, "height": 5, "width": 10, "threshold": 0}
    assert node("geometry", {"cases": [blank]}, "geometry.js") == [None]


@pytest.mark.slow
def test_every_kind_of_photograph_that_the_page_promises_is_read(read):
    made = [
        (kind, (i + 2 * j) % 10, [i, j])
        for i, kind in enumerate(KINDS)
        if kind not in LINED
        for j in range(5)
    ]
    photos = [
        photograph([strokes(digit, np.random.default_rng(seed))], kind, seed)
        for kind, digit, seed in made
    ]
    found = read(*photos)
    # No more and no fewer marks than the library finds, and nearly its images.
    wanted = [find(photo) for photo in photos]
    assert [one["others"] + 1 for one in found] == [len(digits) for digits in wanted]
    images = np.array([one["image"] for one in found], np.float32).reshape(-1, 28, 28)
    of_library = np.array([digit.image for (digit,) in wanted])
    assert np.abs(images - of_library).mean() < 0.015
    said = bundle.probabilities(bundle.load("accurate"), images).argmax(axis=1)
    right = Counter(
        kind for (kind, digit, _), d in zip(made, said, strict=True) if d == digit
    )
    assert {kind for kind in KINDS if right[kind] >= 4} == set(KINDS) - LINED
    assert right.total() > 0.95 * len(made)


def test_what_the_page_says_of_photographs_is_what_was_measured():
    found = measured("reader")["found"]["kinds"]
    assert set(found) == set(KINDS)
    table = results.readers({"kinds": found})
    assert set(table.loc[~table["is_read"], "kind"]) == LINED
    text = " ".join((paths.root() / "book" / "try.md").read_text(encoding="utf-8").split())
    assert "not on ruled or squared paper" in text
    promise = text[text.index("A photograph is read") : text.index("not on ruled")]
    for word in ("plain paper", "board", "shadow", "out of focus", "turned"):
        assert word in promise


def test_the_largest_mark_is_read_and_the_others_are_counted(read):
    pair = [strokes(digit, np.random.default_rng(digit)) for digit in (2, 4)]
    (found,) = read(photograph(pair, "off centre", 3))
    assert (found["others"], found["isCut"]) == (1, False)


def sheet(ink: np.ndarray | None = None) -> np.ndarray:
    """Return the grey of a sheet of paper, maybe with a digit on it."""
    page = np.full((300, 400), 200.0)
    if ink is not None:
        page[100 : 100 + len(ink), 80 : 80 + ink.shape[1]] -= 160 * ink
    return page


def photo_of(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def is_read_alike(read, photo: np.ndarray) -> bool:
    """Tell whether the page finds the one digit that the library finds, and as it does."""
    (found,), (digit,) = read(photo), find(photo)
    if not found or found["others"] or found["isCut"]:
        return False
    return np.abs(np.ravel(digit.image) - found["image"]).mean() < 0.015


def test_what_the_edge_cuts_is_left_out_where_there_is_a_whole_digit(read):
    ink = strokes(3, np.random.default_rng(3))
    sides = (
        np.s_[:30, 150:280],
        np.s_[270:, 150:280],
        np.s_[99:229, :30],
        np.s_[99:229, 370:],
    )
    for edge in sides:
        whole, alone = sheet(ink), sheet()
        whole[edge] = alone[edge] = 40  # of more ink than the digit
        assert is_read_alike(read, photo_of(whole))
        (cut,) = read(photo_of(alone))
        assert cut["isCut"]


def test_noise_is_smoothed_as_the_library_does(read):
    noise = np.random.default_rng(0).normal(0, 50, (300, 400))
    page = sheet(strokes(5, np.random.default_rng(5))) + noise
    assert is_read_alike(read, photo_of(page))


def test_thin_light_ink_is_found_though_the_board_has_dark_specks(read):
    specks = np.random.default_rng(0).uniform(size=(300, 400)) < 0.04
    page = 70.0 - 25 * specks
    page[100:170, 200:204] = 240
    assert is_read_alike(read, photo_of(page))


def test_the_bench_counts_the_page_by_the_librarys_rule(node):
    pair = [strokes(digit, np.random.default_rng(digit)) for digit in (2, 4)]
    one, two = (photograph(inks, "off centre", 3) for inks in (pair[:1], pair))
    images, warned = reader.by_page([one, two, photo_of(sheet())])
    assert images[0].shape == (28, 28)
    assert images[1:] == [None, None]
    assert warned == [False, True, True]


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_of_one_colour_holds_no_digit(read, level):
    even = np.full((40, 60, 3), level, np.uint8)
    noise = np.random.default_rng(0).normal(128, 4, (60, 40, 3)).clip(0, 255)
    assert read(even, noise.astype(np.uint8)) == [None, None]


def test_neither_light_from_one_side_nor_a_tiny_picture_is_a_digit(read):
    light = np.tile(np.linspace(90, 240, 400)[None, :, None], (300, 1, 3))
    tiny = np.zeros((7, 200, 3), np.uint8)
    tiny[3, 50:60] = 255
    assert read(light.astype(np.uint8), tiny) == [None, None]
