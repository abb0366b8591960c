"""One spec, one result to the last bit, however and wherever its process runs.

Processes on one core and on all, first and last, in company, killed; and what is portable.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.fault_kills import fingerprint, mixed_specs, start_with_workers
from mnistlib.ground import backend
from mnistlib.ground.errors import RunError
from mnistlib.runs import collect
from mnistlib.runs.retrain import difference
from mnistlib.runs.store import Store
from mnistlib.training.identity import Identity
from tests.processes import wait_for

HASHES = """
import hashlib, json, sys
from mnistlib import data
from mnistlib.training.spec import NetworkSpec, make
from mnistlib.training.train import train

found = {}
for model, optimizer, arguments in json.loads(sys.argv[1]):
    spec = make(NetworkSpec, dataset="digits", model=model, optimizer=optimizer,
                learning_rate=0.01, model_args=arguments, n_train=100,
                evaluate_on="test", n_test=20, epochs=2,
                scaling="standardised", seed=3)
    weights = {}
    record = train(spec, data.load("digits"), weights)
    joined = b"".join(weights[name].tobytes() for name in sorted(weights))
    found[f"{model} {optimizer}"] = hashlib.sha256(joined).hexdigest()
print(json.dumps([found, record.environment]))
"""
NETWORKS = [
    ["base_cnn", "sgd", {"batch_norm": "before_activation"}],
    ["complex_cnn", "adam", {}],
    ["ann", "adadelta", {"units": 16}],
]


def start(networks: list, cores: set[int], **variables: str) -> subprocess.Popen:
    """Start a process that trains networks in this order on the given cores."""
    return subprocess.Popen(
        [sys.executable, "-c", HASHES, json.dumps(networks)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | variables,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )


def result(process: subprocess.Popen) -> list:
    out, _ = process.communicate(timeout=900)
    assert process.returncode == 0
    return json.loads(out)


@pytest.fixture(scope="module")
def two_processes() -> list[dict]:
    """Hashes by two processes at once: the second in the other order, told 8 threads."""
    every = os.sched_getaffinity(0)
    eight = {"OMP_NUM_THREADS": "8", "TF_NUM_INTRAOP_THREADS": "8", "PYTHONHASHSEED": "7"}
    one = start(NETWORKS, {min(every)}, OMP_NUM_THREADS="1", MNISTLIB_PORTABLE="0")
    other = start(NETWORKS[::-1], every, **eight, MNISTLIB_PORTABLE="0")
    return [result(process)[0] for process in (one, other)]


@pytest.mark.slow
def test_cores_threads_order_and_company_do_not_change_a_bit(two_processes):
    one, other = two_processes
    assert one == other
    assert len(set(one.values())) == len(NETWORKS)


@pytest.mark.slow
def test_a_sweep_killed_and_resumed_gives_the_records_of_a_fresh_one(tmp_path):
    """Its workers are killed with it after the first record; two workers resume."""
    fresh = collect(mixed_specs(8), store=tmp_path / "fresh", workers=0)
    store = Store(tmp_path / "resumed")
    _, kill = start_with_workers(mixed_specs(8), store.folder)
    wait_for(store.keys, 240)
    assert kill() == -signal.SIGKILL
    done = store.keys()
    kept = {key: fingerprint(store, key) for key in done}
    assert 0 < len(kept) < 8 and store.verify() == {}
    resumed = collect(mixed_specs(8), store=store, workers=2)
    assert resumed.keys == fresh.keys
    assert {key: fingerprint(store, key) for key in kept} == kept  # read, not made again
    for key in fresh.keys:
        here, there = fresh.store.with_arrays(key), store.with_arrays(key)
        assert difference(here, there) == ""
        np.testing.assert_array_equal(here.probabilities, there.probabilities)


@pytest.mark.slow
def test_the_portable_setting_reaches_the_kernels_and_the_record(two_processes):
    every = os.sched_getaffinity(0)
    ways = {"MNISTLIB_PORTABLE": "1"}, backend.PORTABLE
    both = [start(NETWORKS[:2], every, **variables) for variables in ways]
    (hashes, environment), (again, _) = map(result, both)
    assert environment["portable"] is True
    assert environment["onednn_max_cpu_isa"] == "AVX2"
    assert environment["onednn"] == "1"
    assert hashes == again
    if "avx512" in Path("/proc/cpuinfo").read_text():  # else these are its kernels anyway
        assert two_processes[0]["complex_cnn adam"] != hashes["complex_cnn adam"]


def test_an_empty_backend_is_the_default_and_an_unknown_one_is_told(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "")
    assert backend.name() == "tensorflow"
    monkeypatch.setenv("KERAS_BACKEND", "foo")
    told = r"KERAS_BACKEND must be one of tensorflow, jax, torch\. Received: 'foo' \(str\)"
    with pytest.raises(RunError, match=told):
        Identity.here("network", "ann")


def test_a_backend_that_comes_too_late_is_told(monkeypatch):
    """Keras is one process's; its records must not say another backend."""
    backend.configure()
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(RunError, match=r"loaded, tensorflow\. Received: 'jax' \(str\)"):
        backend.configure()


def test_a_portable_setting_that_is_none_is_told(monkeypatch):
    monkeypatch.setenv("MNISTLIB_PORTABLE", "yes")
    with pytest.raises(RunError, match=r"must be 0 or 1. Received: 'yes'"):
        backend.configure()


def test_a_portable_setting_that_comes_too_late_is_told(monkeypatch):
    backend.configure()
    monkeypatch.setenv("MNISTLIB_PORTABLE", "1")
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    with pytest.raises(RunError, match=r"before TensorFlow is loaded.*ONEDNN_MAX_CPU_ISA"):
        backend.configure()
