"""MNIST's four files: what they are called, what must be in them, and reading them."""

import errno
import hashlib
import math
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnistlib.data import idx
from mnistlib.ground.errors import DataError


@dataclass(frozen=True)
class IdxFile:
    """One file of MNIST: its name, its place in a data set, and what it must hold."""

    name: str
    part: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def size(self) -> int:
        """Bytes of the decompressed file."""
        return 4 + 4 * len(self.shape) + math.prod(self.shape)

    @property
    def most_bytes(self) -> int:
        """More bytes than any good copy of the file has, gzipped or not."""
        return self.size + self.size // 100 + 4096


class Unreadable(DataError):
    """A file or folder is there, or may be, and the system does not let us look."""

    def __init__(self, path: Path, error: OSError):
        super().__init__(
            "Required: folders and files of MNIST that may be read. "
            f"Received: {path} ({error.strerror or error}). Correct its permissions or its "
            "name, or name another folder in MNISTLIB_DATA, then try again."
        )


# SHA-256 of the DECOMPRESSED files: mirrors compress the same bytes differently.
FILES = (
    IdxFile(
        "train-images-idx3-ubyte",
        "x_train",
        (60_000, 28, 28),
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    IdxFile(
        "train-labels-idx1-ubyte",
        "y_train",
        (60_000,),
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    IdxFile(
        "t10k-images-idx3-ubyte",
        "x_test",
        (10_000, 28, 28),
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    IdxFile(
        "t10k-labels-idx1-ubyte",
        "y_test",
        (10_000,),
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
)


def is_folder(path: Path) -> bool:
    """Return whether a folder is there.

    Raises:
        Unreadable: if something else is there, or the system does not say.
    """
    try:
        if stat.S_ISDIR(os.stat(path).st_mode):
            return True
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise Unreadable(path, error) from error


def find(folder: Path, file: IdxFile) -> Path | None:
    """Return the file's path in a folder, plain before gzipped, or None.

    Raises:
        Unreadable: if the system does not say whether it is there.
    """
    for path in (folder / file.name, folder / f"{file.name}.gz"):
        try:
            if stat.S_ISREG(os.stat(path).st_mode):
                return path
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise Unreadable(path, error) from error
    return None


def is_complete(folder: Path) -> bool:
    """Return whether a folder has all four files by name; nothing is read."""
    return all(find(folder, file) for file in FILES)


def check(content: bytes, file: IdxFile, origin: str) -> np.ndarray:
    """Return the array in a file's decompressed content, once all of it has been checked.

    Args:
        content: decompressed bytes.
        file: what they must be.
        origin: where they came from, for the message.

    Raises:
        DataError: if the format, the shape or the SHA-256 is not the one of MNIST's file.
    """
    array = idx.decode(content, origin)
    if array.shape != file.shape:
        raise DataError(
            f"Required: an array of shape {file.shape}. Received: {origin} holds shape "
            f"{array.shape}. Replace or delete it, then try again."
        )
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != file.sha256:
        raise DataError(
            f"Required: MNIST's {file.name}, SHA-256 {file.sha256} after decompression. "
            f"Received: {origin} has {sha256}. Replace or delete it, then try again."
        )
    return array


def read(path: Path, file: IdxFile) -> np.ndarray:
    """Return one file's array, uint8 and read-only, from a plain or gzipped file.

    Raises:
        Unreadable: if the file may not be read.
        DataError: if it is not MNIST's, byte for byte.
    """
    try:
        with open(path, "rb") as stream:
            content = stream.read(file.most_bytes + 1)
    except OSError as error:
        raise Unreadable(path, error) from error
    return check(idx.decompress(content, str(path), file.size), file, str(path))


def read_folder(folder: Path) -> dict[str, np.ndarray] | None:
    """Return MNIST's four arrays from a folder, or None if it holds none of the files.

    Returns:
        x_train, y_train, x_test, y_test: uint8, read-only.

    Raises:
        Unreadable: if the folder or a file may not be read.
        DataError: if only some of the four files are there, or one of them is broken.
    """
    paths = {file: find(folder, file) for file in FILES}
    missing = [file.name for file, path in paths.items() if path is None]
    if len(missing) == len(FILES):
        return None
    if missing:
        raise DataError(
            "Required: all four MNIST files (.gz or not) in one folder. "
            f"Received: {folder} lacks {', '.join(missing)}. Add them, then try again."
        )
    return {file.part: read(path, file) for file, path in paths.items() if path}
