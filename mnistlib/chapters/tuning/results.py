"""The tables of the notebook on tuning."""

import math

import numpy as np
import pandas as pd

from mnistlib.chapters.tuning import design
from mnistlib.chapters.tuning.design import SETTINGS
from mnistlib.claims.registry import printed, reported
from mnistlib.show import tables
from mnistlib.show.reproduction import lies
from mnistlib.show.tables import Column
from mnistlib.stats.compare import compare
from mnistlib.stats.evaluate import confusion, per_class
from mnistlib.stats.factorial import TIMES, factorial
from mnistlib.stats.intervals import accuracies, learned
from mnistlib.stats.selection import select, settings

SCORES = {"precision": "ASH-10", "recall": "ASH-11", "f1": "ASH-12"}


def printed_table() -> pd.DataFrame:
    """Return what the report prints of its network: claim, place, what, printed."""
    names = ["ASH-01", "ASH-02", "ASH-03", "ASH-07", "ASH-08", "ASH-09"]
    what = ["test accuracy"] * 3 + ["validation accuracy"] * 2 + ["chosen learning rate"]
    places = ["analysis", "comparison of models", "conclusion", *design.TRIALS, "step 3"]
    values = [f"{printed(name)}{tables.THIN_SPACE}%" for name in names[:3]]
    values += map(printed, names[3:])
    columns = {"claim": names, "place": places, "what": what, "printed": values}
    return pd.DataFrame(columns)


