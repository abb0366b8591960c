"""The only file that knows folders.

Notebook kernels start in different folders (papermill: the caller's, nbval: the
notebook's own), so nothing in the project builds a path from the working folder.
"""

import contextlib
import os
from pathlib import Path

_MARKER = "study.yaml"


def root() -> Path:
    """Return the project's folder.

    It is ``$MNISTLIB_ROOT`` when that is set; else the nearest folder, upwards from the
    working folder and then from this package, that holds ``study.yaml``; else the working
    folder (the library also works without the study around it).
    """
    explicit = os.environ.get("MNISTLIB_ROOT")
    if explicit:
        return absolute(explicit)
    for start in (Path.cwd(), Path(__file__).resolve().parent):
        for folder in (start, *start.parents):
            if (folder / _MARKER).is_file():
                return folder
    return Path.cwd()


def build_dir() -> Path:
    """Return the folder of everything that is generated and not committed."""
    return root() / "_build"


def published_runs_dir() -> Path:
    """Return the folder of the published study's run records (committed)."""
    return root() / "runs"


def models_dir() -> Path:
    """Return the folder of the trained networks that can be taken along (committed)."""
    return root() / "models"


def published_dir() -> Path:
    """Return the folder of the published, executed notebooks (committed)."""
    return root() / "book" / "notebooks"


def store_dir() -> Path:
    """Return the folder of run records: ``$MNISTLIB_RUNS``, else ``_build/runs``."""
    explicit = os.environ.get("MNISTLIB_RUNS")
    return absolute(explicit) if explicit else build_dir() / "runs"


def executed_dir() -> Path:
    """Return the folder of a study's executed notebooks, for one that reads the others.

    ``$MNISTLIB_EXECUTED``, which the study's runner sets, else the published ones.
    """
    explicit = os.environ.get("MNISTLIB_EXECUTED")
    return absolute(explicit) if explicit else published_dir()


def absolute(folder: str | os.PathLike) -> Path:
    """Return a folder's whole name, with ``~`` and links replaced where they can be.

    Unlike pathlib's ways it never raises: who uses the name finds out what is wrong.
    """
    return Path(os.path.realpath(os.path.expanduser(folder)))


def cache_dir() -> Path:
    """Return the user's cache folder for data; without a home, one below ``_build``."""
    import pooch

    # A user without an entry and without $HOME, as a container may have it.
    with contextlib.suppress(RuntimeError):
        folder = Path(pooch.os_cache("mnistlib"))
        if folder.is_absolute():
            return folder
    return build_dir() / "cache"


def data_dirs(explicit: str | os.PathLike | None = None) -> list[Path]:
    """Return the folders in which data files are looked for, best first.

    Args:
        explicit: a folder the caller named, or None.
    """
    named = [explicit, os.environ.get("MNISTLIB_DATA")]
    return [absolute(folder) for folder in named if folder] + [cache_dir()]
