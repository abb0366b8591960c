"""What is kept of a run."""

import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from mnistlib import __version__
from mnistlib.ground.machine import commit_of
from mnistlib.training.identity import TRAINING_VERSION, Identity
from mnistlib.training.spec import ClassicalSpec, NetworkSpec


@dataclass(frozen=True)
class RunRecord:
    """Everything that is known of one run.

    Attributes:
        key: 16 hexadecimal digits, see ``RunSpec.key``.
        spec: what was asked for.
        identity: what it was made with; the key holds it.
        status: ``"ok"``, or ``"diverged"`` when the loss stopped being finite.
        history: one dict an epoch; empty for the classical baselines.
        train, val: ``n_correct``, ``n_examples``, mean ``loss`` in nats (None when it is
            not finite or the model gives no probabilities). Train counts are those of the
            last epoch, taken while the weights moved.
        parameters: number of weights; None for the classical baselines.
        seconds: ``fit``, ``evaluate`` (validation), ``predict_test`` (None if not tested).
        size_bytes: of the fitted model's numbers; None when unknown.
        data: ``name``, ``sha256`` of the data, ``split_sha256`` of the indices used.
        environment: versions, backend, processor, threads.
        code: ``version``, ``commit``, ``dirty``, ``training_version``.
        test: as ``val``; None for a run that is not tested, and so are all below.
        predictions: uint8 (n_test,), predicted digit.
        probabilities: float16 (n_test, 10), of each digit, in the precision that
            ``training.probabilities`` states; None where the model gives none.
        test_index: int32 (n_test,), row of each in the data set's test part.
        versions: as ``test``, of the second answer: the mean over each test image and
            moved versions of it; None, with the two below, without ``test_versions``.
        versions_predictions, versions_probabilities: as those above.
    """

    key: str
    spec: NetworkSpec | ClassicalSpec
    identity: Identity
    status: str
    history: list[dict]
    train: dict
    val: dict
    parameters: int | None
    seconds: dict
    data: dict
    environment: dict
    code: dict
    size_bytes: int | None = None
    test: dict | None = None
    predictions: np.ndarray | None = field(default=None, repr=False, compare=False)
    probabilities: np.ndarray | None = field(default=None, repr=False, compare=False)
    test_index: np.ndarray | None = field(default=None, repr=False, compare=False)
    versions: dict | None = None
    versions_predictions: np.ndarray | None = field(default=None, repr=False, compare=False)
    versions_probabilities: np.ndarray | None = field(
        default=None, repr=False, compare=False
    )


def counts(n_correct: int, n_examples: int, loss_sum: float | None) -> dict:
    """Return counts and mean loss; a loss that is not finite becomes None (as in JSON)."""
    known = loss_sum is not None and math.isfinite(loss_sum) and n_examples > 0
    return {
        "n_correct": n_correct,
        "n_examples": n_examples,
        "loss": loss_sum / n_examples if known else None,
    }


def new_record(spec, dataset, cut, **facts) -> RunRecord:
    """Return the record of a run that has just ended."""
    identity = Identity.here(spec.kind, spec.model)
    return RunRecord(
        key=spec.key(dataset.sha256, identity),
        spec=spec,
        identity=identity,
        data={"name": dataset.name, "sha256": dataset.sha256, "split_sha256": cut.sha256},
        code=code_version(),
        test_index=cut.test_index.astype(np.int32) if spec.is_tested else None,
        **facts,
    )


@lru_cache(maxsize=1)
def code_version() -> dict:
    """Return the library's version, the commit, and whether its files differ from it."""
    return {
        "version": __version__,
        "training_version": TRAINING_VERSION,
    } | commit_of(Path(__file__).resolve().parents[1], ["."])
