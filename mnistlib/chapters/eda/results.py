"""What the data are: classes, pixels, ink, position, scalings."""

import math

import numpy as np
import pandas as pd

from mnistlib import claims
from mnistlib.data import SCALINGS, Dataset, scale, split
from mnistlib.show import tables
from mnistlib.show.tables import Column

N_CLASSES = 10
# Of the paper that validates on the end of the training part, see `class_table`.
LAST_FRACTION = 0.3


def class_counts(labels: np.ndarray) -> np.ndarray:
    """Return the number of images of each digit, int64 (10,)."""
    return np.bincount(labels, minlength=N_CLASSES)


def class_table(dataset: Dataset) -> pd.DataFrame:
    """Count the images of each digit in each part.

    Returns:
        DataFrame, a row per digit: digit, train, train_share (of the part), test,
        test_share, last (count among the last 30 % of the training part, which `raj2024`
        validates on), last_share.
    """
    last = split(dataset, method="last", val_fraction=LAST_FRACTION).y_val
    columns = {"digit": np.arange(N_CLASSES)}
    for name, labels in (
        ("train", dataset.y_train),
        ("test", dataset.y_test),
        ("last", last),
    ):
        columns[name] = class_counts(labels)
        columns[f"{name}_share"] = columns[name] / len(labels)
    return pd.DataFrame(columns)


CLASSES = [
    Column("digit"),
    Column("train", format=tables.count),
    Column("train_share", "share", tables.percent),
    Column("test", format=tables.count),
    Column("test_share", "share of test", tables.percent),
    Column("last", "last 30 %", tables.count),
    Column("last_share", "share of these", tables.percent),
]


def range_claims(dataset: Dataset) -> pd.DataFrame:
    """Set the ranges of class counts that `ahmareen2024` prints against the counts.

    Returns:
        DataFrame, a row per claim: claim_id, part, hedge (the paper's, such as "about"),
        low, high (as printed), least, most (of the data), outside (digits whose count lies
        outside the printed range; None for data that the paper does not speak of).
    """
    hedges = claims.load_claims()["hedge"]
    rows = []
    for claim_id, part, labels in (
        ("AHM-15", "training", dataset.y_train),
        ("AHM-16", "test", dataset.y_test),
    ):
        low, high = claims.reported(claim_id)
        found = class_counts(labels)
        outside = np.flatnonzero((found < low) | (found > high)).tolist()
        if dataset.name != "mnist":
            outside = None
        row = (claim_id, part, hedges[claim_id], low, high, found.min(), found.max())
        rows.append((*row, outside))
    columns = ["claim_id", "part", "hedge", "low", "high", "least", "most", "outside"]
    return pd.DataFrame(rows, columns=columns)


RANGES = [
    Column("claim_id", "claim"),
    Column("part"),
    Column("hedge"),
    *(Column(name, format=tables.count) for name in ("low", "high", "least", "most")),
    Column("outside"),
]


def support_claims(dataset: Dataset) -> pd.DataFrame:
    """Set the test supports that `raut` and `asher` print against the test part.

    Returns:
        DataFrame, a row per digit: digit, test (count), raut and asher (as printed),
        raut_difference and asher_difference (printed minus counted; NaN for data that
        the papers do not speak of).
    """
    found = class_counts(dataset.y_test)
    table = pd.DataFrame({"digit": np.arange(N_CLASSES), "test": found})
    for paper, claim_id in (("raut", "RAU-06"), ("asher", "ASH-13")):
        table[paper] = claims.reported(claim_id)
        difference = table[paper] - found
        table[f"{paper}_difference"] = difference if dataset.name == "mnist" else math.nan
    return table


SUPPORTS = [
    Column("digit"),
    *(Column(name, format=tables.count) for name in ("test", "raut", "asher")),
    *(
        Column(
            f"{name}_difference",
            f"{name}, off by",
            lambda n: tables.images(n) if n else "0",
        )
        for name in ("raut", "asher")
    ),
]


