"""How much a second worker brings: the same runs on 1 and 2 workers, here and on Dask."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import mnistlib
from mnistlib.ground.machine import cores
from mnistlib.runs import collect
from mnistlib.runs.store import Store
from mnistlib.training.spec import NetworkSpec, grid, make

_WARM_UP_SEED = 10_000


def measure(quick: bool) -> dict:
    """Time the same runs on 1 and 2 workers, local and Dask, in turns.

    Every way first does one run a worker that is not timed: it starts the workers and
    loads TensorFlow. Efficiency is ``seconds(1) / (2 seconds(2))``, 1 where a second worker
    halves the time; ``overhead`` compares Dask's seconds with the local ones.

    Args:
        quick: fewer and shorter runs, and 2 turns in place of 3.

    Returns:
        JSON values: ``runs`` (their number and spec), ``cores``, ``seconds`` (a list a
        way: ``local_1``, ``local_2``, ``dask_1``, ``dask_2``), ``start_seconds`` (of the
        runs that are not timed), ``efficiency`` and ``overhead`` (medians over turns),
        ``peak_memory_mb`` (the largest of all runs), ``identical`` (whether all ways gave
        the same predictions and losses).
    """
    n_runs, turns = (4, 2) if quick else (8, 3)
    base = make(
        NetworkSpec,
        dataset="digits",
        model="base_cnn",
        learning_rate=0.01,
        optimizer="sgd",
        epochs=2 if quick else 10,
        evaluate_on="test",
        seed=0,
    )
    seconds: dict[str, list[float]] = {}
    starts, found = {}, {}
    with tempfile.TemporaryDirectory() as scratch, _clusters(Path(scratch)) as address:
        for turn in range(-1, turns):
            for workers in (1, 2):
                for name, options in {
                    f"local_{workers}": {"workers": workers},
                    f"dask_{workers}": {"scheduler": address[workers]},
                }.items():
                    # Each time: another number of workers starts or ends some.
                    warm_up = [_WARM_UP_SEED + i for i in range(workers)]
                    store = Store(Path(scratch) / f"{name}_{turn}")
                    begun = time.perf_counter()
                    collect(grid(base, seed=warm_up), store=store, **options)
                    if turn < 0:
                        starts[name] = time.perf_counter() - begun
                        continue
                    begun = time.perf_counter()
                    runs = collect(
                        grid(base, seed=list(range(n_runs))), store=store, **options
                    )
                    took = time.perf_counter() - begun
                    seconds.setdefault(name, []).append(took)
                    found[name] = [
                        (runs.record(key), runs.predictions(key).tobytes())
                        for key in runs.keys
                    ]
    results = [
        [(record.test, record.val, predictions) for record, predictions in of]
        for of in found.values()
    ]
    return {
        "runs": {"number": n_runs, "spec": base.to_dict(), "turns": turns},
        "cores": cores(),
        "seconds": seconds,
        "start_seconds": starts,
        "efficiency": {
            where: _median(seconds[f"{where}_1"], seconds[f"{where}_2"]) / 2
            for where in ("local", "dask")
        },
        "overhead": {
            n: _median(seconds[f"dask_{n}"], seconds[f"local_{n}"]) - 1 for n in (1, 2)
        },
        "peak_memory_mb": max(
            record.environment["peak_memory_mb"]
            for of in found.values()
            for record, _ in of
        ),
        "identical": all(result == results[0] for result in results),
    }


def _median(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


@contextmanager
def _clusters(folder: Path):
    """Start a scheduler with one worker and one with two; give address by number."""
    processes, files = [], {}
    try:
        for workers in (1, 2):
            file = files[workers] = folder / f"{workers}.json"
            options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
            processes.append(_dask("scheduler", *options, "--scheduler-file", str(file)))
            for _ in range(workers):
                options = ["--nthreads", "1", "--no-nanny", "--no-dashboard"]
                local = ["--memory-limit", "0", "--local-directory", str(folder)]
                of = ["--scheduler-file", str(file)]
                processes.append(_dask("worker", *options, *local, *of))
        yield {workers: _address(file, workers) for workers, file in files.items()}
    finally:
        for process in processes:
            process.kill()  # a worker that was asked to end waits for its scheduler
        for process in processes:
            process.wait()


def _dask(kind: str, *options: str) -> subprocess.Popen:
    code = f"from distributed.cli.dask_{kind} import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, *options],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        cwd=Path(mnistlib.__file__).parents[1],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _address(file: Path, workers: int) -> str:
    import json

    from distributed import Client

    deadline = time.monotonic() + 60
    while not file.is_file() and time.monotonic() < deadline:
        time.sleep(0.1)
    address = json.loads(file.read_text(encoding="utf-8"))["address"]
    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=60)
    return address
