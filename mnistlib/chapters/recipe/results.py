"""The recipe's numbers: beside both printed sets, epoch by epoch, and part by part."""

import numpy as np
import pandas as pd

from mnistlib.chapters.recipe.design import CITED, LEVELS, PARTS, RANGES
from mnistlib.claims.evidence import Evidence, Printed
from mnistlib.claims.registry import reported
from mnistlib.show.reproduction import N_TEST, from_runs, placed, width
from mnistlib.show.tables import (
    MISSING,
    Column,
    images,
    percent,
    points,
    points_interval,
)
from mnistlib.show.words import join, p_text
from mnistlib.stats.compare import compare, two_proportions
from mnistlib.stats.intervals import errors_implied, learned, summary, wilson

# Quantity, columns of `measured`, claim of set A, claim of set B.
QUANTITIES = (
    ("training accuracy, epoch 1", ["first_train_accuracy"], "SAY-05", "SAY-06"),
    ("test accuracy, epoch 1", ["first_test_accuracy"], None, "SAY-07"),
    ("training accuracy, last", ["last_train_accuracy"], "SAY-02", None),
    ("training accuracy, best", ["best_train_accuracy"], None, "SAY-08"),
    ("test accuracy, last", ["last_test_accuracy"], "SAY-01", "SAY-09"),
    ("test accuracy, best", ["best_test_accuracy"], None, "SAY-11"),
    ("training loss, last", ["last_train_loss"], "SAY-03", None),
    ("test loss, last", ["last_test_loss"], "SAY-04", "SAY-10"),
    (
        "best epochs, test / training",
        ["best_test_epoch", "best_train_epoch"],
        None,
        "SAY-12",
    ),
)
SETS = {
    "A": [a for *_, a, _ in QUANTITIES if a],
    "B": [b for *_, b in QUANTITIES if b],
}
FINAL = {"A": "SAY-01", "B": "SAY-09"}  # final validation accuracy
SIMULATED = "simulated"  # the hedge of values that may be no measurements
# The readings that printed values are judged by. The others have too few seeds for it.
PADDINGS = ("same", "valid")
_MEASURED = [
    "first_rate",
    *(f"{w}_{p}_accuracy" for w in ("first", "last", "best") for p in ("train", "test")),
    *("last_train_loss", "last_test_loss", "best_train_epoch", "best_test_epoch"),
    *("chosen_epoch", "chosen_test_accuracy"),
]
_DIGITS = {"percent": 2, "nats": 4, "epoch": 1}


OPTIMISM = [
    Column("system"),
    Column("n", "seeds"),
    Column("best_epoch", "best epoch", ".1f"),
    Column("best", "best on test", percent),
    Column("chosen", "best by validation", percent),
    Column("last", "last", percent),
    Column(("optimism", "low", "high"), "best − last, points", points_interval),
    Column("images", format=images),
    Column(
        ("against_chosen", "chosen_low", "chosen_high"),
        "best − by validation, points",
        points_interval,
    ),
]


def measured(runs) -> pd.DataFrame:
    """Return what the printed values are about, of each run.

    Args:
        runs: what `mnistlib.runs.collect` returned, with the label system and with test
            accuracies after each epoch.

    Returns:
        DataFrame, a row a run: system, seed, status, n_examples; first_, last_ and best_ of
        train_accuracy and test_accuracy (fractions; the best of all epochs); last_ of
        train_loss and test_loss; best_test_epoch and best_train_epoch (the first of
        equals); chosen_epoch and chosen_test_accuracy, at the best validation accuracy
        (NaN where no image was held out). All NaN for a run that diverged.
    """
    histories = {key: run for key, run in runs.history.groupby("key", sort=False)}
    rows = []
    for row in runs.frame.itertuples():
        names = ("system", "seed", "status", "n_examples")
        known = {name: getattr(row, name) for name in names}
        run = histories[row.key].drop_duplicates("epoch").set_index("epoch")
        rows.append(known | (_of_run(run) if row.status == "ok" else {}))
    return pd.DataFrame(rows, columns=[*known, *_MEASURED])


def _of_run(run: pd.DataFrame) -> dict:
    values = {"first_rate": run["learning_rate"].iloc[0]}
    for part in ("train", "test"):
        accuracy = run[f"{part}_accuracy"].astype(float)
        values[f"first_{part}_accuracy"] = accuracy.iloc[0]
        values[f"last_{part}_accuracy"] = accuracy.iloc[-1]
        values[f"best_{part}_accuracy"] = accuracy.max()
        values[f"best_{part}_epoch"] = accuracy.idxmax()
        values[f"last_{part}_loss"] = run[f"{part}_loss"].iloc[-1]
    chosen = run["val_accuracy"].astype(float)
    if chosen.notna().all():
        values["chosen_epoch"] = chosen.idxmax()
        values["chosen_test_accuracy"] = run["test_accuracy"][chosen.idxmax()]
    return values


