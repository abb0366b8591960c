"""The command line: messages, exit codes, and that each command does its one thing."""

import json
import logging
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mnistlib.chapters import params
from mnistlib.runs import collect, execute
from mnistlib.runs.retrain import difference
from mnistlib.runs.store import Store
from mnistlib.study import doctor
from mnistlib.study.cli import main
from mnistlib.training.spec import ClassicalSpec, NetworkSpec
from tests.fixtures import tiny_study

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(monkeypatch):
    """Call the command line in this process; return its result."""
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    monkeypatch.setattr("signal.signal", lambda *_: None)

    def call(*arguments: str):
        return CliRunner().invoke(main, list(arguments))

    return call


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A project with one tiny notebook."""
    tiny_study.write(tmp_path / "project", ["01_tiny"])
    monkeypatch.setenv("MNISTLIB_ROOT", str(tmp_path / "project"))
    monkeypatch.delenv("MNISTLIB_RUNS", raising=False)
    monkeypatch.setattr(params, "PARAMS", tiny_study.Registry())
    return tmp_path / "project"


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Path:
    """A store of two records."""
    folder = tmp_path_factory.mktemp("store")
    common = {
        "dataset": "digits",
        "n_train": 100,
        "evaluate_on": "test",
        "n_test": 50,
        "seed": 0,
    }
    network = NetworkSpec(model="ann", learning_rate=0.01, epochs=2, **common)
    collect([ClassicalSpec(model="knn", **common), network], store=folder, workers=0)
    return folder


def commands(group, path=()) -> list[tuple[str, ...]]:
    """Return every command and group below a group, as the words that call it."""
    found = [path]
    for name, command in getattr(group, "commands", {}).items():
        found += commands(command, (*path, name))
    return found


@pytest.mark.parametrize("path", commands(main), ids=" ".join)
def test_every_command_explains_itself(run, path):
    shown = run(*path, "--help")
    assert shown.exit_code == 0
    assert shown.output.startswith("Usage:")
    assert all(len(line) <= 92 for line in shown.output.splitlines())


def test_every_example_of_the_help_can_be_parsed(run, project):
    """An example that names an option or command that is not there would be a trap."""
    seen = 0
    for path in commands(main):
        for line in run(*path, "--help").output.splitlines():
            if not line.strip().startswith("mnistlib "):
                continue
            # What follows two spaces explains the example.
            words = shlex.split(re.split(r"\s{2,}", line.strip())[0])
            command, rest = main, words[1:]
            while rest and rest[0] in getattr(command, "commands", {}):
                command, rest = command.commands[rest[0]], rest[1:]
            command.make_context("x", rest)
            seen += 1
    assert seen > 10


def test_the_command_line_loads_nothing_heavy():
    code = (
        "import sys, mnistlib.study.cli; print([m for m in "
        "('tensorflow', 'keras', 'matplotlib', 'pandas', 'numpy', 'papermill') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_an_expected_error_is_one_line_and_status_1(project):
    done = subprocess.run(
        [sys.executable, tiny_study.__file__, "study", "--profile", "huge"],
        capture_output=True,
        text=True,
        env=os.environ | {"MNISTLIB_ROOT": str(project)},
    )
    assert done.returncode == 1
    assert done.stderr == (
        "mnistlib: error: profile must be one of smoke, quick. Received: 'huge'\n"
    )


def test_a_stop_by_the_system_ends_a_command_as_ctrl_c_does(monkeypatch):
    """But not where it was told to ignore that, as `nohup` does with SIGHUP."""
    for ignored, expected in (None, {"SIGTERM", "SIGHUP"}), ("SIGHUP", {"SIGTERM"}):
        now = lambda n, i=ignored: signal.SIG_IGN if n.name == i else signal.SIG_DFL  # noqa: E731
        handlers = {}
        monkeypatch.setattr(signal, "getsignal", now)
        monkeypatch.setattr(
            signal, "signal", lambda n, h, to=handlers: to.update({n.name: h})
        )
        CliRunner().invoke(main, ["--version"])
        assert handlers == dict.fromkeys(expected, signal.default_int_handler)


def test_wrong_usage_is_status_2(run):
    assert run("study", "--datset", "mnist").exit_code == 2
    assert run("study", "--dataset", "cifar").exit_code == 2
    assert run("study", "--workers", "0").exit_code == 2


def test_a_dry_run_shows_the_parameters_and_runs_nothing(run, project, offline):
    shown = run(
        "study", "--dry-run", "-p", "rate=2", "--params", "seeds=[3, 4] 01_tiny.n=6"
    )
    assert shown.exit_code == 0, shown.output
    assert shown.output.splitlines() == [
        "01_tiny",
        "  rate = 2",
        "  dataset = 'auto'",
        "  n = 6",
        "  seeds = [3, 4]",
    ]
    assert not (project / "_build").exists()


def test_portable_is_told_to_the_processes_that_train(run, project, monkeypatch):
    monkeypatch.setenv("MNISTLIB_PORTABLE", "0")
    assert run("study", "--dry-run").exit_code == 0
    assert os.environ["MNISTLIB_PORTABLE"] == "0"
    assert run("study", "--portable", "--dry-run").exit_code == 0
    assert os.environ["MNISTLIB_PORTABLE"] == "1"


def test_a_book_needs_executed_notebooks(run, project):
    shown = run("book")
    assert shown.exit_code == 1
    assert "needs executed notebooks" in shown.output
    assert "profile must be one of" in run("book", "--profile", "huge").output


def test_records_are_listed_and_shown(run, filled):
    listed = run("runs", "list", "--store", str(filled)).output.splitlines()
    assert len(listed) == 2
    assert {line.split()[-3] for line in listed} >= {"knn"}
    key = next(line.split()[0] for line in listed if "knn" in line)
    shown = json.loads(run("runs", "show", key[:6], "--store", str(filled)).output)
    assert shown["key"] == key
    assert shown["spec"]["model"] == "knn"
    assert shown["test"]["n_examples"] == 50
    assert shown["identity"]["backend"] == "scikit-learn"


@pytest.mark.parametrize("key", ["zz", ""])
def test_a_key_must_name_one_record(run, filled, key):
    shown = run("runs", "show", key, "--store", str(filled))
    assert shown.exit_code == 1
    assert f"Received: {key!r}, which fits" in shown.output
    assert len(shown.output.splitlines()) == 1


def test_training_again_gives_the_same(run, filled):
    shown = run("runs", "verify", "--retrain", "2", "--store", str(filled))
    assert shown.exit_code == 0, shown.output
    lines = shown.output.splitlines()
    assert lines[0] == "2 records are good (1 scikit-learn; 1 tensorflow)"
    assert [line.partition(": ")[2] for line in lines[1:]] == [
        "trained again, the same to the last digit"
    ] * 2


def test_a_difference_is_told(filled, digits):
    store = Store(filled)
    key = next(k for k in store.keys() if store.get(k).spec.kind == "network")  # noqa: SIM118
    before = store.with_arrays(key)
    after = execute(before.spec, digits)
    assert difference(before, after) == ""
    after.predictions[:3] += 1
    after.history[1]["val_loss"] *= 1.001
    after.test["n_correct"] -= 1
    assert difference(before, after) == (
        "DIFFERENT: 3 of 50 predictions; val_loss of epoch 2; test counts or loss"
    )


def test_a_broken_record_is_found_and_pruned(run, tmp_path):
    spec = ClassicalSpec(
        model="knn", dataset="digits", n_train=50, evaluate_on="test", n_test=20, seed=1
    )
    collect([spec], store=tmp_path, workers=0)
    (path,) = tmp_path.glob("??/*.json")
    path.write_text(path.read_text().replace('"n_correct": ', '"n_correct": 1'))
    shown = run("runs", "verify", "--store", str(tmp_path))
    assert shown.exit_code == 1
    assert "was changed after it was written" in shown.output
    assert "0 records are good, 1 broken" in shown.output
    asked = CliRunner().invoke(
        main, ["runs", "prune", "--broken", "--store", str(tmp_path)], input="n\n"
    )
    assert asked.exit_code == 1
    assert path.exists()
    shown = run("runs", "prune", "--broken", "--yes", "--store", str(tmp_path))
    assert shown.output == "1 records deleted\n"
    assert not path.exists()


@pytest.mark.parametrize("command", [["list"], ["verify"], ["prune", "--all", "--yes"]])
def test_a_store_that_is_none_is_not_an_empty_one(run, tmp_path, monkeypatch, command):
    (tmp_path / "file").touch()
    for name, said in ("nowhere", "does not exist"), ("file", "is a file"):
        shown = run("runs", *command, "--store", str(tmp_path / name))
        assert shown.exit_code == 2
        assert f"{name}' {said}" in shown.output
    monkeypatch.setenv("MNISTLIB_RUNS", str(tmp_path / "file"))
    shown = run("runs", *command)
    assert shown.exit_code == 1
    assert "must be a folder" in shown.output


def test_data_are_shown_and_verified(run, tiny_folder, offline):
    shown = run("data", "show", "digits").output
    assert "bundled with scikit-learn" in shown
    assert run("data", "verify", "--folder", str(tiny_folder)).exit_code == 0
    shown = run("data", "fetch", "--folder", str(tiny_folder)).output
    assert shown.startswith(f"MNIST is in {tiny_folder}")
    broken = tiny_folder / "t10k-labels-idx1-ubyte"
    broken.write_bytes(broken.read_bytes()[:-1])
    shown = run("data", "verify", "--folder", str(tiny_folder))
    assert shown.exit_code == 1
    assert f"broken   {broken}" in shown.output
    assert len(run("data", "fetch").output.splitlines()) == 1


# The doctor.


def findings() -> dict[str, doctor.Finding]:
    return {finding.subject: finding for finding in doctor.examine()}


def test_the_doctor_finds_a_healthy_project(project, tiny_folder, offline, monkeypatch):
    monkeypatch.setenv("MNISTLIB_DATA", str(tiny_folder))
    found = findings()
    assert found["data"].state == "ok"
    assert found["run store"].state == "ok"
    assert found["study"].text == "01_tiny; profiles smoke, quick"


def test_the_doctor_names_what_is_wrong(run, project, tiny_folder, offline, monkeypatch):
    assert findings()["data"].state == "note"
    (tiny_folder / "t10k-labels-idx1-ubyte").write_bytes(b"x")
    monkeypatch.setenv("MNISTLIB_DATA", str(tiny_folder))
    (project / "study.yaml").write_text("notebooks: 3")
    (project / "requirements.lock").write_text(
        "numpy==0.0.1 \\\n  --hash=sha256:00\nnono==1\n"
    )
    monkeypatch.setattr("shutil.which", lambda _: None)
    found = findings()
    assert (found["data"].state, found["study"].state) == ("wrong", "wrong")
    assert "numpy" in found["packages"].text
    assert "nono missing (lock: 1)" in found["packages"].text
    assert found["browser"].text == "no Chromium: the browser tests are skipped"
    shown = run("doctor")
    assert shown.exit_code == 1
    assert len(shown.output.splitlines()) == len(found)


def test_the_doctor_reads_pins_of_this_python_only():
    text = 'a==1 ; python_version >= "3" \\\n --hash=x\nb==2 ; python_version < "3"\n'
    assert doctor.pins(text) == {"a": "1"}
