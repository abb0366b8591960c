"""What the page on the fewest errors found: facts. The sentences are in findings.md.j2."""

import numpy as np
import pandas as pd

from mnistlib.chapters.frontier import last_images, results, search
from mnistlib.chapters.frontier.design import (
    AT_FIRST,
    BASE,
    ENSEMBLE,
    FIRST,
    INGREDIENTS,
    RATE_EDGES,
    levels_of,
)
from mnistlib.claims.an2020 import VOTED, an2020
from mnistlib.claims.registry import printed, reported
from mnistlib.show import prose, tables
from mnistlib.show.report import OURS
from mnistlib.show.reproduction import N_TEST, N_TRAIN
from mnistlib.show.words import number_of, power_sentence
from mnistlib.stats.ensembles import averaged
from mnistlib.stats.intervals import learned, place, prediction

# Aims, set before the first run: of a single network's mean, and of the ensemble.
GOALS = {"single": (0.9975, 0.9980), ENSEMBLE: (0.9980, 0.9987)}
BEST_CLAIM = "SAY-01"
OTHER_CLAIM = "SAY-09"  # what its paper also prints for that network
RIVAL = "S1"  # that network, as this study trains it
SMALL_GOALS = (0.99, 0.995)


def say(block: str, **facts) -> str:
    """Return a block of findings.md.j2 with its facts."""
    return prose.say(__file__, block, **facts)


def is_full(params, images) -> bool:
    """Tell whether the final runs have all of MNIST's images: only then are aims judged."""
    everything = params.n_train in (None, N_TRAIN) and params.n_test in (None, N_TEST)
    return images.name == "mnist" and everything


def used(params) -> str:
    """Return how many of MNIST's images the page takes, in a sentence; "" for all."""
    n_train, n_test = params.n_train or N_TRAIN, params.n_test or N_TEST
    if (n_train, n_test) == (N_TRAIN, N_TEST):
        return ""
    return (
        f"Of these it uses at most {tables.count(n_train)} to train and "
        f"{tables.count(n_test)} to test."
    )


def search_facts(
    rounds: list[tuple[pd.DataFrame, dict[str, str]]],
    around: str | None,
    confirmed: pd.DataFrame,
    candidates: dict[str, dict],
    chosen: str,
) -> dict:
    """Return what the search found.

    Args:
        rounds: of each round its table, from `search.search_table`, and what helped, from
            `search.helped`.
        around: from `search.centre`.
        confirmed: from `search.search_table`, of the candidates.
        candidates: from `search.candidates`.
        chosen: from `search.chosen_recipe`.
    """
    first, (table, levels) = rounds
    # The second round has runs of the first among its own, which are no second finding.
    again = {
        f"{name}: {level}" for name in levels_of(around) for level in INGREDIENTS[name]
    }
    again |= {f"{name}: {AT_FIRST}" for name in levels_of(around)}
    second = table, levels, again
    by_mean = confirmed.sort_values("mean", ascending=False, kind="stable")
    others = by_mean[by_mean["variant"] != chosen]
    return {
        "rounds": [_round_facts(*one) for one in (first, *([second] if around else []))],
        "around": around,
        "seeds": int(rounds[0][0]["n"].iloc[0]),
        "chosen": confirmed.set_index("variant", drop=False).loc[chosen].to_dict(),
        "kept": chosen == FIRST,
        "next": None if others.empty else others.iloc[0].to_dict(),
        "candidates": len(confirmed),
        "edge": RATE_EDGES.get(candidates[chosen].get("learning_rate")),
    }


def _round_facts(table: pd.DataFrame, levels: dict[str, str], known=frozenset()) -> dict:
    tested = table.dropna(subset="p_holm")
    sure = tested[tested["p_holm"] < search.ALPHA].sort_values("mean_difference")
    again = sure["variant"].isin(known)
    return {
        "recipe": table["variant"].iloc[0],
        "levels": [f"*{name}: {level}*" for name, level in levels.items()],
        "tested": len(tested),
        "sure": sure[~again].to_dict("records"),
        "again": [f"*{name}*" for name in sure.loc[again, "variant"]],
        "power": power_sentence(table.iloc[1:]),
    }


