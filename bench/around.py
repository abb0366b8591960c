"""Everything around training: imports, a worker's start, records, notebooks, the book."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import psutil

from bench.process import PeerError
from mnistlib.ground import paths
from mnistlib.runs.states import GOOD
from mnistlib.runs.store import Store
from mnistlib.study.run import published_dir
from mnistlib.study.summary import read_summary

N_RECORDS = 1000
AIMS = {"import": 0.3, "notebooks_first": 60.0, "notebooks": 60.0}

# Each is timed in a fresh process, which prints the seconds between start and end: without
# the start of Python itself, which "python" measures.
_PROBES = {
    "python": "start = clock()",
    "import": "start = clock(); import mnistlib",
    "import_library": "start = clock(); import mnistlib.runs, mnistlib.show.tables",
    "load_data": """
from mnistlib import data
start = clock()
data.load("auto")""",
    "first_plot": """
start = clock()
import io, numpy
from mnistlib.show import plots
plots.set_style()
plots.digit_grid(numpy.zeros((10, 28, 28))).savefig(io.BytesIO())""",
    "start_worker": """
start = clock()
from joblib.externals.loky import get_reusable_executor
from mnistlib.ground import backend
get_reusable_executor(1).submit(backend.configure).result()""",
    "read_records": """
from mnistlib.runs.store import Store
store = Store(sys.argv[1])
start = clock()
found = list(store.records())""",
    "read_records_and_arrays": """
from mnistlib.runs.store import Store
store = Store(sys.argv[1])
start = clock()
found = [store.with_arrays(key) for key in store.keys()]""",
}
_FRAME = """
import sys
from time import perf_counter as clock
{code}
print(clock() - start, flush=True)
"""
_BOOK = """
import sys
from pathlib import Path
from mnistlib.study.book import build_book
build_book(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def measure(quick: bool) -> dict:
    """Measure what a person waits for besides training.

    Args:
        quick: one round, 100 records, one notebook, no book.

    Returns:
        ``parts``: name -> ``seconds`` (a list, one a round), ``cpu_seconds`` (of the whole
        process with its children), ``median``, ``aim`` (None for none); ``records``: how
        many were read; ``study``: profile, data set and notebooks that were executed, and
        the runs trained meanwhile (0); ``dataset``: what was loaded.
    """
    rounds = 1 if quick else 5
    n_records = 100 if quick else N_RECORDS
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        _copy_records(scratch / "records", n_records)
        parts = {name: [] for name in _PROBES}
        for _ in range(rounds):
            for name, code in _PROBES.items():
                parts[name].append(_probe(code, scratch / "records"))
        study, parts["notebooks_first"], parts["notebooks"] = _notebooks(scratch, quick)
        if not quick:
            parts["book"] = [_book(scratch, number) for number in range(2)]
    return {
        "parts": {name: _told(name, times) for name, times in parts.items() if times},
        "records": n_records,
        "study": study,
        "dataset": _dataset(),
    }


def _told(name: str, times: list[tuple[float, float]]) -> dict:
    seconds, cpu_seconds = map(list, zip(*times, strict=True))
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "median": statistics.median(seconds),
        "aim": AIMS.get(name),
    }


def _copy_records(folder: Path, n: int) -> None:
    """Write n records of the published study under seeds, and so keys, of their own."""
    published, store = Store(paths.published_runs_dir()), Store(folder)
    keys = published.keys()
    found = [published.with_arrays(key) for key in keys]
    for number, record in enumerate(islice(cycle(found), n)):
        spec = record.spec.model_copy(update={"seed": 10**6 + number})
        key = spec.key(record.data["sha256"], record.identity)
        store.put(replace(record, key=key, spec=spec))


def _timed(command: list, **variables) -> tuple[str, float, float]:
    """Run a process; return what it printed, its seconds and its CPU-seconds."""
    before, start = _children_seconds(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        env=os.environ | {"MNISTLIB_ROOT": str(paths.root())} | variables,
        cwd=paths.root(),
        capture_output=True,
        text=True,
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise PeerError(f"a measured process failed:\n{done.stderr[-2000:]}")
    return done.stdout, seconds, _children_seconds() - before


def _children_seconds() -> float:
    times = psutil.Process().cpu_times()
    return times.children_user + times.children_system


def _probe(code: str, records: Path) -> tuple[float, float]:
    printed, whole, cpu = _timed(["-c", _FRAME.format(code=code), records])
    if code == _PROBES["python"]:
        return whole, cpu
    return float(printed.split()[-1]), cpu


def _dataset() -> str:
    code = "from mnistlib import data; print(data.load('auto').name)"
    return _timed(["-c", code])[0].split()[-1]


def _notebooks(scratch: Path, quick: bool) -> tuple[dict, list, list]:
    """Execute notebooks whose runs are all recorded.

    The published study when its records are of this training code; else the smoke profile,
    after a first time that trains its runs. A copy of the records is used. The first time
    also collects the facts of the networks, as in a fresh copy of the project.

    Returns:
        What was executed; the times of the first time, where it trained nothing; those of
        the others.
    """
    shutil.rmtree(paths.build_dir() / "facts", ignore_errors=True)
    store, executed = scratch / "runs", scratch / "notebooks"
    published, summary = Store(paths.published_runs_dir()), read_summary(published_dir())
    current = summary is not None and all(
        state.word == GOOD for state in published.states().values()
    )
    chosen = ["--profile", "smoke"]
    if current and not quick:
        chosen = ["--profile", summary.profile]
        (dataset,) = {result.dataset for result in summary.notebooks.values()}
        chosen += ["--dataset", dataset]
        shutil.copytree(published.folder, store)
    if quick:
        chosen.append("02_optimizers")
    command = [
        "-m",
        "mnistlib.study.cli",
        "study",
        *chosen,
        "--no-book",
        "--output",
        executed,
    ]
    times, trained = [], []
    for _ in range(2 if quick else 4):
        times.append(_timed(command, MNISTLIB_RUNS=str(store))[1:])
        summary = json.loads((executed / "summary.json").read_text(encoding="utf-8"))
        trained.append(summary["runs_trained"])
    told = {name: summary[name] for name in ("profile", "runs_trained", "workers")}
    told["notebooks"] = {
        name: {"dataset": result["dataset"], "seconds": result["seconds"]}
        for name, result in summary["notebooks"].items()
    }
    return told, times[: trained[0] == 0], times[1:]


def _book(scratch: Path, number: int) -> tuple[float, float]:
    return _timed(["-c", _BOOK, published_dir(), scratch / f"book{number}"])[1:]
