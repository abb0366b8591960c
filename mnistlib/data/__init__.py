"""Get, check, split and scale the images."""

from mnistlib.data.datasets import Dataset, clear_cache, describe, load, resolve, verify
from mnistlib.data.splits import SCALINGS, SPLIT_METHODS, Split, scale, split

__all__ = [
    "SCALINGS",
    "SPLIT_METHODS",
    "Dataset",
    "Split",
    "clear_cache",
    "describe",
    "load",
    "resolve",
    "scale",
    "split",
    "verify",
]
