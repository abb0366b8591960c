"""What a person sees while a notebook runs: a bar on a terminal, plain lines in a log."""

import json
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from mnistlib.runs import progress

_POLL_SECONDS = 0.5
_LINE_SECONDS = 30
# No rate: cells are not alike.
_BAR = "{desc}: cell {n_fmt} of {total_fmt} |{bar:20}| {elapsed}{postfix}"


class Screen:
    """Show how far a notebook and its runs are; use it in a ``with`` statement.

    The library appends a JSON line a run to the file ``$MNISTLIB_PROGRESS``.

    Args:
        name: the notebook.
        cells: how many it has.
        runs: the file to which its kernel appends.
    """

    def __init__(self, name: str, cells: int, runs: Path):
        self._name, self._cells, self._runs, self._at = name, cells, runs, 0
        self._last, self._said = "", time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)

    def __enter__(self):
        from tqdm import tqdm

        self._terminal = sys.stderr.isatty()
        self._bar = tqdm(
            desc=self._name,
            total=self._cells,
            leave=False,
            bar_format=_BAR,
            disable=not self._terminal,
        )
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        self._bar.close()

    def cell(self, index: int) -> None:
        """Take note that a cell starts; the runs of the one before are over."""
        self._at = self._bar.n = index
        self._runs.unlink(missing_ok=True)

    def _loop(self) -> None:
        while not self._ended.wait(_POLL_SECONDS):
            with suppress(OSError):  # a closed terminal
                runs = last_step(self._runs)
                if self._terminal:
                    self._bar.set_postfix_str(runs)
                elif time.monotonic() - self._said > _LINE_SECONDS:
                    self._said = time.monotonic()
                    self._say(f"cell {self._at + 1} of {self._cells}; {runs}".rstrip("; "))

    def _say(self, text: str) -> None:
        if text != self._last:
            self._last = text
            print(f"{self._name}: {text}", file=sys.stderr, flush=True)


def last_step(path: Path) -> str:
    """Return a progress file's last whole line as text: ``runs 12 of 40 (2 running)``."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ""
    for line in reversed(lines):
        with suppress(ValueError):  # a line that is being written
            step = json.loads(line)
            state = progress.describe(step)
            return f"{step['what']} {step['done']} of {step['total']} ({state})"
    return ""
