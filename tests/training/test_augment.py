"""Augmentation and schedules: held to Keras's generator and to hand calculation."""

import numpy as np
import pytest

from mnistlib import data
from mnistlib.ground import backend
from mnistlib.training import augment, schedules, train
from mnistlib.training.spec import NetworkSpec, make


def drawn(n=400, **changes):
    sizes = {"rotation": 0.0, "shift": 0.0, "zoom": 0.0} | changes
    return augment.draw(n, np.random.default_rng(0), **sizes)


def test_no_change_is_the_identity():
    identity = [1, 0, 0, 0, 1, 0, 0, 0]
    np.testing.assert_allclose(drawn(3), [identity] * 3, atol=1e-6)


def test_a_shift_is_a_shift_of_at_most_its_share():
    maps = drawn(shift=0.1)
    np.testing.assert_allclose(maps[:, [0, 1, 3, 4]], [[1, 0, 0, 1]] * 400, atol=1e-6)
    for place in (2, 5):
        assert 2.5 < np.abs(maps[:, place]).max() <= 2.8
        assert abs(maps[:, place].mean()) < 0.35
    assert abs(np.corrcoef(maps[:, 2], maps[:, 5])[0, 1]) < 0.2


def test_rotation_and_zoom_keep_the_centre():
    for changes in ({"rotation": 10.0}, {"zoom": 0.1}):
        a0, a1, a2, b0, b1, b2 = drawn(**changes)[:, :6].T
        np.testing.assert_allclose(a0 * 13.5 + a1 * 13.5 + a2, 13.5, atol=1e-4)
        np.testing.assert_allclose(b0 * 13.5 + b1 * 13.5 + b2, 13.5, atol=1e-4)
    a0, a1, _, b0, b1, _ = drawn(rotation=10.0)[:, :6].T
    angles = np.rad2deg(np.arctan2(a1, a0))
    assert 9 < angles.max() <= 10
    assert -10 <= angles.min() < -9
    np.testing.assert_allclose(a0 * b1 - a1 * b0, 1, atol=1e-5)
    a0, _, _, _, b1, _ = drawn(zoom=0.1)[:, :6].T
    assert 1.09 < a0.max() <= 1.1
    assert 0.9 <= b1.min() < 0.91
    assert abs(np.corrcoef(a0, b1)[0, 1]) < 0.2


def test_a_shear_moves_columns_by_rows_and_keeps_the_centre():
    a0, a1, a2, b0, b1, b2 = drawn(shear=20.0)[:, :6].T
    np.testing.assert_allclose([a0, b1], 1)
    np.testing.assert_allclose([b0, b2], 0, atol=1e-5)
    np.testing.assert_allclose(a1 * 13.5 + a2, 0, atol=1e-4)
    slants = np.rad2deg(np.arctan(a1))
    assert 19 < slants.max() <= 20
    assert -20 <= slants.min() < -19


def test_what_was_drawn_before_there_were_shears_stays():
    sizes = {"rotation": 10.0, "shift": 0.1, "zoom": 0.1}
    with_more = drawn(**sizes, elastic=1.0)
    assert with_more.shape == (400, 8 + 2 * 49)
    np.testing.assert_array_equal(with_more[:, :8], drawn(**sizes))


def test_the_spline_is_nearly_simards_gaussian():
    """Weights sum to 1; around a knot they spread like a Gaussian of 4 pixels."""
    weights = augment.spline()
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    places = np.arange(28)
    knot = weights[:, 3] / weights[:, 3].sum()  # at pixel 14
    assert knot @ places == pytest.approx(14)
    assert np.sqrt(knot @ (places - 14) ** 2) == pytest.approx(7 / np.sqrt(3), rel=0.02)
    # Over the places between two knots, as the module says.
    assert (weights[7:14] ** 2).sum(axis=1).mean() == pytest.approx(151 / 315, rel=0.01)


def test_elastic_displacements_are_smooth_and_of_the_size_asked_for():
    control = drawn(2000, elastic=1.5)[:, 8:].reshape(-1, 2, 7, 7)
    bends = augment.spline() @ control @ augment.spline().T
    assert bends.std() == pytest.approx(1.5, rel=0.03)
    assert abs(bends.mean()) < 0.05
    assert abs(np.corrcoef(bends[:, 0].ravel(), bends[:, 1].ravel())[0, 1]) < 0.02
    assert np.diff(bends, axis=-1).std() < 0.3 * 1.5  # neighbours go together


@pytest.mark.parametrize("elastic", [0.0, 1.5])
def test_all_engines_move_an_image_alike(elastic):
    backend.configure()
    import tensorflow as tf

    from mnistlib.training.engine_keras import _moved as moved_by_keras
    from mnistlib.training.engine_tensorflow import _moved

    x = data.load("digits").x_train[:40, :, :, None].astype("float32")
    maps = drawn(40, rotation=20.0, shift=0.2, zoom=0.1, shear=15.0, elastic=elastic)
    expected = augment.moved(x[..., 0], maps)
    assert np.abs(expected - x[..., 0]).mean() > 5  # of 255
    for ours in (
        _moved(tf.constant(x), tf.constant(maps)).numpy(),
        moved_by_keras(x, maps),
    ):
        assert ours.shape == x.shape
        np.testing.assert_allclose(ours[..., 0], expected, atol=0.05)


