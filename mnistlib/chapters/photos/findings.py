"""What the notebook on photographs found: facts. The sentences are in findings.md.j2."""

import numpy as np
import pandas as pd

from mnistlib.chapters.photos import damages, results
from mnistlib.chapters.photos.design import IMAGES, INVERTED, OURS, PAPERS, SOURCES
from mnistlib.chapters.photos.pictures import Photo, answers_of_r7, seen
from mnistlib.claims.evidence import Evidence, Untestable
from mnistlib.photos.damage import KINDS as DAMAGES
from mnistlib.show import prose
from mnistlib.show.tables import Column
from mnistlib.show.words import join
from mnistlib.stats.intervals import over_images

# Above this share of equal answers most pictures get one answer.
ONE_ANSWER = 0.5
STAND_IN_COLUMNS = [
    Column("reading", "picture"),
    Column("digits", "answers, by seed"),
    Column("eight", "probability of 8", ".3f"),
]


def say(block: str, **facts) -> str:
    """Return a block of findings.md.j2 with its facts."""
    return prose.say(__file__, block, **facts)


def _names(items) -> str:
    """Return names, which have commas, as a list in a sentence."""
    return join(f"*{item}*" for item in items)


def _with_texts(row: dict) -> dict:
    """Add to a row of `damages.breaks_table` its points, and who is not told apart."""
    alike = row["alike"] or []
    everyone = len(alike) == row["others"]
    names = "all others" if everyone else _names(alike)
    return row | {"names": names, "points": damages.points(row["lost"])}


def reader_facts(frame: pd.DataFrame, fitted: int, tested: int, undamaged: float) -> dict:
    """Return what each reader reads of all photographs, and R7 of those like MNIST.

    Args:
        frame: from `pictures.readings`.
        fitted: training images of the network.
        tested: test images that it was shown as they are.
        undamaged: what share of these it reads.
    """
    means = results.overall(frame)
    like = frame[(frame["kind"] == "as MNIST") & (frame["reader"] == PAPERS)]
    inks, kinds = frame["ink"].nunique(), frame["kind"].nunique()
    return {
        "n": inks * kinds,
        "inks": inks,
        "kinds": kinds,
        "seeds": frame["seed"].nunique(),
        "fitted": fitted,
        "tested": tested,
        "undamaged": undamaged,
        "papers": means[PAPERS],
        "inverted": means[INVERTED],
        "ours": means[OURS],
        "like": float(like["right"].mean()),
    }


def kind_facts(frame: pd.DataFrame) -> dict:
    """Return the kind of photograph that our reader reads worst, and what is told from it.

    Args:
        frame: from `pictures.readings`.
    """
    others = results.rivals(frame, OURS)
    table = results.kind_table(frame).set_index("kind")
    hardest = others.attrs["hardest"]
    mean, low, high = (
        table.at[hardest, f"{OURS}_{end}"] for end in ("mean", "low", "high")
    )
    return {
        "hardest": hardest,
        "mean": mean,
        "low": low,
        "high": high,
        "same": not others["cost"].any(),
        "next": others.iloc[0].to_dict(),
        "apart": int((others["low"] > 0).sum()),
        "apart_names": _names(others.loc[others["low"] > 0, "kind"]),
        "others": len(others),
        "inks": frame["ink"].nunique(),
        "needed": results.fewest_told(frame),
    }


def source_facts(frame: pd.DataFrame) -> dict:
    """Return what our reader reads of either source of digits.

    Args:
        frame: from `pictures.readings`.
    """
    ours = frame[frame["reader"] == OURS]
    inks = ours[ours["source"] == IMAGES]["ink"].nunique()
    shares = results.overall(ours, "source")
    drawn, images = ((shares[one], *over_images(shares[one], inks)) for one in SOURCES)
    return {"drawn": drawn, "images": images, "inks": inks, "kinds": ours["kind"].nunique()}


def step_facts(frame: pd.DataFrame) -> dict:
    """Return which steps cost something when they are left out, which nothing, or less.

    Args:
        frame: from `pictures.ablation`.
    """
    table = results.step_table(frame).iloc[1:]
    same = (table["lost"] == 0) & (table["gained"] == 0)
    unsure = ~same & (table["low"] <= 0) & (table["high"] >= 0)
    return {
        "costs": table[table["low"] > 0].to_dict("records"),
        "open": join(table.loc[unsure, "step"]),
        "idle": table.loc[same, "step"].tolist(),
        "harms": table[table["high"] < 0].to_dict("records"),
        "most": table.loc[same, "high"].max(),
        "n": frame["ink"].nunique(),
    }


def damage_facts(frame: pd.DataFrame, breaks: pd.DataFrame, fitted: int) -> dict:
    """Return which damage costs most and least, and which system loses most and least.

    Args:
        frame: from `damages.damaged`.
        breaks: from `damages.breaks_table` of it.
        fitted: training images of each network.
    """
    lost = damages.losses(frame)
    if lost.empty:
        return {"systems": 0}
    kinds = lost[list(DAMAGES)]
    of_kind = kinds.mean()
    clean = frame[frame["damage"] == damages.NOTHING].groupby("system")["accuracy"].mean()
    clean = clean[lost.index]
    worst, least = of_kind.idxmax(), of_kind.idxmin()
    ends = breaks[breaks["damage"] == damages.ALL].to_dict("records")
    most, fewest = map(_with_texts, ends)
    return {
        "systems": len(lost),
        "left_out": _names(
            s for s in dict.fromkeys(frame["system"]) if s not in lost.index
        ),
        "fitted": fitted,
        "clean_low": clean.min(),
        "clean_high": clean.max(),
        "worst": worst,
        "worst_lost": damages.points(of_kind.max()),
        "least": least,
        "least_lost": damages.points(of_kind.min()),
        "weakest": most,
        "strongest": fewest,
    }


