"""What cannot run is told before anything runs: sizes, the plan's file, the notebooks'."""

import json
import logging
import shutil
import warnings
from pathlib import Path

import pytest
from click.testing import CliRunner

from mnistlib.study.cli import main

ROOT = Path(__file__).parents[2]
PLAN = "notebooks: [01_eda]\nprofiles: {quick: {about: a%s}}"


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A copy of this project's plan and notebooks."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    shutil.copy(ROOT / "study.yaml", tmp_path)
    monkeypatch.setenv("MNISTLIB_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture
def dry_run(project, offline, monkeypatch):
    """Call ``mnistlib study --dry-run`` where MNIST cannot be had; return its result."""
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    monkeypatch.setattr(logging.getLogger("mnistlib"), "disabled", True)
    monkeypatch.setattr("signal.signal", lambda *_: None)

    def call(*arguments: str):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of nbformat, on cells without an id
            return CliRunner().invoke(main, ["study", "--dry-run", *arguments])

    return call


def refused(result, message: str) -> None:
    """Check that a command ended with one readable line."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1, result.output
    (line,) = result.output.splitlines()
    assert line.startswith("mnistlib: error: ")
    assert message in line
    assert len(line) < 1400


def test_the_quick_study_runs_where_there_is_no_mnist(dry_run):
    shown = dry_run()
    assert shown.exit_code == 0, shown.output
    assert "  n_train = 'up to 7200'" in shown.output.splitlines()


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("n_train=1000000", "parameters of 02_optimizers: n_train must be at most 1,437"),
        ("05_baselines.n_test=361", "05_baselines: n_test must be at most 360, all that"),
        ("n_map=1438", "parameters of 01_eda: n_map must be at most 1,437"),
        ("n_neighbours=1438", "parameters of 01_eda: n_neighbours must be at most 1,437"),
    ],
)
def test_a_person_s_size_that_the_data_do_not_have_is_refused(dry_run, assignment, message):
    refused(dry_run("-p", assignment), message)
    refused(dry_run("-p", assignment, "--dataset", "digits"), message)
    name, _, number = assignment.partition("=")
    assert dry_run("-p", f"{name}=up to {number}").exit_code == 0


def test_a_size_is_measured_by_the_data_that_are_used(dry_run, tiny_folder, monkeypatch):
    monkeypatch.setenv("MNISTLIB_DATA", str(tiny_folder))
    refused(dry_run("-p", "n_train=61"), "at most 60, all that mnist has")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scalings=none", "scalings: must be a list, written [a, b]"),
        ("adam_rates=NaN", "adam_rates: must be a list, written [a, b]"),
        ("seeds=" + "[" * 5000, "a parameter's value must be a number"),
        ("epochs=" + "9" * 10_000, "a parameter's value must be a number"),
        ("epochs=" + "x" * 10_000, "Received: epochs='xxx"),
        ("x" * 10_000, "must be written name=value"),
        ("x" * 10_000 + "=1", "Received: 'xxx"),
        ("seeds=!!python/object:os.system [1]", "a parameter's value must be a number"),
        ("n_train=up to 1e5", "'up to N'"),
        ("data=mnist", "Received: 'data'"),
        ("_unknown=1", "Received: '_unknown'"),
        ("In=1", "Received: 'In'"),
    ],
)
def test_a_value_that_cannot_be_read_is_one_line(dry_run, text, message):
    refused(dry_run("--params", text), message)


def test_long_names_leave_a_line_that_can_be_read(dry_run):
    refused(dry_run("x" * 10_000), "notebook must be one of")
    refused(dry_run("--profile", "x" * 10_000), "profile must be one of")


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ("", "must be a mapping, written {name: value}. Received: None (NoneType)"),
        ("[]", "must be a mapping, written {name: value}. Received: [] (list)"),
        ("notebooks: []\nprofiles: {quick: {about: a}}", "notebooks: must have at"),
        (
            "notebooks: [01_eda]\nprofiles: {}",
            "profiles: Dictionary should have at least 1",
        ),
        (
            "notebooks: [01_eda, 01_eda]\nprofiles: {quick: {about: a}}",
            "notebooks: each notebook must be listed once",
        ),
        ("notebooks: [06_new]\nprofiles: {quick: {about: a}}", "06_new.ipynb (missing)"),
        ("notebooks: [01_eda]\nnotebooks: [01_eda]", "the key 'notebooks' stands twice"),
        (PLAN % ", common: {n_map: 1, n_map: 2}", "the key 'n_map' stands twice"),
        (PLAN % (", common: {n_map: 1" + "0" * 5000 + "}"), "study.yaml must be YAML"),
        (PLAN % ", common: []", "common: must be a mapping"),
        (PLAN % ", notebooks: {01_eda: {n_map: up to 3}}", "Received: n_map='up to 3'"),
        ("[" * 20_000, "it is nested too deeply"),
        ("notebooks: [01_eda]\nprofiles: {[1]: {about: a}}", "must be YAML"),
        ("a: &a [*a]", "notebooks is required"),
        ("!!python/name:os.system", "must be YAML"),
        (b"notebooks: \x80", "must be YAML"),
    ],
)
def test_a_malformed_plan_is_one_line(dry_run, project, plan, message):
    content = plan if isinstance(plan, bytes) else plan.encode()
    (project / "study.yaml").write_bytes(content)
    refused(dry_run(), message)


def test_a_plan_that_is_a_folder_is_one_line(dry_run, project):
    (project / "study.yaml").unlink()
    (project / "study.yaml").mkdir()
    refused(dry_run(), "must be a readable file")


def cell(**fields) -> str:
    made = {"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}}
    made |= {"outputs": [], "source": "a = 1"} | fields
    head = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}}
    return json.dumps(head | {"cells": [made]})


TAGGED = {"metadata": {"tags": ["parameters"]}}


@pytest.mark.parametrize(
    ("notebook", "message"),
    [
        ("", "must be readable"),
        ("{", "must be readable"),
        ("{}", "must be readable"),
        ("[]", "must be readable"),
        ("null", "must be readable"),
        ('{"nbformat": 4}', "must be readable"),
        ('{"nbformat": 99, "cells": []}', "must be readable"),
        (json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": 3}), "must be readable"),
        ("[" * 100_000, "must be readable"),
        (cell(metadata=3), "must be readable"),
        (cell(metadata={"tags": "parameters"}), "must be readable"),
        (cell(source=3), "must be readable"),
        (cell(), "a cell tagged 'parameters'"),
        (cell(**TAGGED, source="a = b"), "'name = literal' lines only"),
        (cell(**TAGGED, source="a = 1\na += 1"), "'name = literal' lines only"),
        (cell(**TAGGED, source="x, y = 1, 2"), "'name = literal' lines only"),
        (cell(**TAGGED, source="a = 1" + "0" * 5000), "'name = literal' lines only"),
        (
            cell(**TAGGED, source="a = " + "-" * 100_000 + "1"),
            "'name = literal' lines only",
        ),
        (cell(**TAGGED), "'01_eda' differs in a, dataset"),
    ],
)
def test_a_malformed_notebook_is_one_line(dry_run, project, notebook, message):
    (project / "notebooks" / "01_eda.ipynb").write_text(notebook)
    refused(dry_run(), message)
