"""What the recipe's runs show: facts, and the sentences of ``findings.md.j2``."""

from dataclasses import replace

import pandas as pd

from mnistlib.chapters.recipe.design import BATCH_SIZE, EPOCHS, PARTS
from mnistlib.chapters.recipe.results import FINAL, SETS, SIMULATED
from mnistlib.claims.evidence import Evidence, Printed
from mnistlib.claims.registry import load_claims, printed, reported
from mnistlib.show import prose, reproduction
from mnistlib.stats.factorial import TIMES


def paper_sized(params, dataset: str) -> bool:
    """Tell whether the runs used the paper's images, epochs and batch size."""
    stated = {"epochs": (EPOCHS,), "batch_size": (BATCH_SIZE,)}
    return reproduction.is_full_size(params, dataset, **stated)


def term_names(table: pd.DataFrame) -> dict[str, str]:
    """Return how each term of the factorial is called: "batch norm × dropout"."""
    parts = {term: term.split(TIMES) for term in table["term"]}
    return {term: TIMES.join(PARTS[one] for one in part) for term, part in parts.items()}


def set_facts(items: list[Evidence]) -> dict[str, dict]:
    """Return for each printed set how many of its values our runs allow.

    Returns:
        "A" and "B" -> dict of n (values that have an interval; epochs, which have a range,
        and those that the paper calls simulated are left out), simulated (these), inside
        (those that lie in one more run's, under a padding at least), final (printed final
        test accuracy, text), paddings (with an interval of that: name, mean, a fraction,
        n seeds, images by which the printed one is above, place).
    """
    runs = [one for one in items if isinstance(one, Printed)]
    registry = load_claims()
    facts = {}
    for name, both in SETS.items():
        simulated = [claim for claim in both if SIMULATED in registry.at[claim, "hedge"]]
        claims = [
            claim
            for claim in both
            if claim not in simulated and registry.at[claim, "unit"] != "epoch"
        ]
        places = [{one.place for one in runs if one.claim_id == claim} for claim in claims]
        places = [found - {""} for found in places]
        final = [one for one in runs if one.claim_id == FINAL[name] and one.place]
        facts[name] = {
            "n": sum(bool(found) for found in places),
            "simulated": len(simulated),
            "inside": sum("inside" in found for found in places),
            "final": printed(FINAL[name]),
            "paddings": [_padding(one) for one in final],
        }
    return facts


def _padding(one: Printed) -> dict:
    """Return where a printed final accuracy lies among the runs with one padding."""
    mean = float(one.mean[0])
    return {
        "name": one.reading.split("`")[1],
        "mean": mean / 100,
        "n": len(one.ours),
        "images": (one.value[0] - mean) / 100 * (one.n_test or reproduction.N_TEST),
        "place": one.place,
    }


def first_epoch_facts(table: pd.DataFrame) -> dict:
    """Return rate and accuracies of the first epoch with padding `same` (means)."""
    runs = table[table["system"] == "same"]
    return {
        "rate": runs["first_rate"].iloc[0],
        "train": runs["first_train_accuracy"].mean(skipna=False),
        "test": runs["first_test_accuracy"].mean(skipna=False),
        "n": len(runs),
        "printed": [printed("SAY-05"), printed("SAY-06")],
        "printed_test": printed("SAY-07"),
        # Both readings of the padding together: does any run come as far?
        "apart": table["first_train_accuracy"].max() < reported("SAY-06") / 100
        and table["first_test_accuracy"].max() < reported("SAY-07") / 100,
    }


def loss_facts(table: pd.DataFrame) -> dict:
    """Return the last losses with padding `same` (means, nats), and those of set A."""
    runs = table[table["system"] == "same"]
    return {
        "train": runs["last_train_loss"].mean(skipna=False),
        "test": runs["last_test_loss"].mean(skipna=False),
        "printed": [printed("SAY-03"), printed("SAY-04")],
    }


def best_epoch_facts(table: pd.DataFrame) -> dict:
    """Return at which epochs the test accuracy of padding `same` is best: (least, most)."""
    epochs = table.loc[table["system"] == "same", "best_test_epoch"].dropna()
    both = (int(epochs.min()), int(epochs.max())) if len(epochs) else (0, 0)
    return {"least": both[0], "most": both[1], "printed": reported("SAY-12")[0]}


