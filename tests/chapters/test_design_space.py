"""The analysis of the family: rates, effects, figures, tables and words."""

import numpy as np
import pandas as pd
import pytest

from mnistlib.chapters.complex_cnn import cells as printed
from mnistlib.chapters.complex_cnn import design as family
from mnistlib.chapters.complex_cnn import findings as words
from mnistlib.chapters.complex_cnn import results as space
from mnistlib.chapters.complex_cnn.params import Params
from mnistlib.stats.compare import compare, holm
from mnistlib.stats.intervals import wilson

PARAMS = Params(stages=[1, 2], widths=[4, 16], family_seeds=[0, 1, 2])
NETWORKS = family.networks(PARAMS)


def frame(accuracy=None, seeds=(0, 1, 2), rates=(0.01,)):
    """Return labelled runs; `accuracy` gives name -> base, seeds add 0, .01, .03."""
    accuracy = accuracy or {}
    rows = [
        {
            "network": row.network,
            "group": row.group,
            "model": row.model,
            "parameters": 1000 * (i + 1),
            "macs": 5000 * (i + 1),
            "learning_rate": rate,
            "seed": seed,
            "status": "ok",
            "n_val": 1200,
            "edge": "",
            "val_accuracy": accuracy.get(row.network, 0.9)
            + 0.01 * seed * (seed + 1) / 2
            + (0.001 * i * seed),
            "epoch_seconds": 1.0 + i + seed,
        }
        for i, row in enumerate(NETWORKS.itertuples())
        for rate in rates
        for seed in seeds
    ]
    return pd.DataFrame(rows)


def test_momenta_are_two_unless_they_are_equal():
    assert space.momenta(PARAMS) == {0.0: "SGD 0.01", 0.9: "SGD 0.01, momentum 0.9"}
    same = Params(momentum=0.9, learning_rate=0.1)
    assert space.momenta(same) == {0.9: "SGD 0.1, momentum 0.9"}


def test_paper_specs_are_tested_with_all_training_images():
    tested = space.paper_specs(PARAMS, "mnist", tested=True)
    assert {(s.val_fraction, s.evaluate_on, s.model) for s in tested} == {
        (0.0, "test", "complex_cnn")
    }
    assert [(s.momentum, s.seed) for s in tested] == [
        (0.0, 0),
        (0.0, 1),
        (0.9, 0),
        (0.9, 1),
    ]
    shown = space.paper_specs(PARAMS, "mnist", tested=False)
    assert {(s.val_fraction, s.evaluate_on) for s in shown} == {(1 / 6, "validation")}
    assert {s.seed for s in shown} == {0, 1, 2}


def test_curves_with_the_family_momentum_are_runs_of_the_family():
    shown = {s.key("x") for s in space.paper_specs(PARAMS, "mnist", tested=False)}
    of_family = {s.key("x") for s in family.family_specs(PARAMS, "mnist")}
    assert len(shown & of_family) == len(PARAMS.family_seeds)


def test_with_system_names_the_momentum():
    runs = pd.DataFrame({"momentum": [0.9, 0.0]})
    assert list(space.with_system(runs, PARAMS)["system"]) == [
        "SGD 0.01, momentum 0.9",
        "SGD 0.01",
    ]


def test_best_rate_is_each_networks_own():
    runs = frame(rates=(0.01, 0.1)).drop(columns="edge")
    fast = (runs["learning_rate"] == 0.1) & (runs["network"] == "stride 2")
    runs.loc[fast, "val_accuracy"] += 0.02
    best = space.at_best_rate(runs)
    rates = best.groupby("network")["learning_rate"].unique().map(list)
    assert rates["stride 2"] == [0.1]
    assert (rates.drop("stride 2").map(tuple) == (0.01,)).all()  # of equals the smaller
    assert len(best) == 3 * len(NETWORKS)
    edges = best.groupby("network")["edge"].first()
    assert (edges["stride 2"], edges["separable"]) == ("highest", "lowest")


def test_effects_are_differences_from_the_reference():
    runs = frame({"separable": 0.95, "1 stage": 0.8})
    effects = space.effect_table(PARAMS, runs).set_index("network")
    assert effects.index[0] == "reference"
    assert np.isnan(effects["mean_difference"].iloc[0])
    changed = runs[runs["network"].isin(effects.index)]
    expected = compare(changed, "network", "val_accuracy", baseline="reference")
    expected = expected.set_index("a").loc["separable"]
    row = effects.loc["separable"]
    assert row["images"] == pytest.approx(1200 * expected["mean_difference"])
    assert row[["diff_low", "p"]].tolist() == pytest.approx(expected[["low", "p"]].tolist())
    rest = effects.iloc[1:]
    np.testing.assert_allclose(rest["p_holm"].astype(float), holm(rest["p"].astype(float)))
    # Every changed level once, none of the crossed networks or the papers'.
    levels = sum(len(values) - 1 for values in family.levels(PARAMS).values()) + 1
    assert len(rest) == levels
    assert not set(rest.index) & {"complex CNN", "1 stage, width 4"}


