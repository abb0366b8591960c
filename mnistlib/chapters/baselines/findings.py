"""What the comparison found: facts, and what they are held against; words are beside."""

import re

import pandas as pd

from mnistlib import claims
from mnistlib.chapters.baselines.design import (
    ANN,
    CNN,
    CNN_L2,
    ONE_FILTER,
    SYSTEMS,
    UNDESCRIBED,
    VAL_FRACTION,
)
from mnistlib.chapters.baselines.results import LOG
from mnistlib.claims.evidence import Evidence, Fact, Untestable
from mnistlib.data.datasets import Dataset
from mnistlib.data.splits import validation_size
from mnistlib.show import prose, reproduction, words
from mnistlib.show.reproduction import N_TRAIN, from_runs, test_evidence

_LEVEL = 0.05
EPOCHS = len(claims.reported("RAJ-04"))
# Of its printed call, which leaves batch size and Adam's rate at Keras's defaults.
CALL = {"epochs": (EPOCHS,), "batch_size": (32,), "learning_rate": (0.001,)}
_HEADLINE = {
    CNN: ["RAJ-01"],
    "svm_rbf": ["RAJ-12", "ASH-04"],
    ANN: ["RAJ-11"],
    "knn_3": ["ASH-05"],
    "random_forest": ["ASH-06"],
}


def say(block: str, **facts) -> str:
    """Return a finding in words: a block of ``findings.md.j2``."""
    # One line: the template's ends of lines are no sentence's.
    return re.sub("[ \n]+", " ", prose.say(__file__, block, **facts))


def is_papers_size(params, dataset: Dataset) -> bool:
    """Return whether the runs have `raj2024`'s images and its call's settings."""
    return reproduction.is_full_size(params, dataset.name, **CALL)


def split_sizes(n: int) -> list[int]:
    """Return how many of n training images the paper's call trains on, and validates on."""
    held_out = validation_size(n, VAL_FRACTION, "last")
    return [n - held_out, held_out]


def evidence(frame: pd.DataFrame, logs: pd.DataFrame, on_all: pd.DataFrame, sized: bool):
    """Return what this chapter holds against the claims.

    Args:
        frame: a row per run, with system.
        logs: their history, a row per run and epoch.
        on_all: runs of the undescribed systems on all training images, as frame.
        sized: what `is_papers_size` returned.
    """
    return [
        *_of_cnn(frame, logs, sized),
        *_of_baselines(frame, on_all, sized),
        *_facts(frame),
        Untestable(
            "RAJ-08", "The machine is not named: seconds are its own, and no property."
        ),
    ]


def _of_cnn(frame, logs, sized) -> list[Evidence]:
    found = []
    for name, reading in (
        (CNN, "pixels divided by 255"),
        (CNN_L2, "columns of unit L2 length"),
    ):
        label = SYSTEMS[name].label
        runs, epochs = (table[table["system"] == name] for table in (frame, logs))
        how = {"reading": reading, "paper_sized": sized}
        for claim in ("RAJ-01", "RAJ-02", "RAJ-03"):
            found += test_evidence(runs, label, (claim,), **how)
        # A study of more or fewer epochs is not judged; its log is cut, or ends in NaN.
        wide = epochs.pivot(index="seed", columns="epoch", values=list(LOG))
        epoch_range = range(1, EPOCHS + 1)
        log = {
            claim: wide[column].reindex(index=runs["seed"], columns=epoch_range)
            for column, claim in LOG.items()
        }
        ours = {claim: one.astype(float).to_numpy().tolist() for claim, one in log.items()}
        found += from_runs(runs, label, ours, **how)
    return found


def _of_baselines(frame, on_all, sized) -> list[Evidence]:
    sources = {"30 % held out": frame, "none held out": on_all}
    found = []
    for name, system in SYSTEMS.items():
        for claim in system.claims if name != CNN else ():
            for images, table in sources.items():
                runs = table[table["system"] == name]
                how = _trained(runs.iloc[0]) if name == ANN else ""
                found += test_evidence(
                    runs,
                    system.label,
                    (claim,),
                    reading=f"{system.settings}{how}; {images}",
                    paper_sized=sized,
                    seedless=name in UNDESCRIBED,
                )
    return found


