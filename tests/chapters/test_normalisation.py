"""Batch normalisation: what is run, chosen, compared, drawn and said."""

from itertools import product
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns

from mnistlib.chapters.batch_norm import design, figures, findings, results
from mnistlib.chapters.batch_norm.params import Params
from mnistlib.claims.evidence import Printed
from mnistlib.claims.verdicts import judge
from mnistlib.ground.errors import ParameterError
from mnistlib.ground.notebook import read_notebook
from mnistlib.models import BatchNorm
from mnistlib.runs import cases
from mnistlib.show import reproduction, style, tables
from mnistlib.stats.compare import compare, holm
from mnistlib.stats.selection import select
from mnistlib.study.plan import load_study

PARAMS = Params(
    learning_rates=[0.1, 0.01],
    unscaled_rates=[0.01],
    scalings=["none", "unit"],
    seeds=[0, 1, 2],
    grid_seeds=[100, 101, 102],
)
FULL = PARAMS.model_copy(update={"epochs": 5})
GRID = cases(
    design.base(PARAMS, "mnist") | {"epochs": 1},
    model=design.HOSTS,
    condition=design.conditions(PARAMS),
    batch_norm=design.PLACEMENTS,
    seed=PARAMS.grid_seeds,
)


def row_of(case) -> dict:
    columns = case.labels | case.spec.columns()
    return columns | {"key": case.spec.key("x"), "status": "ok"}


def grid_frame(accuracy=lambda row: 0.9, of=GRID):
    """Return the grid's runs; accuracies vary a little with the seed and the placement."""
    frame = pd.DataFrame(map(row_of, of))
    values = [
        accuracy(row) + 0.01 * (row.seed % 10) ** (1 + 0.5 * (row.batch_norm == "none"))
        for row in frame.itertuples()
    ]
    return frame.assign(val_accuracy=values, n_val=550)


def test_a_rate_belongs_to_a_scaling():
    """Unscaled pixels get smaller rates as well; other scalings never see them."""
    params = PARAMS.model_copy(update={"unscaled_rates": [1e-5, 0.01]})
    conditions = design.conditions(params)
    assert list(conditions) == [
        *("0 to 255, 1e-05", "0 to 255, 0.01", "0 to 255, 0.1"),
        *("÷ 255, 0.01", "÷ 255, 0.1"),
    ]
    close = PARAMS.model_copy(update={"learning_rates": [0.1, 0.10000001]})
    assert len(design.conditions(close)) == 3 + 2
    assert conditions["0 to 255, 1e-05"] == {"scaling": "none", "learning_rate": 1e-5}


def test_what_is_chosen_on_a_seed_is_not_reported_on_it():
    with pytest.raises(ParameterError, match=r"no seed in common.*Received: \[100\]"):
        Params.from_mapping({"seeds": [0, 100]})
    with pytest.raises(ParameterError, match=r"grid_epochs: .*Received: grid_epochs=0"):
        Params.from_mapping({"grid_epochs": 0})


def test_outcomes_count_diverged_and_stuck_runs_apart():
    frame = grid_frame()
    hit = (frame["model"] == "complex_cnn") & (frame["scaling"] == "none")
    hit &= frame["batch_norm"] == "none"
    diverged = hit & (frame["learning_rate"] == 0.1)
    stuck = hit & (frame["learning_rate"] == 0.01) & (frame["seed"] == 100)
    frame.loc[diverged, "status"] = "diverged"
    frame.loc[diverged | stuck, "val_accuracy"] = 0.1
    table = results.outcomes(frame)
    assert len(table) == 12
    by_name = table.set_index(["model", "scaling", "batch_norm"])
    row = by_name.loc[("complex_cnn", "none", "none")]
    assert (row["runs"], row["diverged"], row["stuck"]) == (6, 3, 1)
    assert row["best_rate"] == 0.01
    others = by_name.drop(("complex_cnn", "none", "none"))
    assert (others[["diverged", "stuck"]] == 0).all(axis=None)
    good = frame[hit & ~stuck & ~diverged]["val_accuracy"].median()
    text = f"{100 * good:.2f}\u202f% (median; 2 of 3 learned)"
    assert text in tables.to_markdown(table, results.OUTCOMES)

    counts = findings.unscaled(table)
    assert counts[0] == {"diverged": 3, "stuck": 1, "failed": 4, "runs": 12}
    assert counts[1] == {"diverged": 0, "stuck": 0, "failed": 0, "runs": 24}
    text = findings.say("unscaled", counts=counts)
    assert "4 of 12 runs without batch normalisation failed (3 diverged, 1 did not" in text
    assert "0 of 24 runs with it failed (0 diverged, 0 did not learn)." in text