def test_a_network_with_a_failed_run_is_not_tested_and_does_not_hide_the_others():
    runs = frame({"separable": 0.95})
    lost = (runs["network"] == "1 stage") & (runs["seed"] == 2)
    runs.loc[lost, ["val_accuracy", "status"]] = 0.1, "diverged"
    effects = space.effect_table(PARAMS, runs).set_index("network")
    assert np.isnan(effects.at["1 stage", "p"])
    assert effects.at["separable", "p_holm"] < 0.05
    shown = printed.printed_effects(effects.reset_index()).set_index("Level")
    assert "2 of 3 learned" in shown.at["1", "Accuracy"]


def test_networks_have_an_interval_for_each_doubt():
    table = space.network_table(frame())
    row = table.iloc[0]
    assert tuple(row[["image_low", "image_high"]]) == wilson(
        round(1200 * row["mean"]), 1200
    )
    shown = printed.printed_networks(table)
    assert {"Over seeds", "Over images", "Over both"} <= set(shown.columns)
    edges = printed.printed_networks(table.assign(edge="highest"))
    assert set(edges["Rate"]) == {"0.01 (highest)"}


def test_the_front_has_intervals_of_the_pooled_residual():
    best = frame()
    table = space.with_residual_interval(space.network_table(best), best)
    width = table["fair_high"] - table["fair_low"]
    assert width.nunique() == 1 or np.ptp(width) < 1e-12
    assert width.iloc[0] > 0
    one = frame(seeds=(0,))
    assert (
        space.with_residual_interval(space.network_table(one), one)["fair_low"].isna().all()
    )


def test_depth_by_width_finds_its_networks():
    table = space.network_table(frame({"1 stage, width 4": 0.5, "width 4": 0.6}))
    grid = space.depth_by_width(PARAMS, table)
    assert grid.at[1, 4] < grid.at[2, 4] < grid.at[2, 16]
    assert space.depth_by_width(PARAMS, table, "macs").at[2, 16] == 5000 * 2


def test_effect_finding_names_best_worst_and_what_is_sure():
    effects = space.effect_table(PARAMS, frame({"separable": 0.95, "1 stage": 0.5}))
    text = words.effect_finding(effects)
    assert "The largest gain came from *separable*" in text
    assert "the largest loss from *1 stage*" in text
    assert effects["p_holm"].min() < 0.05
    together = text.split("After Holm")[1]
    for row in effects.iloc[1:].to_dict("records"):
        assert (f"*{row['network']}*" in together) == (row["p_holm"] < 0.05)
    counts = effects["parameters"]
    assert f"here from {counts.min():,}".replace(",", "\u202f") in text
    least = f"{100 * effects['smallest_found'].max():.2f} points in 80 of 100 cases"
    assert least in text
    nothing = words.effect_finding(effects.assign(p_holm=1.0, p=0.5))
    assert "After Holm's correction p < 0.05 for none." in nothing


def test_effect_finding_when_all_changes_help_or_harm():
    effects = space.effect_table(PARAMS, frame({"reference": 0.5}))
    assert "the smallest gain from" in words.effect_finding(effects)
    effects = space.effect_table(PARAMS, frame({"reference": 0.94}))
    assert "The smallest loss came from" in words.effect_finding(effects)
    assert ", 0 raised the mean accuracy" in words.effect_finding(effects)


def test_one_seed_allows_no_test():
    effects = space.effect_table(PARAMS, frame(seeds=(0,)))
    assert "Nothing could be tested" in words.effect_finding(effects)
    shown = printed.printed_effects(effects)
    assert set(shown["p (Holm)"]) == set(shown["95 % interval"]) == {"–"}


def test_depth_finding():
    grid = pd.DataFrame({4: [0.9, 0.8], 16: [0.9, 0.95]}, index=[1, 2])
    text = words.depth_finding(grid)
    assert "1 stage at width 4 and 2 stages at width 16" in text
    assert "the best at 1 of 2 depths" in text
    assert words.depth_finding(grid[[4]]) == "One depth or one width: nothing to cross."


