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

_OURS = ("MNISTLIB_", "KERAS_BACKEND")
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
    for look in (_packages, _settings, _data, _store, _study, _chromium):
        try:
            yield from look()
        except (MnistlibError, OSError) as error:
            yield Finding(look.__name__.strip("_"), "wrong", str(error))


def pins(text: str) -> dict[str, str]:
    """Return package -> version that a lock pins for this Python and system."""
    found = {}
    for line in re.findall(r"^[a-zA-Z0-9][^\\\n]*", text, flags=re.M):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            (pin,) = requirement.specifier
            found[canonicalize_name(requirement.name)] = pin.version
    return found


def _packages() -> Iterator[Finding]:
    lock = paths.root() / "requirements.lock"
    try:
        wanted = pins(lock.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        text = f"versions are not compared: {lock} cannot be read ({error})"
        yield Finding("packages", "note", text)
        return
    there = {name: machine.installed(name) for name in wanted}
    differ = [
        f"{name} {there[name] or 'missing'} (lock: {version})"
        for name, version in wanted.items()
        if there[name] != version
    ]
    if not differ:
        yield Finding("packages", "ok", f"all {len(wanted)} as in requirements.lock")
        return
    shown = ", ".join(differ[:8]) + (f" and {len(differ) - 8} more" if differ[8:] else "")
    yield Finding("packages", "note", f"not as in requirements.lock: {shown}")


def _settings() -> Iterator[Finding]:
    """Look at the variables that a study would read, as it would."""
    from mnistlib.study import environment

    found = [str(problem) for problem in environment.problems()]
    for text in found:
        yield Finding("settings", "wrong", text)
    if not found:
        names = sorted(n for n in os.environ if n.startswith(_OURS))
        yield Finding("settings", "ok", ", ".join(names) or "no variable is set")


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


def _store() -> Iterator[Finding]:
    from mnistlib.runs.store import Store

    folder = paths.store_dir()
    count = len(Store(folder).keys())
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(nearest, os.W_OK):
        text = f"{folder} cannot be written: set MNISTLIB_RUNS to another"
        yield Finding("run store", "wrong", text)
        return
    free = shutil.disk_usage(nearest).free / 2**30
    yield Finding("run store", "ok", f"{count} records in {folder}, {free:.0f} GiB free")


def _study() -> Iterator[Finding]:
    from mnistlib.study.plan import load_study

    study = load_study()
    text = f"{', '.join(study.notebooks)}; profiles {', '.join(study.profiles)}"
    yield Finding("study", "ok", text)


def _chromium() -> Iterator[Finding]:
    path = next((found for name in _CHROMIUMS if (found := shutil.which(name))), None)
    if path is None:
        yield Finding("browser", "note", "no Chromium: the browser tests are skipped")
    else:
        yield Finding("browser", "ok", path)
