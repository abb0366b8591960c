"""What reads photographs on this page, and whose networks are damaged."""

from mnistlib.data.splits import VAL_FRACTION
from mnistlib.photos.render import KINDS

STROKES, IMAGES = "drawn", "test images"
SOURCES = (STROKES, IMAGES)
PAPERS, INVERTED, OURS = "R7, as described", "R7, ink made light", "found and centred"
READERS = (PAPERS, INVERTED, OURS)
# Kinds of photograph that show several digits, and how many at least and at most.
LINES = ("off centre", "ruled", "board", "tilt", "phone")
LENGTHS = (3, 5)
# The picture of `raj2024` is lost. Its text shows a 0 to the program, its caption an 8, and
# neither says whether ink is dark: what the stand-ins show, digit and kind of photograph.
STAND_INS = {
    "an 8, white on black": (8, "as MNIST"),
    "an 8, dark on white": (8, "white paper"),
    "a 0, white on black": (0, "as MNIST"),
    "a 0, dark on white": (0, "white paper"),
}
N_STAND_INS = 10

_ADAM = {"optimizer": "adam", "learning_rate": 0.001}
_MOVED = {"rotation": 10.0, "shift": 0.1, "zoom": 0.1}
# A paper's network each, and with the augmentation of `sayee2025` or without.
SYSTEMS = {
    "A1, base CNN": _ADAM | {"model": "base_cnn"},
    "A4, complex CNN": _ADAM | {"model": "complex_cnn"},
    "R1, CNN": _ADAM | {"model": "raj_cnn"},
    "R1, augmented": _ADAM | _MOVED | {"model": "raj_cnn"},
    "K1, raut": _ADAM | {"model": "raut_cnn"},
    "S1, not augmented": _ADAM | {"model": "sayee_cnn"},
    "S1, augmented": _ADAM | _MOVED | {"model": "sayee_cnn"},
    "R6, SVM": {"model": "svm"},
}
# With augmentation and without, of one network.
AUGMENTED = [("R1, augmented", "R1, CNN"), ("S1, augmented", "S1, not augmented")]


def reader(params, images) -> dict:
    """Return the fields of the network that reads all photographs: R1 of `raj2024`.

    Its split is the paper's; no test image is opened in training.

    Args:
        params: of the page.
        images: the data set.
    """
    return {
        "dataset": images.name,
        "n_train": params.n_train,
        "split": "last",
        "val_fraction": 0.3,
        "model": "raj_cnn",
        "optimizer": "adam",
        "learning_rate": 0.001,
        "batch_size": params.batch_size,
        "epochs": params.epochs,
    }


def systems(params, images) -> dict[str, dict]:
    """Return the fields of the networks that are compared: alike in all but the network.

    Their papers train with other optimizers, rates and epochs, and with all images. Here
    each has the same few images and as many steps, so that what differs is the network,
    and whether images are moved.
    """
    shared = {
        "dataset": images.name,
        "n_train": params.system_images,
        "val_fraction": VAL_FRACTION,
    }
    of_networks = {"batch_size": params.system_batch, "epochs": params.system_epochs}
    return {
        name: shared | (of_networks if "optimizer" in fields else {}) | fields
        for name, fields in SYSTEMS.items()
    }


def kinds() -> dict[str, str]:
    """Return the kinds of photograph, and what each is, in words."""
    return {kind: scene.about for kind, scene in KINDS.items()}
