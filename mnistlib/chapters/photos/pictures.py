"""The photographs of this page, and what each reader makes of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mnistlib.chapters.photos.design import (
    IMAGES,
    INVERTED,
    LENGTHS,
    LINES,
    N_STAND_INS,
    OURS,
    PAPERS,
    SOURCES,
    STAND_INS,
    STROKES,
)
from mnistlib.data import Dataset
from mnistlib.ground.errors import PhotoError
from mnistlib.photos import raj2024
from mnistlib.photos.find import STEPS, Digit, Steps, find
from mnistlib.photos.render import KINDS, photograph
from mnistlib.photos.strokes import strokes

WHOLE = "all steps"


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph made by code.

    Attributes:
        kind: of `mnistlib.photos.render.KINDS`.
        source: of its digits, of `SOURCES`.
        truth: its digits from left to right.
        pixels: uint8 (h, w, 3).
    """

    kind: str
    source: str
    truth: tuple[int, ...]
    pixels: np.ndarray


def _photo(kind: str, source: str, images: Dataset, seed: list[int], digits=None) -> Photo:
    """Make a photograph: of the digits given, or of as many as there are Nones."""
    rng = np.random.default_rng(seed)
    inks, truth = [], []
    for digit in digits or [None]:
        wanted = int(rng.integers(10)) if digit is None else digit
        if source == STROKES:
            inks.append(strokes(wanted, rng))
        else:
            at = rng.choice(np.flatnonzero(images.y_test == wanted))
            inks.append(images.x_test[at] / np.float32(255))
        truth.append(wanted)
    return Photo(kind, source, tuple(truth), photograph(inks, kind, [*seed, 1]))


def photographs(images: Dataset, n: int) -> list[Photo]:
    """Return n photographs of one digit for each kind and source, each digit as often."""
    return [
        _photo(kind, source, images, [i, j, k], [(i + k) % 10])
        for i, kind in enumerate(KINDS)
        for j, source in enumerate(SOURCES)
        for k in range(n)
    ]


def lines(images: Dataset, n: int) -> list[Photo]:
    """Return n photographs of a line of digits for each kind of `LINES`."""
    made = []
    for i, kind in enumerate(LINES):
        for k in range(n):
            length = int(
                np.random.default_rng([90, i, k]).integers(LENGTHS[0], LENGTHS[1] + 1)
            )
            source = SOURCES[k % 2]
            made.append(_photo(kind, source, images, [91, i, k], [None] * length))
    return made


def stand_ins(images: Dataset) -> dict[str, list[Photo]]:
    """Return what stands in for the picture of `raj2024`: reading -> photographs."""
    return {
        reading: [
            _photo(kind, SOURCES[k % 2], images, [92, i, k], [digit])
            for k in range(N_STAND_INS)
        ]
        for i, (reading, (digit, kind)) in enumerate(STAND_INS.items())
    }


def one_digit(photo: Photo, steps: Steps | None = None) -> np.ndarray | None:
    """Return the image of the one digit that is found; None where it is not just one."""
    try:
        found = find(photo.pixels, steps)
    except PhotoError:
        return None
    return found[0].image if len(found) == 1 else None


def seen(photos: list[Photo], reader: str, steps: Steps | None = None) -> list:
    """Return what a reader shows its network of each photograph; None for nothing.

    Args:
        photos: of one digit each.
        reader: of `mnistlib.chapters.photos.design.READERS`.
        steps: of our reader.
    """
    if reader == OURS:
        return [one_digit(photo, steps) for photo in photos]
    shown = [raj2024.resized(photo.pixels) for photo in photos]
    return [1 - image for image in shown] if reader == INVERTED else shown


def _right(photos, shown, network) -> np.ndarray:
    """Return of each photograph whether its digit is read; no image counts as wrong."""
    given = np.array([image is not None for image in shown])
    said = np.full(len(photos), -1)
    if given.any():
        asked = np.array([image for image in shown if image is not None])
        said[given] = network(asked).argmax(axis=1)
    return said == np.array([photo.truth[0] for photo in photos])


