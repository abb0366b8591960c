"""Images that come twice, exactly or nearly: within a part of the data and between parts.

Distances are Euclidean over the 784 pixels, pixels from 0 to 1.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
import pandas as pd

from mnistlib.data.datasets import Dataset
from mnistlib.show import tables
from mnistlib.show.tables import Column


class Nearest(NamedTuple):
    """For each query, the row of its nearest gallery image, and the distance to it."""

    index: np.ndarray
    distance: np.ndarray


def exact_duplicates(dataset: Dataset) -> pd.DataFrame:
    """Count images that equal another image in every pixel, over all images.

    Returns:
        DataFrame with a row for the training part, the test part and both together:
        images, distinct (different images), repeated (images whose like comes again).
    """
    parts = {"training": dataset.x_train, "test": dataset.x_test}
    seen = {name: Counter(image.tobytes() for image in x) for name, x in parts.items()}
    seen["both together"] = seen["training"] + seen["test"]
    return pd.DataFrame(
        {
            "part": name,
            "images": counter.total(),
            "distinct": len(counter),
            "repeated": sum(n for n in counter.values() if n > 1),
        }
        for name, counter in seen.items()
    )


EXACT = [
    Column("part"),
    *(Column(name, format=tables.count) for name in ("images", "distinct", "repeated")),
]


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


def search(dataset: Dataset, n: int | None, seed: int) -> pd.DataFrame:
    """Look up the nearest training image of test images, and of training images.

    Both look in the same gallery, so that their distances can be compared; a training
    image does not find itself.

    Args:
        dataset: the data.
        n: images drawn from each part; all of a part that has fewer. None for all.
        seed: of the draws.

    Returns:
        DataFrame, a row per query: part ("test" or "train"), row, label, nearest_row,
        nearest_label, distance, half_pixel, is_near (nearer than the half pixel). Rows
        count within the part: of the query, and of the training part for the nearest.
    """
    draw = np.random.default_rng(seed)
    rows = {
        part: np.sort(draw.choice(len(y), min(n or len(y), len(y)), replace=False))
        for part, y in (("train", dataset.y_train), ("test", dataset.y_test))
    }
    gallery = dataset.x_train[rows["train"]]
    frames = []
    for part, x, y in (
        ("test", dataset.x_test, dataset.y_test),
        ("train", dataset.x_train, dataset.y_train),
    ):
        images = x[rows[part]]
        found = nearest(images, gallery, is_same=part == "train")
        origin = rows["train"][found.index]
        frames.append(
            pd.DataFrame(
                {
                    "part": part,
                    "row": rows[part],
                    "label": y[rows[part]],
                    "nearest_row": origin,
                    "nearest_label": dataset.y_train[origin],
                    "distance": found.distance,
                    "half_pixel": half_pixel(images),
                }
            )
        )
    frame = pd.concat(frames, ignore_index=True)
    return frame.assign(is_near=frame["distance"] < frame["half_pixel"])


def summarise_search(found: pd.DataFrame) -> pd.DataFrame:
    """Summarise what `search` returns: a row per part, the test images first.

    Returns:
        DataFrame: part, images, nearest (least distance), median (distance), same_label
        (share whose nearest has their label), near (count of near-duplicates), near_share.
    """
    rows = []
    for part, group in found.groupby("part", sort=False):
        rows.append(
            {
                "part": part,
                "images": len(group),
                "nearest": group["distance"].min(),
                "median": group["distance"].median(),
                "same_label": (group["label"] == group["nearest_label"]).mean(),
                "near": int(group["is_near"].sum()),
                "near_share": group["is_near"].mean(),
            }
        )
    return pd.DataFrame(rows)


NEAR = [
    Column("part"),
    Column("images", format=tables.count),
    *(Column(name, format=".2f") for name in ("nearest", "median")),
    Column("same_label", format=tables.percent),
    Column("near", format=tables.count),
    Column("near_share", format=tables.percent),
]


def closest_pairs(
    found: pd.DataFrame, count: int, same_label: bool, part: str = "test"
) -> pd.DataFrame:
    """Return the queries of a part that are nearest to their neighbour, nearest first.

    Args:
        found: what `search` returns.
        count: at most so many.
        same_label: pairs of one label, or pairs of two different labels.
        part: "test" or "train".
    """
    chosen = found[
        (found["part"] == part) & ((found["label"] == found["nearest_label"]) == same_label)
    ]
    return chosen.sort_values(["distance", "row"], kind="stable").head(count)
