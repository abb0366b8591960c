"""The facts that the optimizer page states; `findings.md.j2` has the sentences."""

from itertools import pairwise

import numpy as np
import pandas as pd

from mnistlib.chapters.optimizers.design import A1, A2, A2_FAST, A3
from mnistlib.data.datasets import describe
from mnistlib.show import reproduction
from mnistlib.show.prose import say
from mnistlib.show.style import label
from mnistlib.show.tables import percent
from mnistlib.show.words import power_sentence
from mnistlib.stats.compare import compare
from mnistlib.stats.intervals import learned
from mnistlib.stats.power import seed_spread

_PAPER_ORDER = ("sgd", "adam", "adadelta")
_ALIKE = 0.001  # gains of accuracy that lie no further apart are called the same


def tell(block: str, **facts) -> str:
    """Return a finding in words: a block of this chapter's template."""
    return say(__file__, block, **facts).replace("\n", " ")


def protocol(params, dataset) -> str:
    """Return in words what each reported run was trained and tested on."""
    return tell(
        "protocol",
        n_train=params.n_train or len(dataset.y_train),
        whole=len(dataset.y_train),
        title=describe(dataset)["title"],
        n_test=params.n_test or len(dataset.y_test),
        params=params,
    )


def answer(paper: pd.DataFrame, tuned: pd.DataFrame, gaps: pd.DataFrame) -> dict:
    """Return what is left of the differences between optimizers when each has its rate.

    Args:
        paper: rows of the tested runs of `PAPER`.
        tuned: rows of the tested runs at the chosen rates.
        gaps: from `results.gap_table`.

    Returns:
        dict of gaps: a dict for each pair of SGD, Adam and Adadelta, with gap ("SGD to
        Adam"), paper (printed), before (at the paper's rates, Adam at 0.001) and the
        columns of `compare` at the chosen ones. kept and lost: the names of those whose
        difference has the same sign at the chosen rates, and p < 0.05 where it is tested,
        and of the others. fast: before, with Adam at 0.01, of the two pairs with Adam.
        unknown: whether a difference is not known, since runs failed. n (seeds).
    """
    failed = ~learned(tuned, "test_accuracy")
    pairs = [("adam", "sgd"), ("adadelta", "sgd"), ("adadelta", "adam")]
    after = compare(tuned, "method", "test_accuracy", failed=failed, pairs=pairs)
    before = gaps["mean_difference"].to_numpy()
    after = after.assign(
        gap=[f"{label(b)} to {label(a)}" for a, b in pairs],
        paper=gaps["paper"].to_numpy(),
        before=before,
    )
    same = np.sign(after["mean_difference"]) == np.sign(before)
    kept = same & (after["p_holm"].fillna(0) < 0.05)
    fine = paper[learned(paper, "test_accuracy").groupby(paper["system"]).transform("all")]
    means = fine.groupby("system")["test_accuracy"].mean().reindex([A1, A2_FAST, A3])
    fast = list(means.diff().iloc[1:])
    known = [*before, *after["mean_difference"], *fast]
    return {
        "gaps": after.to_dict("records"),
        "kept": list(after.loc[kept, "gap"]),
        "lost": list(after.loc[~kept, "gap"]),
        "fast": fast,
        "unknown": bool(np.isnan(known).any()),
        "n": paper["seed"].nunique(),
    }


def swap(best: pd.DataFrame, val: pd.DataFrame) -> dict:
    """Compare what tuning SGD's rate gains with what changing the optimizer gains.

    Args:
        best: from `design.best_rates`.
        val: rows of the runs of `PAPER` with validation images held out.

    Returns:
        dict of rate (chosen for SGD), tuning (gain of SGD by it) and swap (gain of the
        paper's Adadelta over its SGD), on validation images; alike, how far apart the two
        may lie to be called the same.
    """
    means = val.groupby("system")["val_accuracy"].mean()
    sgd = best.set_index("method").loc["sgd"]
    return {
        "rate": float(sgd["learning_rate"]),
        "tuning": float(sgd["mean"] - means[A1]),
        "swap": float(means[A3] - means[A1]),
        "alike": _ALIKE,
    }


def _below(a: float, b: float) -> bool:
    """Tell whether a < b as they are printed."""
    return a < b and percent(a) != percent(b)


