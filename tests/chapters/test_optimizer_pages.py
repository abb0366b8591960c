"""What the optimizer page shows: texts of tables, and figures."""

import numpy as np
import pandas as pd
import pytest
from test_optimizer_findings import small_grid, tuned_frame
from test_optimizer_tables import reported_frame
from test_optimizers import grid_frame

from mnistlib.chapters.optimizers import cells, figures, results
from mnistlib.chapters.optimizers import design as optimizers
from mnistlib.chapters.optimizers.design import A1, A2, A3, METHODS, PAPER_SYSTEMS


@pytest.fixture(autouse=True)
def close_figures():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield
    pyplot.close("all")


# --- texts


def test_grid_cells_mark_the_choice_and_the_lost_runs():
    grid = small_grid()
    summary, best = optimizers.grid_summary(grid), optimizers.best_rates(grid)
    table = cells.grid(summary, best).set_index("learning rate")
    assert list(table.columns) == ["SGD", "SGD, momentum", "Adam", "Adadelta"]
    assert list(table.index) == ["0.001", "0.01", "0.1", "1", "10"]
    assert table.at["0.1", "SGD"] == "**95.00\u202f%**"
    assert table.at["1", "SGD"] == "10.00\u202f% (1 of 1 stuck)"
    assert table.at["1", "SGD, momentum"] == "10.00\u202f% (1 of 1 diverged)"
    assert pd.isna(table.at["10", "SGD"])


def test_grid_cells_are_means_unless_some_runs_failed():
    grid = grid_frame(
        sgd=[(0.1, 0.9, "ok"), (0.1, 0.91, "ok"), (0.1, 0.95, "ok")],
        adam=[(0.1, 0.9, "ok"), (0.1, 0.1, "diverged"), (0.1, 0.94, "ok")],
    )
    table = cells.grid(optimizers.grid_summary(grid), optimizers.best_rates(grid))
    assert table.at[0.1, "SGD"] == "**92.00\u202f%**"
    assert table.at[0.1, "Adam"] == "**92.00\u202f%** (1 of 3 diverged)"


def test_best_cells_flag_the_edge():
    table = cells.best(optimizers.best_rates(small_grid())).set_index("optimizer")
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
    assert gaps["95 % interval"].tolist() == ["–", "–", "–"]
    assert gaps["printed, images"].tolist() == ["+31", "+69", "+38"]


def test_pairs_show_the_direction_of_mcnemar():
    table = pd.DataFrame(
        {"a": ["sgd"], "b": ["adam"], "mean_difference": [-0.0123], "images": [-123.4],
         "low": [-0.02], "high": [0.001], "p_holm": [0.04], "a_only": [5.0],
         "b_only": [128.4], "ahead": [1], "behind": [2], "runs": [3]}
    )  # fmt: skip
    assert cells.pairs(table).iloc[0].tolist() == [
        "SGD − Adam", "−1.23", "−123.4", "−2.00\u00a0to\u00a0+0.10", "0.040", "5", "128",
        "+1 / −2 of 3",
    ]  # fmt: skip


def test_failed_runs_are_counted_in_place_of_a_mean():
    frame = reported_frame({A1: [0.9, 0.1, 0.92]})
    text = cells.final(results.final_table(frame, [A1]).assign(system="sgd"))
    assert text.at[0, "accuracy"] == "91.00\u202f% (median; 2 of 3 learned)"
    assert text.at[0, "over seeds"] == "–"


def test_paper_cells_say_how_many_runs_diverged():
    frame = reported_frame({s: [0.98, 0.99] for s in PAPER_SYSTEMS})
    frame.loc[1, ["status", "test_loss"]] = "diverged", None
    table = cells.paper(results.paper_table(frame))
    assert table["system"].tolist()[:2] == [f"{A1.name} (1 of 2 diverged)", A2.name]


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
