"""Random moves of training images, as maps of coordinates: affine ones, and elastic ones.

The maps are drawn here, in numpy, from a seed; the training engine applies them. Rotation,
shift and zoom are those of Keras's ``ImageDataGenerator`` (a test compares the images):
rotate by an angle about the centre, shift, and stretch rows and columns apart, each drawn
for each image each time it is used. A shear slants a digit, as handwriting is slanted.

An elastic map adds a smooth random displacement to each pixel's place: a cubic B-spline
over `KNOTS` x `KNOTS` random control values, 7 pixels apart. That spline is nearly the
Gaussian of Simard et al. (2003), with the same standard deviation: 7 / sqrt(3) = 4.04
pixels, where they have 4.
"""

from functools import cache

import numpy as np

AFFINE = 8  # numbers of an affine map
SPACING = 7  # pixels between the knots of an elastic map
SIDE = 28  # of the images that can be moved elastically
KNOTS = SIDE // SPACING + 3
# Standard deviation of the spline where its control values have 1: the sum of the squared
# weights, averaged over places, is 151 / 315 along each of the two axes.
SMOOTHED = 151 / 315


def draw(
    n: int,
    rng: np.random.Generator,
    rotation: float,
    shift: float,
    zoom: float,
    side: int = 28,
    shear: float = 0.0,
    elastic: float = 0.0,
) -> np.ndarray:
    """Return n maps from the place of an output pixel to its place in the input.

    With the centre c, out = (row, column): in = c + R (K diag(z) (out - c) + t), and the
    elastic displacement on top.

    Args:
        n: number of images.
        rng: source of the draws.
        rotation: the angle of R is uniform in ±rotation, degrees.
        shift: each part of t is uniform in ±shift, a share of the side.
        zoom: each of the two z is uniform in 1 ± zoom.
        side: of the images, in pixels.
        shear: K moves columns by tan(s) a row, s uniform in ±shear, degrees.
        elastic: standard deviation of each part of the displacement, in pixels, away from
            the first and last knots; it asks for ``side=SIDE``.

    Returns:
        float32 (n, 8): a0, a1, a2, b0, b1, b2, 0, 0 with column_in = a0 column + a1 row
        + a2 and row_in = b0 column + b1 row + b2, as TensorFlow's projective transform and
        ``keras.ops.image.affine_transform`` take them. With ``elastic``, float32
        (n, 8 + 2 KNOTS²): then come the control values of columns and of rows.
    """
    angle = np.deg2rad(rng.uniform(-rotation, rotation, n))
    t_row, t_column = rng.uniform(-shift, shift, (2, n)) * side
    z_row, z_column = rng.uniform(1 - zoom, 1 + zoom, (2, n))
    cos, sin, centre = np.cos(angle), np.sin(angle), (side - 1) / 2
    # Drawn last, and only where asked for: what was drawn before there were shears stays.
    slant = np.tan(np.deg2rad(rng.uniform(-shear, shear, n))) if shear else np.zeros(n)
    row_row, row_column = (cos - sin * slant) * z_row, -sin * z_column
    column_row, column_column = (sin + cos * slant) * z_row, cos * z_column
    row = centre + cos * t_row - sin * t_column - (row_row + row_column) * centre
    column = centre + sin * t_row + cos * t_column - (column_row + column_column) * centre
    zero = np.zeros(n)
    maps = [column_column, column_row, column, row_column, row_row, row, zero, zero]
    affine = np.stack(maps, axis=1).astype(np.float32)
    if not elastic:
        return affine
    control = rng.normal(0, elastic / SMOOTHED, (n, 2 * KNOTS**2)).astype(np.float32)
    return np.concatenate([affine, control], axis=1)


@cache
def spline() -> np.ndarray:
    """Return the weight of each control value at each pixel, float32 (SIDE, KNOTS).

    The uniform cubic B-spline; the weights of a pixel sum to 1.
    """
    place = np.arange(SIDE)[:, None] / SPACING + 1 - np.arange(KNOTS)
    far = np.abs(place)
    near = 2 / 3 - far**2 + far**3 / 2
    weights = np.where(far < 1, near, np.clip(2 - far, 0, None) ** 3 / 6)
    return weights.astype(np.float32)


def moved(images: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Apply maps to images as the engines do: bilinear, the border repeated.

    Args:
        images: (n, side, side).
        maps: what `draw` returned for n images.

    Returns:
        float64 (n, side, side).
    """
    from scipy.ndimage import map_coordinates

    side = images.shape[1]
    row, column = np.mgrid[:side, :side].astype(float)
    bends = np.zeros((len(maps), 2, 1, 1))
    if maps.shape[1] > AFFINE:
        control = maps[:, AFFINE:].reshape(-1, 2, KNOTS, KNOTS).astype(float)
        bends = spline() @ control @ spline().T
    return np.stack(
        [
            map_coordinates(
                image.astype(float),
                [b0 * column + b1 * row + b2 + down, a0 * column + a1 * row + a2 + right],
                order=1,
                mode="nearest",
            )
            for image, (a0, a1, a2, b0, b1, b2), (right, down) in zip(
                images, maps[:, :6].astype(float), bends, strict=True
            )
        ]
    )


def versions(images: np.ndarray, sizes: dict, draws: int = 9) -> np.ndarray:
    """Return each image followed by random versions of it, (n * (1 + draws), side, side).

    Args:
        images: (n, side, side).
        sizes: what `draw` is asked for: rotation, shift and zoom, maybe shear and elastic.
        draws: versions an image.
    """
    rng = np.random.default_rng(0)
    rows = []
    for image in images:
        maps = draw(draws, rng, **sizes)
        rows += [image[None].astype(float), moved(np.repeat(image[None], draws, 0), maps)]
    return np.concatenate(rows)
