"""Open a picture that a stranger gave: limits first, then one clear line or the pixels."""

import io
import warnings
from pathlib import Path

import numpy as np

from mnistlib.ground.errors import PhotoError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
MOST_BYTES = 32 * 2**20
MOST_PIXELS = 50 * 10**6
LEAST_SIDE = 8
_HELP = f"Give one still picture: {', '.join(FORMATS)}"


def read_file(path: Path) -> np.ndarray:
    """Return a picture file's pixels, as `decode` does.

    Raises:
        PhotoError: there is no such file, it may not be read, or as `decode`.
    """
    path = Path(path)
    try:
        if not path.is_file():  # a pipe or a device may never end
            raise PhotoError(f"a picture must be a file. Received: {path} (none). {_HELP}")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise PhotoError(
            f"a picture must be a file that may be read. Received: {path} ({why})"
        ) from None
    return decode(content, str(path))


def decode(
    content: bytes, name: str = "picture", most_pixels: int = MOST_PIXELS
) -> np.ndarray:
    """Return the pixels of a picture's bytes, turned as its camera says.

    What is transparent becomes white. Sizes are checked before anything is unpacked.

    Args:
        content: of the file.
        name: for messages.
        most_pixels: of the picture.

    Returns:
        uint8 (h, w, 3): red, green, blue.

    Raises:
        PhotoError: it is no picture of a known format, animated, truncated, too large or
            too small.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if len(content) > MOST_BYTES:
        raise _refused(f"at most {MOST_BYTES >> 20} MB", name, "more", "Make it smaller")
    try:
        with warnings.catch_warnings():
            # Pillow warns of what is checked below, and of what it then raises.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
                _check(picture, name, most_pixels)
                picture.load()
                ImageOps.exif_transpose(picture, in_place=True)
                return np.asarray(_on_white(picture))
    except PhotoError:
        raise
    except UnidentifiedImageError:
        raise _refused("a picture", name, "no known format", _HELP) from None
    except Image.DecompressionBombError:
        raise _too_large(name, "far more", most_pixels) from None
    # Of what is broken, the decoders raise anything.
    except Exception as error:
        why = str(error).splitlines()[0][:80] if str(error) else type(error).__name__
        raise _refused("a whole picture", name, why, "Save it again") from None


def _refused(required: str, name: str, received: str, help_: str) -> PhotoError:
    return PhotoError(f"a photo must be {required}. Received: {name} ({received}). {help_}")


def _too_large(name: str, size: str, most: int) -> PhotoError:
    required = f"of at most {most / 10**6:g} million pixels"
    return _refused(required, name, size, "Make it smaller")


def _check(picture, name: str, most_pixels: int) -> None:
    width, height = picture.size
    if width * height > most_pixels:
        raise _too_large(name, f"{width} x {height}", most_pixels)
    if min(width, height) < LEAST_SIDE:
        required = f"at least {LEAST_SIDE} pixels wide and high"
        raise _refused(required, name, f"{width} x {height}", "Take a larger one")
    # A camera's JPEG may bring a small preview as a second picture (MPO): the first counts.
    if picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1:
        raise _refused("one still picture", name, f"{picture.n_frames} frames", _HELP)


def _on_white(picture):
    """Return a picture as RGB; 16-bit grey keeps its upper eight bits."""
    from PIL import Image

    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.array(picture, dtype=np.float32)
        top = 65535 if picture.mode.startswith("I") else max(1.0, float(values.max()))
        values *= 255  # in place: a large picture takes much memory
        values /= top
        grey = np.clip(values, 0, 255, out=values).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if "A" in picture.getbands() or "transparency" in picture.info:
        layered = picture.convert("RGBA")
        white = Image.new("RGB", layered.size, "white")
        white.paste(layered, mask=layered)
        return white
    return picture if picture.mode == "RGB" else picture.convert("RGB")
