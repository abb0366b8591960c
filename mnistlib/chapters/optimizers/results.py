"""The tables of the optimizer comparison: printed values beside ours, gaps, tests."""

import numpy as np
import pandas as pd

from mnistlib.chapters.optimizers.design import A1, A2, A3, CLAIMS, SEVENS
from mnistlib.claims.evidence import Printed, Untestable
from mnistlib.claims.registry import printed, reported
from mnistlib.ground.errors import RunError
from mnistlib.show import tables
from mnistlib.show.reproduction import (
    AHMAREEN,
    N_TEST,
    is_declared,
    lies,
    read_image,
    test_evidence,
)
from mnistlib.show.style import label
from mnistlib.show.tables import ACCURACY, DIFFERENCE, MISSING, Column
from mnistlib.show.words import directions as in_words
from mnistlib.show.words import number_of
from mnistlib.stats.compare import compare, two_proportions
from mnistlib.stats.images import directions
from mnistlib.stats.intervals import errors_implied, learned, wilson
from mnistlib.stats.selection import settings


def reported_table() -> pd.DataFrame:
    """Return what `ahmareen2024` prints of A1 to A3, with Wilson's interval (fractions)."""
    rows = []
    for (system, rate), (accuracy, loss) in zip(
        (("A1, SGD", "0.01"), ("A2, Adam", "not in our text"), ("A3, Adadelta", "1.0")),
        CLAIMS.values(),
        strict=True,
    ):
        errors = errors_implied(reported(accuracy), N_TEST)
        ends = wilson(N_TEST - errors, N_TEST)
        rows.append((system, rate, printed(accuracy), errors, *ends, printed(loss)))
    columns = ["system", "rate", "accuracy", "errors", "low", "high", "loss"]
    return pd.DataFrame(rows, columns=columns)


REPORTED = [
    Column("system"),
    Column("rate", "learning rate"),
    Column("accuracy", "test accuracy, %"),
    Column("errors"),
    Column(("low", "high"), "over images, %", tables.ends),
    Column("loss", "test loss"),
]


def readings(frame: pd.DataFrame, full_size: bool) -> pd.DataFrame:
    """Return the evidence about what is printed of A1 to A3, from runs of its readings.

    Args:
        frame: tested runs of the paper's systems, over any epochs and batch sizes.
        full_size: whether they used all images, as the paper did.

    Returns:
        DataFrame, two rows a reading: system, epochs, batch_size, quantity ("accuracy"
        or "loss"), printed (text), evidence (`Printed`).
    """
    rows = []
    for keys, runs in frame.groupby(["system", "epochs", "batch_size"]):
        row = runs.iloc[0]
        sized = full_size and is_declared(row, AHMAREEN)
        both = test_evidence(
            runs,
            row.system,
            CLAIMS[row.optimizer],
            reading=_reading(row),
            paper_sized=bool(sized),
        )
        for quantity, one in zip(("accuracy", "loss"), both, strict=True):
            printed = f"{one.text}{tables.THIN_SPACE}%" if one.n_test else one.text
            rows.append((*keys, quantity, printed, one))
    columns = ["system", "epochs", "batch_size", "quantity", "printed", "evidence"]
    return pd.DataFrame(rows, columns=columns)


def _reading(row) -> str:
    """Return what we chose where the paper states nothing, in words that follow "with"."""
    chosen = ["our network", number_of(row.epochs, "epoch"), f"batches of {row.batch_size}"]
    if row.optimizer == "sgd":
        chosen.append(f"momentum {row.momentum:g}")
    if row.optimizer == "adam":
        chosen.append(f"a learning rate of {row.learning_rate:g}")
    return ", ".join(chosen)


def _mean(one: Printed) -> str:
    """Return our mean, in percent or nats, or how many runs gave none."""
    if one.failed:
        return f"{one.failed} of {len(one.ours)} failed"
    mean = one.mean[0]
    return tables.percent(mean / 100) if one.n_test else tables.number(mean, 4)


def _one_run(one: Printed) -> str:
    low, high = (float(end[0]) for end in one.one_run)
    if one.n_test:
        return tables.interval(low / 100, high / 100)
    return MISSING if low != low else f"{low:.4f}–{high:.4f}"


