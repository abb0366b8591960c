"""Check records by running their specs again: predictions and history must be the same."""

import random
from collections.abc import Iterator

import numpy as np

from mnistlib import data
from mnistlib.ground.errors import DataError
from mnistlib.runs.store import Store
from mnistlib.runs.sweep import execute
from mnistlib.training.identity import Identity
from mnistlib.training.record import RunRecord

NOT_POSSIBLE = "not possible here"
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
        The key, what differs (empty when everything but the times is the same; beginning
        with `NOT_POSSIBLE` where this process cannot run it), and what differs between
        the record's environment and this one.
    """
    for key in keys:
        before = store.with_arrays(key)
        if reason := impossible(before):
            yield key, f"{NOT_POSSIBLE}: {reason}", ""
            continue
        try:
            dataset = data.load(before.spec.dataset)
        except DataError as error:
            yield key, f"{NOT_POSSIBLE}: {error}", ""
            continue
        if dataset.sha256 != before.data["sha256"]:
            yield key, f"{NOT_POSSIBLE}: the data are not those of the record", ""
            continue
        after = execute(before.spec, dataset)
        yield (
            key,
            difference(before, after),
            environment_difference(before.environment, after.environment),
        )


def impossible(record: RunRecord) -> str:
    """Return why this process cannot run a record's spec as it was run; "" if it can."""
    then, spec = record.identity, record.spec
    here = Identity.here(spec.kind, spec.model)
    reasons = []
    if then.backend != here.backend:
        reasons.append(f"needs KERAS_BACKEND={then.backend}. Here: {here.backend}")
    if then.portable != here.portable:
        reasons.append(
            f"needs MNISTLIB_PORTABLE={int(then.portable)}. Here: {int(here.portable)}"
        )
    if then.training_version != here.training_version:
        reasons.append(
            f"needs training version {then.training_version}. Here: {here.training_version}"
        )
    if then.builder != here.builder:
        reasons.append(f"the code of {spec.model} has been edited since")
    return "; ".join(reasons)


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
    answers = ("predictions", "probabilities")
    for name in (*answers, *(f"versions_{answer}" for answer in answers)):
        rows, n = _rows_that_differ(getattr(before, name), getattr(after, name))
        if rows:
            found.append(f"{rows} of {n} {name.replace('_', ' ')}")
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
        for part in ("train", "val", "test", "versions")
        if not _same_counts(getattr(before, part), getattr(after, part))
    ]
    return f"DIFFERENT: {'; '.join(found)}" if found else ""


def _rows_that_differ(
    before: np.ndarray | None, after: np.ndarray | None
) -> tuple[int, int]:
    """Return how many rows of two arrays differ, of how many; NaN is the same as NaN."""
    if before is None or after is None or before.shape != after.shape:
        rows = max(0 if array is None else len(array) for array in (before, after))
        return (0 if before is after else rows), rows
    same = (before == after) | ((before != before) & (after != after))
    return int((~same.reshape(len(before), -1)).any(axis=1).sum()), len(before)


def _same_counts(old: dict | None, new: dict | None) -> bool:
    if old is None or new is None:
        return old is new
    return all(_same(value, new[name]) for name, value in old.items())


def _same(old, new) -> bool:
    """Compare as records are written: floats to 9 significant digits."""
    if isinstance(old, float) and isinstance(new, float):
        return f"{old:.9g}" == f"{new:.9g}"
    return old == new or (old is None and new != new)
