"""The notebook on tuning: what is run, the tables, the facts, the sentences."""

from itertools import combinations, product
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import precision_recall_fscore_support

from mnistlib.chapters.tuning import design, findings, results
from mnistlib.chapters.tuning.design import CHOSEN, ONE, PLAIN, SETTINGS, STATED, TRIALS
from mnistlib.chapters.tuning.params import Params
from mnistlib.claims.evidence import Fact, Printed, Untestable
from mnistlib.claims.registry import reported
from mnistlib.claims.verdicts import judge
from mnistlib.ground.errors import ParameterError
from mnistlib.runs import cases
from mnistlib.stats.search import progress

DIGITS = SimpleNamespace(name="digits")
MNIST = SimpleNamespace(name="mnist", y_test=np.repeat(np.arange(10), reported("ASH-13")))
FULL = Params(
    n_train=None,
    n_test=None,
    epochs=5,
    batch_size=32,
    grid_epochs=3,
    grid_seeds=[100, 101],
    filters=[32, 64, 128],
    units=[32, 64, 128],
)
CLAIMS = {f"ASH-{i:02}" for i in range(1, 18)} - {"ASH-04", "ASH-05", "ASH-06"}


def accuracy(filters, units, rate, seed) -> float:
    """Best at 128, 32 and 0.001; the rate matters most, and nothing acts together."""
    wobble = np.random.default_rng([filters, units, round(1e5 * rate), seed]).normal()
    gain = 0.004 * np.log2(filters / 32) - 0.002 * np.log2(units / 32)
    return 0.97 + gain - 0.02 * (rate != 0.001) + 1e-4 * wobble


def grid(seeds=(100, 101), value=accuracy, rates=(0.01, 0.001, 0.0001)) -> pd.DataFrame:
    rows = [
        {
            "filters": f,
            "units": u,
            "learning_rate": rate,
            "seed": seed,
            "val_accuracy": value(f, u, rate, seed),
            "n_val": 10_000,
            "parameters": f * u,
            "status": "ok",
        }
        for f, u, rate, seed in product((32, 64, 128), (32, 64, 128), rates, seeds)
    ]
    return pd.DataFrame(rows)


def stuck(filters, units, rate, seed) -> float:
    return 0.1 if (rate, filters, units) == (0.01, 128, 128) else accuracy(
        filters, units, rate, seed
    )  # fmt: skip


def runs(params=FULL, right=0.988) -> SimpleNamespace:
    """Tested systems, wrong at random, on labels in MNIST's numbers."""
    labels, rows, said = MNIST.y_test, [], {}
    for system, seed in product(design.systems(design.TEXT), params.seeds):
        chance = np.random.default_rng([len(system), seed])
        wrong = chance.random(len(labels)) > right + 0.002 * seed
        key = f"{system} {seed}"
        said[key] = np.where(wrong, (labels + 1) % 10, labels).astype(np.uint8)
        share = float((said[key] == labels).mean())
        rows.append(
            {
                "system": system,
                "seed": seed,
                "key": key,
                "test_accuracy": share,
                "val_accuracy": 0.98 + 0.001 * seed,
                "test_loss": 0.05,
                "n_examples": len(labels),
                "parameters": 1000,
                "status": "ok",
            }
        )
    return SimpleNamespace(
        frame=pd.DataFrame(rows), test_labels=labels, predictions=said.__getitem__
    )


# --- what is run


def test_runs_that_choose_open_no_test_image_and_all_are_augmented():
    base = design.base(FULL, DIGITS)
    wanted = cases(base, filters=[32, 64], units=[32], learning_rate=[0.01], seed=[7])
    assert {case.spec.evaluate_on for case in wanted} == {"validation"}
    assert [case.labels["filters"] for case in wanted] == [32, 64]
    spec = wanted[0].spec
    assert (spec.rotation, spec.shift, spec.zoom) == (10.0, 0.1, 0.1)
    assert (spec.optimizer, spec.batch_size, spec.epochs) == ("adam", 32, 5)


def test_the_grids_choice_is_tested_unless_it_is_another_system_anyway():
    names = [STATED, ONE, PLAIN, *TRIALS]
    assert list(design.systems(design.TEXT | {"mean": 0.9})) == names
    assert list(design.systems(TRIALS["trial 1"])) == names
    other = {"filters": 128, "units": 64, "learning_rate": 0.001}
    assert design.systems(other | {"edge": ""})[CHOSEN] == other


