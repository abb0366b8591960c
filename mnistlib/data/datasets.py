"""Get a data set: real MNIST, or the embedded digits where MNIST cannot be had.

MNIST is looked for in the folder that the caller names, in ``$MNISTLIB_DATA``, and in the
user's cache folder; else it is downloaded into the cache. Every file is checked by its
SHA-256 each time it is read.
"""

import hashlib
import logging
import os
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mnistlib.data import digits, download, idx, mnist
from mnistlib.ground import paths
from mnistlib.ground.errors import DataError

NAMES = ("auto", "mnist", "digits")
PARTS = ("x_train", "y_train", "x_test", "y_test")

_log = logging.getLogger("mnistlib")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images of handwritten digits with their labels, in two parts.

    Images are uint8 (n, 28, 28), 0 (paper) to 255 (ink); labels are uint8 (n,), 0 to 9. The
    arrays are read-only: every caller in a process shares them.

    Attributes:
        name: "mnist" or "digits".
        sha256: over the SHA-256 (in hexadecimal) of the four parts, each written as an IDX
            file, in the order x_train, y_train, x_test, y_test.
        source: where it came from, in words that are the same on every machine.
        is_fallback: whether "auto" was asked for and MNIST could not be had.
        folder: where its files are, if it was read from files.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    sha256: str
    source: str
    is_fallback: bool = False
    folder: Path | None = None

    @property
    def n_classes(self) -> int:
        """Number of digits, 10."""
        return 10


def load(name: str = "auto", folder: str | os.PathLike | None = None) -> Dataset:
    """Return a data set; within a process, the same object for the same question.

    Args:
        name: "mnist"; "digits", the embedded data set; or "auto" (default), which is MNIST,
            or the digits, with a warning, where MNIST can be neither found nor downloaded.
        folder: a folder that holds MNIST's four files; default: look in ``$MNISTLIB_DATA``
            and the user's cache folder, then download, unless ``MNISTLIB_OFFLINE=1``.

    Raises:
        DataError: for an unknown name; for files that are missing from a folder that was
            named, or broken, or may not be read ("auto" too: it does not hide them); for
            "mnist", also when it cannot be downloaded.
    """
    if name not in NAMES:
        raise DataError(
            f"Required: a data set among {', '.join(NAMES)}. "
            f"Received: name={name!r} ({type(name).__name__}). Choose one of them."
        )
    if name == "digits":
        return _load_digits()
    explicit = str(paths.absolute(folder)) if folder else None
    return _load_mnist_or_fallback(
        name,
        explicit,
        tuple(paths.data_dirs(explicit)),
        download.is_offline(),
    )


def resolve(name: str, folder: str | os.PathLike | None = None) -> str:
    """Return what ``load`` returns for this question: "mnist" or "digits".

    It downloads MNIST if it must, and raises what ``load`` raises.
    """
    return load(name, folder).name


def clear_cache() -> None:
    """Forget what was loaded, so that the next ``load`` looks again."""
    _load_mnist_or_fallback.cache_clear()
    _load_digits.cache_clear()


def describe(dataset: Dataset) -> dict[str, Any]:
    """Return the facts of a data set, for tables and records."""
    titles = {"mnist": "MNIST", "digits": "the embedded digits"}
    return {
        "name": dataset.name,
        "title": titles[dataset.name],
        "source": dataset.source,
        "sha256": dataset.sha256,
        "is_fallback": dataset.is_fallback,
        "n_train": len(dataset.y_train),
        "n_test": len(dataset.y_test),
        "image_shape": dataset.x_train.shape[1:],
        "n_classes": dataset.n_classes,
    }


def verify(folder: str | os.PathLike | None = None) -> list[dict[str, str]]:
    """Check every MNIST file in every folder that ``load`` would look in.

    Returns:
        A row per folder and file, best folder first: folder, file (name as found), state
        ("good", "missing" or "broken") and problem (text; empty unless broken).
    """
    rows = []
    for place in paths.data_dirs(folder):
        for file in mnist.FILES:
            path, problem = None, ""
            try:
                path = mnist.find(place, file)
                state = "missing" if path is None else "good"
                if path:
                    mnist.read(path, file)
            except DataError as error:
                state, problem = "broken", str(error)
            rows.append(
                {
                    "folder": str(place),
                    "file": path.name if path else file.name,
                    "state": state,
                    "problem": problem,
                }
            )
    return rows


