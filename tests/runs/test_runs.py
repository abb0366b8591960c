"""`collect`: what exists is read, what is missing is trained, what fails is told."""

import re

import numpy as np
import pytest

from bench.fault_kills import NETWORK, TREE
from mnistlib import runs
from mnistlib.ground.errors import DataError, RunError, SpecError, StoreError
from mnistlib.runs import collect, job
from mnistlib.runs.store import Store
from mnistlib.training.spec import grid


def test_runs_come_back_in_the_order_of_the_specs(tmp_path):
    specs = grid(TREE, seed=[2, 0, 1])
    found = collect(specs, store=tmp_path, workers=0)
    assert found.frame["seed"].tolist() == [2, 0, 1]
    assert found.frame["key"].tolist() == found.keys
    assert (found.frame["n_examples"] == 50).all()
    hits = [(found.predictions(key) == found.test_labels).sum() for key in found.keys]
    assert found.frame["n_correct"].tolist() == hits
    odds = found.probabilities(found.keys[0])
    assert (odds.shape, odds.dtype) == ((50, 10), np.float16)
    np.testing.assert_array_equal(found.confidence(found.keys[0]), odds.max(axis=1))


def test_runs_that_are_not_tested_have_no_test_in_their_frame(tmp_path):
    (tested,) = grid(TREE, seed=[0])
    choosing = tested.model_copy(update={"evaluate_on": "validation", "n_test": None})
    found = collect([choosing, tested], store=tmp_path, workers=0)
    columns = ["test_accuracy", "test_loss", "n_correct", "n_examples", "predict_seconds"]
    assert found.frame[columns].isna().all(axis=1).tolist() == [True, False]
    assert found.frame["val_accuracy"].between(0, 1).all()
    key = found.keys[0]
    assert [path.suffix for path in tmp_path.glob(f"??/{key}*")] == [".json"]
    for ask in (found.predictions, found.probabilities, found.confidence):
        with pytest.raises(RunError, match=r"must be tested.*evaluate_on='validation'"):
            ask(key)
    with pytest.raises(RunError, match="must be tested"):
        _ = found.test_labels


def test_a_model_without_probabilities_has_nan(tmp_path):
    spec = TREE.model_copy(update={"model": "svm"})
    found = collect([spec], store=tmp_path, workers=0)
    assert found.store.with_arrays(found.keys[0]).probabilities is None
    assert np.isnan(found.probabilities(found.keys[0])).all()
    assert np.isnan(found.confidence(found.keys[0])).all()


def test_a_second_answer_is_kept_and_asked_for(tmp_path):
    plain = NETWORK.model_copy(update={"rotation": 10.0})
    spec = plain.model_copy(update={"test_versions": 1})
    found = collect([spec, plain], store=tmp_path, workers=0)
    shown, odds = found.frame, found.versions_probabilities(found.keys[0])
    assert (odds.shape, odds.dtype) == ((shown["n_examples"][0], 10), np.float16)
    kept = found.store.with_arrays(found.keys[0])
    hits = (kept.versions_predictions == found.test_labels).mean()
    assert shown["versions_accuracy"][0] == hits
    assert np.isnan(shown["versions_accuracy"][1])
    texts = [(tmp_path / key[:2] / f"{key}.json").read_text() for key in found.keys]
    assert ['"versions"' in text for text in texts] == [True, False]
    with pytest.raises(RunError, match=r"must have read versions.*which has none; ask"):
        found.versions_probabilities(found.keys[1])


def test_a_worker_with_other_code_does_not_run_under_the_callers_key(tmp_path, digits):
    """As when a network is edited while a study runs: its workers read the new file."""
    store = Store(tmp_path)
    ended = job.run_job(job.Job("0" * 16, TREE, digits.sha256), store)
    assert (
        "code must be the caller's. Received: other code or settings for decision_tree"
        in (ended.error)
    )
    assert store.keys() == []


def test_a_table_is_the_callers_own(tmp_path):
    found = collect([TREE, NETWORK], store=tmp_path, workers=0)
    for name in ("frame", "history"):
        table = getattr(found, name)
        before = list(table.columns)
        table.insert(0, "system", "x")
        table["seed"] = -1
        assert getattr(found, name).columns.tolist() == before
        assert (getattr(found, name)["seed"] == 0).all()


def test_the_quickest_seconds_are_those_of_the_quickest_epoch(tmp_path):
    network = NETWORK.model_copy(update={"epochs": 3})
    found = collect([TREE, network], store=tmp_path, workers=0)
    tree, of_network = found.frame[["fit_seconds", "quickest_seconds"]].to_numpy()
    assert tree[0] == tree[1] > 0
    epochs = found.history["seconds"]
    assert len(epochs) == 3
    assert of_network[1] == 3 * epochs.min() < of_network[0]