@pytest.mark.filterwarnings("ignore:Please import")  # Keras names an old module of SciPy
def test_an_image_is_moved_as_image_data_generator_moves_it():
    """The same angle, shift and zoom, given to the function behind the generator.

    It counts in (x, y) where we count in (row, column): the turn has the other sign.
    """
    backend.configure()
    import tensorflow as tf

    from mnistlib.training.engine_keras import _moved as moved_by_keras
    from mnistlib.training.engine_tensorflow import _moved

    x = data.load("digits").x_train[:40, :, :, None].astype("float32")
    sizes = {"rotation": 10.0, "shift": 0.1, "zoom": 0.1}
    maps = augment.draw(40, np.random.default_rng(7), **sizes)
    draws = np.random.default_rng(7)  # the draws again, in their order
    angle = draws.uniform(-10, 10, 40)
    shifts = draws.uniform(-0.1, 0.1, (2, 40)) * 28
    zooms = draws.uniform(0.9, 1.1, (2, 40))
    expected = np.stack(
        [
            tf.keras.preprocessing.image.apply_affine_transform(
                image,
                theta=-a,
                tx=tx,
                ty=ty,
                zx=zx,
                zy=zy,
                row_axis=0,
                col_axis=1,
                channel_axis=2,
                fill_mode="nearest",
                order=1,
            )
            for image, a, ty, tx, zy, zx in zip(x, angle, *shifts, *zooms, strict=True)
        ]
    )
    assert np.abs(expected - x).mean() > 5  # of 255: the images did move
    ours = _moved(tf.constant(x), tf.constant(maps)).numpy()
    np.testing.assert_allclose(ours, expected, atol=0.02)
    np.testing.assert_allclose(moved_by_keras(x, maps, chunk=15), expected, atol=0.02)


def test_every_epoch_draws_anew_from_the_seed():
    spec = make(
        NetworkSpec,
        dataset="digits",
        model="ann",
        learning_rate=0.1,
        epochs=2,
        seed=1,
        shift=0.1,
    )
    first, second, again = (train.draw_epoch(spec, epoch, 50) for epoch in (1, 2, 1))
    for a, b, same in zip(first, second, again, strict=True):
        assert not np.array_equal(a, b)
        np.testing.assert_array_equal(a, same)
    assert train.draw_epoch(spec.model_copy(update={"shift": 0.0}), 1, 50)[1] is None
    other = spec.model_copy(update={"seed": 7, "order_seed": 1, "weights_seed": 9})
    for a, same in zip(first, train.draw_epoch(other, 1, 50), strict=True):
        np.testing.assert_array_equal(a, same)


def test_warmup_cosine_is_the_papers():
    """`sayee2025`: 1e-5 to 1e-3 over 5 epochs, half a cosine over the next 25."""
    table = schedules.rates("warmup_cosine", 1e-3, epochs=30, steps=2)
    assert table.shape == (30, 2)
    np.testing.assert_array_equal(table[:, 0], table[:, 1])
    rise = [1e-5, 2.08e-4, 4.06e-4, 6.04e-4, 8.02e-4, 1e-3]
    np.testing.assert_allclose(table[:6, 0], rise)
    half = 1e-5 + 9.9e-4 * (1 + np.cos(np.pi * 12 / 25)) / 2
    assert table[17, 0] == pytest.approx(half)
    assert table[29, 0] == pytest.approx(1.39e-5, rel=0.01)
    assert schedules.rates("warmup_cosine", 1e-3, epochs=1, steps=1)[0, 0] == 1e-3


def test_warmup_cosine_inclusive_is_the_papers_other_reading():
    """Both parts of `sayee2025`'s schedule with both of their ends, 1e-5 and 1e-3."""
    table = schedules.rates("warmup_cosine_inclusive", 1e-3, epochs=30, steps=2)
    assert table.shape == (30, 2)
    np.testing.assert_array_equal(table[:, 0], table[:, 1])
    rise = [1e-5, 2.575e-4, 5.05e-4, 7.525e-4, 1e-3, 1e-3]
    np.testing.assert_allclose(table[:6, 0], rise)
    assert table[17, 0] == pytest.approx(5.05e-4)  # half way down: t = 12 of 24
    assert table[29, 0] == 1e-5
    assert (np.diff(table[5:, 0]) < 0).all()
    other = schedules.rates("warmup_cosine", 1e-3, epochs=30, steps=2)
    assert other[0, 0] == table[0, 0] == 1e-5  # either reading starts an epoch at 1e-5


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [
        (1, [1]),
        (2, [1, 0.01]),
        (3, [1, 0.505, 0.01]),
        (4, [0.01, 1, 0.505, 0.01]),
        (9, [0.01, 1, *(0.505 + 0.495 * np.cos(np.pi * np.arange(7) / 6))]),
    ],
)
def test_a_few_epochs_of_warmup_cosine_inclusive(epochs, expected):
    table = schedules.rates("warmup_cosine_inclusive", 1.0, epochs, steps=1)
    np.testing.assert_allclose(table[:, 0], expected)


def test_triangle_rises_for_a_quarter_and_falls_to_nothing():
    flat = schedules.rates("triangle", 2.0, epochs=2, steps=50).reshape(-1)
    assert flat.argmax() in (24, 25)
    assert 1.9 < flat.max() <= 2.0
    assert (np.diff(flat[:25]) > 0).all()
    assert (np.diff(flat[25:]) < 0).all()
    assert 0 < flat[-1] < 0.03


def test_constant_is_exactly_the_rate():
    assert (schedules.rates("constant", 0.01, 3, 4) == 0.01).all()


def test_an_unknown_schedule_is_refused():
    names = "constant, warmup_cosine, warmup_cosine_inclusive, triangle"
    with pytest.raises(ValueError, match=rf"one of {names}\. .*'cosine'"):
        schedules.rates("cosine", 0.1, 1, 1)