def readings(photos: list[Photo], networks: dict, readers) -> pd.DataFrame:
    """Return a row for each kind, source, reader and network.

    Args:
        photos: of one digit each.
        networks: (system, seed) -> network.
        readers: what is compared, of `READERS`.

    Returns:
        DataFrame: kind, source, reader, seed, n_examples, accuracy, status ("ok").
    """
    of = pd.DataFrame(
        {"kind": [p.kind for p in photos], "source": [p.source for p in photos]}
    )
    parts = []
    for reader in readers:
        shown = seen(photos, reader)
        for (_, seed), network in networks.items():
            right = of.assign(right=_right(photos, shown, network))
            part = right.groupby(["kind", "source"], sort=False)["right"]
            parts.append(
                part.agg(n_examples="size", accuracy="mean")
                .reset_index()
                .assign(reader=reader, seed=seed, status="ok")
            )
    return pd.concat(parts, ignore_index=True)


def ablation(photos: list[Photo], networks: dict) -> pd.DataFrame:
    """Read the same photographs with each step left out in turn.

    Returns:
        DataFrame, a row a variant and seed: variant (`WHOLE`, or the step that is left
        out), seed, n_examples, accuracy, lost and gained (photographs that only the whole
        reader, or only this one, reads), status.
    """
    rows, whole = [], {}
    for variant in (WHOLE, *STEPS):
        steps = Steps() if variant == WHOLE else Steps().without(variant)
        shown = seen(photos, OURS, steps)
        for (_, seed), network in networks.items():
            right = _right(photos, shown, network)
            kept = whole.setdefault(seed, right)
            rows.append(
                {
                    "variant": variant,
                    "seed": seed,
                    "n_examples": len(photos),
                    "accuracy": right.mean(),
                    "lost": int((kept & ~right).sum()),
                    "gained": int((right & ~kept).sum()),
                    "status": "ok",
                }
            )
    return pd.DataFrame(rows)


def read_lines(photos: list[Photo], network) -> pd.DataFrame:
    """Return a row a photograph of a line: kind, digits, counted, right, digits_right.

    ``counted``: as many digits are found as were written; ``right``: all are read, in
    order; ``digits_right``: of those that are read in order, 0 where they were miscounted.
    """
    rows = []
    for photo in photos:
        try:
            found: list[Digit] = find(photo.pixels)
        except PhotoError:
            found = []
        counted = len(found) == len(photo.truth)
        same = np.zeros(len(photo.truth), dtype=bool)
        if counted:
            said = network(np.array([one.image for one in found])).argmax(axis=1)
            same = said == np.array(photo.truth)
        rows.append(
            {
                "kind": photo.kind,
                "digits": len(photo.truth),
                "counted": counted,
                "right": bool(same.all()),
                "digits_right": int(same.sum()),
            }
        )
    return pd.DataFrame(rows)


def of_kind(photos: list[Photo], kind: str, source: str = IMAGES) -> Photo:
    """Return the first photograph of a kind and source."""
    return next(p for p in photos if (p.kind, p.source) == (kind, source))


def answers_of_r7(photos: list[Photo], networks: dict) -> pd.DataFrame:
    """Return what R7 answers to pictures, whatever they show: a row a seed.

    Returns:
        DataFrame: seed; digit that it gives most often, and share of the pictures.
    """
    shown, rows = np.array(seen(photos, PAPERS)), []
    for (_, seed), network in networks.items():
        counts = np.bincount(network(shown).argmax(axis=1), minlength=10)
        rows.append(
            {"seed": seed, "digit": counts.argmax(), "share": counts.max() / len(shown)}
        )
    return pd.DataFrame(rows)


def first_of(photos: list[Photo], n: int) -> list[Photo]:
    """Return the first n photographs of each kind and source."""
    taken, counts = [], {}
    for photo in photos:
        group = photo.kind, photo.source
        counts[group] = counts.get(group, 0) + 1
        if counts[group] <= n:
            taken.append(photo)
    return taken


def test_part(images: Dataset, n: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Return n test images, float32 (n, 28, 28), 0 to 1, and their labels; None for all.

    Drawn from all of them: MNIST's first half was written by other people than its second.
    """
    at = np.random.default_rng(93).permutation(len(images.y_test))[:n]
    return images.x_test[at] / np.float32(255), images.y_test[at]
