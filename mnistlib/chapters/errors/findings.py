"""What the errors show: facts, as numbers; `findings.md.j2` makes sentences of them."""

import math

import numpy as np
import pandas as pd

from mnistlib.chapters.errors.design import BEST, OF_ASHER, PAPER_BATCH, PAPER_EPOCHS
from mnistlib.claims.audit import N_TEST, TEST_COUNTS, accuracy_allowed
from mnistlib.claims.evidence import Fact, Printed
from mnistlib.claims.paper_systems import RAUT
from mnistlib.claims.registry import conflicting, load_claims, printed, reported
from mnistlib.show import prose, reproduction
from mnistlib.stats.components import REST
from mnistlib.stats.intervals import errors_implied
from mnistlib.stats.overlap import pair_table

HEADLINE, BOUND, REPORT = "RAU-01", "RAU-02", "RAU-07"
# A label is doubtful where so many runs agree on one other digit.
AGREED = 0.9
# The pairs of digits that `asher` names as those that are confused.
NAMED_PAIRS = ("3/8", "4/9")


def say(block: str, **facts) -> str:
    """Return a block of ``findings.md.j2`` as Markdown."""
    return prose.say(__file__, block, **facts)


def is_full(params, images) -> bool:
    """Tell whether raut's network was run as the paper says: images, epochs, batches."""
    stated = {"epochs": (None, PAPER_EPOCHS), "batch_size": (None, PAPER_BATCH)}
    return reproduction.is_full_size(params, images.name, **stated)


def all_full(params, images) -> bool:
    """Tell whether every system was run as its own paper says, and not as one for all."""
    own = {"epochs": (None,), "batch_size": (None,)}
    return reproduction.is_full_size(params, images.name, **own)


def allowed() -> dict[str, float]:
    """Return which accuracies `raut`'s rounded recalls allow, of MNIST's test images.

    Returns:
        dict of low and high (fractions), fewest and most (errors).
    """
    fewest, most = accuracy_allowed(reported("RAU-04"), TEST_COUNTS)
    ends = {"low": fewest / N_TEST, "high": most / N_TEST}
    return ends | {"fewest": N_TEST - most, "most": N_TEST - fewest}


def fits(errors: int) -> bool:
    """Tell whether so many errors are within what `raut`'s recalls allow."""
    return allowed()["fewest"] <= errors <= allowed()["most"]


def printed_evidence(runs, reports: dict, full: bool) -> dict[str, Printed]:
    """Return what our runs hold against each value that `raut` prints, by claim.

    Args:
        runs: of raut's network.
        reports: from `results.reports`.
        full: whether the runs are of the paper's size.
    """
    frame = runs.frame
    n_test = int(frame["n_examples"].iloc[0])
    accuracy = list(100 * frame["test_accuracy"])
    shares = dict.fromkeys((HEADLINE, BOUND, REPORT), n_test)
    return {
        claim: one
        for claim, ours in ({HEADLINE: accuracy, BOUND: accuracy} | reports).items()
        for one in reproduction.from_runs(
            frame, RAUT, {claim: ours}, n_test=shares.get(claim), paper_sized=full
        )
    }


def facts() -> list[Fact]:
    """Return what arithmetic says of `raut`'s numbers."""
    supports, total = reported("RAU-06"), reported("RAU-10")
    tests = [
        (HEADLINE, fits(errors_implied(reported(HEADLINE), N_TEST)), conflict()),
        ("RAU-06", sum(supports) == total, say("supports", n=sum(supports), total=total)),
        ("RAU-10", total == N_TEST, say("total", n=sum(supports), all=total)),
    ]
    return [
        Fact(claim, bool(holds), text.replace("\n", " ")) for claim, holds, text in tests
    ]


def conflict() -> str:
    """Say why `raut`'s accuracy and its report exclude each other."""
    errors = errors_implied(reported(HEADLINE), N_TEST)
    return say(
        "conflict",
        printed=printed(HEADLINE),
        errors=errors,
        n_test=N_TEST,
        row=printed(REPORT),
        least=reported(REPORT) - 0.005,
        **allowed(),
    )


