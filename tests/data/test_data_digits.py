"""The embedded digits: content, frame, division."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mnistlib.data.digits import to_mnist_frame

SMALL = hnp.arrays(np.uint8, (8, 8), elements=st.integers(0, 16)).filter(np.any)


def centre_of_mass(image):
    weights = image / image.sum()
    positions = np.arange(28) + 0.5
    return np.array([weights.sum(axis=1) @ positions, weights.sum(axis=0) @ positions])


def test_counts_types_and_range(digits):
    assert digits.x_train.shape == (1437, 28, 28)
    assert digits.x_test.shape == (360, 28, 28)
    assert digits.y_train.shape == (1437,)
    assert digits.y_test.shape == (360,)
    for array in (digits.x_train, digits.y_train, digits.x_test, digits.y_test):
        assert array.dtype == np.uint8
        assert not array.flags.writeable
    assert digits.x_train.min() == 0
    assert digits.x_train.max() == 255


def test_division_is_stratified(digits):
    train, test = np.bincount(digits.y_train), np.bincount(digits.y_test)
    assert len(train) == len(test) == 10
    assert np.all(np.abs(test - (train + test) * 360 / 1797) < 1)


def test_content_is_the_same_everywhere(digits):
    """Seen to fail when the interpolation's rounding or the division's seed is changed."""
    assert (
        digits.sha256 == "d44cd7a2012416c4d6d1f73e50db07f18baaac91e163be14cb92ff133345c84e"
    )


def test_images_are_centred_like_mnist(digits):
    for image in digits.x_test:
        assert np.all(np.abs(centre_of_mass(image) - 14) <= 0.5)


def test_images_keep_their_labels(digits):
    """Nearest class mean, fitted on one part, is right on most of the other."""
    x_train = digits.x_train.reshape(1437, -1) / 255
    x_test = digits.x_test.reshape(360, -1) / 255
    means = np.stack([x_train[digits.y_train == label].mean(axis=0) for label in range(10)])
    distance = ((x_test[:, None] - means[None]) ** 2).sum(axis=2)
    n_correct = np.count_nonzero(distance.argmin(axis=1) == digits.y_test)
    assert n_correct > 300


def test_blank_stays_blank():
    assert not to_mnist_frame(np.zeros((8, 8))).any()


def test_a_full_square_becomes_the_twenty_pixel_box():
    frame = to_mnist_frame(np.full((8, 8), 16))
    rows, columns = np.nonzero(frame)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (4, 23, 4, 23)
    assert np.all(frame[6:22, 6:22] == 255)


def test_aspect_ratio_is_kept():
    frame = to_mnist_frame(np.full((8, 4), 16))
    rows, columns = np.nonzero(frame)
    assert np.ptp(rows) + 1 == 20
    assert np.ptp(columns) + 1 == 10


def test_grey_levels_are_interpolated_between_pixel_centres():
    """Two columns, 16 and 4, become twenty: the middle of each keeps its grey."""
    frame = to_mnist_frame(np.array([[16, 4], [16, 4]]))
    line = frame[frame.sum(axis=1).argmax()]
    line = line[line.nonzero()[0][0] :][:20]
    # Output pixel j lies at (j + 0.5) / 10 - 0.5 in input pixels: -0.45, -0.35 ... 1.45.
    shares_of_first = [0.55, 0.65, 0.75, 0.85, 0.95, 0.95, 0.85, 0.75, 0.65, 0.55]
    rising = [share * 16 for share in shares_of_first[:5]]
    between = [s * 16 + (1 - s) * 4 for s in np.arange(0.95, 0, -0.1)]
    falling = [share * 4 for share in shares_of_first[5:]]
    grey = np.array(rising + between + falling)
    assert np.abs(line - grey * 255 / 16).max() <= 0.5 + 1e-6


@settings(deadline=None)
@given(SMALL)
def test_frame_of_any_digit(image):
    frame = to_mnist_frame(image)
    assert frame.shape == (28, 28)
    assert frame.dtype == np.uint8
    rows, columns = np.nonzero(frame)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    # Centred to half a pixel, unless the box would leave the frame.
    for lines, off in zip((rows, columns), np.abs(centre_of_mass(frame) - 14), strict=True):
        assert off <= 0.5 + 1e-9 or lines.min() == 0 or lines.max() == 27


@settings(deadline=None)
@given(SMALL, st.integers(0, 5), st.integers(0, 5))
def test_frame_does_not_depend_on_where_the_digit_was(image, down, right):
    moved = np.zeros((13, 13), np.uint8)
    moved[down : down + 8, right : right + 8] = image
    assert np.array_equal(to_mnist_frame(moved), to_mnist_frame(image))


@settings(deadline=None)
@given(SMALL)
def test_frame_turns_with_the_digit(image):
    """Rows and columns are treated alike."""
    assert np.array_equal(to_mnist_frame(image.T), to_mnist_frame(image).T)


@pytest.mark.parametrize("part", ["x_train", "x_test"])
def test_no_image_is_in_both_parts(digits, part):
    other = {"x_train": "x_test", "x_test": "x_train"}[part]
    hashes = {hashlib.sha256(image.tobytes()).digest() for image in getattr(digits, other)}
    assert not any(
        hashlib.sha256(image.tobytes()).digest() in hashes
        for image in getattr(digits, part)
    )
