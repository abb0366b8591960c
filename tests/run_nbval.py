"""Run every notebook again and compare its outputs: ``python tests/run_nbval.py``.

The sources run with their defaults (nbval's lax mode: they must run without an error). The
executed copies in ``tests/reference`` run with the parameters stored in them, and every
output but pictures must be the same.

Everything happens offline, on the embedded digits, with a new run store that both share.

The last bits of a training depend on the processor, the portable setting is tried on a few
only, and a few hundred images are few enough for a bit to move a printed accuracy. So two
of the records kept in ``tests/reference/runs`` are trained again first. Where they come out
the same to the last digit, every run is trained anew and every number is compared. Where
they do not, the kept records are read instead, which is said: then the analysis is
compared, and the training is left to the unit tests.

``--renew`` executes the copies again and keeps their records: do so, and look at the
difference, when a change of results is meant.

``--published`` runs the published notebooks again, from the published records, and compares
every number with what is published. It needs MNIST, and is no part of the test suite.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "tests" / "reference"
RECORDS = REFERENCE / "runs"
PUBLISHED = ROOT / "book" / "notebooks"
TRAINS = "11_photos"  # has no records, so that its numbers are those of one machine
ENVIRONMENT = {
    "MNISTLIB_EXECUTED": str(REFERENCE),
    "MNISTLIB_OFFLINE": "1",
    "MNISTLIB_PROGRESS": "off",
    # Kernels are picked by the processor; this asks for those that they all have.
    "MNISTLIB_PORTABLE": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
# The networks whose arithmetic is the most demanding; exits with 1 when one differs.
TRAIN_AGAIN = """
import sys
from mnistlib.runs.retrain import choose, compare_again
from mnistlib.runs.store import Store

store = Store(sys.argv[1])
differing = []
for model in ("complex_cnn", "raj_cnn"):
    keys = [record.key for record in store.records() if record.spec.model == model]
    quickest = choose(store, keys, 1, None)
    differing += [text for _, text, _ in compare_again(store, quickest) if text]
print(*differing, sep="\\n")
sys.exit(bool(differing))
"""
NBVAL = [
    *("-m", "pytest", "--nbval-current-env", "--nbval-cell-timeout", "600"),
    *("--nbval-sanitize-with", str(ROOT / "tests" / "nbval_sanitize.cfg")),
    # One notebook a worker: its cells need one another.
    *("-n", "2", "--dist", "loadscope", "-p", "no:cacheprovider", "-q"),
    *("-p", "tests.nbval_as_jupyter"),
]


def main(arguments: list[str]) -> int:
    """Run both comparisons, or renew the references; return an exit status."""
    with tempfile.TemporaryDirectory() as store:
        environment = os.environ | ENVIRONMENT | {"MNISTLIB_RUNS": store}
        environment.pop("MNISTLIB_DATA", None)
        if arguments == ["--renew"]:
            shutil.rmtree(RECORDS, ignore_errors=True)
            environment["MNISTLIB_RUNS"] = str(RECORDS)
            study = ["-m", "mnistlib.study.cli", "study", "--profile", "smoke", "--no-book"]
            return _python([*study, "--output", str(REFERENCE)], environment)
        if arguments == ["--published"]:
            return _published(Path(store))
        if arguments:
            print(__doc__, file=sys.stderr)
            return 2
        if _python(["-c", TRAIN_AGAIN, str(RECORDS)], environment):
            print("this machine trains to other last digits than the references' did:")
            print("their records are read, and no notebook trains", flush=True)
            shutil.copytree(RECORDS, store, dirs_exist_ok=True)
        # Two notebooks at a time, so each takes half of the cores to train.
        environment.setdefault("MNISTLIB_WORKERS", str(max(1, (os.cpu_count() or 2) // 2)))
        status = 0
        for mode, folder in (("--nbval-lax", ROOT / "notebooks"), ("--nbval", REFERENCE)):
            notebooks = sorted(map(str, folder.glob("*.ipynb")))
            if not notebooks:
                print(f"required: notebooks in {folder}. Received: none", file=sys.stderr)
                return 1
            status |= _python([*NBVAL, mode, *notebooks], environment)
        return status


def _published(store: Path) -> int:
    """Run the published notebooks again; none may need a run that has no record."""
    shutil.copytree(ROOT / "runs", store, dirs_exist_ok=True)
    paths = {"MNISTLIB_RUNS": str(store), "MNISTLIB_EXECUTED": str(PUBLISHED)}
    environment = os.environ | ENVIRONMENT | paths
    del environment["MNISTLIB_PORTABLE"]  # the records were made without
    before = len(list(store.rglob("*.json")))
    notebooks = [str(p) for p in sorted(PUBLISHED.glob("*.ipynb")) if p.stem != TRAINS]
    status = _python([*NBVAL, "--nbval", *notebooks], environment)
    if trained := len(list(store.rglob("*.json"))) - before:
        print(f"required: a record of every run. Received: {trained} without")
        return 1
    return status


def _python(arguments: list[str], environment: dict[str, str]) -> int:
    return subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=ROOT
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
