"""What is run beside raut's network: the other papers' systems, on the same images."""

from mnistlib.chapters.errors.params import Params
from mnistlib.claims.paper_systems import NETWORKS, RAUT_NETWORK
from mnistlib.data.datasets import Dataset

# Of raut's network: section 3.3, appendix B.
PAPER_EPOCHS, PAPER_BATCH = RAUT_NETWORK["epochs"], RAUT_NETWORK["batch_size"]
FACTORS = {"weights_seed": "first weights", "order_seed": "order", "seed": "subset"}

# Printed accuracies whose differences the papers draw conclusions from, the better first.
WITHIN = [
    ("AHM-03", "AHM-01"),
    ("AHM-05", "AHM-03"),
    ("AHM-07", "AHM-05"),
    ("AHM-11", "AHM-07"),
    ("RAJ-01", "RAJ-12"),
    ("RAJ-12", "RAJ-11"),
    ("ASH-01", "ASH-04"),
    ("ASH-04", "ASH-05"),
    ("ASH-05", "ASH-06"),
]
# Of each paper, its network: our choice of a value, where it prints several.
BEST = ["SAY-01", "AHM-11", "ASH-01", "RAU-01", "RAJ-01"]
# SVM and k-NN have no seed. A forest has one, but none is run here.
NO_SEED, NOT_RUN = ("RAJ-12", "ASH-04", "ASH-05"), ("ASH-06",)


def base(params: Params, images: Dataset) -> dict:
    """Return the fields that all cases share: all are tested on the same images."""
    return {
        "dataset": images.name,
        "n_train": params.n_train,
        "evaluate_on": "test",
        "n_test": params.n_test,
        "val_fraction": 0.0,
    }


def networks(params: Params) -> dict[str, dict]:
    """Return the networks' settings by system, or the parameters' where they have some."""
    asked = {"epochs": params.epochs, "batch_size": params.batch_size}
    own = {name: value for name, value in asked.items() if value is not None}
    return {name: settings | own for name, settings in NETWORKS.items()}
