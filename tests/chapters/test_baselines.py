"""The comparison of systems: what is run, and the tables and facts of a small real run."""

from pydoc import locate

import numpy as np
import pandas as pd
import pytest

from mnistlib.chapters.baselines import design, findings, results
from mnistlib.chapters.baselines.design import CLASSICAL, CNN, CNN_L2, SYSTEMS
from mnistlib.chapters.baselines.params import Params
from mnistlib.claims import reported
from mnistlib.claims.evidence import Fact, Printed, Untestable
from mnistlib.claims.verdicts import judge
from mnistlib.runs import cases, collect
from mnistlib.stats.intervals import prediction, t_interval, wilson
from mnistlib.training.spec import NetworkSpec, make

PARAMS = Params(
    n_train=100, n_test=30, epochs=2, seeds=[0, 1], l2_seeds=[5], reading_seeds=[0]
)


@pytest.fixture(scope="module")
def found(digits, tmp_path_factory):
    base = design.base(PARAMS, digits)
    adam = base | design.adam(PARAMS)
    wanted = cases(adam, system=design.settings(CNN), seed=PARAMS.of_cnn)
    wanted += cases(adam, system=design.settings(CNN_L2), seed=PARAMS.of_l2)
    wanted += cases(adam, system=design.settings("ann"), seed=PARAMS.of_ann)
    wanted += cases(base, system=design.settings(*design.SEEDED), seed=PARAMS.seeds)
    wanted += cases(base, system=design.settings(*design.SEEDLESS), seed=[0])
    return collect(wanted, store=tmp_path_factory.mktemp("runs"), workers=0)


@pytest.fixture(scope="module")
def frame(found):
    return design.labelled(found.frame)


@pytest.fixture(scope="module")
def evidence(frame, found):
    return findings.evidence(frame, found.history, frame, sized=True)


def about(evidence, claim):
    return [one for one in evidence if one.claim_id == claim]


def test_networks_are_trained_as_the_paper_prints(digits):
    params = Params(n_train=None, n_test=None)
    adam = design.base(params, digits) | design.adam(params)
    first, l2 = cases(adam, system=design.settings(CNN, CNN_L2), seed=[3])
    fields = {
        "dataset": "digits",
        "model": "raj_cnn",
        "optimizer": "adam",
        "learning_rate": 0.001,
        "batch_size": 32,
        "epochs": 5,
        "split": "last",
        "val_fraction": 0.3,
        "evaluate_on": "test",
        "seed": 3,
    }
    assert first.spec == make(NetworkSpec, **fields)
    assert l2.spec == make(NetworkSpec, **fields, scaling="l2")
    assert first.labels == {"system": CNN}


def test_every_system_is_run_and_told_apart(digits):
    base = design.base(PARAMS, digits)
    specs = {
        name: cases(
            base | (design.adam(PARAMS) if name in design.NETWORKS else {}),
            system=design.settings(name),
            seed=[0],
        )[0].spec
        for name in SYSTEMS
    }
    assert len({spec.label + spec.scaling for spec in specs.values()}) == len(SYSTEMS)
    assert {spec.kind for name, spec in specs.items() if name in CLASSICAL} == {"classical"}
    labels = results.settings_table()["system"]
    assert len(set(labels)) == len(SYSTEMS) == len(design.NETWORKS) + len(CLASSICAL)


def test_the_cnn_has_a_run_for_whatever_it_is_compared_with():
    params = Params(seeds=[0], cnn_seeds=[7], l2_seeds=[3], reading_seeds=[2])
    assert params.of_cnn == [0, 2, 3, 7]
    assert (params.of_l2, params.of_ann) == ([2, 3], [0, 2])


def test_a_system_without_a_seed_meets_every_run_of_the_cnn():
    params = Params(seeds=[4, 0], cnn_seeds=[7], l2_seeds=[3], reading_seeds=[2])
    assert design.seeds_met("svm_rbf", params) == [4, 0, 2, 3, 7]
    for name in (*design.SEEDED, design.ANN):
        assert design.seeds_met(name, params) == [4, 0]
    assert design.seeds_met(CNN_L2, params) == [2, 3]


def test_other_networks_are_pooled_without_the_one_filter():
    assert design.POOLED == (CNN, "prose", "steps", "asher")


