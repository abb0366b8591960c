"""How far a sweep of runs is: a bar for a person, plain lines for a log, JSON for a runner.

``$MNISTLIB_PROGRESS`` decides: ``off``; a file's path, to which one JSON line a step is
appended (the study's runner reads it); unset, a bar where a person watches (a terminal or
a Jupyter notebook) and plain lines on stderr elsewhere.
"""

import json
import os
import sys
import time

_BAR = "{desc}: {n_fmt} of {total_fmt} |{bar:20}| {elapsed}{postfix}"
_LINE_SECONDS = 5


class Progress:
    """Report ``done`` of ``total`` steps; use it in a ``with`` statement.

    Args:
        total: number of steps.
        what: plural noun of a step, such as ``"runs"``.

    Attributes:
        done: steps that ended, the failed ones among them.
        failed: steps that ended with an error.
        running: steps under way.
        peak_memory_mb: the largest of any step's process; None when unknown.
    """

    def __init__(self, total: int, what: str):
        self.total, self.what, self.done = total, what, 0
        self.failed, self.running, self.peak_memory_mb = 0, 0, None
        self._setting = os.environ.get("MNISTLIB_PROGRESS", "")
        self._bar = None
        self._started = self._last_line = time.monotonic()

    def __enter__(self):
        if not self._setting and self.total and (sys.stderr.isatty() or _in_jupyter()):
            from tqdm.auto import tqdm

            self._bar = tqdm(desc=self.what, total=self.total, leave=False, bar_format=_BAR)
        return self

    def show(self, running: int) -> None:
        """Say how many steps are under way; called while one waits for them."""
        changed, self.running = running != self.running, running
        if self._bar is not None:
            self._bar.set_postfix_str(describe(self.facts("")), refresh=True)
        elif changed and self._setting not in ("", "off"):
            self._append("")

    def advance(
        self, label: str, failed: bool = False, peak_memory_mb: int | None = None
    ) -> None:
        """Count one finished step and say which."""
        self.done += 1
        self.failed += failed
        self.running = max(0, self.running - 1)
        if peak_memory_mb:
            self.peak_memory_mb = max(peak_memory_mb, self.peak_memory_mb or 0)
        if self._bar is not None:
            self._bar.n = self.done
            self._bar.set_postfix_str(describe(self.facts(label)), refresh=True)
        elif self._setting == "off":
            return
        elif self._setting:
            self._append(label)
        elif not _in_jupyter() and (self._due() or self.done == self.total):
            state = f"{self.what}: {self.done} of {self.total}"
            print(f"{state}, {describe(self.facts(label))}", file=sys.stderr, flush=True)

    def _append(self, label: str) -> None:
        with open(self._setting, "a", encoding="utf-8") as file:
            file.write(json.dumps(self.facts(label)) + "\n")

    def facts(self, label: str) -> dict:
        """Return the state as JSON values; ``seconds_left`` assumes steps alike."""
        elapsed = time.monotonic() - self._started
        left = elapsed / self.done * (self.total - self.done) if self.done else None
        return {
            "done": self.done,
            "total": self.total,
            "what": self.what,
            "label": label,
            "running": self.running,
            "failed": self.failed,
            "seconds_left": left if left is None else round(left, 1),
            "peak_memory_mb": self.peak_memory_mb,
        }

    def _due(self) -> bool:
        """Return True at most once in five seconds, so that a log stays short."""
        now = time.monotonic()
        if now - self._last_line < _LINE_SECONDS:
            return False
        self._last_line = now
        return True

    def __exit__(self, *_):
        if self._bar is not None:
            self._bar.close()


def describe(facts: dict) -> str:
    """Return what is to be said beside the count: running, failed, time, memory, label."""
    parts = []
    if facts.get("running"):
        parts.append(f"{facts['running']} running")
    if facts.get("failed"):
        parts.append(f"{facts['failed']} failed")
    if facts.get("seconds_left"):
        parts.append(f"{_duration(facts['seconds_left'])} left")
    if facts.get("peak_memory_mb"):
        parts.append(f"at most {facts['peak_memory_mb']} MB each")
    if facts["label"]:
        parts.append(facts["label"])
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _in_jupyter() -> bool:
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None
