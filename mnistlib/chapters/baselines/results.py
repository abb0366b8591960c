"""Tables of the comparison: accuracy, cost, the training log, what the papers print."""

import numpy as np
import pandas as pd

from mnistlib import claims
from mnistlib.chapters.baselines.design import CLASSICAL, CNN, CNN_L2, SYSTEMS
from mnistlib.claims.evidence import Printed
from mnistlib.stats.compare import two_proportions
from mnistlib.stats.evaluate import per_class
from mnistlib.stats.intervals import accuracies, errors_implied, place, summary
from mnistlib.stats.selection import select

# Test images behind a printed accuracy, where the paper does not say.
N_PRINTED = 10_000
# The columns of a training log, and the claims that hold `raj2024`'s.
LOG = {
    "train_loss": "RAJ-04",
    "train_accuracy": "RAJ-05",
    "val_loss": "RAJ-06",
    "val_accuracy": "RAJ-07",
}


def settings_table() -> pd.DataFrame:
    """Return what each system is: system, settings, scaling of pixels, runs."""
    return pd.DataFrame(
        {
            "system": system.label,
            "settings": system.settings,
            "runs": "one per seed" if system.is_repeated else "one",
        }
        for system in SYSTEMS.values()
    )


def accuracy_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Summarise accuracy by system, the best on the test images first.

    Args:
        frame: what `baselines.named` returns.

    Returns:
        DataFrame: system, label, val_accuracy (mean), the columns of `accuracies` (of the
        test; a system that no seed changes has one run, and no interval over seeds),
        one_low and one_high (where one more run would lie).
    """
    table = accuracies(frame, ["system", "label"])
    groups = frame.groupby("system", sort=False)
    ends = [_one_run(100 * group["test_accuracy"]) for _, group in groups]
    table = table.assign(
        val_accuracy=groups["val_accuracy"].mean().to_numpy(),
        one_low=[low / 100 for low, _ in ends],
        one_high=[high / 100 for _, high in ends],
    )
    return table.sort_values("mean", ascending=False, kind="stable")


def cost_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Summarise cost by system: means over runs, each on one thread.

    Returns:
        DataFrame: system, label, fit_seconds, predict_seconds (per 1,000 images), megabytes
        (of the fitted model), test_accuracy.
    """
    per_thousand = 1000 * frame["predict_seconds"] / frame["n_examples"]
    measured = frame.assign(
        predict_seconds=per_thousand, megabytes=frame["size_bytes"] / 1e6
    )
    columns = ["fit_seconds", "predict_seconds", "megabytes", "test_accuracy"]
    return measured.groupby(["system", "label"], sort=False)[columns].mean().reset_index()


def best_classical(frame: pd.DataFrame) -> str:
    """Return the classical system that `select` chooses, on validation images alone.

    Of equals, the first in `SYSTEMS` is taken.
    """
    classical = frame[frame["system"].isin(CLASSICAL)]
    return str(select(classical, [], ["system"], prefer=()).at[0, "system"])


def printed_tests() -> pd.DataFrame:
    """Compare accuracies that one paper prints, as if all were on 10,000 test images.

    Returns:
        DataFrame, a row per pair of neighbours: paper, better, worse (systems),
        better_value, worse_value (text, percent), better_errors, worse_errors (images), p
        (two proportions, unpaired: a paper's predictions do not exist).
    """
    pairs = [
        ("RAJ-01", "RAJ-12", "CNN", "SVM"),
        ("RAJ-12", "RAJ-11", "SVM", "ANN"),
        ("ASH-01", "ASH-04", "CNN", "SVM"),
        ("ASH-04", "ASH-05", "SVM", "k-NN"),
        ("ASH-05", "ASH-06", "k-NN", "random forest"),
    ]
    papers = claims.load_claims()["paper"]
    rows = []
    for better, worse, better_name, worse_name in pairs:
        values = [claims.reported(claim) for claim in (better, worse)]
        errors = [errors_implied(value, N_PRINTED) for value in values]
        right = [N_PRINTED - n for n in errors]
        rows.append(
            {
                "paper": papers[better],
                "better": better_name,
                "worse": worse_name,
                "better_value": claims.printed(better),
                "worse_value": claims.printed(worse),
                "better_errors": errors[0],
                "worse_errors": errors[1],
                "p": two_proportions(right[0], N_PRINTED, right[1], N_PRINTED),
            }
        )
    return pd.DataFrame(rows)


