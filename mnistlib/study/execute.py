"""One notebook through papermill, in a process of its own.

The job comes as one JSON line on stdin, the outcome goes as one to stdout. Stdin stays
open: when it closes, whoever started this process is gone, and the notebook is stopped.
"""

import contextlib
import json
import os
import re
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from mnistlib.ground.errors import StudyError
from mnistlib.ground.notebook import (
    INJECTED,
    clean,
    quick_imports,
    read_notebook,
    tagged_parameters,
    without_folders,
)

KERNEL_STARTS = 3


@dataclass(frozen=True)
class Outcome:
    """How one notebook ended.

    Args:
        name: the notebook, without ``.ipynb``.
        seconds: wall time, with the kernel's start.
        error: one line, None when every cell ran.
        traceback: the failed cell and what it raised, for a person; None when none failed.
    """

    name: str
    seconds: float
    error: str | None = None
    traceback: str | None = None


def run_notebook(
    source: Path, target: Path, failed: Path, parameters: dict, progress: Path | None = None
) -> Outcome:
    """Execute a notebook; put the executed copy at its place only when every cell ran.

    A failed copy goes to another folder; a good copy from before stays as it was.

    Args:
        source: the notebook with a cell tagged ``parameters``.
        target: where the executed copy goes; the folder is made.
        failed: the folder of failed copies.
        parameters: values that replace defaults.
        progress: a file to which a JSON line a cell is appended, as the library appends
            one a run; None for none.
    """
    with quick_imports():
        import papermill
    from traitlets.config import Config

    name = source.stem
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{name}.{os.getpid()}.ipynb")
    start = time.perf_counter()
    cells = len(read_notebook(source).cells) + bool(parameters)
    try:
        _start_again(
            papermill.execute_notebook,
            str(source),
            str(temporary),
            parameters=parameters,
            progress_bar=False,
            on_cell_start=lambda cell, cell_index: _tell(progress, cell, cell_index, cells),
            # Else every kernel warns on stderr that its local sockets are not encrypted.
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        )
        notebook = read_notebook(temporary)
        _check_effective(notebook, parameters)
        clean(notebook)
        _write(notebook, temporary)
        os.replace(temporary, target)
    except papermill.PapermillExecutionError as error:
        kept = failed / target.name
        failed.mkdir(parents=True, exist_ok=True)
        os.replace(temporary, kept)
        cell = read_notebook(kept).cells[error.cell_index + 2]  # after two error banners
        line = f"cell {cell.get('id')!r} raised {error.ename}: {_first_line(error.evalue)}"
        text = f"{name}, cell {cell.get('id')!r} ({kept}):\n\n{_traceback(error)}"
        return Outcome(name, time.perf_counter() - start, line, text)
    except Exception as error:
        # A kernel that dies, a full disk: the other notebooks go on.
        line = f"{type(error).__name__}: {_first_line(str(error))}"
        return Outcome(name, time.perf_counter() - start, line, f"{name}: {error}")
    finally:
        temporary.unlink(missing_ok=True)
    return Outcome(name, time.perf_counter() - start)


def _start_again(execute, *args, **kwargs):
    """Call a function that starts a kernel; try again when the kernel did not come up.

    Another process may take a kernel's port between its choice and its use.
    """
    for _ in range(KERNEL_STARTS - 1):
        try:
            return execute(*args, **kwargs)
        except RuntimeError as error:
            if "died before replying" not in str(error):
                raise
    return execute(*args, **kwargs)


def _check_effective(notebook, asked: dict) -> None:
    """Refuse a copy whose parameter cells do not say what was asked for."""
    said = (tagged_parameters(notebook) or {}) | (
        tagged_parameters(notebook, INJECTED) or {}
    )
    for name, value in asked.items():
        if name not in said or said[name] != value or type(said[name]) is not type(value):
            raise StudyError(
                "the executed notebook must hold the parameters that were asked for. "
                f"Received: {name}={said.get(name)!r} instead of {value!r}"
            )


def _write(notebook, path: Path) -> None:
    import nbformat

    path.write_text(nbformat.writes(notebook), encoding="utf-8")


def _traceback(error) -> str:
    text = "\n".join(error.traceback) or f"{error.ename}: {error.evalue}"
    return without_folders(re.sub(r"\x1b\[[0-9;]*m", "", text))


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def _tell(progress: Path | None, cell, cell_index: int, total: int) -> None:
    if progress is None:
        return
    label = cell.get("id", "")
    step = {"what": "cells", "done": cell_index, "total": total, "label": label}
    with open(progress, "a", encoding="utf-8") as file:
        file.write(json.dumps(step) + "\n")


def _stop(*_) -> None:
    """Kill the kernel and its workers, then leave; the run store survives that.

    papermill alone would wait for the kernel, and a kernel's end leaves its workers
    training. Their resource tracker is spared: it clears the shared memory by itself.
    """
    import psutil

    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if not any("resource_tracker" in part for part in process.cmdline()):
                process.kill()
    raise KeyboardInterrupt


def _stop_with_the_parent() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGINT)


def main() -> None:
    """Run the job on stdin; say how it ended on stdout."""
    signal.signal(signal.SIGINT, _stop)
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=_stop_with_the_parent, daemon=True).start()
    paths = {name: Path(job[name]) for name in ("source", "target", "failed", "progress")}
    try:
        outcome = run_notebook(parameters=job["parameters"], **paths)
    except KeyboardInterrupt:
        os._exit(130)
    print(json.dumps(asdict(outcome)), flush=True)
    os._exit(0)  # without waiting for the thread that reads stdin


if __name__ == "__main__":
    main()
