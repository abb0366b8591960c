"""What a picture might do to the process that reads it; imported by that process."""

import os
import re
import signal
import time

from mnistlib.ground.errors import PhotoError

_NESTED = re.compile("(a+)+$")


def ready() -> None:
    """Nothing needs to be prepared."""


def never_ready() -> None:
    """End before any work, as where a package is broken."""
    os._exit(3)


def stuck() -> None:
    """Never begin to work."""
    time.sleep(1000)


def work(what: str):
    """Return the process's number, or do what is asked."""
    if what == "refuse":
        raise PhotoError("a photo must show a digit")
    if what == "fail":
        raise ValueError("a bug")
    if what == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "sleep":
        time.sleep(1000)
    if what == "compute":  # in C, with Python's lock held: no thread could interrupt it
        _NESTED.match("a" * 60 + "b")
    return os.getpid()
