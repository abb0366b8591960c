"""What is installed, which data are there, what would run: rows for ``mnistlib doctor``."""

import os
import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mnistlib.ground import machine, paths
from mnistlib.ground.errors import MnistlibError

_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@dataclass(frozen=True)
class Finding:
    """One fact of the machine or the project.

    Args:
        subject: what was looked at.
        state: ``"ok"``, ``"note"`` (something is missing that is not needed for a study),
            or ``"wrong"``.
        text: what was found, and for a state that is not ok what to do.
    """

    subject: str
    state: str
    text: str


def examine() -> Iterator[Finding]:
    """Yield what a study needs and what is there; nothing is changed or downloaded."""
    facts = machine.describe_machine()
    yield Finding("machine", "ok", f"{facts['cpu']}, {facts['cores']} cores")
    yield Finding("python", "ok", platform.python_version())
    yield _packages()
    yield from _data()
    yield _store()
    yield _study()
    yield _chromium()


def pins(text: str) -> dict[str, str]:
    """Return package -> version that a lock pins for this Python and system."""
    found = {}
    for line in re.findall(r"^[a-zA-Z0-9][^\\\n]*", text, flags=re.M):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            (pin,) = requirement.specifier
            found[canonicalize_name(requirement.name)] = pin.version
    return found


def _packages() -> Finding:
    lock = paths.root() / "requirements.lock"
    if not lock.is_file():
        return Finding("packages", "note", f"{lock} is missing: versions are not compared")
    wanted = pins(lock.read_text(encoding="utf-8"))
    there = {name: machine.installed(name) for name in wanted}
    differ = [
        f"{name} {there[name] or 'missing'} (lock: {version})"
        for name, version in wanted.items()
        if there[name] != version
    ]
    if not differ:
        return Finding("packages", "ok", f"all {len(wanted)} as in requirements.lock")
    shown = ", ".join(differ[:8]) + (f" and {len(differ) - 8} more" if differ[8:] else "")
    return Finding("packages", "note", f"not as in requirements.lock: {shown}")


def _data() -> Iterator[Finding]:
    from mnistlib import data

    by_folder: dict[str, list[dict]] = {}
    for row in data.verify():
        by_folder.setdefault(row["folder"], []).append(row)
    for folder, rows in by_folder.items():
        states = {row["state"] for row in rows}
        if states == {"good"}:
            yield Finding("data", "ok", f"MNIST is in {folder}, every file as published")
            return
        if "broken" in states:
            problem = next(row["problem"] for row in rows if row["state"] == "broken")
            yield Finding("data", "wrong", problem)
            return
    yield Finding(
        "data", "note", "MNIST is not on this machine: `mnistlib data fetch` downloads it"
    )


def _store() -> Finding:
    from mnistlib.runs.store import Store

    folder = paths.store_dir()
    count = len(Store(folder).keys())
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(nearest, os.W_OK):
        return Finding(
            "run store",
            "wrong",
            f"{folder} cannot be written: set MNISTLIB_RUNS to another",
        )
    free = shutil.disk_usage(nearest).free / 2**30
    return Finding("run store", "ok", f"{count} records in {folder}, {free:.0f} GiB free")


def _study() -> Finding:
    from mnistlib.study.plan import load_study

    try:
        study = load_study()
    except MnistlibError as error:
        return Finding("study", "wrong", str(error))
    text = f"{', '.join(study.notebooks)}; profiles {', '.join(study.profiles)}"
    return Finding("study", "ok", text)


def _chromium() -> Finding:
    path = next((found for name in _CHROMIUMS if (found := shutil.which(name))), None)
    if path is None:
        return Finding("browser", "note", "no Chromium: the browser tests are skipped")
    return Finding("browser", "ok", path)
