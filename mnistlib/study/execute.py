"""One notebook through papermill: its executed copy, or one line that says what failed."""

import logging
import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mnistlib.ground.errors import StudyError
from mnistlib.ground.files import write_whole
from mnistlib.ground.notebook import (
    INJECTED,
    clean,
    quick_imports,
    read_notebook,
    tagged_parameters,
    without_folders,
)
from mnistlib.ground.turns import remove
from mnistlib.study.last_resort import write_log
from mnistlib.study.screen import Screen

KERNEL_STARTS = 3
PROGRESS = "progress.jsonl"


@dataclass(frozen=True)
class Outcome:
    """How one notebook ended.

    Args:
        seconds: wall time, with the kernel's start.
        error: one line, None when every cell ran.
        log: the file with all that is known of the error.
    """

    seconds: float
    error: str | None = None
    log: str | None = None


def run_notebook(
    source: Path, target: Path, failed: Path, parameters: dict, scratch: Path
) -> Outcome:
    """Execute a notebook; put the executed copy at its place only when every cell ran.

    A failed copy goes to another folder; a good copy from before stays as it was.

    Args:
        source: the notebook with a cell tagged ``parameters``.
        target: where the executed copy goes; the folder is made.
        failed: the folder of failed copies and their tracebacks.
        parameters: values that replace defaults.
        scratch: the kernels' folder, as `kernels` gives it.
    """
    with quick_imports():
        import papermill
    from traitlets.config import Config

    for library in ("papermill", "traitlets"):  # what they log is in their errors, too
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    name = source.stem
    temporary = scratch / target.name
    start = time.perf_counter()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        cells = len(read_notebook(source).cells) + bool(parameters)
        with Screen(name, cells, scratch / PROGRESS) as screen:
            _start_again(
                papermill.execute_notebook,
                str(source),
                str(temporary),
                parameters=parameters,
                progress_bar=False,
                on_cell_start=lambda cell, cell_index: screen.cell(cell_index),
                # Else every kernel warns that its local sockets are not encrypted.
                config=Config({"KernelManager": {"transport_encryption": "auto"}}),
            )
        notebook = read_notebook(temporary)
        _check_effective(notebook, parameters)
        clean(notebook)
        _write(notebook, target)
    except papermill.PapermillExecutionError as error:
        kept = failed / target.name
        failed.mkdir(parents=True, exist_ok=True)
        shutil.move(temporary, kept)  # the two may lie on two file systems
        cell = read_notebook(kept).cells[error.cell_index + 2]  # after two error banners
        line = f"cell {cell.get('id')!r} raised {error.ename}: {_first_line(error.evalue)}"
        text = f"{name}, cell {cell.get('id')!r} ({kept}):\n\n{_traceback(error)}"
        return Outcome(time.perf_counter() - start, line, write_log(text, failed, name))
    except Exception as error:
        # A kernel that dies, say: the other notebooks go on.
        line = f"{type(error).__name__}: {_first_line(str(error))}"
        return Outcome(time.perf_counter() - start, line, write_log(error, failed, name))
    finally:
        temporary.unlink(missing_ok=True)
    return Outcome(time.perf_counter() - start)


@contextmanager
def kernels(variables: dict[str, str], scratch: Path) -> Iterator[None]:
    """Give kernels their variables; end them and their workers when this process is to end.

    papermill alone would wait for a kernel, and one that is killed leaves its workers a
    second more. A kernel whose parent is gone ends by itself.

    Args:
        variables: on top of this process's own.
        scratch: a folder that is made, and removed at the end; after a SIGKILL, which
            nobody can hear, it stays for the next study to remove.
    """
    remove(scratch)
    # A person's start-up files and figure styles stay out, and so do notes of a kernel's
    # end. matplotlib's own folder stays where it is: its list of fonts takes seconds.
    settings = scratch / "ipython" / "profile_default" / "ipython_kernel_config.py"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        "import logging\nlogging.getLogger('asyncio').setLevel(50)\n"
        "c.IPKernelApp.log_level = 50\n"
    )
    style = scratch / "matplotlibrc"
    style.touch()
    before, handlers = dict(os.environ), {}
    os.environ.update(
        variables,
        IPYTHONDIR=str(scratch / "ipython"),
        MATPLOTLIBRC=str(style),
        MNISTLIB_PROGRESS=str(scratch / PROGRESS),
    )
    try:
        if threading.current_thread() is threading.main_thread():
            for number in signal.valid_signals():
                if signal.getsignal(number) is signal.default_int_handler:
                    handlers[number] = signal.signal(number, _stop)
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(scratch, ignore_errors=True)


def _stop(*_) -> None:
    """Kill kernels and workers; the run store survives that.

    Their resource tracker is spared: it clears the shared memory by itself.
    """
    import psutil

    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if not any("resource_tracker" in part for part in process.cmdline()):
                process.kill()
    raise KeyboardInterrupt


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

    write_whole(path, nbformat.writes(notebook))


def _traceback(error) -> str:
    text = "\n".join(error.traceback) or f"{error.ename}: {error.evalue}"
    return without_folders(re.sub(r"\x1b\[[0-9;]*m", "", text))


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
