"""What ``MNISTLIB_PORTABLE=1`` costs: training rates with and without it, in turns."""

import statistics
import time

from bench.portable import in_a_process, portable_spec

PRICED = ("base_cnn", "complex_cnn")


def rate(network: str, n_epochs: int) -> float:
    """Return images trained per second of processor time, the first epoch left out."""
    import numpy as np

    from mnistlib import data, models
    from mnistlib.ground import backend
    from mnistlib.training.train import build_engine

    backend.configure()
    spec = portable_spec(network, 640)
    cut = data.split(
        data.load("digits"), method="last", val_fraction=0, n_train=640, n_test=20, seed=0
    )
    x = data.scale(cut, "unit")[0]
    rates = np.full((n_epochs + 1, len(x) // spec.batch_size), spec.learning_rate)
    engine = build_engine(spec, models.build(network), x, cut.y_train, rates)
    order = np.arange(len(x))
    engine.train_epoch(order)
    started = time.process_time()
    for _ in range(n_epochs):
        engine.train_epoch(order)
    return n_epochs * len(x) / (time.process_time() - started)


def price(network: str, rounds: int, n_epochs: int) -> dict:
    """Return training rates with and without, interleaved, and the median of the ratios."""
    pairs = [
        [in_a_process("price.rate", network, n_epochs, portable=p) for p in (False, True)]
        for _ in range(rounds)
    ]
    return {
        "images_per_cpu_second": {
            "default": statistics.median(pair[0] for pair in pairs),
            "portable": statistics.median(pair[1] for pair in pairs),
        },
        "ratio": statistics.median(pair[1] / pair[0] for pair in pairs),
        "ratios": [pair[1] / pair[0] for pair in pairs],
    }


def measure(quick: bool) -> dict:
    """Return the price by network, JSON values only.

    Args:
        quick: the first network only, one round.
    """
    networks = PRICED[:1] if quick else PRICED
    rounds, n_epochs = (1, 1) if quick else (7, 8)
    return {"price": {name: price(name, rounds, n_epochs) for name in networks}}
