"""`collect`: what exists is read, what is missing is trained, what fails is told."""

import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from mnistlib import runs
from mnistlib.ground.errors import DataError, RunError, SpecError, StoreError
from mnistlib.runs import collect, job
from mnistlib.runs.store import Store
from mnistlib.training.spec import ClassicalSpec, NetworkSpec, grid, make

CLASSICAL = make(
    ClassicalSpec,
    dataset="digits",
    model="decision_tree",
    n_train=200,
    evaluate_on="test",
    n_test=50,
    seed=0,
)
NETWORK = make(
    NetworkSpec,
    dataset="digits",
    model="ann",
    model_args={"units": 8},
    learning_rate=0.001,
    n_train=60,
    evaluate_on="test",
    n_test=50,
    epochs=2,
    seed=0,
)


def test_runs_come_back_in_the_order_of_the_specs(tmp_path):
    specs = grid(CLASSICAL, seed=[2, 0, 1])
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
    (tested,) = grid(CLASSICAL, seed=[0])
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
    spec = CLASSICAL.model_copy(update={"model": "svm"})
    found = collect([spec], store=tmp_path, workers=0)
    assert found.store.with_arrays(found.keys[0]).probabilities is None
    assert np.isnan(found.probabilities(found.keys[0])).all()
    assert np.isnan(found.confidence(found.keys[0])).all()


def test_a_worker_with_other_code_does_not_run_under_the_callers_key(tmp_path, digits):
    """As when a network is edited while a study runs: its workers read the new file."""
    store = Store(tmp_path)
    ended = job.run_job(job.Job("0" * 16, CLASSICAL, digits.sha256), store)
    assert (
        "code must be the caller's. Received: other code or settings for decision_tree"
        in (ended.error)
    )
    assert store.keys() == []


def test_a_table_is_the_callers_own(tmp_path):
    found = collect([CLASSICAL, NETWORK], store=tmp_path, workers=0)
    for name in ("frame", "history"):
        table = getattr(found, name)
        before = list(table.columns)
        table.insert(0, "system", "x")
        table["seed"] = -1
        assert getattr(found, name).columns.tolist() == before
        assert (getattr(found, name)["seed"] == 0).all()


def test_what_exists_is_not_run_again(tmp_path, monkeypatch):
    collect([CLASSICAL], store=tmp_path, workers=0)
    ran = []
    original = job.execute
    monkeypatch.setattr(job, "execute", lambda s, d: ran.append(s) or original(s, d))
    specs = grid(CLASSICAL, seed=[0, 1, 1])
    assert len(collect(specs, store=tmp_path, workers=0).frame) == 3
    assert [spec.seed for spec in ran] == [1]


def test_a_run_that_raises_does_not_stop_the_others(tmp_path):
    bad = CLASSICAL.model_copy(update={"model_args": {"max_depth": -5}})
    specs = [bad, *grid(CLASSICAL, seed=[0, 1])]
    with pytest.raises(RunError, match=r"1 of 3 runs failed \(the others are stored\).*"):
        collect(specs, store=tmp_path, workers=0)
    assert len(Store(tmp_path).keys()) == 2


def test_an_argument_that_the_classifier_lacks_is_told(tmp_path):
    bad = CLASSICAL.model_copy(update={"model_args": {"depth": 5}})
    with pytest.raises(
        RunError, match=r"decision_tree takes .*max_depth.*Received: .*'depth'"
    ):
        collect([bad], store=tmp_path, workers=0)
    with pytest.raises(SpecError, match="decision_tree takes"):
        runs.execute(bad, None)


def test_no_specs_is_told(tmp_path):
    with pytest.raises(RunError, match="at least one spec"):
        collect([], store=tmp_path)


def test_a_broken_record_is_told_not_trained_over(tmp_path):
    collect([CLASSICAL], store=tmp_path, workers=0)
    (path,) = tmp_path.glob("??/*.json")
    path.write_text("{")
    with pytest.raises(StoreError, match="mnistlib runs prune"):
        _ = collect([CLASSICAL], store=tmp_path, workers=0).frame


