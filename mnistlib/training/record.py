"""What is kept of a run, and how it is written: JSON for facts, ``.npz`` for arrays."""

import hashlib
import io
import json
import math
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from mnistlib import __version__
from mnistlib.ground.errors import SpecError, StoreError
from mnistlib.ground.machine import commit_of
from mnistlib.training.spec import (
    TRAINING_VERSION,
    ClassicalSpec,
    NetworkSpec,
    spec_from_dict,
)

FORMAT = 1


@dataclass(frozen=True)
class RunRecord:
    """Everything that is known of one run.

    Attributes:
        key: 16 hexadecimal digits, see ``RunSpec.key``.
        spec: what was asked for.
        status: ``"ok"``, or ``"diverged"`` when the loss stopped being finite.
        history: one dict an epoch; empty for the classical baselines.
        train, val, test: ``n_correct``, ``n_examples``, mean ``loss`` in nats (None when
            it is not finite or the model gives no probabilities). Train counts are those
            of the last epoch, taken while the weights moved.
        parameters: number of weights; None for the classical baselines.
        seconds: ``fit``, ``evaluate`` (validation), ``predict_test``.
        size_bytes: of the fitted model's numbers; None when unknown.
        data: ``name``, ``sha256`` of the data, ``split_sha256`` of the indices used.
        environment: versions, backend, processor, threads.
        code: ``version``, ``commit``, ``dirty``, ``training_version``.
        predictions: uint8 (n_test,), predicted digit.
        confidence: float16 (n_test,), its probability; NaN where the model gives none.
        test_index: int32 (n_test,), row of each in the data set's test part.
    """

    key: str
    spec: NetworkSpec | ClassicalSpec
    status: str
    history: list[dict]
    train: dict
    val: dict
    test: dict
    parameters: int | None
    seconds: dict
    data: dict
    environment: dict
    code: dict
    size_bytes: int | None = None
    predictions: np.ndarray = field(default=None, repr=False, compare=False)
    confidence: np.ndarray = field(default=None, repr=False, compare=False)
    test_index: np.ndarray = field(default=None, repr=False, compare=False)


_ARRAYS = {"predictions": np.uint8, "confidence": np.float16, "test_index": np.int32}


def counts(n_correct: int, n_examples: int, loss_sum: float | None) -> dict:
    """Return counts and mean loss; a loss that is not finite becomes None (as in JSON)."""
    known = loss_sum is not None and math.isfinite(loss_sum) and n_examples > 0
    return {
        "n_correct": n_correct,
        "n_examples": n_examples,
        "loss": loss_sum / n_examples if known else None,
    }


def new_record(spec, dataset, cut, *, predictions, confidence, **facts) -> RunRecord:
    """Return the record of a run that has just ended."""
    return RunRecord(
        key=spec.key(dataset.sha256),
        spec=spec,
        data={"name": dataset.name, "sha256": dataset.sha256, "split_sha256": cut.sha256},
        code=code_version(),
        predictions=predictions,
        confidence=confidence,
        test_index=cut.test_index.astype(np.int32),
        **facts,
    )


@lru_cache(maxsize=1)
def code_version() -> dict:
    """Return the library's version, the commit, and whether its files differ from it."""
    return {
        "version": __version__,
        "training_version": TRAINING_VERSION,
    } | commit_of(Path(__file__).resolve().parents[1], ["."])


def _canonical(facts: dict) -> bytes:
    return json.dumps(
        facts, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def _tidy(value):
    """Round floats to 9 significant digits and replace those that are not finite."""
    if isinstance(value, dict):
        return {name: _tidy(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_tidy(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else None
    return value


def encode(record: RunRecord) -> tuple[bytes, bytes, str]:
    """Return a record as the bytes of its JSON and ``.npz`` files, and the latter's hash.

    The JSON holds the SHA-256 of the ``.npz`` and of its own other fields.
    """
    buffer = io.BytesIO()
    arrays = {name: getattr(record, name).astype(kind) for name, kind in _ARRAYS.items()}
    np.savez_compressed(buffer, **arrays)
    packed = buffer.getvalue()

    facts = asdict(record)
    for name in _ARRAYS:
        del facts[name]
    # The spec keeps its exact floats: its key is computed from them.
    facts = _tidy(facts) | {"spec": record.spec.to_dict(), "format": FORMAT}
    facts["arrays_sha256"] = hashlib.sha256(packed).hexdigest()
    facts["sha256"] = hashlib.sha256(_canonical(facts)).hexdigest()
    text = json.dumps(facts, indent=1, allow_nan=False) + "\n"
    return text.encode(), packed, facts["arrays_sha256"]


def decode(text: bytes, key: str) -> tuple[RunRecord, str]:
    """Return the record in a JSON file, without its arrays, and the arrays' SHA-256.

    Raises:
        StoreError: the bytes are not a whole, unchanged record of this key.
    """
    advice = f"remove it with `mnistlib runs prune {key}`; its run is then trained again"
    try:
        facts = json.loads(text)
        stated = facts.pop("sha256")
        arrays_sha256 = facts["arrays_sha256"]
        version = facts["format"]
        found = hashlib.sha256(_canonical(facts)).hexdigest()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise StoreError(f"record {key} is truncated or not a record: {advice}") from None
    if version != FORMAT:
        raise StoreError(
            f"record {key} must have format {FORMAT}. Received: {version!r}: {advice}"
        )
    if found != stated or facts["key"] != key:
        raise StoreError(f"record {key} was changed after it was written: {advice}")
    for name in ("format", "arrays_sha256"):
        del facts[name]
    try:
        facts["spec"] = spec_from_dict(facts["spec"])
        return RunRecord(**facts), arrays_sha256
    except (SpecError, TypeError) as error:
        raise StoreError(f"record {key} cannot be read ({error}): {advice}") from None


def decode_arrays(packed: bytes, key: str, sha256: str) -> dict[str, np.ndarray]:
    """Return the arrays of a record.

    Raises:
        StoreError: the bytes are not those that the record's JSON names.
    """
    if hashlib.sha256(packed).hexdigest() != sha256:
        raise StoreError(
            f"arrays of record {key} are truncated or changed: remove it with "
            f"`mnistlib runs prune {key}`; its run is then trained again"
        )
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in _ARRAYS}