def published_facts(
    table: pd.DataFrame, fitted: dict[str, int], models: dict[str, str], n: int
) -> dict:
    """Return what the published networks read, whole and damaged.

    Args:
        table: from `damages.published_table`.
        fitted: training images of each.
        models: the builder of each.
        n: test images.
    """
    rows = []
    for name, images in fitted.items():
        of_name = table.set_index("damage")[
            [f"{name}_{end}" for end in ("mean", "low", "high")]
        ].set_axis(["mean", "low", "high"], axis=1)
        rows.append(
            {
                "name": name,
                "fitted": images,
                "model": models[name],
                "clean": of_name.loc[damages.NOTHING].tolist(),
                "all": of_name.loc[damages.ALL].tolist(),
                "worst": of_name.loc[list(DAMAGES), "mean"].idxmin(),
            }
        )
    return {"rows": rows, "n": n}


def gain_facts(gains: pd.DataFrame) -> dict:
    """Return where augmentation helps and where it harms, beyond the spread of the seeds.

    Args:
        gains: from `damages.gain_table`.
    """
    where = [
        "on whole images" if damage == damages.NOTHING else f"under {damage}"
        for damage in gains["damage"]
    ]
    gains = gains.assign(damage=where)
    tested = gains[gains["p_holm"].notna()]
    sure = tested[tested["p_holm"] < 0.05]
    return {
        "tested": len(tested),
        "better": sure[sure["mean_difference"] > 0].to_dict("records"),
        "worse": sure[sure["mean_difference"] < 0].to_dict("records"),
        "open": len(tested) - len(sure),
    }


def answer(of_readers: dict, of_damages: dict) -> str:
    """Return the page's answer: two generated paragraphs.

    Args:
        of_readers: from `reader_facts`.
        of_damages: from `damage_facts`.
    """
    return f"{say('readers', **of_readers)}\n\n{say('robust', **of_damages)}"


def power_facts(power: pd.Series, frame: pd.DataFrame) -> dict:
    """Return which differences the damage's seeds find, and how unlike the spreads are.

    Args:
        power: smallest difference that is found, by damage.
        frame: from `damages.damaged`.
    """
    stds = damages.lost_by_seed(frame).groupby("system").std()
    stds = stds.loc[(stds > 0).all(axis=1)]
    return {
        "low": power.min(),
        "low_name": power.idxmin(),
        "high": power.max(),
        "high_name": power.idxmax(),
        "ratio": float((stds.max() / stds.min()).max()),
    }


def sentences(
    frame, photos, networks, steps, of_lines, of_damage, breaks, pairs, gains
) -> list[str]:
    """Return what is found beside the answer, a sentence each.

    Args:
        frame: from `pictures.readings`, of photos and networks.
        photos: of one digit each.
        networks: (system, seed) -> network.
        steps: from `pictures.ablation`.
        of_lines: from `pictures.read_lines`.
        of_damage: from `damages.damaged`.
        breaks: from `damages.breaks_table`.
        pairs: from `damages.comparisons`.
        gains: from `damages.gain_table`.
    """
    white = [photo for photo in photos if photo.kind == "white paper"]
    answers = answers_of_r7(white, networks)
    total = results.line_table(of_lines).iloc[-1].to_dict()
    power = pairs.groupby("damage")["smallest_found"].max().dropna()
    single = breaks[breaks["damage"] != damages.ALL]
    return [
        say(
            "always",
            n=len(white),
            answers=answers.to_dict("records"),
            one=answers["share"].min() > ONE_ANSWER,
            least=answers["share"].min(),
            most=answers["share"].max(),
        ),
        say("hardest", **kind_facts(frame)),
        say("sources", **source_facts(frame)),
        say("step", **step_facts(steps)),
        say("lines", **total),
        *(
            say("first", end=end, rows=list(map(_with_texts, rows.to_dict("records"))))
            for end, rows in single.groupby("end", sort=False)
        ),
        *([say("power", **power_facts(power, of_damage))] if len(power) else []),
        say("gains", **gain_facts(gains)),
    ]


LOST = (
    "The paper prints this for one picture, which is lost; its text says that this shows a "
    "0, the caption an 8. Pictures in its place are no reading of the paper."
)


def evidence() -> list[Evidence]:
    """Return why the two claims about the paper's picture cannot be tested."""
    return [Untestable("RAJ-13", LOST), Untestable("RAJ-14", LOST)]


def stand_in_table(pictures: dict[str, list[Photo]], networks: dict) -> pd.DataFrame:
    """Return what R7 says of each stand-in: reading, digits (by seed), probability of an 8.

    Args:
        pictures: from `pictures.stand_ins`.
        networks: (system, seed) -> network, of the paper's.
    """
    rows = []
    for reading, photos in pictures.items():
        shown = np.array(seen(photos, PAPERS))
        said = [network(shown) for network in networks.values()]
        digits = [np.bincount(one.argmax(axis=1), minlength=10).argmax() for one in said]
        eight = float(np.mean([one[:, 8].mean() for one in said]))
        rows.append({"reading": reading, "digits": list(map(int, digits)), "eight": eight})
    return pd.DataFrame(rows)
