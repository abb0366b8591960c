"""Which commit the code belongs to: in real repositories."""

import shutil
import subprocess
from pathlib import Path

import pytest

import mnistlib
from mnistlib.ground import machine
from mnistlib.training import record

if shutil.which("git") is None:
    pytest.skip("needs git", allow_module_level=True)


def git(folder, *command):
    settings = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    done = subprocess.run(
        ["git", *settings, *command], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def repository(folder: Path) -> str:
    """Commit all that is in a folder, in a new repository; return the commit."""
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "All")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project without a repository, in a folder of another; it is the one asked."""
    folder = tmp_path / "outer" / "unpacked"
    (folder / "mnistlib").mkdir(parents=True)
    (folder / "mnistlib" / "__init__.py").touch()
    (folder / "study.yaml").touch()
    monkeypatch.setenv("MNISTLIB_ROOT", str(folder))
    monkeypatch.setattr(record, "__file__", str(folder / "mnistlib" / "room" / "record.py"))
    record.code_version.cache_clear()
    yield folder
    record.code_version.cache_clear()


def states():
    """Return commit and dirty flag as the study and as a record say it."""
    record.code_version.cache_clear()
    said = record.code_version()
    state = machine.code_state()
    return (state["commit"], state["dirty"]), (said["commit"], said["dirty"])


def test_a_copy_inside_another_repository_has_no_commit(project):
    (project.parent / "other.txt").touch()
    (project.parent / ".gitignore").write_text("unpacked/\n")
    repository(project.parent)
    assert states() == ((None, None), (None, None))
    # Nor where the other repository merely does not ignore it.
    (project.parent / ".gitignore").unlink()
    assert states() == ((None, None), (None, None))


def test_a_project_that_another_repository_holds_has_its_commit(project):
    commit = repository(project.parent)
    assert states() == ((commit[:12], False), (commit, False))


def test_its_own_repository_inside_another_counts(project):
    outer = repository(project.parent)
    commit = repository(project)
    assert commit != outer
    assert states() == ((commit[:12], False), (commit, False))
    (project / "mnistlib" / "__init__.py").write_text("x = 1\n")
    assert states() == ((commit[:12], True), (commit, True))


def test_only_what_decides_results_makes_it_dirty(project):
    commit = repository(project)
    (project / "page.md").touch()
    assert states() == ((commit[:12], False), (commit, False))
    (project / "study.yaml").write_text("x: 1\n")
    assert states() == ((commit[:12], True), (commit, False))


def test_without_a_commit_or_a_repository_there_is_none(project):
    assert states() == ((None, None), (None, None))
    git(project, "init", "-q")
    assert states() == ((None, None), (None, None))


def test_the_hook_of_another_repository_is_not_asked(project, tmp_path, monkeypatch):
    """git hands its own repository on to what a hook starts."""
    (tmp_path / "hooked").mkdir()
    (tmp_path / "hooked" / "mnistlib").mkdir()
    (tmp_path / "hooked" / "mnistlib" / "__init__.py").touch()
    repository(tmp_path / "hooked")
    commit = repository(project)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "hooked" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "hooked"))
    assert states() == ((commit[:12], False), (commit, False))


def test_without_git_there_is_no_commit(project, monkeypatch):
    repository(project)
    monkeypatch.setenv("PATH", "")
    assert states() == ((None, None), (None, None))


def test_the_machine_is_described_without_its_name():
    facts = machine.describe_machine()
    assert set(facts) == {"system", "cpu", "cores"}
    assert facts["cpu"] == machine.cpu_model() != ""
    assert facts["cores"] >= 1


def test_versions_name_the_library():
    assert machine.versions()["mnistlib"] == mnistlib.__version__
    assert machine.installed("no-such-package") is None
