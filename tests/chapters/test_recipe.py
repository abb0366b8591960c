"""The recipe of sayee2025: what is run, what the tables hold, what the sentences say."""

import re
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mnistlib.chapters.recipe import design, figures, findings, results
from mnistlib.chapters.recipe.params import Params
from mnistlib.claims.evidence import Printed
from mnistlib.claims.registry import load_claims
from mnistlib.claims.verdicts import judge
from mnistlib.ground.errors import ParameterError
from mnistlib.runs.cases import cases
from mnistlib.stats.factorial import factorial
from mnistlib.study.plan import load_study
from mnistlib.training import augment
from mnistlib.training.spec import NetworkSpec, make

ROOT = Path(__file__).parents[2]
NAN = float("nan")


def full_params() -> Params:
    (job,) = load_study(ROOT / "study.yaml").jobs("full", ["06_recipe"])
    params = Params.from_mapping(job.parameters)
    return params.model_copy(update={"factorial_images": 24_000})


# --- what is run


def test_the_full_study_runs_the_papers_system_as_it_is_described():
    params = full_params()
    base = design.base(params, "mnist")
    asked = cases(base, system={"same": {"padding": "same"}}, seed=params.seeds)
    described = [
        make(
            NetworkSpec,
            dataset="mnist",
            evaluate_on="test",
            val_fraction=0.0,
            model="sayee_cnn",
            optimizer="adam",
            learning_rate=0.001,
            schedule="warmup_cosine",
            rotation=10.0,
            shift=0.1,
            zoom=0.1,
            batch_size=128,
            epochs=30,
            test_each_epoch=True,
            seed=seed,
        )
        for seed in range(5)
    ]
    assert [case.spec for case in asked] == described


def test_runs_that_compare_parts_open_no_test_images_and_differ_in_parts_alone():
    base = design.factorial_base(full_params(), "mnist")
    switches = {"no": design.STILL, "yes": design.MOVED}
    axes = {"batch_norm": [False, True], "dropout": [False, True], "augmentation": switches}
    specs = [case.spec for case in cases(base, **axes, seed=[100])]
    assert {(s.evaluate_on, s.n_test, s.test_each_epoch) for s in specs} == {
        ("validation", None, False)
    }
    assert {(s.n_train, s.epochs, s.batch_size) for s in specs} == {(24_000, 10, 128)}
    assert {(s.rotation, s.shift, s.zoom) for s in specs} == {(0, 0, 0), (10, 0.1, 0.1)}
    assert len(set(specs[i].label for i in range(8))) == 8


@pytest.mark.parametrize(
    ("change", "dataset", "sized"),
    [
        ({}, "mnist", True),
        ({}, "digits", False),
        ({"epochs": 29}, "mnist", False),
        ({"batch_size": 64}, "mnist", False),
        ({"n_train": 1000}, "mnist", False),
    ],
)
def test_only_the_papers_size_is_the_papers_size(change, dataset, sized):
    params = full_params().model_copy(update=change)
    assert findings.paper_sized(params, dataset) is sized


def test_too_few_images_for_the_factorial_are_refused():
    with pytest.raises(ParameterError, match=r"factorial_images: .*at least 60"):
        Params.from_mapping({"factorial_images": 12})


@pytest.mark.parametrize("name", ["valid_seeds", "reading_seeds"])
def test_a_reading_that_shares_no_seed_is_refused_before_anything_trains(name):
    match = rf"{name} must have a seed of seeds, \[0, 1\].* Received: {name}=\[7\] \(list"
    with pytest.raises(ParameterError, match=match):
        Params.from_mapping({name: [7]})
    assert Params.from_mapping({name: [7, 1]})


# --- what the runs gave


