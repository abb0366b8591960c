"""The trained networks of the study that can be taken along: ``models/<name>/``.

Each has three files: ``model.keras``, the network without its optimizer; ``manifest.json``,
what it is, with the file's SHA-256 and the key of the run record that it was made from; and
``MODEL_CARD.md``, the same for people. A network takes images float32 (n, 28, 28, 1), ink 0
to 1 in MNIST's geometry, and gives the probability of each digit, float32 (n, 10).
"""

import hashlib
import re
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from mnistlib.deploy.bounds import (
    MOST_PARAMETERS,
    Bytes,
    Count,
    Facts,
    Name,
    Sha256,
    in_words,
    read_json,
    too_large,
)
from mnistlib.ground import paths
from mnistlib.ground.errors import ModelError

MODEL, MANIFEST, CARD = "model.keras", "manifest.json", "MODEL_CARD.md"


class _Test(Facts):
    """How a network read the test images."""

    n_correct: Count
    n_examples: Count


class _Network(Facts):
    """What a manifest says of a network."""

    model: Name
    test: _Test
    sha256: Sha256
    record: Name
    spec: dict
    licence: Name
    bytes: Bytes
    parameters: Annotated[int, Field(gt=0, le=MOST_PARAMETERS)]
    input: Annotated[str, Field(pattern=r"^float32 \(n, 28, 28, 1\)")]
    output: Annotated[str, Field(pattern=r"^float32 \(n, 10\)")]


def names() -> list[str]:
    """Return the names of the networks that are there, sorted."""
    return sorted(path.parent.name for path in paths.models_dir().glob(f"*/{MANIFEST}"))


def folder_of(name: str) -> Path:
    """Return the folder of a network's files.

    Raises:
        ModelError: the name is none of a folder.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ModelError(
            "a network's name must be small letters, digits and _, a letter first. "
            f"Received: name={name!r}"
        )
    return paths.models_dir() / name


def manifest(name: str) -> dict:
    """Return what is known of a network, as its manifest has it.

    Raises:
        ModelError: there is no such network, or its manifest is none.
    """
    path = folder_of(name) / MANIFEST
    try:
        facts = read_json(path)
        _Network.model_validate(facts)
    except OSError as error:
        raise ModelError(
            f"a network must be one of {', '.join(names()) or 'none'}. "
            f"Received: name={name!r} ({path}: {error.strerror})"
        ) from None
    except ValueError as error:
        raise ModelError(
            f"{path} must be a network's manifest. Received: {in_words(error)}; "
            "restore the file"
        ) from None
    return facts


def read_checked(name: str) -> bytes:
    """Return a network's file, once it is known to be that of its manifest.

    Raises:
        ModelError: there is no such network, or its file is another.
    """
    stated, path = manifest(name)["sha256"], folder_of(name) / MODEL
    try:
        if why := too_large(path):
            raise ModelError(
                f"{path} must be a network's file. Received: {why}; restore it"
            )
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(
            f"a network needs its file. Received: {path} ({error.strerror}); restore it"
        ) from None
    received = hashlib.sha256(content).hexdigest()
    if received != stated:
        raise ModelError(
            f"{path} must have the SHA-256 of its manifest, {stated[:12]}. "
            f"Received: {received[:12]}; the file was changed: restore it"
        )
    return content


def load(name: str):
    """Return a network as an uncompiled ``keras.Model`` that gives probabilities.

    The file is compared with its manifest before anything in it is read, and Keras loads no
    code from it.

    Raises:
        ModelError: there is no such network, or its file is not that of its manifest.
    """
    from mnistlib.ground import backend

    read_checked(name)
    backend.configure()
    import keras

    path = folder_of(name) / MODEL
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def probabilities(model, images: np.ndarray) -> np.ndarray:
    """Return what a network says of images, float32 (n, 10).

    Args:
        model: as `load` returns it.
        images: float32 (n, 28, 28) or (n, 28, 28, 1), ink 0 to 1.
    """
    batches = range(0, len(images), 1000)
    x = np.asarray(images, dtype=np.float32).reshape(-1, 28, 28, 1)
    return np.concatenate([np.asarray(model(x[i : i + 1000])) for i in batches])


def reads_like(model, record) -> str:
    """Return in words what a network reads otherwise than its run record; "" for nothing.

    Args:
        model: as `load` returns it.
        record: with its arrays, of a run on the data that are here.
    """
    from mnistlib import data

    images = data.load(record.spec.dataset).x_test[record.test_index] / np.float32(255)
    found = probabilities(model, images)
    digits = found.argmax(axis=1)
    if n := int((digits != record.predictions).sum()):
        return f"{n} of {len(digits)} predictions"
    rows = np.arange(len(digits))
    kept = record.probabilities[rows, digits].astype(np.float32)
    # Records keep a float16.
    if n := int((np.abs(found[rows, digits] - kept) > 1e-3).sum()):
        return f"{n} of {len(digits)} probabilities"
    return ""
