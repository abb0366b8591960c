"""What the optimizer page says: its words follow from the numbers."""

import math

import numpy as np
import pandas as pd
import pytest
from test_optimizer_tables import reported_frame
from test_optimizers import PARAMS, grid_frame

from mnistlib import data
from mnistlib.chapters.optimizers import design as optimizers
from mnistlib.chapters.optimizers import findings as words
from mnistlib.chapters.optimizers import results
from mnistlib.chapters.optimizers.design import (
    A1,
    A2,
    A2_FAST,
    A3,
    METHODS,
    PAPER_SYSTEMS,
    System,
)

IN_ORDER = {A1: [0.95, 0.96], A2: [0.97, 0.98], A3: [0.98, 0.99], A2_FAST: [0.9, 0.91]}
TUNED = [System(method, method, 0.1) for method in METHODS]


def tuned_frame(*means) -> pd.DataFrame:
    return reported_frame(
        {s: [mean, mean + 0.01] for s, mean in zip(TUNED, means, strict=True)}
    )


def small_grid() -> pd.DataFrame:
    return grid_frame(
        sgd=[(0.01, 0.9, "ok"), (0.1, 0.95, "ok"), (1.0, 0.1, "ok")],
        sgd_momentum=[(0.01, 0.96, "ok"), (0.1, 0.94, "ok"), (1.0, 0.1, "diverged")],
        adam=[(0.001, 0.97, "ok"), (0.01, 0.95, "ok")],
        adadelta=[(0.1, 0.93, "ok"), (1.0, 0.96, "ok"), (10.0, 0.95, "ok")],
    )


def test_order_sentences_say_holds_only_where_it_holds():
    default, as_sgd, tuned = words.order_sentences(
        reported_frame(IN_ORDER), tuned_frame(0.97, 0.98, 0.96, 0.95)
    )
    assert default.endswith(
        "SGD 95.50\u202f% < Adam 97.50\u202f% < Adadelta 98.50\u202f%: "
        "in these means the paper's order **holds**."
    )
    assert as_sgd.endswith(
        "Adam 90.50\u202f% < SGD 95.50\u202f% < Adadelta 98.50\u202f%: "
        "in these means the paper's order **does not hold**."
    )
    assert "Adadelta 95.50\u202f% < Adam 96.50\u202f% < SGD 97.50" in tuned
    assert tuned.endswith("**does not hold**.")


def test_equal_accuracies_are_no_order():
    assert words.order_holds([0.1, 0.2, 0.3])
    assert not words.order_holds([0.1, 0.2, 0.2])
    assert not words.order_holds([0.3, 0.1 + 0.2])  # equal, but for rounding
    tuned = words.order_sentences(
        reported_frame(IN_ORDER), tuned_frame(0.95, 0.9, 0.95, 0.95)
    )[-1]
    assert "SGD 95.50\u202f% = Adam 95.50\u202f% = Adadelta 95.50\u202f%" in tuned
    assert tuned.endswith("**does not hold**.")


def test_seed_reach_pools_variances_over_systems():
    frame = reported_frame({A1: [0.90, 0.92], A3: [0.95, 0.95]})
    reach = words.seed_reach(frame)
    # Variances 0.0002 and 0; mean 0.0001. t(0.975, 2) = 4.3027.
    assert reach["std"] == pytest.approx(0.01)
    assert reach["degrees"] == 2
    assert reach["reach"] == pytest.approx(4.3027 * math.sqrt(2) * 0.01, rel=1e-4)


WHOLE = PARAMS.model_copy(update={"n_train": None, "n_test": None})


def test_the_spread_of_full_runs_is_held_against_the_papers_gaps():
    gaps = results.gap_table(reported_frame(IN_ORDER))
    reach = {"std": 0.001, "reach": 0.005}
    face, spread, held = words.noise_sentences(gaps, reach, WHOLE, "mnist")
    assert "A1 to A2 +0.31 points, p = 0.107; A1 to A3 +0.69 points, p < 0.001" in face
    assert "Over our 2 seeds" in spread
    assert held.startswith("Of the paper's gaps, A1 to A2 and A2 to A3 are no larger")
    small = words.noise_sentences(gaps, {"std": 0.0001, "reach": 0.001}, WHOLE, "mnist")
    assert small[-1] == "Each of the paper's gaps is larger than that."
    large = words.noise_sentences(gaps, {"std": 0.1, "reach": 0.5}, WHOLE, "mnist")
    assert "A1 to A2, A1 to A3 and A2 to A3 are no larger" in large[-1]


@pytest.mark.parametrize(("params", "data"), [(PARAMS, "mnist"), (WHOLE, "digits")])
def test_the_spread_of_small_runs_is_not(params, data):
    gaps = results.gap_table(reported_frame(IN_ORDER))
    sentences = words.noise_sentences(gaps, {"std": 0.1, "reach": 0.5}, params, data)
    assert sentences[-1].endswith("That is no measure of the paper's longer runs.")
    assert not any("no larger" in sentence for sentence in sentences)


