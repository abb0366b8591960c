"""Test accuracies of the simple networks of An et al. (2020), off their public logs.

``an2020_logs.csv`` holds a row a network and seed: test accuracy in percent at some epochs,
after the last, and the best of all epochs. Read off the logs in the repository
ansh941/MnistSimpleCNN at commit 07c981f; the paper is arXiv 2008.10400.
"""

from functools import cache
from pathlib import Path

import pandas as pd

# What its abstract prints, "up to", for a vote of networks and for a vote of such votes.
VOTED = (0.9987, 0.9991)


@cache
def _logs() -> pd.DataFrame:
    return pd.read_csv(Path(__file__).with_suffix("").with_name("an2020_logs.csv"))


def an2020() -> pd.DataFrame:
    """Return a row a network and seed.

    Returns:
        DataFrame: network ("M3", "M5", "M7"), seed, epochs; last and best (fractions of
        the 10,000 test images: after the last epoch, and of the best epoch on them).
    """
    logs = _logs()
    return pd.DataFrame(
        {
            "network": logs["network"],
            "seed": logs["seed"],
            "epochs": logs["epochs"],
            "last": logs["test_accuracy_last"] / 100,
            "best": logs["test_accuracy_best_on_test"] / 100,
        }
    )
