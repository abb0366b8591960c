"""What the runs of the complex CNN and of the family show: facts, and their sentences."""

from functools import partial

import pandas as pd

from mnistlib.chapters.complex_cnn.design import COMPLEX, DENSE_NETWORK, FACTORS, REFERENCE
from mnistlib.chapters.complex_cnn.layouts import plain
from mnistlib.claims.evidence import Printed
from mnistlib.show import prose, words
from mnistlib.show.reproduction import (
    AHMAREEN,
    from_runs,
    is_full_size,
    sentence,
    test_evidence,
)

CLOSE = 0.005  # half a percentage point: "nearly as accurate" in `front_facts`
SURE = 0.05
# The rate is stated (`ahmareen2024`, Fig. 8); the rest is not.
READINGS = AHMAREEN | {
    "learning_rate": (0.01,),
    "family_momentum": AHMAREEN["momentum"],
}

say = partial(prose.say, __file__)


def search_facts(hits: pd.DataFrame, tried: pd.DataFrame, parameters: int) -> dict:
    """Return what `layouts.search` gave for a number of parameters."""
    fitting = plain(hits)
    network = fitting.iloc[0].to_dict() if len(fitting) == 1 else {}
    return network | {
        "total": int(tried["candidates"].sum()),
        "hits": len(hits),
        "counts": sorted(hits["convolutions"].unique()),
        "parameters": parameters,
        "plain": len(fitting),
    }


def is_papers_size(params, dataset: str) -> bool:
    """Tell whether runs have the images, the stated rate and declared settings."""
    return is_full_size(params, dataset, **READINGS)


def evidence(params, dataset: str, runs: pd.DataFrame, read: pd.DataFrame) -> list[Printed]:
    """Return what the runs say of the printed accuracy, loss and image, a reading each.

    The paper leaves momentum, epochs and batch size open.

    Args:
        params: `mnistlib.chapters.complex_cnn.params.Params`.
        dataset: "mnist" or "digits".
        runs: a row per tested run: system (its momentum in words), key, and its results.
        read: of `mnistlib.show.reproduction.read_image`; empty where it was not tested.
    """
    system = f"complex CNN, SGD {params.learning_rate:g}"
    sized = is_papers_size(params, dataset)
    length = f"{words.number_of(params.epochs, 'epoch')} and batches of {params.batch_size}"
    items = []
    for momentum, part in runs.groupby("system", sort=False):
        fields = {"reading": f"{momentum}, {length}", "paper_sized": sized}
        items += test_evidence(part, system, ("AHM-07", "AHM-08"), **fields)
        if len(read):
            right = part["key"].map(read.set_index("key")["right"]).astype(float)
            items += from_runs(part, system, {"AHM-10": right.tolist()}, **fields)
    return items


def sentences(items: list[Printed], claim_id: str) -> list[tuple[str, str]]:
    """Return (reading, sentence) for each reading of one claim."""
    return [(one.reading, sentence(one)) for one in items if one.claim_id == claim_id]


def image_facts(read: pd.DataFrame, index: int, digit: int) -> dict:
    """Return how the runs of `read_image` read one test image, whose label is a digit."""
    right = int(read["right"].sum())
    others = sorted(set(read.loc[read["predicted"] != digit, "predicted"]))
    return {
        "index": index,
        "digit": digit,
        "n": len(read),
        "right": right,
        "others": others,
    }


