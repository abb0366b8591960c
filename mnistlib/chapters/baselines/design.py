"""The systems of the comparison, as settings for `mnistlib.runs.cases`.

As `raj2024`'s ``validation_split=0.3`` takes them, the last 30 % of the training images are
held out for validation, in order and without shuffling.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from mnistlib.chapters.baselines.params import Params
from mnistlib.data.datasets import Dataset

VAL_FRACTION = 0.3


class System(NamedTuple):
    """One system of the comparison.

    Args:
        label: its name in tables and figures.
        settings: what it is, in words that follow "with".
        claims: ids of the test accuracies that papers print for such a system.
        fields: of its spec, and the model's arguments.
    """

    label: str
    settings: str
    claims: tuple[str, ...]
    fields: dict


def _system(label: str, settings: str, *claims: str, **fields) -> System:
    return System(label, settings, claims, fields)


CNN, CNN_L2, ANN = "cnn", "cnn_l2", "ann"
# Convolutional networks share one residual variance. The seeds of this one were seen to
# scatter most on all of MNIST: it is described, not pooled.
ONE_FILTER = "channel"
_FIG_10 = "the network of Fig. 10, {}"
_SVM, _CUBIC = "an RBF kernel, C 1, gamma scale", "a cubic kernel, C 1, gamma scale"
_PROSE = "32 kernels of 5×5, dropout of 0.2, 128 neurons"
_STEPS = "two convolutions of 5×5, 32 and 64 filters, 128 neurons"
_ASHER = "two convolutions of 64 filters, 64 neurons, no augmentation"
# Where the papers state nothing, scikit-learn's defaults stand; no baseline is tuned.
SYSTEMS = {
    CNN: _system("CNN", _FIG_10.format("pixels ÷ 255"), "RAJ-01", model="raj_cnn"),
    CNN_L2: _system(
        "CNN (L2)", _FIG_10.format("unit L2 columns"), model="raj_cnn", scaling="l2"
    ),
    "prose": _system("CNN (V.B)", _PROSE, model="raj_prose_cnn"),
    "steps": _system("CNN (steps)", _STEPS, model="raj_steps_cnn"),
    ONE_FILTER: _system(
        "CNN (IV.B)", "one filter of 3×3, 128 neurons", model="raj_channel_cnn"
    ),
    "asher": _system("CNN (asher)", _ASHER, model="asher_cnn"),
    ANN: _system("ANN", "two hidden layers of 128", "RAJ-11", model="ann"),
    "svm_rbf": _system("RBF SVM", _SVM, "RAJ-12", "ASH-04", model="svm"),
    "svm_poly": _system(
        "cubic SVM", _CUBIC, "RAJ-12", "ASH-04", model="svm", kernel="poly", degree=3
    ),
    "knn_3": _system(
        "3-NN", "3 neighbours, Euclidean", "ASH-05", model="knn", n_neighbors=3
    ),
    "knn_5": _system(
        "5-NN", "5 neighbours, Euclidean", "ASH-05", model="knn", n_neighbors=5
    ),
    "random_forest": _system("random forest", "100 trees", "ASH-06", model="random_forest"),
    "decision_tree": _system(
        "decision tree", "a tree grown until pure", model="decision_tree"
    ),
    "naive_bayes": _system(
        "naive Bayes", "a Gaussian for each pixel and digit", model="naive_bayes"
    ),
    "logistic_regression": _system(
        "logistic regression",
        "an L2 penalty, C 1, up to 1000 iterations",  # 224 were needed on 42,000 images
        model="logistic_regression",
        max_iter=1000,
    ),
}
OTHER_CNNS = ("prose", "steps", ONE_FILTER, "asher")
NETWORKS = (CNN, CNN_L2, *OTHER_CNNS, ANN)
POOLED = (CNN, *(name for name in OTHER_CNNS if name != ONE_FILTER))
SEEDED = ("random_forest", "decision_tree")
CLASSICAL = tuple(name for name in SYSTEMS if name not in NETWORKS)
SEEDLESS = tuple(name for name in CLASSICAL if name not in SEEDED)
# Those of which papers print an accuracy, and describe none.
UNDESCRIBED = ("svm_rbf", "svm_poly", "knn_3", "knn_5")

# Algorithm 1 of `raj2024`: the call it names, what does it here, and how.
ALGORITHM = [
    ("import_library", "ground.backend.configure", "starts Keras on its backend"),
    ("load_dataset", "data.datasets.load", "gets MNIST and checks its hash"),
    ("preprocess_data", "data.splits.scale", "scales pixels to 0 to 1"),
    ("create_neural_network", "models.build", "makes a network by its name"),
    ("add_convolutional_layers", "models.raj2024.raj_cnn", "three of 64 filters"),
    ("add_activation_functions", "models.parts.activated", "ReLU, a layer of its own"),
    ("add_maxpooling_layers", "models.raj2024.raj_cnn", "one after each convolution"),
    ("flatten_and_add_dense_layers", "models.raj2024.raj_cnn", "64, 32 and 10 neurons"),
    ("compile_neural_network", "training.train.build_engine", "Adam, cross-entropy"),
    ("train_neural_network", "training.train.train", "one run, one record"),
    ("evaluate_model", "training.train.evaluate", "loss, and a count of right answers"),
    ("process_new_input", "photos.files.read_file", "reads an image file"),
    ("preprocess_new_input", "photos.raj2024.resized", "grey, 28×28 pixels, ÷ 255"),
    ("make_prediction", "runs.sweep.Runs.predictions", "the digit of each test image"),
]


def settings(*names: str) -> dict[str, dict]:
    """Return the settings of systems by name: an axis of `mnistlib.runs.cases`."""
    return {name: SYSTEMS[name].fields for name in names}


def base(params: Params, dataset: Dataset) -> dict:
    """Return what all runs share: the images, and that they are tested."""
    return {
        "dataset": dataset.name,
        "n_train": params.n_train,
        "evaluate_on": "test",
        "n_test": params.n_test,
        "split": "last",
        "val_fraction": VAL_FRACTION,
    }


def adam(params: Params) -> dict:
    """Return how the networks are trained."""
    return {
        "optimizer": "adam",
        "learning_rate": params.learning_rate,
        "batch_size": params.batch_size,
        "epochs": params.epochs,
    }


def labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Return runs with the column label: the system's name in tables."""
    names = {name: system.label for name, system in SYSTEMS.items()}
    return frame.assign(label=frame["system"].map(names))


def seeds_met(name: str, params: Params) -> list[int]:
    """Return the seeds at which the CNN meets a system image by image.

    A system that no seed changes is met by every run of the CNN, those of ``seeds`` first.
    """
    if name == CNN_L2:
        return params.of_l2
    if name not in SEEDLESS:
        return params.seeds
    return [*params.seeds, *(seed for seed in params.of_cnn if seed not in params.seeds)]


def per_run(read, frame: pd.DataFrame, name: str, seeds: list[int]) -> np.ndarray:
    """Return what each run of a system says of the test images: (runs, n_test).

    Args:
        read: such as `mnistlib.runs.Runs.predictions`: takes a key.
        frame: the runs, with the columns system, seed and key.
        name: of the system.
        seeds: of the runs that are wanted, in this order; a system that has no seed has
            one run.
    """
    runs = frame[frame["system"] == name].set_index("seed")["key"]
    return np.stack([read(key) for key in (runs if len(runs) == 1 else runs[seeds])])
