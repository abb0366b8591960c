"""Notebooks side by side: each in a process of its own, stopped with all it started."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mnistlib.study.execute import Outcome
from mnistlib.study.plan import Job
from mnistlib.study.watch import Watch

_POLL_SECONDS = 0.1
_GRACE_SECONDS = 10
_LAST_LINES = 20


@dataclass
class _Running:
    job: Job
    process: subprocess.Popen
    answer: IO
    said: IO
    start: float

    def outcome(self) -> Outcome:
        self.process.stdin.close()
        with self.answer as file:
            file.seek(0)
            text = file.read().strip()
        if text:
            return Outcome(**json.loads(text.splitlines()[-1]))
        line = f"its process ended with code {self.process.returncode} and no answer"
        seconds = time.perf_counter() - self.start
        return Outcome(self.job.name, seconds, line, f"{self.job.name}: {line}")

    def last_words(self) -> str:
        """Return the end of what the process and its kernel wrote to stderr."""
        with self.said as file:
            file.seek(0)
            return "\n".join(file.read().splitlines()[-_LAST_LINES:])


def outcomes(
    jobs: list[Job], target: Path, failed: Path, at_a_time: int, environment: dict[str, str]
) -> Iterator[tuple[Job, Outcome]]:
    """Run notebooks and yield each with its outcome as it ends.

    Progress and tracebacks go to stderr. Whatever ends the iteration early (Ctrl-C, an
    exception) stops the notebooks that still run, with their kernels and workers.

    Args:
        jobs: what to run, in order.
        target: folder of the executed copies.
        failed: folder of the failed copies.
        at_a_time: processes.
        environment: variables on top of this process's own.
    """
    waiting, running = list(jobs), []
    names = [job.name for job in jobs]
    with tempfile.TemporaryDirectory() as scratch, Watch(Path(scratch), names) as watch:
        environment = environment | _no_one_s_settings(Path(scratch))
        try:
            while waiting or running:
                while waiting and len(running) < at_a_time:
                    job = waiting.pop(0)
                    running.append(_start(job, target, failed, environment, watch))
                ended = [one for one in running if one.process.poll() is not None]
                for one in ended:
                    running.remove(one)
                    outcome = one.outcome()
                    watch.done(one.job.name)
                    words = one.last_words()
                    watch.say(_line(outcome, words))
                    yield one.job, outcome
                if not ended:
                    time.sleep(_POLL_SECONDS)
        finally:
            _stop(running)


def _no_one_s_settings(scratch: Path) -> dict[str, str]:
    """Return variables that keep a person's start-up files and figure styles out.

    matplotlib's own folder stays where it is: its list of fonts takes seconds to make.
    """
    style = scratch / "matplotlibrc"
    style.touch()
    return {"IPYTHONDIR": str(scratch / "ipython"), "MATPLOTLIBRC": str(style)}


def _start(job: Job, target: Path, failed: Path, environment, watch: Watch) -> _Running:
    answer, said = _temporary_file(), _temporary_file()
    process = subprocess.Popen(
        [sys.executable, "-m", "mnistlib.study.execute"],
        stdin=subprocess.PIPE,
        stdout=answer,
        # Kernels write notes there as they end; they matter when a notebook failed.
        stderr=said,
        text=True,
        env=os.environ | environment | {"MNISTLIB_PROGRESS": str(watch.file(job.name))},
        # Ctrl-C reaches this process alone, which then stops the others in order.
        start_new_session=True,
    )
    order = {
        "source": str(job.source),
        "target": str(target / f"{job.name}.ipynb"),
        "failed": str(failed),
        "progress": str(watch.file(job.name)),
        "parameters": job.parameters,
    }
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.flush()
    watch.say(f"{job.name}: started")
    return _Running(job, process, answer, said, time.perf_counter())


def _temporary_file() -> IO:
    """Return a file for a process to write to: a pipe could fill up and block it."""
    return tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")


def _stop(running: list[_Running]) -> None:
    for one in running:
        one.process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + _GRACE_SECONDS
    for one in running:
        try:
            one.process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(one.process.pid, signal.SIGKILL)
            one.process.wait()


def _line(outcome: Outcome, last_words: str) -> str:
    if outcome.error:
        words = f"\nIts process wrote:\n{last_words}" if last_words else ""
        return f"\n{outcome.traceback}{words}\n{outcome.name}: FAILED, {outcome.error}"
    return f"{outcome.name}: done in {outcome.seconds:.1f} s"
