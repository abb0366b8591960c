"""What makes the test photographs and the damages: seeded, within bounds, as described."""

import numpy as np
import pytest

from mnistlib.ground.errors import PhotoError
from mnistlib.photos.damage import KINDS as DAMAGES
from mnistlib.photos.damage import N_STRENGTHS, damage
from mnistlib.photos.render import KINDS, SIDE, photograph
from mnistlib.photos.strokes import SHAPES, strokes


@pytest.fixture
def ink():
    return strokes(3, np.random.default_rng(0))


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    drawn = [strokes(i % 10, rng) for i in range(40)]
    from mnistlib.photos.geometry import to_mnist

    return np.array([to_mnist(one) for one in drawn])


def test_every_digit_has_shapes_and_no_two_drawings_are_alike():
    assert list(SHAPES) == list(range(10))
    for digit in SHAPES:
        one, other = (strokes(digit, np.random.default_rng(seed)) for seed in (1, 2))
        assert one.min() == 0 and one.max() == pytest.approx(1, abs=0.01)
        assert one.shape != other.shape or not np.array_equal(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_one_photograph(kind, ink):
    photo, again = photograph([ink], kind, 5), photograph([ink], kind, 5)
    assert photo.dtype == np.uint8 and photo.shape == (SIDE, SIDE, 3)
    assert np.array_equal(photo, again)
    assert not np.array_equal(photo, photograph([ink], kind, 6)) or kind == "as MNIST"


def test_several_digits_make_a_wider_photograph(ink):
    assert photograph([ink] * 6, "off centre", 1).shape[1] > SIDE


def test_kinds_are_what_they_say(ink):
    def mean(kind):
        return photograph([ink], kind, 3).mean()

    assert mean("as MNIST") < 60 < 200 < mean("white paper")
    assert mean("shading") < mean("off centre") - 30
    assert mean("board") < 90
    photos = [photograph([ink], kind, 3)[:20] for kind in ("noise", "off centre")]
    noise = [np.diff(photo.astype(float), axis=1).std() for photo in photos]
    assert noise[0] > 3 * noise[1]


@pytest.mark.parametrize(("inks", "kind"), [([], "ruled"), ([1], "of a cat")])
def test_what_cannot_be_rendered_is_refused(inks, kind, ink):
    with pytest.raises(PhotoError, match="a test photograph must be of a kind"):
        photograph([ink] * len(inks), kind, 1)


@pytest.mark.parametrize("kind", DAMAGES)
def test_damage_is_seeded_bounded_and_grows(kind, images):
    away = []
    for strength in range(1, N_STRENGTHS + 1):
        damaged = damage(images, kind, strength, 7)
        assert damaged.dtype == np.float32 and damaged.shape == images.shape
        assert damaged.min() >= 0 and damaged.max() <= 1
        assert np.array_equal(damaged, damage(images, kind, strength, 7))
        away.append(np.abs(damaged - images).mean())
    assert away == sorted(away) and away[0] > 0


def test_damages_are_what_they_say(images):
    assert damage(images, "contrast", 4, 0) == pytest.approx(0.2 * images)
    hidden = (damage(images, "occlusion", 1, 0) != images).any(axis=0)
    assert hidden.any() and not hidden[:4].any()
    moved = damage(images, "translation", 5, 0)
    assert moved.sum() == pytest.approx(images.sum(), rel=0.1)
    assert not np.array_equal(damage(images, "noise", 1, 0), damage(images, "noise", 1, 1))


@pytest.mark.parametrize(("kind", "strength"), [("fog", 1), ("blur", 0), ("blur", 6)])
def test_an_unknown_damage_is_refused(kind, strength, images):
    with pytest.raises(ValueError, match="damage must be one of noise"):
        damage(images, kind, strength, 0)
