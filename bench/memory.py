"""How much memory a worker takes at full size: one epoch of all images."""

import tempfile

from mnistlib.runs import collect
from mnistlib.training.spec import NetworkSpec, make

# The largest networks of the study.
SYSTEMS = {
    "complex_cnn": {"batch_size": 128},
    "sayee_cnn": {"batch_size": 128, "rotation": 10.0, "shift": 0.1, "zoom": 0.1},
}


def measure(quick: bool) -> dict:
    """Return by network the most that a worker held for itself, in 10^6 bytes.

    Args:
        quick: few images.
    """
    found = {}
    for network, settings in SYSTEMS.items():
        spec = make(
            NetworkSpec,
            dataset="mnist",
            model=network,
            optimizer="adam",
            learning_rate=0.001,
            n_train=500 if quick else None,
            epochs=1,
            evaluate_on="test",
            seed=0,
            **settings,
        )
        with tempfile.TemporaryDirectory() as folder:
            runs = collect([spec], store=folder, workers=1)
            found[network] = runs.record(runs.keys[0]).environment["peak_memory_mb"]
    return {"peak_memory_mb": found}
