"""What the notebook on photographs found: facts. The sentences are in findings.md.j2."""

import numpy as np
import pandas as pd

from mnistlib.chapters.photos import results
from mnistlib.chapters.photos.design import (
    EPOCHS,
    IMAGES,
    IN_PLACE,
    INVERTED,
    OURS,
    PAPERS,
    STROKES,
)
from mnistlib.chapters.photos.pictures import Photo, answers_of_r7, seen
from mnistlib.claims.evidence import Evidence, Printed
from mnistlib.show import prose
from mnistlib.show.reproduction import N_TRAIN
from mnistlib.show.tables import Column

# From this share of equal answers on, what is shown hardly matters.
ONE_ANSWER = 0.5
STAND_IN_COLUMNS = [
    Column("reading", "picture"),
    Column("digits", "answers, by seed"),
    Column("eight", "probability of 8", ".3f"),
]


def say(block: str, **facts) -> str:
    """Return a block of findings.md.j2 with its facts."""
    return prose.say(__file__, block, **facts)


def _points(x: float) -> str:
    return f"{100 * x:.1f}"


def reader_facts(frame: pd.DataFrame) -> dict:
    """Return what each reader reads of all photographs, and R7 of those like MNIST.

    Args:
        frame: from `pictures.readings`.
    """
    means = results.overall(frame)["mean"]
    like = frame[(frame["kind"] == "as MNIST") & (frame["reader"] == PAPERS)]
    one = frame[(frame["reader"] == OURS) & (frame["seed"] == frame["seed"].iloc[0])]
    return {
        "n": int(one["n_examples"].sum()),
        "seeds": frame["seed"].nunique(),
        "papers": means[PAPERS],
        "inverted": means[INVERTED],
        "ours": means[OURS],
        "like": float(like["accuracy"].mean()),
    }


def kind_facts(frame: pd.DataFrame) -> dict:
    """Return the kind of photograph that our reader reads worst, and both sources.

    Args:
        frame: from `pictures.readings`.
    """
    table = results.kind_table(frame)
    last = table.loc[table[f"{OURS}_mean"].idxmin()]
    ours = frame[frame["reader"] == OURS]
    sources = results.overall(ours, "source")
    n = ours[(ours["source"] == IMAGES) & (ours["seed"] == ours["seed"].iloc[0])]
    return {
        "hardest": last["kind"],
        "hardest_mean": last[f"{OURS}_mean"],
        "hardest_low": last[f"{OURS}_low"],
        "hardest_high": last[f"{OURS}_high"],
        "ours": table[f"{OURS}_mean"].max(),
        "drawn": sources.at[STROKES, "mean"],
        "images": sources.at[IMAGES, "mean"],
        "n": int(n["n_examples"].sum()),
    }


def step_facts(frame: pd.DataFrame, most: int = 3) -> dict:
    """Return the steps that cost most when they are left out, and those that cost nothing.

    Args:
        frame: from `pictures.ablation`.
        most: how many steps are named.
    """
    table = results.step_table(frame).iloc[1:]
    dear = table[table["cost"] > 0].head(most)
    return {
        "costs": [
            {"step": row.step, "text": _points(row.cost)} for row in dear.itertuples()
        ],
        "idle": table.loc[(table["lost"] == 0) & (table["gained"] == 0), "step"].tolist(),
    }


def damage_facts(frame: pd.DataFrame) -> dict:
    """Return which damage costs most and least, and which system loses most and least.

    Args:
        frame: from `results.damaged`.
    """
    lost = results.losses(frame)
    if lost.empty:
        return {"systems": 0}
    of_kind, of_system = lost.mean(), lost.mean(axis=1)
    return {
        "systems": len(lost),
        "left_out": sorted(set(frame["system"]) - set(lost.index)),
        "worst": of_kind.idxmax(),
        "worst_lost": _points(of_kind.max()),
        "least": of_kind.idxmin(),
        "least_lost": _points(of_kind.min()),
        "strongest": of_system.idxmin(),
        "strongest_lost": _points(of_system.min()),
        "weakest": of_system.idxmax(),
        "weakest_lost": _points(of_system.max()),
    }


