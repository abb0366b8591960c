"""What the optimizer page shows: sentences, texts of tables, and figures."""

import numpy as np
import pandas as pd
import pytest
from test_optimizers import IN_ORDER, METHODS, grid_frame, runs_of, small_grid, tuned

from mnistlib import data
from mnistlib.chapters.optimizers import design, figures, findings, results
from mnistlib.chapters.optimizers.design import A1, A1_MOMENTUM, A3, PAPER
from mnistlib.chapters.optimizers.params import Params
from mnistlib.show import report
from mnistlib.show.tables import to_markdown

PARAMS = Params(n_train=240, seeds=[3, 4])
WHOLE = PARAMS.model_copy(update={"n_train": None, "n_test": None})


@pytest.fixture(autouse=True)
def close_figures():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield
    pyplot.close("all")


@pytest.fixture
def shown(monkeypatch) -> list[str]:
    """What was displayed as Markdown."""
    texts = []
    monkeypatch.setattr("IPython.display.display", lambda text: texts.append(text.data))
    return texts


# --- sentences


@pytest.mark.parametrize(
    ("kept", "start"),
    [
        ([], "**The learning rate.** At the paper's rates, with Adam, whose"),
        ([0, 1, 2], "**Not the learning rate alone.** At"),
        ([2], "**SGD to Adam and SGD to Adadelta: the learning rate; Adam to Adadelta: not "
         "the rate alone.** At"),
    ],
)  # fmt: skip
def test_the_answer(kept, start):
    rows = [
        {"gap": gap, "paper": 0.0031, "before": 0.002, "mean_difference": -0.0004}
        | {"low": -0.0012, "high": 0.0004}
        for gap in ("SGD to Adam", "SGD to Adadelta", "Adam to Adadelta")
    ]
    names = [row["gap"] for row in rows]
    text = findings.tell(
        "answer",
        gaps=rows,
        kept=[names[i] for i in kept],
        lost=[name for i, name in enumerate(names) if i not in kept],
        fast=[-0.0059, 0.0104],
        unknown=False,
        n=3,
    )
    assert text.startswith(start)
    assert (
        "over 3 seeds differ by +0.20 points (SGD to Adam), +0.20 (SGD to Adadelta) and "
        "+0.20 (Adam to Adadelta); the printed ones by +0.31, +0.31 and +0.31. With" in text
    )
    assert "the same differences are −0.04 (−0.12\u00a0to\u00a0+0.04), −0.04" in text
    assert text.endswith("that it is part of would be −0.59 and +1.04.")


def test_the_swap_is_weighed():
    facts = {"rate": 0.1, "tuning": 0.05, "alike": 0.001}
    text = findings.tell("swap", swap=0.04, **facts)
    assert "to 0.1 changes accuracy by +5.00 points, more than the +4.00" in text
    text = findings.tell("swap", swap=0.06, **facts)
    assert ", less than the +6.00 points" in text
    for near in (0.0492, 0.0508):
        text = findings.tell("swap", swap=near, **facts)
        assert f", within 0.1 points of the +{100 * near:.2f} points" in text


POWER = (
    "These seeds find a difference of 1.23 points in 80 of 100 cases; of smaller ones they "
    "miss more."
)


@pytest.mark.parametrize(
    ("p_holm", "text"),
    [
        ([0.01, 0.2], "Of 2 pairs of tuned optimizers, 1 differs in test accuracy over "
         "seeds (p < 0.05 after Holm's correction): SGD below Adam by 1.00 points "
         "(100 images). " + POWER),
        ([0.01, 0.02], "Of 2 pairs of tuned optimizers, 2 differ in test accuracy over "
         "seeds (p < 0.05 after Holm's correction): SGD below Adam by 1.00 points "
         "(100 images); Adam above Adadelta by 0.20 points (20 images). " + POWER),
        ([np.nan, 0.2], "Of 1 pair of tuned optimizers, 0 differ in test accuracy over "
         "seeds (p < 0.05 after Holm's correction). " + POWER),
        ([np.nan, np.nan], "Differences between the tuned optimizers cannot be tested over "
         "seeds: that needs two seeds or more whose differences vary, and no failed runs."),
    ],
)  # fmt: skip
def test_pairs_told_apart(p_holm, text):
    table = pd.DataFrame(
        {"a": ["sgd", "adam"], "b": ["adam", "adadelta"], "mean_difference": [-0.01, 0.002],
         "images": [-100, 20], "smallest_found": 0.0123, "p_holm": p_holm}
    )  # fmt: skip
    assert findings.tell("pairs", **findings.told_apart(table)) == text


