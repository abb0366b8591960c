"""An error that nobody expected, as one line; everything known of it goes to a log file."""

import errno
import os
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from mnistlib.ground import paths

_NO_ROOM = "free some room, then give the same command again: what is finished is kept"
_NO_RIGHT = "make it readable and writable, or name another place"
_IN_THE_WAY = "move it away, then give the same command again"
_WHAT_TO_DO = {
    errno.ENOSPC: ("the disk must have room", _NO_ROOM),
    errno.EDQUOT: ("the disk must have room", _NO_ROOM),
    errno.EFBIG: ("the disk must have room", _NO_ROOM),
    errno.EACCES: ("a study's files must be its own", _NO_RIGHT),
    errno.EPERM: ("a study's files must be its own", _NO_RIGHT),
    errno.EROFS: ("a study's files must be its own", _NO_RIGHT),
    errno.ENOTDIR: ("a folder must be where a file is", _IN_THE_WAY),
    errno.EEXIST: ("a folder must be where a file is", _IN_THE_WAY),
    errno.EISDIR: ("a file must be where a folder is", _IN_THE_WAY),
    errno.ENOENT: ("a file or folder must be there", "put it back, or name another place"),
    errno.ENAMETOOLONG: ("a path must be one the system takes", "choose a shorter one"),
}


def describe(error: Exception, log: str) -> str:
    """Return one line: what is required, what was received, what to do.

    Args:
        error: any exception.
        log: where everything else is written, as `write_log` returns it.
    """
    if isinstance(error, OSError) and error.errno in _WHAT_TO_DO:
        required, advice = _WHAT_TO_DO[error.errno]
        received = f"{_culprit(error)} ({error.strerror})"
    elif isinstance(error, MemoryError):
        required, received = "the memory must suffice", str(error) or "no more of it"
        advice = "use fewer --workers, or a smaller study"
    elif isinstance(error, ImportError):
        required, received = "the environment must be whole", str(error)
        advice = "make it again: delete .venv, then give `make` the same target"
    else:
        required = "this should not happen: it is a fault of mnistlib or of a file it reads"
        received = f"{type(error).__name__}: {error}"
        advice = "please report it with the log"
    return f"{required}. Received: {received}; {advice}. The whole log is {log}"


def _culprit(error: OSError) -> str:
    """Return the path that an error is about: of a path below a file, that file."""
    if error.filename is None:
        return "a file, or the working folder"
    path = Path(os.fsdecode(error.filename)).absolute()
    if error.errno == errno.ENOTDIR:
        path = next((p for p in (path, *path.parents) if p.is_file()), path)
    return str(path)


def write_log(error: Exception | str, folder: Path | None = None, name: str = "") -> str:
    """Write all that is known of an error to a file; return its path.

    Args:
        error: an exception, with its traceback, or a text.
        folder: where; default ``_build/logs``. Where it cannot be written, the file goes
            to the system's folder of temporary files.
        name: of the file, without suffix; default: one that says the time.
    """
    text = error
    if isinstance(error, Exception):
        text = "".join(traceback.format_exception(error))
    now = datetime.now(UTC)
    name = name or f"{now:%Y%m%d-%H%M%S}-{os.getpid()}"
    text = f"{now.isoformat(timespec='seconds')}\n{text.rstrip()}\n"
    data = text.encode("utf-8", "backslashreplace")
    try:
        folder = folder or _logs()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.log"
        path.write_bytes(data)
        return str(path)
    except (OSError, RuntimeError):
        pass
    try:
        descriptor, other = tempfile.mkstemp(prefix=f"mnistlib-{name}-", suffix=".log")
        with open(descriptor, "wb") as file:
            file.write(data)
        return other
    except OSError as failure:
        return f"not written either ({failure.strerror})"


def _logs() -> Path:
    """Return the folder of logs; a folder that is no study gets none."""
    if not (paths.root() / "study.yaml").exists():
        raise FileNotFoundError
    return paths.build_dir() / "logs"
