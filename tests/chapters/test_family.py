"""The family of networks: which there are, and which runs they make."""

from types import SimpleNamespace

import pandas as pd
import pytest

from mnistlib import models
from mnistlib.chapters.complex_cnn import design as family
from mnistlib.chapters.complex_cnn.params import Params


def params(**values):
    return Params.from_mapping(values)


WIDE = {
    "stages": [1, 2, 3],
    "convs_per_stage": [1, 2],
    "widths": [4, 16, 32],
    "kernel_sizes": [3, 5],
}


def test_the_reference_is_a_level_of_every_factor():
    odd = params(stages=[3], convs_per_stage=[2], widths=[8], kernel_sizes=[7])
    assert family.levels(odd) == {
        "stages": [2, 3],
        "convs_per_stage": [1, 2],
        "width": [8, 16],
        "kernel_size": [3, 7],
        "layer": ["conv", "separable"],
        "downsample": ["max", "average", "stride"],
        "units": [0, 64],
    }


def test_levels_are_arguments_of_the_staged_network():
    defaults = models.arguments("stage_cnn")
    assert list(family.levels(params())) == list(family.FACTORS) == list(defaults)
    for factor, values in family.levels(params()).items():
        assert defaults[factor] in values


def test_one_factor_is_changed_at_a_time():
    table = family.factor_table(params(**WIDE))
    staged = table[table["model_args"].notna()]
    for row in staged.to_dict("records"):
        assert set(row["model_args"]) <= {row["factor"]}
        assert (row["network"] == family.REFERENCE) == (not row["model_args"])
    # Each factor shows the reference once, and dense layers alone are of one kind.
    assert (
        staged.groupby("factor")["network"].apply(list).map(lambda n: n.count("reference"))
        == 1
    ).all()
    dense = table[table["model_args"].isna()]
    assert dense[["factor", "level"]].to_numpy().tolist() == [["layer", "dense only"]]


def test_networks_are_named_once():
    table = family.networks(params(**WIDE))
    assert table["network"].is_unique
    named = set(table["network"])
    assert named >= {
        "reference",
        "1 stage",
        "3 stages",
        "2 convolutions a stage",
        "width 4",
        "5×5 kernels",
        "separable",
        "average pooling",
        "stride 2",
        "no hidden layer",
        "3 stages, width 32",
        "ANN, 2×128",
        "complex CNN",
    }
    # 10 changes and the reference, 4 more that cross depth with width, 5 others.
    assert len(table) == 11 + 4 + 5


def test_crossed_names_are_networks_of_the_family():
    grid = family.crossed(params(**WIDE))
    assert (list(grid.index), list(grid.columns)) == ([1, 2, 3], [4, 16, 32])
    assert grid.at[2, 16] == family.REFERENCE
    assert grid.at[3, 4] == "3 stages, width 4"
    assert set(grid.to_numpy().ravel()) <= set(family.networks(params(**WIDE))["network"])


def test_specs_hold_out_and_do_not_look_at_the_test():
    some = params(family_rates=[0.01, 0.03], family_seeds=[5, 6])
    specs = family.family_specs(some, "digits")
    assert len(specs) == 4 * len(family.networks(some))
    assert {spec.val_fraction for spec in specs} == {1 / 6}
    assert {spec.evaluate_on for spec in specs} == {"validation"}
    assert {spec.momentum for spec in specs} == {some.family_momentum}
    assert [(s.learning_rate, s.seed) for s in specs[:4]] == [
        (0.01, 5),
        (0.01, 6),
        (0.03, 5),
        (0.03, 6),
    ]
    assert len({spec.key("x") for spec in specs}) == len(specs)


def test_label_runs_gives_each_run_its_network_and_cost():
    some = params(stages=[2], widths=[16], family_seeds=[5, 6])
    specs = family.family_specs(some, "digits")
    history = [{"seconds": 9.0}, {"seconds": 1.0}, {"seconds": 2.0}]
    runs = SimpleNamespace(
        keys=[spec.key("x") for spec in specs],
        frame=pd.DataFrame([spec.columns() for spec in specs]),
        record=lambda key: SimpleNamespace(history=history),
    )
    table = family.label_runs(some, runs)
    for spec, row in zip(specs, table.to_dict("records"), strict=True):
        of = family.networks(some).set_index("network").loc[row["network"]]
        assert (of["model"], of["model_args"]) == (spec.model, spec.model_args)
        assert row["macs"] == models.model_facts(spec.model, **spec.model_args)["macs"]
    assert set(table["epoch_seconds"]) == {1.0}


@pytest.mark.parametrize("name", ["networks", "factor_table"])
def test_tables_do_not_share_state(name):
    first = getattr(family, name)(params())
    first.loc[0, "network"] = "changed"
    assert getattr(family, name)(params()).loc[0, "network"] != "changed"