def sentences(frame, params=WHOLE, dataset="mnist", grid=None) -> list[str]:
    best = design.best_rates(small_grid() if grid is None else grid)
    gaps = results.gap_table(frame)
    frames = frame, tuned({m: [0.9, 0.91] for m in METHODS}), gaps, best
    return findings.sentences(*frames, findings.sensitivity(frame), params, dataset)


def test_findings_of_a_full_study():
    apart = {
        A1: [0.90, 0.91, 0.92], "A2, Adam 0.001": [0.95, 0.961, 0.97],
        "A2, Adam 0.01": [0.9, 0.9, 0.9], A3: [0.95, 0.97, 0.965],
    }  # fmt: skip
    order, fast, chosen, gaps, face, spread, sensitivity, edges, failures = sentences(
        runs_of(apart)
    )
    assert order.endswith(
        "SGD 91.00\u202f% < Adam 96.03\u202f% < Adadelta 96.17\u202f%: in these means the "
        "paper's order **holds**."
    )
    assert "with Adam at 0.01, as for SGD," in fast
    assert fast.endswith("**does not hold**.")
    assert "SGD 90.50\u202f% = SGD, momentum 90.50\u202f% = Adam" in chosen
    assert "at the paper's rates, with Adam at Keras's default, 2 differ from zero" in gaps
    assert "correction): A1 to A2 and A1 to A3. These seeds find a difference of" in gaps
    assert "A1 to A2 +0.31 points, p = 0.107; A1 to A3 +0.69 points, p < 0.001" in face
    assert spread.endswith("are no larger: one run of each system cannot tell such a gap "
                           "from the effect of the seed.")  # fmt: skip
    assert "of SGD not at all: there is one reading, 91.00\u202f%" in sensitivity
    assert "of Adam by 6.03 points, from 90.00\u202f% to 96.03\u202f% over 2" in sensitivity
    assert sensitivity.endswith("accuracies are +0.31, +0.69 and +0.38 points.")
    assert edges == (
        "**Best at the edge of the grid: SGD, momentum (lowest rate); Adam (lowest rate). "
        "Widen it** before trusting the choice."
    )
    assert failures.startswith("Of 11 runs of the grid, 1 diverged")
    assert "and 1 more did not learn (validation accuracy below 20\u202f%)" in failures
    assert "\n" not in "".join(sentences(runs_of(apart)))


@pytest.mark.parametrize(("params", "dataset"), [(PARAMS, "mnist"), (WHOLE, "digits")])
def test_the_spread_of_small_runs_says_nothing_of_the_papers(params, dataset):
    spread = sentences(runs_of(IN_ORDER), params, dataset)[5]
    assert spread.startswith("Over our 2 seeds")
    assert spread.endswith("That is no measure of the paper's longer runs.")


@pytest.mark.parametrize(
    ("diverged", "stuck", "end"),
    [
        (0, 0, "none diverged (the loss stopped being finite), and all learned"),
        (2, 0, "2 diverged (the loss stopped being finite), and all others learned"),
        (0, 3, "none diverged (the loss stopped being finite), and 3 did not learn"),
        (2, 3, "2 diverged (the loss stopped being finite), and 3 more did not learn"),
    ],
)
def test_how_many_of_the_grid_failed(diverged, stuck, end):
    text = findings.tell("failures", trials=8, diverged=diverged, stuck=stuck)
    bound = "below" if stuck else "of at least"
    assert text == f"Of 8 runs of the grid, {end} (validation accuracy {bound} 20\u202f%)."


def test_one_seed_says_nothing_about_the_spread():
    said = sentences(runs_of({system: [0.9] for system in PAPER}))
    assert said[3].startswith("These gaps cannot be tested")
    assert said[5] == "One seed says nothing about the spread over seeds."


def test_gaps_that_are_larger_than_the_spread():
    close = {system: [0.9, 0.90001] for system in PAPER}
    assert sentences(runs_of(close))[5].endswith("paper's gaps is larger than that.")


