"""The images of one run, as its spec asks for them: checked, cut and scaled."""

import numpy as np

from mnistlib import data
from mnistlib.data.splits import validation_size
from mnistlib.ground.errors import SpecError
from mnistlib.training.spec import RunSpec


def check_images(spec: RunSpec, dataset: data.Dataset) -> None:
    """Make sure that a run has images to be evaluated on.

    Args:
        spec: what to run.
        dataset: the data that ``spec.dataset`` names.

    Raises:
        SpecError: no image is left to choose by.
    """
    n = len(dataset.y_train) if spec.n_train is None else spec.n_train
    if spec.is_tested or validation_size(n, spec.val_fraction, spec.split):
        return
    raise SpecError(
        "a run that is not tested must hold an image out for validation. Received: "
        f"val_fraction={spec.val_fraction!r} (float), which is none of {n}; hold out a "
        "larger share"
    )


def images_of(
    spec: RunSpec, dataset: data.Dataset
) -> tuple[data.Split, np.ndarray, np.ndarray, np.ndarray]:
    """Return a run's split, and its training, validation and test images as floats.

    A run that is not tested gets no test images.

    Args:
        spec: what to run.
        dataset: the data that ``spec.dataset`` names.

    Returns:
        The split, and three float32 arrays (n, 28, 28, 1).

    Raises:
        SpecError: no image is left to choose by.
    """
    check_images(spec, dataset)
    cut = data.split(
        dataset,
        method=spec.split,
        val_fraction=spec.val_fraction,
        n_train=spec.n_train,
        n_test=spec.n_test if spec.is_tested else 0,
        seed=spec.seed,
    )
    return cut, *data.scale(cut, spec.scaling)
