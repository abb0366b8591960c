"""Worker processes: killed ones, interrupted ones, orphans, memory, shared data."""

import json
import os
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import psutil
import pytest
from click.testing import CliRunner

from bench.fault_kills import TREE
from mnistlib.data import shared
from mnistlib.ground import memory, paths
from mnistlib.ground.errors import RunError
from mnistlib.runs import collect, progress, workers
from mnistlib.runs.failures import Failure, failures, note
from mnistlib.runs.job import Job
from mnistlib.runs.store import Store
from mnistlib.study import cli
from mnistlib.training.spec import grid
from tests.processes import FOREST, hear_signals, wait_for


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """A project folder of its own, so that shared arrays do not land in the real one."""
    monkeypatch.setenv("MNISTLIB_ROOT", str(tmp_path / "root"))
    monkeypatch.setenv("MNISTLIB_PROGRESS", "off")
    return tmp_path / "root"


# Runs that kill their own worker the first time, or always, as a lack of memory would. The
# module is imported by the workers: it replaces what a run does, not how workers are led.
KILLERS = """
import os, pathlib, signal, time
from mnistlib.runs import job
original = job.execute

def execute(spec, dataset):
    once = pathlib.Path(os.environ["KILLED_ONCE"])
    if spec.seed == 1 or (spec.seed == 2 and not once.exists()):
        time.sleep(1)  # so that the run beside has begun
        once.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.2)
    return original(spec, dataset)

def run_job(*arguments):
    job.execute = execute
    return job_run(*arguments)

job_run = job.run_job
"""


@pytest.fixture
def killers(tmp_path, monkeypatch):
    folder = tmp_path / "killers"
    folder.mkdir()
    (folder / "killers.py").write_text(KILLERS)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("KILLED_ONCE", str(tmp_path / "once"))
    stop_workers()
    import killers

    monkeypatch.setattr(workers, "run_job", killers.run_job)
    yield
    stop_workers()
    del sys.modules["killers"]


def stop_workers() -> None:
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True, kill_workers=True)


@pytest.mark.slow
def test_only_the_run_that_kills_its_worker_twice_has_failed(tmp_path, root, killers):
    """Seed 1 always kills, seed 2 once; those beside them succeed, and are not blamed."""
    store = Store(tmp_path / "runs")
    specs = grid(TREE, seed=[0, 1, 2, 3, 4])
    with pytest.raises(RunError) as caught:
        collect(specs, store=store, workers=2)
    message = str(caught.value)
    assert message.startswith("1 of 5 runs failed (the others are stored); the first, ")
    assert "seed 1: its worker process was killed" in message
    assert "SIGKILL" in message and "\n" not in message
    assert sorted(record.spec.seed for record in store.records()) == [0, 2, 3, 4]
    (failure,) = failures(store)
    assert (failure.label, failure.attempts) == (specs[1].label, 2)

    listed = CliRunner().invoke(cli.main, ["runs", "list", "--store", str(store.folder)])
    assert f"{failure.key}  failed" in listed.output
    assert f"tried 2 times): {specs[1].label}: its worker" in listed.output


def test_a_failed_run_is_tried_again_and_its_note_removed(tmp_path, root):
    store = Store(tmp_path / "runs")
    (run,) = collect([TREE], store=tmp_path / "other", workers=0).keys
    note(store, Failure(run, TREE.label, "was killed", 2))
    (noted,) = failures(store)
    assert noted.reason == "was killed" and noted.when.endswith("+00:00")
    collect([TREE], store=store, workers=0)
    assert failures(store) == [] and not list((store.folder / ".failed").iterdir())


def test_an_unexpected_exception_is_one_line_and_its_traceback_is_kept(tmp_path, root):
    bad = TREE.model_copy(update={"model_args": {"max_depth": -5}})
    with pytest.raises(RunError) as caught:
        collect([bad], store=tmp_path, workers=1)
    assert "InvalidParameterError" in str(caught.value)
    assert "\n" not in str(caught.value)
    (failure,) = failures(Store(tmp_path))
    assert failure.detail.startswith("Traceback") and failure.attempts == 1


def test_a_note_that_cannot_be_written_or_read_stops_nothing(tmp_path):
    (tmp_path / ".failed").write_text("no folder")
    note(Store(tmp_path), Failure("0" * 16, "a", "b", 1))
    assert failures(Store(tmp_path)) == []
    other = tmp_path / "other" / ".failed"
    other.mkdir(parents=True)
    (other / f"{'0' * 16}.json").write_text("{")
    assert failures(Store(tmp_path / "other")) == []


def test_one_worker_is_a_process_of_its_own_with_one_thread(tmp_path, root):
    found = collect([TREE], store=tmp_path, workers=1)
    record = found.record(found.keys[0])
    assert record.environment["threads"] == 1
    assert 10 < record.environment["peak_memory_mb"] < 1200
    assert json.loads(json.dumps(record.environment)) == record.environment


