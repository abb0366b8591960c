"""What decides a run's result besides its spec and the data."""

import hashlib
import json
from dataclasses import asdict, dataclass

from mnistlib import models
from mnistlib.ground import backend

# Part of every key: raise it when a change of the training code changes results.
TRAINING_VERSION = 3


@dataclass(frozen=True)
class Identity:
    """The code and the arithmetic that a run was made with.

    Attributes:
        training_version: of the code in ``mnistlib.training``.
        backend: Keras's backend; ``"scikit-learn"`` for the classical baselines.
        portable: whether the kernels were those that x86-64 processors share, see
            ``backend.portable``; None for the classical baselines, which have no choice.
        builder: hash of the code that builds the model, see ``models.builder_hash``.
    """

    training_version: int
    backend: str
    portable: bool | None
    builder: str

    @classmethod
    def here(cls, kind: str, model: str) -> "Identity":
        """Return what a run of a model would be made with in this process, now.

        Args:
            kind: ``"network"`` or ``"classical"``.
            model: a key of ``models.BUILDERS`` or ``models.ESTIMATORS``.

        Raises:
            RunError: ``$KERAS_BACKEND`` or ``$MNISTLIB_PORTABLE`` is no setting.
        """
        network = kind == "network"
        return cls(
            training_version=TRAINING_VERSION,
            backend=backend.name() if network else "scikit-learn",
            portable=backend.portable() if network else None,
            builder=models.builder_hash(model),
        )


def key_of(spec: dict, data_sha256: str, identity: Identity) -> str:
    """Return 16 hexadecimal digits that name the record of a run.

    Args:
        spec: all values of the spec, as ``RunSpec.to_dict`` gives them.
        data_sha256: hash of the data.
        identity: what the run was made with.
    """
    whole = {"spec": spec, "data_sha256": data_sha256} | asdict(identity)
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
