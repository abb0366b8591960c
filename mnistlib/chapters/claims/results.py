"""The scoreboard: what the other chapters hold against each claim, and the verdict."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mnistlib.claims.evidence import DISCRETE, Evidence, Printed, from_dict
from mnistlib.claims.registry import conflicting, load_claims, systems
from mnistlib.claims.verdicts import UNDER_A_READING, VERDICTS, Verdict, judge
from mnistlib.ground import paths
from mnistlib.ground.notebook import read_notebook
from mnistlib.show import report
from mnistlib.show.printed import QUANTITIES, value
from mnistlib.show.tables import MISSING, Column, count, number
from mnistlib.show.words import join

NOTEBOOK = "09_claims"


@dataclass(frozen=True)
class Gathered:
    """The evidence of a study.

    Attributes:
        evidence: of all chapters.
        notebooks: the notebook of each, in the same order.
        silent: executed notebooks that say nothing about a claim.
    """

    evidence: list[Evidence]
    notebooks: list[str]
    silent: list[str]


def executed(folder: str = "") -> list[Path]:
    """Return the executed notebooks of a folder.

    Args:
        folder: from the project's folder, unless it is absolute; empty for
            ``paths.executed_dir()``.
    """
    place = paths.root() / folder if folder else paths.executed_dir()
    return sorted(place.glob("*.ipynb"))


def gather(files: Iterable[Path]) -> Gathered:
    """Return what executed notebooks hold against the claims.

    Raises:
        StudyError: a notebook cannot be read, or its evidence is of no known kind.
    """
    evidence, notebooks, silent = [], [], []
    for path in files:
        rows = report.read_back(read_notebook(path)).get(report.EVIDENCE, [])
        evidence += map(from_dict, rows)
        notebooks += [path.stem] * len(rows)
        if not rows:
            silent.append(path.stem)
    return Gathered(evidence, notebooks, silent)


def scoreboard(gathered: Gathered) -> pd.DataFrame:
    """Return a row for each claim of the registry, with its verdict.

    Returns:
        DataFrame: id, paper, system (in words), label (of it, such as A1), metric
        (in words), printed (text), unit; conflicts (ids of claims of the same paper that
        cannot hold together with it); the verdict, reason, distance (in the claim's unit)
        and images of `Verdict`; and of the evidence that decided: ran (what was run, in
        words), ours (mean over seeds), low and high (of one more run), half (its half
        width, of a list the largest), n (seeds), reading, notebook. What a list, a fact or
        a claim without evidence does not have is NaN or "".
    """
    claims, words = load_claims(), systems().set_index("system")["description"]
    rows = []
    for claim_id, claim in claims.iterrows():
        verdict = judge(claim_id, gathered.evidence)
        rows.append(
            {
                "id": claim_id,
                "paper": claim["paper"],
                "system": words.get(claim["system"], claim["system"]),
                "label": _label(claim["system"]),
                "metric": QUANTITIES[claim["metric"]],
                "printed": value(claim),
                "unit": claim["unit"],
                "conflicts": conflicting(claim_id),
                "verdict": verdict.verdict,
                "reason": verdict.reason,
                "distance": verdict.distance,
                "images": verdict.images,
                **_of_runs(verdict),
                "notebook": _notebook(verdict, gathered),
            }
        )
    return pd.DataFrame(rows)


def _label(system: str) -> str:
    """Return a system's short name: "R1" of R1_fig10_cnn, "C1 trial 0" of C1_trial0_f64."""
    name, *rest = system.split("_")
    trial = [part.removeprefix("trial") for part in rest if part.startswith("trial")]
    return " ".join([name, *(f"trial {number}" for number in trial)])


def _of_runs(verdict: Verdict) -> dict:
    one, nothing = verdict.nearest, float("nan")
    row = {"ran": "", "ours": nothing, "low": nothing, "high": nothing}
    row |= {"value": nothing, "half": nothing, "n": nothing, "reading": ""}
    if not isinstance(one, Printed):
        return row
    row |= {"ran": one.system, "n": len(one.ours), "reading": one.reading}
    row["half"] = one.half_width
    if len(one.value) > 1:
        return row
    low, high = (float(end[0]) for end in one.one_run)
    value, ours = float(one.value[0]), float(one.mean[0])
    return row | {"value": value, "ours": ours, "low": low, "high": high}


def _notebook(verdict: Verdict, gathered: Gathered) -> str:
    for one, notebook in zip(gathered.evidence, gathered.notebooks, strict=True):
        if one is verdict.nearest:
            return notebook
    return ""


def by_paper(board: pd.DataFrame) -> pd.DataFrame:
    """Count the verdicts: a row a paper and one for all, a column a verdict that occurs."""
    counts = pd.crosstab(board["paper"], board["verdict"], margins=True, margins_name="all")
    papers = [*dict.fromkeys(board["paper"]), "all"]
    columns = [verdict for verdict in VERDICTS if verdict in counts]
    return counts.reindex(index=papers, columns=[*columns, "all"]).reset_index()


def spreads(board: pd.DataFrame) -> pd.DataFrame:
    """Return the measured claims of one number beside which runs are, on one scale.

    Returns:
        DataFrame: rows of `scoreboard` with at (how far the printed value lies from our
        mean; its unit is the way to the end of one more run's interval on that side, so
        that inside is -1 to 1).
    """
    measured = ~board["unit"].isin(["bool", "digit", "epoch", "rate"])
    judged = board[measured & (board["high"] > board["low"])]
    away = judged["value"] - judged["ours"]
    up, down = judged["high"] - judged["ours"], judged["ours"] - judged["low"]
    at = away / up.where(away > 0, down)
    return judged.assign(at=np.asarray(at, dtype=float))


def conflicts() -> pd.DataFrame:
    """Return the pairs of claims of one paper that cannot both hold, each pair once.

    A value that is the other one rounded is left out.

    Returns:
        DataFrame: paper, a and b (ids), a_printed and b_printed (texts), quantity (of
        both, where they are called otherwise).
    """
    claims = load_claims()
    rows = []
    for claim_id, claim in claims.iterrows():
        for other in conflicting(claim_id):
            if claim_id < other:
                both = (claim["metric"], claims.at[other, "metric"])
                quantities = [QUANTITIES[metric] for metric in both]
                rows.append(
                    {
                        "paper": claim["paper"],
                        "a": claim_id,
                        "a_printed": value(claim),
                        "b": other,
                        "b_printed": value(claims.loc[other]),
                        "quantity": " / ".join(dict.fromkeys(quantities)),
                    }
                )
    return pd.DataFrame(rows)


def readings_apart(gathered: Gathered) -> dict[str, list]:
    """Return what choosing a reading for each claim by itself hides.

    Returns:
        apart: of each system whose claims were tried under the same readings, none of which
        covers them all: the ids of those claims. fewer: ids of claims that lie inside by
        readings of fewer seeds than one that excludes them.
    """
    tried: dict[tuple, dict[str, set]] = {}
    fewer = []
    for claim_id, claim in load_claims().iterrows():
        if judge(claim_id, gathered.evidence).verdict != UNDER_A_READING:
            continue
        about = [
            one
            for one in gathered.evidence
            if isinstance(one, Printed) and one.claim_id == claim_id and one.place
        ]
        inside = [one for one in about if one.place == "inside"]
        most = max(len(one.ours) for one in inside)
        if any(len(one.ours) > most for one in about if one not in inside):
            fewer.append(claim_id)
        group = claim["system"], frozenset(one.reading for one in about)
        tried.setdefault(group, {})[claim_id] = {one.reading for one in inside}
    apart = [
        list(covering)
        for covering in tried.values()
        if not set.intersection(*covering.values())
    ]
    return {"apart": apart, "fewer": fewer}


def chapters_read(gathered: Gathered) -> dict[str, list[str]]:
    """Return which chapters gave evidence, and which have not run in this study.

    Returns:
        read, silent and missing: names of the notebooks that may test claims; those from 90
        on are about the study itself.
    """
    sources = sorted(path.stem for path in (paths.root() / "notebooks").glob("*.ipynb"))
    others = [name for name in sources if name != NOTEBOOK and name < "90"]
    read = list(dict.fromkeys(gathered.notebooks))
    silent = [name for name in others if name in gathered.silent]
    missing = [name for name in others if name not in (*read, *silent)]
    return {"read": read, "silent": silent, "missing": missing}


def _number(value: float, unit: str) -> str:
    if np.isnan(value):
        return MISSING
    if unit == "bool":
        return "yes" if value else "no"
    if unit in DISCRETE:
        return f"{value:g}"
    digits = {"percent": 2, "points": 2, "s": 1, "epoch": 1}.get(unit, 4)
    return count(value) if unit in ("count", "images") else number(value, digits)


def _range(low: float, high: float, half: float, unit: str) -> str:
    """Return where one more run would lie; of a list, the largest half width."""
    if np.isnan(low) and not np.isnan(half):
        return f"± {_number(half, unit)}"
    if np.isnan(low) or low == high:
        return _number(low, unit)
    return f"{_number(low, unit)}–{_number(high, unit)}"


def _off(images: float, distance: float) -> str:
    if images > 0:
        return f"{images:.0f} images"
    return f"{distance:.2g}" if distance > 0 else MISSING


def _ours(ours: float, low: float, unit: str) -> str:
    """Return our mean; for a digit, a choice, yes or no, what most runs give."""
    return _number(low if unit in DISCRETE else ours, unit)


def _verdict(verdict: str, reading: str, conflicts: list[str]) -> str:
    """Return a verdict, with the reading that gave it and what it cannot hold with."""
    text = f"{verdict}: {reading}" if verdict == UNDER_A_READING else verdict
    return text + f"; not with {join(conflicts)}" * bool(conflicts)


# The scoreboard as a page shows it.
COLUMNS = [
    Column("id", "claim"),
    Column("paper"),
    Column(("label", "metric"), "what", "{} {}".format),
    Column("printed"),
    Column(("ours", "low", "unit"), "ours", _ours),
    Column(("low", "high", "half", "unit"), "one more run", _range),
    Column("n", format=".0f"),
    Column(("verdict", "reading", "conflicts"), "verdict", _verdict),
    Column(("images", "distance"), "off by", _off),
]