def test_a_store_that_cannot_be_written_is_told_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="folder that can be written"):
        collect([CLASSICAL], store=tmp_path / "file", workers=0)


def test_runs_on_different_test_images_are_not_compared(tmp_path):
    specs = [CLASSICAL, *grid(CLASSICAL, n_test=[40])]
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
    collect(grid(CLASSICAL, seed=[0, 1]), store=tmp_path / "runs", workers=0)
    lines = log.read_text().splitlines()
    assert len(lines) == 2
    assert '"done": 2, "total": 2, "what": "runs"' in lines[1]


def test_plain_progress_lines_where_nobody_watches(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("MNISTLIB_PROGRESS", raising=False)
    collect(grid(CLASSICAL, seed=[0, 1]), store=tmp_path, workers=0)
    assert re.search(r"runs: 2 of 2, .*decision_tree seed 1", capsys.readouterr().err)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 8])
def test_workers_give_what_this_process_gives(tmp_path, workers):
    """Networks and a baseline, in workers and here: the same arrays, bit for bit."""
    specs = [*grid(NETWORK, seed=list(range(workers))), CLASSICAL]
    here = collect(specs, store=tmp_path / "here", workers=0)
    there = collect(specs, store=tmp_path / "there", workers=workers)
    assert here.keys == there.keys
    for key in here.keys:
        for name in ("predictions", "probabilities"):
            np.testing.assert_array_equal(
                getattr(here, name)(key), getattr(there, name)(key)
            )
        assert here.record(key).test == there.record(key).test
    seconds = ["seconds"]
    assert here.history.drop(columns=seconds).equals(there.history.drop(columns=seconds))


SWEEP = """
import sys
from mnistlib.runs import collect
from mnistlib.training.spec import ClassicalSpec, grid, make
base = make(ClassicalSpec, dataset="digits", model="random_forest", n_train=200,
            evaluate_on="test", n_test=50,
            model_args={"n_estimators": 60}, seed=0)
collect(grid(base, seed=list(range(16))), store=sys.argv[1], workers=2)
"""


def start_sweep(folder) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", SWEEP, str(folder)],
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.slow
def test_a_killed_study_goes_on_from_there(tmp_path):
    """Killed with its workers after some records; the next start keeps them."""
    store = Store(tmp_path)
    sweep = start_sweep(tmp_path)
    deadline = time.monotonic() + 120
    while len(store.keys()) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(sweep.pid, signal.SIGKILL)
    sweep.wait()
    kept = store.keys()
    assert len(kept) >= 3
    assert store.verify() == {}
    written = {key: store.get(key).seconds for key in kept}
    assert start_sweep(tmp_path).wait(timeout=240) == 0
    assert len(store.keys()) == 16
    assert store.verify() == {}
    assert {key: store.get(key).seconds for key in kept} == written


@pytest.mark.slow
def test_two_studies_on_one_store_share_the_work(tmp_path):
    sweeps = [start_sweep(tmp_path) for _ in range(2)]
    assert [sweep.wait(timeout=240) for sweep in sweeps] == [0, 0]
    assert len(Store(tmp_path).keys()) == 16
    assert Store(tmp_path).verify() == {}


@pytest.mark.parametrize("split", ["last", "stratified"])
def test_a_run_without_an_image_to_choose_by_is_told_before_training(tmp_path, split):
    changes = {"evaluate_on": "validation", "n_test": None, "val_fraction": 1e-17}
    spec = CLASSICAL.model_copy(update=changes | {"split": split})
    with pytest.raises(SpecError, match=r"hold an image out.*which is none of 200; hold"):
        collect([CLASSICAL, spec], store=tmp_path, workers=0)
    assert Store(tmp_path).keys() == []


@pytest.mark.parametrize(("name", "wanted"), [("n_train", 1438), ("n_test", 361)])
def test_a_subset_larger_than_the_data_is_told_before_training(tmp_path, name, wanted):
    spec = CLASSICAL.model_copy(update={name: wanted})
    with pytest.raises(DataError, match=f"{name} must be at most {wanted - 1}"):
        collect([CLASSICAL, spec], store=tmp_path, workers=0)
    assert Store(tmp_path).keys() == []
