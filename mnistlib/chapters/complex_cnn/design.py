"""A family of networks, to ask how the number and kind of layers matter.

It changes one thing at a time in a reference network, crosses depth with width, and adds
networks of dense layers alone and those of the papers.
"""

from itertools import product

import pandas as pd

from mnistlib import models
from mnistlib.data.splits import VAL_FRACTION
from mnistlib.models.facts import network_facts
from mnistlib.training.spec import NetworkSpec, make

REFERENCE = "reference"
ONE_FACTOR, CROSSED, DENSE, PAPERS, SUBJECT = (
    "one factor changed",
    "depth × width",
    "dense layers only",
    "the papers' other CNNs",
    "the complex CNN",
)
# Argument of the staged CNN -> what it is called in tables and figures.
FACTORS = {
    "stages": "pooling stages",
    "convs_per_stage": "convolutions a stage",
    "width": "filters, first stage",
    "kernel_size": "kernel side, pixels",
    "layer": "kind of layers",
    "downsample": "pooling, or stride",
    "units": "hidden dense units",
}
_DENSE_NETWORK = "ANN, 2×128"
_OTHERS = {
    "softmax regression": ("ann", {"hidden_layers": 0}, DENSE),
    _DENSE_NETWORK: ("ann", {}, DENSE),
    "base CNN": ("base_cnn", {}, PAPERS),
    "complex CNN": ("complex_cnn", {}, SUBJECT),
    "raj2024's CNN": ("raj_cnn", {}, PAPERS),
}
_DEFAULTS = models.arguments("stage_cnn")
_LEVELS = {
    "conv": "standard",
    "stride": "stride 2",
    0: "none",
}


def _part(factor: str, level) -> str:
    """Return how one change names a network."""
    many = "" if level == 1 else "s"
    return {
        "stages": f"{level} stage{many}",
        "convs_per_stage": f"{level} convolution{many} a stage",
        "width": f"width {level}",
        "kernel_size": f"{level}×{level} kernels",
        "downsample": "stride 2" if level == "stride" else f"{level} pooling",
        "units": f"{level} hidden units" if level else "no hidden layer",
    }.get(factor, _LEVELS.get(level, level))


def _name(model_args: dict) -> str:
    return ", ".join(_part(*change) for change in model_args.items()) or REFERENCE


def _changed(**model_args) -> dict:
    """Return the arguments that differ from the reference's."""
    return {k: v for k, v in model_args.items() if v != _DEFAULTS[k]}


def levels(params) -> dict[str, list]:
    """Return the levels of each factor; the reference's own level is always among them.

    Args:
        params: `mnistlib.chapters.complex_cnn.params.Params`.
    """
    asked = {
        "stages": params.stages,
        "convs_per_stage": params.convs_per_stage,
        "width": params.widths,
        "kernel_size": params.kernel_sizes,
    }
    found = {name: sorted({*asked[name], _DEFAULTS[name]}) for name in asked}
    return found | {
        "layer": ["conv", "separable"],
        "downsample": ["max", "average", "stride"],
        "units": [0, _DEFAULTS["units"]],
    }


def factor_table(params) -> pd.DataFrame:
    """Return which network shows which level of which factor.

    The kind of layers has a level more than the staged CNN: dense layers alone.

    Args:
        params: `mnistlib.chapters.complex_cnn.params.Params`.

    Returns:
        DataFrame: factor, level (text), network, model_args (None for that one).
    """
    rows = []
    for factor, values in levels(params).items():
        for level in values:
            model_args = _changed(**{factor: level})
            text = str(_LEVELS.get(level, level))
            rows.append((factor, text, _name(model_args), model_args))
        if factor == "layer":
            rows.append((factor, "dense only", _DENSE_NETWORK, None))
    return pd.DataFrame(rows, columns=["factor", "level", "network", "model_args"])


def crossed(params, *, named: bool = True) -> pd.DataFrame:
    """Return the networks that cross depth with width.

    Args:
        params: `mnistlib.chapters.complex_cnn.params.Params`.
        named: the networks' names; False for their arguments.

    Returns:
        DataFrame with the pooling stages as index and the widths as columns.
    """
    values = levels(params)
    cells = {
        width: [_changed(stages=stages, width=width) for stages in values["stages"]]
        for width in values["width"]
    }
    table = pd.DataFrame(cells, index=pd.Index(values["stages"], name="stages"))
    return table.map(_name) if named else table


def networks(params) -> pd.DataFrame:
    """Return every network of the family once.

    Args:
        params: `mnistlib.chapters.complex_cnn.params.Params`.

    Returns:
        DataFrame: network (unique name), group, model, model_args.
    """
    changed = [args for args in factor_table(params)["model_args"] if args is not None]
    rows = {_name(args): (ONE_FACTOR, "stage_cnn", args) for args in changed}
    for args in crossed(params, named=False).to_numpy().ravel():
        rows.setdefault(_name(args), (CROSSED, "stage_cnn", args))
    for name, (model, args, group) in _OTHERS.items():
        rows[name] = (group, model, args)
    columns = ["network", "group", "model", "model_args"]
    return pd.DataFrame([(name, *row) for name, row in rows.items()], columns=columns)


def family_specs(params, dataset: str) -> list[NetworkSpec]:
    """Return the family's runs: every network, at every rate, with every seed.

    One sixth of the training images is held out; the runs are judged on it alone.

    Args:
        params: `mnistlib.chapters.complex_cnn.params.Params`.
        dataset: "mnist" or "digits".
    """
    family = networks(params)
    return [
        make(
            NetworkSpec,
            model=model,
            model_args=model_args,
            learning_rate=rate,
            momentum=params.family_momentum,
            seed=seed,
            **held_out(params, dataset),
        )
        for (model, model_args), rate, seed in product(
            zip(family["model"], family["model_args"], strict=True),
            params.family_rates,
            params.family_seeds,
        )
    ]


def held_out(params, dataset: str) -> dict:
    """Return the fields of a spec by which a network is judged on validation images."""
    return {
        "dataset": dataset,
        "n_train": params.n_train,
        "val_fraction": VAL_FRACTION,
        "optimizer": "sgd",
        "batch_size": params.batch_size,
        "epochs": params.epochs,
    }


def label_runs(params, runs) -> pd.DataFrame:
    """Return ``runs.frame`` of `family_specs` with what its networks cost.

    Args:
        params: `mnistlib.chapters.complex_cnn.params.Params`.
        runs: what `mnistlib.runs.collect` returned for ``family_specs(params, ...)``.

    Returns:
        DataFrame with the columns of ``runs.frame`` and network, group, macs,
        epoch_seconds (of a run's fastest epoch, which nothing else held up).
    """
    family = networks(params)
    family["macs"] = [
        network_facts(model, **model_args)["macs"]
        for model, model_args in zip(family["model"], family["model_args"], strict=True)
    ]
    repeats = len(params.family_rates) * len(params.family_seeds)
    which = family.loc[family.index.repeat(repeats)].reset_index(drop=True)
    return runs.frame.assign(
        **which[["network", "group", "macs"]],
        epoch_seconds=[
            min(epoch["seconds"] for epoch in runs.record(key).history) for key in runs.keys
        ],
    )
