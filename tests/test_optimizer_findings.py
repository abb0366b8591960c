"""What the optimizer page says and draws: words follow the numbers, texts are exact."""

import math

import numpy as np
import pandas as pd
import pytest
from test_optimizers import PARAMS, grid_frame, reported_frame

from mnistlib import data, optimizers
from mnistlib import optimizer_cells as cells
from mnistlib import optimizer_figures as figures
from mnistlib import optimizer_findings as words
from mnistlib import optimizer_tables as results
from mnistlib.optimizers import A1, A2, A2_FAST, A3, METHODS, PAPER_SYSTEMS, System

IN_ORDER = {A1: [0.95, 0.96], A2: [0.97, 0.98], A3: [0.98, 0.99], A2_FAST: [0.9, 0.91]}
TUNED = [System(method, method, 0.1) for method in METHODS]


def tuned_frame(*means) -> pd.DataFrame:
    return reported_frame(
        {s: [mean, mean + 0.01] for s, mean in zip(TUNED, means, strict=True)}
    )


@pytest.fixture
def summary() -> pd.DataFrame:
    frame = grid_frame(
        sgd=[(0.01, 0.9, "ok"), (0.1, 0.95, "ok"), (1.0, 0.1, "ok")],
        sgd_momentum=[(0.01, 0.96, "ok"), (0.1, 0.94, "ok"), (1.0, 0.1, "diverged")],
        adam=[(0.001, 0.97, "ok"), (0.01, 0.95, "ok")],
        adadelta=[(0.1, 0.93, "ok"), (1.0, 0.96, "ok"), (10.0, 0.95, "ok")],
    )
    return optimizers.grid_summary(frame)


# --- words


def test_order_sentences_say_holds_only_where_it_holds():
    default, as_sgd, tuned = words.order_sentences(
        reported_frame(IN_ORDER), tuned_frame(0.97, 0.98, 0.96, 0.95)
    )
    assert default.endswith(
        "SGD 95.50\u2009% < Adam 97.50\u2009% < Adadelta 98.50\u2009%: "
        "the paper's order **holds**."
    )
    assert as_sgd.endswith(
        "Adam 90.50\u2009% < SGD 95.50\u2009% < Adadelta 98.50\u2009%: "
        "the paper's order **does not hold**."
    )
    assert "Adadelta 95.50\u2009% < Adam 96.50\u2009% < SGD 97.50" in tuned
    assert tuned.endswith("**does not hold**.")


def test_equal_accuracies_are_no_order():
    assert words.order_holds([0.1, 0.2, 0.3])
    assert not words.order_holds([0.1, 0.2, 0.2])
    assert not words.order_holds([0.3, 0.1 + 0.2])  # equal, but for rounding
    tuned = words.order_sentences(
        reported_frame(IN_ORDER), tuned_frame(0.95, 0.9, 0.95, 0.95)
    )[-1]
    assert "SGD 95.50\u2009% = Adam 95.50\u2009% = Adadelta 95.50\u2009%" in tuned
    assert tuned.endswith("**does not hold**.")


def test_seed_reach_pools_variances_over_systems():
    frame = reported_frame({A1: [0.90, 0.92], A3: [0.95, 0.95]})
    reach = words.seed_reach(frame)
    # Variances 0.0002 and 0; mean 0.0001. t(0.975, 2) = 4.3027.
    assert reach["std"] == pytest.approx(0.01)
    assert reach["degrees"] == 2
    assert reach["reach"] == pytest.approx(4.3027 * math.sqrt(2) * 0.01, rel=1e-4)


def test_noise_sentences_compare_the_papers_gaps_with_the_reach():
    gaps = results.gap_table(reported_frame(IN_ORDER))
    face, spread, *_ = words.noise_sentences(gaps, {"std": 0.001, "reach": 0.005}, PARAMS)
    assert "A1 to A2 +0.31 points, p = 0.107; A1 to A3 +0.69 points, p < 0.001" in face
    assert "Over our 2 seeds" in spread
    assert "Of the paper's gaps, A1 to A2 and A2 to A3 are no larger" in spread
    small = words.noise_sentences(gaps, {"std": 0.0001, "reach": 0.001}, PARAMS)[1]
    assert small.endswith("Each of the paper's gaps is larger than that.")
    large = words.noise_sentences(gaps, {"std": 0.1, "reach": 0.5}, PARAMS)[1]
    assert "A1 to A2, A1 to A3 and A2 to A3 are no larger" in large


