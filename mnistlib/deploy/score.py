"""How an exported file compares with its source: answers, gates, and time."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median

import numpy as np

# Most formats must give the source's probabilities; int8 only answers as good.
LARGEST_DIFFERENCE = {"float32": 1e-5, "float16": 5e-3, "int16": 5e-4}
MOST_FLIPS = {"float32": 0.0, "int16": 0.0, "int8": 0.003}
LARGEST_DROP = {"int8": 0.002}


@dataclass(frozen=True)
class Score:
    """What a file answers on labelled images, beside its source.

    Attributes:
        n_examples: images.
        n_correct: that the file reads rightly.
        source_correct: that the source reads rightly.
        flips: images on which the two say different digits.
        largest_difference: between any two probabilities; NaN where one is.
    """

    n_examples: int
    n_correct: int
    source_correct: int
    flips: int
    largest_difference: float

    def to_dict(self) -> dict:
        """Return the same with the accuracy, JSON values only."""
        return asdict(self) | {"accuracy": self.n_correct / self.n_examples}


def compare(source: np.ndarray, exported: np.ndarray, labels: np.ndarray) -> Score:
    """Return the score of an exported file.

    Args:
        source, exported: probabilities (n, 10).
        labels: digits (n,).
    """
    said, truth = exported.argmax(axis=1), source.argmax(axis=1)
    return Score(
        len(labels),
        int((said == labels).sum()),
        int((truth == labels).sum()),
        int((said != truth).sum()),
        float(np.abs(source - exported).max()),
    )


def failed_gate(precision: str, score: Score) -> str:
    """Return in words which bound of its precision a file breaks; "" for none.

    A probability of int8 may be off by several hundredths, which is no fault.
    """
    drop = (score.source_correct - score.n_correct) / score.n_examples
    flips = score.flips / score.n_examples
    bounds = (
        ("largest difference", score.largest_difference, LARGEST_DIFFERENCE),
        ("share of flipped digits", flips, MOST_FLIPS),
        ("loss of accuracy", drop, LARGEST_DROP),
    )
    broken = [
        f"{what} at most {most[precision]:g}, received {value:.3g}"
        for what, value, most in bounds
        # Written so that NaN breaks a bound.
        if precision in most and not value <= most[precision]
    ]
    return "; ".join(broken)


def ratios(
    readers: Mapping[str, Callable],
    images: np.ndarray,
    beside: str,
    rounds: int = 7,
    calls: int = 40,
) -> dict[str, list[float]]:
    """Return how long one image takes by each reader, as a multiple of one of them.

    The readers take turns, image by image: what else the machine does slows all of them.
    Each image has another order, drawn with a fixed seed: whoever comes after a reader of
    the same library finds its threads awake.

    Args:
        readers: name -> function from images (1, 28, 28, 1) to probabilities.
        images: float32 (n, 28, 28, 1), of which the first ``calls`` are used.
        beside: the reader that the others are divided by.
        rounds: each gives one ratio, of the medians over its calls.
        calls: of each reader in a round.

    Returns:
        name -> a ratio per round.
    """
    found = {name: [] for name in readers}
    names, draw = list(readers), np.random.default_rng(0)
    for read in readers.values():
        read(images[:1])
    for _ in range(rounds):
        seconds = {name: [] for name in readers}
        for i in range(min(calls, len(images))):
            for name in draw.permutation(names):
                started = time.perf_counter()
                readers[name](images[i : i + 1])
                seconds[name].append(time.perf_counter() - started)
        for name, taken in seconds.items():
            found[name].append(median(taken) / median(seconds[beside]))
    return found
