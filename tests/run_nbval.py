"""Run every notebook again and compare its outputs: ``python tests/run_nbval.py``.

The sources run with their defaults (nbval's lax mode: they must run, and cells tagged
``nbval-check-output`` must print the same). The executed copies in ``tests/reference`` run
with the parameters stored in them, and every output but pictures must be the same.

Everything happens offline, on the embedded digits, with a new run store that both share.
``--renew`` executes the copies again instead: do so, and look at the difference, when a
change of results is meant.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "tests" / "reference"
ENVIRONMENT = {
    "MNISTLIB_OFFLINE": "1",
    "MNISTLIB_PROGRESS": "off",
    # oneDNN picks its kernels by the processor; this is the oldest that they all have.
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
NBVAL = [
    *("-m", "pytest", "--nbval-current-env", "--nbval-cell-timeout", "600"),
    *("--nbval-sanitize-with", str(ROOT / "tests" / "nbval_sanitize.cfg")),
    # One notebook a worker: its cells need one another.
    *("-n", "2", "--dist", "loadscope", "-p", "no:cacheprovider", "-q"),
]


def main(arguments: list[str]) -> int:
    """Run both comparisons, or renew the references; return an exit status."""
    with tempfile.TemporaryDirectory() as store:
        environment = os.environ | ENVIRONMENT | {"MNISTLIB_RUNS": store}
        environment.pop("MNISTLIB_DATA", None)
        if arguments == ["--renew"]:
            study = ["-m", "mnistlib.cli", "study", "--profile", "smoke"]
            return _python([*study, "--output", str(REFERENCE)], environment)
        if arguments:
            print(__doc__, file=sys.stderr)
            return 2
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


def _python(arguments: list[str], environment: dict[str, str]) -> int:
    return subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=ROOT
    ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
