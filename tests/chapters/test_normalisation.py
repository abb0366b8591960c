"""Batch normalisation: what is run, chosen, compared, drawn and said."""

from itertools import product
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns

from mnistlib.chapters.batch_norm import design as norm
from mnistlib.chapters.batch_norm import findings as words
from mnistlib.chapters.batch_norm import results
from mnistlib.chapters.batch_norm.params import Params
from mnistlib.ground.errors import ParameterError
from mnistlib.ground.notebook import read_notebook
from mnistlib.models import BatchNorm
from mnistlib.show import reproduction, style
from mnistlib.stats.compare import compare, holm
from mnistlib.study.plan import load_study

PARAMS = Params(
    learning_rates=[0.1, 0.01],
    unscaled_rates=[0.01],
    scalings=["none", "unit"],
    seeds=[0, 1, 2],
    grid_seeds=[100, 101, 102],
)
SPECS = norm.grid_specs(PARAMS, "mnist")


def grid_frame(accuracy=lambda row: 0.9, specs=SPECS):
    """Return the grid's runs; accuracies vary a little with the seed and the placement."""
    rows = [spec.columns() | {"key": spec.key("x"), "status": "ok"} for spec in specs]
    frame = norm.tidy(pd.DataFrame(rows))
    values = [
        accuracy(row) + 0.01 * (row.seed % 10) ** (1 + 0.5 * (row.batch_norm == "none"))
        for row in frame.itertuples()
    ]
    return frame.assign(val_accuracy=values, n_val=550)


def test_grid_is_the_whole_product():
    assert len(SPECS) == 2 * 2 * 2 * 3 * 3
    assert len({spec.key("x") for spec in SPECS}) == len(SPECS)
    assert {(s.val_fraction, s.evaluate_on, s.optimizer) for s in SPECS} == {
        (1 / 6, "validation", "sgd")
    }
    conditions = {(s.model, s.scaling, s.learning_rate) for s in SPECS}
    for condition in conditions:
        of = [s for s in SPECS if (s.model, s.scaling, s.learning_rate) == condition]
        placements = {s.model_args.get("batch_norm", "none") for s in of}
        assert placements == {"none", "before_activation", "after_activation"}


def test_a_rate_belongs_to_a_scaling():
    """Unscaled pixels get smaller rates as well; other scalings never see them."""
    params = PARAMS.model_copy(update={"unscaled_rates": [1e-5, 0.01]})
    specs = norm.grid_specs(params, "mnist")
    tried = {
        scaling: {s.learning_rate for s in specs if s.scaling == scaling}
        for scaling in params.scalings
    }
    assert tried.pop("none") == {1e-5, 0.01, 0.1}
    assert tried and all(rates == {0.01, 0.1} for rates in tried.values())


def test_what_is_chosen_on_a_seed_is_not_reported_on_it():
    with pytest.raises(ParameterError, match=r"no seed in common.*Received: \[100\]"):
        Params.from_mapping({"seeds": [0, 100]})


def test_tidy_restores_the_default_placement():
    frame = pd.DataFrame({"arg_batch_norm": [np.nan, "before_activation"]})
    assert list(norm.tidy(frame)["batch_norm"]) == ["none", "before_activation"]
    assert list(norm.tidy(pd.DataFrame({"key": ["a"]}))["batch_norm"]) == ["none"]


def test_best_rows_of_equals_take_the_smaller_rate():
    frame = grid_frame()
    best = norm.best_rows(frame, ["model"])
    assert list(best["model"]) == list(norm.HOSTS)
    assert set(best["learning_rate"]) == {0.01}
    fast = grid_frame(lambda row: 0.9 + 0.05 * (row.learning_rate == 0.1))
    assert set(norm.best_rows(fast, ["model"])["learning_rate"]) == {0.1}


def test_outcomes_count_diverged_and_stuck_runs_apart():
    frame = grid_frame()
    hit = (frame["model"] == "complex_cnn") & (frame["scaling"] == "none")
    hit &= frame["batch_norm"] == "none"
    diverged = hit & (frame["learning_rate"] == 0.1)
    stuck = hit & (frame["learning_rate"] == 0.01) & (frame["seed"] == 100)
    frame.loc[diverged, "status"] = "diverged"
    frame.loc[diverged | stuck, "val_accuracy"] = 0.1
    table = results.outcomes(frame).set_index(["model", "scaling", "batch_norm"])
    row = table.loc[("complex_cnn", "none", "none")]
    assert (row["runs"], row["diverged"], row["stuck"]) == (6, 3, 1)
    assert row["best_rate"] == 0.01
    others = table.drop(("complex_cnn", "none", "none"))
    assert (others[["diverged", "stuck"]] == 0).all(axis=None)
    assert len(table) == 12

    text = words.unscaled_finding(table.reset_index())
    assert "without batch normalisation 3 of 12 runs diverged and 1 did not learn" in text
    assert "with it 0 of 24 runs diverged and 0 did not learn" in text
    good = frame[hit & ~stuck & ~diverged]["val_accuracy"].median()
    learned = f"{100 * good:.2f}\u202f% (median; 2 of 3 learned)"
    assert row["best_text"] == learned
    assert f"complex CNN is {learned} without" in text
    assert "lowest of the grid: larger pixels ask for smaller rates" in text
    inside = words.unscaled_finding(table.reset_index().assign(edge=""))
    assert "lowest of the grid" not in inside


