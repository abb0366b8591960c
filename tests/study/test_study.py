"""The plan and the runner, on tiny notebooks, some of them broken."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

from bench.fault_kills import TREE
from mnistlib.chapters import params
from mnistlib.ground import paths
from mnistlib.ground.errors import ParameterError, StudyError
from mnistlib.ground.notebook import read_notebook, tagged_parameters, without_folders
from mnistlib.ground.turns import alone
from mnistlib.runs import collect
from mnistlib.study import run, screen
from mnistlib.study.execute import Outcome, kernels, run_notebook
from mnistlib.study.plan import load_study
from mnistlib.study.run import executed_dir, run_study
from mnistlib.study.screen import Screen
from mnistlib.study.summary import Summary, read_summary
from mnistlib.training.spec import grid
from tests.fixtures import executed, tiny_study
from tests.fixtures.executed import result
from tests.processes import hear_signals, wait_for


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Make a project of the named notebooks, and work in it."""

    def make(*names: str, plan: str | None = None) -> Path:
        folder = tmp_path / "project"
        tiny_study.write(folder, list(names))
        if plan:
            (folder / "study.yaml").write_text(plan)
        return folder

    monkeypatch.setenv("MNISTLIB_ROOT", str(tmp_path / "project"))
    monkeypatch.delenv("MNISTLIB_RUNS", raising=False)
    monkeypatch.setattr(params, "PARAMS", tiny_study.Registry())
    return make


def refused(error, match: str, call, *args, **kwargs) -> None:
    """Check that a call raises one line that matches."""
    with pytest.raises(error, match=match) as caught:
        call(*args, **kwargs)
    assert "\n" not in str(caught.value)


# The plan.


def test_later_layers_win_over_earlier_ones(project):
    project("01_tiny", "02_fails")
    study = load_study()
    first, second = study.jobs("quick")
    assert first.parameters == {"rate": 1e-3, "dataset": "auto", "n": 5}
    assert second.parameters == {"rate": 1e-3, "dataset": "auto"}
    first, second = study.jobs(
        "quick", dataset="digits", overrides={"rate": 0.5, "01_tiny.n": 7}
    )
    assert first.parameters == {"rate": 0.5, "dataset": "digits", "n": 7}
    assert second.parameters == {"rate": 0.5, "dataset": "digits"}


def test_notebooks_run_in_the_studys_order_however_they_are_named(project):
    project("01_tiny", "02_fails", "03_dies")
    study = load_study()
    assert study.choose(["03_dies", "notebooks/01_tiny.ipynb"]) == ["01_tiny", "03_dies"]
    assert study.choose([]) == ["01_tiny", "02_fails", "03_dies"]