def test_a_replaced_worker_is_no_news(tmp_path, root, monkeypatch, recwarn):
    """loky warns of it from a thread, at any time; it would stand on a chapter's page."""
    text = "A worker stopped while some jobs were given to the executor."

    def show(self, running):
        warnings.warn(text, UserWarning, stacklevel=1)
        warnings.warn("another", UserWarning, stacklevel=1)

    monkeypatch.setattr(progress.Progress, "show", show)
    collect([TREE], store=tmp_path, workers=1)
    assert {str(warning.message) for warning in recwarn.list} == {"another"}


def test_an_interrupt_just_after_a_run_is_handed_in_ends_loky_in_order(
    tmp_path, root, monkeypatch
):
    """loky's thread stumbles, in print, over a run it had not taken up when told to end."""
    store = Store(tmp_path / "runs")
    jobs = [Job("0" * 16, TREE, "f" * 64), Job("1" * 16, TREE, "f" * 64)]
    stumbled = []

    def interrupt(self, running):
        raise KeyboardInterrupt

    monkeypatch.setattr(progress.Progress, "show", interrupt)
    monkeypatch.setattr(threading, "excepthook", stumbled.append)
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            list(workers.run_in_workers(jobs, store, 2, progress.Progress(2, "runs")))
    assert stumbled == []


SWEEP = """
import sys
from mnistlib.ground.errors import MnistlibError
from mnistlib.study.cli import _Commands
import click
@click.group(cls=_Commands)
def main(): pass
@main.command()
def sweep():
    from mnistlib.runs import collect
    from mnistlib.training.spec import grid, spec_from_dict
    import json
    spec = spec_from_dict(json.loads(sys.argv[2]))
    collect(grid(spec, seed=list(range(100))), store=sys.argv[1], workers=2)
main(["sweep"])
"""


def start_sweep(tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "MNISTLIB_PROGRESS"}
    spec = json.dumps(FOREST.to_dict())
    return subprocess.Popen(
        [sys.executable, "-c", SWEEP, str(tmp_path / "runs"), spec],
        start_new_session=True,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=hear_signals,
    )


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [p for p in processes if p.is_running() and p.status() != "zombie"]


@pytest.mark.slow
def test_ctrl_c_is_one_line_without_orphans_and_keeps_what_is_done(tmp_path, root):
    """The signal goes to the whole group, as a terminal sends it."""
    sweep = start_sweep(tmp_path)
    wait_for(lambda: len(Store(tmp_path / "runs").keys()) >= 2, 120)
    family = psutil.Process(sweep.pid).children(recursive=True)
    assert len(family) >= 2
    os.killpg(sweep.pid, signal.SIGINT)
    out, err = sweep.communicate(timeout=60)
    assert sweep.returncode == 130 and out == ""
    assert [line for line in err.splitlines() if not line.startswith("runs: ")] == [
        "mnistlib: stopped. Finished notebooks and runs are kept; the same command goes on "
        "from there."
    ]
    psutil.wait_procs(family, timeout=20)
    assert alive(family) == []
    store = Store(tmp_path / "runs")
    assert len(store.keys()) >= 2 and store.verify() == {} and failures(store) == []


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
def test_workers_that_start_do_not_hear_ctrl_c(tmp_path, root):
    """They load packages for seconds before they can ignore it."""
    sweep = start_sweep(tmp_path)

    def blocked() -> list[bool]:
        """Of each worker, whether SIGINT waits; none until both have Python's handler."""
        masks = []
        for process in psutil.Process(sweep.pid).children():
            if "LokyProcess" in " ".join(process.cmdline()):
                text = Path(f"/proc/{process.pid}/status").read_text()
                words = dict(line.split(":") for line in text.splitlines())
                masks.append([int(words[name], 16) & 2 for name in ("SigCgt", "SigBlk")])
        caught = [blocks > 0 for catches, blocks in masks if catches]
        return caught if len(caught) == 2 else []

    found = wait_for(blocked)
    os.killpg(sweep.pid, signal.SIGINT)
    _, err = sweep.communicate(timeout=60)
    assert found == [True, True]
    assert sweep.returncode == 130
    assert [line[:18] for line in err.splitlines()] == ["mnistlib: stopped."]


def test_workers_leave_when_their_parent_was_killed(tmp_path, root):
    sweep = start_sweep(tmp_path)
    wait_for(lambda: len(Store(tmp_path / "runs").keys()) >= 1, 120)
    family = psutil.Process(sweep.pid).children(recursive=True)
    sweep.kill()
    sweep.communicate(timeout=60)
    psutil.wait_procs(family, timeout=60)
    assert alive(family) == []