def printed_log() -> pd.DataFrame:
    """Return the training log that `raj2024` prints: a row per epoch, the columns of LOG.

    Accuracies are fractions, losses nats.
    """
    log = pd.DataFrame({column: claims.reported(claim) for column, claim in LOG.items()})
    log.insert(0, "epoch", np.arange(1, len(log) + 1))
    return log


def log_table(history: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Set our CNN's training logs beside the printed one, by epoch.

    Args:
        history: of the CNN's runs, on both scalings, with the column system.
        measure: "accuracy" or "loss".

    Returns:
        DataFrame: epoch, and for training and validation each: printed, ours (mean over
        seeds), ours with unit L2; NaN for epochs that one of them does not have.
    """
    table = printed_log().set_index("epoch")
    columns = {}
    for part, text in (("train", "training"), ("val", "validation")):
        column = f"{part}_{measure}"
        columns[f"{text}, printed"] = table[column]
        for name in (CNN, CNN_L2):
            group = history[history["system"] == name].groupby("epoch")[column]
            columns[f"{text}, {SYSTEMS[name].label}"] = group.mean()
    return pd.DataFrame(columns).rename_axis("epoch").reset_index()


def last_epochs(frame: pd.DataFrame) -> pd.DataFrame:
    """Set the CNN's three accuracies beside the printed ones.

    Returns:
        DataFrame, a row each for training (last epoch), validation and test: accuracy,
        printed (text, percent), claim, mean, low, high (over seeds), one_low, one_high
        (one more run), place (of the printed accuracy in it).
    """
    runs = frame[frame["system"] == CNN]
    log = printed_log().iloc[-1]
    rows = []
    for part, text in (
        ("train", "training, last epoch"),
        ("val", "validation, last epoch"),
    ):
        column = f"{part}_accuracy"
        rows.append((column, text, f"{100 * log[column]:.2f}", LOG[column]))
    rows.append(("test_accuracy", "test", claims.printed("RAJ-01"), "RAJ-01"))
    table = []
    for column, text, printed, claim in rows:
        values = 100 * runs[column]
        one, found = _one_run(values), summary(runs[column])
        ours = {key: np.clip(found[key], 0, 1) for key in ("mean", "low", "high")}
        ours |= {"one_low": one[0] / 100, "one_high": one[1] / 100}
        table.append(
            {"accuracy": text, "printed": printed, "claim": claim, **ours}
            | {"place": place(float(printed), *one)}
        )
    return pd.DataFrame(table)


def papers_size() -> int:
    """Return the number of images that `raj2024` trains on, without validation images."""
    return claims.reported("RAJ-10")[0]


def per_class_table(of_cnn: np.ndarray, of_other: np.ndarray, other: str) -> pd.DataFrame:
    """Set precision and recall of two confusion matrices side by side, by digit.

    Args:
        of_cnn: confusion matrix (10, 10) of the CNN.
        of_other: of the other system.
        other: its name in `SYSTEMS`.
    """
    first, second = per_class(of_cnn), per_class(of_other)
    columns = {"digit": first.index, "support": first["support"]}
    for measure in ("precision", "recall"):
        for name, scores in ((CNN, first), (other, second)):
            columns[f"{measure}, {SYSTEMS[name].label}"] = scores[measure]
    return pd.DataFrame(columns)


def _one_run(percent) -> tuple[float, float]:
    low, high = Printed("RAJ-01", "", list(percent)).one_run
    return float(low[0]), float(high[0])