def test_each_step_of_the_algorithm_is_a_function_here():
    assert len(design.ALGORITHM) == 14
    for _, here, _ in design.ALGORITHM:
        assert callable(locate(f"mnistlib.{here}")), here
    table = results.algorithm_table()
    assert table["step"].tolist() == list(range(1, 15))


def test_all_systems_see_the_same_images(found):
    assert len({found.record(key).data["split_sha256"] for key in found.keys}) == 1


def test_predictions_are_those_of_the_system_and_its_seeds(found, frame):
    for name, seeds in ((CNN, [1, 0]), ("knn_3", [1, 0])):
        predicted = design.per_run(found.predictions, frame, name, seeds)
        rows = frame[frame["system"] == name].set_index("seed")
        right = (predicted == found.test_labels).sum(axis=1)
        chosen = rows.loc[seeds if name == CNN else [0], "n_correct"]
        assert right.tolist() == chosen.tolist()
    with pytest.raises(KeyError):
        design.per_run(found.predictions, frame, CNN, [99])


def test_accuracy_has_an_interval_for_each_doubt(frame):
    table = results.accuracy_table(frame).set_index("system")
    assert table["mean"].is_monotonic_decreasing
    svm = frame[frame["system"] == "svm_rbf"].iloc[0]
    image_ends = tuple(table.loc["svm_rbf", ["image_low", "image_high"]])
    assert image_ends == wilson(svm["n_correct"], 30)
    seeded = ["std", "low", "both_low", "one_low"]
    assert table.loc["svm_rbf", seeded].isna().to_numpy().all()
    forest = frame.loc[frame["system"] == "random_forest", "test_accuracy"]
    row = table.loc["random_forest"]
    ends = np.clip(t_interval(forest), 0, 1)
    assert (row["low"], row["high"]) == pytest.approx(tuple(ends))
    ends = np.clip(prediction(forest), 0, 1)
    assert (row["one_low"], row["one_high"]) == pytest.approx(tuple(ends))


def test_the_best_classical_system_is_chosen_by_validation(frame):
    changed = frame.assign(val_accuracy=0.5)
    changed.loc[changed["system"] == "knn_5", "val_accuracy"] = 0.6
    changed.loc[changed["system"].isin([CNN, "ann"]), "val_accuracy"] = 0.9
    changed["test_accuracy"] = (changed["system"] == "naive_bayes").astype(float)
    assert results.best_classical(changed) == "knn_5"
    assert results.best_classical(frame.assign(val_accuracy=1.0)) in CLASSICAL


def test_costs_are_those_of_the_fastest(frame):
    order = np.arange(len(frame))
    changed = frame.assign(predict_seconds=0.6 + order, quickest_seconds=1.0 + order)
    table = results.cost_table(changed).set_index("system")
    assert table.at[CNN, "predict_seconds"] == pytest.approx(20.0)  # of 1,000; 30 images
    forest = changed.loc[changed["system"] == "random_forest", "quickest_seconds"]
    assert table.at["random_forest", "fit_seconds"] == forest.min() < forest.mean()
    assert table.at[CNN, "megabytes"] == pytest.approx(81_066 * 4 / 1e6)


def test_printed_differences_are_tested():
    table = results.printed_tests()
    assert table.at[0, "errors"] == "170 and 223"
    assert table.at[0, "accuracies"] == "98.30 and 97.77"
    assert table["p"].tolist()[:2] == [
        pytest.approx(0.007, abs=5e-4),
        pytest.approx(0.74, abs=5e-3),
    ]


def test_every_claim_of_the_chapter_has_evidence(evidence):
    claims = {one.claim_id for one in evidence}
    # The other two, about a photograph, are the chapter's on photographs.
    assert claims == {f"RAJ-{i:02}" for i in range(1, 13)} | {"ASH-04", "ASH-05", "ASH-06"}
    assert all(isinstance(one, Untestable) for one in about(evidence, "RAJ-08"))
    facts = {one.claim_id: one.holds for one in evidence if isinstance(one, Fact)}
    assert facts == {"RAJ-09": True, "RAJ-10": True}
    for one in evidence:
        if isinstance(one, Printed):
            assert one.reading and one.values.shape[1] == len(one.value)


