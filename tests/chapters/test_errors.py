"""The page on errors: what is run, facts, tables, sentences, evidence."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import classification_report, precision_recall_fscore_support

from mnistlib.chapters.errors import design, figures, findings, results
from mnistlib.chapters.errors.params import Params
from mnistlib.claims.audit import TEST_COUNTS
from mnistlib.claims.evidence import Printed
from mnistlib.claims.paper_systems import CLASSICAL, NETWORKS, RAUT
from mnistlib.claims.verdicts import judge
from mnistlib.runs import cases
from mnistlib.show.tables import to_markdown
from mnistlib.stats.components import components
from mnistlib.stats.overlap import hard_images, pair_table
from mnistlib.stats.power import seeds_needed
from mnistlib.study.plan import load_study

MNIST = SimpleNamespace(name="mnist")
FULL = Params(n_train=None, n_test=None, epochs=None, batch_size=None)


class Made:
    """Runs that are made up: label system, and right but for a share of the images."""

    def __init__(self, shares: dict[str, list[float]], kind="network", sure=True):
        rng = np.random.default_rng(0)
        self.test_labels = np.repeat(np.arange(10), TEST_COUNTS).astype(np.uint8)
        self.test_index = rng.permutation(10_000)
        self._given, self._sure, rows = {}, {}, []
        for system, errors in shares.items():
            for seed, share in enumerate(errors):
                key = f"{system} {seed}"
                wrong = rng.permutation(10_000) < round(10_000 * share)
                self._given[key] = (self.test_labels + wrong) % 10
                self._sure[key] = np.full(10_000, 0.98 if sure else np.nan)
                accuracy = (~wrong).mean()
                rows.append(
                    {"system": system, "key": key, "seed": seed, "status": "ok",
                     "kind": kind, "model": "raut_cnn", "optimizer": "adam",
                     "learning_rate": 0.001, "batch_size": 64, "epochs": 10,
                     "schedule": "constant", "rotation": 0.0, "shift": 0.0, "zoom": 0.0,
                     "val_fraction": 0.0, "test_accuracy": accuracy, "test_loss": 0.05,
                     "n_examples": 10_000}
                )  # fmt: skip
        self.frame, self.keys = pd.DataFrame(rows), list(self._given)
        self.specs = [SimpleNamespace(dataset="mnist")]
        self.datasets = {"mnist": SimpleNamespace(y_test=self.test_labels)}

    def predictions(self, key):
        return self._given[key]

    def confidence(self, key):
        return self._sure[key]


@pytest.fixture(scope="module")
def raut() -> Made:
    return Made({RAUT: [0.0094, 0.0095, 0.0095, 0.0096]})


@pytest.fixture(scope="module")
def printed(raut) -> dict[str, Printed]:
    return findings.printed_evidence(raut, results.reports(raut), full=True)


@pytest.fixture(autouse=True)
def close_figures():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield
    pyplot.close("all")


# --- what is run


def test_the_full_study_asks_for_the_runs_of_the_other_chapters():
    (job,) = load_study().jobs("full", ["07_errors"], dataset="mnist")
    params = Params.from_mapping(job.parameters)
    base = design.base(params, MNIST)
    asked = cases(base, system=design.networks(params), seed=params.system_seeds)
    specs = {case.labels["system"]: case.spec for case in asked}
    assert {spec.seed for spec in specs.values()} == {4}
    shared = {
        "dataset": "mnist",
        "n_train": None,
        "n_test": None,
        "evaluate_on": "test",
        "seed": 4,
        "optimizer": "adam",
        "learning_rate": 0.001,
    }
    recipe = {
        "model": "sayee_cnn", "val_fraction": 0.0, "schedule": "warmup_cosine",
        "rotation": 10.0, "shift": 0.1, "zoom": 0.1, "batch_size": 128, "epochs": 30,
        "test_each_epoch": True,
    }  # fmt: skip
    (case,) = cases(shared | recipe, system={"S1": {}})
    assert specs["S1, recipe"] == case.spec
    raj = {"model": "raj_cnn", "split": "last", "val_fraction": 0.3, "epochs": 5}
    (case,) = cases(shared | raj, system={"R1": {}})
    assert specs["R1, CNN"] == case.spec
    asher = {
        "model": "asher_cnn", "val_fraction": 1 / 6, "epochs": 5, "rotation": 10.0,
        "shift": 0.1, "zoom": 0.1,
    }  # fmt: skip
    (case,) = cases(shared | asher, system={"C1": {}})
    assert specs["C1, CNN"] == case.spec
    assert specs["A3, Adadelta"].learning_rate == 1.0
    assert specs["A5, batch norm"].model_args == {"batch_norm": "before_activation"}


def test_epochs_and_batches_that_are_given_are_everyones():
    small = design.networks(Params(epochs=3, batch_size=20)).values()
    assert {(s["epochs"], s["batch_size"]) for s in small} == {(3, 20)}
    assert design.networks(FULL) == NETWORKS


@pytest.mark.parametrize(
    ("change", "full"),
    [
        ({}, True),
        ({"epochs": 10, "batch_size": 64}, True),
        ({"epochs": 9}, False),
        ({"batch_size": 32}, False),
        ({"n_train": 50}, False),
    ],
)
def test_full_means_all_images_and_the_papers_epochs(change, full):
    assert findings.is_full(FULL.model_copy(update=change), MNIST) is full
    assert not findings.is_full(FULL, SimpleNamespace(name="digits"))
    # One number of epochs, or one batch size, is raut's own and no other paper's.
    every = full and not {"epochs", "batch_size"} & set(change)
    assert findings.all_full(FULL.model_copy(update=change), MNIST) is every


# --- arithmetic of the paper's report


def test_the_report_does_not_allow_the_printed_accuracy():
    facts = findings.allowed()
    assert (facts["fewest"], facts["most"]) == (52, 123)
    assert round(100 * facts["low"], 2) == 98.77
    assert round(100 * facts["high"], 2) == 99.48
    text = flat(findings.conflict())
    assert text.startswith("98.4 % of 10,000 test images leaves 160 errors.")
    assert "allow 52 to 123 (98.77–99.48\u202f% right)" in text
    assert [findings.fits(n) for n in (51, 52, 123, 124)] == [False, True, True, False]
    assert "accuracy row, 0.99, begins at 98.5\u202f%" in text


def test_facts_hold_or_not(printed):
    facts = {fact.claim_id: fact for fact in findings.facts()}
    assert {claim: fact.holds for claim, fact in facts.items()} == {
        "RAU-01": False, "RAU-06": False, "RAU-10": True,
    }  # fmt: skip
    assert "9,935" in facts["RAU-06"].text
    assert not any("\n" in fact.text for fact in facts.values())


def test_the_bound_does_not_hold_for_a_worse_network():
    worse = Made({RAUT: [0.019, 0.020, 0.020, 0.021]})
    evidence = findings.printed_evidence(worse, results.reports(worse), full=True)
    assert judge("RAU-02", evidence.values()).verdict == "not judged"  # 97.8 to 98.2 %
    far = Made({RAUT: [0.030, 0.031, 0.031, 0.032]})
    evidence = findings.printed_evidence(far, results.reports(far), full=True)
    assert judge("RAU-02", evidence.values()).verdict == "higher than ours"


SHARED = {"own": float("nan"), "other": 0.5, "chance": 0.1}


def test_verdicts(printed):
    evidence = [*printed.values(), *findings.facts()]
    assert judge("RAU-01", evidence).verdict == "contradicted"
    assert judge("RAU-07", evidence).verdict == "reproduced"
    assert judge("RAU-08", evidence).verdict == "reproduced"
    assert {judge(f"RAU-{i:02}", evidence).verdict for i in range(1, 11)} <= {
        "contradicted", "reproduced", "lower than ours", "higher than ours",
    }  # fmt: skip
    assert printed["RAU-01"].place == "below"


def test_small_runs_judge_nothing_but_what_arithmetic_decides(raut):
    evidence = findings.printed_evidence(raut, results.reports(raut), full=False)
    items = [*evidence.values(), *findings.facts()]
    verdicts = {i: judge(f"RAU-{i:02}", items).verdict for i in range(1, 11)}
    assert {i for i, word in verdicts.items() if word != "not judged"} == {1, 6, 10}


# --- tables


def test_reports_are_scikit_learns(raut):
    values = results.reports(raut)
    given = raut.predictions(raut.keys[1])
    theirs = precision_recall_fscore_support(raut.test_labels, given)
    for claim, scores in zip(("RAU-03", "RAU-04", "RAU-05"), theirs, strict=False):
        np.testing.assert_allclose(values[claim][1], scores)
    report = classification_report(raut.test_labels, given, output_dict=True)
    names = ("precision", "recall", "f1-score")
    for claim, row in (("RAU-08", "macro avg"), ("RAU-09", "weighted avg")):
        np.testing.assert_allclose(values[claim][1], [report[row][n] for n in names])
    assert values["RAU-07"][1] == pytest.approx(report["accuracy"])


def test_report_table_marks_what_lies_outside():
    worse = Made({RAUT: [0.029, 0.030, 0.030, 0.031]})
    evidence = findings.printed_evidence(worse, results.reports(worse), full=True)
    table = results.report_table(evidence)
    assert table["recall_printed"].tolist()[:3] == ["1.00", "1.00", "0.99"]
    places = table["recall_place"].tolist()
    text = to_markdown(table, results.REPORT_COLUMNS)
    assert text.count("**1.00**") >= places.count("above") > 0
    facts = findings.report_facts(table)
    assert (facts["n"], facts["known"]) == (30, 30)
    marked = sum(text.count(f"**{printed}**") for printed in ("0.98", "0.99", "1.00"))
    assert len(facts["outside"]) == marked
    assert "recall of 2 (above)" in facts["outside"]


def test_supports_differ_in_six_digits():
    table = results.support_table()
    assert table["more"].tolist() == [-80, 60, -20, 0, 0, 0, -8, -8, 0, -9]


def test_best_epoch_is_found_for_each_seed():
    history = pd.DataFrame(
        {"seed": [0, 0, 0, 1, 1, 1], "epoch": [1, 2, 3] * 2,
         "test_accuracy": [0.9, 0.97, 0.95, 0.9, 0.91, 0.92]}
    )  # fmt: skip
    table = results.best_epochs(history.sample(frac=1, random_state=1))
    assert table["epoch"].tolist() == [2, 3]
    assert table["gain"].tolist() == pytest.approx([0.02, 0])
    facts = results.gain(table)
    assert (facts["mean"], facts["first"], facts["last"]) == (pytest.approx(0.01), 2, 3)


def test_a_system_with_a_failed_run_is_left_out():
    runs = Made({"good": [0.1, 0.2], "lost": [0.1, 0.95]})
    assert list(results.answers(runs)) == ["good"]
    table = results.system_table(runs).set_index("system")
    assert table["failed"].to_dict() == {"good": 0, "lost": 1}
    assert table.at["good", "how"] == "`raut_cnn`, Adam 0.001, batches of 64, 10 epochs"
    assert table.at["good", "first"] == pytest.approx(0.15, abs=0.01)
    runs.frame = runs.frame.assign(
        arg_batch_norm="before_activation", schedule="warmup_cosine", rotation=10.0
    )
    how = results.system_table(runs).set_index("system").at["good", "how"]
    assert how == (
        "`raut_cnn`, batch normalisation, Adam 0.001, warm-up and cosine, images moved, "
        "batches of 64, 10 epochs"
    )


def test_calibration_leaves_out_what_gives_no_probabilities():
    runs = Made({"a": [0.05, 0.05]})
    table, curves = results.calibration(runs, ["a"])
    assert table["over"].item() == pytest.approx(0.98 - 0.95, abs=0.01)
    wider, _ = results.calibration(Made({"a, b": [0.05, 0.051], "c": [0.5]}), ["a, b", "c"])
    facts = findings.calibration_facts(wider)
    assert (facts["judged"], facts["too_sure"], facts["unsure"]) == (1, ["a"], [])
    assert np.isnan(wider.loc[1, "low"])  # one run has no interval over seeds
    text = flat(findings.say("calibration", **facts))
    assert "Of 1 system with several runs, 1 is surer than right" in text
    assert table["error"].item() == pytest.approx(table["over"].item())
    assert curves["n"].sum() == 20_000
    none, curves = results.calibration(Made({"a": [0.05]}, sure=False), ["a"])
    assert len(none) == len(curves) == 0
    facts = findings.calibration_facts(none)
    assert findings.say("calibration", **facts).startswith("No system")
    assert to_markdown(none, results.CALIBRATION_COLUMNS)


def test_printed_gaps_are_those_of_the_registry():
    spread = {name: {"std": 0.0005, "degrees": 9} for name in [*NETWORKS, RAUT]}
    spread |= {name: {"std": 0.0, "degrees": 0} for name in CLASSICAL}
    assert set(design.SYSTEM_OF.values()) == set(spread)
    table = results.printed_gaps(spread)
    assert table["kind"].value_counts().to_dict() == {"between": 10, "within": 7}
    first = table.iloc[0]
    assert (first["a"], first["b"]) == ("ahmareen2024 98.27", "ahmareen2024 97.96")
    assert first["images"] == pytest.approx(31)
    assert first["seen"]
    facts = findings.gap_facts(table, spread)
    # The spread of a dense network is not known here.
    assert (facts["n"], facts["unknown"]) == (16, 1)
    rows = table.set_index(["a", "b"])
    dense = rows.loc[("raj2024 97.77", "raj2024 97.70")]
    assert pd.isna(dense["seen"]) and pd.isna(dense["seeds"])
    assert ("asher 98.6", "asher 97.1") in rows.index  # as its own table compares them
    alone = rows.loc[("raj2024 98.30", "raj2024 97.77")]
    assert alone["seeds"] == seeds_needed(0.0053, (0.0005, 0))
    assert alone["reach"] == pytest.approx(stats.t.ppf(0.975, 9) * 0.0005)
    assert "–" in to_markdown(table, results.GAP_COLUMNS)


def test_a_value_that_its_own_paper_excludes_is_named_as_such():
    rows = {row["claim"]: row["others"] for row in findings.taken()}
    assert rows["RAU-01"] == ["RAU-04", "RAU-07"]
    assert rows["SAY-01"] == ["SAY-09", "SAY-11"]
    assert rows["RAJ-01"] == ["RAJ-02"]  # RAJ-03 is 98.30, rounded
    assert "AHM-11" not in rows
    text = flat(findings.say("taken", rows=findings.taken()))
    assert "98.4 of `raut` (RAU-01) with RAU-04 and RAU-07;" in text
    assert text.endswith("(RAJ-01) with RAJ-02.")


def test_our_gaps_go_down_the_ranking():
    frame = pd.DataFrame(
        {"system": ["b", "b", "a", "a", "c"], "n_examples": 200,
         "test_accuracy": [0.899, 0.901, 0.94, 0.96, 0.85],
         "kind": ["network"] * 4 + ["classical"]}
    )  # fmt: skip
    spread = results.spreads(frame)
    assert spread["c"] == {"std": 0.0, "degrees": 0}
    assert spread["a"] == {"std": pytest.approx(0.02 / 2**0.5), "degrees": 1}
    table = results.our_gaps(frame, spread)
    assert list(zip(table["a"], table["b"], strict=True)) == [("a", "b"), ("b", "c")]
    assert table["images"].tolist() == pytest.approx([10, 10])
    # Of c, which has no seed, the spread is none: b's alone counts, which is narrow.
    assert table["seen"].tolist() == [False, True]
    assert table.at[1, "reach"] == pytest.approx(stats.t.ppf(0.975, 1) * 0.002 / 2**0.5)
    assert len(results.our_gaps(frame.head(2), spread)) == 0


# --- sentences


def flat(text: str) -> str:
    return re.sub(r"[ \n]+", " ", text)


def test_the_answer_of_a_full_and_of_a_small_study(printed):
    hard = {"n": 10_000, "systems": 11, "by_all": 1, "by_each": 4, "doubtful": []}
    gaps = {"seen": 3, "n": 7}
    accuracy = printed["RAU-01"]
    text = flat(findings.answer(accuracy, hard, SHARED, gaps, full=True))
    assert text.startswith("The report's, not the text's 98.4 %: over 4 seeds the network")
    assert "report allows 98.77–99.48\u202f%, so that the 98.4 % printed beside it" in text
    assert "1 is misread by every run of all 11 systems, 4 by most runs of each" in text
    assert text.endswith("one run of each system could have shown 3.")
    small = flat(findings.answer(accuracy, hard | {"by_all": 2}, SHARED, None, full=False))
    assert small.startswith("Runs of this size cannot judge the printed 98.4 %")
    assert "2 are misread" in small
    assert "differences" not in small


def test_the_answer_where_the_printed_value_is_within_reach():
    near = Made({RAUT: [0.015, 0.017, 0.016]})
    evidence = findings.printed_evidence(near, results.reports(near), full=True)
    hard = {"n": 10, "systems": 1, "by_all": 0, "by_each": 0, "doubtful": [3]}
    text = flat(findings.answer(evidence["RAU-01"], hard, SHARED, None, full=True))
    assert text.startswith("The text's, not the report's, is within reach of the network")
    assert "none is misread by every run" in text
    far = Made({RAUT: [0.030, 0.031, 0.0305]})
    evidence = findings.printed_evidence(far, results.reports(far), full=True)
    text = flat(findings.answer(evidence["RAU-01"], hard, SHARED, None, full=True))
    assert text.startswith("Neither the report's nor the text's 98.4 %: over 3 seeds")


def test_the_printed_accuracy_may_be_that_of_an_earlier_epoch():
    rows = [
        {"seed": seed, "epoch": epoch, "test_accuracy": mean + step}
        for epoch, mean in ((1, 0.984), (2, 0.9841), (3, 0.99))
        for seed, step in enumerate((-0.001, 0.0, 0.001))
    ]
    around = results.epochs_around(pd.DataFrame(rows), 0.984)
    assert around == [1, 2]
    said = flat(findings.say("early", **findings.early_facts(around, True)))
    assert said.endswith("one more run would lie around it after epochs 1 and 2.")
    assert flat(findings.say("early", **findings.early_facts(around, False))) == ""
    last = flat(findings.say("early", **findings.early_facts([10], True)))
    assert last.strip() == "It lies there after epoch 10."


def test_the_check_of_the_report_is_checked_by_other_systems(raut, printed):
    by_digit = results.report_table(printed)
    both = Made({RAUT: [0.0094, 0.0096], "near": [0.0095], "far": [0.03]})
    others = results.would_pass(by_digit, both, RAUT)
    assert others["passes"].tolist() == [True, False]
    facts = findings.weak_facts(others, 30)
    assert (facts["others"], facts["passing"]) == (2, 1)
    text = flat(findings.say("weak", **facts))
    assert "2 runs of the other systems 1 would pass that check in all 30 scores" in text
    assert "down to one that reads 99.05" in text
    none = findings.say("weak", **facts | {"passing": 0})
    assert "none would pass" in flat(none) and "down to" not in none
    unknown = by_digit.assign(recall_low=np.nan)
    assert results.would_pass(unknown, both, RAUT).empty
    assert results.would_pass(by_digit, raut, RAUT).empty


def test_hard_facts_and_their_sentence():
    labels = np.array([4, 4, 3])
    answers = {
        "a": np.array([[9, 4, 3], [9, 4, 8]]),
        "b": np.array([[9, 4, 3]]),
    }
    hard = hard_images(answers, labels, np.array([7, 8, 9]))
    facts = findings.hard_facts(hard, answers, labels)
    assert (facts["by_all"], facts["by_any"], facts["by_most"]) == (1, 2, 1)
    assert (facts["by_each"], facts["nearest"]) == (1, 7)
    assert (facts["nearest_runs"], facts["runs"]) == (3, 3)
    assert facts["doubtful"] == [7]
    text = flat(findings.say("hard", **facts))
    assert "On 1 image at least 90\u202f% of the runs" in text
    assert "test image 7." in text
    none = flat(findings.say("hard", **facts | {"doubtful": []}))
    assert "On no image do 90\u202f%" in none


def test_pair_facts_and_their_sentence():
    labels = np.array([4, 9, 3, 5])
    answers = {"a": np.array([[9, 4, 8, 5]])}
    pairs = pair_table(answers, labels)
    facts = findings.pair_facts(pairs, answers, labels)
    assert (facts["first"], facts["first_in"]) == (["4/9"], [1])
    assert [one["rank"] for one in facts["named"]] == [2, 1]
    assert facts["together"] == pytest.approx(1)
    text = flat(findings.say("pairs", **facts))
    assert "Of 45 pairs 4/9 is confused most often: 66.7\u202f%" in text
    assert "3/8 stands at place 2 (33.3\u202f%)" in text
    assert "own network" not in text
    asher = answers | {design.OF_ASHER: np.array([[9, 9, 3, 5], [9, 9, 3, 3]])}
    own = flat(findings.say("pairs", **findings.pair_facts(pairs, asher, labels)))
    assert "3/8 stands at place 3 (0.0 errors a run) and 4/9 stands at place 1 (1.0" in own
    assert [row["pair"] for row in findings.top_pairs(pairs)] == ["4/9", "3/8"]
    shown = flat(findings.say("confused", rows=findings.top_pairs(pairs)))
    assert shown.strip().endswith("of one run: 4/9 (2.0), 3/8 (1.0).")
    answers = {"a": np.array([[9, 9, 8, 5]])}
    tied = findings.pair_facts(pair_table(answers, labels), answers, labels)
    assert "3/8 and 4/9 are confused most often, equally: 50.0" in flat(
        findings.say("pairs", **tied)
    )


def test_overlap_with_and_without_a_second_run():
    frame = pd.DataFrame(
        {"a": ["x", "x"], "b": ["x", "y"], "share": [0.5, 0.4], "chance": [0.1, 0.02]}
    )
    text = flat(findings.say("overlap", **findings.overlap_facts(frame)))
    assert text.startswith("Two runs of one system share 50")
    frame.loc[0, "share"] = np.nan
    text = flat(findings.say("overlap", **findings.overlap_facts(frame)))
    assert text.startswith("Runs of two systems share 40")
    # One run alone has no share with its own: where others have, it is left out.
    several = pd.DataFrame(
        [
            (a, b, 0.5 if a == b else 0.9 if "z" in a + b else 0.3)
            for a in "xyz"
            for b in "xyz"
        ],
        columns=["a", "b", "share"],
    ).assign(chance=0.01)
    several.loc[(several["a"] == "z") & (several["b"] == "z"), "share"] = np.nan
    facts = findings.overlap_facts(several)
    assert (facts["own"], facts["other"]) == (pytest.approx(0.5), pytest.approx(0.3))


def test_gap_sentence_with_one_seed_and_with_several():
    table = pd.DataFrame(
        {"difference": [0.1, 0.01], "seen": [True, False], "seeds": [2, np.inf]}
    )
    spread = {
        "wide": {"std": 0.01, "degrees": 4},
        "none": {"std": 0.0, "degrees": 0},
        "narrow": {"std": 0.001, "degrees": 4},
    }
    facts = findings.gap_facts(table, spread)
    text = flat(findings.say("gaps", kind="difference", **facts))
    assert "Of 2 differences, 1 is larger" in text
    assert text.strip().endswith("1 needs at most five seeds.")
    unknown = findings.say("gaps", kind="difference", **facts | {"unknown": 1})
    assert flat(unknown).endswith(
        "Not judged: 1, of a system whose spread is not known here."
    )
    alone = facts | {"n": 0}
    assert findings.say("gaps", kind="difference", **alone).startswith("One seed says")
    text = flat(findings.say("spreads", **facts))
    assert "goes from 0.100 points (narrow) to 1.000 (wide)" in text
    assert flat(findings.say("spreads", **facts | {"spreads": []})).startswith("One seed")


def test_apart_says_which_factor_is_found():
    rng = np.random.default_rng(3)
    rows = [
        (w, o, s, 0.9 + 0.05 * w + rng.normal(0, 0.001))
        for w in (0, 1) for o in (0, 1) for s in (0, 1)
    ]  # fmt: skip
    factors = list(design.FACTORS.values())
    frame = pd.DataFrame(rows, columns=[*factors, "test_accuracy"])
    table = components(frame, factors, "test_accuracy", design.NESTED)
    text = flat(findings.say("apart", **findings.apart_facts(table)))
    assert "over 8 runs: first weights 3.49 points" in text
    assert "the orders within it), the part of first weights is beyond chance (p" in text
    assert to_markdown(table, results.APART_COLUMNS).count("\n") == 5
    two = components(frame[frame["subset"] == 0], factors, "test_accuracy", design.NESTED)
    text = flat(findings.say("apart", **findings.apart_facts(two)))
    assert "subset" not in text
    assert "order" in text
    one = frame[frame["order"] == 0][:1]
    lonely = components(one, factors, "test_accuracy", design.NESTED)
    text = findings.say("apart", **findings.apart_facts(lonely))
    assert text.startswith("With these seeds the variance cannot")
    assert to_markdown(lonely, results.APART_COLUMNS)


@pytest.mark.parametrize("seeds", [1, 2])
def test_gain_of_one_and_of_two_seeds(seeds):
    best = pd.DataFrame({"gain": [0.001, 0.003][:seeds], "epoch": [8, 10][:seeds]})
    text = flat(findings.say("gain", seeds=seeds, **results.gain(best)))
    assert ("one seed gives no interval" in text) == (seeds == 1)
    assert ("between epoch 8 and epoch 10" in text) == (seeds == 2)


@pytest.mark.parametrize(("seeds", "words"), [(1, "At this seed"), (2, "At each of these")])
def test_no_gain_is_said_as_such(seeds, words):
    best = pd.DataFrame({"gain": [0.0] * seeds, "epoch": [4] * seeds})
    assert findings.say("gain", seeds=seeds, **results.gain(best)).startswith(words)


def test_best_epochs_that_agree_are_one():
    best = pd.DataFrame({"gain": [0.001, 0.002], "epoch": [4, 4]})
    text = flat(findings.say("gain", seeds=2, **results.gain(best)))
    assert "it comes at epoch 4." in text


def test_many_doubtful_images_are_cut_short():
    facts = {"n": 99, "systems": 2, "by_all": 0, "by_most": 20, "by_any": 30}
    facts |= {"by_each": 3, "nearest": 5, "nearest_runs": 8, "runs": 9}
    text = flat(findings.say("hard", doubtful=list(range(13)), agreed=0.9, **facts))
    assert "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and others." in text


def test_report_sentence_without_an_interval():
    facts = {"n": 30, "known": 0, "outside": []}
    assert findings.say("report", full=True, **facts).startswith("There is no interval")
    facts |= {"known": 30, "outside": ["recall of 0 (above)", "f1 of 2 (below)"]}
    text = flat(findings.say("report", full=True, **facts))
    assert text.startswith("Of 30 printed scores, 28 lie where")
    assert text.endswith("not so: recall of 0 (above) and f1 of 2 (below).")
    small = findings.say("report", full=False, **facts)
    assert small == "Runs of this size cannot be held against the printed scores."


# --- figures


def test_figures_are_drawn():
    history = pd.DataFrame(
        {"key": ["a", "a"], "epoch": [1, 2], "train_accuracy": [0.8, 0.9],
         "test_accuracy": [0.85, 0.9], "train_loss": [0.5, 0.2], "test_loss": [0.4, 0.3]}
    )  # fmt: skip
    for measure in ("accuracy", "loss"):
        ax = figures.curves_figure(history, measure).axes[0]
        assert len(ax.get_legend_handles_labels()[1]) == 2
    runs = Made({"a": [0.05, 0.05], "b": [0.1]})
    answers = results.answers(runs)
    overlap = results.overlap_table(answers, runs.test_labels)
    assert len(figures.overlap_figure(overlap).axes[0].texts) == 3  # b has no other run
    _, curves = results.calibration(runs, answers)
    shown = [ax for ax in figures.reliability_figure(curves).axes if ax.axison]
    assert [ax.get_title(loc="left") for ax in shown] == ["a", "b"]
    hard = hard_images(answers, runs.test_labels, runs.test_index)
    assert figures.hard_titles(hard.head(1))[0].endswith("% misread it)")


def test_a_run_that_did_not_learn_gives_no_score_an_interval(raut):
    scores = results.reports(raut)
    stuck = SimpleNamespace(frame=raut.frame.assign(status=["diverged", *["ok"] * 3]))
    items = findings.printed_evidence(stuck, scores, full=True)
    assert {one.failed for one in items.values()} == {1}
    assert {one.place for one in items.values()} == {""}