def ranking(means: dict[str, float]) -> dict:
    """Order methods by their mean accuracy, and say whether the paper's order holds.

    Returns:
        dict of ranked, a list of (sign, method, mean) from the lowest, the sign that to
        the one before: "", "<" or "="; holds, whether SGD < Adam < Adadelta.
    """
    names = sorted(means, key=means.get)
    signs = [" < " if _below(means[a], means[b]) else " = " for a, b in pairwise(names)]
    return {
        "ranked": [
            (sign, name, means[name])
            for sign, name in zip(["", *signs], names, strict=True)
        ],
        "holds": all(_below(means[a], means[b]) for a, b in pairwise(_PAPER_ORDER)),
    }


def orders(paper: pd.DataFrame, tuned: pd.DataFrame) -> dict[str, dict]:
    """Return `ranking` at the paper's rates, by Adam's rate, and at the chosen ones."""
    means = paper.groupby("system")["test_accuracy"].mean()
    default, fast = (
        ranking(dict(zip(_PAPER_ORDER, means[[A1, adam, A3]], strict=True)))
        for adam in (A2, A2_FAST)
    )
    chosen = tuned.groupby("method", sort=False)["test_accuracy"].mean().to_dict()
    return {"default": default, "fast": fast, "chosen": ranking(chosen)}


def sensitivity(frame: pd.DataFrame) -> list[dict]:
    """Return how far the unstated settings move the mean accuracy of A1, A2 and A3.

    Args:
        frame: tested runs of the readings of A1, A2 and A3.

    Returns:
        dicts of optimizer, readings (how many), low, high (the means at the worst and the
        best), failed (readings with a run that did not learn, which are left out).
    """
    good = frame.assign(good=learned(frame, "test_accuracy"))
    keys = ["optimizer", "system", "epochs", "batch_size"]
    table = good.groupby(keys, sort=False, as_index=False).agg(
        mean=("test_accuracy", "mean"), good=("good", "all")
    )
    return [
        {
            "optimizer": optimizer,
            "readings": len(part),
            "low": part.loc[part["good"], "mean"].min(),
            "high": part.loc[part["good"], "mean"].max(),
            "failed": int((~part["good"]).sum()),
        }
        for optimizer, part in table.groupby("optimizer", sort=False)
    ]


def told_apart(table: pd.DataFrame) -> dict:
    """Return which pairs `compare` told apart: tested (how many), apart (rows), power."""
    return {
        "tested": int(table["p_holm"].notna().sum()),
        "apart": list(table[table["p_holm"] < 0.05].itertuples()),
        "power": power_sentence(table),
    }


def sentences(paper, tuned, gaps, best, systems, params, dataset) -> list[str]:
    """Return the findings that the answer leaves out.

    Args:
        paper: rows of the tested runs of `PAPER`.
        tuned: rows of the tested runs at the chosen rates.
        gaps: from `results.gap_table`.
        best: from `design.best_rates`.
        systems: from `sensitivity`.
        params: `mnistlib.chapters.optimizers.params.Params`.
        dataset: "mnist" or "digits".
    """
    rows = list(gaps.itertuples())
    three = paper[paper["system"].isin([A1, A2, A3])]
    reach = seed_spread(three, "system", "test_accuracy")
    return [
        *(tell("order", which=k, **facts) for k, facts in orders(paper, tuned).items()),
        tell("gaps", **told_apart(gaps)),
        tell("face_value", gaps=rows),
        tell(
            "spread",
            **reach,
            fast=paper.loc[paper["system"] == A2_FAST, "test_accuracy"].std(),
            n=len(params.seeds),
            full_size=reproduction.is_full_size(params, dataset),
            inside=[row for row in rows if abs(row.paper) <= reach["reach"]],
        ),
        tell("sensitivity", systems=systems, gaps=rows),
        tell("edges", edges=list(best[best["edge"] != ""].itertuples())),
        tell("failures", **best[["trials", "diverged", "stuck"]].sum()),
    ]


def headline_rows(readings: pd.DataFrame, params, dataset) -> list[dict]:
    """Return the rows for `report.headline`: A1, A2 (0.001), A3, of `results.readings`."""
    text = f"Base CNN of our choice, {protocol(params, dataset)}."
    rows = readings[readings["quantity"] != "loss"].set_index("system")["evidence"]
    return [
        reproduction.headline_row(rows[system], "test accuracy", text)
        for system in (A1, A2, A3)
    ]
