"""The test images that the ensemble misses, and what can be said of each by rule."""

import numpy as np
import pandas as pd

from mnistlib.data import Dataset
from mnistlib.show import tables
from mnistlib.show.tables import Column
from mnistlib.stats.ensembles import averaged
from mnistlib.stats.neighbours import nearest_of
from mnistlib.stats.overlap import hard_images

# So many of all runs say the same other digit, and so many of the nearest training images
# bear it, where a label is called doubtful. Both were fixed before the final runs.
AGREED, N_NEAREST, BEARING = 0.9, 10, 0.5
READ_BY = 0.5  # share of the papers' runs that read an image that is plainly missed
DOUBTFUL, MISSED, AMBIGUOUS = "doubtfully labelled", "plainly missed", "ambiguous"

COLUMNS = [
    Column("index", "image"),
    Column("label"),
    Column("said", "ensemble says"),
    Column("sure", "with probability", ".2f"),
    Column("p_label", "that of the label", ".2f"),
    Column("papers", "papers' runs that read it", lambda x: tables.percent(x, 0)),
    Column("instead", "most say"),
    Column("agreement", "runs that say it", lambda x: tables.percent(x, 0)),
    Column("bearing", "nearest that bear it", lambda n: f"{n:.0f} of {N_NEAREST}"),
    Column("judgement"),
]


def of_papers(runs) -> dict[str, np.ndarray]:
    """Return the predictions of the papers' systems, uint8 (runs, n), by system."""
    systems = runs.frame.groupby("system", sort=False)["key"]
    return {name: np.stack([runs.predictions(k) for k in keys]) for name, keys in systems}


def judged(given: np.ndarray, papers: dict, runs, images: Dataset) -> pd.DataFrame:
    """Return test images with a judgement by rule: all that the ensemble misses.

    - *doubtfully labelled*: at least `AGREED` of all runs, ours and the papers', systems
      weighing alike, say one other digit, and at least `BEARING` of the `N_NEAREST`
      nearest training images bear it. These come, too, where the ensemble reads the label.
    - *plainly missed*: else, and at least `READ_BY` of the papers' runs read it.
    - *ambiguous*: everything else.

    Args:
        given: class probabilities of the ensemble's members, (members, n, 10).
        papers: from `of_papers`, on the same images.
        runs: the members' `Runs`.
        images: the data.

    Returns:
        DataFrame, the surest answers first: index (row of the test part), row (of the
        tested images), label, said,
        sure, p_label, missed (whether the ensemble does), papers (share of the papers' runs
        that read it), instead, agreement, bearing (nearest training images that bear
        ``instead``), nearest (their rows), judgement.
    """
    mean, labels = averaged(given), runs.test_labels
    said = mean.argmax(axis=1)
    votes = given.argmax(axis=2)
    hard = hard_images(papers | {"ours": votes}, labels, np.arange(len(labels)))
    hard = hard.set_index("index").sort_index()
    agreed = hard["agreement"].to_numpy() >= AGREED
    rows = np.flatnonzero((said != labels) | agreed)
    hard = hard.loc[rows]
    read = [(answers == labels).mean(axis=0) for answers in papers.values()]
    index = runs.test_index[rows]
    near = nearest_of(images.x_test[index], images.x_train, N_NEAREST)
    bearing = (images.y_train[near] == hard["instead"].to_numpy()[:, None]).sum(axis=1)
    table = pd.DataFrame(
        {
            "index": index,
            "row": rows,
            "label": labels[rows],
            "said": said[rows],
            "sure": mean[rows, said[rows]],
            "p_label": mean[rows, labels[rows]],
            "missed": (said != labels)[rows],
            "papers": np.mean(read, axis=0)[rows],
            "instead": hard["instead"].to_numpy(),
            "agreement": hard["agreement"].to_numpy(),
            "bearing": bearing,
            "nearest": list(near),
        }
    )
    doubtful = (table["agreement"] >= AGREED) & (
        table["bearing"] >= BEARING * min(N_NEAREST, len(images.y_train))
    )
    plain = table["papers"] >= READ_BY
    table["judgement"] = np.select([doubtful, plain], [DOUBTFUL, MISSED], AMBIGUOUS)
    table = table[table["missed"] | doubtful]
    return table.sort_values("sure", ascending=False, kind="stable", ignore_index=True)


def never_read(given: np.ndarray, papers: dict, labels: np.ndarray) -> dict:
    """Return how many images no run reads, and of how many all say one other digit.

    Args:
        given: class probabilities of the members, (members, n, 10).
        papers: from `of_papers`, on the same images.
        labels: true digits (n,).

    Returns:
        dict of n (images), of ours and all (with the papers'), each a dict of runs, unread
        and unanimous, and alike: rows of our unanimous ones.
    """
    ours = given.argmax(axis=2)
    found = {"ours": ours, "all": np.concatenate([ours, *papers.values()])}
    alike = np.flatnonzero(_alike(ours, labels))
    counts = {name: _unread(votes, labels) for name, votes in found.items()}
    return {"n": len(labels), "alike": alike} | counts


def _alike(votes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return (votes != labels).all(axis=0) & (votes == votes[0]).all(axis=0)


def _unread(votes: np.ndarray, labels: np.ndarray) -> dict[str, int]:
    wrong, alike = (votes != labels).all(axis=0), _alike(votes, labels)
    return {"runs": len(votes), "unread": int(wrong.sum()), "unanimous": int(alike.sum())}


def with_nearest(
    table: pd.DataFrame, images: Dataset, n: int = 5
) -> tuple[np.ndarray, list[str]]:
    """Return missed images, each followed by its nearest training images, with titles.

    Args:
        table: from `judged`.
        images: the data.
        n: training images beside each.

    Returns:
        Images (rows * (2 + n), 28, 28), and a title for each: label and answer of a
        missed one, the label of a training image, nothing of the blank one that ends a row.
    """
    blank = np.zeros_like(images.x_test[:1])
    shown, names = [images.x_test[:0]], []
    for index, label, said, near in table[["index", "label", "said", "nearest"]].values:
        shown += [images.x_test[index][None], images.x_train[near[:n]], blank]
        names += [f"{label} → {said}", *map(str, images.y_train[near[:n]]), ""]
    return np.concatenate(shown), names


def titles(table: pd.DataFrame) -> list[str]:
    """Return a title for the picture of each missed image."""
    rows = table[["label", "said", "judgement"]].itertuples(index=False)
    short = {DOUBTFUL: "doubtful label"}
    return [f"{label} → {said}\n{short.get(how, how)}" for label, said, how in rows]
