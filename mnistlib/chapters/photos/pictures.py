"""The photographs of this page, and what each reader makes of them."""

from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
import pandas as pd

from mnistlib.chapters.photos.design import (
    IMAGES,
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
from mnistlib.photos.find import STEPS, Digit, Marks, Steps, digits, find, marks
from mnistlib.photos.render import KINDS, ink_is_dark, photograph
from mnistlib.photos.strokes import strokes

WHOLE, ALL_STEPS = "all steps", Steps()
# The digits in the order in which they are shown: few photographs show the first of them.
_DIGITS = np.random.default_rng(94).permutation(10)


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph made by code.

    Attributes:
        kind: of `mnistlib.photos.render.KINDS`.
        source: of its digits, of `SOURCES`.
        truth: its digits from left to right.
        pixels: uint8 (h, w, 3).
        ink: which ink it shows; photographs of one ink are of one digit.
    """

    kind: str
    source: str
    truth: tuple[int, ...]
    pixels: np.ndarray
    ink: str = ""


def _ink(digit: int, source: str, images: Dataset, rng) -> np.ndarray:
    """Return a digit, 0 (paper) to 1 (ink): drawn by code, or a test image."""
    if source == STROKES:
        return strokes(digit, rng)
    at = rng.choice(np.flatnonzero(images.y_test == digit))
    return images.x_test[at] / np.float32(255)


def photographs(images: Dataset, n: int, shared: bool = True) -> list[Photo]:
    """Return n photographs of one digit for each kind and source, each digit as often.

    Args:
        images: the data.
        n: photographs of a kind and source.
        shared: every kind shows the same ink, in scenes of its own, so that kinds can be
            compared ink by ink. Else each photograph's is drawn anew: all are
            independent draws.
    """
    made = []
    for i, kind in enumerate(KINDS):
        for j, source in enumerate(SOURCES):
            for k in range(n):
                which = [95, j, k] if shared else [96, i, j, k]
                digit = int(_DIGITS[(k if shared else i + k) % 10])
                ink = _ink(digit, source, images, np.random.default_rng(which))
                pixels = photograph([ink], kind, [*which, i, 1])
                name = "-".join(map(str, which))
                made.append(Photo(kind, source, (digit,), pixels, name))
    return made


def lines(images: Dataset, n: int) -> list[Photo]:
    """Return n photographs of a line of digits for each kind of `LINES`, no line twice."""
    made = []
    for i, kind in enumerate(LINES):
        for k in range(n):
            rng, source = np.random.default_rng([91, i, k]), SOURCES[k % 2]
            truth = rng.integers(10, size=rng.integers(LENGTHS[0], LENGTHS[1] + 1)).tolist()
            inks = [_ink(digit, source, images, rng) for digit in truth]
            pixels = photograph(inks, kind, [91, i, k, 1])
            made.append(Photo(kind, source, tuple(truth), pixels))
    return made


def stand_ins(images: Dataset) -> dict[str, list[Photo]]:
    """Return what stands in for the picture of `raj2024`: reading -> photographs."""
    made = {}
    for reading, (digit, kind) in STAND_INS.items():
        made[reading] = photos = []
        for k in range(N_STAND_INS):
            source = SOURCES[k % 2]
            ink = _ink(digit, source, images, np.random.default_rng([92, digit, k]))
            pixels = photograph([ink], kind, [92, digit, k, 1])
            photos.append(Photo(kind, source, (digit,), pixels))
    return made


@cache  # more than one table and figure shows what is found
def one_digit(photo: Photo, steps: Steps = ALL_STEPS) -> np.ndarray | None:
    """Return the image of the one digit that is found; None where it is not just one."""
    try:
        found = digits(_marks(photo, replace(steps, box=True, mass=True)), steps)
    except PhotoError:
        return None
    return found[0].image if len(found) == 1 else None


@lru_cache(maxsize=len(STEPS))  # of one photograph: the last steps share what is found
def _marks(photo: Photo, steps: Steps) -> Marks:
    return marks(photo.pixels, steps)


def seen(photos: list[Photo], reader: str, steps: Steps = ALL_STEPS) -> list:
    """Return what a reader shows its network of each photograph; None for nothing.

    Args:
        photos: of one digit each.
        reader: of `mnistlib.chapters.photos.design.READERS`. To make ink light it is told
            which scenes have dark ink: the photograph does not say.
        steps: of our reader.
    """
    if reader == OURS:
        return [one_digit(photo, steps) for photo in photos]
    shown = [raj2024.resized(photo.pixels) for photo in photos]
    if reader == PAPERS:
        return shown
    dark = [ink_is_dark(KINDS[photo.kind]) for photo in photos]
    return [
        1 - image if is_dark else image for image, is_dark in zip(shown, dark, strict=True)
    ]


def _right(photos, shown, network) -> np.ndarray:
    """Return of each photograph whether its digit is read; no image counts as wrong."""
    given = np.array([image is not None for image in shown])
    said = np.full(len(photos), -1)
    if given.any():
        asked = np.array([image for image in shown if image is not None])
        said[given] = network(asked).argmax(axis=1)
    return said == np.array([photo.truth[0] for photo in photos])


def _asked(photos: list[Photo], shown: list, networks: dict) -> pd.DataFrame:
    """Return a row a photograph and network: kind, source, ink, seed, right."""
    of = pd.DataFrame([(p.kind, p.source, p.ink) for p in photos])
    of.columns = ["kind", "source", "ink"]
    parts = [
        of.assign(seed=seed, right=_right(photos, shown, network))
        for (_, seed), network in networks.items()
    ]
    return pd.concat(parts, ignore_index=True)


def readings(photos: list[Photo], networks: dict, readers) -> pd.DataFrame:
    """Return what is read: a row for each photograph, reader and network.

    Args:
        photos: of one digit each.
        networks: (system, seed) -> network.
        readers: what is compared, of `READERS`.

    Returns:
        DataFrame: kind, source, ink, seed, right, reader.
    """
    parts = [
        _asked(photos, seen(photos, reader), networks).assign(reader=reader)
        for reader in readers
    ]
    return pd.concat(parts, ignore_index=True)


def ablation(photos: list[Photo], networks: dict) -> pd.DataFrame:
    """Read the same photographs with each step left out in turn.

    Returns:
        DataFrame, a row a photograph, variant and network: kind, source, ink, seed, right,
        variant (`WHOLE`, or the step that is left out), whole (whether all steps read it).
    """
    variants = {WHOLE: ALL_STEPS} | {step: ALL_STEPS.without(step) for step in STEPS}
    for photo in photos:
        # Photograph by photograph, so that `_marks` still has what is shared.
        for steps in variants.values():
            one_digit(photo, steps)
    parts = []
    for variant, steps in variants.items():
        part = _asked(photos, seen(photos, OURS, steps), networks)
        parts.append(part.assign(variant=variant, whole=(parts or [part])[0]["right"]))
    return pd.concat(parts, ignore_index=True)


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


def test_part(images: Dataset, n: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Return n test images, float32 (n, 28, 28), 0 to 1, and their labels; None for all.

    Drawn from all of them: MNIST's first half was written by other people than its second.
    """
    at = np.random.default_rng(93).permutation(len(images.y_test))[:n]
    return images.x_test[at] / np.float32(255), images.y_test[at]