def test_scaling_compares_best_rates_with_and_without():
    """Unscaled pixels lose 0.1 and want a tenth of the rate; normalised, only 0.02."""

    def accuracy(row):
        raw, plain = row.scaling == "none", row.batch_norm == "none"
        right_rate = row.learning_rate == (0.01 if raw and plain else 0.1)
        return 0.8 + 0.05 * right_rate - raw * (0.1 if plain else 0.02)

    outcomes = results.outcomes(grid_frame(accuracy))
    facts = findings.scaling(outcomes) | {"epochs": 3}
    for host, name in zip(facts["hosts"], design.HOSTS, strict=True):
        assert host["model"] == name
        assert (host["without"], host["most"]) == pytest.approx((0.1, 0.02))
        assert [host["factor"], *host["factor_with"]] == pytest.approx([10, 1, 1])
    assert (facts["scaled"], facts["edge"]) == ("÷ 255", True)
    assert findings.say("scaling", **facts).replace("\n", " ") == (
        "With the best rate for each scaling, after 3 epochs, the best and the worst "
        "scaling of the pixels are 10.00 points of validation accuracy apart without batch "
        "normalisation and 2.00 with it (base CNN); 10.00 and 2.00 (complex CNN). The best "
        "rate of pixels of 0 to 255 and "
        "that of pixels ÷ 255 differ by a factor of 10 without it, and of 1 with it. Rates "
        "were tried in steps, so that these factors and gaps are those of this grid; some "
        "best rates are the lowest or highest that were tried."
    )


def test_scaling_and_unscaled_pixels_where_there_is_one_scaling():
    outcomes = results.outcomes(grid_frame().query("scaling == 'unit'"))
    assert findings.unscaled(outcomes) == []
    assert findings.say("unscaled", counts=[]).startswith("Pixels were scaled in all runs")
    text = findings.say("scaling", **findings.scaling(outcomes), epochs=3)
    assert text == "Only one scaling of the pixels was tried."
    raw = findings.scaling(results.outcomes(grid_frame().query("scaling == 'none'")))
    assert (raw["hosts"], raw["scaled"]) == ([], None)


def test_gains_share_the_residual_of_a_host_and_scaling():
    frame = grid_frame(lambda row: 0.8 + 0.1 * (row.batch_norm == "before_activation"))
    gains = results.gains(frame)
    assert len(gains) == 8 * 2
    row = gains.iloc[0]
    part = frame.query("model == @row.model and scaling == @row.scaling")
    part = part.assign(system=part["learning_rate"].astype(str) + part["batch_norm"])
    pair = [(f"{row.learning_rate}{row.batch_norm}", f"{row.learning_rate}none")]
    expected = compare(part, "system", "val_accuracy", pairs=pair).iloc[0]
    columns = ["mean_difference", "low", "high", "p"]
    assert row[columns].tolist() == pytest.approx(expected[columns].tolist())
    np.testing.assert_allclose(gains["p_holm"], holm(gains["p"]))
    wide = results.side_by_side(gains)
    assert len(wide) == 8
    after = gains[gains["batch_norm"] == "after_activation"]["mean_difference"]
    assert wide["mean_difference_2"].tolist() == after.tolist()


