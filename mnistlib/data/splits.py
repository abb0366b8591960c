"""Divide a data set into training, validation and test images, and scale the pixels."""

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mnistlib.ground.errors import DataError

if TYPE_CHECKING:
    from mnistlib.data.datasets import Dataset

SPLIT_METHODS = ("stratified", "last")
SCALINGS = ("unit", "none", "standardised", "l2")
# Of the training images, where a study chooses by validation images.
VAL_FRACTION = 1 / 6
# Fixed, so that all runs of a study see the same test images whatever their seed.
TEST_SUBSET_SEED = 0
# Bytes: what TensorFlow's kernels ask of memory that they are to use where it is.
ALIGNMENT = 64
_PIECE = 1000


@dataclass(frozen=True, eq=False)
class Split:
    """Three disjoint sets of images, and where in the data set each image came from.

    Images are uint8 (n, 28, 28), labels uint8 (n,), indices int64 (n,) in rising order:
    into the data set's training part for training and validation, into its test part for
    the test. ``sha256`` is over the three index arrays.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    train_index: np.ndarray
    val_index: np.ndarray
    test_index: np.ndarray
    sha256: str


def split(
    dataset: "Dataset",
    *,
    method: str = "stratified",
    val_fraction: float = VAL_FRACTION,
    n_train: int | None = None,
    n_test: int | None = None,
    seed: int = 0,
) -> Split:
    """Divide a data set into training, validation and test images.

    "stratified": ``round(n_train × val_fraction)`` images, drawn by ``seed`` with each
    class in its share, are for validation. "last": the first
    ``floor(n_train × (1 − val_fraction))`` rows are for training and the rest for
    validation, with no shuffling, as the ``validation_split`` of Keras's ``fit`` takes it.

    Args:
        dataset: the data.
        method: "stratified" (default) or "last".
        val_fraction: 0 to below 1, default 1/6; with 0 there is no validation set.
        n_train: images of the training part used, before the cut; default all. A stratified
            draw by ``seed`` ("stratified") or the first rows ("last").
        n_test: images of the test part used; default all, 0 for none. A stratified draw
            with a fixed seed, the same for every run of a study, with both methods.
        seed: of the draws, 0 to 2**32 - 1, default 0.

    Raises:
        DataError: if a subset is larger than the data, no training image is left, or an
            argument is out of its range.
    """
    if method not in SPLIT_METHODS:
        raise DataError(
            f"Required: a split method among {', '.join(SPLIT_METHODS)}. "
            f"Received: method={method!r} ({type(method).__name__}). Choose one of them."
        )
    if not isinstance(val_fraction, (int, float)) or not 0 <= val_fraction < 1:
        raise DataError(
            "Required: 0 <= val_fraction < 1. "
            f"Received: val_fraction={val_fraction!r} ({type(val_fraction).__name__}). "
            "Choose the share of the training images that is kept for validation."
        )
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise DataError(
            "Required: a seed from 0 to 2**32 - 1. "
            f"Received: seed={seed!r} ({type(seed).__name__}). Choose another."
        )
    n = _subset_size("n_train", n_train, len(dataset.y_train), dataset.name)
    n_of_test = 0  # runs that are not tested do not open the test images
    if type(n_test) is not int or n_test:
        n_of_test = _subset_size("n_test", n_test, len(dataset.y_test), dataset.name)
    test_index = _draw(dataset.y_test, n_of_test, TEST_SUBSET_SEED)[0]
    n_val = validation_size(n, val_fraction, method)
    if method == "last":
        train_index, val_index = np.arange(n - n_val), np.arange(n - n_val, n)
    else:
        chosen = _draw(dataset.y_train, n, seed)[0]
        val, rest = _draw(dataset.y_train[chosen], n_val, seed)
        train_index, val_index = chosen[rest], chosen[val]
    if not len(train_index):
        raise DataError(
            "Required: at least one training image after the validation cut. "
            f"Received: n_train={n}, val_fraction={val_fraction!r}. Ask for more images."
        )
    return Split(
        x_train=dataset.x_train[train_index],
        y_train=dataset.y_train[train_index],
        x_val=dataset.x_train[val_index],
        y_val=dataset.y_train[val_index],
        x_test=dataset.x_test[test_index],
        y_test=dataset.y_test[test_index],
        train_index=train_index,
        val_index=val_index,
        test_index=test_index,
        sha256=_hash_indices(train_index, val_index, test_index),
    )


def validation_size(n: int, val_fraction: float, method: str) -> int:
    """Return how many of n training images `split` holds out for validation."""
    if method == "last":
        return n - math.floor(n * (1.0 - val_fraction))
    return round(n * val_fraction)


def scale(split: Split, method: str = "unit") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the images as floats, ready for a model: (x_train, x_val, x_test).

    With x the pixel, 0 to 255:

    - "unit" (default): x / 255.
    - "none": x, unscaled.
    - "standardised": (x / 255 − m) / s, with m and s the mean and standard deviation
      (divided by n) of all pixels of this split's training images and no others.
    - "l2": x / ‖x‖₂ with the norm over axis 1 of (n, 28, 28), which runs down the rows:
      each of an image's 28 columns gets unit length, and an empty column stays zero. The
      rule of ``keras.utils.normalize(x, axis=1)``, which also ends between 0 and 1 and is
      therefore one reading of raj2024's scaling (the other is "unit").

    Args:
        split: the images.
        method: one of the four above.

    Returns:
        Three float32 arrays, (n, 28, 28, 1), at addresses that TensorFlow can use as they
        are (multiples of 64).

    Raises:
        DataError: for an unknown method, or for training images of one grey only.
    """
    if method not in SCALINGS:
        raise DataError(
            f"Required: a scaling among {', '.join(SCALINGS)}. "
            f"Received: method={method!r} ({type(method).__name__}). Choose one of them."
        )
    parts = (split.x_train, split.x_val, split.x_test)
    if method == "l2":
        return tuple(_as_floats(x, _unit_columns) for x in parts)
    # A pixel has 256 values: one table look-up scales all of them, without a float64 copy.
    levels = np.arange(256, dtype=np.float64)
    if method == "unit":
        levels /= 255
    elif method == "standardised":
        mean, std = pixel_statistics(split.x_train)
        if std == 0:
            raise DataError(
                "Required: training images that differ in some pixel, to standardise by "
                f"their spread. Received: every pixel is {mean:g}. Choose another scaling."
            )
        levels = (levels / 255 - mean) / std
    table = levels.astype(np.float32)
    return tuple(_as_floats(x, table.__getitem__) for x in parts)


