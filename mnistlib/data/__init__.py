"""Get, check, split and scale the images."""

from mnistlib.data.datasets import (
    SCALINGS,
    SPLIT_METHODS,
    Dataset,
    Split,
    clear_cache,
    describe,
    load,
    resolve,
    scale,
    split,
    verify,
)

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
