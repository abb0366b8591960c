"""What the files of a network, and what is said of them, may hold at most."""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MOST_BYTES = 100 * 2**20  # of a file
MOST_PARAMETERS = MOST_BYTES // 4  # as float32
MOST_OPERATIONS = 1000
_MOST_MANIFEST_BYTES = 2**20

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Bytes = Annotated[int, Field(gt=0, le=MOST_BYTES)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class Facts(BaseModel):
    """What a manifest must say, and within which bounds; more is not looked at."""

    model_config = ConfigDict(strict=True)


def too_large(path: Path, most: int = MOST_BYTES) -> str:
    """Return in words that a file has too many bytes; "" where it has not.

    Raises:
        OSError: there is no such file.
    """
    size = path.stat().st_size
    return f"{size} bytes, and at most {most} are taken" if size > most else ""


def read_json(path: Path) -> Any:
    """Return what a small JSON file holds.

    Raises:
        OSError: it cannot be read.
        ValueError: it is none, or is large.
    """
    if why := too_large(path, _MOST_MANIFEST_BYTES):
        raise ValueError(why)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError("too deeply nested") from None


def in_words(error: Exception) -> str:
    """Return, in one line, what is wrong with a manifest."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"[:200]
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]
