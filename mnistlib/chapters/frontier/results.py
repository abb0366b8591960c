"""Tables of the page on the fewest errors: the final runs, their cost, what they teach."""

import numpy as np
import pandas as pd

from mnistlib.chapters.frontier.design import ENSEMBLE, small_name
from mnistlib.chapters.frontier.search import quickest, seconds_text
from mnistlib.claims.an2020 import an2020
from mnistlib.ground.errors import StudyError
from mnistlib.show import tables
from mnistlib.show.plots import pareto_front
from mnistlib.show.tables import Column
from mnistlib.show.words import number_of
from mnistlib.stats import ensembles
from mnistlib.stats.evaluate import half_errors
from mnistlib.stats.intervals import accuracies, learned, summary
from mnistlib.stats.paired import paired_interval

DRAWS = 1000  # of seeds and images

FINAL_COLUMNS = [
    Column("system"),
    Column("n", "seeds"),
    *tables.ACCURACY,
    Column("seconds", "core-seconds", seconds_text),
]
VERSIONS_COLUMNS = [
    Column("system"),
    Column("n", "seeds"),
    Column("once", "read once", tables.percent),
    Column("versions", "with moved versions", tables.percent),
    Column(("gain", "low", "high"), "difference, points", lambda *x: _points(*x)),
    Column("images", "images", tables.images),
]
COST_COLUMNS = [
    Column("system"),
    Column("n", "runs"),
    Column("error", format=tables.percent),
    Column(("error_low", "error_high"), "95 % interval, %", tables.ends),
    Column("seconds", "core-seconds", seconds_text),
    Column("front", "not beaten", lambda x: "yes" if x else "no"),
    Column("share", "in draws", lambda x: tables.percent(x, 0)),
]
OPTIMISM_COLUMNS = [
    Column("system"),
    Column("n", "seeds"),
    *(
        Column((name, f"{name}_low", f"{name}_high"), title, lambda *x: _exact(*x))
        for name, title in (
            ("best", "best on test"),
            ("chosen", "best by validation"),
            ("last", "last"),
        )
    ),
    Column(("optimism", "low", "high"), "best − last, points", lambda *x: _points(*x)),
]
SMALL_COLUMNS = [
    Column("width", "filters at first"),
    Column("parameters", format=tables.count),
    Column("n", "seeds"),
    *tables.ACCURACY,
    Column("seconds", "core-seconds", seconds_text),
]
PHASE_COLUMNS = [
    Column("phase"),
    Column("runs"),
    Column("hours", "core-hours", ".2f"),
    Column("least", "at the quickest epoch", ".2f"),
]


def _exact(mean: float, low: float, high: float) -> str:
    return tables.with_interval(mean, low, high, digits=3)


def _points(x: float, low: float, high: float) -> str:
    return tables.points_interval(x, low, high, digits=3)


def _over_seeds(differences: pd.Series, name: str) -> dict[str, float]:
    """Return a mean difference over seeds, under a name, with low and high of Student's.

    Images are whole, so that few seeds may agree to the last image. That is no certainty:
    there is then no interval.
    """
    found = summary(differences)
    if not found["std"] > 1e-9:
        found |= {"low": np.nan, "high": np.nan}
    return {name: found["mean"], "low": found["low"], "high": found["high"]}


def members(runs) -> np.ndarray:
    """Return the class probabilities of all runs that did not diverge, (members, n, 10).

    Raises:
        StudyError: every run diverged.
    """
    return np.stack([runs.probabilities(key) for key in good_keys(runs)]).astype(float)


def good_keys(runs) -> list[str]:
    """Return the keys of the runs that did not diverge.

    Raises:
        StudyError: every run diverged.
    """
    good = runs.frame.loc[runs.frame["status"] == "ok", "key"]
    if good.empty:
        raise StudyError(
            "an ensemble must have a final run that did not diverge. "
            f"Received: {number_of(len(runs.frame), 'run')}, all diverged; "
            "take another batch size or more images"
        )
    return list(good)


def ensemble_row(runs) -> dict:
    """Return the ensemble of all final runs as a row of the cost table's frame.

    Returns:
        dict: system, seed, status, test_accuracy, n_examples, quickest_seconds (of all its
        members together, each as quick as the quickest of its system).
    """
    given, frame = members(runs), runs.frame
    systems = frame.loc[frame["key"].isin(good_keys(runs)), "system"]
    said = ensembles.averaged(given).argmax(axis=1)
    return {
        "system": f"{ENSEMBLE} of {len(given)}",
        "seed": 0,
        "status": "ok",
        "test_accuracy": float((said == runs.test_labels).mean()),
        "n_examples": int(frame["n_examples"].iloc[0]),
        "quickest_seconds": quickest(frame, "system")[systems].sum(),
    }