def test_readings_change_one_thing_of_the_stated_system():
    base, tested = design.base(FULL, DIGITS), design.systems(design.TEXT)
    opened = base | {"evaluate_on": "test"}
    specs = {
        case.labels["system"]: case.spec for case in cases(opened, system=tested, seed=[0])
    }
    assert (
        specs[STATED].model_args == {}
    )  # the builder's defaults: the middle of both lists
    assert specs[ONE].model_args == {"convs": 1}
    assert specs[PLAIN].rotation == specs[PLAIN].shift == specs[PLAIN].zoom == 0
    assert specs[STATED].learning_rate == 0.001
    assert specs["trial 1"].model_args == {"filters": 128, "units": 128}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"seeds": [1], "grid_seeds": [1]},
            "seeds and grid_seeds must have no seed in common",
        ),
        ({"filters": [4096]}, "filters"),
        ({"units": []}, "units"),
        ({"bayesian_orders": 0}, "bayesian_orders"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(values, message):
    with pytest.raises(ParameterError, match=message):
        Params.from_mapping(values)


# --- tables


def test_the_grid_is_a_list_of_trials_best_first_with_the_printed_ones_marked():
    table = results.grid_table(grid())
    assert table["rank"].tolist() == list(range(1, 28))
    assert tuple(table.loc[0, SETTINGS]) == (128, 32, 0.001)
    marked = table[table["printed"] != ""].set_index("printed")
    assert marked.loc["trial 0: 0.9814", "filters"] == 64
    assert marked.loc["trial 1: 0.9859", "learning_rate"] == 0.0001
    assert (table["failed"] == 0).all()


def test_effects_share_the_variation_and_leave_failed_rates_out():
    table = results.effects(grid()).set_index("term")
    assert table["share"].idxmax() == "learning_rate"
    assert table.loc["learning_rate", "levels"] == 2
    assert table.loc[["filters", "units", "learning_rate"], "p_holm"].max() < 0.001
    assert table["share"].sum() <= 1
    fewer = results.effects(grid(value=stuck)).set_index("term")
    assert results.lost_rates(grid(value=stuck)) == [0.01]
    assert fewer.loc["learning_rate", "levels"] == 1
    one = grid().query("filters == 32 and units == 32")
    assert results.effects(one).empty


def test_the_tolerance_is_one_standard_error_of_the_best():
    frame = grid()
    best = results.chosen(frame)["mean"]
    assert results.enough(frame) == pytest.approx(
        best - np.sqrt(best * (1 - best) / 10_000)
    )


def test_points_are_tested_against_the_best_over_the_grids_seeds():
    frame = grid()
    tests = results.behind(frame)
    assert len(tests) == 26
    assert (tests["b"] == "128, 32, 0.001").all()
    facts = findings.grid_facts(frame)
    # Rates make 2 points, filters 0.4, units 0.2: all beyond a spread of 0.01.
    assert (facts["tested"], facts["behind"]) == (26, 26)
    text = findings.say("apart", **facts)
    assert "26 of 26 other points are behind it" in text
    noisy = frame.assign(val_accuracy=np.random.default_rng(1).normal(0.97, 0.01, 54))
    assert findings.grid_facts(noisy)["behind"] <= 1  # one chance hit: the best was chosen
    one_seed = findings.grid_facts(grid(seeds=(100,)))
    assert (one_seed["tested"], one_seed["behind"]) == (0, 0)
    assert "needs two seeds" in findings.say("apart", **one_seed)


def test_averages_are_those_of_scikit_learn():
    tested = runs()
    keys = tested.frame.query("system == @STATED")["key"]
    scores = results.class_scores(tested, keys)
    averages = results.averages(scores)
    for kind, rows in averages.items():
        for key, row in zip(keys, rows, strict=True):
            theirs = precision_recall_fscore_support(
                tested.test_labels, tested.predictions(key), average=kind
            )
            assert row == pytest.approx(theirs[:3])
    table = results.class_table(scores)
    assert table["support"].tolist() == reported("ASH-13")
    assert table["printed_recall"].tolist() == reported("ASH-11")


def test_a_digit_that_no_image_shows_has_no_weight():
    labels = np.array([1, 1, 2])
    few = SimpleNamespace(test_labels=labels, predictions=lambda key: labels)
    averages = results.averages(results.class_scores(few, ["a"]))
    assert averages["weighted"] == [[1, 1, 1]]
    assert np.isnan(averages["macro"]).all()


def test_differences_are_to_the_stated_rate_in_points_and_images():
    table = results.difference_table(runs().frame).set_index("a")
    assert (table["b"] == STATED).all()
    assert table.loc[ONE, "images"] == pytest.approx(
        table.loc[ONE, "mean_difference"] * 10_000
    )


def test_confused_pairs_count_both_directions():
    counts = np.eye(10, dtype=int)
    counts[3, 8], counts[8, 3], counts[0, 1] = 2, 1, 1
    table = results.confused_pairs(counts)
    assert table.to_dict("records") == [
        {"a": 3, "b": 8, "errors": 3},
        {"a": 0, "b": 1, "errors": 1},
    ]


def test_the_printed_recalls_allow_all_three_accuracies():
    low, high = results.implied_accuracy()
    assert (round(100 * low, 2), round(100 * high, 2)) == (98.38, 99.18)
    assert all(low <= reported(claim) / 100 <= high for claim in findings.ACCURACIES)


def test_first_of_finds_the_first_image_of_each_digit_that_there_is():
    assert results.first_of(np.array([5, 7, 7, 0]), [7, 0, 5, 4]) == [1, 3, 0]


# --- facts and sentences


def test_facts_of_the_grid():
    facts = findings.grid_facts(grid())
    assert facts["points"] == 27
    assert facts["seeds"] == 2
    assert facts["best"]["learning_rate"] == facts["rate"] == 0.001
    assert facts["places"]["trial 1"] > facts["places"][STATED] > 1
    assert facts["failed"] == 0
    assert findings.grid_facts(grid(value=stuck))["failed"] == 2
    small = grid(rates=(0.003,))
    assert findings.grid_facts(small)["places"] == {}
    assert findings.say("places", points=9, places={}).startswith("No point")


def test_the_best_is_said_with_how_many_are_as_good():
    facts = findings.grid_facts(grid(seeds=(100,)))
    for near, words in ((0, "No other setting comes"), (1, "One other setting comes"),
                        (3, "Three other settings come")):  # fmt: skip
        text = findings.say("best", **facts | {"near": near})
        assert words in text
    assert "128 filters, 32 units and a rate of 0.001 did best" in text
    assert "a mean of 1 seed." in text


def test_shares_are_said_largest_first_or_not_at_all():
    frame = grid()
    facts = findings.effect_facts(frame, results.effects(frame))
    assert list(facts["single"]) == ["learning rate", "filters", "units"]
    assert facts["gain"] == pytest.approx(-0.004, abs=2e-4)
    assert facts["units"] == [32, 64, 128]
    best = max(facts["rates"], key=lambda row: row["mean"])
    at_best = frame.query("learning_rate == 0.001")["val_accuracy"].mean()
    assert (best["level"], best["mean"]) == (0.001, pytest.approx(at_best))
    text = findings.say("shares", **facts)
    assert "% goes with the learning rate, " in text
    assert text.endswith("% goes with two of them together.")
    lost = grid(value=stuck)
    facts = findings.effect_facts(lost, results.effects(lost))
    assert "(without the rate 0.01, at which runs failed)" in findings.say(
        "shares", **facts
    )
    none = findings.effect_facts(
        frame, results.effects(frame.query("units + filters == 64"))
    )
    assert "cannot be said" in findings.say("shares", **none)
    assert findings.say("larger", **none) == "No effect can be tested."
    small = findings.say("larger", **facts | {"larger": []})
    assert small.startswith("No effect is larger")


def test_random_search_hits_as_often_as_draws_without_replacement_do():
    hits = findings.random_hits(points=5, good=2)
    held = [
        np.mean([min(draw) < 2 for draw in combinations(range(5), cost)])
        for cost in range(1, 6)
    ]
    assert hits["cost"].tolist() == [1, 2, 3, 4, 5]
    assert hits["hit"].tolist() == pytest.approx(held)
    assert (findings.random_hits(points=5, good=0)["hit"] == 0).all()


def test_searches_say_after_how_many_runs_or_not_within_them():
    def orders(search, worth, n=1):
        columns = {"search": search, "cost": [1, 2, 3], "worth": worth}
        return [pd.DataFrame(columns | {"order": order}) for order in range(n)]

    replays = pd.concat(
        orders("random", [0, 0, 0])
        + orders("hyperband", [0, 1, 1], n=100)
        + orders("bayesian", [0, 0, 0])
    )
    facts = findings.search_facts(progress(replays, enough=1.0), good=1)
    # One point of three: not by the single order that was replayed, but by all.
    assert [(f["half"], f["most"]) for f in facts] == [(2, 3), (2, 2), (None, None)]
    assert [f["orders"] for f in facts] == [None, 100, 1]
    text = findings.say("searches", searches=facts, first=9)
    assert text.endswith(
        "random search 2 (3), Hyperband 2 (2), Bayesian search not within 3 runs (–). "
        "Random search is calculated for all orders; Hyperband is replayed in 100 orders; "
        "Bayesian search is replayed in 1 order, too few for 95 of 100. The first 9 points "
        "of Bayesian search are drawn at random, as in random search."
    )
    facts[1]["most"] = None
    text = findings.say("searches", searches=facts, first=9)
    assert "Hyperband 2 (not within 3 runs)" in text


def test_named_pairs_have_their_place_among_all():
    counts = np.eye(10, dtype=int)
    assert findings.pair_facts(counts)["first"] == []
    text = findings.say("pairs", n=1, **findings.pair_facts(counts))
    assert text == "No image was taken for another digit."
    counts[4, 9], counts[2, 7] = 1, 3
    facts = findings.pair_facts(counts)
    assert [row["rank"] for row in facts["named"]] == [None, 2]
    text = findings.say("pairs", n=2, **facts)
    assert (
        "Of 4 errors of 2 runs, 3 are between 2 and 7, more than between other digits."
        in text
    )
    assert "3 and 8 with 0 errors and 4 and 9 with 1 error, place 2 of 45." in text


def test_pairs_with_as_many_errors_share_their_place():
    counts = np.eye(10, dtype=int)
    counts[4, 9], counts[2, 7], counts[7, 2], counts[3, 8] = 3, 1, 2, 1
    facts = findings.pair_facts(counts)
    assert [(row["rank"], row["tied"]) for row in facts["named"]] == [(3, 1), (1, 2)]
    text = findings.say("pairs", n=2, **facts)
    assert "3 each are between 2 and 7 and between 4 and 9, more than between" in text
    assert "1 error, place 3 of 45 and 4 and 9 with 3 errors, joint place 1 of 45." in text
    counts[0, 1] = counts[5, 6] = 3
    text = findings.say("pairs", n=2, **findings.pair_facts(counts))
    assert "runs, no pair of digits has more than 3, and 4 pairs have as many." in text


def test_differences_are_said_of_readings_and_the_choice_alone():
    frame = runs().frame
    frame.loc[frame["system"] == PLAIN, "test_accuracy"] = 0.1
    one, plain = findings.differences(results.difference_table(frame))
    assert one.startswith("One convolution against the stated rate: ")
    assert plain.endswith("not compared, for a run of one of them failed.")


def test_what_else_was_found_is_one_sentence_each():
    frame = grid()
    said = findings.sentences(frame, results.effects(frame), FULL)
    assert len(said) == 7
    assert said[0].startswith(
        "The report gives three accuracies of a CNN, the second in its comparison of models"
    )
    assert said[1].endswith("The report's rate, 0.001, is the same.")
    slow = grid(value=lambda f, u, rate, seed: 0.9 + 1e-3 * np.log10(rate))
    said = findings.sentences(slow, results.effects(slow), FULL)
    assert "the highest rate that was searched" in said[1]
    assert "is another one" in said[1]


# --- evidence


def test_every_claim_but_the_baselines_has_evidence():
    items = findings.evidence(grid(), runs(), FULL, MNIST)
    assert {item.claim_id for item in items} == CLAIMS
    kinds = {item.claim_id: type(item) for item in items}
    assert kinds["ASH-13"] is Fact
    assert kinds["ASH-17"] is Untestable
    readings = {item.reading for item in items if item.claim_id == "ASH-01"}
    assert len(readings) == 2


def test_a_full_study_is_judged_and_a_small_one_is_not():
    items = findings.evidence(grid(), runs(), FULL, MNIST)
    assert judge("ASH-01", items).verdict == "reproduced under a reading"
    assert judge("ASH-09", items).verdict == "reproduced under a reading"
    assert judge("ASH-13", items).verdict == "reproduced"
    assert judge("ASH-08", items).verdict in (
        "higher than ours",
        "reproduced under a reading",
    )
    everywhere = [{"n_test": 20}, {"batch_size": 64}, {"rotation": 5.0}, {"zoom": 0.0}]
    other = {
        "ASH-01": [{"epochs": 2}, *everywhere],
        "ASH-09": [{"grid_epochs": 1}, {"units": [32, 64]}, *everywhere],
    }
    for claim, changes in other.items():
        for change in changes:
            params = FULL.model_copy(update=change)
            small = findings.evidence(grid(), runs(), params, MNIST)
            assert judge(claim, small).verdict == "not judged", change


def test_a_reading_names_what_the_report_leaves_open():
    items = findings.evidence(grid(), runs(), FULL, MNIST)
    how = "batches of 32, images moved by up to 10°, 0.1 and 0.1, one sixth held out"
    readings = {item.claim_id: item.reading for item in items if hasattr(item, "reading")}
    assert readings["ASH-07"] == f"two convolutions, 5 epochs, {how}"
    assert readings["ASH-09"] == f"two convolutions, 3 epochs, {how}"
    assert readings["ASH-01"] == (f"one convolution, 64 filters, 64 units, 5 epochs, {how}")


def test_lists_of_the_report_have_a_value_for_each_digit_and_seed():
    items = findings.evidence(grid(), runs(), FULL, MNIST)
    by_claim = {item.claim_id: item for item in items if isinstance(item, Printed)}
    assert by_claim["ASH-10"].values.shape == (len(FULL.seeds), 10)
    assert by_claim["ASH-15"].values.shape == (len(FULL.seeds), 3)
    tested = runs()
    keys = tested.frame.query("system == @ONE")["key"]
    recall = results.class_scores(tested, keys).loc[keys.iloc[0], "recall"]
    assert by_claim["ASH-11"].values[0] == pytest.approx(recall.to_numpy())


def test_other_class_counts_contradict_and_the_digits_say_nothing():
    other = SimpleNamespace(name="mnist", y_test=np.arange(10))
    items = findings.evidence(grid(), runs(), FULL, other)
    assert judge("ASH-13", items).verdict == "contradicted"
    items = findings.evidence(grid(), runs(), FULL, DIGITS)
    assert "ASH-13" not in {item.claim_id for item in items}


def test_the_trials_table_and_the_front_page_are_of_the_same_evidence():
    items = findings.evidence(grid(), runs(), FULL, MNIST)
    table = results.trial_table(items)
    assert table["trial"].tolist() == ["trial 0", "trial 1"]
    assert table["printed"].tolist() == ["0.9814", "0.9859"]
    rows = findings.headline_rows(items, "")
    assert [row["claim_id"] for row in rows] == ["ASH-01", "ASH-02", "ASH-03"]
    assert rows[0]["quantity"] == "test accuracy (analysis)"


def test_the_answer_holds_grid_searches_and_the_printed_number():
    frame = grid()
    steps = progress(
        pd.DataFrame({"search": "random", "order": [0], "cost": 1, "worth": 1.0}),
        enough=0.5,
    )
    items = findings.evidence(frame, runs(), FULL, MNIST)
    text = findings.answer(frame, results.effects(frame), steps, items, FULL, MNIST)
    first, second, third = text.split("\n\n")
    assert first.startswith("**Of 27 settings, 128 filters")
    # One point of one: it is found by the first run.
    assert "random search 1 (1). Random search is calculated for all orders." in second
    assert "the printed 98.80" in third


def test_a_run_that_did_not_learn_gives_no_score_an_interval():
    lost = runs()
    first = lost.frame["seed"] == FULL.seeds[0]
    lost.frame.loc[first, "test_accuracy"] = 0.1
    items = findings.evidence(grid(), lost, FULL, MNIST)
    judged = [one for one in items if isinstance(one, Printed) and one.claim_id != "ASH-09"]
    assert {one.claim_id for one in judged} >= {"ASH-07", "ASH-08", "ASH-10", "ASH-14"}
    assert {one.failed for one in judged} == {1}
    assert {one.place for one in judged} == {""}
