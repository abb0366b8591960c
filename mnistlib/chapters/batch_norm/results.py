"""What batch normalisation and scaling change: the tables, computed, and their columns."""

from itertools import product

import numpy as np
import pandas as pd

from mnistlib.chapters.batch_norm.design import (
    CLAIMS,
    CONTROL,
    HOSTS,
    MOMENTUM,
    NORMALISED,
    PLACEMENTS,
    network,
    pixels,
)
from mnistlib.claims.evidence import Printed
from mnistlib.models.facts import network_facts
from mnistlib.show import reproduction, tables, words
from mnistlib.show.style import label
from mnistlib.show.tables import DIFFERENCE, Column
from mnistlib.stats.compare import compare, corrected
from mnistlib.stats.images import directions
from mnistlib.stats.intervals import accuracies, learned
from mnistlib.stats.selection import select, settings

_NETWORK = Column(("model", "batch_norm"), "network", network)


def network_sizes() -> pd.DataFrame:
    """Return the parameters of each host with each placement.

    Returns:
        DataFrame: model, batch_norm, parameters, trainable, fixed (not trained), macs.
    """
    rows = [
        {"model": model, "batch_norm": placement}
        | network_facts(model, batch_norm=placement)
        for model, placement in product(HOSTS, PLACEMENTS)
    ]
    table = pd.DataFrame(rows)
    return table.assign(fixed=table["parameters"] - table["trainable"])


SIZES = [
    _NETWORK,
    Column("parameters", format=tables.count),
    Column("fixed", "not trained", tables.count),
]


def outcomes(grid: pd.DataFrame) -> pd.DataFrame:
    """Count how runs ended, for each host, scaling and placement, over rates and seeds.

    Args:
        grid: a row per run.

    Returns:
        DataFrame: model, scaling, batch_norm, runs, diverged (loss no longer finite),
        stuck (other runs that did not learn); of the rate that `select` chooses: best (the
        mean validation accuracy), median, failed and n (runs), best_rate, edge.
    """
    by = ["model", "scaling", "batch_norm"]
    rates = settings(grid, [*by, "learning_rate"], "val_accuracy")
    table = rates.groupby(by, sort=False, as_index=False).agg(
        runs=("n", "sum"), diverged=("diverged", "sum"), stuck=("stuck", "sum")
    )
    chosen = select(grid, by, ["learning_rate"]).rename(
        columns={"mean": "best", "learning_rate": "best_rate"}
    )
    chosen["failed"] = chosen["diverged"] + chosen["stuck"]
    of_it = ["best", "median", "failed", "n", "best_rate", "edge"]
    return table.merge(chosen[[*by, *of_it]], on=by)


OUTCOMES = [
    _NETWORK,
    Column("scaling", "pixels", pixels),
    Column("runs"),
    Column("diverged"),
    Column("stuck", "did not learn"),
    Column(("best", "median", "failed", "n"), "best accuracy", tables.accuracy),
    Column(
        ("best_rate", "edge"),
        "at rate",
        lambda rate, edge: tables.rate(rate) + f" ({edge})" * bool(edge),
    ),
]


def gains(grid: pd.DataFrame) -> pd.DataFrame:
    """Compare each placement with no batch normalisation, in each condition of the grid.

    The residual spread is pooled over the networks of a host and scaling that are compared.
    A spread per rate would have 2 degrees of freedom with two seeds. Networks at rates
    where nothing can be compared would lend their spread to comparisons without them.

    Args:
        grid: a row per run.

    Returns:
        DataFrame: model, scaling, learning_rate, batch_norm; without and with_
        (accuracies, as text: the mean, or how many learned); failed_without and
        failed_with (runs), mean_with (accuracy); the columns of `compare` (with - without;
        Holm over all rows).
    """
    names = grid["learning_rate"].map("{} ".format) + grid["batch_norm"]
    parts = []
    for (model, scaling), part in grid.assign(system=names).groupby(
        ["model", "scaling"], sort=False
    ):
        by = ["system", "learning_rate", "batch_norm"]
        systems = accuracies(part, by, "val_accuracy", "n_val")
        systems["text"] = [
            tables.accuracy(r.mean, r.median, r.failed, r.n) for r in systems.itertuples()
        ]
        with_it = systems[systems["batch_norm"] != CONTROL].reset_index(drop=True)
        controls = with_it["learning_rate"].map(f"{{}} {CONTROL}".format)
        lost = ~learned(part, "val_accuracy")
        either = lost.groupby([part["learning_rate"], part["batch_norm"]]).any().unstack()
        idle = either[CONTROL] | either[NORMALISED].all(axis=1)
        table = compare(
            part,
            "system",
            "val_accuracy",
            failed=lost | part["learning_rate"].map(idle),
            pairs=list(zip(with_it["system"], controls, strict=True)),
        )
        table = table.assign(
            model=model,
            scaling=scaling,
            **with_it[["learning_rate", "batch_norm"]],
            without=controls.map(systems.set_index("system")["text"]),
            with_=with_it["text"],
            failed_without=controls.map(systems.set_index("system")["failed"]),
            failed_with=with_it["failed"],
            mean_with=with_it["mean"],
        )
        parts.append(table)
    return corrected(pd.concat(parts, ignore_index=True))


