"""What the service does with a picture's bytes: find its digits."""

import numpy as np

from mnistlib.ground.errors import PhotoError
from mnistlib.photos.files import decode
from mnistlib.photos.find import Digit, find
from mnistlib.photos.geometry import SIDE

_SIGNATURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
TYPES = tuple(_SIGNATURES)


def look(content: bytes, kind: str) -> list[Digit]:
    """Return the digits of a picture, in reading order.

    Args:
        content: of the file.
        kind: its content type, one of `TYPES`.

    Raises:
        PhotoError: it is no such picture, or none with a digit.
    """
    if not content.startswith(_SIGNATURES[kind]):
        raise PhotoError(f"the body must be {kind}. Received: {len(content)} other bytes")
    photo = decode(content)
    return [_of_mnist(photo)] if photo.shape[:2] == (SIDE, SIDE) else find(photo)


def _of_mnist(photo: np.ndarray) -> Digit:
    """Return a picture of MNIST's own size as it is, or inverted where its rim is light."""
    grey = photo.mean(axis=2, dtype=np.float32) / 255
    rim = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    return Digit((0, 0, SIDE, SIDE), 1 - grey if np.median(rim) > 0.5 else grey)