def test_noise_sentences_count_our_own_gaps_that_are_real():
    apart = {A1: [0.90, 0.91, 0.92], A2: [0.95, 0.961, 0.97], A3: [0.95, 0.97, 0.965]}
    gaps = results.gap_table(reported_frame(apart))
    last = words.noise_sentences(gaps, {"std": 0.01, "reach": 0.05}, PARAMS)[-1]
    assert last.startswith("Of our own 3 gaps at the paper's rates, 2 differ from zero")
    assert last.endswith("correction): A1 to A2 and A1 to A3.")


def test_one_seed_says_nothing_about_the_spread():
    frame = reported_frame({A1: [0.9], A2: [0.95], A3: [0.96]})
    reach = words.seed_reach(frame)
    assert math.isnan(reach["reach"])
    *_, last = words.noise_sentences(results.gap_table(frame), reach, PARAMS)
    assert last == "One seed says nothing about the spread over seeds."


def pairs(**columns) -> pd.DataFrame:
    table = {"a": ["sgd", "adam"], "b": ["adam", "adadelta"]}
    return pd.DataFrame(table | {"mean_difference": [-0.01, 0.002]} | columns)


@pytest.mark.parametrize(
    ("p_holm", "start", "end"),
    [
        ([0.01, 0.2], "Of 2 pairs of tuned optimizers, 1 d", "below Adam by 1.00 points."),
        ([0.01, 0.02], "Of 2 pairs", "points; Adam above Adadelta by 0.20 points."),
        ([0.3, 0.2], "Of 2 pairs of tuned optimizers, 0 differ in", "Holm's correction)."),
        ([np.nan, np.nan], "Differences between", "whose differences vary."),
    ],
)  # fmt: skip
def test_pair_sentence(p_holm, start, end):
    sentence = words.pair_sentence(pairs(p_holm=p_holm))
    assert sentence.startswith(start)
    assert sentence.endswith(end)


def test_confounding_sentence_weighs_the_rate_against_the_optimizer(summary):
    best = optimizers.best_rates(summary)
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


def test_grid_sentences_flag_edges_and_count_lost_runs(summary):
    best = optimizers.best_rates(summary)
    edge, lost = words.grid_sentences(best)
    assert edge == (
        "**Best at the edge of the grid: SGD, momentum (lowest rate); Adam (lowest rate). "
        "Widen it** before trusting the choice."
    )
    assert lost.startswith("Of 11 runs of the grid, 1 diverged")
    assert "and 1 more got stuck (validation accuracy below 20\u2009%)" in lost
    inside, _ = words.grid_sentences(best.assign(edge=""))
    assert inside == "Every chosen rate lies inside its grid, not at the edge."


def test_protocol_states_what_was_run():
    dataset = data.load("digits")
    assert words.protocol(PARAMS, dataset) == (
        "240 of 1\u2009437 training images of the embedded digits, 2 epochs, "
        "batches of 32, 2 seeds, 200 test images"
    )
    everything = PARAMS.model_copy(
        update={"n_train": None, "n_test": None, "epochs": 1, "seeds": [0]}
    )
    assert words.protocol(everything, dataset) == (
        "1\u2009437 of 1\u2009437 training images of the embedded digits, 1 epoch, "
        "batches of 32, 1 seed, 360 test images"
    )


def test_headline_rows_are_in_percent_beside_their_claims():
    rows = words.headline_rows(reported_frame(IN_ORDER), PARAMS, data.load("digits"))
    assert [row["claim_id"] for row in rows] == ["AHM-01", "AHM-03", "AHM-05"]
    assert [row["ours"] for row in rows] == pytest.approx([95.5, 97.5, 98.5])
    assert all(row["low"] < row["ours"] < row["high"] for row in rows)
    assert {row["n_seeds"] for row in rows} == {2}


# --- texts


def test_points_have_a_sign_and_a_true_minus():
    assert cells.points(-0.0123) == "−1.23"
    assert cells.points(0.5) == "+50.00"
    assert cells.points(float("nan")) == "–"
    assert cells.points_interval(-0.01, 0.02) == "[−1.00, +2.00]"
    assert cells.points_interval(float("nan"), float("nan")) == "–"


