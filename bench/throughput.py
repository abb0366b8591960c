"""Training throughput of the papers' networks: ours, stock Keras, PyTorch.

Two views. *One run on all cores*: one training at a time, which may use every core. *Many
runs on all cores*, the study's real case: our one-thread workers side by side, against the
same work done the ordinary way, one run after the other on all cores; and, to tell the
engine's share from that of running side by side, against the peers' own one-thread
processes side by side.
"""

from pathlib import Path

import numpy as np

from bench.process import Peer, peers, together
from bench.systems import SYSTEMS, System
from mnistlib import data
from mnistlib.ground import paths
from mnistlib.ground.machine import cores

HELD_OUT = 5000


def write_arrays() -> Path:
    """Write the training images for the peers: the last 5,000 of them are held out.

    The test images stay closed: accuracies that say whether the peers do the same work
    are those of held-out training images.
    """
    dataset = data.load("mnist")
    path = paths.build_dir() / "bench" / "data.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        x=dataset.x_train[:-HELD_OUT],
        y=dataset.y_train[:-HELD_OUT],
        x_held=dataset.x_train[-HELD_OUT:],
        y_held=dataset.y_train[-HELD_OUT:],
    )
    return path


def measure(quick: bool) -> dict:
    """Return the rounds of every system, and the medians made from them."""
    path = write_arrays()
    rounds = 2 if quick else 5
    return {
        "cores": cores(),
        "rounds": rounds,
        "systems": [measure_system(system, path, rounds, quick) for system in SYSTEMS],
    }


def measure_system(system: System, path: Path, rounds: int, quick: bool) -> dict:
    """Time one system's peers in turn, several rounds; the first, warm-up, is not kept."""
    n, all_cores = system.n // (8 if quick else 1), cores()
    settings = {
        "network": system.network,
        "optimizer": system.optimizer,
        "learning_rate": system.learning_rate,
        "batch_size": system.batch_size,
        "n": n,
        "data": str(path),
    }
    kinds = {
        "ours": {"kind": "ours", "augmented": system.augmented},
        "keras": {"kind": "keras", "augmented": "layers" if system.augmented else ""},
        "pytorch": {"kind": "pytorch", "augmented": system.augmented},
    }
    if system.augmented:
        kinds["keras_generator"] = {"kind": "keras", "augmented": "generator"}
    wanted = {}
    for name, kind in kinds.items():
        for worker in range(all_cores):
            arguments = {"threads": 1, "seed": worker}
            wanted[f"{name} worker {worker}"] = settings | kind | arguments
        if name != "ours":
            wanted[f"{name} all cores"] = settings | kind | {"threads": all_cores}
    with peers(wanted) as running:
        workers = {
            name: [running[f"{name} worker {i}"] for i in range(all_cores)]
            for name in kinds
        }
        ways = {f"{name}, one run, one thread": [workers[name][0]] for name in kinds}
        ways |= {f"{name}, a run a core": workers[name] for name in kinds}
        ways |= {
            f"{name}, one run, all cores": [running[f"{name} all cores"]]
            for name in kinds
            if name != "ours"
        }
        seen = {way: [] for way in ways}
        matmul = {"one thread": [], "all": []}
        epochs = {id(peer): 0 for peer in running.values()}
        for number in range(rounds + 1):
            for way, group in ways.items():
                answer = together(group, "epoch")
                for peer in group:
                    epochs[id(peer)] += 1
                if number:
                    images = n * len(group)
                    answer["images_per_second"] = images / answer["seconds"]
                    answer["cpu_seconds_per_million"] = 1e6 * answer["cpu_seconds"] / images
                    seen[way].append(answer)
            if number:
                matmul["one thread"].append(workers["ours"][0].ask("matmul")["value"])
                for peer in workers["ours"]:
                    peer.start("matmul")
                matmul["all"].append(sum(p.result()["value"] for p in workers["ours"]))
        moves = [
            workers["ours"][0].ask("augment") for _ in range(rounds) if system.augmented
        ]
        facts = workers["ours"][0].ask("facts")["value"]
        operations = workers["ours"][0].ask("operations")["value"]
        epochs[id(workers["ours"][0])] += 1
        wanted_epochs = max(2 * rounds + 3, 0 if quick else system.epochs_before_accuracy)
        accuracy = _after_equal_epochs(
            {name: workers[name][0] for name in kinds}, epochs, wanted_epochs
        )
    return {
        "name": system.name,
        "paper": system.paper,
        "batch_size": system.batch_size,
        "augmented": system.augmented,
        "deep": system.deep,
        "images": n,
        "facts": facts,
        "operations": operations,
        "ways": seen,
        "matmul_gflops": matmul,
        "augment_images_per_second": [n / move["seconds"] for move in moves],
        "held_out_accuracy": accuracy,
        "epochs_before_accuracy": wanted_epochs,
    }


def _after_equal_epochs(group: dict[str, Peer], epochs: dict, wanted: int) -> dict:
    """Train until all peers have had the same epochs, then test on held-out images."""
    while behind := [peer for peer in group.values() if epochs[id(peer)] < wanted]:
        together(behind, "epoch")
        for peer in behind:
            epochs[id(peer)] += 1
    return {name: peer.ask("accuracy")["value"] for name, peer in group.items()}
