"""Write a file whole or not at all."""

import os
import uuid
from collections.abc import Callable
from pathlib import Path

SUFFIX = ".tmp"


def write_whole(
    path: Path,
    content: bytes | str | Callable,
    give_name: Callable[[Path, Path], None] = os.replace,
) -> None:
    """Write a file so that nobody ever sees half of it under its name.

    It is written under a temporary name in the same folder, flushed to the disk and then
    renamed. Whatever fails, the temporary file is removed and an older file stays as it
    was; only a process that is killed leaves one behind, ``.<name>.<random>.tmp``.

    Args:
        path: the file; its folder must exist.
        content: bytes; text, written as UTF-8; or a function that writes into the open
            binary file it is given.
        give_name: called with the temporary and the final path; default ``os.replace``,
            which takes the place of an older file.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    if isinstance(content, str):
        content = content.encode("utf-8")
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}{SUFFIX}")
    try:
        with open(temporary, "xb") as file:
            if callable(content):
                content(file)
            else:
                file.write(content)
            file.flush()
            os.fsync(file.fileno())
        give_name(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