def early_facts(epochs: list[int], full: bool) -> dict:
    """Return after which epochs the printed accuracy is within reach.

    Args:
        epochs: from `results.epochs_around`.
        full: whether the runs are of the paper's size.
    """
    return {"epochs": epochs if full else [], "last": PAPER_EPOCHS in epochs}


def weak_facts(others: pd.DataFrame, scores: int) -> dict:
    """Return how many runs of other systems would pass as the printed report does.

    Args:
        others: from `results.would_pass`.
        scores: that are held against it.
    """
    passing = others[others["passes"].astype(bool)]
    return {
        "others": len(others),
        "passing": len(passing),
        "least": float(passing["accuracy"].min()),
        "scores": scores,
    }


def report_facts(by_digit: pd.DataFrame) -> dict:
    """Return how many scores of the printed report lie where one more run would lie.

    Args:
        by_digit: from `results.report_table`.
    """
    places = by_digit.set_index("digit").filter(like="_place").stack()
    outside = places[~places.isin(["inside", ""])]
    return {
        "n": len(places),
        "known": int((places != "").sum()),
        "outside": [
            f"{name.removesuffix('_place')} of {digit} ({where})"
            for (digit, name), where in outside.items()
        ],
    }


def hard_facts(hard: pd.DataFrame, answers: dict, labels: np.ndarray) -> dict:
    """Return how many images are misread by how many, and which labels are in doubt.

    Args:
        hard: from `hard_images` of the answers.
        answers: predictions by system, (runs, n).
        labels: true digits (n,).
    """
    doubtful = hard["agreement"] >= AGREED
    wrong = [given != labels for given in answers.values()]
    by_each = np.all([runs.mean(axis=0) > 0.5 for runs in wrong], axis=0)
    counts = np.concatenate(wrong).sum(axis=0)
    first = int(counts.argmax())
    return {
        "n": len(hard),
        "systems": len(answers),
        "by_all": int(hard["by_all"].sum()),
        "by_each": int(by_each.sum()),
        "nearest": int(hard.at[first, "index"]),
        "nearest_runs": int(counts[first]),
        "runs": sum(map(len, wrong)),
        "by_most": int((hard["misread"] > 0.5).sum()),
        "by_any": int((hard["misread"] > 0).sum()),
        "doubtful": list(hard.loc[doubtful, "index"]),
        "agreed": AGREED,
    }


def pair_facts(pairs: pd.DataFrame, answers: dict, labels: np.ndarray) -> dict:
    """Return where the pairs that `asher` names stand among all pairs of digits.

    Args:
        pairs: from `pair_table` of the answers.
        answers: predictions by system, (runs, n).
        labels: true digits (n,).
    """
    own = []
    if OF_ASHER in answers:
        table = pair_table({OF_ASHER: answers[OF_ASHER]}, labels).set_index("pair")
        own = [
            {"pair": pair, "rank": int(table.at[pair, "rank"])}
            | {"errors": float(table.at[pair, "errors"])}
            for pair in NAMED_PAIRS
        ]
    named = pairs.set_index("pair").loc[list(NAMED_PAIRS)]
    first = pairs[pairs["rank"] == 1]
    return {
        "first": list(first["pair"]),
        "first_share": float(first["share"].iloc[0]),
        "first_in": list(first["first_in"]),
        "systems": len(answers),
        "own": own,
        "named": [
            {"pair": row.Index, "rank": int(row.rank_), "share": float(row.share)}
            for row in named.rename(columns={"rank": "rank_"}).itertuples()
        ],
        "together": float(named["share"].sum()),
        "pairs": len(pairs),
    }


def top_pairs(pairs: pd.DataFrame, n: int = 3) -> list[dict]:
    """Return the pairs that are confused most often, with their errors of one run."""
    return pairs[pairs["errors"] > 0].head(n).to_dict("records")


