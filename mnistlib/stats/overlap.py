"""Do systems err on the same test images?"""

from itertools import combinations

import numpy as np
import pandas as pd

from mnistlib.stats.checks import require
from mnistlib.stats.evaluate import N_CLASSES, confusion


def shared_errors(wrong: dict[str, np.ndarray]) -> pd.DataFrame:
    """Say how many of one system's errors another system makes, too.

    Args:
        wrong: name -> whether each run is wrong on each image, booleans (runs, n), all on
            the same images.

    Returns:
        DataFrame, a row per ordered pair: a, b; errors (of a, images, mean over runs);
        share (of a's errors that a run of b makes, too: mean over pairs of runs; of a with
        itself, pairs of different runs); chance (the share if they erred independently:
        b's error rate). NaN where there is no error, or no pair of runs.

    Raises:
        ValueError: the systems were not run on equally many images.
    """
    sizes = {name: runs.shape[1] for name, runs in wrong.items()}
    require(
        len(set(sizes.values())) == 1,
        "all systems must be run on the same images.",
        f"{sizes} (dict)",
    )
    rows = []
    for a, of_a in wrong.items():
        errors = of_a.sum(axis=1).mean()
        for b, of_b in wrong.items():
            both = of_a.astype(float) @ of_b.T.astype(float)
            if a == b:
                both = both[~np.eye(len(of_a), dtype=bool)]
            share = both.mean() / errors if errors and both.size else np.nan
            rows.append((a, b, errors, share, of_b.mean()))
    return pd.DataFrame(rows, columns=["a", "b", "errors", "share", "chance"])


def misread_share(wrong: dict[str, np.ndarray]) -> np.ndarray:
    """Return of each image the share of runs that misread it, each system weighing alike.

    Args:
        wrong: as in `shared_errors`.

    Returns:
        float64 (n,): 1 where every run of every system is wrong.
    """
    return np.mean([runs.mean(axis=0) for runs in wrong.values()], axis=0)


def hard_images(answers: dict, labels: np.ndarray, index: np.ndarray) -> pd.DataFrame:
    """Return every test image, the most often misread first; systems weigh alike.

    Args:
        answers: name -> predictions, integers (runs, n), all on the same images.
        labels: true digits (n,).
        index: of each image, its row in the test part.

    Returns:
        DataFrame: index (row in the test part), label, misread (share of runs), instead
        (the digit that they most often say in its place), agreement (share of runs that
        say it), by_all (whether every run of every system misreads it).
    """
    wrong = {name: given != labels for name, given in answers.items()}
    said = np.arange(N_CLASSES)
    votes = np.mean(
        [(given[..., None] == said).mean(axis=0) for given in answers.values()], axis=0
    )
    votes[np.arange(len(labels)), labels] = -1
    table = pd.DataFrame(
        {
            "index": index,
            "label": labels,
            "misread": misread_share(wrong),
            "instead": votes.argmax(axis=1),
            "agreement": votes.max(axis=1),
            "by_all": np.all([runs.all(axis=0) for runs in wrong.values()], axis=0),
        }
    )
    return table.sort_values(["misread", "agreement"], ascending=False, kind="stable")


def pair_table(answers: dict, labels: np.ndarray) -> pd.DataFrame:
    """Count errors by the two digits that are taken for each other, either way.

    Args:
        answers, labels: as in `hard_images`.

    Returns:
        DataFrame, a row a pair, the most frequent first: pair ("4/9"), errors (a run, mean
        over systems), share (of all errors), first_in (systems where no pair has more),
        rank.
    """
    pairs = list(combinations(range(N_CLASSES), 2))
    counts = []
    for given in answers.values():
        matrix = sum(confusion(labels, one) for one in given) / len(given)
        counts.append([matrix[i, j] + matrix[j, i] for i, j in pairs])
    counts = np.array(counts)
    most = counts == counts.max(axis=1, keepdims=True)
    table = pd.DataFrame({"pair": [f"{i}/{j}" for i, j in pairs]}).assign(
        errors=counts.mean(axis=0),
        share=counts.mean(axis=0) / counts.mean(axis=0).sum(),
        first_in=(most & (counts > 0)).sum(axis=0),
    )
    table = table.sort_values("errors", ascending=False, kind="stable", ignore_index=True)
    return table.assign(rank=table["errors"].rank(method="min", ascending=False))
