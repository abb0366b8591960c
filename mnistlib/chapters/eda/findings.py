"""What is in the data: the facts behind the sentences, and the claims they bear on."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from mnistlib.chapters.eda.results import class_counts, range_claims, support_claims
from mnistlib.claims import load_claims, reported
from mnistlib.claims.evidence import Fact
from mnistlib.data.datasets import Dataset
from mnistlib.show import prose
from mnistlib.stats.compare import two_proportions

# Our reading of "about" and "around": no count is further off than a fifth.
ABOUT = 0.2
say = partial(prose.say, __file__)


def classes(table: pd.DataFrame) -> dict[str, Any]:
    """Return how even the classes are.

    Args:
        table: what `eda.class_table` returns.

    Returns:
        train, test (images); most, least (training digits) and most_n, least_n; always
        (share of the test images that the most frequent digit has); off (the most by which
        a digit's share differs in the last 30 % of the training part).
    """
    most, least = table["train"].idxmax(), table["train"].idxmin()
    return {
        "train": table["train"].sum(),
        "test": table["test"].sum(),
        "most": most,
        "least": least,
        "most_n": table.at[most, "train"],
        "least_n": table.at[least, "train"],
        "always": table.at[most, "test_share"],
        "off": (table["last_share"] - table["train_share"]).abs().max(),
    }


def printed_counts(dataset: Dataset) -> list[Fact]:
    """Return which counts that the papers print agree with the data; none but for MNIST.

    A hedged count holds when no digit is further off than `ABOUT`.
    """
    if dataset.name != "mnist":
        return []
    facts = []
    for claim in range_claims(dataset).to_dict("records"):
        away = max(claim["most"] / claim["high"] - 1, 1 - claim["least"] / claim["low"], 0)
        holds = not claim["outside"] or (bool(claim["hedge"]) and away <= ABOUT)
        text = say("range", away=away, about=ABOUT, holds=holds, **claim)
        facts.append(Fact(claim["claim_id"], holds, text))

    near, hedge = reported("AHM-17"), load_claims().at["AHM-17", "hedge"]
    off = class_counts(dataset.y_train) / near - 1
    ends = {"low": off.min(), "high": off.max()}
    holds = bool(np.abs(off).max() <= (ABOUT if hedge else 0))
    text = say("level", near=near, hedge=hedge, about=ABOUT, holds=holds, **ends)
    facts.append(Fact("AHM-17", holds, text))

    supports, total = support_claims(dataset), reported("RAU-10")
    for paper, claim_id, own in (("raut", "RAU-06", total), ("asher", "ASH-13", None)):
        wrong = supports.loc[supports[f"{paper}_difference"] != 0, "digit"].tolist()
        sums = {"sum": supports[paper].sum(), "own": own}
        text = say("supports", paper=paper, wrong=wrong, **sums)
        facts.append(Fact(claim_id, not wrong, text))

    n_test = len(dataset.y_test)
    text = say("total", printed=total, counted=n_test)
    return [*facts, Fact("RAU-10", total == n_test, text)]


def shapes(facts: pd.DataFrame) -> dict[str, Any]:
    """Return how much ink digits have, and where they lie.

    Args:
        facts: what `eda.shape_facts` returns, of the training images.

    Returns:
        most, least (digits with the most and the least ink on average), ratio; down and
        right (mean, low and high end of the middle 98 %, of the centre of mass, in pixels
        from the middle); full (share whose longer side is 20 pixels).
    """
    ink = facts.groupby("label")["ink"].mean()
    box = facts[["height", "width"]].max(axis=1)
    places = {
        name: [facts[name].mean(), *facts[name].quantile([0.01, 0.99])]
        for name in ("down", "right")
    }
    return places | {
        "most": ink.idxmax(),
        "least": ink.idxmin(),
        "ratio": ink.max() / ink.min(),
        "full": (box == 20).mean(),
    }


def duplicates(table: pd.DataFrame) -> dict[str, int]:
    """Return how many images have an equal, by part, and how many more across the parts.

    Args:
        table: what `neighbours.exact_duplicates` returns.
    """
    repeated = table.set_index("part")["repeated"]
    own = {name: int(repeated[name]) for name in ("training", "test")}
    return own | {"across": int(repeated["both together"]) - sum(own.values())}


def near_duplicates(summary: pd.DataFrame) -> dict[str, Any]:
    """Return how near test images lie to training images, and these to each other.

    Args:
        summary: what `neighbours.summarise_search` returns.

    Returns:
        test and train: its rows; p, of equal shares of near-duplicates.
    """
    rows = summary.set_index("part").to_dict("index")
    test, train = rows["test"], rows["train"]
    p = two_proportions(test["near"], test["images"], train["near"], train["images"])
    return {"test": test, "train": train, "p": p}
