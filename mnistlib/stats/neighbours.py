"""The nearest image of a gallery, and how near is near.

Distances are Euclidean over the 784 pixels, pixels from 0 to 1.
"""

from typing import NamedTuple

import numpy as np


class Nearest(NamedTuple):
    """For each query, the row of its nearest gallery image, and the distance to it."""

    index: np.ndarray
    distance: np.ndarray


def nearest(
    queries: np.ndarray, gallery: np.ndarray, is_same=False, chunk: int = 500
) -> Nearest:
    """Return each query's nearest gallery image, by comparing all with all.

    The candidates come from ``|q|² + |g|² - 2 q·g`` in float32, a matrix product per chunk
    of queries; the distance returned is then computed from the pixels' differences, so that
    it is exact where two images agree.

    Args:
        queries: images, uint8 (n, 28, 28).
        gallery: images, uint8 (m, 28, 28), at least one (two if `is_same`).
        is_same: queries are the gallery, and an image is not its own neighbour.
        chunk: queries per matrix product; it decides the memory used, not the result.
    """
    n = len(queries)
    q = queries.reshape(n, -1).astype(np.float32) / 255
    g = q if is_same else gallery.reshape(len(gallery), -1).astype(np.float32) / 255
    squares = np.einsum("ij,ij->i", g, g)
    index = np.empty(n, dtype=np.int64)
    for start in range(0, n, chunk):
        rows = np.arange(start, min(start + chunk, n))
        # |q|² is the same for every gallery image: it does not change which is nearest.
        distances = q[rows] @ g.T
        distances *= -2
        distances += squares
        if is_same:
            distances[rows - start, rows] = np.inf
        index[rows] = distances.argmin(axis=1)
    return Nearest(index, _distances(queries, gallery[index]))


def nearest_of(
    queries: np.ndarray, gallery: np.ndarray, k: int, chunk: int = 200
) -> np.ndarray:
    """Return the rows of each query's k nearest gallery images, the nearest first.

    Args:
        queries: images, uint8 (n, 28, 28).
        gallery: images, uint8 (m, 28, 28).
        k: neighbours; all of the gallery where it has fewer.
        chunk: queries per matrix product; it decides the memory used, not the result.

    Returns:
        int64 (n, min(k, m)).
    """
    k = min(k, len(gallery))
    q = queries.reshape(len(queries), -1).astype(np.float32) / 255
    g = gallery.reshape(len(gallery), -1).astype(np.float32) / 255
    squares, rows = np.einsum("ij,ij->i", g, g), np.empty((len(q), k), dtype=np.int64)
    for start in range(0, len(q), chunk):
        part = slice(start, start + chunk)
        distances = squares - 2 * q[part] @ g.T
        few = np.sort(np.argpartition(distances, k - 1, axis=1)[:, :k], axis=1)
        order = np.take_along_axis(distances, few, axis=1).argsort(axis=1, kind="stable")
        rows[part] = np.take_along_axis(few, order, axis=1)
    return rows


def half_pixel(images: np.ndarray) -> np.ndarray:
    """Return how far each image is from itself moved by half a pixel, float64 (n,).

    Moved by half a pixel with linear interpolation an image x becomes (x + s) / 2, with s
    the image moved by one pixel: the distance is half of ``|x - s|``. Of the four
    directions the least counts. A yardstick for near-duplicates, and no proof: two drawings
    may be nearer than that.

    Args:
        images: uint8 (n, 28, 28); what leaves the frame on one side is lost.
    """
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    moved = (
        padded[:, 2:, 1:-1],
        padded[:, :-2, 1:-1],
        padded[:, 1:-1, 2:],
        padded[:, 1:-1, :-2],
    )
    return np.min([_distances(images, other) for other in moved], axis=0) / 2


def _distances(a: np.ndarray, b: np.ndarray, chunk: int = 5000) -> np.ndarray:
    """Return the distance of each pair of images; exact up to the final root."""
    squares = np.empty(len(a), dtype=np.int64)
    for start in range(0, len(a), chunk):
        rows = slice(start, start + chunk)
        difference = a[rows].astype(np.int32) - b[rows]
        squares[rows] = np.square(difference).sum(axis=(1, 2))
    return np.sqrt(squares) / 255
