"""Digits are found where they were written, in reading order; what is none is refused."""

import time

import numpy as np
import pytest

from mnistlib.ground.errors import PhotoError
from mnistlib.photos import raj2024
from mnistlib.photos.find import STEPS, Steps, find
from mnistlib.photos.render import KINDS, photograph
from mnistlib.photos.strokes import strokes


def inks(digits, seed=1):
    rng = np.random.default_rng(seed)
    return [strokes(digit, rng) for digit in digits]


def paper(height=300, width=400, seed=0):
    grain = np.random.default_rng(seed).integers(-4, 5, (height, width, 3))
    return (np.full((height, width, 3), 235) + grain).astype(np.uint8)


def write(page, ink, left, top, colour=40):
    """Write ink onto a page, in place."""
    height, width = ink.shape
    part = page[top : top + height, left : left + width]
    part[:] = part + ink[..., None] * (colour - part.astype(float))
    return page


def overlap(box, other):
    (x, y, w, h), (x2, y2, w2, h2) = box, other
    wide = min(x + w, x2 + w2) - max(x, x2)
    high = min(y + h, y2 + h2) - max(y, y2)
    both = max(0, wide) * max(0, high)
    return both / (w * h + w2 * h2 - both)


@pytest.mark.parametrize("kind", KINDS)
def test_one_digit_is_found_on_every_kind_of_photograph(kind):
    for digit in range(10):
        (found,) = find(photograph(inks([digit], digit), kind, [2, digit]))
        assert found.image.shape == (28, 28) and found.image.dtype == np.float32
        assert 0.02 < found.image.mean() < 0.4 and found.image.max() > 0.7


def test_the_box_is_where_the_digit_is():
    ink = inks([5])[0]
    (found,) = find(write(paper(), ink, 220, 60))
    rows, columns = (np.flatnonzero((ink > 0.5).any(axis=axis)) for axis in (1, 0))
    where = (220 + columns[0], 60 + rows[0], np.ptp(columns) + 1, np.ptp(rows) + 1)
    assert overlap(found.box, where) > 0.8


def test_boxes_are_in_pixels_of_a_large_photograph():
    page = paper(1500, 2000)
    large = np.kron(inks([5])[0], np.ones((6, 6)))
    (found,) = find(write(page, large, 900, 300))
    assert overlap(found.box, (900, 300, large.shape[1], large.shape[0])) > 0.75


def test_rows_are_read_from_left_to_right():
    page, order = paper(500, 500), []
    for top, left, digit in ((300, 40, 3), (30, 300, 1), (45, 30, 0), (285, 260, 2)):
        write(page, inks([digit])[0], left, top)
    found = find(page)
    order = [(box[0] // 150, box[1] // 200) for box in (one.box for one in found)]
    assert order == [(0, 0), (2, 0), (0, 1), (1, 1)]


def test_a_line_of_digits_is_as_many_digits():
    written = [4, 0, 1, 7, 8]
    for kind in ("off centre", "ruled", "board", "phone"):
        assert len(find(photograph(inks(written), kind, 3))) == len(written), kind


def test_light_on_dark_gives_what_dark_on_light_gives():
    page = write(paper(), inks([3])[0], 100, 80)
    (dark,), (light,) = find(page), find(255 - page)
    assert np.abs(dark.image - light.image).mean() < 0.03


def test_pieces_of_a_digit_are_one_and_specks_are_none():
    page = write(paper(), inks([7])[0], 100, 80)
    page[132:136, 60:190] = page[0, 0]  # cut across: two pieces
    page[250:253, 300:303] = 40  # a speck
    assert len(find(page)) == 1


def test_what_the_edge_cuts_is_left_out_where_there_is_a_whole_digit():
    page = write(paper(), inks([3])[0], 100, 80)
    page[0:90, 360:400] = 40
    (found,) = find(page)
    assert found.box[0] < 250


@pytest.mark.parametrize(
    "page",
    [
        paper(),
        np.full((200, 200, 3), 255, np.uint8),
        np.zeros((60, 90), np.uint8),
        np.tile(np.linspace(90, 240, 400).astype(np.uint8)[None, :, None], (300, 1, 3)),
        np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)[:, :, :1] * 0,
    ],
    ids=["paper", "white", "black", "shaded", "tiny"],
)
def test_a_page_without_a_digit_is_said_to_have_none(page):
    page = page if page.ndim == 2 or page.shape[2] == 3 else np.repeat(page, 3, axis=2)
    with pytest.raises(PhotoError, match=r"must show a handwritten digit\. Received: none"):
        find(page)


def test_far_too_many_marks_are_refused():
    page, rng = paper(600, 600), np.random.default_rng(0)
    for top in range(20, 560, 40):
        for left in range(20, 560, 40):
            row, column = np.array([top, left]) + rng.integers(0, 14, 2)
            page[row : row + 20, column : column + 8] = 30
    with pytest.raises(PhotoError, match=r"at most 64 digits .* Received: 1[0-9]+ marks"):
        find(page)


def test_a_picture_full_of_marks_is_refused_at_once():
    cv2 = pytest.importorskip("cv2")
    page = paper(640, 640)
    for top in range(6, 630, 14):
        for left in range(6, 630, 14):
            page[top : top + 6, left : left + 6] = 30
    turn = cv2.getRotationMatrix2D((320, 320), 33, 1)
    page = cv2.warpAffine(page, turn, (640, 640), borderMode=cv2.BORDER_REFLECT)
    started = time.process_time()
    with pytest.raises(PhotoError, match=r"at most 64 digits .* Received: \d{3,} marks"):
        find(page)
    assert time.process_time() - started < 5  # half a minute, when all were grouped


@pytest.mark.parametrize("step", STEPS)
def test_each_step_changes_what_is_found(step):
    """On the kind of photograph that the step is for."""
    kind = {"background": "shading", "lines": "squared"}.get(step, "phone")
    changed = 0
    for digit in range(10):
        photo = photograph(inks([digit], digit), kind, [4, digit])
        if step == "pieces":
            photo[5:12, 5:12] = 0  # a speck
        whole = find(photo)[0].image
        try:
            less = find(photo, Steps().without(step))[0].image
        except PhotoError:
            less = None
        changed += not np.array_equal(less, whole)
    assert changed >= 5


def test_the_papers_reader_does_what_it_says_and_no_more():
    photo = np.zeros((56, 56, 3), np.uint8)
    photo[..., 0] = 100  # red: 0.299 of the grey
    image = raj2024.resized(photo)
    assert image.shape == (28, 28) and image.dtype == np.float32
    assert image == pytest.approx(30 / 255, abs=1e-6)
    light = raj2024.resized(photograph(inks([3]), "white paper", 1))
    assert light.mean() > 0.7  # paper stays light: it is not inverted