def test_unscaled_finding_without_unscaled_runs():
    scaled = results.outcomes(grid_frame().query("scaling == 'unit'"))
    assert words.unscaled_finding(scaled) == "Pixels were scaled in all runs of this page."


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
    assert row["images"] == pytest.approx(550 * row["mean_difference"])
    np.testing.assert_allclose(gains["p_holm"], holm(gains["p"]))


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
    text = words.gain_finding(gains)
    assert "of 14 comparisons" in text
    assert text.endswith("2 more comparisons with runs that failed are left to the counts "
                         "above.")  # fmt: skip


def gains_table(differences, p_holm, n=3):
    return pd.DataFrame(
        {
            "model": "base_cnn",
            "scaling": "unit",
            "learning_rate": np.repeat([0.01, 0.1], 2),
            "batch_norm": norm.NORMALISED * 2,
            "n": n,
            "mean_difference": differences,
            "p": p_holm,
            "p_holm": p_holm,
            "smallest_found": 0.0123,
        }
    )


def test_gain_finding_counts():
    text = words.gain_finding(
        gains_table([0.01, -0.02, 0.03, 0.05], [0.9, 0.01, 0.04, 0.5])
    )
    assert "in 3 of 4 comparisons; the gains go from −2.00 to +5.00 points" in text
    assert "The median gain is +2.00 (base CNN, ÷ 255)." in text
    assert "p < 0.05 in 2 of them, of which 1 is a loss" in text
    one = words.gain_finding(gains_table([0.01] * 4, [np.nan] * 4, n=1))
    assert one.endswith("Nothing could be tested: that needs two seeds or more.")
    assert "find a difference of 1.23 points in 80 of 100 cases" in text


def test_placement_finding_counts():
    # after - before: -0.03 and +0.02
    text = words.placement_finding(gains_table([0.01, -0.02, 0.03, 0.05], [1.0] * 4))
    assert "better than before it in 1 of 2 conditions, worse in 1" in text
    assert "the mean difference is −0.50 points" in text


def test_final_systems_are_the_papers_and_those_chosen():
    def accuracy(row):
        bonus = 0.05 * (row.scaling == "none") * (row.batch_norm == "after_activation")
        return 0.8 + bonus + 0.03 * (row.learning_rate == 0.1)

    systems = norm.final_systems(PARAMS, grid_frame(accuracy))
    paper = systems[systems["setting"] == "paper"]
    assert len(paper) == 6
    assert set(paper["learning_rate"]) == {0.01}
    assert set(paper["scaling"]) == {"unit"}
    chosen = systems[systems["setting"] == "chosen"].set_index(["model", "batch_norm"])
    # Each placement chooses among as many candidates.
    assert sorted(chosen.index) == sorted(product(norm.HOSTS, norm.PLACEMENTS))
    assert set(chosen["learning_rate"]) == {0.1}
    assert set(chosen.loc[(slice(None), "after_activation"), "scaling"]) == {"none"}
    assert set(chosen["edge"]) == {"highest"}


def test_final_specs_use_all_training_images_and_fresh_seeds():
    systems = norm.final_systems(PARAMS, grid_frame())
    specs = norm.final_specs(PARAMS, "mnist", systems)
    assert len(specs) == len(systems) * 3
    assert {(s.val_fraction, s.evaluate_on) for s in specs} == {(0.0, "test")}
    assert {s.seed for s in specs} == {0, 1, 2}


@pytest.fixture
def final():
    """Final runs whose predictions are known: normalised ones have one more right."""
    systems = norm.final_systems(PARAMS, grid_frame())
    specs = norm.final_specs(PARAMS, "mnist", systems)
    labels = np.arange(8, dtype=np.uint8)
    predictions, rows = {}, []
    for spec in specs:
        key, plain = spec.key("x"), "batch_norm" not in spec.model_args
        wrong = {0: [0], 1: [1, 2], 2: [3]}[spec.seed] + [7, 6] * plain
        guess = labels.copy()
        guess[wrong] = 9
        predictions[key] = guess
        share = np.mean(guess == labels)
        rows.append(spec.columns() | {"key": key, "status": "ok", "test_accuracy": share})
    frame = pd.DataFrame(rows).assign(test_loss=0.1, n_examples=len(labels))
    runs = SimpleNamespace(frame=frame, test_labels=labels, predictions=predictions.get)
    return norm.final_frame(PARAMS, systems, runs), runs


