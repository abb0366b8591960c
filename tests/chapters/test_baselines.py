"""The comparison of systems: what is run, and the tables made of a small real run."""

import numpy as np
import pytest

from mnistlib import data, runs
from mnistlib.chapters.baselines import design as baselines
from mnistlib.chapters.baselines import results as baselines_tables
from mnistlib.chapters.baselines.design import CLASSICAL, CNN, CNN_L2, SYSTEMS
from mnistlib.chapters.baselines.params import Params
from mnistlib.stats.intervals import t_interval, wilson


@pytest.fixture(scope="module")
def params():
    return Params(n_train=100, n_test=30, epochs=2, seeds=[0, 1], l2_seeds=[5])


@pytest.fixture(scope="module")
def found(params, tmp_path_factory):
    specs = baselines.specs(params, data.load("digits"))
    return runs.collect(specs, store=tmp_path_factory.mktemp("runs"), workers=0)


@pytest.fixture(scope="module")
def frame(found):
    return baselines.named(found)


def test_specs_run_each_system_as_often_as_its_seed_matters(params, digits):
    specs = baselines.specs(params, digits)
    counted = {name: 0 for name in SYSTEMS}
    for spec in specs:
        counted[baselines.system_of(spec)] += 1
    repeated = {name: 2 if system.is_repeated else 1 for name, system in SYSTEMS.items()}
    assert counted == repeated | {CNN_L2: 1}
    assert [s.seed for s in specs if baselines.system_of(s) == CNN_L2] == [5]
    assert {(s.split, s.val_fraction, s.n_train, s.n_test) for s in specs} == {
        ("last", 0.3, 100, 30)
    }
    assert {s.evaluate_on for s in specs} == {"test"}


def test_networks_are_trained_as_the_paper_prints(params, digits):
    full = replace_params(params, n_train=None, epochs=5)
    spec = baselines.specs(full, digits)[0]
    assert (spec.model, spec.optimizer, spec.learning_rate) == ("raj_cnn", "adam", 0.001)
    assert (spec.batch_size, spec.epochs, spec.scaling) == (32, 5, "unit")


def replace_params(params, **changes):
    return Params(**(params.model_dump() | changes))


def test_a_strange_spec_is_refused(params, digits):
    spec = baselines.specs(params, digits)[0].model_copy(update={"scaling": "none"})
    with pytest.raises(ValueError, match=r"of a system of the comparison\. Received"):
        baselines.system_of(spec)


def test_all_systems_see_the_same_images(found):
    assert len({found.record(key).data["split_sha256"] for key in found.keys}) == 1
    assert len({record_size(found, key) for key in found.keys}) == 1


def record_size(found, key):
    record = found.record(key)
    return record.val["n_examples"], record.test["n_examples"]


def test_predictions_are_those_of_the_system(found, frame):
    for name in (CNN, "knn_3"):
        predicted = baselines.predictions(found, name)
        rows = frame[frame["system"] == name]
        right = (predicted == found.test_labels).sum(axis=1)
        assert right.tolist() == rows["n_correct"].tolist()
    sure = baselines.confidence(found, CNN)
    assert sure.shape == (2, 30)
    assert ((sure >= 0.1) & (sure <= 1)).all()


def test_logs_count_the_images_seen(found):
    logs = baselines.logs(found)
    assert set(logs["system"]) == {CNN, CNN_L2, "ann"}
    assert logs[logs["system"] == CNN]["images_seen"].tolist() == [70, 140] * 2


def test_accuracy_has_an_interval_for_each_doubt(frame):
    table = baselines_tables.accuracy_table(frame).set_index("system")
    assert set(table.index) == set(SYSTEMS)
    assert table["mean"].is_monotonic_decreasing
    svm = frame[frame["system"] == "svm_rbf"].iloc[0]
    assert tuple(table.loc["svm_rbf", ["image_low", "image_high"]]) == wilson(
        svm["n_correct"], 30
    )
    seeded = ["std", "low", "both_low", "one_low"]
    assert table.loc["svm_rbf", seeded].isna().to_numpy().all()
    assert table.loc[CNN_L2, seeded].isna().to_numpy().all()
    forest = frame.loc[frame["system"] == "random_forest", "test_accuracy"]
    low, high = t_interval(forest)
    row = table.loc["random_forest"]
    assert (row["low"], row["high"]) == (max(low, 0), min(high, 1))
    assert row["image_low"] < row["mean"] < row["image_high"]
    assert row["one_low"] <= row["low"]