def evidence(table: pd.DataFrame, paper_sized: bool) -> list[Evidence]:
    """Return what these runs, and arithmetic, hold against the claims SAY-01 to SAY-14.

    Args:
        table: from `measured`.
        paper_sized: whether the runs are of the paper's size.
    """
    items: list[Evidence] = []
    for padding in PADDINGS:
        runs = table[table["system"] == padding]
        fields = {
            "paper_sized": paper_sized,
            "value": "last_test_accuracy",
        }
        open_settings = f"padding `{padding}`, {RANGES}"
        for case, cited in CITED.items():
            gains = (100 * runs["last_test_accuracy"] - cited).tolist()
            reading = f"{open_settings}, over the cited {case}"
            items += from_runs(runs, "S1", {"SAY-13": gains}, reading=reading, **fields)
        for quantity, columns, *claims in QUANTITIES:
            of_test = quantity.startswith("test accuracy")
            values = runs[columns].to_numpy(dtype=float)
            if columns[0].endswith("accuracy"):
                values = 100 * values
            if quantity == "test accuracy, last":
                claims = [*claims, "SAY-14"]
            ours = values.tolist() if len(columns) > 1 else values[:, 0].tolist()
            items += from_runs(
                runs,
                "S1",
                {claim: ours for claim in claims if claim},
                reading=open_settings,
                n_test=int(runs["n_examples"].iloc[0]) if of_test else None,
                **fields,
            )
    return items


def printed_table(items: list[Evidence]) -> pd.DataFrame:
    """Put both printed sets beside our runs, a row a quantity; all cells are texts.

    Returns:
        DataFrame: quantity, A and B (printed), same and valid (our means), same_one and
        valid_one (intervals of one more run), place: the sets whose value lies inside,
        with the padding, half width and seeds; a dash where nothing is judged.
    """
    runs = [one for one in items if isinstance(one, Printed)]
    rows = []
    for quantity, _, a, b in QUANTITIES:
        row = {"quantity": quantity, "A": MISSING, "B": MISSING}
        inside = []
        for name, claim in (("A", a), ("B", b)):
            for padding, one in zip(PADDINGS, _of_claim(runs, claim), strict=False):
                digits = _DIGITS[one.claim["unit"]]
                hedge = (
                    "about " if one.claim["hedge"] in ("about", "near", "around") else ""
                )
                row[name] = hedge + one.text.replace(", ", " / ")
                if SIMULATED in one.claim["hedge"]:
                    row[name] += f" ({SIMULATED})"
                row[padding] = _all(f"{x:.{digits}f}" for x in one.mean)
                row[f"{padding}_one"] = _all(
                    f"{low:.{digits}f}–{high:.{digits}f}"
                    for low, high in zip(*one.one_run, strict=True)
                )
                if placed(one) == "inside":
                    inside.append(f"{name} (`{padding}`, {width(one)})")
        judged = any(one.paper_sized for one in runs)
        row["quantity"] += ", %" * ("accuracy" in quantity)
        rows.append(row | {"place": "; ".join(inside) or ("none" if judged else MISSING)})
    return pd.DataFrame(rows)


def _all(texts) -> str:
    """Return several values as one cell, a single dash where none is a number."""
    texts = [MISSING if "nan" in text else text for text in texts]
    return MISSING if set(texts) == {MISSING} else " / ".join(texts)


def _of_claim(runs: list[Printed], claim: str | None) -> list[Printed]:
    return [one for one in runs if one.claim_id == claim]


def optimism_table(table: pd.DataFrame) -> pd.DataFrame:
    """Compare the best epoch on the test images with the last, and one chosen honestly.

    Args:
        table: from `measured`.

    Returns:
        DataFrame, a row a system: system, n, best_epoch, best, last, chosen (means;
        chosen is NaN where no image was held out), optimism (best - last, mean), low and
        high (over seeds), images (optimism, in test images); against_chosen (best -
        chosen, mean), chosen_low and chosen_high.
    """
    rows = []
    for system, runs in table.groupby("system", sort=False):
        gain = runs["best_test_accuracy"] - runs["last_test_accuracy"]
        over = summary(gain)
        against = summary(runs["best_test_accuracy"] - runs["chosen_test_accuracy"])
        rows.append(
            {
                "system": system,
                "n": len(runs),
                "best_epoch": runs["best_test_epoch"].mean(skipna=False),
                "best": runs["best_test_accuracy"].mean(skipna=False),
                "last": runs["last_test_accuracy"].mean(skipna=False),
                "chosen": runs["chosen_test_accuracy"].mean(skipna=False),
                "optimism": over["mean"],
                "low": over["low"],
                "high": over["high"],
                "images": over["mean"] * runs["n_examples"].iloc[0],
                "against_chosen": against["mean"],
                "chosen_low": against["low"],
                "chosen_high": against["high"],
            }
        )
    return pd.DataFrame(rows)