def effect_facts(table: pd.DataFrame, frame: pd.DataFrame) -> dict:
    """Return which terms of the factorial differ from zero, and what could be found.

    Args:
        table: what `mnistlib.stats.factorial.factorial` returned.
        frame: a row a run: accuracy, NaN where it did not learn.

    Returns:
        dict of tested (terms with a p value), mains and pairs (lists of name, effect, low,
        high; p < 0.05 after Holm), largest (of the main effects, the same fields; None
        where a run did not learn), least (order -> the effect found in 80 of 100 cases),
        runs and lost (those that did not), spreads (schedule -> the standard deviation of
        runs that differ by the seed alone; NaN of one seed).
    """
    names = term_names(table)
    rows = table.assign(name=table["term"].map(names))
    apart = rows[rows["p_holm"] < 0.05]
    fields = ["name", "effect", "low", "high", "p_holm"]
    mains = rows[(rows["order"] == 1) & rows["effect"].notna()]
    largest = mains.sort_values("effect", key=abs).tail(1)[fields].to_dict("records")
    within = frame.groupby(list(PARTS), as_index=False)["accuracy"].var()
    return {
        "tested": int(rows["p_holm"].notna().sum()),
        "mains": apart[apart["order"] == 1][fields].to_dict("records"),
        "pairs": apart[apart["order"] == 2][fields].to_dict("records"),
        "largest": largest[0] if largest else None,
        "least": table.groupby("order")["smallest_found"].max().to_dict(),
        "runs": len(frame),
        "lost": int(frame["accuracy"].isna().sum()),
        "spreads": (within.groupby("schedule")["accuracy"].mean() ** 0.5).to_dict(),
    }


def _row(optimism: pd.DataFrame, system: str) -> dict:
    return optimism[optimism["system"] == system].iloc[0].to_dict()


def answer(items: list[Evidence], optimism, effects: dict, is_paper_sized: bool) -> str:
    """Return the page's answer, in Markdown.

    Args:
        items: from `results.evidence`.
        optimism: from `results.optimism_table`.
        effects: from `effect_facts`.
        is_paper_sized: from `paper_sized`.
    """
    return prose.say(
        __file__,
        "answer",
        paper_sized=is_paper_sized,
        sets=set_facts(items),
        optimism=_row(optimism, "same"),
        effects=effects,
    )


def findings(table, optimism, readings, effects: dict, is_paper_sized: bool) -> str:
    """Return what the answer does not say, as a list in Markdown.

    Args:
        table: from `results.measured`.
        optimism, effects, is_paper_sized: as in `answer`.
        readings: from `results.readings`.
    """
    compared = readings["mean_difference"].notna()
    blocks = {
        "first_epoch": first_epoch_facts(table) | {"paper_sized": is_paper_sized},
        "losses": loss_facts(table) | {"paper_sized": is_paper_sized},
        "best_epoch": best_epoch_facts(table)
        | {"paper_sized": is_paper_sized, "held": _row(optimism, "held out")},
        "readings": {
            "rows": readings[compared].to_dict("records"),
            "lost": list(readings.loc[~compared, "a"]),
        },
        "effects": effects,
    }
    lines = [prose.say(__file__, name, **facts) for name, facts in blocks.items()]
    # A template breaks its lines where it likes; a finding is one.
    return "\n".join("- " + line.replace("\n", " ") for line in lines)


def headline_rows(items: list[Evidence], params, dataset: str) -> list[dict]:
    """Return the rows that `report.headline` stores: both sets' final accuracy and loss."""
    clause = reproduction.size_clause(params, dataset)
    rows = []
    for name, claims in (("A", ("SAY-01", "SAY-04")), ("B", ("SAY-09", "SAY-10"))):
        for claim, quantity in zip(claims, ("test accuracy", "test loss"), strict=True):
            one = next(x for x in items if x.claim_id == claim)  # padding `same`
            text = f"{reproduction.sentence(one)} {clause}".strip()
            one = replace(one, system=f"set {name}, padding same")
            rows.append(reproduction.headline_row(one, quantity, text))
    return rows
