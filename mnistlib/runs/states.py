"""What is to be said of a record: good, older, newer, edited, broken, or not readable.

What a run was made with is taken from its record, never from the process that looks: a
record of another backend is as good as one of this.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mnistlib import models
from mnistlib.ground.errors import StoreError
from mnistlib.runs.codec import BrokenRecord, OtherVersion
from mnistlib.training.identity import TRAINING_VERSION, Identity
from mnistlib.training.record import RunRecord

if TYPE_CHECKING:
    from mnistlib.runs.store import Store

GOOD, OLDER, NEWER, EDITED = "good", "older", "newer", "edited"
BROKEN, UNREADABLE = "broken", "unreadable"
SUPERSEDED = (OLDER, EDITED)


@dataclass(frozen=True)
class State:
    """What is to be said of a record.

    Attributes:
        word: ``GOOD``; ``OLDER`` or ``NEWER``, as the mnistlib that made it; ``EDITED``,
            when the code that builds its model is another now; ``BROKEN``, when it is
            damaged or was changed; ``UNREADABLE``, when the system does not give its files.
        text: one line that says why; for a good record, what it was made with.
    """

    word: str
    text: str

    @property
    def is_wrong(self) -> bool:
        """Whether something must be done: all others are as they were written."""
        return self.word in (BROKEN, UNREADABLE)


def made_with(identity: Identity) -> str:
    """Return the arithmetic of a run in words, such as ``"jax"``."""
    return f"{identity.backend}, portable" if identity.portable else identity.backend


def judge(store: "Store", key: str) -> State:
    """Read a record and its arrays; return what is to be said of it."""
    try:
        record = store.with_arrays(key)
    except OtherVersion as error:
        return State(NEWER if error.newer else OLDER, error.text)
    except BrokenRecord as error:
        return State(BROKEN, str(error))
    except StoreError as error:
        return State(UNREADABLE, str(error))
    if problem := _contradiction(record):
        return State(BROKEN, str(BrokenRecord(problem, key)))
    training = record.identity.training_version
    if training != TRAINING_VERSION:
        word = NEWER if training > TRAINING_VERSION else OLDER
        return State(word, f"made by training version {training}, not {TRAINING_VERSION}")
    if record.spec.key(record.data["sha256"], record.identity) != key:
        return State(OLDER, "made when a spec had fewer fields")
    if record.identity.builder != models.builder_hash(record.spec.model):
        return State(EDITED, f"the code of {record.spec.model} has been edited since")
    return State(GOOD, made_with(record.identity))


def _contradiction(record: RunRecord) -> str:
    """Return in words what in a record does not fit the rest; "" for nothing."""
    key, predictions, found = record.key, record.predictions, record.probabilities
    if not record.spec.is_tested:
        odd = record.test is not None or predictions is not None
        return f"record {key} holds a test that its spec does not ask for" if odd else ""
    if record.test is None or predictions is None:
        return f"record {key} lacks the test that its spec asks for"
    n = record.test["n_examples"]
    if not len(predictions) == len(record.test_index) == n:
        return f"the number of predictions of record {key} is not that of test images"
    if found is not None and found.shape != (n, 10):
        return f"the number of probabilities of record {key} is not that of test images"
    asked = getattr(record.spec, "test_versions", 0) > 0
    answers = (
        record.versions,
        record.versions_predictions,
        record.versions_probabilities,
    )
    if any((answer is not None) != asked for answer in answers):
        return f"the second answer of record {key} is not as its spec asks for it"
    if asked and not all(len(answer) == n for answer in answers[1:]):
        return f"the second answer of record {key} is not of as many images as the first"
    return "" if np.all(predictions < 10) else f"record {key} predicts what is no digit"
