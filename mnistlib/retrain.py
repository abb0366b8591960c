"""Check records by running their specs again: predictions and history must be the same."""

from collections.abc import Iterator

import numpy as np

from mnistlib import data
from mnistlib.records import RunRecord
from mnistlib.runs import execute
from mnistlib.store import Store

_TIMES = {"seconds"}


def compare_again(store: Store, keys: list[str], n: int) -> Iterator[tuple[str, str]]:
    """Run the specs of the quickest records again; nothing is written.

    Args:
        store: where the records lie.
        keys: whole records to choose from.
        n: how many are run.

    Yields:
        The key, and what differs (empty when everything but the times is the same).

    Raises:
        DataError: the data of a record cannot be had.
    """
    quickest = sorted(keys, key=lambda key: store.get(key).seconds["fit"])[:n]
    for key in quickest:
        before = store.with_arrays(key)
        dataset = data.load(before.spec.dataset)
        if dataset.sha256 != before.data["sha256"]:
            yield key, "not possible: the data are not those of the record"
            continue
        yield key, difference(before, execute(before.spec, dataset))


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
