"""Sweeps killed with SIGKILL at random moments, on a real store of real runs."""

import hashlib
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from mnistlib import data, runs
from mnistlib.ground.errors import StoreError
from mnistlib.runs.store import Store
from mnistlib.training.spec import ClassicalSpec, NetworkSpec, grid, make

# Forked, so that a sweep is at work after milliseconds and many kills fit in a minute.
FORK = multiprocessing.get_context("fork")

TREE = make(
    ClassicalSpec,
    dataset="digits",
    model="decision_tree",
    n_train=60,
    evaluate_on="test",
    n_test=50,
    seed=0,
)
NETWORK = make(
    NetworkSpec,
    dataset="digits",
    model="ann",
    model_args={"units": 8},
    learning_rate=0.01,
    n_train=60,
    evaluate_on="test",
    n_test=50,
    epochs=2,
    seed=0,
)

WITH_WORKERS = """
import sys
from bench import fault_kills
from mnistlib.runs import collect
collect(fault_kills.mixed_specs(int(sys.argv[2])), store=sys.argv[1], workers=2)
"""


def tiny_specs(n: int) -> list[ClassicalSpec]:
    """Return decision trees that take milliseconds each."""
    return grid(TREE, seed=list(range(n)))


def mixed_specs(n: int) -> list:
    """Return decision trees and, one in four, small networks."""
    return tiny_specs(n - n // 4) + grid(NETWORK, seed=list(range(n // 4)))


def _sweep(specs, folder) -> None:
    os.environ["MNISTLIB_PROGRESS"] = "off"
    runs.collect(specs, store=folder, workers=0)


def fingerprint(store: Store, key: str) -> str:
    """Return a hash of both files of a record, after reading it as a user would.

    Raises:
        StoreError: the record is not whole.
    """
    store.with_arrays(key)
    files = sorted((store.folder / key[:2]).glob(f"{key}*"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


class Witness:
    """Remembers every record that was ever seen complete, and what became of it."""

    def __init__(self, store: Store, reference: dict[str, np.ndarray]):
        self.store, self.reference = store, reference
        self.seen: dict[str, str] = {}
        self.half_written = self.lost = self.changed = self.wrong = 0

    def look(self) -> None:
        """Read what is new."""
        for key in sorted(set(self.store.keys()) - set(self.seen)):
            try:
                found = self.store.with_arrays(key)
                self.seen[key] = fingerprint(self.store, key)
            except StoreError:
                self.half_written += 1
                continue
            self.wrong += not np.array_equal(found.predictions, self.reference[key])

    def check(self) -> None:
        """Read everything again; count what is gone and what is not as it was."""
        self.look()
        keys = set(self.store.keys())
        for key, before in self.seen.items():
            if key not in keys:
                self.lost += 1
                continue
            try:
                self.changed += fingerprint(self.store, key) != before
            except StoreError:
                self.half_written += 1


def interrupted(store: Store) -> bool:
    """Tell whether a writer was stopped between a record's first byte and its name."""
    names = [path.name for path in store.folder.glob("??/*")]
    left = any(name.endswith(".tmp") for name in names)
    arrays = {name[:16] for name in names if name.endswith(".npz")}
    return left or bool(arrays - set(store.keys()))


def _reference(specs, folder: Path) -> dict[str, np.ndarray]:
    found = runs.collect(specs, store=folder, workers=0)
    return {key: found.predictions(key) for key in found.keys}


def _start_fork(specs, folder: Path):
    child = FORK.Process(target=_sweep, args=(specs, folder))
    child.start()
    return child.is_alive, lambda: (child.kill(), child.join(), child.exitcode)[-1]


def start_with_workers(specs, folder: Path):
    child = subprocess.Popen(
        [sys.executable, "-c", WITH_WORKERS, str(folder), str(len(specs))],
        env=os.environ | {"MNISTLIB_PROGRESS": "off", "MNISTLIB_OFFLINE": "1"},
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )

    def kill() -> int:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)  # with its workers
        return child.wait()

    return lambda: child.poll() is None, kill


def kills(
    n: int, folder: Path, *, n_specs: int = 40, workers: bool = False, seed: int = 0
) -> dict:
    """Kill sweeps until `n` of them died of it; each time read everything that is there.

    The moment is uniform over the time that a whole sweep takes undisturbed. The next
    sweep goes on with the same store; once the store is full, an empty one follows.

    Args:
        n: kills.
        folder: an empty folder for the stores.
        n_specs: runs of a sweep.
        workers: kill a sweep in a process of its own together with its two workers;
            else one that runs in a forked process.
        seed: of the moments.

    Returns:
        Counts; ``lost``, ``changed``, ``wrong``, ``half_written`` and ``unfinished``
        must be 0.
    """
    specs = mixed_specs(n_specs) if workers else tiny_specs(n_specs)
    start = start_with_workers if workers else _start_fork
    os.environ.setdefault("MNISTLIB_PROGRESS", "off")
    data.load("digits")
    reference = _reference(specs, folder / "reference")
    started = time.perf_counter()
    alive, _ = start(specs, folder / "undisturbed")
    while alive():
        time.sleep(0.002)
    whole_sweep = time.perf_counter() - started

    moments = random.Random(seed)
    names = (
        "sweeps", "kills", "kills_while_writing", "stores", "records", "lost", "changed",
        "wrong", "half_written", "unfinished",
    )  # fmt: skip
    counts = dict.fromkeys(names, 0)
    while counts["kills"] < n:
        witness = Witness(Store(folder / f"store-{counts['stores']}"), reference)
        counts["stores"] += 1
        while len(witness.seen) < len(specs) and counts["kills"] < n:
            # What is left takes less time with every kill, except the start of workers.
            left = 1 if workers else max(0.1, 1 - len(witness.seen) / len(specs))
            moment = moments.uniform(0, whole_sweep * left)
            alive, kill = start(specs, witness.store.folder)
            counts["sweeps"] += 1
            was_empty, begun = not witness.seen, time.perf_counter()
            while time.perf_counter() - begun < moment and alive():
                witness.look()
                time.sleep(0.001)
            if was_empty and not alive():  # the machine is quicker now than it was
                whole_sweep = time.perf_counter() - begun
            if kill() == -signal.SIGKILL:
                counts["kills"] += 1
                counts["kills_while_writing"] += interrupted(witness.store)
            witness.check()
            witness.store.prune([])  # as a person might; nothing of a record may go
        alive, _ = start(specs, witness.store.folder)
        while alive():
            time.sleep(0.002)
        witness.check()
        counts["unfinished"] += len(specs) - len(witness.seen)
        counts["records"] += len(witness.seen)
        for name in ("lost", "changed", "wrong", "half_written"):
            counts[name] += getattr(witness, name)
    return counts | {"seconds_of_a_sweep": round(whole_sweep, 3)}
