"""What the notebook on tuning found: facts. The sentences are in findings.md.j2."""

from math import comb

import numpy as np
import pandas as pd

from mnistlib.chapters.tuning import design, results
from mnistlib.chapters.tuning.design import (
    CHOSEN,
    ONE,
    PLAIN,
    READINGS,
    SETTINGS,
    STATED,
    TRIALS,
)
from mnistlib.chapters.tuning.figures import SEARCH_NAMES
from mnistlib.chapters.tuning.results import words
from mnistlib.claims.evidence import Evidence, Fact, Printed, Untestable
from mnistlib.claims.registry import printed, reported
from mnistlib.show import prose, reproduction
from mnistlib.show.words import number_of, power_sentence
from mnistlib.stats.evaluate import N_CLASSES
from mnistlib.stats.factorial import TIMES
from mnistlib.stats.intervals import learned
from mnistlib.stats.search import runs_needed

ACCURACIES = {"ASH-01": "analysis", "ASH-02": "comparison", "ASH-03": "conclusion"}
SHARES = {"half": 0.5, "most": 0.95}  # of the orders of a search
BY_CHANCE = 3 * len(SETTINGS)  # Keras Tuner's default, before Bayesian search fits
NAMED_PAIRS = [(3, 8), (4, 9)]  # "visually similar digits", in the report's words


def say(block: str, **facts) -> str:
    """Return a block of findings.md.j2 with its facts."""
    return prose.say(__file__, block, **facts)


def grid_facts(frame: pd.DataFrame) -> dict:
    """Return what the grid chose, and the places of the points that are named.

    Args:
        frame: a row per run of the grid.
    """
    table, best = results.grid_table(frame), results.chosen(frame)
    enough = results.enough(frame)
    sound = table[table["failed"] == 0]
    named = {STATED: design.TEXT} | TRIALS
    tests = results.behind(frame)
    place = table.set_index(SETTINGS)["rank"].to_dict()
    return {
        "best": best,
        "points": len(table),
        "seeds": int(best["n"]),
        "near": int((sound["mean"] >= enough).sum()) - 1,
        "tested": int(tests["p"].notna().sum()),
        "behind": int(((tests["p_holm"] < 0.05) & (tests["high"] < 0)).sum()),
        "power": power_sentence(tests),
        "scatter": _scatter(frame),
        "places": {
            name: place[point]
            for name, values in named.items()
            if (point := tuple(values.values())) in place
        },
        "rate": reported("ASH-09"),
        "failed": int((~learned(frame, "val_accuracy")).sum()),
        "runs": len(frame),
    }


def _scatter(frame: pd.DataFrame) -> list[dict]:
    """Return the standard deviation within points by rate; of points whose runs learned."""
    sound = learned(frame, "val_accuracy").groupby([frame[s] for s in SETTINGS])
    kept = frame[sound.transform("all")]
    variance = kept.groupby(SETTINGS)["val_accuracy"].var().groupby("learning_rate").mean()
    return [{"rate": rate, "std": value**0.5} for rate, value in variance.dropna().items()]


def effect_facts(frame: pd.DataFrame, effects: pd.DataFrame) -> dict:
    """Return each setting's share of the variation, and the means at the levels.

    Args:
        frame: a row per run of the grid.
        effects: from `results.effects`.
    """
    tested = effects[effects["share"].notna()].sort_values("share", ascending=False)
    one = ~tested["term"].str.contains(TIMES)
    units = frame.groupby("units")["val_accuracy"].mean()
    rates = frame.groupby("learning_rate")["val_accuracy"].mean()
    return {
        "single": {words(row.term): row.share for row in tested[one].itertuples()},
        "together": float(tested.loc[~one, "share"].sum()),
        "larger": list(map(words, tested.loc[tested["p_holm"] < 0.05, "term"])),
        "lost": [f"{rate:g}" for rate in results.lost_rates(frame)],
        "rates": [{"level": level, "mean": mean} for level, mean in rates.items()],
        "units": units.index.tolist(),
        "gain": float(units.iloc[-1] - units.iloc[0]),
        "p": float(effects.loc[effects["term"] == "units", "p_holm"].mean()),
    }


def random_hits(points: int, good: int) -> pd.DataFrame:
    """Return the share of all orders in which random search has hit a good point.

    It draws without replacement, so the share is known and needs no replay. That Keras
    Tuner may end before the last points are drawn is left out.

    Args:
        points: of the grid.
        good: how many of them are good enough.

    Returns:
        DataFrame: cost (1 to points), hit (a fraction).
    """
    costs = range(1, points + 1)
    missed = [comb(points - good, cost) / comb(points, cost) for cost in costs]
    return pd.DataFrame({"cost": costs, "hit": [1 - share for share in missed]})


def search_facts(steps: pd.DataFrame, good: int) -> list[dict]:
    """Return for each search the runs after which so many orders are good enough.

    Args:
        steps: from `mnistlib.stats.search.progress`.
        good: how many points of the grid are good enough.

    Returns:
        dicts of name; orders, None where it is calculated for all; points; half and most:
        runs, None where the orders never get there.
    """
    facts = []
    for name, part in steps.groupby("search", sort=False):
        points, exact = int(part["cost"].max()), name == "random"
        orders = None if exact else int(part["orders"].iloc[0])
        hits = random_hits(points, good) if exact else part
        needed = {key: runs_needed(hits, share) for key, share in SHARES.items()}
        facts.append(
            {"name": SEARCH_NAMES[name], "orders": orders, "points": points} | needed
        )
    return facts