@pytest.mark.parametrize("lost", [["none"], design.NORMALISED])
def test_only_networks_that_are_compared_lend_their_spread(lost):
    """At rate 0.1 one side failed: how the runs of the other scatter there is no matter."""
    frame = grid_frame()
    there = frame["learning_rate"] == 0.1
    failed = there & frame["batch_norm"].isin(lost)
    frame.loc[failed, "val_accuracy"] = 0.1
    wild = frame.copy()
    odd = there & ~failed & (frame["seed"] == 101)
    wild.loc[odd, "val_accuracy"] = [0.3 + 0.01 * k for k in range(odd.sum())]
    calm, stormy = results.gains(frame), results.gains(wild)
    for column in ("mean_difference", "low", "p"):
        np.testing.assert_allclose(calm[column], stormy[column])
    assert calm["mean_difference"].isna().sum() == len(calm) / 2
    assert set(calm["degrees"]) == {2 * 2}  # three seeds, three networks


def test_a_condition_with_failed_runs_shows_how_many_learned():
    frame = grid_frame(lambda row: 0.8 + 0.01 * (row.batch_norm == "before_activation"))
    lost = (frame["learning_rate"] == 0.1) & (frame["batch_norm"] == "none")
    lost &= (frame["seed"] == 100) & (frame["scaling"] == "none")
    lost &= frame["model"] == "base_cnn"
    assert lost.sum() == 1
    frame.loc[lost, ["val_accuracy", "status"]] = 0.1, "diverged"
    gains = results.gains(frame)
    hit = gains["p"].isna()
    assert hit.sum() == 2
    assert set(gains.loc[hit, "learning_rate"]) == {0.1}
    assert all("2 of 3 learned" in text for text in gains.loc[hit, "without"])
    facts = findings.gains(gains)
    assert (facts["n"], facts["lost"]) == (14, 2)
    column = tables.to_markdown(results.side_by_side(gains), results.GAINS)
    cells = next(line for line in column.splitlines() if "2 of 3 learned" in line)
    # No gain is given; the accuracy of the normalised runs is.
    assert gains.loc[hit, "with_"].iloc[0] in cells
    assert "nan" not in column


