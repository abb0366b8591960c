"""What the service does with a picture's bytes: find its digits."""

from io import BytesIO

import numpy as np

from mnistlib.ground.errors import PhotoError
from mnistlib.photos.files import decode
from mnistlib.photos.find import Digit, find
from mnistlib.photos.geometry import SIDE

MOST_PIXELS = 16 * 10**6
# Bytes that reading such a picture may take; a test measures it.
MOST_MEMORY = 20 * MOST_PIXELS
_SIGNATURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
TYPES = tuple(_SIGNATURES)
# How a PNG of MNIST's own size begins; and the most bytes that it may need.
_QUICK = _SIGNATURES["image/png"] + b"\0\0\0\rIHDR" + 2 * SIDE.to_bytes(4)
_QUICK_BYTES = 16384


def is_quick(content: bytes) -> bool:
    """Tell whether a picture is a small PNG of MNIST's size: nothing in it takes long."""
    return content.startswith(_QUICK) and len(content) <= _QUICK_BYTES


def prepare() -> None:
    """Read a picture, once: the first one takes longer than all that follow."""
    from PIL import Image

    paper, content = np.zeros((80, 60), np.uint8), BytesIO()
    paper[25:55, 20:40] = 255
    Image.fromarray(paper).save(content, "PNG")
    look(content.getvalue(), "image/png")


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
    # Its head may say another size further on.
    most_pixels = SIDE * SIDE if is_quick(content) else MOST_PIXELS
    photo = decode(content, most_pixels=most_pixels)
    return [_of_mnist(photo)] if photo.shape[:2] == (SIDE, SIDE) else find(photo)


def _of_mnist(photo: np.ndarray) -> Digit:
    """Return a picture of MNIST's own size as it is, or inverted where its rim is light."""
    grey = photo.mean(axis=2, dtype=np.float32) / 255
    rim = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
    return Digit((0, 0, SIDE, SIDE), 1 - grey if np.median(rim) > 0.5 else grey)
