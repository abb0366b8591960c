"""Images that come twice, exactly or nearly: within a part of the data and between parts.

Distances are Euclidean over the 784 pixels, pixels from 0 to 1.
"""

from collections import Counter

import numpy as np
import pandas as pd

from mnistlib.data.datasets import Dataset
from mnistlib.show import tables
from mnistlib.show.tables import Column
from mnistlib.stats.neighbours import half_pixel, nearest


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
