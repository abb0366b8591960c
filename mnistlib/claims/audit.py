"""The audit: what in the papers does not fit together, with what follows by arithmetic.

The entries stand in ``audit.yaml``; the numbers in them are computed here, from the
registry of claims and from MNIST's class counts.
"""

from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd
import yaml

from mnistlib.claims.registry import printed, reported
from mnistlib.stats.compare import two_proportions
from mnistlib.stats.intervals import errors_implied, wilson

N_TEST = 10_000
# Images of each digit in MNIST's two parts; a test compares them with the files.
TRAIN_COUNTS = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
TEST_COUNTS = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
COLUMNS = ["id", "paper", "kind", "stands", "follows", "reading"]
_PAPERS = {
    "AHM": "ahmareen2024",
    "RAJ": "raj2024",
    "SAY": "sayee2025",
    "RAU": "raut",
    "ASH": "asher",
}


def audit() -> pd.DataFrame:
    """Return the entries, a row each: id, paper, kind, stands, follows, reading (texts)."""
    text = files(__package__).joinpath("audit.yaml").read_text(encoding="utf-8")
    rows = []
    for entry in yaml.safe_load(text):
        numbers = _NUMBERS.get(entry["id"], dict)()
        filled = {name: str(entry.get(name, "")).format(**numbers) for name in COLUMNS[2:]}
        paper = _PAPERS[entry["id"].partition("-")[0]]
        rows.append({"id": entry["id"], "paper": paper} | filled)
    return pd.DataFrame(rows, columns=COLUMNS)


def artefacts() -> pd.DataFrame:
    """Return the papers' figures and tables: id, paper, what, notebook, instead (texts)."""
    text = files(__package__).joinpath("artefacts.yaml").read_text(encoding="utf-8")
    empty = {"notebook": "", "instead": ""}
    rows = [empty | entry for entry in yaml.safe_load(text)]
    papers = [_PAPERS[row["id"].partition("-")[0]] for row in rows]
    return pd.DataFrame(rows)[["id", "what", "notebook", "instead"]].assign(paper=papers)


def accuracy_allowed(recalls, supports, digits: int = 2) -> tuple[int, int]:
    """Return the right answers that recalls rounded to some digits allow.

    Args:
        recalls: a printed recall for each class.
        supports: images of each class.
        digits: decimals of the print.

    Returns:
        (fewest, most) right answers over all classes.
    """
    recalls, supports = np.array(recalls, dtype=float), np.array(supports)
    half = 0.5 * 10.0**-digits
    # A tie may be rounded either way.
    fewest = np.ceil((recalls - half) * supports - 1e-9)
    most = np.floor(np.minimum(recalls + half, 1) * supports + 1e-9)
    return int(fewest.sum()), int(most.sum())


def _p(a: float, b: float, n: int = N_TEST) -> str:
    right = [n - errors_implied(percent, n) for percent in (a, b)]
    return f"{two_proportions(right[0], n, right[1], n):.2g}"


def _wilson(percent: float) -> str:
    right = N_TEST - errors_implied(percent, N_TEST)
    low, high = wilson(right, N_TEST)
    return f"{100 * low:.2f}–{100 * high:.2f}"


def _ahm_losses() -> dict:
    gain = reported("AHM-07") - reported("AHM-05")
    return {
        "a3": printed("AHM-05"),
        "a4": printed("AHM-07"),
        "l3": printed("AHM-06"),
        "l4": printed("AHM-08"),
        "gain": round(gain * N_TEST / 100),
        "p": _p(reported("AHM-07"), reported("AHM-05")),
    }


@cache
def _count(*layers: tuple[int, int, int]) -> int:
    """Return the weights and biases of layers given as (kernel area, inputs, outputs)."""
    return sum((area * inputs + 1) * outputs for area, inputs, outputs in layers)


def _complex_count() -> dict:
    layers = [(9, 1, 32), (9, 32, 64), (9, 64, 64), (1, 4 * 4 * 64, 100), (1, 100, 10)]
    return {"count": f"{_count(*layers):,}"}


def _class_counts() -> dict:
    return {
        "train_low": f"{min(TRAIN_COUNTS):,}",
        "train_high": f"{max(TRAIN_COUNTS):,}",
        "test_low": f"{min(TEST_COUNTS):,}",
        "test_high": f"{max(TEST_COUNTS):,}",
    }