def gain_facts(gains: pd.DataFrame) -> dict:
    """Return where augmentation helps and where it harms, beyond the spread of the seeds.

    Args:
        gains: from `results.gain_table`.
    """
    gains = gains.assign(damage=gains["damage"].replace({results.NOTHING: "no damage"}))
    tested = gains[gains["p_holm"].notna()]
    sure = tested[tested["p_holm"] < 0.05]
    return {
        "tested": len(tested),
        "better": sure[sure["mean_difference"] > 0].to_dict("records"),
        "worse": sure[sure["mean_difference"] < 0].to_dict("records"),
        "open": len(tested) - len(sure),
    }


def answer(frame: pd.DataFrame, of_damage: pd.DataFrame) -> str:
    """Return the page's answer: two generated paragraphs."""
    first = say("readers", **reader_facts(frame))
    return f"{first}\n\n{say('robust', **damage_facts(of_damage))}"


def sentences(frame, photos, networks, steps, of_lines, of_damage, gains) -> list[str]:
    """Return what is found beside the answer, a sentence each.

    Args:
        frame: from `pictures.readings`, of photos and networks.
        photos: of one digit each.
        networks: (system, seed) -> network.
        steps: from `pictures.ablation`.
        of_lines: from `pictures.read_lines`.
        of_damage: from `results.damaged`.
        gains: from `results.gain_table`.
    """
    white = [photo for photo in photos if photo.kind == "white paper"]
    answers = answers_of_r7(white, networks)
    of_kind, total = kind_facts(frame), results.line_table(of_lines).iloc[-1].to_dict()
    return [
        say(
            "always",
            n=len(white),
            answers=answers.to_dict("records"),
            one=answers["share"].mean() > ONE_ANSWER,
        ),
        say("hardest", **of_kind),
        say("sources", **of_kind),
        say("step", **step_facts(steps)),
        say("lines", **total),
        say("first", rows=results.breaks_table(of_damage).to_dict("records")),
        say("gains", **gain_facts(gains)),
    ]


def evidence(
    pictures: dict[str, list[Photo]], networks: dict, params, images
) -> list[Evidence]:
    """Return what this page holds against the two claims about the paper's picture.

    Args:
        pictures: from `pictures.stand_ins`.
        networks: (system, seed) -> network, of the paper's.
        params, images: of the page.
    """
    all_of_mnist = images.name == "mnist" and params.n_train in (None, N_TRAIN)
    sized = all_of_mnist and params.epochs == EPOCHS
    items: list[Evidence] = []
    for reading, photos in pictures.items():
        shown = np.array(seen(photos, PAPERS))
        said = [network(shown) for network in networks.values()]
        digits = [
            int(np.bincount(one.argmax(axis=1), minlength=10).argmax()) for one in said
        ]
        vectors = [one.mean(axis=0).tolist() for one in said]
        for claim, ours in (("RAJ-13", digits), ("RAJ-14", vectors)):
            items.append(Printed(claim, PAPERS, ours, reading, paper_sized=sized))
    return items


def stand_in_table(items: list[Evidence]) -> pd.DataFrame:
    """Return what R7 says of each stand-in: reading, digits, probability of an 8."""
    digits = {one.reading: one.ours for one in items if one.claim_id == "RAJ-13"}
    vectors = {one.reading: one.values for one in items if one.claim_id == "RAJ-14"}
    rows = [
        {
            "reading": reading.removesuffix(f", {IN_PLACE}"),
            "digits": given,
            "eight": float(vectors[reading][:, 8].mean()),
        }
        for reading, given in digits.items()
    ]
    return pd.DataFrame(rows)