def shape_facts(table: pd.DataFrame) -> dict:
    """Return which network is first, and whether any is told apart from `BASE`.

    Args:
        table: from `search.shape_table`.
    """
    tested = table.dropna(subset="p_holm")
    return {
        "first": table["shape"].iloc[0],
        "second": table["shape"].iloc[1],
        "base": BASE,
        "tested": len(tested),
        "sure": tested[tested["p_holm"] < search.ALPHA].to_dict("records"),
        "power": power_sentence(table),
    }


def final_facts(runs: pd.DataFrame, papers: pd.DataFrame, recipe: str, full: bool) -> dict:
    """Return the best single system, by validation the first, and the ensemble.

    Args:
        runs: as in `answer`.
        papers: a row a run of the papers' systems.
        recipe: name of the chosen candidate.
        full: from `is_full`.
    """
    table = results.final_table(runs)
    single, ensemble = table.iloc[0].to_dict(), table.iloc[-1].to_dict()
    one_more = one_more_run(runs, single["system"])
    logs = an2020().query("network == 'M3'")
    rival = papers[papers["system"].str.startswith(f"{RIVAL}, ")]
    own = runs[runs["system"] == single["system"]]
    return {
        "recipe": recipe,
        "single": single,
        "ensemble": ensemble,
        "full": full,
        "claim": printed(BEST_CLAIM),
        "other": printed(OTHER_CLAIM),
        "one_more": one_more,
        "place": place(reported(BEST_CLAIM) / 100, *one_more),
        "rival": _beside(own, rival) | {"system": RIVAL} if len(rival) else None,
        "logs": _beside(own, logs.assign(test_accuracy=logs["last"], status="ok")),
        "voted": VOTED,
        "optimistic": float(logs["best"].mean()),
        "their_epochs": int(logs["epochs"].iloc[0]),
        "goals": [
            {"name": name, "goal": goal, "reached": results.reaches(row["mean"], goal)}
            | {"missing": (goal - row["mean"]) * N_TEST}
            | {"where": _where(goal, row)}
            for name, row in (("single", single), (ENSEMBLE, ensemble))
            for goal in GOALS[name]
        ],
    }


def _beside(own: pd.DataFrame, other: pd.DataFrame) -> dict:
    """Return another system's mean, and ours less it with Welch's 95 % interval over seeds.

    No interval where a run of either failed, or there is one run.
    """
    ours, theirs = own["test_accuracy"].astype(float), other["test_accuracy"].astype(float)
    found = {"n": len(theirs), "mean": theirs.mean(), "low": np.nan, "high": np.nan}
    good = [learned(one, "test_accuracy").all() for one in (own, other)]
    if all(good) and min(len(ours), len(theirs)) > 1 and ours.std() + theirs.std() > 0:
        from scipy.stats import ttest_ind

        ends = ttest_ind(ours, theirs, equal_var=False).confidence_interval()
        found |= {"low": ends.low, "high": ends.high}
    return found | {"difference": ours.mean() - theirs.mean()}


def _where(goal: float, row: dict) -> str:
    """Return inside or outside which of a system's 95 % intervals a goal lies, in words."""

    def inside(over: str) -> bool:
        return row[f"{over}low"] <= goal <= row[f"{over}high"]

    if row["both_low"] != row["both_low"]:
        return f"{'inside' if inside('image_') else 'outside'} the interval over images"
    if inside(""):
        return "inside the interval over seeds"
    if inside("both_"):
        return "outside the interval over seeds, inside that over seeds and images"
    return "outside the interval over seeds and images"