def _judged(one: Printed) -> str:
    """Return our mean, and where the printed value lies, bold if inside."""
    if not isinstance(one, Printed):
        return MISSING
    text, where = _mean(one), lies(one)
    text += f", {where}" * (where != MISSING)
    return f"**{text}**" if where.startswith("inside") else text


READINGS = [
    Column("system"),
    Column("quantity"),
    Column("printed"),
    Column("evidence", "ours", _mean),
    Column("evidence", "one more run", _one_run),
    Column("evidence", "printed lies", lies),
]


def show_readings(table: pd.DataFrame, caption: str, name: str, note: str) -> None:
    """Display `readings`, a column for each number of epochs and each batch size."""
    rows, settings = ("system", "quantity", "printed"), ("epochs", "batch_size")
    wide = table.pivot(index=list(rows), columns=list(settings), values="evidence")
    wide.columns = [f"{number_of(n, 'epoch')}, {batch}" for n, batch in wide.columns]
    columns = [
        Column("system"),
        Column(
            rows[1:], "printed", lambda what, x: f"loss\u00a0{x}" if what == "loss" else x
        ),
        *(Column(setting, format=_judged) for setting in wide.columns),
    ]
    tables.numbered_table(wide.reset_index(), caption, name, columns, note=note)


def gap_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Put the paper's gaps between A1, A2 and A3 beside ours.

    Args:
        frame: rows of the runs of `PAPER`.

    Returns:
        DataFrame: the columns of `compare` (a - b, over seeds, of these three systems);
        gap ("A1 to A2"); paper (a - b, a fraction), paper_images and paper_p, the unpaired
        test of the two printed accuracies; images, ours.
    """
    pairs = [(A2, A1), (A3, A1), (A3, A2)]  # the later one first: its gaps are gains
    ours = frame[frame["system"].isin([A1, A2, A3])]
    failed = ~learned(ours, "test_accuracy")
    table = compare(ours, "system", "test_accuracy", failed=failed, pairs=pairs)
    errors = [errors_implied(reported(claim), N_TEST) for claim, _ in CLAIMS.values()]
    right = dict(zip((A1, A2, A3), (N_TEST - n for n in errors), strict=True))
    return table.assign(
        gap=[f"{b.split(',')[0]} to {a.split(',')[0]}" for a, b in pairs],
        paper=[(right[a] - right[b]) / N_TEST for a, b in pairs],
        paper_images=[right[a] - right[b] for a, b in pairs],
        paper_p=[two_proportions(right[a], N_TEST, right[b], N_TEST) for a, b in pairs],
        images=table["mean_difference"] * frame["n_examples"].iloc[0],
    )


GAPS = [
    Column("gap"),
    Column("paper", "printed", tables.points),
    Column("paper_images", "in images", tables.images),
    Column("paper_p", "p of the printed", tables.p_value),
    *DIFFERENCE,
]


def show_grid(grid: pd.DataFrame, best: pd.DataFrame, caption: str, name: str, note: str):
    """Display the grid, a row a learning rate, a column a method; chosen rates are bold."""
    table = settings(grid, ["method", "learning_rate"], "val_accuracy")
    chosen = set(zip(best["method"], best["learning_rate"], strict=True))
    for i, row in table.iterrows():
        failed = row["diverged"] + row["stuck"]
        text = tables.accuracy(row["mean"], row["median"], failed, row["n"])
        is_chosen = (row["method"], row["learning_rate"]) in chosen
        table.loc[i, "text"] = f"**{text}**" if is_chosen else text
    wide = table.pivot(index="learning_rate", columns="method", values="text")
    columns = [Column("learning_rate", format=tables.rate)]
    columns += [Column(method, label(method)) for method in best["method"]]
    tables.numbered_table(wide.reset_index(), caption, name, columns, note=note)


BEST = [
    Column("method", "optimizer", label),
    Column("learning_rate", "chosen rate", tables.rate),
    Column("mean", "validation accuracy", tables.percent),
    Column("rates"),
    Column("trials", "runs"),
    Column("diverged"),
    Column("stuck", "did not learn"),
    Column(
        "edge", "place in the grid", lambda e: f"**{e} rate: widen**" if e else "inside"
    ),
]
FINAL = [
    Column("rates"),
    Column("method", "optimizer", label),
    Column("learning_rate", "rate", tables.rate),
    Column("n", "runs"),
    *ACCURACY,
]


def pair_table(frame: pd.DataFrame, runs) -> pd.DataFrame:
    """Compare all methods two by two on the test images.

    Args:
        frame: rows of the runs at the chosen rates; one run per method and seed.
        runs: where the predictions are.

    Returns:
        DataFrame: the columns of `compare` (over seeds) and of `directions` (over images,
        seed by seed), images (the difference, in test images).
    """
    failed = ~learned(frame, "test_accuracy")
    table = compare(frame, "method", "test_accuracy", failed=failed)
    predicted = {
        name: np.stack([runs.predictions(key) for key in part.sort_values("seed")["key"]])
        for name, part in frame.groupby("method", sort=False)
    }
    pairs = [(predicted[row.a], predicted[row.b]) for row in table.itertuples()]
    images = table["mean_difference"] * len(runs.test_labels)
    return table.assign(images=images, **directions(runs.test_labels, pairs))


PAIRS = [
    Column(("a", "b"), "A − B", lambda a, b: f"{label(a)} − {label(b)}"),
    *DIFFERENCE,
    Column(("a_only", "b_only"), "only A : only B", "{:.0f} : {:.0f}".format),
    Column(("ahead", "behind", "runs"), "McNemar", in_words),
]


def first_of_digit(runs, digit: int = 7) -> int:
    """Return the row, in the data set's test part, of the first image used of a digit.

    Raises:
        RunError: none of the test images shows that digit.
    """
    rows = runs.test_index[runs.test_labels == digit]
    if not len(rows):
        raise RunError(
            f"the test images used must hold a {digit}. Received: n_test="
            f"{len(runs.test_labels)} (int) without one; use more test images"
        )
    return int(rows.min())


def seven_table(frame: pd.DataFrame, runs, index: int) -> pd.DataFrame:
    """Return what each system says of one test image of a 7, and of all of them.

    Args:
        frame: rows of the runs of `PAPER`.
        runs: where the predictions are.
        index: of the image, in the data set's test part.

    Returns:
        DataFrame: system; predicted (digits, by seed), probability (of the first seed's);
        right and n, how many seeds' runs are right, of how many; share, of all test images
        of a 7, that is read as a 7 (mean over seeds).
    """
    sevens = runs.test_labels == 7
    read = frame[["key", "system"]].merge(read_image(runs, index), on="key")
    read["share"] = [(runs.predictions(key)[sevens] == 7).mean() for key in read["key"]]
    return read.groupby("system", sort=False, as_index=False).agg(
        predicted=("predicted", list),
        probability=("probability", "first"),
        right=("right", "sum"),
        n=("right", "size"),
        share=("share", "mean"),
    )


SEVEN_COLUMNS = [
    Column("system"),
    Column("predicted", format=lambda digits: str(digits[0])),
    Column("probability", format=lambda share: tables.percent(share, 1)),
    Column(("right", "n"), "seeds right", "{} of {}".format),
    Column("share", "of all 7s", lambda share: tables.percent(share, 1)),
]


def seven_evidence(table: pd.DataFrame, index: int, full_size: bool) -> list[Untestable]:
    """Return why the 7s that the paper shows cannot be tested, from `seven_table`.

    Which 7 is not stated: any network that reads one of them as a 7 could have shown it,
    so no run of ours speaks against it. What ours read is given beside, for runs of the
    paper's size.
    """
    evidence = []
    for row in table[table["system"].isin(SEVENS)].itertuples():
        text = "The paper does not say which of the test 7s it shows."
        if full_size:
            text += (
                f" Our runs of {row.system} read {tables.percent(row.share, 1)} of them as "
                f"a 7 (mean over seeds), the first one, image {index}, at {row.right} of "
                f"{row.n} seeds."
            )
        evidence.append(Untestable(SEVENS[row.system], text))
    return evidence
