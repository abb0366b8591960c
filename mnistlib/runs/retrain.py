"""Check records by running their specs again: predictions and history must be the same."""

import os
import random
from collections.abc import Iterator

import numpy as np

from mnistlib import data
from mnistlib.ground.errors import DataError
from mnistlib.runs.store import Store
from mnistlib.runs.sweep import execute
from mnistlib.training.record import RunRecord
from mnistlib.training.spec import NetworkSpec

_TIMES = {"seconds"}
_MEASURED = {"peak_memory_mb"}


def choose(store: Store, keys: list[str], n: int, seed: int | None) -> list[str]:
    """Return the keys of the records to run again: a random sample, or the quickest.

    Args:
        store: where the records lie.
        keys: whole records to choose from.
        n: how many; all when there are fewer.
        seed: of the sample; None for the quickest.
    """
    if seed is None:
        return sorted(keys, key=lambda key: store.get(key).seconds["fit"])[:n]
    return random.Random(seed).sample(sorted(keys), min(n, len(keys)))


def compare_again(store: Store, keys: list[str]) -> Iterator[tuple[str, str, str]]:
    """Run the specs of records again; nothing is written.

    Args:
        store: where the records lie.
        keys: whole records.

    Yields:
        The key, what differs (empty when everything but the times is the same), and what
        differs between the record's environment and this one.
    """
    for key in keys:
        before = store.with_arrays(key)
        here = os.environ.get("KERAS_BACKEND", "tensorflow")
        backend = before.environment.get("backend", here)
        if isinstance(before.spec, NetworkSpec) and backend != here:
            yield key, f"not possible: needs KERAS_BACKEND={backend}. Here: {here}", ""
            continue
        try:
            dataset = data.load(before.spec.dataset)
        except DataError as error:
            yield key, f"not possible: {error}", ""
            continue
        if dataset.sha256 != before.data["sha256"]:
            yield key, "not possible: the data are not those of the record", ""
            continue
        after = execute(before.spec, dataset)
        yield (
            key,
            difference(before, after),
            environment_difference(before.environment, after.environment),
        )


def environment_difference(before: dict, after: dict) -> str:
    """Return in words what two records' environments do not share; "" for nothing."""
    old, new = (facts | facts.get("packages", {}) for facts in (before, after))
    names = [name for name in (old | new) if name not in ("packages", *_MEASURED)]
    return "; ".join(
        f"{name} {old.get(name, 'unknown')}, now {new.get(name, 'unknown')}"
        for name in names
        if old.get(name) != new.get(name)
    )


def difference(before: RunRecord, after: RunRecord) -> str:
    """Return what differs between two records of one spec, in words; "" for nothing."""
    found = []
    changed = int(np.sum(before.predictions != after.predictions))
    if changed:
        found.append(f"{changed} of {len(before.predictions)} predictions")
    if (before.status, len(before.history)) != (after.status, len(after.history)):
        found.append(
            f"{before.status} after {len(before.history)} epochs, "
            f"now {after.status} after {len(after.history)}"
        )
    for epoch, (old, new) in enumerate(zip(before.history, after.history, strict=False), 1):
        names = [k for k in old if k not in _TIMES and not _same(old[k], new[k])]
        if names:
            found.append(f"{', '.join(names)} of epoch {epoch}")
            break
    found += [
        f"{part} counts or loss"
        for part in ("train", "val", "test")
        if any(
            not _same(value, getattr(after, part)[name])
            for name, value in getattr(before, part).items()
        )
    ]
    return f"DIFFERENT: {'; '.join(found)}" if found else ""


def _same(old, new) -> bool:
    """Compare as records are written: floats to 9 significant digits."""
    if isinstance(old, float) and isinstance(new, float):
        return f"{old:.9g}" == f"{new:.9g}"
    return old == new or (old is None and new != new)
