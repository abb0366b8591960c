"""How the cost grows: seconds against images, epochs, runs and workers."""

import tempfile
import time

from mnistlib.runs import collect
from mnistlib.spec import NetworkSpec, make

BASE = {
    "dataset": "mnist",
    "model": "complex_cnn",
    "optimizer": "sgd",
    "learning_rate": 0.01,
    "n_test": 100,
    "val_fraction": 0.0,
}


def measure(quick: bool) -> dict:
    """Return, for each quantity, rows of its value and the seconds.

    Images and epochs: the training seconds of one run, as its record holds them. Runs and
    workers: wall seconds of ``collect`` from an empty store, workers started before.
    """
    unit = 500 if quick else 4000
    repeats = 1 if quick else 3
    found = {"images": [], "epochs": [], "runs": [], "workers": []}
    for repeat in range(repeats):
        for images in (1, 2, 4, 8):
            seconds = _fit_seconds(n_train=images * unit, epochs=1, seed=repeat)
            found["images"].append({"value": images * unit, "seconds": seconds})
        for epochs in (1, 2, 4, 8):
            seconds = _fit_seconds(n_train=unit, epochs=epochs, seed=repeat)
            found["epochs"].append({"value": epochs, "seconds": seconds})
        for runs in (1, 2, 4, 8):
            found["runs"].append({"value": runs, "seconds": _wall(runs, 1, unit, repeat)})
        for workers in (1, 2):
            seconds = _wall(8, workers, unit, repeat)
            found["workers"].append({"value": workers, "seconds": seconds})
    return {"images_per_run": unit, "rows": found}


def _fit_seconds(**changes) -> float:
    spec = make(NetworkSpec, **BASE | changes)
    with tempfile.TemporaryDirectory() as folder:
        runs = collect([spec], store=folder, workers=1)
        return float(runs.frame["fit_seconds"].iloc[0])


def _wall(n: int, workers: int, images: int, repeat: int) -> float:
    specs = [
        make(
            NetworkSpec, **BASE | {"n_train": images, "epochs": 1, "seed": 100 * repeat + s}
        )
        for s in range(n)
    ]
    with tempfile.TemporaryDirectory() as folder:
        collect(_warm(workers, images), store=folder, workers=workers)
        started = time.perf_counter()
        collect(specs, store=folder, workers=workers)
        return time.perf_counter() - started


def _warm(workers: int, images: int) -> list[NetworkSpec]:
    """Return runs enough that no worker is still loading TensorFlow when they are done."""
    changes = {"n_train": images, "epochs": 1}
    return [
        make(NetworkSpec, **BASE | changes | {"seed": 90000 + s})
        for s in range(4 * workers)
    ]