def side_by_side(gains: pd.DataFrame) -> pd.DataFrame:
    """Return `gains`, a row per condition; columns of after the activation end in _2."""
    before, after = (gains[gains["batch_norm"] == one] for one in NORMALISED)
    by = ["model", "scaling", "learning_rate", "without"]
    return before.merge(after, on=by, suffixes=("", "_2"))


def _gain(difference: float, low: float, high: float, accuracy: str) -> str:
    """Return a gain with its interval; where it could not be compared, the accuracy."""
    gain = tables.points_interval(difference, low, high)
    return accuracy if pd.isna(difference) else gain


# Of `side_by_side`.
GAINS = [
    Column(
        ("model", "scaling", "learning_rate"),
        "condition",
        lambda model, scaling, rate: (
            f"{label(model)}, {pixels(scaling)}, {tables.rate(rate)}"
        ),
    ),
    Column("without"),
    Column(("mean_difference", "low", "high", "with_"), "before activation", _gain),
    Column("p_holm", "p, before", tables.p_value),
    Column(("mean_difference_2", "low_2", "high_2", "with__2"), "after activation", _gain),
    Column("p_holm_2", "p, after", tables.p_value),
]


def final_tests(frame: pd.DataFrame, runs) -> pd.DataFrame:
    """Compare batch normalisation with none on the test images, per setting and host.

    Args:
        frame: rows of the tested runs, with the labels setting and batch_norm.
        runs: where the predictions are.

    Returns:
        DataFrame: setting, model, batch_norm; the columns of `compare` (with - without,
        over seeds; the residual spread pooled over the systems of a setting and host,
        Holm over all rows); images (test images); those of `directions` (a: with).
    """
    parts, pairs = [], []
    # With momentum no network was run without batch normalisation.
    paired = frame[frame["setting"] != MOMENTUM]
    for (setting, model), part in paired.groupby(["setting", "model"], sort=False):
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


TESTS = [
    Column("setting"),
    _NETWORK,
    *DIFFERENCE,
    Column(("a_only", "b_only"), "with / without", "{:.0f} / {:.0f}".format),
    Column(("ahead", "behind", "runs"), "McNemar", words.directions),
]


def readings(frame: pd.DataFrame, paper_sized: bool) -> list[Printed]:
    """Return what there is about A5: the paper leaves all but optimizer and rate open.

    Args:
        frame: rows of the paper's setting with batch normalisation, in both momenta.
        paper_sized: whether they used as many images and epochs as the paper.

    Returns:
        The test accuracy and the test loss of each momentum, host and placement in turn.
    """
    return [
        one
        for (setting, model, placement), part in frame.groupby(
            ["setting", "model", "batch_norm"], sort=False
        )
        for one in reproduction.test_evidence(
            part,
            f"{label(model)}, batch normalisation {label(placement)}"
            + f", momentum {part['momentum'].iloc[0]:g}" * (setting == MOMENTUM),
            CLAIMS,
            reading=f"the {label(model)} as host, normalised {label(placement)}, "
            + _how(part.iloc[0]),
            paper_sized=paper_sized,
        )
    ]


def _how(row) -> str:
    length = f"{words.number_of(row.epochs, 'epoch')}, batches of {row.batch_size}"
    return f"{length}, momentum {row.momentum:g}"


def beside_printed(frame: pd.DataFrame, paper_sized: bool) -> pd.DataFrame:
    """Put the printed accuracy above ours, and place it among normalised networks alone.

    Args:
        frame: from `design.named`.
        paper_sized: whether the runs are of the paper's size.

    Returns:
        What `reproduction.system_table` returns; place is "" for networks without batch
        normalisation, which the paper's is not.
    """
    table = reproduction.system_table(frame, CLAIMS, paper_sized)
    plain = frame.loc[frame["batch_norm"] == CONTROL, "system"]
    return table.assign(place=table["place"].mask(table["system"].isin(plain), ""))


# Of the settings that were chosen, which judge nothing printed.
CHOSEN = [
    column
    for column in reproduction.SYSTEM_COLUMNS
    if column.head not in ("one more run, %", "printed lies")
]


def image_table(frame: pd.DataFrame, runs, index: int) -> pd.DataFrame:
    """Return what each system reads in one test image, beside its accuracy and loss.

    Args:
        frame: rows of tested runs, with the column system.
        runs: where the predictions are.
        index: row of the image in the data set's test part.

    Returns:
        DataFrame: system; predicted and probability, of the first seed's run; right and
        n, how many seeds' runs are right, of how many; accuracy and loss, means over
        seeds. Empty when the image is not among the test images.
    """
    read = reproduction.read_image(runs, index).drop_duplicates("key")
    both = frame.merge(read[["key", "predicted", "probability", "right"]], on="key")
    return both.groupby("system", sort=False, as_index=False).agg(
        predicted=("predicted", "first"),
        probability=("probability", "first"),
        right=("right", "sum"),
        n=("right", "size"),
        accuracy=("test_accuracy", "mean"),
        loss=("test_loss", lambda losses: losses.astype(float).mean(skipna=False)),
    )


IMAGE = [
    Column("system"),
    Column("predicted"),
    Column("probability", format=lambda share: tables.percent(share, 1)),
    Column(("right", "n"), "seeds right", "{} of {}".format),
    Column("accuracy", "test accuracy", tables.percent),
    Column("loss", "test loss, nats", ".4f"),
]
