"""The book's build and its generated parts, on a tiny book."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_output

from mnistlib.chapters import params
from mnistlib.ground.errors import StudyError
from mnistlib.ground.turns import alone
from mnistlib.study import fragments
from mnistlib.study.book import build_book
from mnistlib.study.plan import Profile
from mnistlib.study.summary import write_summary
from tests.fixtures import executed, tiny_study
from tests.fixtures.executed import result, summary

BOOK = Path(__file__).parents[1] / "fixtures" / "tiny_book"
PROFILES = {"quick": Profile(about="a first look."), "full": Profile(about="all of it.")}


# Generated parts.


def test_the_banner_names_profile_and_data():
    text = fragments.profile(summary(a=result()), PROFILES, [])
    assert text.startswith("```{note}")
    assert "**Profile `quick`:** a first look." in text
    assert "**Data:** MNIST." in text
    assert "not MNIST" not in text


@pytest.mark.parametrize(
    ("results", "missing", "said"),
    [
        ({"a": {"dataset": "digits"}}, [], "**This is not MNIST**"),
        (
            {"a": {}, "b": {"profile": "full"}},
            [],
            "still of profile `full`: {doc}`/book/not",
        ),
        ({"a": {}, "b": {"profile": "full"}}, [], "measured stands in no picture"),
        ({"a": {}, "b": {"dataset": "digits"}}, [], "come from different data"),
        ({"a": {"status": "failed", "error": "x"}}, [], "**Failed**"),
    ],
)
def test_the_banner_warns_of_what_could_mislead(results, missing, said):
    made = summary(**{name: result(**changes) for name, changes in results.items()})
    text = fragments.profile(made, PROFILES, missing)
    assert text.startswith("```{warning}")
    assert said in text


def test_the_banner_copes_without_a_summary_and_names_what_is_missing():
    assert "is not known" in fragments.profile(None, PROFILES, [])
    text = fragments.profile(summary(a=result()), {}, ["01_eda", "02_x"])
    assert "Not in this report: 01_eda, 02_x." in text


def test_the_build_status_shows_times_machine_and_versions():
    made = summary(a=result(), b=result(dirty=True), c=result(commit=None, dirty=None))
    text = fragments.build_status(made)
    for part in ("99.5 s", "12.3", "1,234 runs", "A processor", "2026-01-02 03:04:05"):
        assert part in text
    rows = [line for line in text.splitlines() if line.startswith("| {doc}")]
    assert ["with changes" in row for row in rows] == [False, True, False]
    assert "| tensorflow |         – |" in text
    assert "is not known" in fragments.build_status(None)


# The build.


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A project with the tiny book and two executed notebooks."""
    folder = tmp_path / "project"
    tiny_study.write(folder, ["01_tiny", "02_fails"])
    shutil.copytree(BOOK, folder, dirs_exist_ok=True)
    executed.notebook(folder / "done" / "01_tiny.ipynb", executed.headline_row())
    executed.notebook(folder / "done" / "02_fails.ipynb")
    made = summary(**{"01_tiny": result(), "02_fails": result()})
    write_summary(made, folder / "done")
    monkeypatch.setenv("MNISTLIB_ROOT", str(folder))
    monkeypatch.setattr(params, "PARAMS", tiny_study.Registry())
    return folder


@pytest.mark.slow
def test_a_report_is_built_and_built_again(project):
    out = project / "_build" / "x"
    index = build_book(project / "done", out)
    assert index == out / "html" / "index.html"
    pages = out / "html" / "book"
    front = (pages / "intro.html").read_text()
    for text in (
        "97.25–97.80",
        "97.96",
        "Profile",
        "A processor",
        "It came close.",
    ):
        assert text in front
    assert 'href="notebooks/01_tiny.html"' in front
    assert (pages / "notebooks" / "02_fails.html").is_file()
    assert not list((out / "html").rglob("*.map"))
    row = executed.headline_row(ours=12.25)
    executed.notebook(project / "done" / "01_tiny.ipynb", row)
    build_book(project / "done", out)
    front = (pages / "intro.html").read_text()
    assert "12.25\u202f%" in front
    assert "97.50" not in front


def test_a_warning_fails_the_build_and_keeps_the_report_from_before(project, capfd):
    out = project / "_build" / "x"
    (out / "html").mkdir(parents=True)
    (out / "html" / "index.html").write_text("the report from before")
    with (project / "book" / "intro.md").open("a") as file:
        file.write("\n{numref}`nowhere`\n")
    with pytest.raises(StudyError, match=r"without warnings. Received: 1 w"):
        build_book(project / "done", out)
    printed = capfd.readouterr().err
    assert "book/intro.md" in printed
    assert "nowhere" in printed
    assert (out / "html" / "index.html").read_text() == "the report from before"


