"""What is run beside raut's network: the other papers' systems, on the same images."""

from mnistlib.chapters.errors.params import Params
from mnistlib.data.datasets import Dataset
from mnistlib.data.splits import VAL_FRACTION

RAUT = "K1, raut"
PAPER_EPOCHS, PAPER_BATCH = 10, 64  # of raut's network: section 3.3, appendix B
FACTORS = {"weights_seed": "first weights", "order_seed": "order", "seed": "subset"}

_AHMAREEN = {"optimizer": "sgd", "learning_rate": 0.01, "batch_size": 32}
_BASE = _AHMAREEN | {"model": "base_cnn", "epochs": 10}
_RAJ = {"split": "last", "val_fraction": 0.3}
_ADAM = {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 32, "epochs": 5}
_MOVED = {"rotation": 10.0, "shift": 0.1, "zoom": 0.1}
# One system for each that the papers report; what a paper leaves open is declared where
# its own chapter runs it. Batch size and epochs of `ahmareen2024` are such choices.
NETWORKS = {
    "A1, SGD": _BASE,
    "A2, Adam": _BASE | {"optimizer": "adam", "learning_rate": 0.001},
    "A3, Adadelta": _BASE | {"optimizer": "adadelta", "learning_rate": 1.0},
    "A4, complex": _AHMAREEN | {"model": "complex_cnn", "epochs": 10},
    "A5, batch norm": _AHMAREEN
    | {"model": "complex_cnn", "batch_norm": "before_activation", "epochs": 5},
    "R1, CNN": _RAJ | _ADAM | {"model": "raj_cnn"},
    "S1, recipe": _ADAM
    | _MOVED
    | {"model": "sayee_cnn", "schedule": "warmup_cosine", "batch_size": 128, "epochs": 30}
    | {"test_each_epoch": True},
    "C1, CNN": _ADAM | _MOVED | {"model": "asher_cnn", "val_fraction": VAL_FRACTION},
}
CLASSICAL = {
    "R6, SVM": _RAJ | {"model": "svm"},
    "C3, 3-NN": _RAJ | {"model": "knn", "n_neighbors": 3},
}
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