def runs_of(*rows) -> SimpleNamespace:
    """Return runs from (system, seed, training accuracies, test accuracies, more)."""
    frame, history = [], []
    for system, seed, train, test, *more in rows:
        key = f"{system}{seed}"
        extra = {"status": "ok", "val": [None] * len(test)} | dict(*more)
        last = {"test_accuracy": test[-1], "n_examples": 1000, "status": extra["status"]}
        frame.append({"system": system, "seed": seed, "key": key} | last)
        for i, (a, b, c) in enumerate(zip(train, test, extra["val"], strict=True)):
            values = {"train_accuracy": a, "test_accuracy": b, "val_accuracy": c}
            losses = {"train_loss": 1 - a, "test_loss": 1 - b, "learning_rate": 1e-5}
            history.append({"key": key, "system": system, "epoch": i + 1} | values | losses)
    return SimpleNamespace(frame=pd.DataFrame(frame), history=pd.DataFrame(history))


@pytest.fixture
def runs() -> SimpleNamespace:
    return runs_of(
        ("same", 0, [0.90, 0.95, 0.99], [0.96, 0.992, 0.990]),
        ("same", 1, [0.91, 0.95, 0.99], [0.97, 0.990, 0.991]),
        ("valid", 0, [0.90, 0.94, 0.98], [0.95, 0.98, 0.98]),
        ("held out", 0, [0.9, 0.9, 0.9], [0.95, 0.99, 0.98], {"val": [0.9, 0.8, 0.9]}),
    )


def test_first_last_and_best_are_taken_from_the_history(runs):
    same, other, valid, held = results.measured(runs).to_dict("records")
    assert (same["first_train_accuracy"], same["last_train_loss"]) == (
        0.90,
        pytest.approx(0.01),
    )
    assert (same["best_test_accuracy"], same["best_test_epoch"]) == (0.992, 2)
    assert (other["best_test_epoch"], other["best_train_epoch"]) == (3, 3)
    assert valid["best_test_epoch"] == 2  # the first of equals
    assert np.isnan(same["chosen_test_accuracy"])
    assert (held["chosen_epoch"], held["chosen_test_accuracy"]) == (1, 0.95)


def test_a_run_that_diverged_has_no_last_epoch():
    lost = runs_of(
        ("same", 0, [0.9], [0.9]), ("same", 1, [0.1], [0.1], {"status": "diverged"})
    )
    table = results.measured(lost)
    assert table.loc[1].drop(["system", "seed", "status", "n_examples"]).isna().all()
    assert np.isnan(results.optimism_table(table).at[0, "optimism"])
    all_lost = runs_of(("same", 0, [0.1], [0.1], {"status": "diverged"}))
    assert np.isnan(results.measured(all_lost).at[0, "best_test_accuracy"])


def test_optimism_is_best_minus_last_with_an_interval_over_seeds(runs):
    table = results.optimism_table(results.measured(runs)).set_index("system")
    same = table.loc["same"]
    assert (same["n"], same["best_epoch"]) == (2, 2.5)
    assert same["optimism"] == pytest.approx(0.001)  # .002 and 0
    assert same["low"] < 0 < same["high"]
    assert same["images"] == pytest.approx(1)
    assert table.loc["held out", ["best", "chosen", "last"]].tolist() == [0.99, 0.95, 0.98]
    assert np.isnan(table.at["valid", "low"])
    assert table.at["held out", "against_chosen"] == pytest.approx(0.04)
    assert np.isnan(table.at["same", "against_chosen"])  # no image was held out


def test_best_on_test_is_held_against_what_validation_chooses_run_by_run():
    table = pd.DataFrame(
        {
            "system": "held out",
            "n_examples": 1000,
            "best_test_epoch": 3,
            "best_test_accuracy": [0.99, 0.98],
            "chosen_test_accuracy": [0.98, 0.975],
            "last_test_accuracy": [0.99, 0.97],
        }
    )
    row = results.optimism_table(table).iloc[0]
    assert row["against_chosen"] == pytest.approx(0.0075)
    # 0.01 and 0.005: mean -+ 12.706 × 0.0035 / sqrt(2)
    half = 12.7062 * np.std([0.01, 0.005], ddof=1) / 2**0.5
    ends = row["chosen_low"], row["chosen_high"]
    assert ends == pytest.approx((0.0075 - half, 0.0075 + half), abs=1e-6)


