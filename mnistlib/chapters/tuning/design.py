"""What the report of `asher` was tuned over, and the systems that are tested."""

from mnistlib.claims.registry import reported

SETTINGS = ["filters", "units", "learning_rate"]
# The report states none of these: our reading of it. For all runs,
READING = {"batch_size": (32,), "rotation": (10.0,), "shift": (0.1,), "zoom": (0.1,)}
# for those that are tested, and for those that choose; the grid itself is the report's.
TESTED = READING | {"epochs": (5,)}
CHOOSING = READING | {
    "grid_epochs": (3,),
    "filters": ([32, 64, 128],),
    "units": ([32, 64, 128],),
    "learning_rates": ([0.01, 0.001, 0.0001],),
}

# The report's rate. Filters and units it calls "balanced" and "moderate": the middle.
TEXT = {"filters": 64, "units": 64, "learning_rate": reported("ASH-09")}
# The two trials that it prints.
TRIALS = {
    "trial 0": {"filters": 64, "units": 32, "learning_rate": 0.01},
    "trial 1": {"filters": 128, "units": 128, "learning_rate": 0.0001},
}
TRIAL_CLAIMS = {"trial 0": "ASH-07", "trial 1": "ASH-08"}
STATED, ONE, PLAIN, CHOSEN = (
    "stated rate",
    "one convolution",
    "not augmented",
    "grid's choice",
)
READINGS = {STATED: "two convolutions", ONE: "one convolution"}


def base(params, images) -> dict:
    """Return what all runs share: fields of a spec."""
    return {
        "dataset": images.name,
        "n_train": params.n_train,
        "model": "asher_cnn",
        "optimizer": "adam",
        "batch_size": params.batch_size,
        "epochs": params.epochs,
        "rotation": params.rotation,
        "shift": params.shift,
        "zoom": params.zoom,
    }


def systems(chosen: dict) -> dict[str, dict]:
    """Return the systems that are tested, name -> settings.

    Args:
        chosen: the grid's choice, a value for each of `SETTINGS`; left out where it is one
            of the others.
    """
    tested = {
        STATED: TEXT,
        ONE: TEXT | {"convs": 1},
        PLAIN: TEXT | {"rotation": 0.0, "shift": 0.0, "zoom": 0.0},
    } | TRIALS
    chosen = {name: chosen[name] for name in SETTINGS}
    return tested if chosen in tested.values() else tested | {CHOSEN: chosen}
