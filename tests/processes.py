"""What tests of processes share: a run long enough to be met, patience, and signals."""

import signal
import time

from bench.fault_kills import TREE

# Half a second, and none of it in Python's own code.
FOREST = TREE.model_copy(
    update={"model": "random_forest", "model_args": {"n_estimators": 400}, "n_train": 300}
)


def wait_for(question, seconds: float = 60):
    """Ask until there is an answer, and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"nothing in {seconds} s")


def hear_signals() -> None:
    """In a new process: tests in the background hand down signals that are ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
