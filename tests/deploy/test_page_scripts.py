"""The drawing page's arithmetic, run by Node: the geometry, and the ink of a photograph."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from mnistlib.deploy import bundle
from mnistlib.photos.geometry import to_mnist
from mnistlib.photos.render import photograph
from mnistlib.photos.strokes import strokes

GOLDEN = Path(__file__).parent.parent / "fixtures" / "geometry.json"


def in_rgba(photo: np.ndarray) -> dict:
    opaque = np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])
    pixels = base64.b64encode(opaque.tobytes()).decode()
    return {"pixels": pixels, "height": photo.shape[0], "width": photo.shape[1]}


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
def test_photographs_are_read(node):
    kinds = ["white paper", "off centre", "small", "shading", "board", "perspective"]
    digits = [(kind, digit) for kind in kinds for digit in range(10)]
    photos = [
        photograph([strokes(digit, np.random.default_rng([digit, i]))], kind, [digit, i])
        for i, (kind, digit) in enumerate(digits)
    ]
    found = node("photo", [in_rgba(photo) for photo in photos], "geometry.js", "photo.js")
    assert None not in found
    images = np.array([one["image"] for one in found], np.float32).reshape(-1, 28, 28)
    read = bundle.probabilities(bundle.load("accurate"), images).argmax(axis=1)
    assert (read == [digit for _, digit in digits]).mean() > 0.95


def test_the_largest_mark_is_read_and_the_others_are_counted(node):
    pair = [strokes(digit, np.random.default_rng(digit)) for digit in (2, 4)]
    (found,) = node(
        "photo", [in_rgba(photograph(pair, "off centre", 3))], "geometry.js", "photo.js"
    )
    assert found["others"] == 1


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_of_one_colour_holds_no_digit(node, level):
    even = np.full((40, 60, 3), level, np.uint8)
    noise = np.random.default_rng(0).normal(128, 4, (60, 40, 3)).clip(0, 255)
    photos = [in_rgba(even), in_rgba(noise.astype(np.uint8))]
    assert node("photo", photos, "geometry.js", "photo.js") == [None, None]
