"""Which networks are compared: the paper's, with two momenta, and a family of our own.

The family changes one thing at a time in a reference network, crosses depth with width, and
adds networks of dense layers alone and those of the papers. ``params`` are always those of
the notebook, `mnistlib.chapters.complex_cnn.params.Params`.
"""

from itertools import product

import pandas as pd

from mnistlib import models
from mnistlib.models.facts import network_facts

REFERENCE = "reference"
COMPLEX = "complex CNN"
FAMILY_MODEL = "stage_cnn"
# Argument of the staged CNN -> what it is called in tables and figures.
FACTORS = {
    "stages": "pooling stages",
    "convs_per_stage": "convolutions a stage",
    "width": "first-stage filters",
    "kernel_size": "kernel side (pixels)",
    "layer": "kind of layers",
    "downsample": "pooling or stride",
    "units": "hidden dense units",
}
DENSE_NETWORK, _DENSE = "ANN, 2×128", "dense layers only"
_PAPERS = "other CNNs of these pages"
_OTHERS = {
    "softmax regression": ({"model": "ann", "hidden_layers": 0}, _DENSE),
    DENSE_NETWORK: ({"model": "ann"}, _DENSE),
    "base CNN": ({"model": "base_cnn"}, _PAPERS),
    COMPLEX: ({"model": "complex_cnn"}, "the complex CNN"),
    "raj2024's CNN": ({"model": "raj_cnn"}, _PAPERS),
}
_DEFAULTS = models.arguments(FAMILY_MODEL)
_LEVELS = {"conv": "standard", "stride": "stride 2", 0: "none"}


def readings(params) -> dict[str, dict]:
    """Return the momenta that the paper's network is run with: name -> settings.

    The paper states the optimizer and its rate, not its momentum.
    """
    momenta = (params.momentum, params.family_momentum)
    return {f"momentum {m:g}" if m else "no momentum": {"momentum": m} for m in momenta}


def levels(params) -> dict[str, list]:
    """Return the levels of each factor; the reference's own level is always among them."""
    asked = {
        "stages": params.stages,
        "convs_per_stage": params.convs_per_stage,
        "width": params.widths,
        "kernel_size": params.kernel_sizes,
    }
    counts = {name: sorted({*asked[name], _DEFAULTS[name]}) for name in asked}
    return counts | {
        "layer": ["conv", "separable"],
        "downsample": ["max", "average", "stride"],
        "units": [0, _DEFAULTS["units"]],
    }


def factor_table(params) -> pd.DataFrame:
    """Return which network shows which level of which factor: factor, level, network.

    The kind of layers has a level more than the staged CNN: dense layers alone.
    """
    rows = []
    for factor, values in levels(params).items():
        for level in values:
            rows.append((factor, str(_LEVELS.get(level, level)), _name({factor: level})))
        if factor == "layer":
            rows.append((factor, "dense", DENSE_NETWORK))
    return pd.DataFrame(rows, columns=["factor", "level", "network"])


def crossed(params) -> pd.DataFrame:
    """Return the names of the networks that cross depth (index) with width (columns)."""
    stages, widths = (levels(params)[factor] for factor in ("stages", "width"))
    names = [[_name({"stages": s, "width": w}) for w in widths] for s in stages]
    return pd.DataFrame(names, pd.Index(stages, name="stages"), widths)


def family(params) -> dict[str, dict]:
    """Return every network of the family once: name -> settings of its cases."""
    values = levels(params)
    one = [{factor: level} for factor, some in values.items() for level in some]
    two = product(values["stages"], values["width"])
    changes = one + [dict(zip(("stages", "width"), pair, strict=True)) for pair in two]
    staged = {_name(change): _changed(change) for change in changes}
    return staged | {name: settings for name, (settings, _) in _OTHERS.items()}


def costs(networks: dict[str, dict]) -> pd.DataFrame:
    """Return a row per network: network, group, macs (to classify one image).

    Args:
        networks: as `family` returns them.
    """
    rows = []
    for name, settings in networks.items():
        crosses = "depth × width" if len(settings) > 1 else "one factor changed"
        group = _OTHERS[name][1] if name in _OTHERS else crosses
        arguments = {k: v for k, v in settings.items() if k != "model"}
        facts = network_facts(settings.get("model", FAMILY_MODEL), **arguments)
        rows.append((name, group, facts["macs"]))
    return pd.DataFrame(rows, columns=["network", "group", "macs"])


def _changed(change: dict) -> dict:
    """Return the arguments that differ from the reference's."""
    return {k: v for k, v in change.items() if v != _DEFAULTS[k]}


def _name(change: dict) -> str:
    return ", ".join(_part(*part) for part in _changed(change).items()) or REFERENCE


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
    }.get(factor, level)
