"""Tables of the comparison: accuracy, cost, the training log, what the papers print."""

import numpy as np
import pandas as pd

from mnistlib import claims
from mnistlib.chapters.baselines.design import CLASSICAL, CNN, CNN_L2, SYSTEMS
from mnistlib.stats.compare import two_proportions
from mnistlib.stats.evaluate import per_class
from mnistlib.stats.intervals import errors_implied, summary, wilson

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
        DataFrame: system, label, runs, val_accuracy (mean), test_accuracy (mean), std (over
        seeds; NaN with one run), low, high, covers ("seeds": Student's interval over seeds,
        NaN with one, cut at 0 and 1; "images": Wilson's, for systems that no seed
        changes).
    """
    rows = []
    for name, group in frame.groupby("system", sort=False):
        found = summary(group["test_accuracy"])
        covers = "seeds"
        low, high = found["low"], found["high"]
        if not SYSTEMS[name].is_repeated:
            covers = "images"
            low, high = wilson(group["n_correct"].iloc[0], group["n_examples"].iloc[0])
        # Student's interval of few seeds may pass the ends of what an accuracy can be.
        low, high = np.clip([low, high], 0, 1)
        rows.append(
            {
                "system": name,
                "label": SYSTEMS[name].label,
                "runs": found["n"],
                "val_accuracy": group["val_accuracy"].mean(),
                "test_accuracy": found["mean"],
                "std": found["std"],
                "low": low,
                "high": high,
                "covers": covers,
            }
        )
    table = pd.DataFrame(rows)
    return table.sort_values("test_accuracy", ascending=False, kind="stable")


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
    """Return the classical system with the best mean validation accuracy.

    The test images have no part in the choice. Of equals, the first in `SYSTEMS` is taken.
    """
    means = frame.groupby("system", sort=False)["val_accuracy"].mean()
    return str(means.reindex(CLASSICAL).idxmax())


def printed_tests() -> pd.DataFrame:
    """Compare accuracies that one paper prints, as if all were on 10,000 test images.

    Returns:
        DataFrame, a row per pair of neighbours: paper, better, worse (systems),
        better_value, worse_value (percent), better_errors, worse_errors (images), p (two
        proportions, unpaired: a paper's predictions do not exist).
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
                "better_value": values[0],
                "worse_value": values[1],
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
        printed (fraction), claim, mean, low, high (over seeds).
    """
    runs = frame[frame["system"] == CNN]
    log = printed_log().iloc[-1]
    rows = []
    for part, text in (
        ("train", "training, last epoch"),
        ("val", "validation, last epoch"),
    ):
        column = f"{part}_accuracy"
        rows.append((column, text, log[column], LOG[column]))
    rows.append(("test_accuracy", "test", claims.reported("RAJ-01") / 100, "RAJ-01"))
    table = []
    for column, text, printed, claim in rows:
        found = summary(runs[column])
        ours = {key: np.clip(found[key], 0, 1) for key in ("mean", "low", "high")}
        table.append({"accuracy": text, "printed": printed, "claim": claim} | ours)
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
