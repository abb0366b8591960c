"""The recipe that we search, what is varied in it, and what is run in the end.

All of this was written down before the first full run of the search, but for what the first
round of it, seen on validation images alone, led to: single levels among the candidates,
and the second round. Before any final run, too, came more widths of small networks, two
more systems of the papers in the picture of costs, and whose weights are kept. Whatever is
chosen is chosen on validation images; the test images are opened by the final runs, once
each.
"""

import math

from mnistlib.claims.paper_systems import (
    CLASSICAL,
    NETWORKS,
    OTHERS,
    RAUT,
    RAUT_NETWORK,
)
from mnistlib.data.splits import VAL_FRACTION
from mnistlib.show.words import number_of
from mnistlib.training.spec import MOVES

FIRST, SECOND = "the first recipe", "the second recipe"
ALL_FIRST, ALL_SECOND = (f"all that helped in the {n} round" for n in ("first", "second"))
# Leads of the literature, at first guesses of ours: moves somewhat wider than those of
# `sayee2025`, a rate that rises and falls, and elastic moves as strong as those of Simard
# et al. (2003), as we read them: 34 times a field of numbers from -1 to 1 that a Gaussian
# of 4 pixels smooths has a standard deviation of 1.4 pixels.
MOVED = {"rotation": 12.0, "shift": 0.1, "zoom": 0.12, "shear": 8.0}
START = MOVED | {
    "model": "frontier_cnn",
    "optimizer": "adam",
    "learning_rate": 0.004,
    "schedule": "triangle",
    "elastic": 1.4,
}
SHORT_MEMORY = 0.9  # momentum of batch normalisation without averaged weights
# Ingredient -> its other levels. No two ingredients share a field, so that what is best of
# each can be put together.
INGREDIENTS = {
    "moves": {
        "none": dict.fromkeys(MOVED, 0.0),
        "as `sayee2025`": {"rotation": 10.0, "shift": 0.1, "zoom": 0.1, "shear": 0.0},
        "wider": {"rotation": 20.0, "shift": 0.15, "zoom": 0.2, "shear": 15.0},
    },
    "elastic moves": {
        "none": {"elastic": 0.0},
        "halved": {"elastic": 0.7},
        "by half stronger": {"elastic": 2.1},
    },
    "averaged weights": {"none": {"ema_momentum": 0.0, "norm_momentum": SHORT_MEMORY}},
    "smoothed labels": {"0.1": {"label_smoothing": 0.1}},
    "dropout": {"none": {"dropout": 0.0}},
    "largest rate": {
        "quartered": {"learning_rate": 0.001},
        "halved": {"learning_rate": 0.002},
        "doubled": {"learning_rate": 0.008},
    },
    "schedule": {
        "constant": {"schedule": "constant"},
        "warm-up and cosine": {"schedule": "warmup_cosine"},
    },
}
# A better rate than these may lie beyond them.
RATE_EDGES = {0.001: "lowest", 0.008: "highest"}
# Tried in the second round alone. The first found the best strengths between 0 and half.
FINER = {"elastic moves": {"quartered": {"elastic": 0.35}}}
AT_FIRST = "as at first"  # in the second round, the first recipe's level
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
BASE = "32 filters"
# All of 13 to 20 million multiply-accumulates an image.
SHAPES = {
    BASE: {},
    "three convolutions a stage": {"convs": 3},
    "padding same": {"width": 16, "convs": 3, "padding": "same"},
    "kernels of 5": {"width": 16, "kernel_size": 5, "padding": "same"},
    "all places in the head": {"head": "flatten"},
}
# Moved versions of a test image that the final runs read besides it, for a second answer
# that is shown apart. Their moves are half of those in training: neither is tuned.
N_VERSIONS = 8
# The study's quickest recipe for 99 %, of the page on costs: the cheap end of the picture.
ONE_EPOCH = {
    "model": "one_epoch_cnn",
    "optimizer": "adam",
    "learning_rate": 0.03,
    "schedule": "triangle",
    "batch_size": 64,
    "epochs": 1,
    "label_smoothing": 0.1,
    "n_train": 30_000,
}
N_FINAL = 2  # so many of these are trained in the end, and averaged
KEPT_SEED = 0  # of the first finalist: its network is published, whatever the others read
ENSEMBLE = "ensemble"


def variants(precision: str = "float32", centre: str | None = None) -> dict[str, dict]:
    """Return a recipe and each change of one ingredient, name -> fields.

    Args:
        precision: of the recipe; one with fewer bits is compared with `EXACT`, too.
        centre: of the second round, the variant of the first around which it goes on;
            None for the first round.
    """
    around = levels_of(centre)
    changes = {name: list(levels) for name, levels in INGREDIENTS.items()}
    for ingredient, level in around.items():
        changes[ingredient].remove(level)
        changes[ingredient] = [AT_FIRST, *FINER.get(ingredient, {}), *changes[ingredient]]
    found = {SECOND if centre else FIRST: together(around)} | {
        f"{ingredient}: {level}": together(around | {ingredient: level})
        for ingredient, levels in changes.items()
        for level in levels
    }
    exact = together(around) | {"precision": "float32"}
    return found if precision == "float32" else found | {EXACT: exact}