def versions_table(runs) -> pd.DataFrame:
    """Return the second answers of the final runs beside the first, and the ensemble's.

    Args:
        runs: the final runs, by system.

    Returns:
        DataFrame: system, n, once and versions (mean test accuracy, each image read once,
        and the mean with its moved versions), gain, its low and high (over seeds; of the
        ensemble over images; NaN where a run failed), images (that are read more). Empty
        where the recipe moves no image.
    """
    if not all(spec.test_versions for spec in runs.specs):
        return pd.DataFrame()
    frame, rows = runs.frame, []
    for system, part in frame.groupby("system", sort=False):
        gained = part["versions_accuracy"] - part["test_accuracy"]
        if not learned(part, "test_accuracy").all():
            gained = gained.iloc[:0]  # seeds of two outcomes have no common gain
        means = part[["test_accuracy", "versions_accuracy"]].mean(skipna=False)
        rows.append(
            {"system": system, "n": len(part), "once": means.iloc[0]}
            | {"versions": means.iloc[1]}
            | _over_seeds(gained, "gain")
        )
    labels, once = runs.test_labels, members(runs)
    moved = np.stack([runs.versions_probabilities(key) for key in good_keys(runs)])
    right = [ensembles.averaged(a).argmax(axis=1) == labels for a in (once, moved)]
    more, fewer = (right[1] & ~right[0]).mean(), (right[0] & ~right[1]).mean()
    low, high = paired_interval(more, fewer, len(labels))
    rows.append(
        {"system": f"{ENSEMBLE} of {len(once)}", "n": 1, "once": right[0].mean()}
        | {"versions": right[1].mean(), "gain": more - fewer, "low": low, "high": high}
    )
    table = pd.DataFrame(rows)
    return table.assign(images=table["gain"] * len(labels))


def final_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the final runs' accuracies and core-seconds, by system."""
    seconds = quickest(frame, "system")
    table = accuracies(frame, "system")
    return table.assign(seconds=table["system"].map(seconds))


