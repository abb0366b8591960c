"""The tables of the optimizer comparison: printed values beside ours, gaps, tests."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from mnistlib.chapters.optimizers.design import A1, A2, A3, PAPER_SYSTEMS, System
from mnistlib.claims.registry import reported
from mnistlib.ground.errors import RunError
from mnistlib.stats.compare import compare_pairs, holm, mcnemar, paired_t, two_proportions
from mnistlib.stats.intervals import errors_implied, summarise, wilson

N_TEST = 10_000  # MNIST's test images, on which the paper's accuracies are shares


def reported_table() -> pd.DataFrame:
    """Return what `ahmareen2024` prints of A1 to A3, as fractions, with Wilson's interval.

    Returns:
        DataFrame: system, rate (as printed, or "not printed"), accuracy, loss (nats),
        errors (of `N_TEST` images), low, high.
    """
    rows = []
    for system in (A1, A2, A3):
        percent, loss = map(reported, system.claims[:2])
        errors = errors_implied(percent, N_TEST)
        low, high = wilson(N_TEST - errors, N_TEST)
        rows.append(
            {
                "system": system.name.rsplit(" ", 1)[0],
                "rate": str(system.learning_rate) if system.prints_rate else "not printed",
                "accuracy": percent / 100,
                "loss": loss,
                "errors": errors,
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(rows)


def paper_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Put the printed accuracy of each of the paper's systems beside ours.

    Args:
        frame: rows of the runs of `PAPER_SYSTEMS`, from `named`.

    Returns:
        DataFrame: system, paper, the columns of `summary` (test accuracy over seeds),
        paper_loss, loss (mean, nats; NaN where a run diverged), diverged (runs).
    """
    table = summarise(frame, "system", "test_accuracy")
    claims = {system.name: system.claims for system in PAPER_SYSTEMS}
    runs = frame.groupby("system", sort=False)
    paper = [reported(claims[name][0]) / 100 for name in table["system"]]
    table.insert(1, "paper", paper)
    return table.assign(
        paper_loss=[reported(claims[name][1]) for name in table["system"]],
        loss=runs["test_loss"]
        .agg(lambda losses: losses.astype(float).mean(skipna=False))
        .to_numpy(),
        diverged=runs["status"].agg(lambda s: int((s == "diverged").sum())).to_numpy(),
    )


def final_table(frame: pd.DataFrame, systems: Sequence[System]) -> pd.DataFrame:
    """Summarise the test accuracy of every system over seeds.

    Returns:
        DataFrame: system, learning_rate, the columns of `summary`, test_low and test_high:
        Wilson's interval for the draw of the test images, at the mean number of errors.
    """
    table = summarise(frame, "system", "test_accuracy")
    rates = {system.name: system.learning_rate for system in systems}
    table.insert(1, "learning_rate", table["system"].map(rates))
    n_test = int(frame["n_examples"].iloc[0])
    ends = [wilson(round(mean * n_test), n_test) for mean in table["mean"]]
    return table.assign(
        test_low=[low for low, _ in ends], test_high=[high for _, high in ends]
    )


def pair_table(frame: pd.DataFrame, runs) -> pd.DataFrame:
    """Compare all systems two by two on the test images.

    Args:
        frame: rows of the systems' runs, from `named`; one run per system and seed.
        runs: where the predictions are.

    Returns:
        DataFrame: the columns of `compare_pairs` (paired t over seeds, Holm over pairs);
        a_only and b_only, test images that only one of the two gets right, mean over
        seeds; mcnemar_apart, the number of seeds whose McNemar test (Holm over pairs)
        gives p < 0.05.
    """
    table = compare_pairs(frame, "system", "test_accuracy")
    by_seed = []
    for _, part in frame.groupby("seed", sort=False):
        predicted = {row.system: runs.predictions(row.key) for row in part.itertuples()}
        found = [
            mcnemar(runs.test_labels, predicted[row.a], predicted[row.b])
            for row in table.itertuples()
        ]
        by_seed.append(
            {
                "a_only": [result.a_only for result in found],
                "b_only": [result.b_only for result in found],
                "apart": holm([result.p for result in found]) < 0.05,
            }
        )
    return table.assign(
        a_only=np.mean([seed["a_only"] for seed in by_seed], axis=0),
        b_only=np.mean([seed["b_only"] for seed in by_seed], axis=0),
        mcnemar_apart=np.sum([seed["apart"] for seed in by_seed], axis=0),
    )


def gap_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Put the paper's gaps between A1, A2 and A3 beside ours.

    Args:
        frame: rows of the runs of `PAPER_SYSTEMS`, from `named`.

    Returns:
        DataFrame: a, b; paper (b - a, a fraction) with images and p, the unpaired test of
        the two printed accuracies; mean_difference, low, high and p_paired, ours over
        seeds, and p_holm, the latter corrected for three comparisons.
    """
    by_system = frame.pivot(index="seed", columns="system", values="test_accuracy")
    rows = []
    for a, b in combinations((A1, A2, A3), 2):
        right = [N_TEST - errors_implied(reported(s.claims[0]), N_TEST) for s in (a, b)]
        ours = paired_t(by_system[b.name], by_system[a.name])
        rows.append(
            {
                "a": a.name,
                "b": b.name,
                "paper": (right[1] - right[0]) / N_TEST,
                "images": right[1] - right[0],
                "p": two_proportions(right[0], N_TEST, right[1], N_TEST),
                "mean_difference": ours.mean_difference,
                "low": ours.low,
                "high": ours.high,
                "p_paired": ours.p,
            }
        )
    table = pd.DataFrame(rows)
    return table.assign(p_holm=holm(table["p_paired"]))


def first_of_digit(runs, digit: int = 7) -> int:
    """Return the place, among the test images used, of the first one of a digit.

    Raises:
        RunError: none of the test images shows that digit.
    """
    places = np.flatnonzero(runs.test_labels == digit)
    if not len(places):
        raise RunError(
            f"the test images used must hold a {digit}. Received: n_test="
            f"{len(runs.test_labels)} (int) without one; use more test images"
        )
    return int(places[runs.test_index[places].argmin()])


def prediction_table(frame: pd.DataFrame, runs, place: int) -> pd.DataFrame:
    """Return what each system says of one test image.

    Args:
        frame: rows of the runs of `PAPER_SYSTEMS`, from `named`.
        runs: where the predictions are.
        place: of the image among the test images used.

    Returns:
        DataFrame: system; predicted and probability, of the first seed's run; right and
        n, how many seeds' runs are right, of how many; paper, the digit that the paper
        shows for its own 7 (None where it shows none).
    """
    truth = int(runs.test_labels[place])
    claims = {system.name: system.claims[2:] for system in PAPER_SYSTEMS}
    rows = []
    for name, part in frame.groupby("system", sort=False):
        predicted = [int(runs.predictions(key)[place]) for key in part["key"]]
        rows.append(
            {
                "system": name,
                "predicted": predicted[0],
                "probability": float(runs.confidence(part["key"].iloc[0])[place]),
                "right": sum(digit == truth for digit in predicted),
                "n": len(predicted),
                "paper": reported(claims[name][0]) if claims[name] else None,
            }
        )
    return pd.DataFrame(rows)
