"""MNIST's geometry: images of MNIST stay as they are, all others become like them."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mnistlib import data
from mnistlib.ground.errors import PhotoError
from mnistlib.photos.geometry import BOX, CENTRE, SIDE, to_mnist

GOLDEN = Path(__file__).parent.parent / "fixtures" / "geometry.json"


def centre_of_mass(image):
    mass = image.astype(np.float64)
    return [(mass.sum(axis=1 - a) * np.arange(SIDE)).sum() / mass.sum() for a in (0, 1)]


def box(image):
    return [len(np.flatnonzero(image.any(axis=axis))) for axis in (1, 0)]


def blob(height, width, seed=0):
    """Smooth ink that touches every side of its box."""
    ink = np.random.default_rng(seed).uniform(0.1, 1, (height, width)).astype(np.float32)
    return ink


def test_images_of_mnist_whose_box_is_20_stay_as_they_are(real_mnist):
    digits = data.load("mnist", real_mnist).x_test[:2000].astype(np.float32) / 255
    same = [np.array_equal(to_mnist(digit), digit) for digit in digits]
    other_boxes = [max(box(digit)) != BOX for digit in digits]
    assert sum(same) >= 1999 and sum(other_boxes) <= 1
    assert all(a or b for a, b in zip(same, other_boxes, strict=True))


def test_what_has_mnists_geometry_stays_as_it_is():
    image = to_mnist(blob(20, 13))
    assert np.array_equal(to_mnist(image), image)


@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(0, 50),
    st.floats(0, 0.5),
)
def test_box_centre_and_range(height, width, seed, threshold):
    ink = blob(height, width, seed) / 2 + 0.5
    image = to_mnist(np.pad(ink, 3), threshold)
    assert image.shape == (SIDE, SIDE) and image.dtype == np.float32
    assert image.min() >= 0 and image.max() <= 1
    assert max(box(image)) == BOX
    # Half a pixel, but where a box at the edge of the image could not move further.
    for at, n in zip(centre_of_mass(image), box(image), strict=True):
        assert abs(at - CENTRE) <= 0.5 + 1e-6 or n == BOX


def test_the_filter_is_pillows_triangle():
    ink = blob(57, 31)
    wanted = Image.fromarray(ink).resize((11, 20), Image.Resampling.BILINEAR)
    image = to_mnist(ink)
    rows, columns = (np.flatnonzero(image.any(axis=axis)) for axis in (1, 0))
    inside = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert inside == pytest.approx(np.asarray(wanted), abs=1e-6)


def test_mass_and_box_are_two_centres():
    heavy = np.full((20, 20), 0.05, np.float32)
    heavy[:, :6] = 1.0
    by_mass, by_box = to_mnist(heavy), to_mnist(heavy, by_mass=False)
    assert np.flatnonzero(by_box.any(axis=0))[0] == 4
    assert np.flatnonzero(by_mass.any(axis=0))[0] == 8  # moved until the image ends
    assert centre_of_mass(by_mass)[1] > centre_of_mass(by_box)[1]


def test_ink_up_to_the_threshold_is_paper():
    ink = np.full((30, 30), 0.1, np.float32)
    ink[5:25, 10:15] = 0.9
    assert box(to_mnist(ink, 0.1)) == [20, 5]
    assert max(to_mnist(ink, 0.1).ravel()) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("ink", "line"),
    [
        (np.zeros((9, 9)), "a digit must have ink. Received: none above"),
        (np.full((9, 9), np.nan), "finite numbers"),
        (np.ones((9, 9, 3)), r"Received: ink of shape \(9, 9, 3\)"),
        (np.ones((0, 0)), "a digit must have ink"),
    ],
)
def test_what_is_no_digit_is_refused(ink, line):
    with pytest.raises(PhotoError, match=line):
        to_mnist(ink)


def test_the_golden_cases_that_the_page_shares():
    """The same file judges the drawing page's JavaScript."""
    cases = json.loads(GOLDEN.read_text(encoding="utf-8"))["cases"]
    assert len(cases) >= 8
    for case in cases:
        ink = np.array(case["ink"], np.float32).reshape(case["height"], case["width"]) / 255
        wanted = np.array(case["image"], np.float32).reshape(SIDE, SIDE)
        image = to_mnist(ink, case["threshold"])
        assert image == pytest.approx(wanted, abs=2e-6), case["name"]