def effect_facts(effects: pd.DataFrame, steady, unpooled, best) -> dict:
    """Return which changes of the reference helped or harmed, and which factors matter.

    Args:
        effects: of `mnistlib.chapters.complex_cnn.results.effect_table`.
        steady: of `mnistlib.chapters.complex_cnn.results.steady_effects`.
        unpooled: of `mnistlib.chapters.complex_cnn.results.unpooled_effects`.
        best: a row a run, as these take it.
    """
    scatter = best.groupby("network")["val_accuracy"].std()[list(effects["network"])]
    reference = best.loc[best["network"] == REFERENCE, "val_accuracy"]
    own = effects[effects["network"] == REFERENCE].iloc[0]
    changes = effects[effects["network"] != REFERENCE]
    ranked = changes.dropna(subset="mean_difference").sort_values("mean_difference")
    better = ranked[ranked["mean_difference"] > 0]
    sure = changes[changes["p_holm"] < SURE]
    # The dense network differs from the reference in other factors, too.
    clean = sure[sure["network"] != DENSE_NETWORK]
    varied = [FACTORS[name] for name in dict.fromkeys(changes["factor"])]
    matters = [name for name in varied if name in set(clean["factor"].map(FACTORS))]
    return {
        "changes": len(changes),
        "reference": own["mean"],
        "rate": own["learning_rate"],
        "rate_edge": own["edge"],
        "moved": int((changes["learning_rate"] != own["learning_rate"]).sum()),
        "better": len(better),
        "leaner": int((better["parameters"] < own["parameters"]).sum()),
        "best": None if ranked.empty else ranked.iloc[-1],
        "worst": None if ranked.empty else ranked.iloc[0],
        "dense": DENSE_NETWORK,
        "least": effects["parameters"].min(),
        "most": effects["parameters"].max(),
        "tested": int(changes["p_holm"].notna().sum()),
        "sure": [f"*{name}*" for name in sure["network"]],
        "lasting": None
        if steady is None
        else [f"*{name}*" for name in sure["network"] if name in steady],
        "alone": None
        if unpooled is None
        else [f"*{name}*" for name in sure["network"] if name in unpooled],
        "scatter": {
            "own": scatter[REFERENCE],
            "least": scatter.min(),
            "most": scatter.max(),
        },
        "lowest": reference.min(),
        "highest": reference.max(),
        "clean": len(clean),
        "clean_moved": int((clean["learning_rate"] != own["learning_rate"]).sum()),
        "matters": matters,
        "unclear": [name for name in varied if name not in matters],
        "power": words.power_sentence(effects),
    }


def depth_facts(grid: pd.DataFrame) -> dict:
    """Return how depth and width act together.

    Args:
        grid: mean validation accuracy by pooling stages (index) and width (columns).
    """
    best = [(words.number_of(column.idxmax(), "stage"), w) for w, column in grid.items()]
    return {
        "crossed": min(grid.shape) > 1,
        "deepest": [f"{stages} at width {width}" for stages, width in best],
        "widest": int((grid.idxmax(axis=1) == max(grid.columns)).sum()),
        "depths": len(grid),
    }


def front_facts(table: pd.DataFrame, network: str = COMPLEX) -> dict:
    """Return where a network stands between accuracy and cost.

    Args:
        table: of `mnistlib.chapters.complex_cnn.results.with_front`.
        network: whose place it is.
    """
    ranked = table.sort_values("mean", ascending=False, kind="stable").to_dict("records")
    place = [row["network"] for row in ranked].index(network)
    top, own = ranked[0], ranked[place]
    as_good = [row for row in ranked if row["mean"] >= own["mean"]]
    cheaper = [row for row in as_good if row["macs"] < own["macs"]]
    close = [row for row in ranked if row["mean"] >= top["mean"] - CLOSE]
    # Two means differ by sqrt(2) times the half width of one, if their intervals are alike.
    apart = (table["fair_high"] - table["fair_low"]).max() / 2**0.5
    steady = table.loc[table["front_macs"] >= 1 - SURE, "network"]
    return {
        "network": network,
        "place": place + 1,
        "networks": len(table),
        "own": own,
        "cheaper": min(cheaper, key=lambda row: row["macs"], default=None),
        "apart": None if pd.isna(apart) else apart,
        "top": top,
        "lean": min(close, key=lambda row: row["macs"]),
        "light": min(close, key=lambda row: row["parameters"]),
        "close": CLOSE,
        "steady": [f"*{name}*" for name in steady],
    }
