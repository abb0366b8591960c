"""A disk that fills up or may not be written: real file systems, in a process of its own.

Run as ``python -m bench.fault_disk FOLDER N`` it needs to be root in a mount namespace, so
call `measure`, which starts it in one, or says why it cannot.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.fault_kills import interrupted, tiny_specs
from mnistlib.ground.errors import MnistlibError
from mnistlib.runs import collect
from mnistlib.runs.store import Store

_NAMESPACES = (["unshare", "--mount"], ["unshare", "--map-root-user", "--mount"])


def namespace() -> list[str] | None:
    """Return the command that gives a process mounts of its own; None if none works."""
    for command in _NAMESPACES:
        if shutil.which(command[0]) is None:
            return None
        trial = [*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        if subprocess.run(trial, capture_output=True).returncode == 0:
            return command
    return None


def measure(folder: Path, n_sizes: int) -> dict | None:
    """Fill small disks to the last byte, then set one read-only; None where that cannot be.

    Args:
        folder: an empty folder to mount file systems on.
        n_sizes: how many sizes of disk are tried, from 8 KiB up.
    """
    command = namespace()
    if command is None:
        return None
    done = subprocess.run(
        [*command, sys.executable, "-m", "bench.fault_disk", str(folder), str(n_sizes)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=os.environ | {"MNISTLIB_PROGRESS": "off", "MNISTLIB_OFFLINE": "1"},
    )
    return json.loads(done.stdout)


def _mount(folder: Path, options: str) -> None:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    subprocess.run(command, check=True)


def complaint(action) -> str:
    """Return the words of the MnistlibError that an action raises, else ""."""
    try:
        action()
    except MnistlibError as error:
        return str(error)
    return ""


def full_disk(folder: Path, kib: int, counts: dict) -> None:
    """Sweep onto a disk of this size until it is full; make room; sweep again."""
    specs = tiny_specs(12)
    _mount(folder, f"size={kib}k,nr_inodes=200")
    store = Store(folder / "runs")
    said = complaint(lambda: collect(specs, store=store, workers=0))
    before = store.keys()
    counts["full_disks"] += len(before) < len(specs)
    counts["complaints"] += "No space left on device" in said
    counts["lines"] = max(counts["lines"], said.count("\n") + 1)
    counts["half_written"] += len(store.verify()) + interrupted(store)
    counts["finished"] += len(before)
    subprocess.run(["mount", "-o", "remount,size=8m", str(folder)], check=True)
    found = collect(specs, store=store, workers=0)
    counts["lost"] += len(set(before) - set(store.keys()))
    counts["unfinished"] += len(specs) - len(set(found.keys))
    subprocess.run(["umount", str(folder)], check=True)


def read_only(folder: Path) -> dict:
    """Fill a store, set its disk read-only, and try everything that reads or writes."""
    specs = tiny_specs(6)
    _mount(folder, "size=8m")
    store = Store(folder / "runs")
    collect(specs[:4], store=store, workers=0)
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    read = collect(specs[:4], store=store, workers=0).frame
    said = {
        "sweep": complaint(lambda: collect(specs, store=store, workers=0)),
        "put": complaint(lambda: store.put(_unstored(specs[4]))),
        "prune": complaint(lambda: store.prune(store.keys())),
        "new store": complaint(lambda: collect(specs, store=folder / "new", workers=0)),
    }
    broken = len(store.verify()) + interrupted(store)
    facts = {"read": len(read), "whole": len(store.keys()) - len(store.verify())}
    facts["half_written"] = broken
    subprocess.run(["umount", str(folder)], check=True)
    return facts | {"complaints": said}


def _unstored(spec):
    from mnistlib import data, runs

    return runs.execute(spec, data.load("digits"))


def main(folder: str, n_sizes: str) -> None:
    """Try both and print the counts as JSON."""
    names = ("full_disks", "complaints", "lines", "half_written", "finished", "lost")
    counts = dict.fromkeys((*names, "unfinished"), 0)
    for step in range(int(n_sizes)):
        full_disk(Path(folder), 8 + 2 * step, counts)
    print(json.dumps({"full_disk": counts, "read_only": read_only(Path(folder))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