def _trained(row) -> str:
    """Return how a network was trained of which the papers state nothing."""
    length = f"{words.number_of(int(row.epochs), 'epoch')}, batches of {row.batch_size:.0f}"
    return f", Adam at {row.learning_rate:g}, {length}"


def _facts(frame) -> list[Fact]:
    size = network(frame[frame["system"] == CNN])
    sizes = size["sizes"]
    return [
        Fact(
            "RAJ-09",
            size["ours"] == size["theirs"],
            f"The layers of Fig. 10 have {size['ours']:,} parameters.",
        ),
        Fact(
            "RAJ-10",
            sizes == size["printed_sizes"],
            f"Of {N_TRAIN:,} images the printed call trains on {sizes[0]:,} and holds "
            f"{sizes[1]:,} out.",
        ),
    ]


def headline_facts() -> dict:
    """Return the accuracies printed for the CNN, in percent: conclusion, table, text, log.

    training is the log's last training accuracy, validation its last validation accuracy.
    """
    ids = {"conclusion": "RAJ-02", "table": "RAJ-01", "text": "RAJ-03"}
    logs = {"training": "RAJ-05", "validation": "RAJ-07"}
    last = {k: round(100 * claims.reported(claim)[-1], 2) for k, claim in logs.items()}
    return {k: claims.reported(claim) for k, claim in ids.items()} | last


def log_facts(items: list[Evidence]) -> dict:
    """Return how far the printed log is met, and by which scaling its first epoch is.

    Args:
        items: what `evidence` returned.

    Returns:
        dict: inside (system -> printed values of the log inside one more run; a system
        without that interval is left out), total, first (system -> training accuracy
        after the first epoch, fraction), target (the printed one), nearer (system).
    """
    logs = [one for one in items if one.claim_id in LOG.values()]
    names = list(dict.fromkeys(one.system for one in logs))
    inside = {
        name: sum(one.places.count("inside") for one in logs if one.system == name)
        for name in names
        if all(all(one.places) for one in logs if one.system == name)
    }
    training = [one for one in logs if one.claim_id == LOG["train_accuracy"]]
    first = {one.system: float(one.mean[0]) for one in training}
    target = float(training[0].value[0])
    return {
        "inside": inside,
        "total": len(LOG) * EPOCHS,
        "first": first,
        "target": target,
        "nearer": min(first, key=lambda name: abs(first[name] - target)),
    }


def where(classes: pd.DataFrame, pairs: pd.DataFrame) -> dict:
    """Return on which digits and pairs of digits the difference arises.

    Args:
        classes: what `lead.by_class` returned.
        pairs: what `lead.by_pair` returned.

    Returns:
        dict: sides ("ahead", "behind" -> rows beyond chance: digit, lead), top (three
        pairs), better and gained, worse and lost (pairs on which the CNN leads and is
        behind, how many and by how many images), ranks (of asher's two pairs among the
        CNN's errors).
    """
    sure = classes.loc[classes["p_holm"] < _LEVEL, ["digit", "lead"]]
    signs = {"ahead": sure["lead"] > 0, "behind": sure["lead"] < 0}
    ranks = pairs["leader_errors"].rank(method="min", ascending=False)
    ranks.index = pairs["pair"]
    gained, lost = (pairs.loc[sign * pairs["lead"] > 0, "lead"] for sign in (1, -1))
    return {
        "sides": {side: sure[sign].to_dict("records") for side, sign in signs.items()},
        "top": pairs["pair"].head(3).tolist(),
        "better": len(gained),
        "gained": float(gained.sum()),
        "worse": len(lost),
        "lost": float(lost.sum()),
        "ranks": {pair: int(ranks[pair]) for pair in ("3/8", "4/9")},
    }