def gains_table(differences, p_holm, n=3):
    return pd.DataFrame(
        {
            "model": "base_cnn",
            "scaling": "unit",
            "learning_rate": np.repeat([0.01, 0.1, 1.0], 2)[: len(differences)],
            "batch_norm": design.NORMALISED * (len(differences) // 2),
            "n": n,
            "mean_difference": differences,
            "p": p_holm,
            "p_holm": p_holm,
            "smallest_found": 0.0123,
            "failed_without": 0,
            "failed_with": np.isnan(differences).astype(int),
            "mean_with": 0.9 + np.nan_to_num(differences),
        }
    )


def gain_text(table):
    (facts,) = findings.gains_by_pixels(table)
    return findings.say("gains", **facts).replace("\n", " ")


def test_gain_facts_and_their_sentence():
    table = gains_table([0.01, -0.02, 0.03, 0.05], [0.9, 0.01, 0.04, 0.5])
    facts = findings.gains(table)
    assert [facts[name] for name in ("n", "raised", "tested", "apart", "losses")] == [
        *(4, 3, 4, 2, 1)
    ]
    text = gain_text(table)
    assert text.startswith("On scaled pixels, at one and the same rate, batch")
    assert "in 3 of 4 comparisons (at 0.01 and 0.1); the gains go from −2.00" in text
    assert "−2.00 to +5.00 points." in text
    assert "The median gain is +2.00 (base CNN, ÷ 255; 4 comparisons)." in text
    assert "p < 0.05 in 2 of them; 1 is a loss" in text
    assert text.endswith("in 80 of 100 cases; of smaller ones they miss more.")
    several = gain_text(table.assign(smallest_found=[0.01, 0.02, 0.03, np.nan]))
    assert "a difference of 1.00 to 3.00 points, depending on the comparison, in" in several


def test_gain_sentence_of_one_seed_and_of_failed_runs():
    one = gain_text(gains_table([0.01] * 4, [np.nan] * 4, n=1))
    assert one.endswith("Nothing could be tested: that needs two seeds or more.")
    lost = gain_text(gains_table([0.01, np.nan, 0.01, 0.02], [0.1, np.nan, 0.1, 0.1]))
    assert "of 3 comparisons" in lost
    assert lost.endswith(
        "1 more comparison had runs that failed: 0 without batch normalisation only, 1 "
        "with it only. Medians and range leave them out."
    )
    none = gain_text(gains_table([np.nan] * 4, [np.nan] * 4))
    assert none.startswith("On scaled pixels, runs failed in every comparison")
    plain = gains_table([0.01, 0.02, np.nan, np.nan], [0.01] * 2 + [np.nan] * 2).assign(
        failed_without=[0, 0, 3, 3], failed_with=0, mean_with=[0.9, 0.9, 0.97, 0.98]
    )
    text = gain_text(plain)
    assert text.endswith(
        "Where only runs without it failed (rate 0.1), the mean accuracy with it was "
        "97.00–98.00\u202f%."
    )
    assert "p < 0.05 in 2 of them; none are losses." in text
    every = gain_text(plain.assign(mean_difference=np.nan, failed_without=3, mean_with=0.9))
    assert every.endswith(
        "(rates 0.01 and 0.1), the mean accuracy with it was 90.00\u202f%."
    )


def test_gains_on_unscaled_pixels_are_told_apart():
    scaled = gains_table([0.01, 0.02, 0.03, 0.05], [0.9] * 4)
    raw = gains_table([-0.5, -0.6, -0.4, 0.01], [0.01] * 4)
    facts = findings.gains_by_pixels(pd.concat([raw.assign(scaling="none"), scaled]))
    assert [one["pixels"] for one in facts] == ["scaled pixels", "pixels of 0 to 255"]
    assert [(one["n"], one["raised"], one["apart"]) for one in facts] == [
        (4, 4, 0),
        (4, 1, 4),
    ]
    assert facts[0]["least"] == 0.01 and facts[1]["most"] == 0.01
    text = findings.say("gains", **facts[1])
    assert text.startswith("On pixels of 0 to 255, at one")
    assert "÷ 255" not in text and "Where only" not in text


def test_placement_facts():
    # after - before: -0.03 and +0.02
    facts = findings.placements(gains_table([0.01, -0.02, 0.03, 0.05], [1.0] * 4))
    assert facts == {"n": 2, "better": 1, "worse": 1, "median": pytest.approx(-0.005)}
    text = findings.say("placements", **facts)
    assert text.endswith("median difference is −0.50 points, and was not tested.")
    # One condition that only starts to learn does not make the summary.
    late = gains_table([0.01, 0.02, 0.03, 0.04, 0.1, 0.9], [1.0] * 6)
    assert findings.placements(late)["median"] == pytest.approx(0.01)
    # Where the plain network alone failed, the placements can still be compared.
    plain = gains_table([np.nan] * 4, [np.nan] * 4).assign(
        failed_without=3, failed_with=0, mean_with=[0.9, 0.8, 0.7, 0.9]
    )
    assert findings.placements(plain)["n"] == 2
    assert findings.one_sided(plain) == {"only_without": 4, "only_with": 0}
    nothing = findings.placements(gains_table([np.nan] * 4, [np.nan] * 4))
    assert findings.say("placements", **nothing).startswith("In no condition did both")


def final_cases(accuracy=lambda row: 0.9):
    tested = design.base(PARAMS, "mnist") | {"epochs": 1, "evaluate_on": "test"}
    best = select(
        grid_frame(accuracy), ["model", "batch_norm"], ["scaling", "learning_rate"]
    )
    paper = design.paper_cases(tested, PARAMS)
    return paper + design.chosen_cases(tested, best, PARAMS.seeds)


def test_tested_are_the_papers_setting_and_those_chosen():
    def accuracy(row):
        bonus = 0.05 * (row.scaling == "none") * (row.batch_norm == "after_activation")
        return 0.8 + bonus + 0.03 * (row.learning_rate == 0.1)

    frame = pd.DataFrame(map(row_of, final_cases(accuracy)))
    paper, chosen = (frame[frame["setting"] == name] for name in ("paper", "chosen"))
    assert len(paper) == len(chosen) == 6 * 3
    assert set(zip(paper["scaling"], paper["learning_rate"], strict=True)) == {
        ("unit", 0.01)
    }
    # Each placement chooses among as many candidates.
    pairs = product(design.HOSTS, design.PLACEMENTS)
    assert {(r.model, r.batch_norm) for r in chosen.itertuples()} == set(pairs)
    assert set(chosen["learning_rate"]) == {0.1}
    after = chosen["batch_norm"] == "after_activation"
    assert set(chosen.loc[after, "scaling"]) == {"none"}
    assert set(frame["seed"]) == {0, 1, 2}


def test_the_papers_setting_is_read_a_second_time_with_momentum():
    frame = pd.DataFrame(map(row_of, final_cases()))
    second = frame[frame["setting"] == design.MOMENTUM]
    first = frame[frame["setting"] == "paper"]
    assert (set(first["momentum"]), set(second["momentum"])) == ({0.0}, {0.9})
    assert len(second) == 4 * 3 and "none" not in set(second["batch_norm"])
    for field in ("scaling", "learning_rate", "epochs"):
        assert set(second[field]) == set(first[field])


@pytest.fixture
def final():
    """Final runs whose predictions are known: normalised ones have one more right."""
    labels = np.arange(8, dtype=np.uint8)
    predictions, rows = {}, []
    for case in final_cases():
        row = row_of(case)
        wrong = {0: [0], 1: [1, 2], 2: [3]}[case.spec.seed]
        wrong = wrong + [7, 6] * (row["batch_norm"] == "none")
        guess = labels.copy()
        guess[wrong] = 9
        predictions[row["key"]] = guess
        rows.append(row | {"test_accuracy": np.mean(guess == labels)})
    frame = pd.DataFrame(rows).assign(test_loss=0.1, n_examples=len(labels))
    runs = SimpleNamespace(
        frame=frame,
        test_labels=labels,
        test_index=labels + 140,
        predictions=predictions.get,
        confidence=lambda key: np.full(len(labels), 0.75),
    )
    return design.named(frame), runs


def test_systems_are_named(final):
    frame, _ = final
    names = frame.groupby("setting")["system"].unique()
    assert names["paper"][:2].tolist() == ["base CNN, plain", "base CNN, before activation"]
    assert names["momentum"][0] == "base CNN, before activation, momentum 0.9"
    assert names["chosen"][0] == "base CNN, plain (0 to 255, 0.01)"


def test_final_tests_pair_predictions_seed_by_seed(final):
    table = results.final_tests(*final)
    assert list(table["setting"]) == ["paper"] * 4 + ["chosen"] * 4
    assert set(table["a_only"]) == {2.0}
    assert set(table["b_only"]) == {0.0}
    np.testing.assert_allclose(table["mean_difference"], 0.25)
    np.testing.assert_allclose(table["images"], 2)
    assert table["p"].isna().all()  # the difference does not vary: no t test
    # McNemar on 2 images against none gives p = 0.5.
    assert set(table["ahead"]) == set(table["behind"]) == {0}


def test_final_tests_count_seeds_that_are_apart_by_direction(final):
    frame, runs = final
    labels = np.tile(np.arange(10, dtype=np.uint8), 4)
    wrong = (labels + 1) % 10
    by_key = frame.set_index("key")["batch_norm"].to_dict()
    seeds = frame.set_index("key")["seed"].to_dict()
    runs.test_labels = labels
    runs.predictions = lambda key: (
        wrong if (by_key[key] == "none") == (seeds[key] < 2) else labels
    )
    table = results.final_tests(frame, runs)
    assert (set(table["ahead"]), set(table["behind"])) == ({2}, {1})
    text = tables.to_markdown(table, results.TESTS)
    assert text.count("+2 / −1 of 3") == 8


def tuned_text(table):
    return findings.say("tuned", **findings.gains(table)).replace("\n", " ")


def test_the_sentence_on_tuned_systems():
    text = tuned_text(gains_table([0.012, -0.003, 0.01, 0.01], [0.01, 0.04, 0.5, 0.5]))
    assert "differs by −0.30 to +1.20 points from that without (4 comparisons" in text
    assert "a place; 2 with p < 0.05 after Holm's correction over all of" in text
    alike = tuned_text(gains_table([0.01] * 4, [0.5] * 4))
    assert "a place; none is told from chance after Holm's" in alike
    untested = tuned_text(gains_table([0.01] * 4, [np.nan] * 4))
    assert "(4 comparisons of a network and a place). These seeds find a" in untested
    one = tuned_text(gains_table([0.01, *[np.nan] * 3], [np.nan] * 4))
    assert "by +1.00 points from that without (1 comparison of" in one
    assert "runs failed" in tuned_text(gains_table([np.nan] * 4, [np.nan] * 4))
    at_paper = findings.gains(gains_table([0.0083, 0.0023], [0.01, 0.04]))
    assert (
        "At the paper's rate, 0.01 on pixels ÷ 255, the mean test accuracy with batch "
        "normalisation differs by +0.23 to +0.83 points from that without (2 comparisons "
        "of a network and a place; 2 with p < 0.05 after Holm's correction over all of"
    ) in findings.say("paper", **at_paper, rate=0.01).replace("\n", " ")
    none = findings.gains(gains_table([np.nan] * 2, [np.nan] * 2))
    assert "runs failed on one side" in findings.say("paper", **none, rate=0.01)
    assert findings.say("edges", n=6, edge=1).startswith("1 of 6 chosen rates lies at the")
    assert findings.say("edges", n=6, edge=0).endswith("placement and scaling.")


def reading(system, ours):
    return Printed("AHM-11", system, ours, reading="x", n_test=10_000)


def test_where_the_printed_accuracy_lies_among_the_readings():
    three = [
        reading("a", [99.1, 99.2, 99.3]),
        reading("b", [98.0, 98.1, 98.2]),
        reading("c", [99.30, 99.31, 99.32]),
    ]
    facts = findings.printed(three, FULL)
    counts = [facts[name] for name in ("n", "inside", "above", "below")]
    assert counts == [3, 1, 1, 1]
    text = findings.say("printed", **facts)
    assert text.startswith(
        "The printed 99.24\u202f% lies inside the 95 % interval of one more run for 1 of 3 "
        "readings of its network (host, place of the normalisation, momentum), above it "
        "for 1, below it for 1; all after 5 epochs with batches of 32. The highest mean"
    )
    assert "The highest mean is 99.31\u202f%, of the *c* (one more run: " in text
    added = reading("d, momentum 0.9", [99.1, 99.2, 99.3])
    text = findings.say("printed", **findings.printed([*three, added], FULL))
    assert "32. Those with momentum 0.9 (1 of 1 inside) were added when the others" in text
    one_seed = findings.say("printed", **findings.printed([reading("a", [99.1])], FULL))
    assert one_seed.startswith("No network has an interval of one more run that could")
    assert one_seed.endswith("of the *a*; all after 5 epochs with batches of 32.")


def test_where_the_printed_loss_lies_among_the_readings():
    def loss(ours, **fields):
        return Printed("AHM-12", "a", ours, reading="x", **fields)

    three = [loss([0.02, 0.026, 0.03]), loss([0.05, 0.051, 0.052]), loss([0.05, None])]
    text = findings.say("loss", **findings.places(three))
    assert text == (
        "The printed test loss of 0.0263 nats lies inside the 95 % interval of one more "
        "run for 1 of 2 readings, above it for 0, below it for 1."
    )
    one_seed = findings.say("loss", **findings.places([loss([0.03])]))
    assert one_seed.startswith("No network has an interval")
    small = [loss([0.02, 0.03], paper_sized=False)]
    assert "is not judged" in findings.say("loss", **findings.places(small))


def test_runs_of_another_size_are_not_held_against_the_printed_accuracy():
    small = Printed("AHM-11", "a", [99.1, 99.2], n_test=10_000, paper_sized=False)
    facts = findings.printed([small], FULL)
    assert (facts["sized"], facts["n"]) == (False, 0)
    text = findings.say("printed", **facts)
    assert text.startswith(
        "The paper prints 99.24\u202f%. Our highest mean is 99.15\u202f%, of"
    )
    assert "inside" not in text


def test_readings_of_host_and_placement_are_the_evidence(final):
    frame, _ = final
    paper = frame[(frame["setting"] != "chosen") & (frame["batch_norm"] != "none")]
    evidence = results.readings(paper, paper_sized=True)
    assert [one.claim_id for one in evidence] == ["AHM-11", "AHM-12"] * 8
    assert len({one.system for one in evidence}) == len({one.reading for one in evidence})
    assert len({one.reading for one in evidence}) == 8
    assert evidence[8].system.endswith("before activation, momentum 0.9")
    assert evidence[8].reading.endswith("momentum 0.9")
    assert evidence[0].ours == [87.5, 75.0, 87.5]
    assert evidence[1].ours == [0.1] * 3
    assert evidence[0].n_test == 8
    words = (
        "the base CNN as host, normalised before activation, 1 epoch, batches of 32, "
        "momentum 0"
    )
    assert evidence[0].reading == words
    assert judge("AHM-11", evidence).verdict == "reproduced under a reading"
    small = results.readings(paper, paper_sized=False)
    assert judge("AHM-11", small).verdict == "not judged"


def test_the_printed_number_is_placed_among_normalised_networks_alone(final):
    frame, _ = final
    paper = frame[frame["setting"] == "paper"]
    places = results.beside_printed(paper, True).set_index("system")["place"]
    plain = places.index.str.contains("plain")
    assert (places[plain] == "").all()
    assert (places[~plain].iloc[1:] != "").all()  # the first row is the paper's own


def test_chosen_settings_are_shown_without_what_judges(final):
    table = reproduction.system_table(final[0], design.CLAIMS, paper_sized=False)
    text = tables.to_markdown(table, results.CHOSEN)
    assert "over both" in text and "test loss" in text
    assert "printed lies" not in text and "one more run" not in text
    assert "judged" not in reproduction.interval_note(results.CHOSEN)


def test_the_image_is_read_by_every_network(final):
    frame, runs = final
    paper = frame[frame["setting"] == "paper"]
    runs.frame = runs.frame.iloc[np.r_[:48, :18]]  # the same run under a second name
    table = results.image_table(paper, runs, 147).set_index("system")
    assert len(table) == 6
    assert table.loc["base CNN, plain", ["predicted", "right", "n"]].tolist() == [9, 0, 3]
    normalised = table.loc["complex CNN, after activation"]
    assert normalised[["predicted", "right", "n"]].tolist() == [7, 3, 3]
    assert normalised["accuracy"] == pytest.approx((7 + 6 + 7) / 24)
    text = tables.to_markdown(table.reset_index(), results.IMAGE)
    assert "75.0\u202f%" in text and "3 of 3" in text
    assert results.image_table(paper, runs, 150).empty
    facts = {"index": 147, "digit": 7}
    text = findings.say("image", right=3, n=12, **facts)
    assert text.endswith("is read as that in 3 of 12 runs with batch normalisation.")
    assert "not among the test images" in findings.say("image", right=0, n=0, **facts)


def test_warm_up_counts_steps():
    # 100 images in batches of 32 are 4 steps, twice; 0.99 ** 8 = 0.9227
    facts = findings.warm_up(100, 2, 32)
    assert facts == {"steps": 8, "left": pytest.approx(0.9227, abs=1e-4)}
    assert "8 steps; the running" in findings.say("warm_up", **facts)
    assert "1 step;" in findings.say("warm_up", **findings.warm_up(32, 1, 32))


def test_network_sizes():
    sizes = results.network_sizes().set_index(["model", "batch_norm"])
    columns = ["parameters", "fixed"]
    assert sizes.loc[("base_cnn", "none"), columns].tolist() == [542230, 0]
    assert sizes.loc[("complex_cnn", "after_activation"), columns].tolist() == [160294, 520]


def test_tables_hold_no_nan(final):
    one_seed = grid_frame(of=[case for case in GRID if case.spec.seed == 100])
    gains = results.side_by_side(results.gains(one_seed))
    for frame, columns in (
        (results.outcomes(one_seed), results.OUTCOMES),
        (gains, results.GAINS),
        (results.final_tests(*final), results.TESTS),
        (
            reproduction.system_table(final[0], design.CLAIMS, True),
            reproduction.SYSTEM_COLUMNS,
        ),
    ):
        assert "nan" not in tables.to_markdown(frame, columns)


@pytest.mark.parametrize("rates", [[0.01], [0.1, 0.01]])
def test_grid_figure_has_a_panel_for_each_host_and_scaling(rates):
    frame = grid_frame()
    figure = figures.scaling_grid(frame[frame["learning_rate"].isin(rates)])
    figure.draw_without_rendering()
    assert [ax.get_title() for ax in figure.axes] == [
        "base CNN, 0 to 255",
        "base CNN, ÷ 255",
        "complex CNN, 0 to 255",
        "complex CNN, ÷ 255",
    ]
    for ax in figure.axes:
        assert list(ax.get_xticks()) == sorted(rates)
        assert ax.get_ylim()[1] < 1.2
    assert len(figure.legends) == 1
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["none", "before activation", "after activation"]


def test_grid_figure_shows_runs_without_any_error():
    perfect = grid_frame()
    for values in (1.0, np.where(perfect["seed"] == 100, 1.0, 0.9)):
        figure = figures.scaling_grid(perfect.assign(val_accuracy=values))
        figure.draw_without_rendering()
        low, high = figure.axes[0].get_ylim()
        assert 0 < low < high


@pytest.mark.parametrize(("lost", "left"), [(["none"], 2), (BatchNorm.__args__, 0)])
def test_the_notebooks_curves_survive_diverged_runs(lost, left):
    history = grid_frame()
    epochs = [history.assign(epoch=epoch, val_loss=1 / epoch) for epoch in (1, 2)]
    history = pd.concat(epochs, ignore_index=True)
    gone = (history["scaling"] == "none") & history["batch_norm"].isin(lost)
    history.loc[gone, "val_loss"] = np.nan
    notebook = read_notebook(load_study().source("04_batch_norm"))
    (cell,) = [cell for cell in notebook.cells if cell.id == "curves"]
    runs = SimpleNamespace(history=history)
    names = {"runs": runs, "params": PARAMS}
    with plt.rc_context():
        exec(
            cell.source,
            names | {"plt": plt, "sns": sns, "style": style, "design": design},
            names,
        )
    panels = names["panels"]
    panels.figure.draw_without_rendering()
    assert panels.axes[1, 0].get_xlabel() == "epoch, at rate 0.01"
    drawn = [
        sum(np.isfinite(np.asarray(line.get_ydata(), float)).any() for line in ax.lines)
        for ax in panels.axes[0]
    ]
    assert drawn == [left * 3, 3 * 3]  # placements with a loss, seeds
    assert [text.get_text() for text in panels.legend.get_texts()] == [
        "none",
        "before activation",
        "after activation",
    ]
