"""The systems of the comparison: what is run, how well each does, what it costs.

All are trained on the same images: as `raj2024`'s ``validation_split=0.3`` takes them, the
last 30 % are held out for validation, in order and without shuffling.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mnistlib.chapters.baselines.params import Params
from mnistlib.data.datasets import Dataset
from mnistlib.runs.sweep import Runs
from mnistlib.training.spec import ClassicalSpec, NetworkSpec, make

VAL_FRACTION = 0.3


@dataclass(frozen=True)
class System:
    """One system of the comparison.

    Args:
        label: its name in tables and figures.
        model: as specs name it.
        settings: what is not a default, in words.
        is_repeated: whether the seed changes the result; if not, one run is all there is.
        model_args: of the model's builder or of scikit-learn's class.
        scaling: of the pixels.
        claims: ids of the test accuracies that papers print for such a system.
    """

    label: str
    model: str
    settings: str
    is_repeated: bool = False
    model_args: dict = field(default_factory=dict)
    scaling: str = "unit"
    claims: tuple[str, ...] = ()

    @property
    def is_network(self) -> bool:
        """Whether it is trained by gradient descent, with a training log."""
        return self.model in ("raj_cnn", "ann")


CNN, CNN_L2, ANN = "cnn", "cnn_l2", "ann"

# Where the papers state nothing, scikit-learn's defaults stand; no baseline is tuned.
SYSTEMS: dict[str, System] = {
    CNN: System(
        "CNN",
        "raj_cnn",
        "the network of raj2024, Fig. 10; Adam",
        is_repeated=True,
        claims=("RAJ-01",),
    ),
    CNN_L2: System(
        "CNN (L2)",
        "raj_cnn",
        "the same on images scaled to unit L2 columns",
        is_repeated=True,
        scaling="l2",
    ),
    ANN: System(
        "ANN",
        "ann",
        "two hidden layers of 128 ReLU; Adam (our choice)",
        is_repeated=True,
        claims=("RAJ-11",),
    ),
    "svm_rbf": System(
        "RBF SVM",
        "svm",
        "RBF kernel, C 1, gamma scale",
        claims=("RAJ-12", "ASH-04"),
    ),
    "svm_poly": System(
        "cubic SVM",
        "svm",
        "polynomial kernel of degree 3, C 1, gamma scale",
        model_args={"kernel": "poly", "degree": 3},
        claims=("RAJ-12", "ASH-04"),
    ),
    "knn_3": System(
        "3-NN",
        "knn",
        "3 nearest neighbours, Euclidean",
        model_args={"n_neighbors": 3},
        claims=("ASH-05",),
    ),
    "knn_5": System(
        "5-NN",
        "knn",
        "5 nearest neighbours, Euclidean",
        model_args={"n_neighbors": 5},
        claims=("ASH-05",),
    ),
    "random_forest": System(
        "random forest",
        "random_forest",
        "100 trees",
        is_repeated=True,
        claims=("ASH-06",),
    ),
    "decision_tree": System(
        "decision tree", "decision_tree", "grown until pure", is_repeated=True
    ),
    "naive_bayes": System(
        "naive Bayes", "naive_bayes", "a Gaussian for each pixel and digit"
    ),
    "logistic_regression": System(
        "logistic regression",
        "logistic_regression",
        "L2 penalty, C 1, up to 1000 iterations",
        model_args={"max_iter": 1000},  # 224 were needed on 42,000 images
    ),
}
CLASSICAL = [name for name, system in SYSTEMS.items() if not system.is_network]


def specs(params: Params, dataset: Dataset) -> list:
    """Return what is to be run, system by system: a spec per seed where it matters."""
    shared = {
        "dataset": dataset.name,
        "n_train": params.n_train,
        "evaluate_on": "test",
        "n_test": params.n_test,
        "split": "last",
        "val_fraction": VAL_FRACTION,
    }
    training = {
        "optimizer": "adam",
        "learning_rate": params.learning_rate,
        "batch_size": params.batch_size,
        "epochs": params.epochs,
    }
    found = []
    for name, system in SYSTEMS.items():
        seeds = params.l2_seeds if name == CNN_L2 else params.seeds
        own = {
            "model": system.model,
            "model_args": system.model_args,
            "scaling": system.scaling,
        }
        cls, more = (NetworkSpec, training) if system.is_network else (ClassicalSpec, {})
        found += [
            make(cls, **shared, **own, **more, seed=seed)
            for seed in (seeds if system.is_repeated else [0])
        ]
    return found


def system_of(spec) -> str:
    """Return the name in `SYSTEMS` of a spec that `specs` made."""
    for name, system in SYSTEMS.items():
        asked = (system.model, system.model_args, system.scaling)
        if asked == (spec.model, spec.model_args, spec.scaling):
            return name
    raise ValueError(
        f"spec must be of a system of the comparison. Received: spec={spec.label!r} "
        f"({type(spec).__name__}). Make it with baselines.specs."
    )


def named(runs: Runs) -> pd.DataFrame:
    """Return the runs' frame with two columns in front: system (name) and label."""
    frame = runs.frame
    names = [system_of(spec) for spec in runs.specs]
    frame.insert(0, "system", names)
    frame.insert(1, "label", [SYSTEMS[name].label for name in names])
    return frame


def logs(runs: Runs) -> pd.DataFrame:
    """Return the networks' training logs, a row per run and epoch, with the column system.

    A column images_seen counts the training images up to the end of the epoch.
    """
    history = runs.history
    names = {k: system_of(spec) for k, spec in zip(runs.keys, runs.specs, strict=True)}
    sizes = {key: runs.record(key).train["n_examples"] for key in names}
    return history.assign(
        system=history["key"].map(names),
        images_seen=history["epoch"] * history["key"].map(sizes),
    )


def predictions(runs: Runs, name: str) -> np.ndarray:
    """Return a system's predictions, uint8 (runs, n_test), in the order of its seeds."""
    return np.stack([runs.predictions(key) for key in _keys(runs, name)])


def confidence(runs: Runs, name: str) -> np.ndarray:
    """Return a system's confidence, float64 (runs, n_test), in the order of its seeds."""
    return np.stack([runs.confidence(key) for key in _keys(runs, name)]).astype(float)


def _keys(runs: Runs, name: str) -> list[str]:
    pairs = zip(runs.keys, runs.specs, strict=True)
    return [key for key, spec in pairs if system_of(spec) == name]
