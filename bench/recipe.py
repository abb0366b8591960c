"""How the recipe for 99 % was chosen: by held-out training images, and by its cost.

First how many images it sees and how much their labels are smoothed, at the rate and batch
size of the recipe before it; then rate and batch size, at the length that this gave. The
rule: the fewest images with which one more run would lie above the goal, and of their rates
and batch sizes the best mean, or a cheaper one that these seeds do not tell from it.
"""

from itertools import product

from bench.process import peers, training_seconds
from bench.throughput import write_arrays
from bench.to_99 import RECIPE

LENGTHS = {
    "n": (20_000, 25_000, 30_000, 40_000, 55_000),
    "label_smoothing": (0.0, 0.1, 0.2),
}
BEFORE = {"learning_rate": 0.02, "batch_size": 64}
STEPS = {"learning_rate": (0.01, 0.02, 0.03), "batch_size": (48, 64, 96)}


def measure(quick: bool) -> dict:
    """Return what each setting comes to on the held-out images.

    Args:
        quick: few images, one setting of each kind and one seed.
    """
    shared = {
        "kind": "ours",
        "threads": 1,
        "data": str(write_arrays()),
        "augmented": "",
    } | RECIPE
    lengths, steps = (
        [dict(zip(levels, values, strict=True)) for values in product(*levels.values())]
        for levels in (LENGTHS, STEPS)
    )
    if quick:
        lengths, steps = [{"n": 1000, "label_smoothing": 0.1}], steps[:1]
        shared |= {"n": 1000}
    seeds = range(1 if quick else 4)
    return {
        "lengths": [run for s in lengths for run in _runs(shared | BEFORE, s, seeds)],
        "steps": [run for s in steps for run in _runs(shared, s, seeds)],
    }


def _runs(shared: dict, setting: dict, seeds: range) -> list[dict]:
    wanted = {str(seed): shared | setting | {"seed": seed} for seed in seeds}
    with peers(wanted) as running:
        return [
            setting
            | {
                "seed": int(seed),
                "seconds": training_seconds(peer.ask("epoch")),
                "held_out_accuracy": peer.ask("accuracy")["value"],
            }
            for seed, peer in running.items()
        ]
