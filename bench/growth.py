"""How the cost grows: seconds against images, epochs and runs; workers: see scaling."""

import tempfile
import time

from mnistlib.runs import collect
from mnistlib.training.spec import NetworkSpec, make

BASE = {
    "dataset": "mnist",
    "model": "complex_cnn",
    "optimizer": "sgd",
    "learning_rate": 0.01,
    "evaluate_on": "test",
    "n_test": 100,
    "val_fraction": 0.0,
}
WARM_UP = {"n_train": 64, "epochs": 1, "seed": 90000}


def measure(quick: bool) -> dict:
    """Return, for each quantity, rows of its value and the seconds.

    Images and epochs: the training seconds of one run, as its record holds them. Runs:
    wall seconds of ``collect`` on one worker, from an empty store, the worker started
    before.
    """
    unit = 500 if quick else 4000
    repeats = 1 if quick else 3
    found = {"images": [], "epochs": [], "runs": []}
    for repeat in range(repeats):
        for images in (1, 2, 4, 8):
            seconds = _fit_seconds(n_train=images * unit, epochs=1, seed=repeat)
            found["images"].append({"value": images * unit, "seconds": seconds})
        for epochs in (1, 2, 4, 8):
            seconds = _fit_seconds(n_train=unit, epochs=epochs, seed=repeat)
            found["epochs"].append({"value": epochs, "seconds": seconds})
        for runs in (1, 2, 4, 8):
            found["runs"].append({"value": runs, "seconds": _wall(runs, unit, repeat)})
    return {"images_per_run": unit, "rows": found}


def _fit_seconds(**changes) -> float:
    spec = make(NetworkSpec, **BASE | changes)
    with tempfile.TemporaryDirectory() as folder:
        runs = collect([spec], store=folder, workers=1)
        return float(runs.frame["fit_seconds"].iloc[0])


def _wall(n: int, images: int, repeat: int) -> float:
    specs = [
        make(
            NetworkSpec, **BASE | {"n_train": images, "epochs": 1, "seed": 100 * repeat + s}
        )
        for s in range(n)
    ]
    with tempfile.TemporaryDirectory() as folder:
        collect([make(NetworkSpec, **BASE | WARM_UP)], store=folder, workers=1)
        started = time.perf_counter()
        collect(specs, store=folder, workers=1)
        return time.perf_counter() - started