def cost_facts(table: pd.DataFrame, ours: list[str]) -> dict:
    """Return which systems are not beaten in cost and errors at once.

    Args:
        table: from `results.cost_table`.
        ours: names of our systems.
    """
    front = table[table["front"]]
    often = front.loc[front["share"] >= 0.95, "system"]
    mine = front["system"].isin(ours) | front["system"].str.startswith(ENSEMBLE)
    return {
        "n": len(table),
        "front": [
            {
                "system": row.system,
                "error": row.error,
                "seconds": search.seconds_text(row.seconds),
            }
            for row in front.itertuples()
        ],
        "often": [f"*{name}*" for name in often] if len(often) < len(front) else [],
        "papers": list(front.loc[~mine, "system"]),
    }


def small_facts(table: pd.DataFrame) -> list[dict]:
    """Return for each of `SMALL_GOALS` the smallest network that reaches it."""
    return [{"goal": goal, "found": results.needed(table, goal)} for goal in SMALL_GOALS]


def optimism_facts(table: pd.DataFrame, epochs: int) -> dict:
    """Return what choosing by test images adds: our runs' row, and An et al.'s M3.

    Args:
        table: from `results.optimism_table`.
        epochs: of our runs.
    """
    rows = table.set_index("system")
    return {
        "epochs": epochs,
        "their_epochs": int(an2020().query("network == 'M3'")["epochs"].iloc[0]),
        "ours": rows.loc["ours"].to_dict(),
        "theirs": rows.loc["An et al., M3"].to_dict(),
    }


def miss_facts(table: pd.DataFrame, never: dict, right: int, halves: list[dict]) -> dict:
    """Return how many images are missed, by judgement, and what labels may explain.

    Args:
        table: from `last_images.judged`.
        never: from `last_images.never_read`.
        right: images that the ensemble reads.
        halves: from `results.halves`; none where they are not MNIST's.
    """
    missed = table[table["missed"]]
    counts = missed["judgement"].value_counts()
    names = (last_images.DOUBTFUL, last_images.AMBIGUOUS, last_images.MISSED)
    doubtful = table[table["judgement"] == last_images.DOUBTFUL]
    read = int((~doubtful["missed"]).sum())
    low, high = results.doubtful_range(right, never["n"], len(doubtful), read)
    alike = table.loc[table["row"].isin(never["alike"]), "judgement"].value_counts()
    return never | {
        "missed": len(missed),
        "counts": [{"name": name, "n": int(counts.get(name, 0))} for name in names],
        "alike": [{"name": name, "n": int(alike.get(name, 0))} for name in names],
        "doubtful": len(doubtful),
        "changed": tables.percent(low, 3) != tables.percent(high, 3),
        "read": read,
        "halves": halves,
        "low": low,
        "high": high,
    }


def answer(
    runs: pd.DataFrame,
    papers: pd.DataFrame,
    costs: pd.DataFrame,
    ours: list[str],
    recipe: str,
    full: bool,
) -> str:
    """Return the page's answer: two generated paragraphs.

    Args:
        runs: the final runs in order of the finalists, then the ensemble: a row a run.
        papers: a row a run of the papers' systems.
        costs: from `results.cost_table`.
        ours: names of our systems.
        recipe: from `search.chosen_recipe`.
        full: from `is_full`.
    """
    first = say("best", **final_facts(runs, papers, recipe, full))
    return f"{first}\n\n{say('front', **cost_facts(costs, ours))}"


def headline_rows(runs: pd.DataFrame, full: bool) -> list[dict]:
    """Return our systems' rows of the front page: the best by validation, the ensemble.

    Args:
        runs: as in `answer`.
        full: from `is_full`.
    """
    table = results.final_table(runs)
    rows = []
    for one in (table.iloc[0], table.iloc[-1]):
        name, ends = one["system"], ["low", "high", "image_low", "image_high"]
        values = one[ends].to_dict()
        values |= zip(("one_low", "one_high"), one_more_run(runs, name), strict=True)
        facts = {"full": full, "ensemble": name.startswith(ENSEMBLE), "n": int(one["n"])}
        rows.append(
            {
                "paper": OURS,
                "system": f"our recipe, {name}",
                "quantity": "test accuracy",
                "claim_id": None,
                "ours": _percent(one["mean"]),
                "n_seeds": int(one["n"]),
                "text": say("row", failed=int(one["failed"]), **facts),
            }
            | {end: _percent(value) for end, value in values.items()}
        )
    return rows