def pixel_mean_std(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the standard deviation (divided by n) of each pixel, over 255.

    The sums are of integers, so that the result does not depend on the order of adding.

    Args:
        images: uint8 (n, 28, 28).

    Returns:
        Two float64 arrays (28, 28), in 0 to 1.
    """
    n = len(images)
    total = images.sum(axis=0, dtype=np.int64)
    # A square of a uint8 fits into uint16; whole parts of MNIST then stay small.
    squares = np.square(images, dtype=np.uint16).sum(axis=0, dtype=np.int64)
    return total / (255 * n), np.sqrt(n * squares - total**2) / (255 * n)


def main_period(values: np.ndarray) -> float:
    """Return the period, in pixels, of the strongest wave in values over the pixel index.

    The wave is the largest coefficient of the discrete Fourier transform after the mean
    and waves of four rows of the image or longer are set aside: they are its envelope.

    Args:
        values: (28, 28) or (784,).
    """
    row = np.asarray(values, dtype=float).ravel()
    strength = np.abs(np.fft.rfft(row - row.mean()))
    slow = len(row) // (4 * math.isqrt(len(row)))
    strength[: slow + 1] = 0
    return len(row) / int(strength.argmax())


def class_images(images: np.ndarray, labels: np.ndarray) -> tuple[dict, dict]:
    """Return the mean digit of each class, and its standard deviation over the class.

    Returns:
        Two dicts from digit to float64 (28, 28), pixels 0 to 1; classes without images are
        left out.
    """
    found = {
        digit: pixel_mean_std(images[labels == digit])
        for digit in range(N_CLASSES)
        if (labels == digit).any()
    }
    return (
        {digit: mean for digit, (mean, _) in found.items()},
        {digit: std for digit, (_, std) in found.items()},
    )


def shape_facts(images: np.ndarray, labels: np.ndarray) -> pd.DataFrame:
    """Measure each image: how much ink, where it lies, how large the digit is.

    Args:
        images: uint8 (n, 28, 28); labels: uint8 (n,).

    Returns:
        DataFrame, a row per image: label; ink (mean pixel, 0 to 1); down and right (centre
        of mass, in pixels from the middle of the frame, which is the corner between its
        four middle pixels); height and width (of the box around all pixels above 0). NaN
        for a blank image but for ink.
    """
    n, side = len(images), images.shape[1]
    rows = images.sum(axis=2, dtype=np.int64)
    columns = images.sum(axis=1, dtype=np.int64)
    total = rows.sum(axis=1)
    from_middle = np.arange(side) + 0.5 - side / 2
    some = total > 0

    def centre(profile):
        return np.divide(profile @ from_middle, total, out=np.full(n, np.nan), where=some)

    def extent(profile):
        inked = profile > 0
        size = side - inked.argmax(axis=1) - inked[:, ::-1].argmax(axis=1)
        return np.where(some, size, np.nan)

    return pd.DataFrame(
        {
            "label": labels,
            "ink": total / (255 * side * side),
            "down": centre(rows),
            "right": centre(columns),
            "height": extent(rows),
            "width": extent(columns),
        }
    )


def shape_table(facts: pd.DataFrame) -> pd.DataFrame:
    """Summarise `shape_facts`: a row per digit and one for all.

    Returns:
        DataFrame: digit, ink and ink_std (mean, standard deviation), down, right, height
        and width (medians).
    """
    groups = [*facts.groupby("label"), ("all", facts)]
    rows = []
    for name, group in groups:
        ink = {"ink": group["ink"].mean(), "ink_std": group["ink"].std()}
        medians = group[["down", "right", "height", "width"]].median()
        rows.append({"digit": name} | ink | medians.to_dict())
    return pd.DataFrame(rows)


SHAPES = [
    Column("digit"),
    Column("ink", format=".4f"),
    Column("ink_std", "ink, sd", ".4f"),
    Column("down", format="+.2f"),
    Column("right", format="+.2f"),
    Column("height", format=".0f"),
    Column("width", format=".0f"),
]


def scalings(dataset: Dataset, rows: np.ndarray) -> tuple[pd.DataFrame, dict]:
    """Describe all training images as stored and after each scaling, and pick samples.

    Args:
        dataset: the data.
        rows: of the training part, to return as samples.

    Returns:
        A DataFrame (scaling, dtype, shape, low, high, mean, std; "as stored" first) and a
        dict from the scaling's name to the samples (len(rows), 28, 28).
    """
    cut = split(dataset, val_fraction=0.0)
    table, samples = [], {}
    for name in ("as stored", *SCALINGS):
        # One at a time: each is 180 MiB for all of MNIST.
        x = cut.x_train if name == "as stored" else scale(cut, name)[0]
        samples[name] = x[rows].reshape(len(rows), *x.shape[1:3])
        facts = {
            "low": x.min(),
            "high": x.max(),
            "mean": x.mean(dtype=np.float64),
            "std": x.std(dtype=np.float64),
        }
        # Adding 0 makes of a negative zero, a mean's rounding error, a plain one.
        facts = {key: round(float(value), 4) + 0.0 for key, value in facts.items()}
        shape = " × ".join(map(str, x.shape))
        table.append({"scaling": name, "dtype": str(x.dtype), "shape": shape} | facts)
    return pd.DataFrame(table), samples


SCALED = [
    *(Column(name) for name in ("scaling", "dtype", "shape")),
    *(Column(name, format=".4f") for name in ("low", "high", "mean", "std")),
]


def draw_rows(labels: np.ndarray, n: int, seed: int, per_class=False) -> np.ndarray:
    """Draw rows without putting them back, in rising order; all when there are fewer.

    Args:
        labels: uint8 (m,).
        n: rows in all, or of each digit with `per_class` (then sorted by digit).
        seed: of the draw.
        per_class: draw from each digit apart.
    """
    draw = np.random.default_rng(seed)
    groups = [np.arange(len(labels))]
    if per_class:
        groups = [np.flatnonzero(labels == digit) for digit in range(N_CLASSES)]
    drawn = [
        np.sort(draw.choice(group, min(n, len(group)), replace=False)) for group in groups
    ]
    return np.concatenate(drawn)
