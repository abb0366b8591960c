"""Time to 99 %: our recipe, Keras's own example and PyTorch's own example.

The examples train as they are published (Keras: "Simple MNIST convnet", Adam, batch 128,
dropout .5; PyTorch: "Basic MNIST Example", Adadelta, rate 1 times .7 each epoch, batch 64)
and stop after the first epoch with at least 99 % of held-out training images right. Our
recipe has a fixed length, chosen on held-out images (`bench.recipe`): it sees part of the
training images, once, under a triangle of rates, with smoothed labels.
Only training is timed. Then the test images are opened, once a run.
"""

from pathlib import Path

import numpy as np

from bench.process import Peer, peers, training_seconds
from bench.throughput import write_arrays
from mnistlib import data
from mnistlib.ground import paths
from mnistlib.ground.machine import cores

GOAL = 0.99
RECIPE = {
    "network": "one_epoch_cnn",
    "optimizer": "adam",
    "n": 30_000,
    "learning_rate": 0.03,
    "schedule": "triangle",
    "batch_size": 64,
    "epochs": 1,
    "label_smoothing": 0.1,
}
# The examples: what they do, and the most epochs, as they are published.
KERAS = {
    "network": "mnist_convnet",
    "optimizer": "adam",
    "learning_rate": 1e-3,
    "batch_size": 128,
}
PYTORCH = {
    "network": "mnist_example",
    "optimizer": "adadelta",
    "learning_rate": 1.0,
    "batch_size": 64,
    "decay": 0.7,
    "standardised": True,
}
LARGEST = {"ours": RECIPE["epochs"], "keras": 15, "pytorch": 14}


def write_test() -> Path:
    """Write the test images for the peers; they read them at the end of a run."""
    dataset = data.load("mnist")
    path = paths.build_dir() / "bench" / "test.npz"
    np.savez(path, x_held=dataset.x_test, y_held=dataset.y_test)
    return path


def measure(quick: bool) -> dict:
    """Train each way with several seeds, in turn; return every run."""
    path, test = write_arrays(), write_test()
    common = {"data": str(path), "test": str(test), "augmented": "", "n": None}
    ways = {
        "ours": {"kind": "ours", "threads": 1} | common | RECIPE,
        "keras": {"kind": "keras", "threads": cores()} | common | KERAS,
        "pytorch": {"kind": "pytorch", "threads": cores()} | common | PYTORCH,
    }
    if quick:
        ways = {way: settings | {"n": 6000} for way, settings in ways.items()}
    runs = []
    for seed in range(1 if quick else 5):
        for way, settings in ways.items():
            largest = 1 if quick else LARGEST[way]
            with peers({way: settings | {"seed": 1000 + seed}}) as running:
                runs.append({"way": way, "seed": seed} | _one(running[way], largest))
    return {"goal": GOAL, "cores": cores(), "recipe": RECIPE, "runs": runs}


def _one(peer: Peer, largest: int) -> dict:
    seconds = whole_seconds = cpu_seconds = 0.0
    held_out = []
    while len(held_out) < largest and (not held_out or held_out[-1] < GOAL):
        answer = peer.ask("epoch")
        seconds += training_seconds(answer)
        whole_seconds += answer["seconds"]
        cpu_seconds += answer["cpu_seconds"]
        held_out.append(peer.ask("accuracy")["value"])
    return {
        "seconds": seconds,
        "whole_seconds": whole_seconds,
        "cpu_seconds": cpu_seconds,
        "epochs": len(held_out),
        "held_out_accuracy": held_out,
        "test_accuracy": peer.ask("test")["value"],
    }