def one_more_run(runs: pd.DataFrame, system: str) -> tuple[float, float]:
    """Return where one more run of a system would lie; NaN where one of its runs failed.

    Args:
        runs: as in `answer`.
        system: one of them.
    """
    own = runs[runs["system"] == system]
    if not learned(own, "test_accuracy").all():
        return np.nan, np.nan
    low, high = np.clip(prediction(own["test_accuracy"].tolist()), 0, 1)
    return float(low), float(high)


def _percent(x: float) -> float | None:
    return None if pd.isna(x) else round(100 * float(x), 6)


def versions_facts(table: pd.DataFrame, full: bool) -> dict:
    """Return what reading moved versions, too, adds to the best single and the ensemble.

    Args:
        table: from `results.versions_table`; may be empty.
        full: from `is_full`.
    """
    if table.empty:
        return {"rows": []}
    rows = [table.iloc[0].to_dict(), table.iloc[-1].to_dict()]
    reached = [
        [goal for goal in GOALS[name] if results.reaches(row["versions"], goal)]
        for name, row in zip(GOALS, rows, strict=True)
    ]
    return {"rows": rows, "full": full, "reached": reached}


def length_facts(costs: pd.DataFrame, epochs: int) -> dict:
    """Return what longer runs of the base network bring, the cheapest first.

    Args:
        costs: from `results.cost_table`.
        epochs: of the final runs.

    Returns:
        rows: dicts with system, n and images (errors in 10,000); fewer where runs did not
            learn, and none without two lengths.
        gain: of the last row over the one before it, in errors.
    """
    names = costs["system"]
    rows = costs[(names == BASE) | names.str.startswith(f"{BASE}, ")].dropna(subset="error")
    if len(rows) < 2:
        return {"rows": []}
    named = rows["system"].replace(BASE, f"{BASE}, {number_of(epochs, 'epoch')}")
    rows = rows.assign(system=named, images=(10_000 * rows["error"]).round(1))
    before, last = rows["images"].iloc[-2:]
    return {"rows": rows.to_dict("records"), "gain": round(before - last, 1)}


def member_facts(given: np.ndarray, runs) -> dict:
    """Return the errors of the ensemble, of its members, and of those of one system.

    Args:
        given: from `results.members`.
        runs: the final runs.
    """
    labels = runs.test_labels
    systems = runs.frame.set_index("key").loc[results.good_keys(runs), "system"]
    alone = (given.argmax(axis=2) != labels).sum(axis=1)

    def errors(some: np.ndarray) -> int:
        return int((averaged(some).argmax(axis=1) != labels).sum())

    parts = {name: given[(systems == name).to_numpy()] for name in dict.fromkeys(systems)}
    return {
        "ensemble": errors(given),
        "least": int(alone.min()),
        "most": int(alone.max()),
        "mean": round(float(alone.mean()), 1),
        "parts": [
            {"system": name, "n": len(part), "errors": errors(part)}
            for name, part in parts.items()
        ],
    }


def sentences(
    searched, shapes, members, versions, lengths, small, optimism, lost
) -> list[str]:
    """Return what is found beside the answer, a sentence each.

    Args:
        searched: from `search_facts`.
        shapes: from `shape_facts`.
        members: from `member_facts`.
        versions: from `versions_facts`.
        lengths: from `length_facts`.
        small: from `small_facts`.
        optimism: from `optimism_facts`.
        lost: from `miss_facts`.
    """
    return [
        say("search", **searched),
        say("shapes", **shapes),
        say("members", **members),
        *([say("versions", **versions)] if versions["rows"] else []),
        *([say("lengths", **lengths)] if lengths["rows"] else []),
        say("small", rows=small),
        say("optimism", **optimism),
        say("misses", **lost),
        say("ceiling", **lost),
    ]
