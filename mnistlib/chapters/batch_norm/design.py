"""Batch normalisation and input scaling: what is run, and what it is called."""

from typing import Any

import pandas as pd

from mnistlib.models import BatchNorm
from mnistlib.runs import Case, cases
from mnistlib.show import style
from mnistlib.show.style import label

HOSTS = ("base_cnn", "complex_cnn")
PLACEMENTS = BatchNorm.__args__
CONTROL, *NORMALISED = PLACEMENTS
COLOURS = {label(name): style.COLOURS[name] for name in PLACEMENTS}
# System A5 of `ahmareen2024`, section IV, Fig. 9: SGD 0.01; pixels in [0, 1] (section III).
PAPER = {"scaling": "unit", "learning_rate": 0.01}
CLAIMS = ("AHM-11", "AHM-12")
MOMENTUM = "momentum"  # the setting that is the paper's, read with momentum


def base(params, dataset: str) -> dict[str, Any]:
    """Return the fields that all runs share.

    Args:
        params: `mnistlib.chapters.batch_norm.params.Params`.
        dataset: "mnist" or "digits".
    """
    return {
        "dataset": dataset,
        "n_train": params.n_train,
        "optimizer": "sgd",
        "momentum": params.momentum,
        "batch_size": params.batch_size,
    }


def conditions(params) -> dict[str, dict]:
    """Return the grid's conditions by name: each scaling with each of its rates.

    A rate belongs to a scaling: a gradient grows with the pixels, so unscaled ones get
    ``unscaled_rates`` as well.

    Args:
        params: `mnistlib.chapters.batch_norm.params.Params`.
    """
    return {
        f"{pixels(scaling)}, {rate}": {"scaling": scaling, "learning_rate": rate}
        for scaling in params.scalings
        for rate in sorted(
            {*params.learning_rates, *(params.unscaled_rates if scaling == "none" else [])}
        )
    }


def paper_cases(tested: dict, params) -> list[Case]:
    """Return the cases of the paper's setting, which leaves host, place and momentum open.

    With momentum only what the paper's number is held against is run: the normalised.

    Args:
        tested: the fields that all tested runs share.
        params: `mnistlib.chapters.batch_norm.params.Params`.
    """
    plain = cases(
        tested,
        setting={"paper": PAPER},
        model=HOSTS,
        batch_norm=PLACEMENTS,
        seed=params.seeds,
    )
    second = PAPER | {"momentum": params.other_momentum}
    return plain + cases(
        tested,
        setting={MOMENTUM: second},
        model=HOSTS,
        batch_norm=NORMALISED,
        seed=params.seeds,
    )


def chosen_cases(tested: dict, best: pd.DataFrame, seeds: list[int]) -> list[Case]:
    """Return the cases of the settings that the grid chose.

    Args:
        tested: the fields that all tested runs share.
        best: a row per model and batch_norm, with scaling and learning_rate.
        seeds: of each.
    """
    return [
        case
        for row in best.to_dict("records")
        for case in cases(
            tested,
            setting={"chosen": {name: row[name] for name in PAPER}},
            model=[row["model"]],
            batch_norm=[row["batch_norm"]],
            seed=seeds,
        )
    ]


def pixels(scaling: str) -> str:
    """Return how the pixels of a scaling are called."""
    return "0 to 255" if scaling == "none" else label(scaling)


def network(model: str, batch_norm: str) -> str:
    """Return how a host with a placement of batch normalisation is called in tables."""
    return f"{label(model)}, {'plain' if batch_norm == CONTROL else label(batch_norm)}"


def in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows of runs with the columns network, pixels and batch normalisation."""
    words = {
        "network": frame["model"].map(label),
        "pixels": frame["scaling"].map(pixels),
        "batch normalisation": frame["batch_norm"].map(label),
    }
    return frame.assign(**words)


def named(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows of the tested runs with the column system, in words.

    Args:
        frame: with the labels setting ("paper", `MOMENTUM` or "chosen") and batch_norm.
    """
    names = [
        network(row.model, row.batch_norm)
        + f", momentum {row.momentum:g}" * (row.setting == MOMENTUM)
        + f" ({pixels(row.scaling)}, {row.learning_rate:g})" * (row.setting == "chosen")
        for row in frame.itertuples()
    ]
    return frame.assign(system=names)
