"""Read and write IDX, the file format of MNIST: bytes in, array out, nothing else.

An IDX file of unsigned bytes is ``00 00 08 d``, then d lengths as big-endian 32-bit
integers, then the values in C order. https://yann.lecun.org/exdb/mnist/index.html
"""

import gzip
import math
import struct
import zlib
from io import BytesIO

import numpy as np

from mnistlib.ground.errors import DataError

_GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTE = 0x08
_MAX_DIMENSIONS = 8


def encode(array: np.ndarray) -> bytes:
    """Return an array as the content of an IDX file.

    Args:
        array: uint8, 1 to 8 dimensions.

    Raises:
        DataError: for another type or number of dimensions.
    """
    array = np.asarray(array)
    if array.dtype != np.uint8 or not 1 <= array.ndim <= _MAX_DIMENSIONS:
        raise DataError(
            "Required: an array of uint8 with 1 to 8 dimensions. "
            f"Received: array of {array.dtype} with {array.ndim} dimensions."
        )
    header = struct.pack(
        f">BBBB{array.ndim}I", 0, 0, _UNSIGNED_BYTE, array.ndim, *array.shape
    )
    return header + array.tobytes()


def decompress(content: bytes, origin: str, most: int) -> bytes:
    """Return the content of a file without its gzip wrapping, if it has one.

    Args:
        content: a plain or gzipped file's bytes.
        origin: where the bytes came from, for the message.
        most: bytes that may come out; not many more are unpacked before it is refused.

    Raises:
        DataError: if the gzip stream is cut off or damaged, or holds more than `most`.
    """
    if content.startswith(_GZIP_MAGIC):
        try:
            content = gzip.GzipFile(fileobj=BytesIO(content)).read(most + 1)
        except (EOFError, OSError, zlib.error) as error:
            cut_off = isinstance(error, EOFError)
            raise DataError(
                f"Required: a whole gzip file. Received: {origin} is "
                f"{'cut off (truncated)' if cut_off else 'damaged (corrupt)'}. "
                "Replace or delete it, then try again."
            ) from error
    if len(content) > most:
        raise DataError(
            f"Required: at most {most:,} bytes. Received: {origin} is too long. "
            "Replace or delete it, then try again."
        )
    return content


def _beginning(content: bytes) -> str:
    return f"begins with {content[:4].hex(' ')}" if content else "is empty"


def decode(content: bytes, origin: str) -> np.ndarray:
    """Return the array in an IDX file's content: uint8, read-only, not copied.

    Args:
        content: the whole file, decompressed.
        origin: where the bytes came from, for the message.

    Raises:
        DataError: if the magic number is wrong, or the length is not what it announces.
    """
    n_dimensions = content[3] if len(content) > 3 else 0
    start = 4 + 4 * n_dimensions
    if (
        content[:3] != bytes((0, 0, _UNSIGNED_BYTE))
        or not 1 <= n_dimensions <= _MAX_DIMENSIONS
    ):
        raise DataError(
            "Required: an IDX file of unsigned bytes (it begins with 00 00 08). "
            f"Received: {origin} {_beginning(content)}. "
            "Replace or delete it, then try again."
        )
    shape = (
        struct.unpack(f">{n_dimensions}I", content[4:start])
        if len(content) >= start
        else ()
    )
    size = start + math.prod(shape)
    if not shape or len(content) != size:
        state = "cut off (truncated)" if len(content) < size or not shape else "too long"
        raise DataError(
            f"Required: {size:,} bytes, as the file's own header says. "
            f"Received: {origin} is {state}, with {len(content):,} bytes. "
            "Replace or delete it, then try again."
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
