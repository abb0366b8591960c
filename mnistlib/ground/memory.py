"""Memory of this process and of this machine."""

import contextlib
import os
from pathlib import Path

import psutil

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_CGROUP = Path("/sys/fs/cgroup")


def available_bytes() -> int:
    """Return the memory that new processes may take without swapping.

    It is what the system calls available, or what is left of the control group's limit
    (Linux, version 2: containers and batch jobs) where that is less.
    """
    available = psutil.virtual_memory().available
    try:
        limit = (_CGROUP / "memory.max").read_text().strip()
        used = int((_CGROUP / "memory.current").read_text())
    except OSError:
        return available
    return available if limit == "max" else min(available, max(0, int(limit) - used))


def forget_peak() -> None:
    """Make `peak_mb` count from now on, where the system can (Linux)."""
    with contextlib.suppress(OSError):
        _CLEAR.write_text("5")


def peak_mb() -> int:
    """Return the most memory (resident, in 10^6 bytes) that this process had for itself.

    On Linux it counts from `forget_peak` on, and without the pages of files (libraries,
    mapped images), of which all processes share one copy; TensorFlow's are half a GB.
    Elsewhere it is all, from the process's start.
    """
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
        kib = dict(line.split()[:2] for line in lines if line.endswith("kB"))
        return round((int(kib["VmHWM:"]) - int(kib["RssFile:"])) * 1024 / 1e6)
    except (OSError, KeyError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        # macOS counts bytes, the others KiB.
        return round(peak * (1 if os.uname().sysname == "Darwin" else 1024) / 1e6)
