"""How far a sweep of runs is: a bar for a person, plain lines for a log, JSON for a runner.

``$MNISTLIB_PROGRESS`` decides: ``off``; a file's path, to which one JSON line a step is
appended (the study's runner reads it); unset, a bar where a person watches (a terminal or
a Jupyter notebook) and plain lines on stderr elsewhere.
"""

import json
import os
import sys
import time


class Progress:
    """Report ``done`` of ``total`` steps; use it in a ``with`` statement.

    Args:
        total: number of steps.
        what: plural noun of a step, such as ``"runs"``.
    """

    def __init__(self, total: int, what: str):
        self.total, self.what, self.done = total, what, 0
        self._setting = os.environ.get("MNISTLIB_PROGRESS", "")
        self._bar = None
        self._last_line = time.monotonic()

    def __enter__(self):
        if not self._setting and self.total and (sys.stderr.isatty() or _in_jupyter()):
            from tqdm.auto import tqdm

            self._bar = tqdm(total=self.total, unit=self.what, leave=False)
        return self

    def advance(self, label: str) -> None:
        """Count one finished step and say which."""
        self.done += 1
        if self._bar is not None:
            self._bar.update()
            self._bar.set_postfix_str(label, refresh=False)
        elif self._setting == "off":
            return
        elif self._setting:
            step = {
                "done": self.done,
                "total": self.total,
                "what": self.what,
                "label": label,
            }
            with open(self._setting, "a", encoding="utf-8") as file:
                file.write(json.dumps(step) + "\n")
        elif not _in_jupyter() and (self._due() or self.done == self.total):
            print(f"{self.what}: {self.done} of {self.total} ({label})", file=sys.stderr)

    def _due(self) -> bool:
        """Return True at most once in five seconds, so that a log stays short."""
        now = time.monotonic()
        if now - self._last_line < 5:
            return False
        self._last_line = now
        return True

    def __exit__(self, *_):
        if self._bar is not None:
            self._bar.close()


def _in_jupyter() -> bool:
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None
