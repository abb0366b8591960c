"""What the study holds against a claim: runs, a fact, or why there is neither.

A chapter makes evidence and emits it; `mnistlib.claims.verdicts` judges it.
"""

import math
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from mnistlib.claims.registry import load_claims, printed, reported
from mnistlib.ground.errors import StudyError
from mnistlib.stats.intervals import (
    LEARNED_FROM,
    over_images,
    place,
    prediction,
    t_interval,
)

LEVEL = 0.95
# Quantities without a normal spread: what most runs give is what one more run would give.
DISCRETE = ("bool", "digit", "rate")
# Fewest runs whose range stands for one more run, where there is no normal spread.
RANGE_FROM = 5
# The papers' words for a number that is less than exact.
INEXACT = ("about", "around", "near", "approximate")


@dataclass(frozen=True)
class Printed:
    """A printed value, and what runs of its system gave.

    Args:
        claim_id: such as "AHM-01".
        system: what was run, in words.
        ours: a value per seed, in the claim's unit; for a claim that is a list, a list per
            seed. NaN or None of a run that gave none.
        reading: what was chosen where the paper states nothing, in words that follow
            "with"; "" where the paper, or arithmetic, settles the system.
        n_test: test images that an accuracy is a share of; None for other quantities.
        paper_sized: whether the runs used as many images and epochs as the paper; if not,
            nothing is judged.
        seedless: whether the system has no seed, so that every run gives the same.
        learned: of each run, whether it learned; None: each did, but for accuracies of no
            more than twice guessing, and values that are not there.
    """

    claim_id: str
    system: str
    ours: list
    reading: str = ""
    n_test: int | None = None
    paper_sized: bool = True
    seedless: bool = False
    learned: list[bool] | None = None

    @cached_property
    def claim(self):
        """The claim's row of the registry."""
        return load_claims().loc[self.claim_id]

    @property
    def value(self) -> np.ndarray:
        """The printed value or values, float64 (k,)."""
        return np.atleast_1d(np.asarray(reported(self.claim_id), dtype=float))

    @property
    def text(self) -> str:
        """The printed value, with the digits of the paper."""
        return printed(self.claim_id)

    @cached_property
    def values(self) -> np.ndarray:
        """Ours, float64 (seeds, k); NaN where a run gave none."""
        values = np.array(self.ours, dtype=float).reshape(len(self.ours), -1)
        return np.where(np.isfinite(values), values, np.nan)

    @property
    def failed(self) -> int:
        """Runs that gave no value, or that did not learn."""
        bad = np.isnan(self.values).any(axis=1)
        if self.learned is not None:
            bad |= ~np.array(self.learned, dtype=bool)
        elif self.claim["unit"] == "percent":
            bad |= (self.values < 100 * LEARNED_FROM).any(axis=1)
        return int(bad.sum())

    @property
    def mean(self) -> np.ndarray:
        """Mean over seeds, float64 (k,); NaN where a run gave none."""
        return self.values.mean(axis=0)

    @property
    def seeds(self) -> tuple[float, float]:
        """Student's interval of our mean; NaN for a list, one seed, or failed runs."""
        if self.failed or self.values.shape[1] > 1:
            return math.nan, math.nan
        return t_interval(self.values[:, 0])

    @property
    def one_run(self) -> tuple[np.ndarray, np.ndarray]:
        """Where one more run would lie, (low, high), each float64 (k,).

        The level is 95 % for a list as a whole: Bonferroni's, each of k at 1 - .05/k. For
        epochs, the range of five runs or more; for a digit, a choice, yes or no, the value
        of more than half of the runs. NaN with one seed, and where a run failed: there is
        no normal spread.
        """
        nothing = np.full(self.values.shape[1], np.nan)
        if self.seedless:
            return self.values[0], self.values[0]
        if self.failed:
            return nothing, nothing
        if self.claim["unit"] in DISCRETE:
            given, counts = np.unique(self.values[:, 0], return_counts=True)
            most = given[counts > len(self.ours) / 2]
            return (most, most) if len(most) and len(self.ours) > 1 else (nothing, nothing)
        if self.claim["unit"] == "epoch":
            some = len(self.ours) >= RANGE_FROM
            ends = self.values.min(axis=0), self.values.max(axis=0)
            return ends if some else (nothing, nothing)
        low, high = self._ends
        most = {"percent": 100, "fraction": 1}.get(self.claim["unit"], math.inf)
        least = -math.inf if self.claim["unit"] == "points" else 0
        return np.clip(low, least, most), np.clip(high, least, most)

    @property
    def half_width(self) -> float:
        """Half the width of one more run's interval, of a list the largest.

        In the claim's unit, before all images, or none, cut an end off; NaN where no normal
        spread judges.
        """
        if self.seedless or self.failed or self.claim["unit"] in (*DISCRETE, "epoch"):
            return math.nan
        low, high = self._ends
        return float((high - low).max() / 2)

    @property
    def _ends(self) -> tuple[np.ndarray, np.ndarray]:
        """The ends of `prediction` for each of k values, together at 95 %."""
        level = 1 - (1 - LEVEL) / self.values.shape[1]
        low, high = zip(*(prediction(part, level) for part in self.values.T), strict=True)
        return np.array(low), np.array(high)

    @property
    def images(self) -> tuple[float, float]:
        """Wilson's interval of our mean accuracy, in the claim's unit; NaN for others."""
        if not self.n_test:
            return math.nan, math.nan
        whole = 100 if self.claim["unit"] == "percent" else 1
        low, high = over_images(float(self.mean[0]) / whole, self.n_test)
        return whole * low, whole * high

    @property
    def tolerance(self) -> np.ndarray:
        """What a printed value may be off by its digits, float64 (k,).

        A printed value is a rounded one: half a unit of its last digit; a whole unit where
        the paper calls it inexact. A digit, a choice or a bound is what it is.
        """
        texts = self.claim["printed"]
        texts = texts if isinstance(texts, list) else [texts]
        units = 1.0 if self.claim["hedge"].startswith(INEXACT) else 0.5
        if self.claim["unit"] in (*DISCRETE, "epoch") or self.claim["bound"]:
            units = 0.0
        return np.array([units * 10.0 ** -len(text.partition(".")[2]) for text in texts])

    @cached_property
    def places(self) -> list[str]:
        """Where each printed value lies: "inside", "below", "above", or "" unknown.

        A printed value that is claimed as a lower bound is "inside" where one more run
        would lie above it, "above" where it would lie below, and unknown between.
        """
        low, high = self.one_run
        if self.claim["bound"] == "lower":
            at, least, most = self.value[0], low[0], high[0]
            return ["inside" if least >= at else "above" if most < at else ""]
        ends = zip(low - self.tolerance, high + self.tolerance, strict=True)
        return [place(value, *pair) for value, pair in zip(self.value, ends, strict=True)]

    @property
    def _away(self) -> np.ndarray:
        """How far each printed value lies outside, 0 inside; float64 (k,)."""
        low, high = self.one_run
        away = np.maximum(low - self.value, self.value - high) - self.tolerance
        return np.maximum(away, 0)

    @property
    def place(self) -> str:
        """Where the printed value lies as a whole.

        A list is inside when all of it is; else it lies where its farthest value does.
        """
        if "" in self.places:
            return ""
        outside = [where != "inside" for where in self.places]
        if not any(outside):
            return "inside"
        return self.places[int(np.argmax(np.where(outside, self._away, -1)))]

    @property
    def distance(self) -> float:
        """How far the printed value lies outside one more run's interval, 0 inside.

        In the claim's unit, the largest of a list; NaN without an interval.
        """
        return float(self._away.max())


