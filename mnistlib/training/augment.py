"""Random rotations, shifts and zooms of training images, as affine maps of coordinates.

The maps are drawn here, in numpy, from a seed; the training engine applies them. They are
those of Keras's ``ImageDataGenerator`` (a test compares the images): rotate by an angle
about the centre, shift, and stretch rows and columns apart, each drawn for each image each
time it is used.
"""

import numpy as np


def draw(
    n: int,
    rng: np.random.Generator,
    rotation: float,
    shift: float,
    zoom: float,
    side: int = 28,
) -> np.ndarray:
    """Return n maps from the place of an output pixel to its place in the input.

    With the centre c, out = (row, column): in = c + R (diag(z) (out - c) + t).

    Args:
        n: number of images.
        rng: source of the draws.
        rotation: the angle of R is uniform in ±rotation, degrees.
        shift: each part of t is uniform in ±shift, a share of the side.
        zoom: each of the two z is uniform in 1 ± zoom.
        side: of the images, in pixels.

    Returns:
        float32 (n, 8): a0, a1, a2, b0, b1, b2, 0, 0 with column_in = a0 column + a1 row
        + a2 and row_in = b0 column + b1 row + b2, as TensorFlow's projective transform and
        ``keras.ops.image.affine_transform`` take them.
    """
    angle = np.deg2rad(rng.uniform(-rotation, rotation, n))
    t_row, t_column = rng.uniform(-shift, shift, (2, n)) * side
    z_row, z_column = rng.uniform(1 - zoom, 1 + zoom, (2, n))
    cos, sin, centre = np.cos(angle), np.sin(angle), (side - 1) / 2
    row_row, row_column = cos * z_row, -sin * z_column
    column_row, column_column = sin * z_row, cos * z_column
    row = centre + cos * t_row - sin * t_column - (row_row + row_column) * centre
    column = centre + sin * t_row + cos * t_column - (column_row + column_column) * centre
    zero = np.zeros(n)
    maps = [column_column, column_row, column, row_column, row_row, row, zero, zero]
    return np.stack(maps, axis=1).astype(np.float32)
