"""Checks of what the statistics are given, with errors in one line."""

import numpy as np


def require(condition: bool, rule: str, received: str, advice: str = "") -> None:
    if not condition:
        raise ValueError(f"{rule} Received: {received}.{' ' + advice if advice else ''}")


def check_level(level: float) -> None:
    require(
        0 < level < 1,
        "level must lie between 0 and 1.",
        f"level={level!r} ({type(level).__name__})",
        "Write 95 % as 0.95.",
    )


def check_counts(k: int, n: int, k_name: str, n_name: str) -> None:
    require(
        0 <= k <= n,
        f"{k_name} must lie between 0 and {n_name}.",
        f"{k_name}={k!r} ({type(k).__name__}), {n_name}={n!r} ({type(n).__name__})",
        "Give counts, not shares.",
    )


def labels(values, name: str) -> np.ndarray:
    """Return class labels as int64 of shape (n,); an empty list is allowed."""
    array = np.asarray(values)
    ok = array.ndim == 1 and (array.size == 0 or array.dtype.kind in "iu")
    require(
        ok,
        f"{name} must be a one-dimensional array of integer labels.",
        f"{name}=array of shape {array.shape} ({array.dtype})",
        "Take the argmax of scores first.",
    )
    return array.astype(np.int64)


def same_length(**arrays: np.ndarray) -> None:
    sizes = {name: len(array) for name, array in arrays.items()}
    require(
        len(set(sizes.values())) == 1,
        f"{', '.join(sizes)} must have the same length.",
        ", ".join(f"len({name})={size}" for name, size in sizes.items()),
        "Pass labels and predictions of the same examples, in the same order.",
    )


def one_per_run(values, name: str) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    require(
        array.ndim == 1,
        f"{name} must be one-dimensional.",
        f"{name}=array of shape {array.shape} ({array.dtype})",
        "Pass one value per run.",
    )
    return array
