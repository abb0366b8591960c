"""The manifest of a folder of exported files."""

import json
from pathlib import Path

from mnistlib.ground.errors import ModelError

MANIFEST = "manifest.json"


def read_manifest(folder: Path) -> dict[str, dict]:
    """Return the entries of a folder's manifest by file; empty where there is none.

    Raises:
        ModelError: the file is no manifest of exported files.
    """
    path = folder / MANIFEST
    try:
        files = json.loads(path.read_text(encoding="utf-8"))["files"]
        return {str(name): dict(entry) for name, entry in files.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(
            f"{path} must be a manifest of exported files. Received: "
            f"{type(error).__name__}; export to another folder, or delete the file"
        ) from None
