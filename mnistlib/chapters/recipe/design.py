"""The recipe of `sayee2025`: what every run shares, and what the paper leaves open."""

from mnistlib.data.splits import VAL_FRACTION

EPOCHS, BATCH_SIZE = 30, 128  # sections IV and V.A
MOVED = {"rotation": 10.0, "shift": 0.1, "zoom": 0.1}
# The paper has 10° of everything, or 10 %.
RANGES = "rotations up to {rotation:g}°, shifts {shift:g}, zooms {zoom:g}".format(**MOVED)
STILL = dict.fromkeys(MOVED, 0.0)
# The four parts that the paper credits, as the factorial names them.
PARTS = {
    "batch_norm": "batch norm",
    "dropout": "dropout",
    "augmentation": "augmentation",
    "schedule": "schedule",
}
LEVELS = {
    "batch_norm": (False, True),
    "dropout": (False, True),
    "augmentation": ("no", "yes"),
    "schedule": ("constant", "warmup_cosine"),
}
# What section V.B cites of Siddique et al. (2018): validation accuracy, percent.
CITED = {"Case 2": 99.21, "Case 4": 99.24}


def base(params, dataset: str) -> dict:
    """Return what all re-runs of the paper's system share, as fields of a spec.

    The test images are evaluated after each epoch, as the paper does.

    Args:
        params: `mnistlib.chapters.recipe.params.Params`.
        dataset: "mnist" or "digits".
    """
    return {
        "dataset": dataset,
        "n_train": params.n_train,
        "val_fraction": 0.0,
        "evaluate_on": "test",
        "n_test": params.n_test,
        "test_each_epoch": True,
        "model": "sayee_cnn",
        "optimizer": "adam",
        "learning_rate": 0.001,
        "schedule": "warmup_cosine",
        **MOVED,
        "batch_size": params.batch_size,
        "epochs": params.epochs,
    }


def factorial_base(params, dataset: str) -> dict:
    """Return what all runs of the factorial share: they are judged on validation images.

    Args:
        params, dataset: as in `base`.
    """
    return base(params, dataset) | {
        "n_train": params.factorial_images,
        "val_fraction": VAL_FRACTION,
        "evaluate_on": "validation",
        "n_test": None,
        "test_each_epoch": False,
        "epochs": params.factorial_epochs,
    }