@pytest.mark.parametrize(
    ("kwargs", "error", "match"),
    [
        ({"profile": "huge"}, StudyError, "one of smoke, quick. Received: 'huge'"),
        ({"notebooks": ["09_x"]}, StudyError, "one of 01_tiny. Received: '09_x'"),
        ({"dataset": "cifar"}, StudyError, "auto, mnist, digits. Received: 'cifar'"),
        ({"overrides": {"m": 1}}, ParameterError, "dataset, n, rate, seeds. Received: 'm'"),
        ({"overrides": {"02_x.n": 1}}, ParameterError, "Received: '02_x.n'"),
        ({"overrides": {"n": 99}}, ParameterError, r"Received: n=99 \(int\)"),
        ({"overrides": {"n": "3"}}, ParameterError, r"Received: n='3' \(str\)"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_runs(project, kwargs, error, match):
    folder = project("01_tiny")
    refused(error, match, run_study, **{"profile": "smoke", **kwargs})
    assert not (folder / "_build").exists()


@pytest.mark.parametrize(
    ("plan", "match"),
    [
        ("notebooks: [01_tiny", "must be YAML"),
        ("notebooks: \0", "must be YAML"),
        ("[" * 5000, "must be YAML"),
        ("notebooks: [01_tiny]", "profiles is required"),
        ("notebooks: [01_tiny]\nprofiles: {}\nprofile: {}", "unknown name 'profile'"),
        ("notebooks: [09_x]\nprofiles: {a: {about: a}}", "09_x.ipynb"),
        ("notebooks: [01_tiny]\nprofiles: {a: {about: a, notebooks: {02: {}}}}", "02"),
        (
            "notebooks: [01_tiny]\nprofiles: {a: {about: a, notebooks: {x: {}}}}",
            "profile a must name notebooks of the study .01_tiny.. Received: 'x'",
        ),
        (
            "notebooks: [01_tiny]\nprofiles: {a: {about: a, common: {m: 1}}}",
            "profile a's common parameters .* Received: 'm'",
        ),
        (
            "notebooks: [01_tiny]\nprofiles: {a: {about: a, common: {n: 0}}}",
            r"study.yaml, profile a: .*Received: n=0 \(int\)",
        ),
        (
            "notebooks: [01_tiny]\nprofiles: {a: {about: a, notebooks: {01_tiny: {m: 1}}}}",
            "unknown name 'm'",
        ),
    ],
)
def test_a_wrong_plan_is_one_clear_line(project, plan, match):
    project("01_tiny", plan=plan)
    refused((StudyError, ParameterError), match, load_study)


def test_a_missing_plan_says_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("MNISTLIB_ROOT", str(tmp_path))
    refused(StudyError, r"Received: .*study.yaml \(missing\)", load_study)


def test_a_notebook_without_a_class_of_parameters_is_refused(project, monkeypatch):
    project("01_tiny")
    monkeypatch.setattr(params, "PARAMS", {})
    refused(StudyError, "with a params.py .* Received: notebook='01_tiny'", load_study)


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("05_computes", "'name = literal' lines only"),
        ("06_untagged", "a cell tagged 'parameters'"),
    ],
)
def test_a_notebook_with_a_bad_parameters_cell_is_refused(project, name, match):
    project(name)
    refused(StudyError, match, load_study)


def test_a_notebook_and_its_class_must_have_the_same_names(project):
    folder = project("01_tiny")
    path = folder / "notebooks" / "01_tiny.ipynb"
    path.write_text(path.read_text().replace("rate = 0.1", "speed = 0.1"))
    refused(StudyError, "'01_tiny' differs in rate, speed", load_study)


@pytest.mark.parametrize(
    "content",
    [
        "a text",
        "",
        "[]",
        "{}",
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": null}',
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": ["x"]}',
        '{"nbformat": 3, "worksheets": 3}',
        '{"nbformat": 99, "metadata": {}, "cells": []}',
        "\0",
        "[" * 100_000,
    ],
)
def test_a_file_that_is_no_notebook_is_refused(project, content):
    folder = project("01_tiny")
    (folder / "notebooks" / "01_tiny.ipynb").write_text(content)
    refused(StudyError, "must be readable. Received: .*01_tiny.ipynb", load_study)


# The runner. Three notebooks run once for all tests of this part.


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A study of a good notebook, one that raises, one whose kernel dies or is none."""
    folder = tmp_path_factory.mktemp("ran") / "project"
    tiny_study.write(folder, ["01_tiny", "02_fails", "03_dies", "07_foreign"])
    before = folder / "_build" / "smoke" / "notebooks" / "02_fails.ipynb"
    before.parent.mkdir(parents=True)
    before.write_text("a good copy from before")
    environment = os.environ | {"MNISTLIB_ROOT": str(folder), "HOME": str(folder.parent)}
    for name in ("MNISTLIB_RUNS", "IPYTHONDIR"):
        environment.pop(name, None)
    startup = folder.parent / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    mark = folder.parent / "started"
    (startup / "00.py").write_text(f"open({str(mark)!r}, 'w')")
    done = subprocess.run(
        [sys.executable, tiny_study.__file__, "study", "--profile", "smoke"],
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
    )
    return folder, done


def test_a_failed_notebook_is_kept_on_another_file_system_too(
    project, tmp_path, monkeypatch
):
    def apart(source, target):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    folder = project("02_fails")
    source, target = folder / "notebooks/02_fails.ipynb", tmp_path / "out/02_fails.ipynb"
    failed = tmp_path / "failed"
    monkeypatch.setattr(os, "rename", apart)
    with kernels({}, tmp_path / "scratch"):
        outcome = run_notebook(source, target, failed, {"n": 4}, tmp_path / "scratch")
    assert outcome.error.startswith("cell 'raises' raised ValueError")
    assert (failed / "02_fails.ipynb").is_file() and not target.exists()


def test_a_failed_notebook_is_one_line_that_names_its_cell_and_its_log(ran):
    folder, done = ran
    assert done.returncode == 1
    failed = folder / "_build" / "smoke" / "failed"
    first, second, third, fourth, last = done.stderr.splitlines()
    assert re.fullmatch(r"01_tiny: done in \d+\.\d s", first)
    assert second == (
        "02_fails: FAILED, cell 'raises' raised ValueError: n must not be 4. "
        f"The whole log is {failed / '02_fails.log'}"
    )
    assert third == (
        "03_dies: FAILED, DeadKernelError: Kernel died. "
        f"The whole log is {failed / '03_dies.log'}"
    )
    assert last == (
        "mnistlib: error: 3 notebook(s) failed, as printed above: 02_fails, 03_dies, "
        "07_foreign"
    )
    assert fourth == (
        "07_foreign: FAILED, NoSuchKernel: No such kernel named julia. "
        f"The whole log is {failed / '07_foreign.log'}"
    )
    log = (failed / "02_fails.log").read_text()
    assert f"02_fails, cell 'raises' ({failed / '02_fails.ipynb'})" in log
    assert '----> 1 raise ValueError(f"n must not be {n}")' in log


def test_a_person_s_start_up_files_do_not_reach_the_notebooks(ran):
    folder, _ = ran
    assert (folder / "_build/smoke/notebooks/01_tiny.ipynb").is_file()
    assert not (folder.parent / "started").exists()


def test_a_failure_loses_nothing(ran):
    folder, _ = ran
    smoke = folder / "_build" / "smoke"
    assert (smoke / "notebooks" / "02_fails.ipynb").read_text() == "a good copy from before"
    failed = nbformat.read(smoke / "failed" / "02_fails.ipynb", as_version=4)
    assert any(
        output.get("ename") == "ValueError"
        for cell in failed.cells
        for output in cell.get("outputs", [])
    )
    names = {path.name for path in (smoke / "notebooks").iterdir()}
    assert names == {"01_tiny.ipynb", "02_fails.ipynb", "summary.json", ".lock"}


def test_the_executed_copy_holds_what_was_asked_for_and_no_times(ran):
    folder, _ = ran
    path = folder / "_build" / "smoke" / "notebooks" / "01_tiny.ipynb"
    notebook = read_notebook(path)
    assert tagged_parameters(notebook, "injected-parameters") == {
        "n": 4,
        "dataset": "digits",
    }
    assert [cell.id for cell in notebook.cells] == [
        "title",
        "parameters",
        "injected-parameters",
        "show",
        "headline",
    ]
    assert [c.execution_count for c in notebook.cells if c.cell_type == "code"] == [
        1,
        2,
        3,
        4,
    ]
    assert "papermill" not in notebook.metadata
    assert all(set(cell.metadata) <= {"tags"} for cell in notebook.cells)
    printed = notebook.cells[3].outputs[0].text
    assert printed.startswith("4 0.1 [0, 1]\n")
    for text in (str(folder), "ipykernel_", "2026-", "T0"):
        assert text not in path.read_text()


def test_the_summary_says_what_happened(ran):
    folder, _ = ran
    summary = read_summary(folder / "_build" / "smoke" / "notebooks")
    assert summary.failed == ["02_fails", "03_dies", "07_foreign"]
    assert summary.datasets == ["digits"]
    result = summary.notebooks["01_tiny"]
    assert (result.status, result.error) == ("ok", None)
    assert result.parameters == {"n": 4, "dataset": "digits"}
    assert 0 < result.seconds < summary.seconds
    assert summary.versions["python"].startswith("3.1")
    assert summary.machine["cores"] >= 1
    assert summary.runs_trained == 0


def test_a_notebook_run_alone_keeps_the_results_of_the_others(project):
    folder = project("01_tiny", "02_fails")
    target = executed_dir("smoke")
    target.mkdir(parents=True)
    # As an older version wrote it, with a field and a name that are no more.
    written = executed.summary(**{"02_fails": result(), "08_gone": result()}).model_dump()
    (target / "summary.json").write_text(json.dumps(written | {"jobs": 1}))
    (target / "02_fails.ipynb").write_text("its copy")
    (target / ".running").mkdir()
    (target / ".running" / "left.ipynb").write_text("by a study that was killed")
    summary = run_study("smoke", ["01_tiny"], overrides={"n": 6})
    assert not (target / ".running").exists()
    assert list(summary.notebooks) == ["01_tiny", "02_fails"]
    assert summary == read_summary(target)
    notebook = read_notebook(target / "01_tiny.ipynb")
    assert notebook.cells[3].outputs[0].text.startswith("6 0.1")
    assert not (folder / "book").exists()


def test_publishing_copies_a_whole_study_and_refuses_a_mixture(project):
    folder = project("01_tiny", "02_fails")
    summary = run_study("smoke", ["01_tiny"], publish=True)
    assert not summary.failed
    names = {path.name for path in paths.published_dir().iterdir()}
    assert names == {"01_tiny.ipynb", "summary.json", ".lock"}
    assert read_summary(paths.published_dir()).notebooks == summary.notebooks
    refused(
        StudyError,
        r"publish all notebooks. Received: 02_fails \(quick, digits\) beside 01_tiny "
        r"\(smoke, digits\)",
        run_study,
        "quick",
        ["02_fails"],
        dataset="digits",
        publish=True,
    )
    before = (folder / "book/notebooks/summary.json").read_text()
    beside = executed_dir("smoke-published") / "01_tiny.ipynb"
    beside.unlink()  # what is published is read all the same
    assert run_study("smoke", ["02_fails"], publish=True).failed == ["02_fails"]
    assert beside.read_bytes() == (paths.published_dir() / "01_tiny.ipynb").read_bytes()
    assert (folder / "book/notebooks/summary.json").read_text() == before


@pytest.mark.parametrize(("falls", "error"), [(2, None), (3, "RuntimeError: Kernel died")])
def test_a_kernel_that_does_not_come_up_is_started_again(
    tmp_path, monkeypatch, falls, error
):
    import papermill

    calls = []
    execute = papermill.execute_notebook

    def fall(*args, **kwargs):
        calls.append(args)
        if len(calls) <= falls:
            raise RuntimeError("Kernel died before replying to kernel_info")
        return execute(*args, **kwargs, prepare_only=True)

    monkeypatch.setattr(papermill, "execute_notebook", fall)
    source, target = (
        tiny_study.NOTEBOOKS / "01_tiny.ipynb",
        tmp_path / "a" / "01_tiny.ipynb",
    )
    scratch = tmp_path / "scratch"
    with kernels({}, scratch):
        outcome = run_notebook(source, target, tmp_path / "failed", {"n": 2}, scratch)
    assert not scratch.exists()
    assert len(calls) == 3
    assert target.is_file() == (error is None)
    assert (outcome.error or "").startswith(error or "")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{}", "profile is required"),
        (b"[1]", "must be a mapping"),
        (b'{"profile": ', "Invalid JSON"),
        (b"", "Invalid JSON"),
        (b"\xff\xfe", "no UTF-8"),
        (b'{"profile": "a", "notebooks": {"a": 3}}', "notebooks.a"),
    ],
)
def test_a_broken_summary_is_told_before_anything_runs(project, content, why):
    project("01_tiny")
    executed_dir("smoke").mkdir(parents=True)
    (executed_dir("smoke") / "summary.json").write_bytes(content)
    refused(StudyError, f"{why}.*; delete it and run", run_study, "smoke")
    assert not (executed_dir("smoke") / "01_tiny.ipynb").exists()


@pytest.mark.slow
def test_two_studies_at_once_keep_the_results_of_both(tmp_path):
    """They write the same folder, so they wait for their turns, and say so."""
    folder = tmp_path / "project"
    tiny_study.write(folder, ["01_tiny"])
    shutil.copy(folder / "notebooks/01_tiny.ipynb", folder / "notebooks/02_tiny.ipynb")
    plan = tiny_study.PLAN.format(names="[01_tiny, 02_tiny]", first="01_tiny")
    (folder / "study.yaml").write_text(plan)
    command = [sys.executable, tiny_study.__file__, "study", "--profile", "smoke"]
    with alone(folder / "_build" / "smoke" / "notebooks", "study"):
        both = [
            subprocess.Popen(
                [*command, "--no-book", name],
                cwd=folder,
                env=os.environ | {"MNISTLIB_ROOT": str(folder)},
                stderr=subprocess.PIPE,
                text=True,
            )
            for name in ("01_tiny", "02_tiny")
        ]
        for process in both:
            assert process.stderr.readline().startswith("another study writes ")
    for process in both:
        process.communicate(timeout=120)
    assert [process.returncode for process in both] == [0, 0]
    summary = read_summary(folder / "_build" / "smoke" / "notebooks")
    assert {n: r.status for n, r in summary.notebooks.items()} == {
        "01_tiny": "ok",
        "02_tiny": "ok",
    }


def test_runs_of_a_study_that_was_waited_for_are_not_counted(project, monkeypatch):
    folder = project("01_tiny")

    def train(seeds: list[int]) -> None:
        collect(grid(TREE, seed=seeds), store=folder / "runs", workers=0)

    @contextmanager
    def wait(*arguments):
        train([0, 1])  # the other study's, which ends now
        with alone(*arguments):
            yield

    def notebook(*_) -> Outcome:
        train([1, 2])
        return Outcome(seconds=1.0)

    monkeypatch.setattr(run, "alone", wait)
    monkeypatch.setattr(run, "run_notebook", notebook)
    assert run_study("smoke", store=folder / "runs").runs_trained == 1


def test_a_summary_comes_back_as_it_was(ran):
    folder, _ = ran
    text = (folder / "_build/smoke/notebooks/summary.json").read_text()
    assert Summary.model_validate_json(text).model_dump_json(indent=2) + "\n" == text


def test_folders_of_this_machine_are_taken_out(monkeypatch):
    monkeypatch.setenv("MNISTLIB_ROOT", "/some/where/study")
    monkeypatch.setenv("HOME", "/some")
    text = "/some/where/study/a.py:3 /some/where/study2 /some/x /tmp/ipykernel_12/345.py:1"
    assert without_folders(text) == "./a.py:3 ~/where/study2 ~/x <cell>:1"


def _processes_of(folder: Path) -> list[int]:
    """Return the processes that work in a folder (their own, not their parents')."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").resolve() == folder:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGKILL])
def test_a_stopped_study_leaves_no_process_and_no_half_notebook(tmp_path, how):
    folder = tmp_path / "project"
    tiny_study.write(folder, ["04_trains"])
    process = subprocess.Popen(
        [sys.executable, tiny_study.__file__, "study", "--profile", "smoke"],
        cwd=folder,
        env=os.environ | {"MNISTLIB_ROOT": str(folder)},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_signals,
    )
    try:
        wait_for(lambda: len(_processes_of(folder)) >= 5, 90)  # with both workers
        process.send_signal(how)
        status = process.wait(30)
        wait_for(lambda: not _processes_of(folder), 30)
    finally:
        for pid in _processes_of(folder):
            os.kill(pid, signal.SIGKILL)
    if how != signal.SIGKILL:
        assert status == 130
        assert "mnistlib: stopped" in process.stderr.read()
    left = folder / "_build" / "smoke" / "notebooks"
    # Nobody hears SIGKILL: the next study removes what it leaves.
    names = {".lock", ".running"} if how == signal.SIGKILL else {".lock"}
    assert {path.name for path in left.iterdir()} == names


# What a person sees.


def test_a_log_gets_the_cell_and_the_last_whole_step_of_its_runs(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(screen, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr(screen, "_LINE_SECONDS", 0)
    file = tmp_path / "a.jsonl"
    said = []

    def hear(text: str) -> None:
        def heard() -> bool:
            said.extend(capsys.readouterr().err.splitlines())
            return text in said

        wait_for(heard, 20)

    with Screen("01_a", 9, file) as shown:
        shown.cell(5)
        hear("01_a: cell 6 of 9")
        steps = [
            {"what": "runs", "done": 5, "total": 40, "label": "old"},
            {"what": "runs", "done": 12, "total": 40, "label": "sgd 0.01"},
        ]
        lines = "".join(json.dumps(step) + "\n" for step in steps)
        file.write_text(lines + '{"what": "ru')
        hear("01_a: cell 6 of 9; runs 12 of 40 (sgd 0.01)")
        shown.cell(6)  # the runs of the cell before are over
        hear("01_a: cell 7 of 9")
    assert len(set(said)) == len(said)


def test_the_real_plan_is_sound():
    study = load_study()
    assert set(study.profiles) == {"smoke", "quick", "full"}
    assert _datasets(study, "smoke") == {"digits"}
    assert _datasets(study, "full") == {"mnist"}


def _datasets(study, profile: str) -> set[str]:
    """Return what the notebooks look at; those on costs and durability look at none."""
    parameters = [job.parameters for job in study.jobs(profile)]
    return {values["dataset"] for values in parameters if "dataset" in values}