def test_what_exists_is_not_run_again(tmp_path, monkeypatch):
    collect([TREE], store=tmp_path, workers=0)
    ran = []
    original = job.execute
    monkeypatch.setattr(job, "execute", lambda s, d: ran.append(s) or original(s, d))
    specs = grid(TREE, seed=[0, 1, 1])
    assert len(collect(specs, store=tmp_path, workers=0).frame) == 3
    assert [spec.seed for spec in ran] == [1]


def test_what_is_asked_for_in_this_process_goes_to_no_cluster(tmp_path, monkeypatch):
    monkeypatch.setenv("MNISTLIB_SCHEDULER", "tcp://nobody.invalid:1")
    assert len(collect([TREE], store=tmp_path, workers=0).frame) == 1


def test_a_run_that_raises_does_not_stop_the_others(tmp_path):
    bad = TREE.model_copy(update={"model_args": {"max_depth": -5}})
    specs = [bad, *grid(TREE, seed=[0, 1])]
    with pytest.raises(RunError, match=r"1 of 3 runs failed \(the others are stored\).*"):
        collect(specs, store=tmp_path, workers=0)
    assert len(Store(tmp_path).keys()) == 2


def test_an_argument_that_the_classifier_lacks_is_told(tmp_path):
    bad = TREE.model_copy(update={"model_args": {"depth": 5}})
    with pytest.raises(
        RunError, match=r"decision_tree takes .*max_depth.*Received: .*'depth'"
    ):
        collect([bad], store=tmp_path, workers=0)
    with pytest.raises(SpecError, match="decision_tree takes"):
        runs.execute(bad, None)


def test_no_specs_is_told(tmp_path):
    with pytest.raises(RunError, match="at least one case"):
        collect([], store=tmp_path)


def test_a_broken_record_is_told_not_trained_over(tmp_path):
    collect([TREE], store=tmp_path, workers=0)
    (path,) = tmp_path.glob("??/*.json")
    path.write_text("{")
    with pytest.raises(StoreError, match="mnistlib runs prune"):
        _ = collect([TREE], store=tmp_path, workers=0).frame


def test_a_store_that_cannot_be_written_is_told_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="folder that can be written"):
        collect([TREE], store=tmp_path / "file", workers=0)


def test_runs_on_different_test_images_are_not_compared(tmp_path):
    specs = [TREE, *grid(TREE, n_test=[40])]
    with pytest.raises(RunError, match="different images"):
        _ = collect(specs, store=tmp_path, workers=0).test_index


@pytest.mark.parametrize("setting", ["0", "-1", "two", "²"])
def test_a_bad_number_of_workers_is_told(monkeypatch, setting):
    monkeypatch.setenv("MNISTLIB_WORKERS", setting)
    with pytest.raises(RunError, match="whole number above 0"):
        runs.default_workers()


def test_progress_lines_for_the_runner(tmp_path, monkeypatch):
    log = tmp_path / "progress.jsonl"
    monkeypatch.setenv("MNISTLIB_PROGRESS", str(log))
    collect(grid(TREE, seed=[0, 1]), store=tmp_path / "runs", workers=0)
    lines = log.read_text().splitlines()
    assert len(lines) == 2
    assert '"done": 2, "total": 2, "what": "runs"' in lines[1]


def test_plain_progress_lines_where_nobody_watches(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("MNISTLIB_PROGRESS", raising=False)
    collect(grid(TREE, seed=[0, 1]), store=tmp_path, workers=0)
    assert re.search(r"runs: 2 of 2, .*decision_tree seed 1", capsys.readouterr().err)


@pytest.mark.parametrize("split", ["last", "stratified"])
def test_a_run_without_an_image_to_choose_by_is_told_before_training(tmp_path, split):
    changes = {"evaluate_on": "validation", "n_test": None, "val_fraction": 1e-17}
    spec = TREE.model_copy(update=changes | {"split": split})
    with pytest.raises(SpecError, match=r"hold an image out.*which is none of 60; hold"):
        collect([TREE, spec], store=tmp_path, workers=0)
    assert Store(tmp_path).keys() == []


@pytest.mark.parametrize(("name", "wanted"), [("n_train", 1438), ("n_test", 361)])
def test_a_subset_larger_than_the_data_is_told_before_training(tmp_path, name, wanted):
    spec = TREE.model_copy(update={name: wanted})
    with pytest.raises(DataError, match=f"{name} must be at most {wanted - 1}"):
        collect([TREE, spec], store=tmp_path, workers=0)
    assert Store(tmp_path).keys() == []