def networks(effects: pd.DataFrame, frame: pd.DataFrame) -> dict:
    """Return which networks differ from that of Fig. 10 beyond chance.

    Args:
        effects: what `compare` returned, with the CNN as baseline.
        frame: a row per run, with system.

    Returns:
        dict: seeds, ahead, behind, alike (labels; a system that was not tested is in none),
        one_filter (of the network that is not pooled: mean, low, high, n).
    """
    alone = frame.loc[frame["system"] == ONE_FILTER, "test_accuracy"]
    one_filter = alone.agg({"mean": "mean", "low": "min", "high": "max", "n": "size"})
    differs = effects["p_holm"] < _LEVEL
    signs = {
        "ahead": differs & (effects["mean_difference"] > 0),
        "behind": differs & (effects["mean_difference"] < 0),
        "alike": effects["p_holm"] >= _LEVEL,
    }
    labels = {name: effects.loc[chosen, "a"].tolist() for name, chosen in signs.items()}
    seeds = int(effects["n"].max())
    return {"seeds": seeds, "one_filter": one_filter.to_dict()} | labels


def order(table: pd.DataFrame) -> dict:
    """Return the order of the three systems that `raj2024` compares, the best first.

    Args:
        table: what `results.accuracy_table` returned.

    Returns:
        dict: orders, one for each scaling of the CNN's pixels (÷ 255, unit L2): labels, and
        whether they stand as the paper's.
    """
    orders = []
    for papers in ([CNN, "svm_rbf", ANN], [CNN_L2, "svm_rbf", ANN]):
        ours = table.set_index("system").loc[papers, "mean"]
        names = list(ours.sort_values(ascending=False, kind="stable").index)
        orders.append(([SYSTEMS[name].label for name in names], names == papers))
    return {"orders": orders}


def network(rows: pd.DataFrame) -> dict:
    """Return the CNN's size and the paper's: parameters, and sizes of the split."""
    return {
        "ours": int(rows["parameters"].iloc[0]),
        "theirs": claims.reported("RAJ-09"),
        "sizes": split_sizes(N_TRAIN),
        "printed_sizes": claims.reported("RAJ-10"),
    }


def gap(rows: pd.DataFrame) -> dict:
    """Return how training and test accuracy of runs differ: mean, low, high, n."""
    points = rows["train_accuracy"] - rows["test_accuracy"]
    return points.agg({"mean": "mean", "low": "min", "high": "max", "n": "size"}).to_dict()


def answer(accuracies, row, items: list[Evidence], sized: bool, n_fit: int) -> dict:
    """Return what the head of the page says.

    Args:
        accuracies: what `results.accuracy_table` returned.
        row: of `lead.against`: the best classical system.
        items: what `evidence` returned.
        sized: what `is_papers_size` returned.
        n_fit: training images without the validation images.
    """
    table = accuracies.set_index("system")
    first = next(one for one in items if one.claim_id == "RAJ-01")
    return {
        "cnn": table.at[CNN, "mean"],
        "runs": int(table.at[CNN, "n"]),
        "low": table.at[CNN, "both_low"],
        "high": table.at[CNN, "both_high"],
        "best": SYSTEMS[row.name].label,
        "other": table.at[row.name, "mean"],
        "lead": row,
        "sentence": reproduction.sentence(first) if sized else "",
        "n_fit": n_fit,
        "three": say("three_accuracies", **headline_facts()),
    }


def headline_rows(frame: pd.DataFrame, sized: bool, n_fit: int) -> list[dict]:
    """Return the rows of the front page's table, see `report.headline`.

    Args:
        frame: a row per run, with system.
        sized: what `is_papers_size` returned.
        n_fit: training images without the validation images.
    """
    rows = []
    for name, ids in _HEADLINE.items():
        runs = frame[frame["system"] == name]
        for claim in ids:
            seedless = name in UNDESCRIBED
            (one,) = test_evidence(
                runs,
                SYSTEMS[name].label,
                (claim,),
                seedless=seedless,
                paper_sized=sized,
            )
            text = "" if sized else say("too_small", n_fit=n_fit)
            rows.append(reproduction.headline_row(one, "test accuracy", text))
    return rows