def readings(frame: pd.DataFrame) -> pd.DataFrame:
    """Compare each reading of the paper with padding `same`, over the seeds of both.

    Args:
        frame: ``runs.frame`` with the label system.

    Returns:
        DataFrame: the columns of `compare` and images; a is the reading.
    """
    of_same = frame[frame["system"] == "same"]
    rows = []
    for _, runs in frame[frame["system"] != "same"].groupby("system", sort=False):
        shared = set(runs["seed"]) & set(of_same["seed"])
        pair = pd.concat([of_same, runs])
        pair = pair[pair["seed"].isin(shared)]
        failed = ~learned(pair, "test_accuracy")
        rows.append(
            compare(pair, "system", "test_accuracy", baseline="same", failed=failed)
        )
    table = pd.concat(rows, ignore_index=True)
    return table.assign(images=table["mean_difference"] * frame["n_examples"].iloc[0])


def cited_table(items: list[Evidence]) -> pd.DataFrame:
    """Set the paper's two final accuracies beside those that it cites (SAY-T1).

    Our runs stand there only where they are of the paper's size.

    Args:
        items: from `evidence`.

    Returns:
        DataFrame: system, accuracy (a fraction), low and high (Wilson's), a column for
        each of `CITED`: points above it, and p of the unpaired test of two printed
        accuracies, as a pair (NaN for means of ours).
    """
    rows = [(f"cited, {case}", value, True) for case, value in CITED.items()]
    rows += [(f"`sayee2025`, set {n}", reported(claim), True) for n, claim in FINAL.items()]
    rows += [
        (f"ours, {one.reading.removesuffix(f', {RANGES}')}", float(one.mean[0]), False)
        for one in items
        if isinstance(one, Printed) and one.claim_id == "SAY-01" and one.paper_sized
    ]
    table = []
    for system, value, is_printed in rows:
        right = N_TEST - errors_implied(value, N_TEST)
        low, high = wilson(right, N_TEST)
        row = {"system": system, "accuracy": value / 100, "low": low, "high": high}
        for case, other in CITED.items():
            theirs = N_TEST - errors_implied(other, N_TEST)
            p = two_proportions(right, N_TEST, theirs, N_TEST) if is_printed else np.nan
            row[case] = ((value - other) / 100, p if value != other else np.nan)
        table.append(row)
    return pd.DataFrame(table)


def gain_text(gain: tuple[float, float]) -> str:
    """Return a cell of `cited_table`: "+0.51 (p < 0.001)"; a dash for the cited itself."""
    difference, p = gain
    if difference == 0:
        return MISSING
    return points(difference) + (f" ({p_text(p)})" if p == p else "")


def ablation_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the ablation that the paper announces (SAY-T2), out of the factorial.

    Args:
        frame: ``runs.frame`` of the factorial, with the labels of `PARTS`.

    Returns:
        DataFrame: system ("none", "only batch norm", ..., "all but schedule", "all"),
        mean (validation accuracy), n, part (what is compared), and the columns of
        `compare`, whose residual is that of all sixteen: with the part minus without it.
        Alone, a part is set against "none"; else "all" is set against all but that part.
        NaN for "none" and "all".
    """
    has = pd.DataFrame({part: frame[part] == LEVELS[part][1] for part in PARTS})
    names = {frozenset(): "none", frozenset(PARTS): "all"}
    pairs = []
    for part, name in PARTS.items():
        names[frozenset({part})] = f"only {name}"
        names[frozenset(PARTS) - {part}] = f"all but {name}"
        pairs += [(f"only {name}", "none"), ("all", f"all but {name}")]
    parts = [frozenset(row.index[row]) for _, row in has.iterrows()]
    named = frame.assign(system=[names.get(one, join(sorted(one))) for one in parts])
    failed = ~learned(named, "val_accuracy")
    tests = compare(named, "system", "val_accuracy", failed=failed, pairs=pairs)
    tests["system"] = tests["a"].where(tests["a"] != "all", tests["b"])
    tests = tests.drop(columns=["a", "b", "n"])
    means = named.groupby("system")["val_accuracy"].agg(["mean", "size"])
    only = [f"only {name}" for name in PARTS.values()]
    without = [f"all but {name}" for name in PARTS.values()]
    table = means.rename(columns={"size": "n"}).loc[["none", *only, *without, "all"]]
    table = table.reset_index().merge(tests, on="system", how="left")
    return table.assign(images=table["mean_difference"] * frame["n_val"].iloc[0])
