"""What a study says of the machine, the software and the code that it ran on."""

import os
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mnistlib.ground.paths import root

# What decides numbers and pages; the lock has the rest.
_PACKAGES = [
    "mnistlib",
    "tensorflow",
    "keras",
    "numpy",
    "scipy",
    "scikit-learn",
    "statsmodels",
    "pandas",
    "matplotlib",
    "papermill",
    "jupyter-book",
    "sphinx",
    "myst-nb",
]
_CODE = ["study.yaml", "mnistlib", "notebooks", "requirements.lock"]


def installed(package: str) -> str | None:
    """Return a package's installed version, None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def versions() -> dict[str, str | None]:
    """Return the versions of Python and of the packages that decide the results."""
    return {"python": platform.python_version()} | {p: installed(p) for p in _PACKAGES}


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_model() -> str:
    """Return the processor's name as the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if "model name" in line]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def describe_machine() -> dict:
    """Return the system, the processor and its cores; nothing that names the machine."""
    return {"system": platform.system(), "cpu": cpu_model(), "cores": cores()}


def code_state() -> dict:
    """Return the commit, and whether the code differs from it; None without git.

    Only what decides results counts as a difference: the library, the notebooks, the plan
    and the lock, not the generated pages.
    """
    state = commit_of(root(), _CODE)
    return state | {"commit": state["commit"] and state["commit"][:12]}


def commit_of(folder: Path, files: Sequence[str]) -> dict:
    """Return the commit that some files belong to, and whether they differ from it.

    A commit says something of files only where git tracks them: a copy without a
    repository of its own (a ZIP) that was unpacked inside another one has no commit.

    Args:
        folder: where git is asked.
        files: names below it; the first one must be tracked, all may differ.

    Returns:
        ``commit`` (40 hexadecimal digits) and ``dirty``; both None without git, outside
        a repository, or where the first file is not tracked.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None or not _git(folder, "ls-files", "--", files[0]):
        return {"commit": None, "dirty": None}
    changed = _git(folder, "status", "--porcelain", "--", *files)
    return {"commit": commit, "dirty": None if changed is None else bool(changed)}


def _git(folder: Path, *command: str) -> str | None:
    """Return what git prints; None where there is none, or it fails."""
    # A hook of another repository hands that one on in these variables.
    others = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX")
    environment = {k: v for k, v in os.environ.items() if k not in others}
    try:
        done = subprocess.run(
            ["git", *command],
            cwd=folder,
            env=environment | {"GIT_OPTIONAL_LOCKS": "0"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
