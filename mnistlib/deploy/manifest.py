"""The manifest of a folder of exported files."""

from pathlib import Path

from mnistlib.deploy.bounds import (
    Bytes,
    Count,
    Facts,
    Name,
    Sha256,
    Share,
    in_words,
    read_json,
)
from mnistlib.ground.errors import ModelError

MANIFEST = "manifest.json"


class _Entry(Facts):
    """What is said of a file."""

    network: Name
    format: Name
    precision: Name
    sha256: Sha256
    bytes: Bytes
    n_examples: Count
    n_correct: Count
    accuracy: Share


class _Manifest(Facts):
    files: dict[Name, _Entry]


def read_manifest(folder: Path) -> dict[str, dict]:
    """Return the entries of a folder's manifest by file; empty where there is none.

    Raises:
        ModelError: the file is no manifest of exported files, or says what cannot be.
    """
    path = folder / MANIFEST
    try:
        content = read_json(path)
        _Manifest.model_validate(content)
        return content["files"]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} must be a manifest of exported files. Received: {in_words(error)}; "
            "export to another folder, or delete the file"
        ) from None