def test_readings_with_failed_runs_are_left_out_and_counted():
    failed = runs_of(IN_ORDER | {A3: [0.1, 0.9]})
    assert (
        "of Adadelta by an amount that is not known (in 1 more, runs failed)"
        in (sentences(failed)[6])
    )


def test_a_choice_inside_the_grid_is_said_to_be():
    grid = grid_frame(
        **{m: [(r, 0.9 + (r == 0.1) / 20, "ok") for r in (0.01, 0.1, 1)] for m in METHODS}
    )
    assert sentences(runs_of(IN_ORDER), grid=grid)[7].startswith(
        "Every chosen rate lies in"
    )


def test_protocol_states_what_was_run():
    dataset = data.load("digits")
    assert findings.protocol(PARAMS, dataset) == (
        "240 of 1,437 training images of the embedded digits, 2 epochs, "
        "batches of 32, 2 seeds, 200 test images"
    )
    everything = WHOLE.model_copy(update={"epochs": 1, "seeds": [0]})
    assert findings.protocol(everything, dataset) == (
        "1,437 of 1,437 training images of the embedded digits, 1 epoch, "
        "batches of 32, 1 seed, 360 test images"
    )


def test_headline_rows_and_evidence_are_taken_by_the_report(monkeypatch):
    emitted = {}
    monkeypatch.setattr(report, "emit", emitted.__setitem__)
    readings = results.readings(runs_of(IN_ORDER), full_size=True)
    report.evidence(list(readings["evidence"]))
    rows = findings.headline_rows(readings, PARAMS, data.load("digits"))
    report.headline(rows)
    assert [row["claim_id"] for row in rows] == ["AHM-01", "AHM-03", "AHM-05"]
    assert [row["ours"] for row in rows] == pytest.approx([95.5, 97.5, 98.5])
    assert {row["n_seeds"] for row in rows} == {2}
    assert len(emitted["evidence"]) == 8


# --- tables


def test_printed_lies_where_one_more_run_would():
    frame = runs_of({A1: [0.979, 0.9791, 0.9801], A3: [0.97, 0.9701, 0.9702]})
    table = to_markdown(results.readings(frame, True), results.READINGS).splitlines()
    row = [cell.strip() for cell in table[2].split("|")[1:-1]]
    assert row == [
        A1,
        "accuracy",
        "97.96\u202f%",
        "97.94\u202f%",
        "97.64–98.24\u202f%",
        "inside (± 0.30, n = 3)",
    ]
    assert "| above (± 0.05, n = 3)" in table[4]
    unjudged = to_markdown(results.readings(frame, False), results.READINGS)
    assert "inside" not in unjudged
    assert "above" not in unjudged


def test_readings_are_columns_and_gaps_in_them_dashes(shown):
    frame = pd.concat(
        [
            runs_of({A1: [0.979, 0.980], A3: [0.97, 0.9702]}),
            runs_of({A1: [0.9, 0.1], A1_MOMENTUM: [0.979]}, epochs=5, batch_size=128),
        ]
    )
    results.show_readings(results.readings(frame, True), "Readings", "tab-x", "A note.")
    (text,) = shown
    assert "| 5 epochs, 128" in text
    assert "**97.95\u202f%, inside (± 1.10, n = 2)**" in text
    assert "97.01\u202f%, above" in text
    assert "| 1 of 2 failed" in text  # and no place
    assert "| 97.90\u202f%" in text  # one seed: no place
    assert "| –" in text


def test_the_grid_marks_the_choice_and_the_lost_runs(shown):
    grid = grid_frame(
        sgd=[(0.1, 0.9, "ok"), (0.1, 0.91, "ok"), (0.1, 0.95, "ok"), (1.0, 0.1, "ok")],
        adam=[(0.1, 0.9, "ok"), (0.1, 0.1, "diverged"), (0.1, 0.94, "ok")],
    )
    results.show_grid(grid, design.best_rates(grid), "Grid", "tab-x", "A note.")
    rows = [line.replace(" ", "") for line in shown[0].splitlines() if line[:2] == "| "]
    assert rows == [
        "|learningrate|SGD|Adam|",
        "|0.1|**92.00\u202f%**|**92.00\u202f%(median;2of3learned)**|",
        "|1|0of1learned|–|",
    ]


def test_the_chosen_rates_flag_the_edge():
    table = to_markdown(design.best_rates(small_grid()), results.BEST)
    assert table.count("**lowest rate: widen**") == 2
    assert table.count("inside") == 2