def cost_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return error and cost of every system, the cheapest first.

    Args:
        frame: a row a run: system, test_accuracy, n_examples, status, quickest_seconds.

    Returns:
        DataFrame: system, n, error, error_low and error_high (over seeds and images; over
        images alone where there is one run), seconds, front (whether no other system has
        both no more errors and no more seconds: by the means).
    """
    table = accuracies(frame, "system")
    alone = table["both_low"].isna()
    low = table["both_low"].mask(alone, table["image_low"])
    high = table["both_high"].mask(alone, table["image_high"])
    table = table.assign(
        error=1 - table["mean"],
        error_low=1 - high,
        error_high=1 - low,
        seconds=table["system"].map(quickest(frame, "system")),
    )
    table["front"] = pareto_front(table["seconds"], table["mean"].round(9))
    return table.sort_values("seconds", kind="stable", ignore_index=True)


def halves(runs, right: dict[str, np.ndarray]) -> list[dict]:
    """Return the share of errors in each half of the test part, whose writers differ.

    Args:
        runs: the final runs.
        right: from `rights`.

    Returns:
        A dict for the first final system (mean over its runs) and one for the ensemble:
        system, and first and last, fractions.
    """
    n_test = len(runs.datasets[runs.specs[0].dataset].y_test)
    names = runs.frame["system"].iloc[0], ensemble_row(runs)["system"]
    return [
        {"system": name} | half_errors(~right[name], runs.test_index, n_test)
        for name in names
    ]


def on_front(table: pd.DataFrame, right: dict[str, np.ndarray]) -> pd.Series:
    """Return in what share of draws of seeds and images a system is on the front.

    The images are drawn for all systems alike, the seeds of each apart: with few of them
    that is less than seeds really differ, and with one, as of an ensemble, nothing. The
    seconds stay as they are.

    Args:
        table: from `cost_table`.
        right: by system, whether each run reads each image, booleans (runs, n); the same
            images.
    """
    draw, names = np.random.default_rng(0), list(table["system"])
    n = right[names[0]].shape[1]
    images = draw.multinomial(n, np.full(n, 1 / n), DRAWS).astype(np.float32)
    means = []
    for name in names:
        runs = right[name].astype(np.float32)
        seeds = draw.multinomial(len(runs), np.full(len(runs), 1 / len(runs)), DRAWS)
        means.append((seeds * (images @ runs.T)).sum(axis=1) / (len(runs) * n))
    fronts = [pareto_front(table["seconds"], one) for one in np.transpose(means)]
    return pd.Series(np.mean(fronts, axis=0), index=table.index)


def rights(finals, small, *others) -> dict[str, np.ndarray]:
    """Return by system whether each run reads each image, booleans (runs, n).

    Args:
        finals, others: `Runs` by system; finals are the ensemble's members, too.
        small: `Runs` by width.
    """
    found: dict[str, np.ndarray] = {}
    for runs, by, name in [(one, "system", str) for one in (*others, finals)] + [
        (small, "width", small_name)
    ]:
        for value, keys in runs.frame.groupby(by, sort=False)["key"]:
            given = np.stack([runs.predictions(key) for key in keys])
            found[name(value)] = given == runs.test_labels
    given = members(finals)
    said = ensembles.averaged(given).argmax(axis=1)
    return found | {f"{ENSEMBLE} of {len(given)}": (said == finals.test_labels)[None]}


def optimism_table(history: pd.DataFrame) -> pd.DataFrame:
    """Return what the best epoch on the test images adds, for our runs and An et al.'s.

    Args:
        history: of runs with images held out, tested after each epoch: key, seed, epoch,
            test_accuracy, val_accuracy; the best network's.

    Returns:
        DataFrame, a row a system: system, n, best, chosen (at the best validation
        accuracy; NaN where none is known), last (means), each with its low and high
        (``best_low``), optimism (best - last, mean over seeds), low, high.
    """
    rows = []
    for _, run in history.groupby("key", sort=False):
        run = run.sort_values("epoch")
        chosen = run.loc[run["val_accuracy"].astype(float).idxmax(), "test_accuracy"]
        test = run["test_accuracy"].astype(float)
        rows.append({"best": test.max(), "chosen": chosen, "last": test.iloc[-1]})
    parts = [("ours", pd.DataFrame(rows))] + [
        (f"An et al., {name}", part.assign(chosen=np.nan))
        for name, part in an2020().groupby("network", sort=False)
    ]
    table = []
    for system, part in parts:
        gain = _over_seeds(part["best"] - part["last"], "optimism")
        means: dict[str, float] = {}
        for name in ("best", "chosen", "last"):
            of = _over_seeds(part[name], name)
            means |= {name: of[name]}
            means |= {f"{name}_{end}": of[end] for end in ("low", "high")}
        table.append({"system": system, "n": len(part)} | means | gain)
    return pd.DataFrame(table)


def small_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return accuracy by number of parameters, the smallest first; width is a column."""
    table = accuracies(frame, ["width", "parameters"])
    seconds = table["width"].map(quickest(frame, "width"))
    return table.assign(seconds=seconds).sort_values("parameters", ignore_index=True)


def needed(table: pd.DataFrame, goal: float) -> dict | None:
    """Return the smallest network that reaches a goal, as all larger ones do.

    Args:
        table: from `small_table`.
        goal: accuracy, a fraction, of the means.

    Returns:
        Its row as a dict, and below: the parameters of the next smaller one (None for the
        smallest that was tried). None where not even the largest reaches it.
    """
    missed = [not reaches(mean, goal) for mean in table["mean"]]
    at = 1 + max(np.flatnonzero(missed), default=-1)
    if at == len(table):
        return None
    row = table.iloc[at].to_dict()
    return row | {"below": int(table.at[at - 1, "parameters"]) if at else None}


def reaches(mean: float, goal: float) -> bool:
    """Tell whether a mean accuracy reaches a goal; its last bits must not decide."""
    return bool(round(mean, 9) >= goal)


def phase_table(phases: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what each part of the work cost.

    Returns:
        DataFrame: phase, runs, hours (of one core, as they were recorded), least (the same,
        had all epochs of a run been as quick as its quickest).
    """
    rows = []
    for name, frame in phases.items():
        runs = frame.drop_duplicates("key")
        hours, least = runs[["fit_seconds", "quickest_seconds"]].sum() / 3600
        rows.append({"phase": name, "runs": len(runs), "hours": hours, "least": least})
    return pd.DataFrame(rows)


def doubtful_range(right: int, n: int, doubtful: int, read: int) -> tuple[float, float]:
    """Return an accuracy as it is, and with doubtful labels set aside.

    Args:
        right: images that are read as they are labelled.
        n: all images.
        doubtful: images with a doubtful label.
        read: of these, those that are read as they are labelled.
    """
    return right / n, (right - read) / max(n - doubtful, 1)
