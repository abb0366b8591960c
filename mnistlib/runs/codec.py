"""How a record is written: JSON for facts, ``.npz`` for the arrays of a tested run.

In every format, ``format`` is a whole number and ``sha256`` the hash of all other fields,
so that any version can tell a whole record of another version from a broken one.
"""

import hashlib
import io
import json
import math
from dataclasses import asdict

import numpy as np

from mnistlib.ground.errors import SpecError, StoreError
from mnistlib.training import probabilities
from mnistlib.training.identity import TRAINING_VERSION, Identity, key_of
from mnistlib.training.record import RunRecord
from mnistlib.training.spec import spec_from_dict

FORMAT = 2
_ARRAYS = ("predictions", "probabilities", "test_index")
# Of runs that read moved versions of the test images; no part of other records.
_VERSIONS = ("versions_predictions", "versions_probabilities")


class BrokenRecord(StoreError):
    """A record is damaged, or was changed after it was written."""

    def __init__(self, what: str, key: str):
        super().__init__(
            f"{what}: remove it with `mnistlib runs prune {key}`; its run is then trained "
            "again"
        )


class OtherVersion(StoreError):
    """A record is whole, and another version of mnistlib wrote it.

    Attributes:
        newer: whether that version is newer than this one.
        label: what was run, for a person.
    """

    def __init__(self, key: str, facts: dict, newer: bool):
        versions = f"format {facts['format']}, training version {_training_version(facts)}"
        if newer:
            text = f"made by a newer mnistlib ({versions}): update this one to read it"
        else:
            text = f"made by an older mnistlib ({versions}): its run will be trained again"
        super().__init__(f"record {key} was {text}")
        self.newer, self.text, self.label = newer, text, _label(facts)


def encode(record: RunRecord) -> tuple[bytes, bytes | None, str | None]:
    """Return a record as the bytes of its JSON and ``.npz`` files, and the latter's hash.

    A run that is not tested has no arrays: the last two are None. The JSON holds the
    SHA-256 of the ``.npz`` and of its own other fields.
    """
    packed = None if record.predictions is None else _encode_arrays(record)
    facts = asdict(record)
    for name in (*_ARRAYS, *_VERSIONS):
        del facts[name]
    if record.versions is None:
        del facts["versions"]
    # The spec keeps its exact floats: its key is computed from them.
    facts = _tidy(facts) | {"spec": record.spec.to_dict(), "format": FORMAT}
    facts["arrays_sha256"] = packed and hashlib.sha256(packed).hexdigest()
    facts["sha256"] = _hash(facts)
    text = json.dumps(facts, indent=1, allow_nan=False) + "\n"
    return text.encode(), packed, facts["arrays_sha256"]


def _encode_arrays(record: RunRecord) -> bytes:
    # Rows of a draw rise, most often by one: their steps take no room.
    arrays = {
        "predictions": record.predictions.astype(np.uint8),
        "test_steps": np.diff(record.test_index, prepend=0).astype(np.int32),
    }
    if record.probabilities is not None:
        arrays["top"], arrays["others"] = probabilities.pack(
            record.probabilities, record.predictions
        )
    if record.versions is not None:
        answers = record.versions_probabilities, record.versions_predictions
        arrays["versions_top"], arrays["versions_others"] = probabilities.pack(*answers)
        arrays["versions_predictions"] = record.versions_predictions.astype(np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def decode(text: bytes, key: str) -> tuple[RunRecord, str | None]:
    """Return the record in a JSON file, without its arrays, and the arrays' SHA-256.

    Raises:
        OtherVersion: an older or a newer mnistlib wrote it, in a way that is not read here.
        BrokenRecord: the bytes are not a whole, unchanged record of this key.
    """
    facts = _whole(text, key)
    fields = {k: v for k, v in facts.items() if k not in ("format", "arrays_sha256")}
    try:
        fields["identity"] = Identity(**facts["identity"])
        found = key_of(facts["spec"], facts["data"]["sha256"], fields["identity"])
        fields["spec"] = spec_from_dict(facts["spec"])
        record, arrays_sha256 = RunRecord(**fields), facts["arrays_sha256"]
    except (SpecError, TypeError, KeyError):
        # It is as it was written, so whoever wrote it knows names that are not known here.
        newer = _training_version(facts) >= TRAINING_VERSION
        raise OtherVersion(key, facts, newer) from None
    if found != key:
        raise BrokenRecord(f"record {key} does not belong to its spec and code", key)
    return record, arrays_sha256


def _whole(text: bytes, key: str) -> dict:
    """Return the fields of a whole record of this format, without its hash."""
    try:
        facts = json.loads(text)
        stated, version = facts.pop("sha256"), facts["format"]
        found = _hash(facts)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BrokenRecord(f"record {key} is truncated or not a record", key) from None
    # Whether a newer record is whole cannot be said here, and it must not be lost for that.
    if type(version) is int and version > FORMAT:
        raise OtherVersion(key, facts, newer=True)
    if found != stated or facts.get("key") != key:
        raise BrokenRecord(f"record {key} was changed after it was written", key)
    if version != FORMAT:
        raise OtherVersion(key, facts, newer=False)
    return facts


def decode_arrays(packed: bytes, key: str, sha256: str) -> dict[str, np.ndarray]:
    """Return the arrays of a record.

    Raises:
        BrokenRecord: the bytes are not those that the record's JSON names.
    """
    if hashlib.sha256(packed).hexdigest() != sha256:
        raise BrokenRecord(f"arrays of record {key} are truncated or changed", key)
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        predictions, found = arrays["predictions"], None
        if "top" in arrays:
            found = probabilities.unpack(arrays["top"], arrays["others"], predictions)
        whole = {
            "predictions": predictions,
            "probabilities": found,
            "test_index": np.cumsum(arrays["test_steps"], dtype=np.int32),
        }
        if "versions_top" in arrays:
            names = ("top", "others", "predictions")
            top, others, digits = (arrays[f"versions_{name}"] for name in names)
            whole["versions_predictions"] = digits
            whole["versions_probabilities"] = probabilities.unpack(top, others, digits)
        return whole


def _hash(facts: dict) -> str:
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _tidy(value):
    """Round floats to 9 significant digits and replace those that are not finite."""
    if isinstance(value, dict):
        return {name: _tidy(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_tidy(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else None
    return value


def _training_version(facts: dict) -> int:
    """Return a record's training version, wherever its format has it, or 0."""
    places = (facts.get(name) for name in ("identity", "code"))
    versions = (
        place["training_version"]
        for place in places
        if isinstance(place, dict) and isinstance(place.get("training_version"), int)
    )
    return next(versions, 0)


def _label(facts: dict) -> str:
    """Return what a record of another version says was run, as far as it can be told."""
    spec = facts.get("spec")
    if not isinstance(spec, dict):
        return "an unknown run"
    return f"{spec.get('model', 'an unknown model')} seed {spec.get('seed', 'unknown')}"