@pytest.mark.parametrize("columns", [results.GAPS, results.PAIRS])
def test_one_seed_is_shown_with_dashes(columns):
    frame = runs_of({system: [0.98] for system in PAPER})
    table = results.gap_table(frame)
    counts = dict.fromkeys(["a_only", "b_only", "ahead", "behind", "runs"], 1)
    text = to_markdown(table.assign(**counts), columns)
    assert text.count("–") >= 6
    assert "nan" not in text


def test_pairs_show_the_direction_of_mcnemar():
    table = pd.DataFrame(
        {"a": ["sgd"], "b": ["adam"], "mean_difference": [-0.0123], "images": [-123.4],
         "low": [-0.02], "high": [0.001], "p_holm": [0.04], "a_only": [5.0],
         "b_only": [128.4], "ahead": [1], "behind": [2], "runs": [3]}
    )  # fmt: skip
    assert [column.texts(table)[0] for column in results.PAIRS] == [
        "SGD − Adam", "−1.23", "−123.4", "−2.00\u00a0to\u00a0+0.10", "0.040", "5 : 128",
        "+1 / −2 of 3",
    ]  # fmt: skip


# --- figures


def val_frame(*accuracies) -> pd.DataFrame:
    rates = [PAPER[system]["learning_rate"] for system in PAPER]
    columns = {"system": list(PAPER), "learning_rate": rates, "val_accuracy": accuracies}
    return pd.DataFrame(columns)


def test_rate_figure_enlarges_best_rates_and_the_papers_and_crosses_lost_runs():
    grid = grid_frame(
        sgd=[(0.01, 0.9, "ok"), (1.0, 0.1, "diverged")], adam=[(0.001, 0.97, "ok")]
    )
    figure = figures.rate_figure(grid, val_frame(0.88, 0.95, 0.5, 0.96))
    whole, top = figure.axes
    low, high = top.get_ylim()
    assert 0.5 < low < 0.88 < 0.97 < high
    crosses = [line for line in whole.lines if line.get_marker() == "X"]
    assert [line.get_xydata().tolist() for line in crosses] == [[[1.0, 0.1]], []]
    assert [text.get_text() for text in top.texts] == ["A1", "A2", "A3"]
    figure.draw_without_rendering()


def test_rate_figure_of_one_rate_and_equal_accuracies():
    grid = grid_frame(**{method: [(0.1, 0.9, "ok")] for method in METHODS})
    figure = figures.rate_figure(grid, val_frame(0.9, 0.9, 0.9, 0.9))
    low, high = figure.axes[1].get_ylim()
    assert low < 0.9 < high
    figure.draw_without_rendering()


def test_curves_figure_survives_a_run_that_diverged():
    history = pd.DataFrame(
        {
            "key": ["a", "a", "b"],
            "epoch": [1, 2, 1],
            "system": [A1, A1, A3],
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


def test_readings_figure_draws_one_more_run_beside_what_is_printed():
    frame = pd.concat(
        [
            runs_of(IN_ORDER | {A3: [0.1, 0.9]}),
            runs_of({A1: [0.9], A1_MOMENTUM: [0.96, 0.97]}, batch_size=128),
        ]
    )
    table = results.readings(frame, full_size=True)
    figure = figures.readings_figure(table[table["quantity"] != "loss"])
    ticks = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert ticks == ["10\n32", "10\n128"]
    dashed = [
        line.get_ydata()[0]
        for ax in figure.axes
        for line in ax.lines
        if line.get_linestyle() == "--"
    ]
    assert sorted(dashed) == pytest.approx([0.9796, 0.9827, 0.9865])
    bars = [
        [line for line in ax.lines if line.get_marker() == "None" and len(line.get_xdata())
         and line.get_linestyle() == "-"]
        for ax in figure.axes
    ]  # fmt: skip
    # Not of one seed, and not where a run failed.
    assert [len(some) for some in bars] == [2, 2, 0]
    low, high = bars[0][0].get_ydata()
    # 95 and 96 %: mean ∓ 12.706 × 0.7071 × sqrt(1.5), cut at 100 %.
    assert (low, high) == pytest.approx((0.955 - 0.11004, 1.0), abs=1e-4)
    figure.draw_without_rendering()