def test_gap_sentence_counts_our_own_gaps_that_are_real():
    apart = {A1: [0.90, 0.91, 0.92], A2: [0.95, 0.961, 0.97], A3: [0.95, 0.97, 0.965]}
    gaps = results.gap_table(reported_frame(apart))
    text = words.gap_sentence(gaps)
    assert text.startswith("Of our 3 gaps at the paper's rates, 2 differ from zero over")
    assert "correction): A1 to A2 and A1 to A3. These seeds find a difference of " in text
    none = words.gap_sentence(gaps.assign(p_holm=[0.5, 0.06, 0.2]))
    assert ", 0 differ from zero over seeds (p < 0.05 after Holm's correction). " in none
    assert words.gap_sentence(gaps.assign(p_holm=np.nan)).startswith("These gaps cannot")


def test_one_seed_says_nothing_about_the_spread():
    frame = reported_frame({A1: [0.9], A2: [0.95], A3: [0.96]})
    reach = words.seed_reach(frame)
    assert math.isnan(reach["reach"])
    *_, last = words.noise_sentences(results.gap_table(frame), reach, PARAMS, "mnist")
    assert last == "One seed says nothing about the spread over seeds."


def pairs(**columns) -> pd.DataFrame:
    table = {"a": ["sgd", "adam"], "b": ["adam", "adadelta"]}
    return pd.DataFrame(
        table
        | {
            "mean_difference": [-0.01, 0.002],
            "images": [-100, 20],
            "smallest_found": 0.0123,
        }
        | columns
    )


@pytest.mark.parametrize(
    ("p_holm", "start", "end"),
    [
        ([0.01, 0.2], "Of 2 pairs of tuned optimizers, 1 d", "1.00 points (100 images)."),
        ([0.01, 0.02], "Of 2", "Adam above Adadelta by 0.20 points (20 images)."),
        ([0.3, 0.2], "Of 2 pairs of tuned optimizers, 0 differ in", "Holm's correction)."),
        ([np.nan, np.nan], "Differences between", "vary, and no failed runs."),
    ],
)  # fmt: skip
def test_pair_sentence(p_holm, start, end):
    sentence = words.pair_sentence(pairs(p_holm=p_holm))
    assert sentence.startswith(start)
    sentence, *power = sentence.split(" These seeds find")
    assert sentence.endswith(end)
    assert bool(power) == (not np.isnan(p_holm).all())


def test_confounding_sentence_weighs_the_rate_against_the_optimizer():
    best = optimizers.best_rates(small_grid())
    paper = pd.DataFrame(
        {"system": [s.name for s in PAPER_SYSTEMS], "val_accuracy": [0.9, 0.97, 0.94, 0.95]}
    )
    sentence = words.confounding_sentence(best, paper)
    assert (
        "to 0.1 changes accuracy by +5.00 points, at least as much as the +4.00" in sentence
    )
    assert sentence.endswith("the worst of the optimizers are 2.00 points apart.")
    paper.loc[2, "val_accuracy"] = 0.96
    assert ", less than the +6.00 points" in words.confounding_sentence(best, paper)


def test_grid_sentences_flag_edges_and_count_lost_runs():
    best = optimizers.best_rates(small_grid())
    edge, lost = words.grid_sentences(best)
    assert edge == (
        "**Best at the edge of the grid: SGD, momentum (lowest rate); Adam (lowest rate). "
        "Widen it** before trusting the choice."
    )
    assert lost.startswith("Of 11 runs of the grid, 1 diverged")
    assert "and 1 more got stuck (validation accuracy below 20\u202f%)" in lost
    inside, _ = words.grid_sentences(best.assign(edge=""))
    assert inside == "Every chosen rate lies inside its grid, not at the edge."


def test_protocol_states_what_was_run():
    dataset = data.load("digits")
    assert words.protocol(PARAMS, dataset) == (
        "240 of 1\u202f437 training images of the embedded digits, 2 epochs, "
        "batches of 32, 2 seeds, 200 test images"
    )
    everything = PARAMS.model_copy(
        update={"n_train": None, "n_test": None, "epochs": 1, "seeds": [0]}
    )
    assert words.protocol(everything, dataset) == (
        "1\u202f437 of 1\u202f437 training images of the embedded digits, 1 epoch, "
        "batches of 32, 1 seed, 360 test images"
    )


def test_headline_rows_are_in_percent_beside_their_claims():
    rows = words.headline_rows(reported_frame(IN_ORDER), PARAMS, data.load("digits"))
    assert [row["claim_id"] for row in rows] == ["AHM-01", "AHM-03", "AHM-05"]
    assert [row["ours"] for row in rows] == pytest.approx([95.5, 97.5, 98.5])
    assert all(row["low"] < row["ours"] < row["high"] for row in rows)
    assert {row["n_seeds"] for row in rows} == {2}
