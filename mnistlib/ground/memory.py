"""Memory of this process and of this machine."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import psutil

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_CGROUPS, _OWN_CGROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
# Version -> folder; names of limit and use; the field of memory.stat for file pages.
_KINDS = {
    2: ("", "memory.max", "memory.current", "inactive_file"),
    1: ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


def available_bytes() -> int:
    """Return the memory that new processes may take without swapping.

    It is what the system calls available, or what is left of the limit of a control group
    (Linux: containers and batch jobs) that this process is in, where that is less. Pages
    of files that nobody used lately count as free: the system gives them up at once.
    """
    return min([psutil.virtual_memory().available, *_left_in_groups()])


def _left_in_groups() -> Iterator[int]:
    """Yield what is left of every limit from this process's group up to the top one."""
    try:
        lines = _OWN_CGROUPS.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        number, controllers, own = line.split(":", 2)
        if number == "0" or "memory" in controllers.split(","):
            top, *names = _KINDS[2 if number == "0" else 1]
            folder = Path(own.lstrip("/"))
            for part in (folder, *folder.parents):
                left = _left(_CGROUPS / top / part, *names)
                if left is not None:
                    yield left


def _left(group: Path, limit: str, used: str, cache: str) -> int | None:
    """Return what is left of a group's limit; None without the group or a limit."""
    try:
        left = int((group / limit).read_text()) - int((group / used).read_text())
    except (OSError, ValueError):  # "max" is no limit
        return None
    try:
        lines = (group / "memory.stat").read_text().splitlines()
        left += int(dict(line.split() for line in lines)[cache])
    except (OSError, ValueError, KeyError):
        pass  # the limit counts all the same
    return max(0, left)


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
