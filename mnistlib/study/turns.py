"""Two commands that would write the same folder take turns."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def alone(folder: Path, what: str) -> Iterator[None]:
    """Hold a folder for this process; wait, and say so, while another one has it.

    The system lets go of it when the process ends, however it ends.

    Args:
        folder: it is made where it is not there.
        what: who else may have it, such as ``"study"``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"another {what} writes {folder}: waiting for its end", file=sys.stderr)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
