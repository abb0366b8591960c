"""Records cut, edited and emptied; sweeps that race; a clock that jumps."""

import os
import random
import subprocess
import sys
from pathlib import Path

from bench.fault_disk import complaint
from bench.fault_kills import FORK, fingerprint, tiny_specs
from mnistlib import runs
from mnistlib.runs.store import Store
from mnistlib.training import classical


def damages(content: bytes, n: int, seed: int) -> list[bytes]:
    """Return an empty file, random cuts, and random edits of one byte."""
    draw = random.Random(seed)
    cuts = [content[: draw.randrange(len(content))] for _ in range(n)]
    edits = []
    for _ in range(n):
        changed = bytearray(content)
        changed[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        edits.append(bytes(changed))
    return [b"", *cuts, *edits]


def damage(folder: Path, n: int, seed: int = 0) -> dict:
    """Damage both files of a record in many ways, one at a time, and read it.

    An edit may leave what a record says as it was (a space of its JSON); else it must be
    told in one line. Afterwards the record is pruned, and the next sweep makes it again.
    """
    (spec,) = tiny_specs(1)
    store = Store(folder)
    (key,) = runs.collect([spec], store=store, workers=0).keys
    before, words = store.with_arrays(key), fingerprint(store, key)
    counts = {"damaged": 0, "told": 0, "harmless": 0, "read_wrong": 0, "lines": 0}
    for path in sorted((folder / key[:2]).glob(f"{key}*")):
        whole = path.read_bytes()
        for content in damages(whole, n, seed):
            path.write_bytes(content)
            counts["damaged"] += 1
            found = []
            said = complaint(lambda found=found: found.append(store.with_arrays(key)))
            counts["told"] += bool(said)
            counts["lines"] = max(counts["lines"], said.count("\n") + 1)
            if not said:
                same = found[0] == before and all(
                    (getattr(found[0], name) == getattr(before, name)).all()
                    for name in ("predictions", "probabilities", "test_index")
                )
                counts["harmless" if same else "read_wrong"] += 1
        path.write_bytes(whole)
    assert fingerprint(store, key) == words
    path.write_bytes(whole[:-1])
    store.prune([key])
    runs.collect([spec], store=store, workers=0)
    return counts | {"made_again": len(store.keys()) - len(store.verify())}


def _counting_sweep(specs, folder: Path, log: Path) -> None:
    """Sweep, and note each training in a file."""
    os.environ["MNISTLIB_PROGRESS"] = "off"
    fit = classical.fit

    def noted(spec, dataset):
        with open(log, "ab", buffering=0) as file:
            file.write(f"{spec.seed}\n".encode())
        return fit(spec, dataset)

    classical.fit = noted
    runs.collect(specs, store=folder, workers=0)


def races(folder: Path, n: int, n_specs: int = 20) -> dict:
    """Let two sweeps of the same runs, in opposite orders, race on one store, `n` times."""
    specs = tiny_specs(n_specs)
    runs.collect(specs[:1], store=folder / "warm", workers=0)
    names = ("races", "expected", "records", "trainings", "failed", "broken")
    counts = dict.fromkeys(names, 0)
    for number in range(n):
        store, log = Store(folder / f"race-{number}"), folder / f"race-{number}.log"
        sweeps = [
            FORK.Process(target=_counting_sweep, args=(order, store.folder, log))
            for order in (specs, specs[::-1])
        ]
        for sweep in sweeps:
            sweep.start()
        for sweep in sweeps:
            sweep.join()
            counts["failed"] += sweep.exitcode != 0
        counts["races"] += 1
        counts["expected"] += n_specs
        counts["records"] += len(store.keys())
        counts["trainings"] += len(log.read_text().split())
        counts["broken"] += len(store.verify())
    return counts


JUMPS = """
import contextlib, os, pathlib, random, sys, time
from bench.fault_kills import tiny_specs
from mnistlib.runs import collect
from mnistlib.runs.store import Store
draw, real = random.Random(int(sys.argv[2])), time.time
jump = lambda: real() + draw.uniform(-1, 1) * 10 * 365 * 86400
time.time = jump
time.time_ns = lambda: int(jump() * 1e9)
store = Store(sys.argv[1])
for seed in range(int(sys.argv[3])):
    collect(tiny_specs(seed + 1), store=store, workers=0)
    store.prune([])
    for path in pathlib.Path(sys.argv[1]).rglob("*"):
        when = max(jump(), 0)
        with contextlib.suppress(FileNotFoundError):  # the other sweep's, gone meanwhile
            os.utime(path, (when, when))
"""


def clock(folder: Path, n: int) -> dict:
    """Sweep while the clock and the files' times jump by up to ten years, back and forth.

    Two such sweeps run at once, with clocks of their own; the store is tidied after every
    run. Compared are the records' keys, order and predictions with those of a still clock.
    """
    still = runs.collect(tiny_specs(n), store=folder / "still", workers=0)
    sweeps = [
        subprocess.Popen(
            [sys.executable, "-c", JUMPS, str(folder / "jumping"), str(seed), str(n)],
            env=os.environ | {"MNISTLIB_PROGRESS": "off", "MNISTLIB_OFFLINE": "1"},
        )
        for seed in range(2)
    ]
    failed = sum(sweep.wait() != 0 for sweep in sweeps)
    store = Store(folder / "jumping")
    found = [record.key for record in store.records()]
    same = sum(
        (store.with_arrays(key).predictions == still.predictions(key)).all()
        for key in found
    )
    return {
        "sweeps": 2,
        "failed": failed,
        "expected": n,
        "records": len(found),
        "same": int(same),
        "same_order": found == still.store.keys(),
        "broken": len(store.verify()),
    }