# The last two arguments are there for the cache alone: another environment, another answer.
@lru_cache(maxsize=8)
def _load_mnist_or_fallback(
    name: str, explicit: str | None, folders: tuple[Path, ...], is_offline: bool
) -> Dataset:
    *named, cache = folders
    for place in named:
        dataset = _read_named(place, is_explicit=str(place) == explicit)
        if dataset:
            return dataset
    try:
        return _read_cache_or_fetch(cache)
    except download.FetchError as error:
        if name == "mnist":
            raise
        _log.warning(
            "WARNING: this is NOT MNIST. MNIST was not found and could not be downloaded "
            "(%s). The embedded digits, 1,797 small images from scikit-learn, take its "
            "place: results on them say nothing about MNIST.",
            error.reason,
        )
        return replace(_load_digits(), is_fallback=True)


def _read_named(folder: Path, is_explicit: bool) -> Dataset | None:
    """Read a folder that a person named: what is wrong with it is not passed over."""
    origin = "the folder given" if is_explicit else "MNISTLIB_DATA"
    if not mnist.is_folder(folder):
        raise DataError(
            f"Required: {origin} is a folder. Received: {folder}, which is none. "
            "Correct the name, or leave it out."
        )
    arrays = mnist.read_folder(folder)
    if arrays:
        return _dataset("mnist", arrays, f"read from {origin}", folder)
    if is_explicit:
        raise DataError(
            "Required: a folder with MNIST's four files (.gz or not), "
            f"{', '.join(file.name for file in mnist.FILES)}. "
            f"Received: {folder}, which has none of them. Correct the name or leave it out."
        )
    _log.warning("MNISTLIB_DATA names %s, which has no MNIST files: looking on.", folder)
    return None


def _read_cache_or_fetch(cache: Path) -> Dataset:
    source = "read from the user's cache folder"
    arrays = None
    try:
        mnist.is_folder(cache)
    except mnist.Unreadable as error:
        if os.path.lexists(cache):
            raise
        # Another's home, say: nobody can tell whether there is a cache.
        raise download.no_place(cache, error.__cause__) from error
    if mnist.is_complete(cache):
        try:
            arrays = mnist.read_folder(cache)
        except mnist.Unreadable:
            raise
        except DataError as error:
            _log.warning("The cached copy of MNIST cannot be used. %s", error)
    if not arrays:
        hosts = download.fetch(cache)
        if hosts:
            source = f"downloaded from {', '.join(hosts)}"
        arrays = mnist.read_folder(cache)
    if not arrays:
        raise DataError(
            f"Required: MNIST's files stay in {cache} once fetched. "
            "Received: they are gone. Try again."
        )
    return _dataset("mnist", arrays, source, cache)


@lru_cache(maxsize=1)
def _load_digits() -> Dataset:
    return _dataset("digits", digits.load_arrays(), "bundled with scikit-learn", None)


def _dataset(
    name: str, arrays: dict[str, np.ndarray], source: str, folder: Path | None
) -> Dataset:
    if name == "mnist":
        # They were checked a moment ago: no need to hash 55 MB twice.
        hashes = [file.sha256 for file in mnist.FILES]
    else:
        hashes = [sha256_of(arrays[part]) for part in PARTS]
    sha256 = hash_together(hashes)
    return Dataset(name=name, **arrays, sha256=sha256, source=source, folder=folder)


def sha256_of(array: np.ndarray) -> str:
    """Return the SHA-256 of an array as one of MNIST's files would hold it."""
    return hashlib.sha256(idx.encode(array)).hexdigest()


def hash_together(hashes: list[str]) -> str:
    """Return a data set's hash from those of its arrays, in the order of `PARTS`."""
    return hashlib.sha256("".join(hashes).encode("ascii")).hexdigest()
