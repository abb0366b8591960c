"""Whether Keras on JAX learns what Keras on TensorFlow learns: many seeds of both.

The backends draw other initial weights from the same seed, so that only distributions can
be compared: by images held out from training. No count of test images is used.
"""

import json
import os
import subprocess
import sys

from bench.process import PeerError
from mnistlib.ground import paths

BACKENDS = ("tensorflow", "jax")
COMMON = {
    "dataset": "mnist",
    "optimizer": "adam",
    "n_train": 6000,
    "val_fraction": 0.5,
    "epochs": 2,
}
# The second has what the first has not: batch norm, moved images, a rate that changes.
SYSTEMS = {
    "base CNN": {"model": "base_cnn", "learning_rate": 0.001},
    "one-epoch CNN, moved images": {
        "model": "one_epoch_cnn",
        "learning_rate": 0.01,
        "schedule": "triangle",
        "rotation": 10.0,
        "shift": 0.1,
        "zoom": 0.1,
    },
}


def train_all(seeds: int) -> dict:
    """Train both systems with every seed in this process.

    Returns:
        The backend, its device and its version; for each system what every seed came to.
    """
    from mnistlib import data
    from mnistlib.training.spec import NetworkSpec, make
    from mnistlib.training.train import train

    dataset = data.load("mnist")
    found = {}
    for name, fields in SYSTEMS.items():
        found[name] = []
        for seed in range(seeds):
            record = train(make(NetworkSpec, **COMMON, **fields, seed=seed), dataset)
            accuracy = record.val["n_correct"] / record.val["n_examples"]
            found[name].append({"accuracy": accuracy, "loss": record.val["loss"]})
    environment = record.environment
    backend = environment["backend"]
    return {
        "device": environment["device"],
        "version": environment["packages"][backend],
        "held_out": record.val["n_examples"],
        "systems": found,
    }


def measure(quick: bool) -> dict:
    """Return what every seed of every system came to on both backends, JSON values only.

    Args:
        quick: three seeds instead of twenty.
    """
    running = {
        backend: subprocess.Popen(
            [
                *(sys.executable, "-c"),
                "import json; from bench.backends import train_all; "
                f"print(json.dumps(train_all({3 if quick else 20})))",
            ],
            env=os.environ
            | {
                "KERAS_BACKEND": backend,
                "JAX_PLATFORMS": "cpu",
                "TF_CPP_MIN_LOG_LEVEL": "3",
            },
            cwd=paths.root(),
            stdout=subprocess.PIPE,
            text=True,
        )
        for backend in BACKENDS
    }
    answers = {backend: peer.communicate()[0] for backend, peer in running.items()}
    for backend, peer in running.items():
        if peer.returncode:
            raise PeerError(f"training on {backend} ended with {peer.returncode}")
    return {name: json.loads(text.splitlines()[-1]) for name, text in answers.items()}
