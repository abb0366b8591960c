"""MNIST's own geometry: a box of 20 pixels, and the centre of mass at pixel 14.

Everything that shows a network a digit of its own goes through here: photographs, the
command line, the service; the report's drawing page does the same arithmetic in JavaScript.
"""

import math

import numpy as np

from mnistlib.ground.errors import PhotoError

SIDE = 28
BOX = 20  # the longer side of a digit
CENTRE = 14  # index of the pixel on which the centre of mass comes to lie


def to_mnist(ink: np.ndarray, threshold: float = 0.0, by_mass: bool = True) -> np.ndarray:
    """Return ink as an image of MNIST: cropped, brought to the box, and centred.

    The digit's bounding box is scaled so that its longer side is 20, by a triangle filter
    that is as wide as the scale (Pillow's ``BILINEAR``), and moved by whole pixels until
    its centre of mass is as near to index 14 as it can be without leaving the image. An
    image of MNIST whose box is 20 comes back as it was.

    Args:
        ink: one digit, float (h, w), 0 (paper) to 1 (ink).
        threshold: ink up to this is paper; default 0.
        by_mass: False centres the box in place of the mass, to see what that costs.

    Returns:
        float32 (28, 28), 0 to 1.

    Raises:
        PhotoError: there is no ink, or it is no picture.

    Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits".
    """
    ink = np.asarray(ink, dtype=np.float32)
    if ink.ndim != 2 or not np.isfinite(ink).all():
        raise PhotoError(
            "ink must be finite numbers of shape (height, width). "
            f"Received: ink of shape {ink.shape} ({ink.dtype})"
        )
    ink = np.where(ink > threshold, np.clip(ink, 0, 1), np.float32(0))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        raise PhotoError(
            "a digit must have ink. Received: none above the threshold "
            f"{threshold:g} in a picture of {ink.shape[1]} x {ink.shape[0]} pixels"
        )
    digit = _to_box(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    image = np.zeros((SIDE, SIDE), dtype=np.float32)
    top, left = (_start(digit.sum(axis=1 - axis), by_mass) for axis in (0, 1))
    image[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return image


def _rounded(x: float) -> int:
    # Python rounds halves to even; JavaScript, and this, up.
    return math.floor(x + 0.5)


def _to_box(digit: np.ndarray) -> np.ndarray:
    from PIL import Image

    scale = BOX / max(digit.shape)
    height, width = (max(1, _rounded(scale * n)) for n in digit.shape)
    if (height, width) == digit.shape:
        return digit
    small = Image.fromarray(digit).resize((width, height), Image.Resampling.BILINEAR)
    return np.clip(np.asarray(small), 0, 1)


def _start(mass: np.ndarray, by_mass: bool) -> int:
    """Return where the box begins along an axis, given the mass of its rows or columns."""
    n = len(mass)
    mass = mass.astype(np.float64)
    middle = (mass * np.arange(n)).sum() / mass.sum() if by_mass else n / 2
    return min(max(_rounded(CENTRE - middle), 0), SIDE - n)
