"""Notes on runs that failed, ``.failed/<key>.json`` in the store's folder.

A note is not a record: the next ``collect`` tries its run again, and a run that succeeds
removes its note.
"""

import contextlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from mnistlib.ground.files import write_whole
from mnistlib.runs.store import Store

_FOLDER = ".failed"


@dataclass(frozen=True)
class Failure:
    """A run that failed.

    Attributes:
        key: of the record that it did not make.
        label: what was run, for a person.
        reason: one line.
        attempts: how often it was tried.
        detail: the traceback, if there is one.
        when: of the last attempt, UTC in ISO 8601; set when the note is written.
    """

    key: str
    label: str
    reason: str
    attempts: int
    detail: str | None = None
    when: str = ""


def note(store: Store, failure: Failure) -> None:
    """Write a note, in place of an older one.

    A folder that cannot be written does not stop the other runs: `collect` tells the
    failure anyway.
    """
    path = store.folder / _FOLDER / f"{failure.key}.json"
    when = datetime.now(UTC).isoformat(timespec="seconds")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        facts = asdict(failure) | {"when": when}
        write_whole(path, json.dumps(facts, indent=1) + "\n")


def forget(store: Store, key: str) -> None:
    """Remove the note of a run that succeeded, if there is one."""
    with contextlib.suppress(OSError):
        (store.folder / _FOLDER / f"{key}.json").unlink(missing_ok=True)


def failures(store: Store) -> list[Failure]:
    """Return the notes of runs that have no record, by key, if they can be read."""
    found = []
    for path in sorted((store.folder / _FOLDER).glob("*.json")):
        with contextlib.suppress(OSError, ValueError, TypeError):
            found.append(Failure(**json.loads(path.read_text(encoding="utf-8"))))
    there = set(store.keys())  # another study may have made the record since
    return [failure for failure in found if failure.key not in there]
