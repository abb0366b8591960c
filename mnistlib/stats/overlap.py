"""Do systems err on the same test images?"""

import numpy as np
import pandas as pd

from mnistlib.stats.checks import require


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
