"""The analysis of the complex CNN and the family: tables, facts, sentences, evidence."""

import numpy as np
import pandas as pd
import pytest

from mnistlib.chapters.complex_cnn import design, findings, results
from mnistlib.chapters.complex_cnn.params import Params
from mnistlib.claims.verdicts import NOT_JUDGED, UNDER_A_READING, judge
from mnistlib.ground.errors import ParameterError
from mnistlib.stats.compare import compare, holm
from mnistlib.stats.intervals import wilson

PARAMS = Params(stages=[1, 2], widths=[4, 16])
NETWORKS = design.family(PARAMS)
CHOSEN = pd.DataFrame({"network": list(NETWORKS), "edge": "highest"})


def frame(accuracy=None, seeds=(0, 1, 2)):
    """Return runs; `accuracy` gives name -> base, seeds add 0, .01, .03 and a residual."""
    accuracy = accuracy or {}
    rows = [
        {
            "network": network,
            "group": "some",
            "model": settings.get("model", "stage_cnn"),
            "parameters": 1000 * (i + 1),
            "macs": 5000 * (i + 1),
            "learning_rate": 0.01,
            "seed": seed,
            "status": "ok",
            "n_val": 1200,
            "val_accuracy": accuracy.get(network, 0.9)
            + 0.01 * seed * (seed + 1) / 2
            + 0.001 * i * seed,
        }
        for i, (network, settings) in enumerate(NETWORKS.items())
        for seed in seeds
    ]
    return pd.DataFrame(rows)


def tables_of(best):
    networks = results.network_table(best, CHOSEN)
    return networks, results.effect_table(PARAMS, best, networks)


def effects_of(accuracy=None, **fields):
    return tables_of(frame(accuracy, **fields))[1]


def facts_of(effects, steady=None, unpooled=None):
    return findings.effect_facts(effects, steady, unpooled, frame())


def say_effects(effects, block="effects", steady=None, unpooled=None):
    return findings.say(block, **facts_of(effects, steady, unpooled))


def test_seeds_of_the_grid_are_apart():
    with pytest.raises(ParameterError, match="no seed in common"):
        Params.from_mapping({"seeds": [0, 100], "grid_seeds": [100]})


def test_networks_have_an_interval_for_each_doubt():
    networks, _ = tables_of(frame())
    row = networks.iloc[0]
    expected = wilson(round(1200 * row["mean"]), 1200)
    assert tuple(row[["image_low", "image_high"]]) == expected
    assert results.RATE.texts(networks.head(1)) == ["0.01 (highest)"]
    assert results.RATE.texts(networks.head(1).assign(edge="only")) == ["0.01"]


def test_the_note_on_rates_says_how_they_were_chosen():
    params = Params(family_rates=[0.01, 0.03], grid_epochs=3)
    assert "chosen for each network, of 2 tried, by 1 seed and 3 epochs;" in (
        results.rate_note(params)
    )


def test_the_residual_interval_is_one_width_for_all_that_learned():
    best = frame()
    lost = (best["network"] == "1 stage") & (best["seed"] == 2)
    best.loc[lost, ["val_accuracy", "status"]] = 0.1, "diverged"
    networks, _ = tables_of(best)
    width = (networks["fair_high"] - networks["fair_low"]).set_axis(networks["network"])
    assert np.isnan(width["1 stage"])
    assert width.drop("1 stage").std() < 1e-12
    assert width["reference"] > 0
    one_seed, _ = tables_of(frame(seeds=(0,)))
    assert one_seed["fair_low"].isna().all()


def test_effects_are_differences_from_the_reference():
    runs = frame({"separable": 0.95, "1 stage": 0.8})
    effects = tables_of(runs)[1].set_index("network")
    assert effects.index[0] == "reference"
    assert np.isnan(effects["mean_difference"].iloc[0])
    changed = runs[runs["network"].isin(effects.index)]
    expected = compare(changed, "network", "val_accuracy", baseline="reference")
    expected = expected.set_index("a").loc["separable"]
    row = effects.loc["separable"]
    assert row["images"] == pytest.approx(1200 * expected["mean_difference"])
    assert row[["low", "p"]].tolist() == pytest.approx(expected[["low", "p"]].tolist())
    rest = effects.iloc[1:]
    np.testing.assert_allclose(rest["p_holm"].astype(float), holm(rest["p"].astype(float)))
    # Every changed level once, none of the crossed networks or the papers'.
    assert len(rest) == sum(len(some) - 1 for some in design.levels(PARAMS).values()) + 1
    assert not set(rest.index) & {"complex CNN", "1 stage, width 4"}


