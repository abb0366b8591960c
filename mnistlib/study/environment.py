"""The environment variables that decide how a study runs, checked before it does."""

import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import mnistlib
from mnistlib.ground import backend, paths
from mnistlib.ground.errors import MnistlibError, StudyError


def check(scheduler: str | None = None) -> None:
    """Make sure that a study can run with the variables as they are.

    Args:
        scheduler: address of a Dask scheduler; None for ``$MNISTLIB_SCHEDULER``.

    Raises:
        MnistlibError: a variable has a value that cannot be used; one line says which.
    """
    for problem in problems(scheduler):
        raise problem


def problems(scheduler: str | None = None) -> Iterator[MnistlibError]:
    """Yield an error for each variable whose value cannot be used."""
    for one in (_root, _library, _backend, backend.portable, _runs, _workers):
        yield from _raised(one)
    if address := scheduler or os.environ.get("MNISTLIB_SCHEDULER"):
        from mnistlib.runs import cluster

        yield from _raised(lambda: cluster.check(address))


def _raised(call: Callable) -> Iterator[MnistlibError]:
    try:
        call()
    except MnistlibError as error:
        yield error


def _root() -> None:
    if (folder := os.environ.get("MNISTLIB_ROOT")) and not Path(folder).is_dir():
        raise StudyError(
            f"MNISTLIB_ROOT must be the project's folder. Received: {folder!r} (str), "
            "which is none; unset it, or name the folder with study.yaml"
        )


def _library() -> None:
    """Refuse to study one copy of the project with the library of another."""
    own, there = Path(mnistlib.__file__).resolve().parent, paths.root() / "mnistlib"
    if (there / "__init__.py").is_file() and there.resolve() != own:
        raise StudyError(
            "the library must be that of the project's own folder. Received: the library "
            f"in {own} for the project in {paths.root()}; start the command with `make` "
            "there, which makes an environment of its own"
        )


def _backend() -> None:
    name = backend.name()
    if find_spec(name) is None:
        raise StudyError(
            f"KERAS_BACKEND must name a backend that is installed. Received: {name!r} "
            "(str), which is not; install it, or unset the variable for tensorflow"
        )


def _runs() -> None:
    folder = paths.store_dir()
    if folder.exists() and not folder.is_dir():
        raise StudyError(
            f"the run records must lie in a folder. Received: {folder} (a file); choose "
            "another with MNISTLIB_RUNS"
        )


def _workers() -> None:
    from mnistlib.runs.workers import default_workers

    default_workers()
