"""What nobody expected: one line on stderr, the rest in a log, nothing of a traceback."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.fault_disk import namespace
from mnistlib.chapters import params
from mnistlib.ground.errors import MnistlibError
from mnistlib.study import cli, doctor, environment, last_resort
from tests.fixtures import tiny_study


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A project with one tiny notebook; logs that cannot lie in it go to ``tmp_path/t``."""
    tiny_study.write(tmp_path / "project", ["01_tiny"])
    (tmp_path / "t").mkdir()
    monkeypatch.setenv("MNISTLIB_ROOT", str(tmp_path / "project"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
    monkeypatch.setattr(params, "PARAMS", tiny_study.Registry())
    for name in ("MNISTLIB_RUNS", "KERAS_BACKEND", "MNISTLIB_SCHEDULER"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "project"


@pytest.fixture
def run(monkeypatch):
    """Call the command line in this process; return its one line."""
    monkeypatch.setattr("logging.basicConfig", lambda **_: None)
    monkeypatch.setattr("signal.signal", lambda *_: None)

    def call(*arguments: str) -> str:
        done = CliRunner().invoke(cli.main, list(arguments))
        assert done.exit_code == 1, done.output
        (line,) = done.output.splitlines()
        assert line.startswith("mnistlib: error: ")
        return line

    return call


def log_of(line: str) -> str:
    return Path(re.search(r"The whole log is (.*)$", line)[1]).read_text()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ZeroDivisionError("division\nby zero"), "ZeroDivisionError: division by zero; "),
        (OSError(errno.ENOSPC, "No space left", "/x/y"), "/x/y (No space left); free some"),
        (OSError(errno.EROFS, "Read-only", "/x"), "/x (Read-only); make it readable and "),
        (OSError(errno.EIO, "Input/output error", "/x"), "OSError: [Errno 5] Input/output"),
        (MemoryError(), "the memory must suffice"),
        (ModuleNotFoundError("No module named 'x'"), "make it again: delete .venv"),
        (RecursionError("too deep"), "RecursionError: too deep"),
    ],
)
def test_an_unexpected_error_is_one_line_and_a_log(project, run, monkeypatch, error, said):
    def fail():
        raise error

    monkeypatch.setattr(doctor, "examine", fail)
    line = run("doctor")
    assert said in line
    assert f"The whole log is {project / '_build' / 'logs'}" in line
    log = log_of(line)
    assert "Traceback (most recent call last)" in log
    assert type(error).__name__ in log


def test_a_log_that_cannot_be_written_goes_elsewhere(project, run, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "examine", lambda: 1 / 0)
    (project / "_build").write_text("a file")
    assert f"The whole log is {tmp_path / 't' / 'mnistlib-'}" in (line := run("doctor"))
    assert "ZeroDivisionError" in log_of(line)
    (project / "_build").unlink()
    monkeypatch.setenv("MNISTLIB_ROOT", str(tmp_path))  # no study: no logs are left there
    assert str(tmp_path / "t") in run("doctor")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    assert run("doctor").endswith("not written either (No such file or directory)")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("_build", "the run store must be a folder that can be read. Received: {}/runs ("),
        ("_build/smoke", "a folder must be where a file is. Received: {} ("),
        ("_build/smoke/notebooks", "a folder must be where a file is. Received: {} ("),
    ],
)
def test_a_file_in_a_folder_s_place_is_named(project, run, place, said):
    path = project / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a file")
    line = run("study", "--profile", "smoke")
    assert said.format(path) in line
    assert path.read_text() == "a file"


@pytest.mark.skipif(namespace() is None, reason="needs the right to mount")
@pytest.mark.parametrize(
    ("mount", "said"),
    [
        ("size=12k", "the disk must have room"),
        ("ro", r"must be its own. Received: .*\(Read-only file system\)"),
    ],
)
def test_a_disk_that_is_full_or_read_only_is_one_line(project, mount, said):
    (project / "_build").mkdir()
    script = (
        f"mount -t tmpfs -o {mount} tmpfs _build && "
        f"exec {sys.executable} {tiny_study.__file__} study --profile smoke --no-book"
    )
    done = subprocess.run(
        [*namespace(), "sh", "-c", script], cwd=project, capture_output=True, text=True
    )
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) <= 2, done.stderr  # one of the notebook, one of the study
    assert re.search(said, done.stderr) or "No space left" in done.stderr
    assert lines[-1].startswith("mnistlib: error: ")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("MNISTLIB_PORTABLE", "2", "must be 0 or 1. Received: '2'"),
        ("KERAS_BACKEND", "foo", "must be one of tensorflow, jax, torch. Received: 'foo'"),
        ("KERAS_BACKEND", "torch", "that is installed. Received: 'torch'"),
        ("MNISTLIB_WORKERS", "x", "a whole number above 0. Received: 'x'"),
        ("MNISTLIB_WORKERS", "²", "a whole number above 0. Received: '²'"),
        ("MNISTLIB_WORKERS", "0", "a whole number above 0. Received: '0'"),
        ("MNISTLIB_SCHEDULER", "foo", "Dask scheduler must answer .*scheduler='foo'"),
        ("MNISTLIB_ROOT", "/nowhere", "the project's folder. Received: '/nowhere'"),
        ("MNISTLIB_RUNS", __file__, r"lie in a folder. Received: .*py \(a file\)"),
    ],
)
def test_a_variable_that_cannot_be_used_is_told_before_anything_runs(
    project, run, monkeypatch, variable, value, said
):
    monkeypatch.setattr(environment, "find_spec", lambda name: name != "torch" or None)
    monkeypatch.setenv(variable, value)
    assert re.search(said, run("study", "--profile", "smoke", "--dry-run"))
    assert re.search(said, run("study", "--profile", "smoke"))
    assert not (project / "_build").exists()
    wrong = [row.text for row in doctor.examine() if row.state == "wrong"]
    assert any(re.search(said, text) for text in wrong), wrong


@pytest.mark.parametrize(
    "variable", ["KERAS_BACKEND", "MNISTLIB_PORTABLE", "MNISTLIB_WORKERS", "MNISTLIB_ROOT"]
)
def test_an_empty_variable_is_none(project, monkeypatch, variable):
    monkeypatch.setenv(variable, "")
    monkeypatch.chdir(project)
    assert list(environment.problems()) == []


def test_the_library_of_another_copy_is_refused(project):
    (project / "mnistlib").mkdir()
    (project / "mnistlib" / "__init__.py").touch()
    with pytest.raises(MnistlibError, match=r"own folder. Received: .*`make` there"):
        environment.check()


def test_wrong_usage_is_one_line_too(capsys):
    for arguments in (["study", "--foo"], ["foo"], ["--foo"], ["study", "--workers", "0"]):
        with pytest.raises(SystemExit) as left:
            cli.main.main(arguments, standalone_mode=True)
        assert left.value.code == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert re.match(r"mnistlib: error: .* `.*--help` shows", line)


def test_a_path_below_a_file_names_the_file(tmp_path):
    (tmp_path / "a").write_text("a file")
    with pytest.raises(NotADirectoryError) as caught:
        (tmp_path / "a" / "b").write_text("x")
    assert f"{tmp_path / 'a'} (" in last_resort.describe(caught.value, os.devnull)


@pytest.mark.parametrize("closed", ["1", "2"])
def test_a_closed_stream_is_no_fault(project, closed):
    command = f'exec "$@" {closed}>&-'
    done = subprocess.run(
        ["sh", "-c", command, "sh", sys.executable, tiny_study.__file__, "doctor"],
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr + done.stdout
    assert done.returncode == 0, done.stderr