def overlap_facts(overlap: pd.DataFrame) -> dict[str, float]:
    """Return mean shares of common errors: of a system with itself, and with others.

    Where there are such, systems with several runs alone, so that both are of the same.
    """
    same = overlap["a"] == overlap["b"]
    several = overlap.loc[same & overlap["share"].notna(), "a"]
    if len(several) > 1:
        overlap = overlap[overlap["a"].isin(several) & overlap["b"].isin(several)]
        same = overlap["a"] == overlap["b"]
    return {
        "own": float(overlap.loc[same, "share"].mean()),
        "other": float(overlap.loc[~same, "share"].mean()),
        "chance": float(overlap.loc[~same, "chance"].mean()),
    }


def calibration_facts(table: pd.DataFrame) -> dict:
    """Return which system is calibrated best and worst, and how many are too sure."""
    ordered = table.sort_values("error")
    return {
        "n": len(table),
        "best": ordered.iloc[0].to_dict() if len(table) else {},
        "worst": ordered.iloc[-1].to_dict() if len(table) else {},
        "judged": int(table["low"].notna().sum()),
        "too_sure": _letters(table.loc[table["low"] > 0, "system"]),
        "unsure": _letters(table.loc[table["high"] < 0, "system"]),
    }


def _letters(systems) -> list[str]:
    """Return systems without their words: "A2, Adam" -> "A2"."""
    return [system.split(",")[0] for system in systems]


def gap_facts(table: pd.DataFrame, spread: dict) -> dict:
    """Return how many differences one run can show, and the seeds that they need.

    Differences from a system whose spread is not known are counted apart.

    Args:
        table: from `results.our_gaps` or `results.printed_gaps`.
        spread: from `results.spreads`.
    """
    seeds = table["seeds"].replace(math.inf, np.nan)
    stds = pd.Series({name: one["std"] for name, one in spread.items()}).dropna()
    stds = stds[stds > 0].sort_values()
    return {
        "spreads": [{"system": name, "std": std} for name, std in stds.items()],
        "n": int(table["seen"].notna().sum()),
        "unknown": int(table["seen"].isna().sum()),
        "seen": int(table["seen"].sum()),
        "five": int((table["seeds"] <= 5).sum()),
        "median": float(seeds.median()),
    }


def taken() -> list[dict]:
    """Return which printed value stands for each paper's network, and what excludes it.

    Returns:
        dicts of paper, claim, printed (text); others, claims of the same paper that cannot
        hold together with it, a rounding of it left out.
    """
    claims = load_claims()
    return [
        {
            "paper": claims.at[claim, "paper"],
            "claim": claim,
            "printed": printed(claim),
            "others": others,
        }
        for claim in BEST
        if (others := conflicting(claim))
    ]


def apart_facts(table: pd.DataFrame) -> dict:
    """Return the parts of the variance, and which factor is found.

    Args:
        table: from `mnistlib.stats.components.components`.
    """
    factors = table[table["source"] != REST]
    return {
        "factors": factors.to_dict("records"),
        "rest": table.set_index("source").loc[REST].to_dict(),
        "runs": int(table["levels"].iloc[-1]),
        "found": list(factors.loc[factors["p_holm"] < 0.05, "source"]),
        "tested": bool(factors["p_holm"].notna().any()),
    }


def answer(
    accuracy: Printed, hard: dict, shared: dict, theirs: dict | None, full: bool
) -> str:
    """Return the answer of the page.

    Args:
        accuracy: evidence about the printed accuracy.
        hard: from `hard_facts`.
        shared: from `overlap_facts`.
        theirs: of the differences that a paper draws, from `gap_facts`; None of runs not of
            the papers' size, whose spread says nothing about the papers'.
        full: whether the runs are of the paper's size.
    """
    return say(
        "answer",
        printed=accuracy.text,
        mean=float(accuracy.mean[0]) / 100,
        ends=[float(end[0]) / 100 for end in accuracy.one_run],
        place=accuracy.place,
        fits=fits(round((1 - float(accuracy.mean[0]) / 100) * N_TEST)),
        seeds=len(accuracy.ours),
        report=allowed(),
        hard=hard,
        overlap=shared if shared["other"] == shared["other"] else None,
        gaps=theirs,
        full=full,
    )