def grid_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the points of the grid, best first: a trial list with hyper-parameters.

    Args:
        frame: a row per run of the grid.

    Returns:
        DataFrame: rank, `SETTINGS`, parameters, the columns of `settings`, failed
        (runs), printed (the report's trial and its accuracy, or "").
    """
    table = settings(frame, SETTINGS, "val_accuracy")
    table["failed"] = table["diverged"] + table["stuck"]
    table = table.merge(frame[[*SETTINGS, "parameters"]].drop_duplicates(SETTINGS))
    table = table.sort_values("mean", ascending=False, kind="stable").reset_index(drop=True)
    trials = {
        tuple(values.values()): f"{name}: {printed(design.TRIAL_CLAIMS[name])}"
        for name, values in design.TRIALS.items()
    }
    points = table[SETTINGS].itertuples(index=False, name=None)
    return table.assign(rank=table.index + 1, printed=[trials.get(p, "") for p in points])


GRID_COLUMNS = [
    Column("rank"),
    Column("filters"),
    Column("units"),
    Column("learning_rate", "learning rate", tables.rate),
    Column("parameters", format=tables.count),
    Column(("mean", "median", "failed", "n"), "validation accuracy", tables.accuracy),
    Column(
        ("min", "max", "n"),
        "lowest to highest, %",
        lambda low, high, n: tables.ends(low, high) if n > 1 else tables.MISSING,
    ),
    Column("printed", "the report's", lambda text: text or tables.MISSING),
]


def chosen(frame: pd.DataFrame) -> dict:
    """Return the point that the grid chooses: `SETTINGS` and what `select` says of it."""
    rule = {"setting": SETTINGS, "prefer": ("filters", "units", "learning_rate")}
    return select(frame, [], **rule).to_dict("records")[0]


def lost_rates(frame: pd.DataFrame) -> list[float]:
    """Return the learning rates at which a run of the grid failed, from low to high."""
    failed = ~learned(frame, "val_accuracy")
    return sorted(frame.loc[failed, "learning_rate"].unique())


def effects(frame: pd.DataFrame) -> pd.DataFrame:
    """Return main effects and interactions: the columns of `factorial`.

    Rates at which a run failed are left out: a failed run has no accuracy that the others
    could be compared with. Without two settings of two levels the table is empty.
    """
    sound = frame[~frame["learning_rate"].isin(lost_rates(frame))]
    varied = [name for name in SETTINGS if sound[name].nunique() > 1]
    if len(varied) < 2:
        return pd.DataFrame(columns=["term", "share", "levels", "p_holm"])
    return factorial(sound, varied, "val_accuracy")


def words(text: str) -> str:
    """Return a term of `effects` in words."""
    return TIMES.join(name.replace("_", " ") for name in text.split(TIMES))


EFFECT_COLUMNS = [
    Column("term", "setting", words),
    Column("levels", "degrees of freedom"),
    Column("share", "share of the variation", lambda x: tables.percent(x, 1)),
    Column("p_holm", "p (Holm)", tables.p_value),
]


def final_table(frame: pd.DataFrame, tested: dict[str, dict]) -> pd.DataFrame:
    """Return the tested systems: their settings, parameters, and `accuracies`."""
    table = accuracies(frame, "system")
    columns = {name: [tested[s][name] for s in table["system"]] for name in SETTINGS}
    parameters = frame.groupby("system", sort=False)["parameters"].first().to_numpy()
    return table.assign(**columns, parameters=parameters)


FINAL_COLUMNS = [
    Column("system"),
    Column(
        tuple(SETTINGS),
        "filters, units, rate",
        lambda filters, units, rate: f"{filters}, {units}, {tables.rate(rate)}",
    ),
    Column("parameters", format=tables.count),
    *tables.ACCURACY,
]


def difference_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Compare every tested system with the stated rate's: `compare`, and images."""
    failed = ~learned(frame, "test_accuracy")
    table = compare(frame, "system", "test_accuracy", baseline=design.STATED, failed=failed)
    return table.assign(images=table["mean_difference"] * frame["n_examples"].iloc[0])


def trial_table(items) -> pd.DataFrame:
    """Return the printed trials beside ours.

    It has the columns trial, printed, n, ours, low, high, place (text).

    Args:
        items: evidence, of which that about the two trials is taken.
    """
    claims = list(design.TRIAL_CLAIMS.values())
    rows = [
        {
            "trial": one.system,
            "printed": one.text,
            "n": len(one.ours),
            "ours": float(one.mean[0]),
            "low": float(one.one_run[0][0]),
            "high": float(one.one_run[1][0]),
            "place": lies(one),
        }
        for one in items
        if one.claim_id in claims
    ]
    return pd.DataFrame(rows)


TRIAL_COLUMNS = [
    Column("trial"),
    Column("printed"),
    Column("n", "runs"),
    Column("ours", "our mean", ".4f"),
    Column(("low", "high"), "one more run", lambda *ends: _between(*ends)),
    Column("place", "printed lies"),
]


def _between(low: float, high: float) -> str:
    return tables.MISSING if math.isnan(low) else f"{low:.4f}–{high:.4f}"


def class_scores(runs, keys) -> pd.DataFrame:
    """Return precision, recall, F1 and support of each digit, for each of some runs."""
    labels = runs.test_labels
    parts = [per_class(confusion(labels, runs.predictions(key))) for key in keys]
    return pd.concat(parts, keys=list(keys), names=["key", "digit"])


def class_table(scores: pd.DataFrame) -> pd.DataFrame:
    """Put the printed report beside ours, a mean over runs: a row per digit."""
    ours = scores.groupby("digit").mean()
    theirs = {f"printed_{name}": reported(claim) for name, claim in SCORES.items()}
    return ours.assign(**theirs).reset_index()


CLASS_COLUMNS = [
    Column("digit"),
    *(
        Column(prefix + name, f"{name}{', printed' if prefix else ''}", ".2f")
        for name in SCORES
        for prefix in ("printed_", "")
    ),
    Column("support", "images", tables.count),
]


def averages(scores: pd.DataFrame) -> dict[str, list[list[float]]]:
    """Return macro and weighted precision, recall and F1, a list of three for each run."""
    rows = {"macro": [], "weighted": []}
    for _, part in scores.groupby("key", sort=False):
        values, support = part[list(SCORES)].to_numpy(), part["support"].to_numpy()
        rows["macro"].append(values.mean(axis=0).tolist())
        seen = support > 0  # a digit that no image shows has no weight
        weighted = support[seen] @ values[seen] / support.sum()
        rows["weighted"].append(weighted.tolist())
    return rows


def implied_accuracy() -> tuple[float, float]:
    """Return the lowest and the highest accuracy that the printed recalls allow.

    A recall of two decimals may be half a hundredth off, and the right answers of a digit
    are a whole number.
    """
    recall, support = (np.array(reported(claim)) for claim in ("ASH-11", "ASH-13"))
    least = np.ceil((recall - 0.005) * support).sum()
    most = np.floor(np.minimum(recall + 0.005, 1) * support).sum()
    return float(least / support.sum()), float(most / support.sum())


def confused_pairs(counts: np.ndarray) -> pd.DataFrame:
    """Return the pairs of digits that are taken for one another, most often first.

    Returns:
        DataFrame: a, b (digits, a < b), errors (both ways).
    """
    both = np.triu(counts + counts.T, k=1)
    a, b = np.nonzero(both)
    table = pd.DataFrame({"a": a, "b": b, "errors": both[a, b]})
    return table.sort_values("errors", ascending=False, kind="stable", ignore_index=True)


def first_of(labels: np.ndarray, digits: list[int]) -> list[int]:
    """Return the place of each digit's first image; without one it is left out."""
    return [int(np.flatnonzero(labels == digit)[0]) for digit in digits if digit in labels]


def enough(frame: pd.DataFrame) -> float:
    """Return the validation accuracy that counts as good enough in a search.

    A tolerance and no test: one standard error below the best point's, that of an accuracy
    on so many images. All points are judged on the same ones; see `behind` for a test.

    Args:
        frame: a row per run of the grid.
    """
    best = chosen(frame)["mean"]
    return best - math.sqrt(best * (1 - best) / frame["n_val"].iloc[0])


def behind(frame: pd.DataFrame) -> pd.DataFrame:
    """Compare every point of the grid with the chosen one, over the grid's seeds.

    Args:
        frame: a row per run of the grid.

    Returns:
        DataFrame: the columns of `compare`, a row a point; NaN where a run of it failed,
        and everywhere with one seed.
    """
    best = pd.Series(chosen(frame))[SETTINGS].astype(float)
    points = frame[SETTINGS].astype(str).agg(", ".join, axis=1)
    return compare(
        frame.assign(point=points),
        "point",
        "val_accuracy",
        baseline=points[(frame[SETTINGS] == best).all(axis=1)].iloc[0],
        failed=~learned(frame, "val_accuracy"),
    )