def test_unstated_settings_are_readings(evidence):
    first = about(evidence, "RAJ-01")
    assert [one.system for one in first] == ["CNN", "CNN (L2)"]
    svm = about(evidence, "RAJ-12")
    assert len(svm) == 4 and all(one.seedless for one in svm)
    assert [one.reading.rpartition("; ")[2] for one in svm[:2]] == [
        "30 % held out",
        "none held out",
    ]
    assert not any(one.seedless for one in about(evidence, "ASH-06"))
    how = "Adam at 0.001, 2 epochs, batches of 32"
    assert f"two hidden layers of 128, {how}; none held out" in {
        one.reading for one in about(evidence, "RAJ-11")
    }


def test_the_printed_log_is_judged_epoch_by_epoch(evidence, found):
    ours, _ = about(evidence, "RAJ-07")
    history = found.history
    wanted = history[(history["system"] == CNN) & (history["epoch"] == 2)]["val_accuracy"]
    assert ours.values[:, 1].tolist() == wanted.tolist()
    assert np.isnan(ours.values[:, 2:]).all()  # two epochs of five
    assert judge("RAJ-07", evidence).verdict == "not judged"
    table = results.log_table(evidence, "accuracy")
    assert len(table) == 10
    assert table["printed"].tolist()[4] == "0.9836"
    assert table.loc[1, f"mean_{CNN}"] == ours_of(evidence, "RAJ-05").mean[1]


def ours_of(evidence, claim):
    return about(evidence, claim)[0]


def test_a_longer_log_is_cut_at_the_papers_epochs(frame, found):
    history = pd.concat(
        found.history.assign(epoch=found.history["epoch"] + 2 * k, val_loss=0.1 * (k + 1))
        for k in range(4)
    )
    items = findings.evidence(frame, history, frame, sized=True)
    ours = ours_of(items, "RAJ-06")
    assert ours.values.shape == (3, 5)
    assert ours.values[0].tolist() == pytest.approx([0.1, 0.1, 0.2, 0.2, 0.3])


def test_printed_accuracies_stand_beside_ours(evidence):
    table = results.printed_table(evidence).set_index(["claim", "system", "reading"])
    row = table.loc[("RAJ-12", "RBF SVM", "none held out")]
    assert (row["printed"], row["one_run"]) == ("97.77", "no seed")
    shown = list(dict.fromkeys(table.index.get_level_values("claim")))
    assert shown == [
        *(f"RAJ-{i:02}" for i in (1, 2, 3, 11, 12)),
        "ASH-04",
        "ASH-05",
        "ASH-06",
    ]
    unjudged = results.printed_table(
        [Printed("RAJ-01", "CNN", [98.0, 98.3, 98.1], paper_sized=False)]
    )
    assert unjudged["place"].tolist() == ["–"]


def test_per_class_scores_stand_side_by_side():
    y = np.repeat(np.arange(10), 3)
    table = results.score_table(y, np.stack([y, y]), (9 - y)[None])
    assert table["recall_CNN"].tolist() == [1] * 11
    assert table["recall_other"].tolist() == [0] * 11
    assert table["support"].tolist() == [3] * 10 + [30]
    assert table["digit"].tolist()[-1] == "mean"


def test_the_papers_size_is_all_of_mnist_for_its_epochs(digits):
    from dataclasses import replace

    mnist, whole = replace(digits, name="mnist"), Params(n_train=None, n_test=None)
    assert findings.is_papers_size(whole, mnist)
    assert not findings.is_papers_size(whole, digits)
    assert not findings.is_papers_size(Params(n_train=400, n_test=None), mnist)
    for change in ({"epochs": 10}, {"batch_size": 64}, {"learning_rate": 0.01}):
        assert not findings.is_papers_size(whole.model_copy(update=change), mnist)
    assert findings.split_sizes(60_000) == reported("RAJ-10")


def test_a_run_that_did_not_learn_gives_the_log_no_interval_either(frame, found):
    history = found.history
    logs = pd.concat(history.assign(epoch=history["epoch"] + 2 * k) for k in range(3))
    runs = frame.assign(test_accuracy=0.9)
    one_stuck = runs.copy()
    stuck = (runs["system"] == CNN) & (runs["seed"] == 1)
    one_stuck.loc[stuck, "test_accuracy"] = 0.1
    for table, failed in ((runs, 0), (one_stuck, 1)):
        items = findings.evidence(table, logs, frame, sized=True)
        for claim in ("RAJ-04", "RAJ-05", "RAJ-06", "RAJ-07"):
            ours = about(items, claim)[0]
            assert ours.failed == failed
            assert ("" in ours.places) is bool(failed)