def _raj_headlines() -> dict:
    return {
        "headline": printed("RAJ-02"),
        "table": printed("RAJ-01"),
        "text": printed("RAJ-03"),
        "train": f"{reported('RAJ-05')[-1]:.4f}",
        "val": f"{reported('RAJ-07')[-1]:.4f}",
    }


def _raj_networks() -> dict:
    tail = [(1, 128, 10)]
    fig10 = [(9, 1, 64), (9, 64, 64), (9, 64, 64), (1, 64, 64), (1, 64, 32), (1, 32, 10)]
    counts = {
        "r1": _count(*fig10),
        "r2": _count((25, 1, 32), (1, 12 * 12 * 32, 128), *tail),
        "r3": _count((25, 1, 32), (25, 32, 64), (1, 4 * 4 * 64, 128), *tail),
        "r4": _count((9, 1, 1), (1, 13 * 13, 128), *tail),
    }
    return {name: f"{count:,}" for name, count in counts.items()}


def _raj_log() -> dict:
    accuracy, loss = reported("RAJ-07"), reported("RAJ-06")
    return {"a2": accuracy[1], "a3": accuracy[2], "l2": loss[1], "l3": loss[2]}


def _raj_baselines() -> dict:
    cnn, svm = reported("RAJ-01"), reported("RAJ-12")
    return {"gain": round((cnn - svm) * N_TEST / 100), "p": _p(cnn, svm)}


def _say_sets() -> dict:
    a, b = reported("SAY-01"), reported("SAY-09")
    return {
        "a": printed("SAY-01"),
        "b": printed("SAY-09"),
        "ea": errors_implied(a, N_TEST),
        "eb": errors_implied(b, N_TEST),
        "ia": _wilson(a),
        "ib": _wilson(b),
        "la": printed("SAY-04"),
        "lb": printed("SAY-10"),
        "ta": printed("SAY-05"),
        "tb": printed("SAY-06"),
        "ltrain": printed("SAY-03"),
        "lval": printed("SAY-04"),
        "pa": _p(a, 99.21),
        "pb": _p(b, 99.21),
    }


def _rau_supports() -> dict:
    supports = reported("RAU-06")
    differ = sum(a != b for a, b in zip(supports, TEST_COUNTS, strict=True))
    return {"total": f"{sum(supports):,}", "n": differ}


def _rau_report() -> dict:
    fewest, most = accuracy_allowed(reported("RAU-04"), TEST_COUNTS)
    return {
        "accuracy": printed("RAU-01"),
        "low": f"{100 * fewest / N_TEST:.2f}",
        "high": f"{100 * most / N_TEST:.2f}",
        "errors": errors_implied(reported("RAU-01"), N_TEST),
        "most": N_TEST - fewest,
    }


def _ash_headlines() -> dict:
    fewest, most = accuracy_allowed(reported("ASH-11"), TEST_COUNTS)
    return {
        **{name: printed(f"ASH-0{i}") for i, name in enumerate("abc", start=1)},
        "low": f"{100 * fewest / N_TEST:.2f}",
        "high": f"{100 * most / N_TEST:.2f}",
    }


def _ash_trials() -> dict:
    return {
        "rate": printed("ASH-09"),
        "worse": printed("ASH-07"),
        "better": printed("ASH-08"),
    }


_NUMBERS = {
    "AHM-X2": _ahm_losses,
    "AHM-X5": _complex_count,
    "AHM-X6": _class_counts,
    "AHM-X10": lambda: {"gain": f"{reported('AHM-11') - reported('AHM-07'):.2f}"},
    "RAJ-X1": _raj_headlines,
    "RAJ-X2": _raj_networks,
    "RAJ-X5": _raj_headlines,
    "RAJ-X6": _raj_baselines,
    "RAJ-X7": _raj_log,
    "SAY-X1": _say_sets,
    "SAY-X3": _say_sets,
    "SAY-X5": _say_sets,
    "RAU-X1": _rau_supports,
    "RAU-X2": _rau_report,
    "ASH-X1": _ash_headlines,
    "ASH-X2": _ash_trials,
    "ASH-X3": _ash_trials,
}