def test_a_network_with_a_failed_run_is_not_tested_and_does_not_hide_the_others():
    runs = frame({"separable": 0.95})
    lost = (runs["network"] == "1 stage") & (runs["seed"] == 2)
    runs.loc[lost, ["val_accuracy", "status"]] = 0.1, "diverged"
    effects = tables_of(runs)[1].set_index("network")
    assert np.isnan(effects.at["1 stage", "p"])
    assert effects.at["separable", "p_holm"] < 0.05
    results.effect_figure(PARAMS, runs).draw_without_rendering()


def test_a_failed_reference_leaves_nothing_to_compare():
    runs = frame()
    runs.loc[runs["network"] == "reference", "status"] = "diverged"
    assert say_effects(tables_of(runs)[1]).startswith("No change can be compared")


def test_effect_facts_name_best_worst_and_what_is_sure():
    effects = effects_of({"separable": 0.95, "1 stage": 0.5})
    facts = facts_of(effects)
    assert (facts["best"]["network"], facts["worst"]["network"]) == ("separable", "1 stage")
    sure = effects.loc[effects["p_holm"] < 0.05, "network"]
    assert facts["sure"] == [f"*{name}*" for name in sure]
    assert set(facts["matters"]) >= {"pooling stages", "kind of layers"}
    assert not set(facts["matters"]) & set(facts["unclear"])
    # Of the better, those with fewer parameters than the reference, the second network.
    assert facts["leaner"] < facts["better"] <= facts["changes"] == 7
    answer = say_effects(effects, "matters")
    assert "the largest gain in accuracy was *separable*" in answer
    assert "the largest drop *1 stage*" in answer
    text = say_effects(effects)
    assert f"{100 * effects['smallest_found'].max():.2f} points in 80 of 100 cases" in text


def test_effect_sentences_at_the_edges():
    assert "the smallest gain" in say_effects(effects_of({"reference": 0.5}), "matters")
    harmed = effects_of({"reference": 0.94})
    assert "the smallest drop in accuracy was" in say_effects(harmed, "matters")
    assert say_effects(harmed).startswith("0 of 7 changes raised the mean accuracy (95")
    unsure = effects_of().assign(p_holm=1.0, p=0.5)
    assert say_effects(unsure, "matters").endswith(
        "Nothing has p < 0.05 after Holm's correction, that network aside."
    )
    assert "Changes with p < 0.05: none." in say_effects(unsure)
    one_seed = say_effects(effects_of(seeds=(0,)))
    assert one_seed.endswith("Nothing could be tested: that needs two seeds or more.")


def test_differences_that_rest_on_one_seed_are_told():
    runs = frame({"separable": 0.5})
    odd = (runs["network"] == "reference") & (runs["seed"] == runs["seed"].max())
    runs.loc[odd, "val_accuracy"] -= 0.05
    networks, effects = tables_of(runs)
    steady = results.steady_effects(PARAMS, runs, networks)
    assert "separable" in steady
    assert steady <= set(effects.loc[effects["p_holm"] < 0.05, "network"])
    assert results.steady_effects(PARAMS, runs[runs["seed"] < 2], networks) is None
    sure = effects.assign(p_holm=0.01).head(4)  # the reference and three changes
    said = say_effects(sure, "matters", {sure["network"].iloc[1]})
    assert f"Only *{sure['network'].iloc[1]}* keeps p < 0.05 whichever seed is left" in said
    assert "the reference's own runs range from" in said
    assert "None of these differences keeps" in say_effects(sure, "matters", set())
    assert "All of these" in say_effects(sure, "matters", set(sure["network"]))
    assert "whichever" not in say_effects(sure, "matters")


def test_what_a_test_of_each_pair_alone_finds_is_told():
    runs = frame({"separable": 0.5})
    _, effects = tables_of(runs)
    found = results.unpooled_effects(effects, runs)
    assert "separable" in found
    # One that scatters widely is told from the reference by the pooled spread alone.
    wide = runs["network"] == "1 stage"
    runs.loc[wide, "val_accuracy"] = [0.5, 0.86, 0.95][: wide.sum()]
    _, effects = tables_of(runs)
    assert "1 stage" not in results.unpooled_effects(effects, runs)
    assert results.unpooled_effects(effects, frame(seeds=(0,))) is None
    sure = effects.assign(p_holm=0.01).head(4)
    said = say_effects(sure, "matters", unpooled={"separable"})
    spread = frame().groupby("network")["val_accuracy"].std()[sure["network"]]
    assert (
        f"do not scatter alike: by {100 * spread.min():.2f} to {100 * spread.max():.2f} "
        f"points (standard deviation), the reference by {100 * spread['reference']:.2f}."
    ) in said
    assert "None of these differences keeps it by Welch's test" in say_effects(
        sure, "matters", unpooled=set()
    )
    assert "Welch" not in say_effects(sure, "matters")


