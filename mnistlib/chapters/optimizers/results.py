"""The tables of the optimizer comparison: printed values beside ours, gaps, tests."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mnistlib.chapters.optimizers.design import A1, A2, A3, PAPER_SYSTEMS, System
from mnistlib.claims.evidence import Printed
from mnistlib.claims.registry import printed, reported
from mnistlib.ground.errors import RunError
from mnistlib.stats.compare import compare, two_proportions
from mnistlib.stats.images import directions
from mnistlib.stats.intervals import accuracies, errors_implied, learned, place, wilson

N_TEST = 10_000  # MNIST's test images, on which the paper's accuracies are shares


def reported_table() -> pd.DataFrame:
    """Return what `ahmareen2024` prints of A1 to A3, as fractions, with Wilson's interval.

    Returns:
        DataFrame: system, rate (as printed, or "not printed"), printed (text, percent),
        accuracy, loss (nats), errors (of `N_TEST` images), low, high.
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
                "printed": printed(system.claims[0]),
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
        DataFrame: system, printed (text, percent), the columns of `accuracies`, one_low and
        one_high (where one more run would lie), place (of the printed value in it),
        paper_loss, loss (mean, nats; NaN where a run diverged), diverged (runs).
    """
    table = accuracies(frame, "system")
    claims = {system.name: system.claims for system in PAPER_SYSTEMS}
    runs = frame.groupby("system", sort=False)
    ids = [claims[name][0] for name in table["system"]]
    ours = [
        Printed(i, name, list(100 * part["test_accuracy"]))
        for i, (name, part) in zip(ids, runs, strict=True)
    ]
    ends = [tuple(float(end[0]) for end in one.one_run) for one in ours]
    return table.assign(
        printed=list(map(printed, ids)),
        one_low=[low / 100 for low, _ in ends],
        one_high=[high / 100 for _, high in ends],
        place=[place(reported(i), *one) for i, one in zip(ids, ends, strict=True)],
        paper_loss=[reported(claims[name][1]) for name in table["system"]],
        loss=runs["test_loss"]
        .agg(lambda losses: losses.astype(float).mean(skipna=False))
        .to_numpy(),
        diverged=runs["status"].agg(lambda s: int((s == "diverged").sum())).to_numpy(),
    )


def final_table(frame: pd.DataFrame, systems: Sequence[System]) -> pd.DataFrame:
    """Summarise the test accuracy of every system, with an interval for each doubt.

    Returns:
        DataFrame: system, learning_rate, the columns of `accuracies`.
    """
    table = accuracies(frame, "system")
    rates = {system.name: system.learning_rate for system in systems}
    table.insert(1, "learning_rate", table["system"].map(rates))
    return table


def pair_table(frame: pd.DataFrame, runs) -> pd.DataFrame:
    """Compare all systems two by two on the test images.

    Args:
        frame: rows of the systems' runs, from `named`; one run per system and seed.
        runs: where the predictions are.

    Returns:
        DataFrame: the columns of `compare` (over seeds) and of `directions` (over images,
        seed by seed), images (the difference, in test images).
    """
    failed = ~learned(frame, "test_accuracy")
    table = compare(frame, "system", "test_accuracy", failed=failed)
    predicted = {
        name: np.stack([runs.predictions(key) for key in part.sort_values("seed")["key"]])
        for name, part in frame.groupby("system", sort=False)
    }
    pairs = [(predicted[row.a], predicted[row.b]) for row in table.itertuples()]
    images = table["mean_difference"] * len(runs.test_labels)
    return table.assign(images=images, **directions(runs.test_labels, pairs))


def gap_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Put the paper's gaps between A1, A2 and A3 beside ours.

    Args:
        frame: rows of the runs of `PAPER_SYSTEMS`, from `named`.

    Returns:
        DataFrame: the columns of `compare` (a - b, over seeds, of these three systems);
        paper (a - b, a fraction), paper_images and paper_p, the unpaired test of the two
        printed accuracies; images, ours.
    """
    three = {system.name: system for system in (A3, A2, A1)}
    ours = frame[frame["system"].isin(three)]
    # The later system of the paper first: its gaps are gains.
    ours = ours.sort_values("system", key=lambda names: names.map(list(three).index))
    failed = ~learned(ours, "test_accuracy")
    table = compare(ours, "system", "test_accuracy", failed=failed)
    right = {
        name: N_TEST - errors_implied(reported(system.claims[0]), N_TEST)
        for name, system in three.items()
    }
    theirs = [(right[row.a], right[row.b]) for row in table.itertuples()]
    return table.assign(
        paper=[(a - b) / N_TEST for a, b in theirs],
        paper_images=[a - b for a, b in theirs],
        paper_p=[two_proportions(a, N_TEST, b, N_TEST) for a, b in theirs],
        images=table["mean_difference"] * frame["n_examples"].iloc[0],
    ).iloc[::-1]


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
