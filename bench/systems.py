"""The systems whose training is timed: the papers' networks with the papers' settings."""

from dataclasses import dataclass

AUGMENTATION = {"rotation": 10.0, "shift": 0.1, "zoom": 0.1}


@dataclass(frozen=True)
class System:
    """A network with what the papers say of its training.

    Attributes:
        name: as the tables print it.
        paper: whose it is.
        network: its builder in ``mnistlib`` and in the peers.
        optimizer, learning_rate, batch_size: of the paper, or its library's default.
        augmented: whether training images are moved, as ``sayee2025`` moves them.
        n: images of one timed epoch, chosen so that it takes about a second.
        deep: whether the aims for the deep network apply to it.
        epochs_before_accuracy: at least so many, before held-out images are counted: batch
            normalisation's running averages follow slowly.
    """

    name: str
    paper: str
    network: str
    optimizer: str
    learning_rate: float
    batch_size: int
    n: int
    augmented: bool = False
    deep: bool = False
    epochs_before_accuracy: int = 0


SYSTEMS = [
    System("base CNN, SGD", "ahmareen2024", "base_cnn", "sgd", 0.01, 32, 8192),
    System("base CNN, Adam", "ahmareen2024", "base_cnn", "adam", 0.001, 32, 8192),
    System("complex CNN, SGD", "ahmareen2024", "complex_cnn", "sgd", 0.01, 32, 4096),
    System("raj CNN, Adam", "raj2024", "raj_cnn", "adam", 0.001, 32, 4096),
    System("raut CNN, Adam", "raut", "raut_cnn", "adam", 0.001, 64, 4096),
    System(
        "deep CNN, Adam",
        "sayee2025",
        "sayee_cnn",
        "adam",
        0.001,
        128,
        2048,
        augmented=True,
        deep=True,
        epochs_before_accuracy=40,
    ),
]
