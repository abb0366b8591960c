"""How the rate and the batch size of the recipe for 99 % were chosen: held-out images."""

import tempfile

from bench.to_99 import RECIPE
from mnistlib.runs import collect
from mnistlib.training.spec import NetworkSpec, grid, make


def measure(quick: bool) -> dict:
    """Return what rates and batch sizes come to on the last 10,000 training images.

    Args:
        quick: few images, one rate and one seed.
    """
    base = make(
        NetworkSpec,
        dataset="mnist",
        model=RECIPE["network"],
        optimizer=RECIPE["optimizer"],
        learning_rate=RECIPE["learning_rate"],
        schedule=RECIPE["schedule"],
        batch_size=RECIPE["batch_size"],
        epochs=RECIPE["epochs"],
        split="last",
        n_train=1200 if quick else None,
        seed=0,
    )
    rates, batches, seeds = (0.01, 0.02, 0.03), (48, 64, 96), range(4)
    if quick:
        rates, batches, seeds = rates[:1], batches[:1], range(1)
    specs = grid(
        base, learning_rate=list(rates), batch_size=list(batches), seed=list(seeds)
    )
    with tempfile.TemporaryDirectory() as folder:
        frame = collect(specs, store=folder, workers=1).frame
    columns = ["learning_rate", "batch_size", "seed", "val_accuracy", "fit_seconds"]
    return {"runs": frame[columns].to_dict("records")}
