"""The report: stage the pages and the executed notebooks, generate, build with Sphinx."""

import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import yaml

from mnistlib.deploy.javascript import write_scripts
from mnistlib.ground import paths
from mnistlib.ground.errors import StudyError
from mnistlib.ground.notebook import read_notebook
from mnistlib.ground.turns import alone, remove
from mnistlib.study import fragments
from mnistlib.study.headline import headline, opening
from mnistlib.study.last_resort import write_log
from mnistlib.study.parameter_table import parameters
from mnistlib.study.plan import load_study
from mnistlib.study.summary import read_summary

_PAGES = "book/notebooks/"


def build_book(notebooks: Path, output: Path) -> Path:
    """Compile the report from executed notebooks; nothing is trained.

    The pages are staged in ``<output>/source`` with the notebooks and the generated parts,
    and compiled from nothing each time: a warm build hides warnings and keeps old numbers.
    A report from before stays until the new one is whole and takes its place. Every warning
    is an error, except when notebooks are left out, since links to their pages must then
    lead nowhere. Two commands that compile into the same folder take turns.

    Args:
        notebooks: folder of executed copies and ``summary.json``.
        output: folder for ``source`` and ``html``.

    Returns:
        Path of the report's ``index.html``.

    Raises:
        StudyError: there are no executed notebooks, one holds an error, the build fails
            (Sphinx's warnings are printed on stderr), or the report cannot be replaced.
    """
    with alone(output, "command"):
        _put_back(output / "html")
        return _build(notebooks, output)


def _build(notebooks: Path, output: Path) -> Path:
    study = load_study()
    present = [
        path for name in study.notebooks if (path := notebooks / f"{name}.ipynb").is_file()
    ]
    if not present:
        raise StudyError(
            "a report needs executed notebooks. "
            f"Received: {notebooks} (none); run `make study` first"
        )
    for path in present:
        _refuse_errors(path)
    missing = [n for n in study.notebooks if n not in {path.stem for path in present}]
    source = output / "source"
    _stage(source, present)
    _trim_contents(source / "_toc.yml", missing)
    summary = read_summary(notebooks)
    compared = summary.compared(present) if summary else present
    generated = source / "book" / "_generated"
    generated.mkdir(parents=True, exist_ok=True)
    for name, text in {
        "opening": opening(compared, source / "book"),
        "headline": headline(compared),
        "profile": fragments.profile(summary, study.profiles, missing),
        "build_status": fragments.build_status(summary),
        "parameters": parameters(),
    }.items():
        (generated / f"{name}.md").write_text(text, encoding="utf-8")
    return _compile(source, output, strict=not missing)


def _refuse_errors(path: Path) -> None:
    for cell in read_notebook(path).cells:
        if any(output.output_type == "error" for output in cell.get("outputs", [])):
            raise StudyError(
                "an executed notebook must hold no error. "
                f"Received: {path}, cell {cell.get('id')!r}; run it again"
            )


def _stage(source: Path, present: list[Path]) -> None:
    remove(source)
    root = paths.root()
    ignored = shutil.ignore_patterns("notebooks", "_generated", ".ipynb_checkpoints")
    try:
        shutil.copytree(root / "book", source / "book", ignore=ignored)
        for name in ("_config.yml", "_toc.yml"):
            shutil.copy(root / name, source / name)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise StudyError(
            f"the report needs _config.yml, _toc.yml and book/. Received: "
            f"{error.filename} ({error.strerror})"
        ) from None
    if (drawing := source / "book" / "_static" / "try").is_dir():
        write_scripts(drawing)
    (source / _PAGES).mkdir(exist_ok=True)
    for path in present:
        shutil.copy(path, source / _PAGES / path.name)


def _trim_contents(path: Path, missing: list[str]) -> None:
    """Take pages of missing notebooks, and parts left empty, out of the contents."""
    gone = {f"{_PAGES}{name}" for name in missing}

    def trim(part):
        if isinstance(part, list):
            kept = [trim(item) for item in part]
            return [item for item in kept if item is not None]
        if not isinstance(part, dict):
            return part
        if str(part.get("file", "")).removesuffix(".ipynb") in gone:
            return None
        kept = {key: trim(value) for key, value in part.items()}
        return None if kept.get("chapters") == [] else kept

    try:
        contents = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = " ".join(str(error).split())
        raise StudyError(f"_toc.yml must be YAML. Received: {where}") from None
    path.write_text(yaml.safe_dump(trim(contents), sort_keys=False), encoding="utf-8")


def _compile(source: Path, output: Path, strict: bool) -> Path:
    work = output / "sphinx"
    remove(work)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from jupyter_book.cli.main import main; main()",
            "build",
            str(source),
            "--path-output",
            str(work),
            "--all",
            *(["-W", "-n", "--keep-going"] if strict else []),
        ],
        capture_output=True,
        text=True,
        env=os.environ | {"NO_COLOR": "1"},
    )
    warnings = _warnings(done.stderr, source)
    built = work / "_build" / "html"
    if done.returncode or not (built / "index.html").is_file():
        log = write_log(done.stdout + done.stderr, output, "sphinx")
        print("\n".join(warnings), end="\n" if warnings else "", file=sys.stderr)
        why = (
            f"{len(warnings)} warning(s) or error(s), printed above"
            if warnings
            else _last(done)
        )
        raise StudyError(
            f"the report must build without warnings. Received: {why}; mend the page in "
            f"book/. The whole log is {log}"
        )
    for line in warnings:
        print(f"warning: {line}", file=sys.stderr)
    for path in built.rglob("*.map"):
        path.unlink()
    html = output / "html"
    _replace(html, built)
    remove(work)
    return html / "index.html"


def _put_back(html: Path) -> None:
    """Give the old report its name again where a build was killed while it replaced it."""
    old = html.with_name("html.old")
    if old.is_dir() and not html.exists():
        with suppress(OSError):
            old.rename(html)


def _replace(html: Path, built: Path) -> None:
    """Put a new report in the place of the old one, which stays where that cannot be."""
    old = html.with_name("html.old")
    try:
        remove(old)
        with suppress(FileNotFoundError):
            html.rename(old)
        try:
            built.rename(html)
        except OSError:
            if old.exists():
                old.rename(html)
            raise
    except OSError as error:
        raise StudyError(
            f"the new report must take the place of the old one. Received: {html} "
            f"({error.strerror}), still the old one; make {html.parent} writable, or "
            "remove what is in it"
        ) from None
    try:
        remove(old)
    except OSError as error:
        raise StudyError(
            f"the old report must go. Received: {old} ({error.strerror}); remove it. "
            f"The new one is {html / 'index.html'}"
        ) from None


def _last(done: subprocess.CompletedProcess) -> str:
    said = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
    return f"exit status {done.returncode}, {next(filter(None, reversed(said)), '')!r}"


def _warnings(text: str, source: Path) -> list[str]:
    text = re.sub(r"\x1b\[[0-9;]*m", "", text).replace(f"{source}{os.sep}", "")
    return [line for line in text.splitlines() if re.search(r"WARNING|ERROR|Error:", line)]