def test_the_best_classical_system_is_chosen_by_validation(frame):
    changed = frame.assign(val_accuracy=0.5)
    changed.loc[changed["system"] == "knn_5", "val_accuracy"] = 0.6
    changed.loc[changed["system"].isin([CNN, "ann"]), "val_accuracy"] = 0.9
    changed["test_accuracy"] = (changed["system"] == "naive_bayes").astype(float)
    assert baselines_tables.best_classical(changed) == "knn_5"
    assert baselines_tables.best_classical(frame.assign(val_accuracy=1.0)) == CLASSICAL[0]


def test_costs_are_means_per_thousand_images(frame):
    changed = frame.assign(predict_seconds=0.6, fit_seconds=[*range(len(frame))])
    table = baselines_tables.cost_table(changed).set_index("system")
    assert table["predict_seconds"].tolist() == pytest.approx([20.0] * len(SYSTEMS))
    assert table.at[CNN, "fit_seconds"] == 0.5
    assert (table["megabytes"] > 0).all()
    assert table.at[CNN, "megabytes"] == pytest.approx(81_066 * 4 / 1e6)


def test_printed_differences_are_tested():
    table = baselines_tables.printed_tests()
    first = table.iloc[0]
    assert (first["better_errors"], first["worse_errors"]) == (170, 223)
    assert first["p"] == pytest.approx(0.007, abs=5e-4)
    assert table.at[1, "p"] == pytest.approx(0.74, abs=5e-3)


def test_the_printed_log_is_the_papers():
    log = baselines_tables.printed_log()
    assert log["epoch"].tolist() == [1, 2, 3, 4, 5]
    assert log.loc[4].tolist() == [5, 0.0484, 0.9836, 0.0635, 0.9814]
    assert baselines_tables.papers_size() == 42_000


def test_logs_stand_side_by_side_whatever_their_length(found):
    logs = baselines.logs(found)
    table = baselines_tables.log_table(logs, "accuracy").set_index("epoch")
    assert table.index.tolist() == [1, 2, 3, 4, 5]
    assert table["training, printed"].notna().all()
    ours = logs[(logs["system"] == CNN) & (logs["epoch"] == 2)]["val_accuracy"].mean()
    assert table.at[2, "validation, CNN"] == ours
    assert table["validation, CNN"].isna().tolist() == [False, False, True, True, True]
    longer = logs.assign(epoch=logs["epoch"] + 5)
    table = baselines_tables.log_table(longer, "loss").set_index("epoch")
    assert table.index.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert np.isnan(table.at[7, "training, printed"])


def test_the_three_accuracies_are_told_apart(frame):
    table = baselines_tables.last_epochs(frame).set_index("claim")
    cnn = frame[frame["system"] == CNN]
    assert table["printed"].tolist() == ["98.36", "98.14", "98.30"]
    assert table["place"].isin(["inside", "above", ""]).all()
    assert table.at["RAJ-05", "mean"] == cnn["train_accuracy"].mean()
    assert table.at["RAJ-01", "mean"] == cnn["test_accuracy"].mean()


def test_per_class_scores_stand_side_by_side():
    perfect = np.diag(np.full(10, 3))
    swapped = perfect[:, ::-1]
    table = baselines_tables.per_class_table(perfect, swapped, "svm_rbf")
    assert table["recall, CNN"].tolist() == [1] * 10
    assert table["recall, RBF SVM"].tolist() == [0] * 10
    assert table["support"].tolist() == [3] * 10


def test_settings_name_every_system():
    table = baselines_tables.settings_table()
    assert table["system"].tolist() == [system.label for system in SYSTEMS.values()]
    assert len(set(table["system"])) == len(SYSTEMS)


def test_systems_are_told_apart_by_their_specs(digits, params):
    specs = baselines.specs(replace_params(params, seeds=[3]), digits)
    assert [baselines.system_of(spec) for spec in specs] == list(SYSTEMS)