def test_the_dense_network_shows_nothing_of_the_kind_of_layers():
    effects = effects_of()
    p = np.where(effects["network"] == design.DENSE_NETWORK, 0.001, 1.0)
    facts = facts_of(effects.assign(p_holm=p))
    assert facts["sure"] == ["*ANN, 2×128*"]
    assert facts["matters"] == []
    assert "kind of layers" in facts["unclear"]
    answer = findings.say("matters", **facts)
    assert "*ANN, 2×128* differs from the reference in more than its kind" in answer
    assert answer.endswith(
        "Nothing has p < 0.05 after Holm's correction, that network aside."
    )


def test_changes_at_another_rate_than_the_reference_are_told():
    effects = effects_of()
    moved = effects["network"].isin(["separable", "1 stage", design.DENSE_NETWORK])
    sure = moved | (effects["network"] == "width 4")
    effects = effects.assign(
        learning_rate=np.where(moved, 0.01, 0.03), p_holm=np.where(sure, 0.001, 1.0)
    )
    assert (
        "The reference's rate is 0.03, the highest of those tried; 3 of these changes were "
        "trained at another, and a part of their effect may be the rate's."
    ) in say_effects(effects)
    inside = say_effects(effects.assign(edge=""))
    assert "rate is 0.03; 3 of" in inside
    # The dense network is no evidence, at whichever rate.
    answer = say_effects(effects, "matters")
    assert (
        "Of the 3 changes that this rests on, 2 were trained at another learning" in answer
    )
    alike = effects.assign(learning_rate=0.03)
    for block in ("effects", "matters"):
        assert "rate" not in say_effects(alike, block)


def test_depth_and_width():
    grid = pd.DataFrame({4: [0.9, 0.8], 16: [0.9, 0.95]}, index=[1, 2])
    text = findings.say("depth", **findings.depth_facts(grid))
    assert "1 stage at width 4 and 2 stages at width 16" in text
    assert "the widest networks led at 1 of 2 depths. None of this is tested" in text
    alone = findings.say("depth", **findings.depth_facts(grid[[4]]))
    assert alone == "One depth or one width: nothing to cross."


@pytest.fixture
def three():
    return pd.DataFrame(
        {
            "network": ["complex CNN", "small", "large"],
            "macs": [100, 10, 1000],
            "parameters": [50, 80, 500],
            "mean": [0.97, 0.971, 0.974],
            "fair_low": [0.96, 0.961, 0.964],
            "fair_high": [0.98, 0.981, 0.984],
            "front_macs": [0.1, 1.0, 0.96],
        }
    )


def say_front(table, block="front"):
    return findings.say(block, **findings.front_facts(table))


def test_front_sentences(three):
    answer = say_front(three, "rank")
    assert "ranks 3 of 3" in answer
    assert "by these means *small* is at least as accurate with 10.0\u202f% of" in answer
    assert answer.endswith("over multiply-accumulates in 10\u202f% of the draws.")
    text = say_front(three)
    assert "The best is *large*" in text
    assert "are those of *small* (10, 1\u202f% of the best's)" in text
    assert "parameters those of *complex CNN* (50, 10\u202f% of the best's)" in text
    assert "less than 1.41 points apart may change places" in text
    assert text.endswith("draws or more: *small* and *large*.")
    nothing = dict.fromkeys(["fair_low", "fair_high", "front_macs"], np.nan)
    assert "change places" not in say_front(three.assign(**nothing))
    assert "draws" not in say_front(three.assign(**nothing), "rank")
    first = three.assign(mean=[0.99, 0.9, 0.9])
    assert "ranks 1 of 3" in say_front(first, "rank")
    assert "by these means no network with fewer multiply-acc" in say_front(first, "rank")
    assert "the same network" in say_front(first)
    tied = findings.front_facts(three.assign(mean=0.9))
    assert tied["cheaper"]["network"] == "small"