@pytest.mark.parametrize(
    ("cores", "available", "expected"),
    [(8, 100e9, 8), (8, 5e9, 4), (8, 1e8, 1), (1, 100e9, 1)],
)
def test_workers_fit_into_cores_and_memory(monkeypatch, cores, available, expected):
    monkeypatch.delenv("MNISTLIB_WORKERS", raising=False)
    monkeypatch.setattr("joblib.cpu_count", lambda: cores)
    monkeypatch.setattr(memory, "available_bytes", lambda: int(available))
    assert workers.default_workers() == expected


def test_peak_memory_counts_from_where_it_was_forgotten():
    if not memory._CLEAR.exists():
        pytest.skip("needs Linux")
    np.ones(30_000_000)  # 240 MB, freed at once
    high = memory.peak_mb()
    memory.forget_peak()
    assert memory.peak_mb() < high - 150
    held = np.ones(30_000_000)
    assert memory.peak_mb() > high - 100 and len(held)


# Shared arrays.


def test_shared_arrays_are_the_data_mapped_and_read_only(root, digits):
    there = shared.share(digits)
    assert Path(there.folder).is_relative_to(paths.build_dir())
    mapped = shared.attach(there)
    assert mapped.sha256 == digits.sha256 and mapped.name == "digits"
    for part in ("x_train", "y_train", "x_test", "y_test"):
        array = getattr(mapped, part)
        np.testing.assert_array_equal(array, getattr(digits, part))
        assert isinstance(array.base, np.memmap) and not array.flags.writeable
    before = {p: p.stat().st_mtime_ns for p in Path(there.folder).iterdir()}
    assert shared.share(digits) == there
    assert {p: p.stat().st_mtime_ns for p in Path(there.folder).iterdir()} == before


@pytest.mark.parametrize("damage", ["change", "truncate", "empty", "another", "remove"])
def test_a_damaged_shared_array_is_not_used_and_written_again(root, digits, damage):
    there = shared.share(digits)
    file = Path(there.folder) / "x_train.npy"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    if damage == "remove":
        file.unlink()
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "another":
        with file.open("wb") as archive:
            np.savez(archive, x=np.zeros(1))
    else:
        file.write_bytes(content if damage == "change" else content[:-5])
    shared.attach.cache_clear()
    assert shared.attach(there) is None
    job = Job("0" * 16, TREE, digits.sha256, shared=there)
    loaded = job.dataset()  # in place of it
    assert loaded.sha256 == digits.sha256 and loaded.x_train.base is None
    shared.attach.cache_clear()
    assert shared.share(digits) == there
    assert shared.attach(there) is not None


def test_without_a_writable_folder_workers_load_the_data(tmp_path, root, digits):
    root.write_text("a file, no folder")
    assert shared.share(digits) is None
    assert len(collect([TREE], store=tmp_path / "runs", workers=1).frame) == 1


def test_data_that_are_not_the_callers_are_told(digits):
    with pytest.raises(Exception, match=r"must be the caller's.*Received: digits with"):
        Job("0" * 16, TREE, "f" * 64).dataset()


# Progress.


def test_progress_says_running_failed_and_time_left(monkeypatch, tmp_path, capsys):
    log = tmp_path / "log"
    monkeypatch.setenv("MNISTLIB_PROGRESS", str(log))
    with progress.Progress(4, "runs") as state:
        state.show(2)
        log.unlink()
        state._started -= 100
        state.advance("a", failed=True, peak_memory_mb=300)
        state.advance("b", peak_memory_mb=200)
    first, second = map(json.loads, log.read_text().splitlines())
    assert (first["running"], first["failed"], first["peak_memory_mb"]) == (1, 1, 300)
    assert first["seconds_left"] == pytest.approx(300, abs=5)
    assert second["seconds_left"] == pytest.approx(100, abs=5)
    assert (
        progress.describe(first) == "1 running, 1 failed, 5:00 left, at most 300 MB each, a"
    )
    assert progress.describe(second | {"seconds_left": 3725}).startswith(
        "1 failed, 1:02:05"
    )
    assert capsys.readouterr().err == ""


def test_runs_under_way_are_told_before_the_first_ends(monkeypatch, tmp_path):
    log = tmp_path / "log"
    monkeypatch.setenv("MNISTLIB_PROGRESS", str(log))
    with progress.Progress(4, "runs") as state:
        for running in (2, 2, 1):
            state.show(running)
    first, second = map(json.loads, log.read_text().splitlines())
    assert (first["done"], first["running"], second["running"]) == (0, 2, 1)
    assert progress.describe(first) == "2 running"


def test_a_terminal_shows_done_running_failed_and_time_left(monkeypatch, capsys):
    monkeypatch.delenv("MNISTLIB_PROGRESS", raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress.Progress(4, "runs") as state:
        state.show(2)
        state._started -= 100
        state.advance("a", failed=True)
    shown = capsys.readouterr().err
    assert "runs: 0 of 4" in shown and "2 running" in shown and "runs: 1 of 4" in shown
    assert "1 failed" in shown and "left" in shown
