"""The verdict on a claim: a pure function of the claim and the evidence.

The rules, settled when of the full study's runs those of `raut` and the first three of
`raj2024` were there. Words were made clearer since; how `judge` decides was not changed:

1. A printed number is one run. It is judged by the interval in which one more run of ours
   would lie (95 %; for a list, 95 % for all its values together), widened by half a unit
   of the last printed digit, by a whole unit where the paper calls the number inexact. A
   lower bound, never widened, holds where that interval lies above it. Epochs are judged by
   the range of five runs or more; a digit, a choice, yes or no by what more than half of
   the runs give.
2. *reproduced*: it lies inside for a system that the paper states, or that arithmetic
   settles; or the claim is a fact that holds.
3. *reproduced under a reading*: the paper leaves a setting open, and it lies inside for at
   least one of the readings that we declared.
4. *higher than ours*, *lower than ours*: it lies outside under every reading. The distance
   is to the nearest end, of the reading that comes nearest.
5. *contradicted*: a fact that does not hold: of the data, by arithmetic, or because the
   same paper's detailed report excludes it.
6. *not testable*: the paper calls the value simulated; or it only stood in a lost picture;
   or it is the answer to an image that is not named; or nothing describes the system, and
   no declared reading of ours covers the value.
7. *not judged*: the runs are not of the paper's size, as in a quick study, or some did not
   learn, or there is one seed alone; also where only some readings could be judged, and
   none of these covers the value.

A fact counts before runs: a number that arithmetic excludes is contradicted, whatever runs
give.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from mnistlib.claims.evidence import Evidence, Fact, Printed, Untestable
from mnistlib.claims.registry import load_claims

REPRODUCED = "reproduced"
UNDER_A_READING = "reproduced under a reading"
HIGHER, LOWER = "higher than ours", "lower than ours"
CONTRADICTED = "contradicted"
NOT_TESTABLE = "not testable"
NOT_JUDGED = "not judged"
VERDICTS = (
    REPRODUCED,
    UNDER_A_READING,
    HIGHER,
    LOWER,
    CONTRADICTED,
    NOT_TESTABLE,
    NOT_JUDGED,
)
_PER_IMAGE = {"percent": 100, "fraction": 1}


@dataclass(frozen=True)
class Verdict:
    """What is held of a claim.

    Attributes:
        claim_id: such as "AHM-01".
        verdict: one of `VERDICTS`.
        reason: a sentence, or "".
        nearest: the evidence that decided; None where there is none.
        distance: from one more run's interval, in the claim's unit; NaN without one.
        images: the distance in test images; NaN for what is no test accuracy.
    """

    claim_id: str
    verdict: str
    reason: str
    nearest: Evidence | None = None
    distance: float = float("nan")
    images: float = float("nan")


def judge(claim_id: str, evidence: Iterable[Evidence]) -> Verdict:
    """Return the verdict on a claim by the rules above.

    Args:
        claim_id: such as "AHM-01".
        evidence: of this study; what is about other claims is passed over.
    """
    about = [one for one in evidence if one.claim_id == claim_id]
    facts = [one for one in about if isinstance(one, Fact)]
    for fact in sorted(facts, key=lambda fact: fact.holds):  # one that fails decides
        word = REPRODUCED if fact.holds else CONTRADICTED
        return Verdict(claim_id, word, fact.text, fact)
    runs = [one for one in about if isinstance(one, Printed)]
    claim = load_claims().loc[claim_id]
    if "simulated" in claim["hedge"]:
        reason = "The paper calls this value simulated: it may not be a measurement."
        return Verdict(claim_id, NOT_TESTABLE, reason, runs[0] if runs else None)
    for one in about:
        if isinstance(one, Untestable) and not runs:
            return Verdict(claim_id, NOT_TESTABLE, one.text, one)
    if not runs:
        return Verdict(claim_id, NOT_JUDGED, "This report has no evidence about it.")
    judged = [one for one in runs if one.paper_sized and one.place]
    if not judged:
        return Verdict(claim_id, NOT_JUDGED, _why_not(runs), runs[0])
    inside = [one for one in judged if one.place == "inside"]
    settled = [one for one in inside if not one.reading]
    if settled:
        return Verdict(claim_id, REPRODUCED, "", settled[0], 0.0, 0.0)
    if inside:
        readings = "; ".join(f"with {one.reading}" for one in inside)
        return Verdict(claim_id, UNDER_A_READING, f"{readings}.", inside[0], 0.0, 0.0)
    nearest = min(judged, key=lambda one: one.distance)
    if claim["status_of_spec"] == "none":
        reason = "The system is not described, and no reading of ours covers the value."
        return Verdict(claim_id, NOT_TESTABLE, reason, nearest)
    lost = [one.reading for one in runs if one not in judged]
    if lost:
        reason = f"Outside, but not all readings could be judged: {'; '.join(lost)}."
        return Verdict(claim_id, NOT_JUDGED, reason, nearest)
    scale = _PER_IMAGE.get(claim["unit"])
    n = nearest.n_test
    images = nearest.distance / scale * n if n and scale else float("nan")
    word = HIGHER if nearest.place == "above" else LOWER
    reason = f"Nearest with {nearest.reading}." if nearest.reading else ""
    return Verdict(claim_id, word, reason, nearest, nearest.distance, images)


def _why_not(runs: list[Printed]) -> str:
    if not any(one.paper_sized for one in runs):
        return "These runs are not of the paper's size."
    failed = sum(one.failed for one in runs)
    if failed:
        return f"{failed} of {sum(len(one.ours) for one in runs)} runs failed."
    if runs[0].claim["bound"] and any(len(one.ours) > 1 for one in runs):
        return "The bound lies within the interval of one more run."
    return "One seed gives no interval."
