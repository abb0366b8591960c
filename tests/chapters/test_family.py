"""The family of networks: which there are, and which runs they make."""

from mnistlib import models
from mnistlib.chapters.complex_cnn import design as family
from mnistlib.chapters.complex_cnn.params import Params
from mnistlib.runs import cases


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
    some = params(**WIDE)
    table, networks = family.factor_table(some), family.family(some)
    dense = table[table["level"] == "dense"]
    assert dense[["factor", "network"]].to_numpy().tolist() == [["layer", "ANN, 2×128"]]
    for row in table.drop(dense.index).to_dict("records"):
        changed = networks[row["network"]]
        assert set(changed) <= {row["factor"]}
        assert (row["network"] == family.REFERENCE) == (not changed)
    # Each factor shows the reference once.
    shown = table[table["network"] == family.REFERENCE]
    assert list(shown["factor"]) == list(family.FACTORS)


def test_each_network_is_in_the_family_once():
    networks = family.family(params(**WIDE))
    assert set(networks) >= {
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
    assert len(networks) == 11 + 4 + 5
    assert len({str(settings) for settings in networks.values()}) == len(networks)


def test_crossed_names_are_networks_of_the_family():
    grid = family.crossed(params(**WIDE))
    assert (list(grid.index), list(grid.columns)) == ([1, 2, 3], [4, 16, 32])
    assert grid.at[2, 16] == family.REFERENCE
    assert grid.at[3, 4] == "3 stages, width 4"
    assert set(grid.to_numpy().ravel()) <= set(family.family(params(**WIDE)))


def test_the_settings_make_cases():
    base = {"dataset": "digits", "model": family.FAMILY_MODEL, "optimizer": "sgd"}
    base |= {"batch_size": 32, "epochs": 1, "momentum": 0.9, "learning_rate": 0.01}
    some = family.family(params())
    made = {
        case.labels["network"]: case.spec for case in cases(base, network=some, seed=[5])
    }
    assert list(made) == list(some)
    assert (made["1 stage"].model, made["1 stage"].model_args) == (
        "stage_cnn",
        {"stages": 1},
    )
    assert made["softmax regression"].model_args == {"hidden_layers": 0}
    assert made["complex CNN"].model_args == {}
    assert {spec.evaluate_on for spec in made.values()} == {"validation"}


def test_costs_are_those_of_the_network():
    some = family.family(params())
    table = family.costs(some).set_index("network")
    assert list(table.index) == list(some)
    facts = models.model_facts("stage_cnn", layer="separable")
    assert table.at["separable", "macs"] == facts["macs"]
    groups = table["group"]
    assert groups[["reference", "1 stage"]].tolist() == ["one factor changed"] * 2
    assert groups["1 stage, width 4"] == "depth × width"
    assert groups["ANN, 2×128"] == "dense layers only"


def test_readings_are_two_unless_the_momenta_are_equal():
    two = {"no momentum": {"momentum": 0.0}, "momentum 0.9": {"momentum": 0.9}}
    assert family.readings(params()) == two
    assert list(family.readings(params(momentum=0.9))) == ["momentum 0.9"]
