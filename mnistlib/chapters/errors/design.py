"""What is run beside raut's network: the other papers' systems, on the same images."""

from mnistlib.chapters.errors.params import Params
from mnistlib.claims.paper_systems import NETWORKS, RAUT, RAUT_NETWORK
from mnistlib.data.datasets import Dataset

# Of raut's network: section 3.3, appendix B.
PAPER_EPOCHS, PAPER_BATCH = RAUT_NETWORK["epochs"], RAUT_NETWORK["batch_size"]
FACTORS = {"weights_seed": "first weights", "order_seed": "order", "seed": "subset"}
# One order's seed gives another subset's images another order.
NESTED = {"order": "subset"}

# Printed accuracies whose differences the papers draw conclusions from, the better first.
WITHIN = [
    ("AHM-03", "AHM-01"),
    ("AHM-05", "AHM-03"),
    ("AHM-07", "AHM-05"),
    ("AHM-11", "AHM-07"),
    ("RAJ-01", "RAJ-12"),
    ("RAJ-12", "RAJ-11"),
    ("ASH-02", "ASH-04"),
]
# Of each paper, its network: our choice of a value, where it prints several.
BEST = ["SAY-01", "AHM-11", "ASH-01", "RAU-01", "RAJ-01"]
# The system of this page that a printed accuracy is of; two are not run here. The support
# vector machines and k-NN have no seed, whatever else differs between two papers' ones.
SYSTEM_OF = {
    "AHM-01": "A1, SGD",
    "AHM-03": "A2, Adam",
    "AHM-05": "A3, Adadelta",
    "AHM-07": "A4, complex",
    "AHM-11": "A5, batch norm",
    "RAJ-01": "R1, CNN",
    "RAJ-12": "R6, SVM",
    "SAY-01": "S1, recipe",
    "RAU-01": RAUT,
    "ASH-01": "C1, CNN",
    "ASH-02": "C1, CNN",
    "ASH-04": "R6, SVM",
    "ASH-05": "C3, 3-NN",
}
OF_ASHER = "C1, CNN"


def base(params: Params, images: Dataset) -> dict:
    """Return the fields that all cases share: all are tested on the same images."""
    return {
        "dataset": images.name,
        "n_train": params.n_train,
        "evaluate_on": "test",
        "n_test": params.n_test,
        "val_fraction": 0.0,
    }


def _asked(params: Params) -> dict:
    asked = {"epochs": params.epochs, "batch_size": params.batch_size}
    return {name: value for name, value in asked.items() if value is not None}


def raut(params: Params) -> dict:
    """Return the settings of raut's network, or the parameters' where they have some."""
    return RAUT_NETWORK | _asked(params)


def networks(params: Params) -> dict[str, dict]:
    """Return the other networks' settings by system, or the parameters'."""
    return {name: settings | _asked(params) for name, settings in NETWORKS.items()}
