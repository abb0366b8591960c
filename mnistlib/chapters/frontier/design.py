"""The recipe that we search, what is varied in it, and what is run in the end.

All of this was written down before the first run of the search. Whatever is chosen is
chosen on validation images; the test images are opened by the final runs, once each.
"""

from mnistlib.claims.paper_systems import CLASSICAL, NETWORKS, RAUT, RAUT_NETWORK
from mnistlib.data.splits import VAL_FRACTION
from mnistlib.training.spec import MOVES

RECIPE, COMBINED = "the recipe", "all that helped"
# Leads of the literature, at first guesses of ours: moves somewhat wider than those of
# `sayee2025`, elastic ones as in Simard et al. (2003), a rate that rises and falls.
MOVED = {"rotation": 12.0, "shift": 0.1, "zoom": 0.12, "shear": 8.0}
START = MOVED | {
    "model": "frontier_cnn",
    "optimizer": "adam",
    "learning_rate": 0.004,
    "schedule": "triangle",
    "elastic": 1.0,
}
# Ingredient -> its other levels. No two ingredients share a field, so that what is best of
# each can be put together.
INGREDIENTS = {
    "moves": {
        "none": dict.fromkeys(MOVED, 0.0),
        "as `sayee2025`": {"rotation": 10.0, "shift": 0.1, "zoom": 0.1, "shear": 0.0},
        "wider": {"rotation": 20.0, "shift": 0.15, "zoom": 0.2, "shear": 15.0},
    },
    "elastic moves": {"none": {"elastic": 0.0}, "doubled": {"elastic": 2.0}},
    "averaged weights": {"none": {"ema_momentum": 0.0}},
    "smoothed labels": {"0.1": {"label_smoothing": 0.1}},
    "dropout": {"none": {"dropout": 0.0}, "0.5": {"dropout": 0.5}},
    "largest rate": {
        "halved": {"learning_rate": 0.002},
        "doubled": {"learning_rate": 0.008},
    },
    "schedule": {
        "constant": {"schedule": "constant"},
        "warm-up and cosine": {"schedule": "warmup_cosine"},
    },
}
# The level of each ingredient of the recipe that is to be without it.
PLAIN = {
    "moves": "none",
    "elastic moves": "none",
    "averaged weights": "none",
    "dropout": "none",
    "schedule": "constant",
}
# Tried where the recipe computes with numbers of 16 bits. Never chosen by accuracy, as the
# ingredients are: it is there for what half of the bits cost and save.
EXACT = "numbers: of 32 bits"
# All of some 13 to 30 million multiply-accumulates an image.
SHAPES = {
    "32 filters": {},
    "48 filters": {"width": 48},
    "three convolutions a stage": {"convs": 3},
    "padding `same`": {"width": 24, "padding": "same"},
    "kernels of 5": {"width": 16, "kernel_size": 5, "padding": "same"},
    "all places in the head": {"head": "flatten"},
}
# Moved versions of a test image that the final runs read besides it, for a second answer
# that is shown apart. Their moves are half of those in training: neither is tuned.
N_VERSIONS = 8
N_FINAL = 2  # so many of these are trained in the end, and averaged
ENSEMBLE = "ensemble"


def variants(precision: str = "float32") -> dict[str, dict]:
    """Return the recipe and each change of one ingredient, name -> fields.

    Args:
        precision: of the recipe; one with fewer bits is compared with `EXACT`, too.
    """
    found = {RECIPE: {}} | {
        f"{ingredient}: {level}": fields
        for ingredient, levels in INGREDIENTS.items()
        for level, fields in levels.items()
    }
    exact = {"precision": "float32"}
    return found if precision == "float32" else found | {EXACT: exact}


def searched(params, images) -> dict:
    """Return the fields of all runs of the search: they open no test image."""
    return START | {
        "dataset": images.name,
        "n_train": params.search_images,
        "val_fraction": VAL_FRACTION,
        "evaluate_on": "validation",
        "batch_size": params.batch_size,
        "ema_momentum": params.ema_momentum,
        "precision": params.precision,
        "epochs": params.search_epochs,
    }


def final(params, images, chosen: dict) -> dict:
    """Return the fields of the final runs: all training images, tested once, at the end.

    They also read moved versions of the test images, where the recipe moves any.

    Args:
        params, images: of the page.
        chosen: fields that the search chose in place of the recipe's.
    """
    fields = searched(params, images) | chosen
    return fields | {
        "n_train": params.n_train,
        "val_fraction": 0.0,
        "evaluate_on": "test",
        "n_test": params.n_test,
        "epochs": params.epochs,
        "test_versions": N_VERSIONS if any(fields[move] for move in MOVES) else 0,
    }


def small(params, images, chosen: dict) -> dict:
    """Return the same for networks that are made small: they read each image once."""
    return final(params, images, chosen) | {
        "epochs": params.width_epochs,
        "test_versions": 0,
    }


def watched(params, images, chosen: dict) -> dict:
    """Return the same with images held out, and tested after each epoch.

    They are no result of ours: they show what it adds to choose an epoch by test images.
    """
    return final(params, images, chosen) | {
        "val_fraction": VAL_FRACTION,
        "test_each_epoch": True,
        "test_versions": 0,
    }


def papers(params, images) -> tuple[dict, dict[str, dict], dict[str, dict]]:
    """Return the papers' systems, on the same images.

    Returns:
        What all share; the networks by system; those without a seed.
    """
    base = {
        "dataset": images.name,
        "n_train": params.n_train,
        "evaluate_on": "test",
        "n_test": params.n_test,
        "val_fraction": 0.0,
    }
    asked = {"epochs": params.paper_epochs, "batch_size": params.paper_batch}
    own = {name: value for name, value in asked.items() if value is not None}
    networks = {RAUT: RAUT_NETWORK} | NETWORKS
    return base, {name: fields | own for name, fields in networks.items()}, CLASSICAL