def test_readings_are_compared_on_the_seeds_that_both_have(runs):
    table = results.readings(runs.frame)
    assert table["a"].tolist() == ["valid", "held out"]
    assert set(table["n"]) == {1}
    assert table["images"].tolist() == pytest.approx([-10, -10])
    of = [("same", 0, 0.98), ("same", 1, 0.99), ("same", 2, 0.985)]
    of += [("valid", 0, 0.97), ("valid", 1, 0.985), ("held out", 2, 0.98)]
    frame = pd.DataFrame(of, columns=["system", "seed", "test_accuracy"])
    table = results.readings(frame.assign(n_examples=1000, status="ok"))
    assert table["n"].tolist() == [2, 1]
    assert table["mean_difference"].tolist() == pytest.approx([-0.0075, -0.005])


# --- evidence


def near(final: float, best: float, seeds=5) -> pd.DataFrame:
    """Return what runs with a final and a best test accuracy would give, as measured."""
    chance = np.random.default_rng(0)
    rows = [
        {"system": system, "seed": seed, "status": "ok", "n_examples": 10_000}
        | {
            f"{which}_{part}_accuracy": value + chance.normal(0, 1e-4)
            for which, part, value in (
                ("first", "train", 0.6), ("first", "test", 0.9), ("last", "train", 0.994),
                ("best", "train", 0.995), ("last", "test", final), ("best", "test", best),
            )
        }
        | {"last_train_loss": 0.02 + chance.normal(0, 1e-4), "last_test_loss": 0.018}
        | {"best_test_epoch": 25 + seed % 3, "best_train_epoch": 30 - seed % 2}
        | {"chosen_test_accuracy": NAN}
        for system in results.PADDINGS
        for seed in range(seeds)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_every_claim_of_the_paper_has_evidence_under_both_paddings():
    items = results.evidence(near(0.9972, 0.9975), True)
    claims = load_claims().query("paper == 'sayee2025'").index
    assert {one.claim_id for one in items} == set(claims)
    readings = {}
    for one in items:
        readings.setdefault(one.claim_id, []).append(getattr(one, "reading", ""))
    assert len(readings.pop("SAY-13")) == 4
    ranges = "rotations up to 10°, shifts 0.1, zooms 0.1"
    both = tuple(f"padding `{padding}`, {ranges}" for padding in results.PADDINGS)
    assert set(map(tuple, readings.values())) == {both}


def test_verdicts_follow_the_runs():
    items = results.evidence(near(0.9972, 0.9975), True)
    verdicts = {one.claim_id: judge(one.claim_id, items) for one in items}
    words = {claim: one.verdict for claim, one in verdicts.items()}
    assert words["SAY-01"] == "reproduced under a reading"
    assert words["SAY-09"] == words["SAY-08"] == "lower than ours"
    assert words["SAY-05"] == words["SAY-06"] == words["SAY-02"] == "higher than ours"
    assert words["SAY-12"] == "lower than ours"  # epochs 13 and 15
    assert words["SAY-03"] == words["SAY-04"] == "not testable"  # "simulated"
    assert verdicts["SAY-09"].images == pytest.approx(65, abs=6)
    small = results.evidence(near(0.9972, 0.9975), False)
    assert judge("SAY-01", small).verdict == "not judged"


def test_units_are_those_of_the_claims():
    items = {(one.claim_id, getattr(one, "reading", "")[8:14]): one
             for one in results.evidence(near(0.9972, 0.9975), True)}  # fmt: skip
    assert items["SAY-01", "`same`"].mean == pytest.approx([99.72], abs=0.02)
    assert items["SAY-01", "`same`"].n_test == 10_000
    assert items["SAY-03", "`same`"].mean == pytest.approx([0.02], abs=1e-3)
    assert items["SAY-03", "`same`"].n_test is None
    assert items["SAY-12", "`same`"].values.shape == (5, 2)


def test_the_gain_is_that_of_our_runs_over_the_cited_accuracies():
    items = results.evidence(near(0.9972, 0.9975), True)
    gains = [one for one in items if one.claim_id == "SAY-13"]
    assert [round(float(one.mean[0]), 1) for one in gains[:2]] == [0.5, 0.5]
    assert judge("SAY-13", items).verdict == "reproduced under a reading"
    worse = results.evidence(near(0.9907, 0.9907), True)
    assert judge("SAY-13", worse).verdict == "higher than ours"


def test_printed_table_names_the_sets_inside():
    table = results.printed_table(results.evidence(near(0.9972, 0.9975), True))
    rows = table.set_index("quantity")
    assert rows.at["test accuracy, last, %", "A"].startswith("99.72")
    last = rows.at["test accuracy, last, %", "place"]
    assert last == "A (`same`, ± 0.01, n = 5); A (`valid`, ± 0.02, n = 5)"
    assert rows.at["test accuracy, epoch 1, %", "A"] == "–"
    assert rows.at["test accuracy, epoch 1, %", "place"] == "none"
    assert rows.at["training accuracy, epoch 1, %", "A"].startswith("about 96")
    assert rows.at["test loss, last", "same"] == "0.0180"
    assert rows.at["test loss, last", "A"] == "0.0180 (simulated)"
    assert rows.at["best epochs, test / training", "same"] == "25.8 / 29.6"
    one_seed = results.printed_table(results.evidence(near(0.99, 0.99, seeds=1), False))
    assert set(one_seed["same_one"]) == {"–"}
    assert set(one_seed["place"]) == {"–"}


def test_cited_table_has_ours_only_at_the_papers_size():
    table = results.cited_table(results.evidence(near(0.9972, 0.9975), True))
    assert len(table) == 6
    assert table["system"].tolist()[-1] == "ours, padding `valid`"
    cells = [results.gain_text(gain) for gain in table["Case 2"]]
    assert cells[0] == "–"
    assert cells[2] == "+0.51 (p < 0.001)"
    assert cells[3] == "−0.14 (p = 0.284)"
    assert "p" not in cells[4]
    assert len(results.cited_table(results.evidence(near(0.9, 0.9), False))) == 4


# --- the factorial


def factorial_frame(seeds=(100, 101), spread=1e-3) -> pd.DataFrame:
    chance = np.random.default_rng(3)
    rows = []
    for *levels, seed in product(*design.LEVELS.values(), seeds):
        there = [level == pair[1] for level, pair in zip(
            levels, design.LEVELS.values(), strict=True)]  # fmt: skip
        accuracy = 0.95 + 0.02 * there[0] + 0.01 * there[2] - 0.01 * there[0] * there[2]
        row = dict(zip(design.LEVELS, levels, strict=True)) | {"seed": seed}
        value = accuracy + chance.normal(0, spread)
        rows.append(row | {"val_accuracy": value, "n_val": 100, "status": "ok"})
    return pd.DataFrame(rows)


def learned_frame(lost: int = 0) -> pd.DataFrame:
    frame = factorial_frame()
    return frame.assign(accuracy=frame["val_accuracy"].where(frame.index >= lost))


def facts_of(lost: int = 0) -> dict:
    frame = learned_frame(lost)
    return findings.effect_facts(factorial(frame, list(design.PARTS), "accuracy"), frame)


def test_the_ablation_is_ten_of_the_sixteen():
    table = results.ablation_table(factorial_frame()).set_index("system")
    assert list(table.index)[:2] == ["none", "only batch norm"]
    assert list(table.index)[-2:] == ["all but schedule", "all"]
    assert set(table["n"]) == {2}
    assert table.at["none", "mean"] == pytest.approx(0.95, abs=0.002)
    assert table.at["only batch norm", "mean_difference"] == pytest.approx(0.02, abs=3e-3)
    assert table.at["all but batch norm", "mean_difference"] == pytest.approx(
        0.01, abs=3e-3
    )
    assert table.loc[["none", "all"], "mean_difference"].isna().all()
    assert table.at["only batch norm", "p_holm"] < 0.01
    assert table.at["only batch norm", "images"] == pytest.approx(2, abs=0.3)


def test_effects_have_the_names_of_parts():
    effects = factorial(factorial_frame(), list(design.PARTS), "val_accuracy")
    facts = findings.effect_facts(effects, learned_frame())
    assert facts["tested"] == 10
    assert facts["largest"]["name"] == "batch norm"
    assert [one["name"] for one in facts["mains"]] == ["batch norm", "augmentation"]
    assert [one["name"] for one in facts["pairs"]] == ["batch norm × augmentation"]
    figure = figures.effects_figure(effects, findings.term_names(effects))
    assert len(figure.axes[0].get_yticklabels()) == 10
    filled = [line for line in figure.axes[0].lines if line.get_marker() == "o"
              and line.get_markerfacecolor() != "white"]  # fmt: skip
    assert len(filled) == 3


# --- sentences


def test_the_answer_judges_at_the_papers_size_alone():
    table, effects = near(0.9972, 0.9975), facts_of()
    optimism = results.optimism_table(table)
    whole = findings.answer(results.evidence(table, True), optimism, effects, True)
    assert "accuracy of 99.72 %, 1 of its 3 accuracies and losses (the 2 that it" in whole
    assert "simulated are not judged) lies in the interval" in whole
    assert "with one padding at least (two chances each; `valid` has fewer seeds" in whole
    assert "; that accuracy lies inside it with `same` and inside it with `valid`." in whole
    assert "; that accuracy lies below it with `same` and below it with `valid`." in whole
    assert "(`same`, 5 seeds) and 99.7" in whole
    assert "near that of set A, and not that of set B." in whole
    assert re.search(r"\*batch norm\* moves .* by \+1.\d\d \(\+", whole)
    unsure = effects | {"largest": effects["largest"] | {"p_holm": 0.2}}
    said = findings.answer([], optimism, unsure, True)
    assert "No main effect of the four parts of the recipe is told from chance" in said
    assert "largest estimate is that of *batch norm*, +1.5" in said
    part = findings.answer(results.evidence(table, False), optimism, effects, False)
    assert "not of the paper's size" in part
    assert "99.72" not in part
    none = findings.answer([], optimism.assign(optimism=0.0), facts_of(lost=1), False)
    assert "1 of 32 runs failed: no effect could be estimated." in none
    assert "The last epoch is also the best on the test images (5 seeds)." in none


def test_one_value_lies_and_several_lie():
    items = [Printed("SAY-09", "S1", [99.0, 99.1, 99.1], reading="padding `same`")]
    facts = findings.set_facts(items)
    (padding,) = facts["B"].pop("paddings")
    assert facts["B"] == {"final": "99.07", "simulated": 0, "n": 1, "inside": 1}
    assert padding.pop("images") == pytest.approx(1 / 3)
    assert padding.pop("mean") == pytest.approx(0.990667, abs=1e-6)
    assert padding == {"name": "same", "n": 3, "place": "inside"}
    nothing = {"n": 0, "inside": 0, "paddings": []}
    assert facts["A"] == nothing | {"final": "99.72", "simulated": 2}
    items.append(replace(items[0], reading="padding `valid`"))
    facts = findings.set_facts(items)["B"]
    assert (facts["n"], facts["inside"], len(facts["paddings"])) == (1, 1, 2)


def test_findings_of_one_seed_and_of_lost_runs(runs):
    effects, table = facts_of(), results.measured(runs)
    text = findings.findings(
        table, results.optimism_table(table), results.readings(runs.frame), effects, True
    )
    assert len(text.splitlines()) == 5
    assert "with rate 10⁻⁵, our training accuracy is 90.50" in text
    assert "is 0.0100 nats, above our test loss of 0.0095. Set A prints 0.0028" in text
    assert "highest at epoch 2 to 3, by seed; in set B it is so at epoch 13" in text
    assert "validation accuracy has a test accuracy of 95.00" in text
    assert "+4.00 points over what validation chooses (1 seed)" in text
    assert "by −1.00 points (valid, 1 seed), −1.00 points (held out, 1 seed)." in text
    assert "For 3 of the 10 effects of the factorial, a difference from zero" in text
    assert "points with the schedule and" in text
    lost = {"status": "diverged"}
    bad = runs_of(("same", 0, [0.1], [0.1], lost), ("held out", 0, [0.1], [0.1], lost))
    table, none = results.measured(bad), facts_of(lost=3)
    text = findings.findings(
        table, results.optimism_table(table), results.readings(bad.frame), none, False
    )
    assert text.count("Runs diverged: there is no") == 3
    assert "Not compared, as runs failed: held out." in text
    assert "allows no test: 3 of 32 runs failed." in text
    still = findings.prose.say(findings.__file__, "effects", **none | {"lost": 0})
    assert still.endswith(
        "beside its effects, its 32 runs leave no spread to test them by."
    )
    assert "nan" not in text


def test_headline_rows_are_of_both_sets():
    items = results.evidence(near(0.9972, 0.9975), True)
    rows = findings.headline_rows(items, full_params(), "mnist")
    assert [row["claim_id"] for row in rows] == ["SAY-01", "SAY-04", "SAY-09", "SAY-10"]
    assert [row["quantity"] for row in rows[:2]] == ["test accuracy", "test loss"]
    assert rows[0]["place"] == "inside"
    assert "99.72" in rows[0]["text"]


# --- figures


def test_images_are_moved_as_the_engine_moves_them(digits):
    from mnistlib.ground import backend

    backend.configure()
    from mnistlib.training.engine_tensorflow import _moved

    x = digits.x_train[:20].astype("float32")
    maps = augment.draw(20, np.random.default_rng(1), **design.MOVED)
    by_engine = np.asarray(_moved(x[..., None], maps))[..., 0]
    np.testing.assert_allclose(augment.moved(x, maps), by_engine, atol=0.05)
    assert np.abs(by_engine - x).max() > 50


def test_the_original_comes_first_in_each_row(digits):
    shown = augment.versions(digits.x_train[:3], design.MOVED, draws=4)
    assert shown.shape == (15, 28, 28)
    np.testing.assert_array_equal(shown[::5], digits.x_train[:3])
    assert not np.array_equal(shown[0], shown[1])


@pytest.mark.parametrize("printed", [True, False])
def test_the_combined_figure_names_extremes_and_marks_what_is_printed(runs, printed):
    history = runs.history.query("system == 'same'")
    figure = figures.annotated_curves(history, printed)
    top, _ = figure.axes
    texts = [text.get_text() for text in top.texts]
    assert "90.50 %, epoch 1" in texts
    assert "99.00 %, epoch 3" in texts
    marks = [line for line in top.lines if line.get_marker() in "^s" and
             len(line.get_xdata())]  # fmt: skip
    assert len(marks) == (8 if printed else 0)
    low, high = top.get_ylim()
    assert 0 < low < 0.905 < (0.9991 if printed else 0.992) < high < 1
    figure.draw_without_rendering()


def test_the_combined_figure_bears_no_error_at_all():
    perfect = runs_of(("same", 0, [0.5, 1.0], [0.9, 1.0]))
    figures.annotated_curves(perfect.history, False).draw_without_rendering()