def test_grid_cells_mark_the_choice_and_the_lost_runs(summary):
    table = cells.grid(summary, optimizers.best_rates(summary)).set_index("learning rate")
    assert list(table.columns) == ["SGD", "SGD, momentum", "Adam", "Adadelta"]
    assert list(table.index) == ["0.001", "0.01", "0.1", "1", "10"]
    assert table.at["0.1", "SGD"] == "**95.00\u2009%**"
    assert table.at["1", "SGD"] == "10.00\u2009% (1 of 1 stuck)"
    assert table.at["1", "SGD, momentum"] == "10.00\u2009% (1 of 1 diverged)"
    assert pd.isna(table.at["10", "SGD"])


def test_best_cells_flag_the_edge(summary):
    table = cells.best(optimizers.best_rates(summary)).set_index("optimizer")
    assert table["place in the grid"].to_dict() == {
        "SGD": "inside",
        "SGD, momentum": "**lowest rate: widen**",
        "Adam": "**lowest rate: widen**",
        "Adadelta": "inside",
    }


def test_one_seed_is_shown_with_en_dashes():
    frame = reported_frame({s: [0.98] for s in PAPER_SYSTEMS})
    for table in (
        cells.paper(results.paper_table(frame)),
        cells.final(results.final_table(frame, PAPER_SYSTEMS)),
    ):
        assert table.isin(["–"]).any(axis=None)
        assert not table.astype(str).apply(lambda c: c.str.contains("nan")).any(axis=None)
    gaps = cells.gaps(results.gap_table(frame))
    assert gaps["interval"].tolist() == ["–", "–", "–"]
    assert gaps["images"].tolist() == ["+31", "+69", "+38"]


def test_prediction_cells_of_a_run_that_diverged():
    table = pd.DataFrame(
        {"system": ["A"], "predicted": [0], "probability": [float("nan")], "right": [0],
         "n": [2], "paper": [None]}
    )  # fmt: skip
    row = cells.predictions(table).iloc[0]
    assert row.tolist() == ["A", 0, "–", "0 of 2", "–"]


# --- figures


def paper_frame(*accuracies) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "system": [s.name for s in PAPER_SYSTEMS],
            "learning_rate": [s.learning_rate for s in PAPER_SYSTEMS],
            "val_accuracy": accuracies,
        }
    )


def test_rate_figure_enlarges_best_rates_and_the_papers_and_crosses_lost_runs():
    grid = grid_frame(
        sgd=[(0.01, 0.9, "ok"), (1.0, 0.1, "diverged")], adam=[(0.001, 0.97, "ok")]
    )
    figure = figures.rate_figure(grid, paper_frame(0.88, 0.95, 0.96, 0.5))
    whole, top = figure.axes
    low, high = top.get_ylim()
    assert low < 0.88 < 0.97 < high
    assert low > 0.5
    crosses = [line for line in whole.lines if line.get_marker() == "X"]
    assert [line.get_xydata().tolist() for line in crosses] == [[[1.0, 0.1]], []]
    assert [text.get_text() for text in top.texts] == ["A1", "A2", "A3"]
    figure.draw_without_rendering()


def test_rate_figure_of_one_rate_and_equal_accuracies():
    grid = grid_frame(**{method: [(0.1, 0.9, "ok")] for method in METHODS})
    figure = figures.rate_figure(grid, paper_frame(0.9, 0.9, 0.9, 0.9))
    low, high = figure.axes[1].get_ylim()
    assert low < 0.9 < high
    figure.draw_without_rendering()


def test_curves_figure_survives_a_run_that_diverged():
    history = pd.DataFrame(
        {
            "key": ["a", "a", "b"],
            "epoch": [1, 2, 1],
            "system": [A1.name, A1.name, A3.name],
            "method": ["sgd", "sgd", "adadelta"],
            "train_loss": [1.0, 0.5, np.nan],
            "val_loss": [0.9, 0.6, np.nan],
        }
    )
    figure = figures.curves_figure(history, history)
    assert [ax.get_ylabel() for ax in figure.axes] == [
        "training loss (nats)", "", "validation loss (nats)", "",
    ]  # fmt: skip
    assert figure.axes[0].get_legend().get_title().get_text() == "the paper's rates"
    figure.draw_without_rendering()


def test_compare_figure_writes_the_rate_below_the_name():
    frame = reported_frame({A1: [0.95, 0.96], A3: [0.98, 0.99]})
    figure = figures.compare_figure(frame, tuned_frame(0.9, 0.91, 0.92, 0.93))
    names = [[t.get_text() for t in ax.get_xticklabels()] for ax in figure.axes]
    assert names[0] == ["SGD\n0.01", "Adadelta\n1"]
    assert len(names[1]) == 4
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()


@pytest.fixture(autouse=True)
def close_figures():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield
    pyplot.close("all")