@dataclass(frozen=True)
class Fact:
    """What is so, whatever a run gives: a fact of the data, or arithmetic.

    Args:
        claim_id: such as "AHM-15".
        holds: whether the claim is so.
        text: what was counted or computed, in a sentence.
    """

    claim_id: str
    holds: bool
    text: str


@dataclass(frozen=True)
class Untestable:
    """Why a claim cannot be tested.

    Args:
        claim_id: such as "RAJ-13".
        text: the reason, in a sentence.
    """

    claim_id: str
    text: str


Evidence = Printed | Fact | Untestable
_KINDS = {cls.__name__.lower(): cls for cls in (Printed, Fact, Untestable)}


def to_dict(evidence: Evidence) -> dict:
    """Return evidence as JSON values; a value that is not finite becomes None."""
    row = asdict(evidence)
    if isinstance(evidence, Printed):
        one = evidence.values.shape[1] == 1
        rows = [[round(x, 6) if x == x else None for x in row] for row in evidence.values]
        row["ours"] = [row[0] for row in rows] if one else rows
    return {"kind": type(evidence).__name__.lower()} | row


def from_dict(row: dict) -> Evidence:
    """Return the evidence that `to_dict` wrote.

    Raises:
        StudyError: it is of no known kind, or about no claim of the registry.
    """
    fields = dict(row)
    kind = fields.pop("kind", None)
    if kind not in _KINDS or fields.get("claim_id") not in load_claims().index:
        raise StudyError(
            f"evidence must be of a kind ({', '.join(_KINDS)}) and about a claim in "
            f"claims.yaml. Received: kind={kind!r}, claim_id={fields.get('claim_id')!r}"
        )
    return _KINDS[kind](**fields)
