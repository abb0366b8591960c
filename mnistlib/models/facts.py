"""What is known of a network without its weights: layers, sizes, operations; kept on disk.

Only Keras can say it, and starting Keras and its backend takes far longer than the rest of
a notebook whose runs are all recorded. So the answers are kept below ``_build``, under a
key of the code that builds the networks.
"""

import contextlib
import hashlib
import json
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from mnistlib import models
from mnistlib.ground import paths
from mnistlib.ground.files import write_whole

_COLUMNS = ["layer", "kind", "output shape", "parameters"]


def network_facts(name: str, **model_args) -> dict:
    """Return ``parameters``, ``trainable`` ones and ``macs`` of a network.

    Keras is loaded only when no earlier process asked for the same network.

    Args:
        name: a key of ``models.BUILDERS``.
        **model_args: arguments of that builder.
    """
    facts = _known(name, **model_args)
    return {key: facts[key] for key in ("parameters", "trainable", "macs")}


def network_layers(name: str, **model_args) -> pd.DataFrame:
    """Return a network's layers as `models.layer_table` does.

    Args:
        name: a key of ``models.BUILDERS``.
        **model_args: arguments of that builder.
    """
    rows = [
        (layer, kind, tuple(shape), parameters)
        for layer, kind, shape, parameters in _known(name, **model_args)["layers"]
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _known(name: str, **model_args) -> dict:
    wanted = {"model": name, "model_args": models.arguments(name) | model_args}
    path = _path(json.dumps(wanted, sort_keys=True))
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or not a whole file
        pass
    facts = models.model_facts(name, **model_args)
    layers = models.layer_table(models.build(name, **model_args))
    facts["layers"] = layers.to_numpy().tolist()
    _keep(facts, path)
    return facts


def _path(wanted: str) -> Path:
    key = hashlib.sha256(f"{_code_hash()} {wanted}".encode()).hexdigest()[:16]
    return paths.build_dir() / "facts" / f"{key}.json"


@cache
def _code_hash() -> str:
    """Return a hash of Keras's version and of every file of this package.

    Which of the files build networks may change; to hash them all takes milliseconds.
    """
    found = hashlib.sha256(version("keras").encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


def _keep(facts: dict, path: Path) -> None:
    """Write for later processes; without it they only take longer."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(facts))