def pair_facts(counts: np.ndarray) -> dict:
    """Return how the pairs that the report names stand among all that are confused.

    Args:
        counts: a confusion matrix, or the sum of several.

    Returns:
        dict of named, a dict for each: a, b, errors, rank (1 with the most errors, the same
        for as many; None without an error), tied (how many share it); first, the pairs of
        rank 1, in the same form; errors, of all pairs.
    """
    table = results.confused_pairs(counts)
    table["rank"] = table["errors"].rank(method="min", ascending=False).astype(int)
    table["tied"] = table.groupby("errors")["errors"].transform("size")
    rows = {(row["a"], row["b"]): row for row in table.to_dict("records")}
    none = {"errors": 0, "rank": None}
    return {
        "named": [rows.get((a, b), {"a": a, "b": b} | none) for a, b in NAMED_PAIRS],
        "first": [row for row in rows.values() if row["rank"] == 1],
        "errors": int(table["errors"].sum()),
    }


def answer(grid: pd.DataFrame, effects, steps, items, params, images) -> str:
    """Return the page's answer: three generated paragraphs.

    Args:
        grid: a row per run of the grid.
        effects: from `results.effects`.
        steps: from `mnistlib.stats.search.progress`.
        items: from `evidence`.
        params, images: of the page.
    """
    text = headline_rows(items, "")[0]["text"]
    text = text[0].lower() + text[1:]
    size = reproduction.size_clause(params, images.name)
    facts = grid_facts(grid)
    searches = search_facts(steps, good=facts["near"] + 1)
    return "\n\n".join(
        [
            f"{say('best', **facts)} {say('shares', **effect_facts(grid, effects))}",
            say("searches", searches=searches, first=BY_CHANCE),
            f"At the stated rate, with 64 filters and units: {text} {size}".strip(),
        ]
    )


def sentences(grid: pd.DataFrame, effects, params) -> list[str]:
    """Return what is found beside the answer, a sentence each."""
    facts = grid_facts(grid)
    of_effects = effect_facts(grid, effects)
    low, high = results.implied_accuracy()
    return [
        say("three", values=list(map(printed, ACCURACIES)), low=low, high=high),
        say("choice", **facts),
        say("apart", **facts),
        say("places", **facts),
        say("rates", **facts, **of_effects, epochs=params.grid_epochs),
        say("units", **of_effects),
        say("larger", **of_effects),
    ]


def differences(table: pd.DataFrame) -> list[str]:
    """Return a sentence for each reading, and for the grid's choice.

    Args:
        table: from `results.difference_table`.
    """
    rows = table[table["a"].isin([ONE, PLAIN, CHOSEN])]
    return [say("difference", **row) for row in rows.to_dict("records")]


def _how(epochs: int, params) -> str:
    """Return what the report leaves open, but for the network, as it was chosen here."""
    return (
        f"{number_of(epochs, 'epoch')}, batches of {params.batch_size}, images moved by up "
        f"to {params.rotation:g}°, {params.shift:g} and {params.zoom:g}, one sixth held out"
    )


def evidence(grid: pd.DataFrame, finals, params, images) -> list[Evidence]:
    """Return what this page holds against the claims of the report.

    Args:
        grid: a row per run of the grid.
        finals: the `mnistlib.runs.Runs` of the tested systems, labelled by system.
        params, images: of the page.
    """
    sized = reproduction.is_full_size(params, images.name, **design.TESTED)
    frame, items = finals.frame, []
    for system, convs in READINGS.items():
        runs = frame[frame["system"] == system]
        scores = results.class_scores(finals, runs["key"])
        reading = f"{convs}, 64 filters, 64 units, {_how(params.epochs, params)}"
        fields = {"reading": reading, "paper_sized": sized}
        name = f"tuned CNN, {convs}"
        for claim in ACCURACIES:
            items += reproduction.test_evidence(runs, name, (claim,), **fields)
        means = results.averages(scores)
        ours = {
            claim: scores[column].to_numpy().reshape(-1, N_CLASSES).tolist()
            for column, claim in results.SCORES.items()
        } | {
            "ASH-14": runs["test_accuracy"].tolist(),
            "ASH-15": means["macro"],
            "ASH-16": means["weighted"],
        }
        items += reproduction.from_runs(runs, name, ours, **fields)
    for system, claim in design.TRIAL_CLAIMS.items():
        runs = frame[frame["system"] == system]
        items += reproduction.from_runs(
            runs,
            system,
            {claim: runs["val_accuracy"].tolist()},
            reading=f"two convolutions, {_how(params.epochs, params)}",
            paper_sized=sized,
        )
    grid_sized = reproduction.is_full_size(params, images.name, **design.CHOOSING)
    rates = [
        results.chosen(part)["learning_rate"]
        for _, part in grid.groupby("seed", sort=False)
    ]
    reading = f"two convolutions, {_how(params.grid_epochs, params)}"
    items.append(Printed("ASH-09", "grid", rates, reading, paper_sized=grid_sized))
    items += _facts(images)
    return items


def _facts(images) -> list[Evidence]:
    """Return what no run decides: the class counts, and what cannot be tested."""
    items: list[Evidence] = [
        Untestable(
            "ASH-17",
            "The true labels are not printed, nor how the four images were chosen.",
        )
    ]
    if images.name == "mnist":
        counts = np.bincount(images.y_test, minlength=N_CLASSES).tolist()
        text = "The test images of each digit were counted."
        items.append(Fact("ASH-13", counts == reported("ASH-13"), text))
    return items


def headline_rows(items: list[Evidence], clause: str) -> list[dict]:
    """Return the rows of the front page: the three accuracies that the report prints."""
    return [
        reproduction.headline_row(
            one,
            f"test accuracy ({ACCURACIES[one.claim_id]})",
            f"{reproduction.sentence(one)} {clause}".strip(),
        )
        for one in items
        if one.claim_id in ACCURACIES and one.reading.startswith(READINGS[STATED])
    ]
