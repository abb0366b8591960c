"""What papers print, as a page writes it: quantities in words, values with their units."""

import pandas as pd

from mnistlib.claims.evidence import INEXACT
from mnistlib.claims.registry import load_claims
from mnistlib.show.tables import THIN_SPACE, count

# By the metric of a claim in the registry.
QUANTITIES = {
    "accuracy": "accuracy",
    "accuracy_floor_claim": "accuracy at least",
    "accuracy_gain": "gain in accuracy",
    "accuracy_headline": "accuracy",
    "accuracy_lower_bound": "accuracy at least",
    "chosen_learning_rate": "chosen learning rate",
    "correct_on_test_index_150": "test image 150 read right",
    "count_per_class_approx": "training images of each digit",
    "epoch_of_max_val_and_train_accuracy": "epochs of the highest validation and training "
    "accuracy",
    "f1_by_class": "F1 by digit",
    "final_test_loss": "test loss, last epoch",
    "final_train_accuracy": "training accuracy, last epoch",
    "final_train_loss": "training loss, last epoch",
    "final_val_accuracy": "validation accuracy, last epoch",
    "final_val_loss": "validation loss, last epoch",
    "macro_precision_recall_f1": "macro precision, recall and F1",
    "max_train_accuracy": "highest training accuracy",
    "max_val_accuracy": "highest validation accuracy",
    "min_train_accuracy_epoch1": "lowest training accuracy, epoch 1",
    "min_val_accuracy_epoch1": "lowest validation accuracy, epoch 1",
    "output_vector_shown": "output for the image shown",
    "precision_by_class": "precision by digit",
    "predicted_digit_shown": "prediction for the image shown",
    "predicted_digits_shown": "predictions for the images shown",
    "recall_by_class": "recall by digit",
    "report_accuracy": "accuracy in the report",
    "report_total_support": "test images in all, in the report",
    "seconds_by_epoch": "seconds by epoch",
    "split_sizes_train_val": "images to train and to validate",
    "support_by_class": "test images by digit",
    "test_accuracy": "test accuracy",
    "test_count_per_class_range": "test images of a digit",
    "test_loss": "test loss",
    "train_accuracy_by_epoch": "training accuracy by epoch",
    "train_accuracy_epoch1": "training accuracy, epoch 1",
    "train_count_per_class_range": "training images of a digit",
    "train_loss_by_epoch": "training loss by epoch",
    "trainable_parameters": "trainable parameters",
    "val_accuracy": "validation accuracy",
    "val_accuracy_by_epoch": "validation accuracy by epoch",
    "val_loss_by_epoch": "validation loss by epoch",
    "weighted_precision_recall_f1": "weighted precision, recall and F1",
}
_UNITS = {"percent": f"{THIN_SPACE}%", "nats": " nats", "s": " s", "points": " points"}


def value(claim: pd.Series) -> str:
    """Return what a claim prints, with its unit and the paper's own hedge.

    Args:
        claim: a row of `mnistlib.claims.registry.load_claims`.
    """
    unit, hedge, texts = claim["unit"], claim["hedge"], claim["printed"]
    texts = texts if isinstance(texts, list) else [texts]
    if unit == "bool":
        texts = ["yes" if int(text) else "no" for text in texts]
    comma = ", "
    if unit in ("count", "images"):
        texts, comma = [count(int(text)) for text in texts], "; "
    between = claim["metric"].endswith("_range")
    text = (" to " if between else comma).join(texts) + _UNITS.get(unit, "")
    return hedged(text, hedge)


def hedged(text: str, hedge: str | None) -> str:
    """Return a printed value's text with the paper's own hedge, where it has one."""
    if not hedge:
        return text
    return f"{hedge} {text}" if hedge in INEXACT else f"{text} ({hedge})"


def printed_claims(system: str) -> pd.DataFrame:
    """Return what a paper prints of a system: claim (id), what, printed, place (texts).

    Args:
        system: as the registry names it, such as "K1".
    """
    claims = load_claims()
    rows = claims[claims["system"] == system]
    return pd.DataFrame(
        {
            "claim": rows.index,
            "what": rows["metric"].map(QUANTITIES),
            "printed": [value(row) for _, row in rows.iterrows()],
            "place": rows["place"],
        }
    )