def test_pareto_finding():
    table = pd.DataFrame(
        {
            "network": ["complex CNN", "small", "large"],
            "macs": [100, 10, 1000],
            "parameters": [50, 80, 500],
            "mean": [0.97, 0.971, 0.974],
            "fair_low": [0.96, 0.961, 0.964],
            "fair_high": [0.98, 0.981, 0.984],
        }
    )
    text = words.pareto_finding(table)
    assert "ranks 3 of 3" in text
    assert "less than 1.41 points apart may change places" in text
    one_seed = table.assign(fair_low=np.nan, fair_high=np.nan)
    assert "change places" not in words.pareto_finding(one_seed)
    assert "*small* is at least as accurate with 10\u202f% of its" in text
    assert "The best is *large*" in text
    assert "are those of *small* (10, 1\u202f% of the best's)" in text
    assert "parameters those of *complex CNN* (50, 10\u202f% of the best's)" in text
    alone = words.pareto_finding(table.assign(mean=[0.99, 0.9, 0.9]))
    assert "ranks 1 of 3" in alone
    assert "no network with fewer multiply-accumulates is as accurate" in alone
    assert "the same network" in alone


@pytest.mark.parametrize(
    ("right", "predicted", "text"),
    [
        ([True, True], [9, 9], "2 of 2 runs read it so. One image"),
        ([True, False], [9, 4], "1 of 2 runs reads it so. The other read 4."),
        ([False, False], [5, 4], "0 of 2 runs read it so. The others read 4 and 5."),
    ],
)
def test_image_finding(right, predicted, text):
    read = pd.DataFrame({"right": right, "predicted": predicted})
    found = words.image_finding(read, 150, 9)
    assert found.startswith(f"Test image 150 is a 9. {text}")


def test_image_finding_when_it_was_not_tested():
    read = pd.DataFrame(columns=["right", "predicted"])
    assert "is not among the test images" in words.image_finding(read, 150, 9)


def test_printed_tables():
    best = frame({"complex CNN": 0.95})
    table = printed.printed_networks(space.network_table(best))
    assert table["Network"].iloc[0] == "complex CNN"
    effects = printed.printed_effects(space.effect_table(PARAMS, best))
    named = [name for name in effects["Factor"] if name]
    assert named == list(dict.fromkeys(named))  # a factor is named in its first row only
    assert named[0] == "reference"
    grid = printed.printed_depth_by_width(
        space.depth_by_width(PARAMS, space.network_table(best))
    )
    assert list(grid.columns) == ["Stages", "width 4", "width 16"]


def test_costs_are_those_of_the_fastest_run():
    costs = printed.cost_table(frame())
    assert costs["seconds an epoch"].iloc[0] == 1.0
    assert len(costs) == len(NETWORKS)
    shown = printed.printed_costs(costs.iloc[:1], n_images=3000)
    assert shown.iloc[0].to_dict() | {"MACs": ""} == {
        "Network": NETWORKS["network"].iloc[0],
        "MACs": "",
        "Seconds an epoch": "1.00",
        "Images a second": "3\u202f000",
        "Validation accuracy": "91.33\u202f%",
    }


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_effect_figure_has_a_panel_for_each_factor(seeds):
    figure = space.effect_figure(PARAMS, frame(seeds=seeds))
    assert [ax.get_xlabel() for ax in figure.axes] == list(family.FACTORS.values())
    assert len({ax.get_ylim() for ax in figure.axes}) == 1
    figure.draw_without_rendering()


def test_pareto_figure_of_tables_with_and_without_intervals():
    best = frame()
    for table, cost in (
        (space.network_table(best), "macs"),
        (printed.cost_table(best), "seconds an epoch"),
    ):
        (ax,) = space.pareto(space.with_residual_interval(table, best), cost).axes
        assert ax.get_ylabel() == "validation accuracy"


def test_curves_share_axes_between_training_and_validation():
    history = pd.DataFrame(
        [
            {"key": f"{system}{seed}", "system": system, "epoch": epoch}
            | dict.fromkeys(["train_loss", "val_loss"], 1 / epoch + seed)
            | dict.fromkeys(["train_accuracy", "val_accuracy"], 0.9)
            for system in ("a", "b")
            for seed in (1, 2)
            for epoch in (1, 2, 3)
        ]
    )
    figure = space.curves(history)
    figure.draw_without_rendering()
    assert len(figure.legends) == 1
    top, bottom = figure.axes[:2], figure.axes[2:]
    assert [ax.get_title() for ax in top] == ["training images", "validation images"]
    assert [row[0].get_ylabel() for row in (top, bottom)] == ["loss (nats)", "accuracy"]
    assert top[0].get_ylim() == top[1].get_ylim()
