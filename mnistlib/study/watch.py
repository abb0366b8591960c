"""What a person sees while notebooks run: a bar each on a terminal, plain lines in a log.

Each running notebook appends JSON lines to a file: one a cell from the runner, one a run
from the library (``$MNISTLIB_PROGRESS``).
"""

import json
import sys
import threading
import time
from pathlib import Path

from mnistlib.runs import progress

_POLL_SECONDS = 0.5
_LINE_SECONDS = 30
# No rate: cells are not alike.
_BAR = "{desc}: cell {n_fmt} of {total_fmt} |{bar:20}| {elapsed}{postfix}"


class Watch:
    """Show how far the notebooks are; use it in a ``with`` statement.

    Args:
        folder: where the progress files lie, ``<notebook>.jsonl``.
        names: the notebooks.
    """

    def __init__(self, folder: Path, names: list[str]):
        self.folder = folder
        self._names = names
        self._terminal = sys.stderr.isatty()
        self._bars: dict = {}
        self._last: dict[str, str] = {}
        self._told = time.monotonic()
        self._stop = threading.Event()
        self._lock = threading.RLock()
        self._thread = threading.Thread(target=self._loop, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        for bar in self._bars.values():
            bar.close()

    def file(self, name: str) -> Path:
        """Return the progress file of a notebook."""
        return self.folder / f"{name}.jsonl"

    def say(self, text: str) -> None:
        """Write lines to stderr without tearing a bar."""
        from tqdm import tqdm

        with self._lock:
            tqdm.write(text, file=sys.stderr)
            sys.stderr.flush()

    def done(self, name: str) -> None:
        """Take a notebook off the screen."""
        with self._lock:
            self.file(name).unlink(missing_ok=True)
            if bar := self._bars.pop(name, None):
                bar.close()

    def _loop(self) -> None:
        while not self._stop.wait(_POLL_SECONDS):
            with self._lock:
                states = {name: state(self.file(name)) for name in self._names}
                running = {name: steps for name, steps in states.items() if steps}
                if self._terminal:
                    self._draw(running)
                elif time.monotonic() - self._told > _LINE_SECONDS:
                    self._told = time.monotonic()
                    for name, steps in running.items():
                        self._tell(name, describe(steps))

    def _tell(self, name: str, text: str) -> None:
        if self._last.get(name) != text:
            self._last[name] = text
            self.say(f"{name}: {text}")

    def _draw(self, running: dict[str, dict]) -> None:
        from tqdm import tqdm

        for name, steps in running.items():
            cells = steps.get("cells", {"done": 0, "total": 0})
            if name not in self._bars:
                self._bars[name] = tqdm(
                    desc=name, total=cells["total"], leave=False, bar_format=_BAR
                )
            bar = self._bars[name]
            bar.n = cells["done"]
            bar.set_postfix_str(describe(steps, cells=False))


def state(path: Path) -> dict[str, dict]:
    """Return the last step of each kind in a progress file, empty when there is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    steps: dict[str, dict] = {}
    for line in lines:
        try:
            step = json.loads(line)
        except ValueError:
            continue  # a line that is being written
        if step["what"] == "cells":
            steps = {}  # the runs of an earlier cell are over
        steps[step["what"]] = step
    return steps


def describe(steps: dict[str, dict], cells: bool = True) -> str:
    """Return progress as text: ``cell 7 of 21; runs 12 of 40 (2 running, ...)``."""
    parts = []
    for what, step in steps.items():
        if what == "cells":
            if cells:
                parts.append(f"cell {step['done'] + 1} of {step['total']}")
        else:
            state = progress.describe(step)
            parts.append(f"{what} {step['done']} of {step['total']} ({state})")
    return "; ".join(parts)