def test_a_part_of_the_study_makes_a_part_of_the_report(project, capfd):
    (project / "done" / "02_fails.ipynb").unlink()
    with (project / "book" / "intro.md").open("a") as file:
        file.write("\n{doc}`/book/notebooks/02_fails`\n")
    out = project / "_build" / "x"
    build_book(project / "done", out)
    assert "Not in this report: 02_fails." in (out / "html/book/intro.html").read_text()
    assert not (out / "html/book/notebooks/02_fails.html").exists()
    contents = yaml.safe_load((out / "source" / "_toc.yml").read_text())
    assert [part["caption"] for part in contents["parts"]] == ["Notebooks"]
    assert "warning: book/intro.md" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("break_it", "match"),
    [
        (lambda p: shutil.rmtree(p / "done"), "needs executed notebooks. .*done .none."),
        (lambda p: (p / "_toc.yml").unlink(), "_toc.yml .No such file"),
        (lambda p: _instead(p / "_toc.yml"), "_toc.yml .Is a directory"),
        (lambda p: _instead(p / "book", "a file"), "book .Not a directory"),
        (lambda p: (p / "_toc.yml").write_text("a: ["), "_toc.yml must be YAML"),
        (lambda p: (p / "_toc.yml").write_bytes(b"\xff"), "_toc.yml must be YAML"),
        (lambda p: (p / "_toc.yml").write_text("- a"), "printed above.*sphinx.log"),
        (lambda p: (p / "_config.yml").write_text("a: ["), "printed above.*sphinx.log"),
        (lambda p: _put_an_error_in(p / "done/01_tiny.ipynb"), "cell 'show'; run it again"),
    ],
)
def test_what_cannot_be_built_is_one_clear_line(project, break_it, match):
    break_it(project)
    with pytest.raises(StudyError, match=match) as caught:
        build_book(project / "done", project / "_build" / "x")
    assert "\n" not in str(caught.value)


def _instead(path: Path, text: str = "") -> None:
    """Put a file where a folder was, or a folder where a file was."""
    if text:
        shutil.rmtree(path)
        path.write_text(text)
    else:
        path.unlink()
        path.mkdir()


@pytest.fixture
def quick_sphinx(monkeypatch):
    """Compile nothing: the report is one page that counts the builds."""
    built = []

    def run(command, **_):
        folder = Path(command[command.index("--path-output") + 1]) / "_build" / "html"
        folder.mkdir(parents=True)
        built.append(folder)
        (folder / "index.html").write_text(f"report {len(built)}")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)


def test_what_stands_in_a_folder_s_place_goes(project, quick_sphinx):
    out = project / "_build" / "x"
    out.mkdir(parents=True)
    for name in ("source", "sphinx", "html", "html.old"):
        (out / name).write_text("a file")
    assert build_book(project / "done", out).read_text() == "report 1"
    assert {path.name for path in out.iterdir()} == {"source", "html", ".lock"}


def test_a_report_that_a_killed_build_left_aside_is_put_back(project, quick_sphinx):
    out = project / "_build" / "x"
    build_book(project / "done", out)
    (out / "html").rename(out / "html.old")  # what a kill between the two renames leaves
    (project / "_toc.yml").write_text("format: [")
    with pytest.raises(StudyError):
        build_book(project / "done", out)
    assert (out / "html" / "index.html").read_text() == "report 1"


@pytest.mark.parametrize(
    ("stays", "said", "left"),
    [
        ("html", r"take the place .*x.html \(Device or resource busy\)", "report 1"),
        ("sphinx", r"take the place .*still the old one; make", "report 1"),
        (
            "html.old",
            r"must go. .*html.old \(Device .*index.html",
            "report 2",
        ),
    ],
)
def test_a_report_that_cannot_be_replaced_is_told(
    project, quick_sphinx, monkeypatch, stays, said, left
):
    """As where the old one belongs to someone else, or is a mounted folder."""
    out = project / "_build" / "x"
    build_book(project / "done", out)
    rename, rmtree = Path.rename, shutil.rmtree

    def refuse(path: Path) -> None:
        if stays in path.relative_to(out).parts:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(path))

    def busy_rename(path, target):
        if stays != "html.old":
            refuse(path)
        return rename(path, target)

    def busy_rmtree(path, *args, **kwargs):
        if stays == "html.old":
            refuse(Path(path))
        return rmtree(path, *args, **kwargs)

    monkeypatch.setattr(Path, "rename", busy_rename)
    monkeypatch.setattr(shutil, "rmtree", busy_rmtree)
    with pytest.raises(StudyError, match=said) as caught:
        build_book(project / "done", out)
    assert "\n" not in str(caught.value)
    assert (out / "html" / "index.html").read_text() == left


@pytest.mark.slow
def test_two_builds_at_once_both_succeed(project):
    command = [sys.executable, tiny_study.__file__, "book", "--profile", "quick"]
    shutil.copytree(project / "done", project / "_build" / "quick" / "notebooks")
    with alone(project / "_build" / "quick", "command"):
        both = [
            subprocess.Popen(
                command,
                env=os.environ | {"MNISTLIB_ROOT": str(project)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        for process in both:
            assert process.stderr.readline().startswith("another command writes ")
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    index = project / "_build" / "quick" / "html" / "index.html"
    assert [out for out, _ in said] == [f"The report is {index}\n"] * 2
    assert index.is_file()


def _put_an_error_in(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].outputs = [new_output("error", ename="E", evalue="", traceback=[])]
    nbformat.write(notebook, path)
