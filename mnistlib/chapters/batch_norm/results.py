"""What batch normalisation and scaling change: the tables, computed and as printed."""

from itertools import product

import numpy as np
import pandas as pd

from mnistlib.chapters.batch_norm.design import (
    CONTROL,
    HOSTS,
    PLACEMENTS,
    SCALING_NAMES,
    best_rows,
)
from mnistlib.models.facts import network_facts
from mnistlib.show import tables, words
from mnistlib.show.style import label
from mnistlib.show.tables import images, points, points_between
from mnistlib.stats.compare import compare, corrected
from mnistlib.stats.images import directions
from mnistlib.stats.intervals import accuracies, learned
from mnistlib.stats.selection import settings


def outcomes(frame: pd.DataFrame) -> pd.DataFrame:
    """Count how runs ended, for each host, scaling and placement, over rates and seeds.

    Args:
        frame: of the grid, from `tidy`.

    Returns:
        DataFrame: model, scaling, batch_norm, runs, diverged (loss no longer finite),
        stuck (other runs that did not learn), best (the mean validation accuracy at the
        rate that `select` chooses), best_text (it, or how many learned), best_rate, edge
        (of that rate in the grid).
    """
    by = ["model", "scaling", "batch_norm"]
    rates = settings(frame, [*by, "learning_rate"], "val_accuracy")
    table = rates.groupby(by, sort=False, as_index=False).agg(
        runs=("n", "sum"), diverged=("diverged", "sum"), stuck=("stuck", "sum")
    )
    best = best_rows(frame, by).rename(
        columns={"mean": "best", "learning_rate": "best_rate"}
    )
    best["best_text"] = [
        tables.accuracy(row.best, row.median, row.diverged + row.stuck, row.n)
        for row in best.itertuples()
    ]
    return table.merge(best[[*by, "best", "best_text", "best_rate", "edge"]], on=by)


def gains(frame: pd.DataFrame) -> pd.DataFrame:
    """Compare each placement with no batch normalisation, in each condition of the grid.

    The residual spread is pooled over the rates and placements of a host and scaling.

    Args:
        frame: of the grid, from `tidy`.

    Returns:
        DataFrame: model, scaling, learning_rate, batch_norm; without and with_
        (accuracies, as text: the mean, or how many learned); the columns of `compare`
        (with - without; Holm over all rows); images (validation images).
    """
    names = [f"{r.learning_rate:g} {r.batch_norm}" for r in frame.itertuples()]
    parts = []
    for (model, scaling), part in frame.assign(system=names).groupby(
        ["model", "scaling"], sort=False
    ):
        labels = part.drop_duplicates("system").set_index("system")
        with_it = labels[labels["batch_norm"] != CONTROL]
        pairs = [(name, f"{r.learning_rate:g} {CONTROL}") for name, r in with_it.iterrows()]
        lost = ~learned(part, "val_accuracy")
        table = compare(part, "system", "val_accuracy", failed=lost, pairs=pairs)
        found = accuracies(part, "system", "val_accuracy", "n_val").set_index("system")
        text = pd.Series(
            [tables.accuracy(r.mean, r.median, r.failed, r.n) for r in found.itertuples()],
            index=found.index,
        )
        table = table.assign(
            model=model,
            scaling=scaling,
            learning_rate=table["a"].map(with_it["learning_rate"]),
            batch_norm=table["a"].map(with_it["batch_norm"]),
            without=table["b"].map(text),
            with_=table["a"].map(text),
            images=table["mean_difference"] * part["n_val"].iloc[0],
        )
        parts.append(table)
    return corrected(pd.concat(parts, ignore_index=True))


def final_tests(frame: pd.DataFrame, runs) -> pd.DataFrame:
    """Compare batch normalisation with none on the test images, per setting and host.

    Args:
        frame: from `final_frame`.
        runs: where the predictions are.

    Returns:
        DataFrame: setting, model, batch_norm; the columns of `compare` (with - without,
        over seeds; the residual spread pooled over the systems of a setting and host,
        Holm over all rows); images (test images); those of `directions` (a: with).
    """
    parts, pairs = [], []
    for (setting, model), part in frame.groupby(["setting", "model"], sort=False):
        lost = ~learned(part, "test_accuracy")
        table = compare(part, "batch_norm", "test_accuracy", baseline=CONTROL, failed=lost)
        predicted = {
            name: np.stack([runs.predictions(k) for k in of.sort_values("seed")["key"]])
            for name, of in part.groupby("batch_norm")
        }
        pairs += [(predicted[name], predicted[CONTROL]) for name in table["a"]]
        parts.append(table.assign(setting=setting, model=model))
    table = pd.concat(parts, ignore_index=True).rename(columns={"a": "batch_norm"})
    return corrected(table).assign(
        images=table["mean_difference"] * len(runs.test_labels),
        **directions(runs.test_labels, pairs),
    )


def network_sizes() -> pd.DataFrame:
    """Return the parameters of each host with each placement, for print."""
    rows = []
    for model, placement in product(HOSTS, PLACEMENTS):
        facts = network_facts(model, batch_norm=placement)
        rows.append(
            {
                "Network": label(model),
                "Batch normalisation": label(placement),
                "Parameters": tables.count(facts["parameters"]),
                "Not trained": tables.count(facts["parameters"] - facts["trainable"]),
            }
        )
    return pd.DataFrame(rows)


def printed_outcomes(table: pd.DataFrame) -> pd.DataFrame:
    """Return `outcomes` for print."""
    return pd.DataFrame(
        {
            "Network": table["model"].map(label),
            "Pixels": table["scaling"].map(SCALING_NAMES),
            "Batch normalisation": table["batch_norm"].map(label),
            "Runs": table["runs"].map(str),
            "Diverged": table["diverged"].map(str),
            "Did not learn": table["stuck"].map(str),
            "Best": table["best_text"],
            "At rate": [
                f"{row.best_rate:g}" + (f" ({row.edge})" if row.edge else "")
                for row in table.itertuples()
            ],
        }
    )


def printed_gains(table: pd.DataFrame) -> pd.DataFrame:
    """Return `gains` for print."""
    return pd.DataFrame(
        {
            "Network": table["model"].map(label),
            "Pixels": table["scaling"].map(SCALING_NAMES),
            "Rate": table["learning_rate"].map("{:g}".format),
            "Batch normalisation": table["batch_norm"].map(label),
            "Without": table["without"],
            "With": table["with_"],
            **_gain(table),
        }
    )


def printed_tests(table: pd.DataFrame) -> pd.DataFrame:
    """Return `final_tests` for print."""
    return pd.DataFrame(
        {
            "Setting": table["setting"],
            "Network": table["model"].map(label),
            "Batch normalisation": table["batch_norm"].map(label),
            **_gain(table),
            "Only with right": table["a_only"].map("{:.1f}".format),
            "Only without right": table["b_only"].map("{:.1f}".format),
            "McNemar": [
                words.directions(r.ahead, r.behind, r.runs) for r in table.itertuples()
            ],
        }
    )


def _gain(table: pd.DataFrame) -> dict[str, list[str]]:
    return {
        "Gain, points": list(map(points, table["mean_difference"])),
        "Images": list(map(images, table["images"])),
        "95 % interval": list(map(points_between, table["low"], table["high"])),
        "p (Holm)": list(map(tables.p_value, table["p_holm"])),
    }