def _as_floats(images: np.ndarray, rule: Callable) -> np.ndarray:
    """Return rule(images), float32 (n, 28, 28, 1), applied to some images at a time.

    All at once, numpy would make 8 bytes of every pixel on the way: 376 MB for MNIST.
    """
    size = images.size * np.dtype(np.float32).itemsize
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    floats = memory[start : start + size].view(np.float32).reshape(*images.shape, 1)
    for rows in _pieces(len(images)):
        floats[rows, ..., 0] = rule(images[rows])
    return floats


def _pieces(n: int) -> Iterator[slice]:
    return (slice(start, start + _PIECE) for start in range(0, n, _PIECE))


def pixel_statistics(images: np.ndarray) -> tuple[float, float]:
    """Return the mean and the standard deviation (divided by n) of pixels over 255.

    Counted per grey level in integers, so that the last bit is the same on every machine.

    Args:
        images: uint8 (n, ...), not empty.
    """
    counts = sum(
        np.bincount(images[rows].ravel(), minlength=256) for rows in _pieces(len(images))
    ).astype(np.int64)
    n, levels = images.size, np.arange(256, dtype=np.int64)
    total, squares = int(counts @ levels), int(counts @ levels**2)
    return total / n / 255, math.sqrt(squares * n - total**2) / n / 255


def _unit_columns(images: np.ndarray) -> np.ndarray:
    squares = np.square(images, dtype=np.uint32).sum(axis=1, keepdims=True, dtype=np.uint32)
    norms = np.sqrt(squares, dtype=np.float32)
    return images.astype(np.float32) / np.where(norms == 0, np.float32(1), norms)


def _subset_size(name: str, wanted: int | None, available: int, dataset_name: str) -> int:
    if wanted is None:
        return available
    if isinstance(wanted, bool) or not isinstance(wanted, (int, np.integer)) or wanted < 1:
        raise DataError(
            f"Required: {name} is a whole number above 0, or None for all images. "
            f"Received: {name}={wanted!r} ({type(wanted).__name__}). Correct it."
        )
    if wanted > available:
        raise DataError(
            f"Required: {name} of at most {available}, all that {dataset_name} has. "
            f"Received: {name}={wanted!r} ({type(wanted).__name__}). Ask for fewer."
        )
    return int(wanted)


def _draw(labels: np.ndarray, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rising indices of a stratified draw of n, and of what it leaves.

    Each class is drawn in its share, rounded down or up.
    """
    everything = np.arange(len(labels), dtype=np.int64)
    if n == len(labels):
        return everything, everything[:0]
    if n == 0:
        return everything[:0], everything
    from sklearn.utils import resample

    # Not train_test_split, which wants at least one image per class on both sides.
    drawn = resample(
        everything, replace=False, n_samples=n, stratify=labels, random_state=seed
    )
    return np.sort(drawn), np.setdiff1d(everything, drawn, assume_unique=True)


def _hash_indices(*indices: np.ndarray) -> str:
    digest = hashlib.sha256()
    for index in indices:
        digest.update(len(index).to_bytes(8, "little"))
        digest.update(index.astype("<i8").tobytes())
    return digest.hexdigest()
