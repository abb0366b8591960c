"""What batch normalisation and scaling change: the tables, computed and as printed."""

from itertools import product

import numpy as np
import pandas as pd

from mnistlib.chapters.batch_norm.design import (
    CONDITION,
    CONTROL,
    HOSTS,
    NORMALISED,
    NOT_LEARNED,
    PLACEMENTS,
    SCALING_NAMES,
    best_rows,
)
from mnistlib.models.facts import network_facts
from mnistlib.show import tables
from mnistlib.show.reproduction import points, points_between
from mnistlib.show.style import label
from mnistlib.stats.compare import compare_pairs, holm, mcnemar, paired_t


def outcomes(frame: pd.DataFrame) -> pd.DataFrame:
    """Count how runs ended, for each host, scaling and placement, over rates and seeds.

    Args:
        frame: of the grid, from `tidy`.

    Returns:
        DataFrame: model, scaling, batch_norm, runs, diverged (loss no longer finite),
        not_learned (other runs below `NOT_LEARNED`), best (the highest mean validation
        accuracy of a rate), best_rate.
    """
    diverged = frame["status"] == "diverged"
    counted = frame.assign(
        diverged=diverged, not_learned=~diverged & (frame["val_accuracy"] < NOT_LEARNED)
    )
    by = ["model", "scaling", "batch_norm"]
    table = counted.groupby(by, sort=False, as_index=False).agg(
        runs=("key", "size"),
        diverged=("diverged", "sum"),
        not_learned=("not_learned", "sum"),
    )
    best = best_rows(frame, by).rename(
        columns={"mean": "best", "learning_rate": "best_rate"}
    )
    return table.merge(best[[*by, "best", "best_rate"]], on=by)


def gains(frame: pd.DataFrame) -> pd.DataFrame:
    """Compare each placement with no batch normalisation, in each condition of the grid.

    Args:
        frame: of the grid, from `tidy`.

    Returns:
        DataFrame: model, scaling, learning_rate, batch_norm, n (seeds), without, with_
        (mean validation accuracies), mean_difference, low, high, p (paired t over seeds),
        p_holm (over all rows).
    """
    rows = []
    for condition, part in frame.groupby(CONDITION, sort=False):
        wide = part.pivot(index="seed", columns="batch_norm", values="val_accuracy")
        for placement in NORMALISED:
            rows.append(
                dict(zip(CONDITION, condition, strict=True))
                | {
                    "batch_norm": placement,
                    "without": wide[CONTROL].mean(),
                    "with_": wide[placement].mean(),
                }
                | paired_t(wide[placement], wide[CONTROL])._asdict()
            )
    table = pd.DataFrame(rows)
    return table.assign(p_holm=holm(table["p"].to_numpy(dtype=float)))


def final_tests(frame: pd.DataFrame, runs) -> pd.DataFrame:
    """Compare batch normalisation with none on the test images, per setting and host.

    Args:
        frame: from `final_frame`.
        runs: where the predictions are.

    Returns:
        DataFrame: setting, model, batch_norm, n (seeds), mean_difference, low, high, p,
        p_holm (paired t over seeds, Holm over all rows), only_with and only_without (test
        images that only one of the two gets right, mean over seeds), apart (seeds whose
        McNemar test, Holm over all rows, gives p < 0.05).
    """
    rows, only_with, only_without, p_values = [], [], [], []
    for (setting, model), part in frame.groupby(["setting", "model"], sort=False):
        tests = compare_pairs(part, "batch_norm", "test_accuracy", baseline=CONTROL)
        keys = part.pivot(index="seed", columns="batch_norm", values="key")
        for test in tests.drop(columns=["b", "p_holm"]).to_dict("records"):
            rows.append({"setting": setting, "model": model} | test)
            results = [
                mcnemar(runs.test_labels, runs.predictions(a), runs.predictions(b))
                for a, b in zip(keys[test["a"]], keys[CONTROL], strict=True)
            ]
            only_with.append(np.mean([result.a_only for result in results]))
            only_without.append(np.mean([result.b_only for result in results]))
            p_values.append([result.p for result in results])
    table = pd.DataFrame(rows).rename(columns={"a": "batch_norm"})
    apart = [holm(of_a_seed) < 0.05 for of_a_seed in np.transpose(p_values)]
    return table.assign(
        p_holm=holm(table["p"].to_numpy(dtype=float)),
        only_with=only_with,
        only_without=only_without,
        apart=np.sum(apart, axis=0),
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
            "Did not learn": table["not_learned"].map(str),
            "Best mean": table["best"].map(tables.percent),
            "At rate": table["best_rate"].map("{:g}".format),
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
            "Without": table["without"].map(tables.percent),
            "With": table["with_"].map(tables.percent),
            "Gain, points": table["mean_difference"].map(points),
            "95 % interval": _interval(table),
            "p (Holm)": table["p_holm"].map(tables.p_value),
        }
    )


def printed_tests(table: pd.DataFrame) -> pd.DataFrame:
    """Return `final_tests` for print."""
    return pd.DataFrame(
        {
            "Setting": table["setting"],
            "Network": table["model"].map(label),
            "Batch normalisation": table["batch_norm"].map(label),
            "Gain, points": table["mean_difference"].map(points),
            "95 % interval": _interval(table),
            "p (Holm)": table["p_holm"].map(tables.p_value),
            "Only with right": table["only_with"].map("{:.1f}".format),
            "Only without right": table["only_without"].map("{:.1f}".format),
            "Seeds apart": [f"{r.apart} of {r.n}" for r in table.itertuples()],
        }
    )


def _interval(table: pd.DataFrame) -> list[str]:
    return [points_between(r.low, r.high) for r in table.itertuples()]