def levels_of(variant: str | None) -> dict[str, str]:
    """Return ingredient -> level of a variant's name; {} for none."""
    return dict([variant.split(": ")]) if variant else {}


def together(levels: dict[str, str]) -> dict:
    """Return the fields of levels, ingredient -> level, put together."""
    fields: dict = {}
    for ingredient, level in levels.items():
        known = INGREDIENTS[ingredient] | FINER.get(ingredient, {}) | {AT_FIRST: {}}
        fields |= known[level]
    return fields


def searched(params, images) -> dict:
    """Return the fields of all runs of the search: they open no test image."""
    return _held_out(params, images, params.search_epochs)


def confirming(params, images) -> dict:
    """Return the same for runs that are longer, and of a network as wide as the final one.

    Their seeds are fresh: the search, whose best levels are partly its luck, is not asked.
    """
    return _held_out(params, images, params.confirm_epochs)


def _held_out(params, images, epochs: int) -> dict:
    chosen = {"evaluate_on": "validation"}
    return _run(params, images, chosen, params.search_images, VAL_FRACTION, epochs)


def final(params, images, chosen: dict, epochs: int | None = None) -> dict:
    """Return the fields of the final runs: all training images, tested once, at the end.

    They also read moved versions of the test images, where the recipe moves any.

    Args:
        params, images: of the page.
        chosen: fields that the search chose in place of the recipe's.
        epochs: default the page's.
    """
    tested = chosen | {"evaluate_on": "test", "n_test": params.n_test}
    fields = _run(params, images, tested, params.n_train, 0.0, epochs or params.epochs)
    moved = any(fields[move] for move in MOVES)
    return fields | {"test_versions": N_VERSIONS if moved else 0}


def shorter(params, images, chosen: dict) -> dict[str, dict]:
    """Return the same for runs of fewer epochs, and the quickest of the study, by name."""
    last = final(params, images, chosen)
    whole = len(images.x_train) if params.n_train is None else params.n_train
    shared = ("dataset", "val_fraction", "evaluate_on", "n_test")
    quickest = {name: last[name] for name in shared} | ONE_EPOCH
    return {"one epoch": quickest | {"n_train": min(ONE_EPOCH["n_train"], whole)}} | {
        f"{BASE}, {number_of(epochs, 'epoch')}": final(params, images, chosen, epochs)
        | {"test_versions": 0}
        for epochs in params.short_epochs
    }


def small_name(width: int) -> str:
    """Return the name of a network that is made small, with so many filters at first."""
    return f"small, {number_of(width, 'filter')}"


def small(params, images, chosen: dict) -> dict:
    """Return the same for networks that are made small, which need less of a remedy.

    No dropout and half the moves; and numbers of 32 bits: with few filters, 16 are slower.
    """
    fields = final(params, images, chosen, params.width_epochs)
    return fields | {
        **{move: fields[move] / 2 for move in MOVES},
        "dropout": 0.0,
        "precision": "float32",
        "test_versions": 0,
    }


def watched(params, images, chosen: dict) -> dict:
    """Return the same with images held out, and tested after each epoch.

    They are no result of ours: they show what it adds to choose an epoch by test images.
    """
    tested = {"evaluate_on": "test", "n_test": params.n_test, "test_each_epoch": True}
    fields = chosen | tested
    return _run(params, images, fields, params.n_train, VAL_FRACTION, params.watch_epochs)


def _run(params, images, chosen: dict, n_train, val_fraction: float, epochs: int) -> dict:
    n = (len(images.x_train) if n_train is None else n_train) * (1 - val_fraction)
    return {
        **START,
        "dataset": images.name,
        "n_train": n_train,
        "val_fraction": val_fraction,
        "batch_size": params.batch_size,
        "precision": params.precision,
        "epochs": epochs,
        **averaging(params.ema_share * epochs * math.ceil(n / params.batch_size)),
        **chosen,
    }


def averaging(memory: float) -> dict:
    """Return the fields of averaged weights, and of normalisation that remembers as much.

    Args:
        memory: steps over which is averaged; below 1 for none.
    """
    if memory < 1:
        return {}
    momentum = round(1 - 1 / memory, 5)
    return {"ema_momentum": momentum, "norm_momentum": max(momentum, SHORT_MEMORY)}


def papers(params, images) -> tuple[dict, dict, dict, dict]:
    """Return the papers' systems, on the same images.

    Returns:
        What all share; the networks by system; those without a seed; and others, which
        stand in the picture of costs and judge no image.
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
    networks, others = (
        {name: fields | (own if "epochs" in fields else {}) for name, fields in of.items()}
        for of in ({RAUT: RAUT_NETWORK} | NETWORKS, OTHERS)
    )
    return base, networks, CLASSICAL, others
