"""Download MNIST from public mirrors, in turn, and put the checked files in place.

A mirror is given up when it does not answer, stalls, sends too slowly, or sends other bytes
than MNIST's. A file appears under its name only whole and checked: it is kept in memory,
written under a temporary name, and renamed.
"""

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from mnistlib.data import idx, mnist, transfer
from mnistlib.ground.errors import DataError

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)
LOCK_SECONDS = 600.0
_TEMPORARY_SUFFIX = ".part"
_BY_HAND = "put the four files into a folder and name that folder in MNISTLIB_DATA"

_log = logging.getLogger("mnistlib")


class FetchError(DataError):
    """MNIST could not be downloaded: no network, no good mirror, or no place to write."""

    def __init__(self, required: str, reason: str, remedy: str):
        super().__init__(f"Required: {required}. Received: {reason}. {remedy}.")
        self.reason = reason


def is_offline() -> bool:
    """Return whether ``MNISTLIB_OFFLINE`` forbids the network (set, and not 0)."""
    return os.environ.get("MNISTLIB_OFFLINE", "0").strip().lower() not in (
        "",
        "0",
        "false",
        "no",
    )


def fetch(folder: Path) -> list[str]:
    """Download whatever a folder lacks of MNIST's four files; broken ones are replaced.

    Where nothing is lacking, the network is not asked. Processes that fetch into one folder
    at once wait for each other, and the later ones find the work done. After a failure the
    files that came whole stay, and the next call goes on from there.

    Args:
        folder: where the decompressed files go; made if it does not exist.

    Returns:
        The host names of the mirrors that served files, in order; empty if none was needed.

    Raises:
        FetchError: if the network is forbidden or absent, no mirror serves the right bytes,
            or the folder cannot be written (a full disk, no permission).
    """
    if all(_is_good(folder, file) for file in mnist.FILES):
        return []
    if is_offline():
        raise FetchError(
            "the network, to download MNIST",
            f"MNISTLIB_OFFLINE={os.environ['MNISTLIB_OFFLINE']!r}, which forbids it",
            f"Unset it, or {_BY_HAND}",
        )
    mirrors = answering(MIRRORS)
    hosts: list[str] = []
    with _writing_to(folder), _locked(folder):
        for leftover in folder.glob(f".*{_TEMPORARY_SUFFIX}"):
            leftover.unlink()  # of a process that was killed: nobody else holds the lock
        for file in mnist.FILES:
            if _is_good(folder, file):
                continue
            content, mirror = _download(file, mirrors)
            _write(folder / file.name, content)
            hosts.append(_host(mirror))
    return list(dict.fromkeys(hosts))


def answering(mirrors: tuple[str, ...]) -> list[str]:
    """Return the mirrors that answer at all, in the order given.

    Raises:
        FetchError: if none does within ``transfer.ANSWER_SECONDS``.
    """
    silent = transfer.why_silent(_url(mirror, mnist.FILES[-1]) for mirror in mirrors)
    reasons = dict(zip(mirrors, silent.values(), strict=True))
    reached = [mirror for mirror, reason in reasons.items() if not reason]
    if not reached:
        raise FetchError(
            "a network on which a mirror of MNIST answers within "
            f"{transfer.ANSWER_SECONDS:g} s",
            "; ".join(f"{_host(mirror)}: {reason}" for mirror, reason in reasons.items()),
            f"Connect and try again, or {_BY_HAND}",
        )
    return reached


def _download(file: mnist.IdxFile, mirrors: list[str]) -> tuple[bytes, str]:
    """Return a file's checked content and its mirror; a mirror that fails goes last."""
    failures = []
    for mirror in tuple(mirrors):
        url = _url(mirror, file)
        try:
            packed = transfer.get(url)
            try:
                content = idx.decompress(packed, url, file.size)
                mnist.check(content, file, url)
            except DataError as error:
                _log.info("%s", error)
                raise transfer.TransferError("sent broken or other data") from error
            return content, mirror
        except transfer.TransferError as error:
            mirrors.append(mirrors.pop(mirrors.index(mirror)))
            failures.append(f"{_host(mirror)}: {error}")
    raise FetchError(
        f"a mirror that serves MNIST's {file.name}",
        "; ".join(failures),
        f"Try again later, or {_BY_HAND}",
    )


def _is_good(folder: Path, file: mnist.IdxFile) -> bool:
    path = mnist.find(folder, file)
    try:
        return path is not None and mnist.read(path, file) is not None
    except DataError as error:
        _log.info("Downloading %s anew. %s", file.name, error)
        return False


def _write(path: Path, content: bytes) -> None:
    """Write a file under a temporary name, then rename it; on failure leave nothing."""
    descriptor, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}-", suffix=_TEMPORARY_SUFFIX
    )
    try:
        with open(descriptor, "wb") as stream:
            stream.write(content)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock", timeout=LOCK_SECONDS):
        yield


@contextlib.contextmanager
def _writing_to(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FetchError(
            "a folder that can be written, with room for MNIST's 55 MB",
            f"{folder}: {error.strerror or error}",
            f"Free some space or correct its permissions, then try again, or {_BY_HAND}",
        ) from error


def _url(mirror: str, file: mnist.IdxFile) -> str:
    return f"{mirror}{file.name}.gz"


def _host(mirror: str) -> str:
    return urlsplit(mirror).netloc