def test_final_frame_names_systems(final):
    frame, _ = final
    names = frame.groupby("setting")["system"].unique()
    assert names["paper"][1] == "base CNN, batch normalisation before activation"
    assert names["chosen"][0].startswith("base CNN, no batch normalisation, rate 0.01, ")
    assert len(frame) == 12 * 3


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
    assert set(results.printed_tests(table)["McNemar"]) == {"+2 / −1 of 3"}


def test_paper_finding(final):
    frame, _ = final
    normalised = frame[(frame["batch_norm"] != "none") & (frame["setting"] == "paper")]
    table = reproduction.system_table(normalised, ("AHM-11", "AHM-12"))
    raised = table.assign(
        mean=[0.9924, 0.99, 0.9924, 0.993, 0.5],
        place=["", "inside", "inside", "above", ""],
    )
    text = words.paper_finding(raised)
    assert text.startswith(
        "The printed 99.24\u202f% lies inside the 95 % interval of one more run for 2 of 3 "
        "networks with batch normalisation, above it for 1."
    )
    assert f"*{table['system'][3]}*" in text
    none = words.paper_finding(table.assign(place=""))
    assert none.startswith("No network has an interval")


def test_tuned_finding_tells_p_only_where_there_is_one():
    table = pd.DataFrame(
        {
            "setting": ["paper", "chosen", "chosen"],
            "model": ["base_cnn", "base_cnn", "complex_cnn"],
            "batch_norm": "before_activation",
            "mean_difference": [0.5, 0.012, -0.003],
            "low": [np.nan, 0.01, np.nan],
            "high": [np.nan, 0.014, np.nan],
            "p_holm": [0.5, 0.0001, np.nan],
        }
    )
    text = words.tuned_finding(table)
    assert "by +1.20 (+1.00\u00a0to\u00a0+1.40) points for the base CNN" in text
    assert "(before activation), p < 0.001" in text
    assert text.endswith("and by −0.30 points for the complex CNN (before activation).")
    assert "p = 0.040" in words.tuned_finding(table.assign(p_holm=0.04))


def test_warm_up_note_counts_steps():
    # 100 images in batches of 32 are 4 steps, twice; 0.99 ** 8 = 0.9227
    assert "8 steps" in words.warm_up_note(100, Params())
    assert "92.3\u202f%" in words.warm_up_note(100, Params())


def test_curve_rate_is_the_papers_or_the_lowest():
    assert words.curve_rate(PARAMS) == 0.01
    assert words.curve_rate(Params(learning_rates=[0.3, 0.1])) == 0.1


def test_network_sizes():
    sizes = results.network_sizes().set_index(["Network", "Batch normalisation"])
    assert list(sizes.loc[("base CNN", "none")]) == ["542\u202f230", "0"]
    assert list(sizes.loc[("complex CNN", "after activation")]) == ["160\u202f294", "520"]


def test_printed_tables_hold_no_nan(final):
    one_seed = grid_frame(specs=[spec for spec in SPECS if spec.seed == 100])
    shown = [
        results.printed_outcomes(results.outcomes(one_seed)),
        results.printed_gains(results.gains(one_seed)),
        results.printed_tests(results.final_tests(*final)),
    ]
    for table in shown:
        assert not table.astype(str).map(lambda text: "nan" in text).any(axis=None)
    assert set(shown[1]["p (Holm)"]) == {"–"}
    assert set(shown[2]["McNemar"]) == {"+0 / −0 of 3"}


@pytest.mark.parametrize("rates", [[0.01], [0.1, 0.01]])
def test_grid_figure_has_a_panel_for_each_host_and_scaling(rates):
    frame = grid_frame()
    figure = norm.scaling_grid(frame[frame["learning_rate"].isin(rates)])
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
        figure = norm.scaling_grid(perfect.assign(val_accuracy=values))
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
    names = {"history": history, "params": PARAMS, "findings": words}
    exec(cell.source, names | {"plt": plt, "sns": sns, "style": style}, names)
    panels = names["panels"]
    panels.figure.draw_without_rendering()
    assert panels.axes[1, 0].get_xlabel() == "epoch, at rate 0.01"
    drawn = [
        sum(np.isfinite(np.asarray(line.get_ydata(), float)).any() for line in ax.lines)
        for ax in panels.axes[0]
    ]
    assert drawn == [left * 3, 3 * 3]  # placements with a loss, seeds
    assert [text.get_text() for text in panels.legend.get_texts()] == list(
        BatchNorm.__args__
    )