def test_the_front_is_as_sure_as_its_means():
    best = frame({"1 stage": 0.95, "complex CNN": 0.5})
    shares = results.with_front(tables_of(best)[0], best).set_index("network")
    assert shares.at["1 stage", "front_macs"] == 1  # the cheapest, and far the best
    assert shares.at["complex CNN", "front_macs"] == 0
    close = frame({name: 0.9 - 0.001 * i for i, name in enumerate(NETWORKS)})
    shares = results.with_front(tables_of(close)[0], close)["front_macs"]
    assert shares.iloc[0] == 1
    assert 0 < shares.iloc[1] < 1
    one = frame(seeds=(0,))
    assert results.with_front(tables_of(one)[0], one)["front_macs"].isna().all()


@pytest.mark.parametrize(
    ("predicted", "text"),
    [
        ([9, 9], "2 of 2 runs read it so. One image"),
        ([9, 4], "1 of 2 runs reads it so. The other reads 4."),
        ([5, 4], "0 of 2 runs read it so. The others read 4 and 5."),
    ],
)
def test_the_one_image(predicted, text):
    read = pd.DataFrame({"predicted": predicted})
    read["right"] = read["predicted"] == 9
    found = findings.say("image", **findings.image_facts(read, 150, 9))
    assert found.startswith(f"Test image 150 is a 9. {text}")


def test_the_one_image_when_it_was_not_tested():
    read = pd.DataFrame(columns=["right", "predicted"])
    text = findings.say("image", **findings.image_facts(read, 150, 9))
    assert "is not among the test images" in text


def paper_runs(accuracies):
    runs = pd.DataFrame(
        {
            "system": ["no momentum"] * 3 + ["momentum 0.9"] * 3,
            "key": list("abcdef"),
            "test_accuracy": accuracies,
            "test_loss": 0.05,
            "n_examples": 10_000,
            "status": "ok",
        }
    )
    return runs, pd.DataFrame({"key": runs["key"], "right": [True] * 3 + [False] * 3})


def test_each_momentum_is_a_reading_of_the_printed_values():
    runs, read = paper_runs([0.97, 0.971, 0.972, 0.986, 0.987, 0.988])
    full = Params(n_train=None, epochs=10)
    items = findings.evidence(full, "mnist", runs, read)
    verdict = judge("AHM-07", items)
    assert verdict.verdict == UNDER_A_READING
    assert verdict.reason == "with momentum 0.9, 10 epochs and batches of 32."
    assert judge("AHM-10", items).reason.startswith("with no momentum")
    reading, text = findings.sentences(items, "AHM-07")[0]
    said = findings.say("rerun", sentences=[(reading, text)], clause="")
    assert said.startswith(
        "With no momentum, 10 epochs and batches of 32, the printed 98.73"
    )
    untested = findings.evidence(full, "mnist", runs, read.head(0))
    assert judge("AHM-10", untested).verdict == NOT_JUDGED


@pytest.mark.parametrize(
    ("values", "dataset"),
    [
        ({"n_train": None, "epochs": 10}, "digits"),
        ({"n_train": None, "epochs": 4}, "mnist"),
        ({"n_train": 7200, "epochs": 10}, "mnist"),
        ({"n_train": None, "epochs": 10, "learning_rate": 0.1}, "mnist"),
        ({"n_train": None, "epochs": 10, "batch_size": 64}, "mnist"),
        ({"n_train": None, "epochs": 10, "momentum": 0.5}, "mnist"),
        ({"n_train": None, "epochs": 10, "family_momentum": 0.5}, "mnist"),
    ],
)
def test_runs_that_are_not_the_papers_judge_nothing(values, dataset):
    items = findings.evidence(Params(**values), dataset, *paper_runs([0.987] * 6))
    assert judge("AHM-07", items).verdict == judge("AHM-10", items).verdict == NOT_JUDGED


def test_the_answer_is_three_points(three):
    # As the page does: a name that both had would be an error.
    text = findings.say(
        "answer",
        sentences=[("x", "The printed 1 lies.")],
        clause="",
        **facts_of(effects_of()),
        **findings.front_facts(three),
    )
    points = text.splitlines()
    assert [point[:4] for point in points] == ["- **"] * 3
    assert points[0].endswith("With x, the printed 1 lies.")


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_effect_figure_has_a_panel_for_each_factor(seeds):
    figure = results.effect_figure(PARAMS, frame(seeds=seeds))
    assert [ax.get_xlabel() for ax in figure.axes] == list(design.FACTORS.values())
    assert len({ax.get_ylim() for ax in figure.axes}) == 1
    assert figure.axes[0].get_ylim()[1] <= 1.01
    figure.draw_without_rendering()
