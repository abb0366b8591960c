"""What a study says of the machine, the software and the code that it ran on."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version

from mnistlib.ground.paths import root

# What decides numbers and pages; the lock has the rest.
_PACKAGES = [
    "mnistlib",
    "tensorflow",
    "keras",
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "matplotlib",
    "papermill",
    "jupyter-book",
    "sphinx",
    "myst-nb",
]
_CODE = ["mnistlib", "notebooks", "study.yaml", "requirements.lock"]


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


def describe_machine() -> dict:
    """Return the system, the processor and its cores; nothing that names the machine."""
    from mnistlib.ground.backend import cpu_model

    return {
        "system": platform.system(),
        "cpu": cpu_model(),
        "cores": cores(),
    }


def code_state() -> dict:
    """Return the commit, and whether the code differs from it; None without git.

    Only what decides results counts as a difference: the library, the notebooks, the plan
    and the lock, not the generated pages.
    """
    commit = _git("rev-parse", "--short=12", "HEAD")
    if commit is None:
        return {"commit": None, "dirty": None}
    return {"commit": commit, "dirty": bool(_git("status", "--porcelain", "--", *_CODE))}


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root()), *arguments],
            capture_output=True,
            text=True,
            timeout=30,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
