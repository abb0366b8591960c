"""Download MNIST from public mirrors, in turn, and put the checked files in place.

A mirror is given up when it does not answer, stalls, sends too slowly, or sends other bytes
than MNIST's. A file appears under its name only whole and checked: it is kept in memory,
written under a temporary name, and renamed.
"""

import contextlib
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from io import BytesIO
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

from tqdm import tqdm

from mnistlib import idx, mnist
from mnistlib.errors import DataError

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)
# All mirrors are asked at once, so this is also how long a machine without a network waits.
ANSWER_SECONDS = 4.0
# A mirror that is slower than this, once this long under way, is given up.
STALL_SECONDS = 10.0
MIN_BYTES_PER_SECOND = 4096
LOCK_SECONDS = 600.0
_CHUNK_BYTES = 4096
_TEMPORARY_SUFFIX = ".part"

_log = logging.getLogger("mnistlib")


_BY_HAND = "put the four files into a folder and name that folder in MNISTLIB_DATA"


class FetchError(DataError):
    """MNIST could not be downloaded: no network, no good mirror, or no place to write."""

    def __init__(self, required: str, reason: str, remedy: str):
        super().__init__(f"Required: {required}. Received: {reason}. {remedy}.")
        self.reason = reason


class _MirrorError(Exception):
    """One mirror failed, and why in a few words: the next one's turn."""


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

    Where nothing is lacking the network is not asked.

    Processes that fetch into one folder at once wait for each other, and the later ones
    find the work done. After a failure the files that came whole stay, and the next call
    goes on from there.

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
    """Return the mirrors that answer at all within 4 s, in the order given.

    All are asked at once, so a machine without a network knows within that time.

    Raises:
        FetchError: if none does.
    """
    import pooch

    def ask(mirror: str) -> bool:
        head = pooch.HTTPDownloader(timeout=ANSWER_SECONDS)
        return head(mirror + mnist.FILES[-1].name + ".gz", None, None, check_only=True)

    asked = {mirror: _in_thread(ask, mirror) for mirror in mirrors}
    wait(asked.values(), timeout=ANSWER_SECONDS)
    # An answer of "no such file" is an answer too: the download itself will tell.
    silent = {mirror: _why_silent(reply) for mirror, reply in asked.items()}
    reached = [mirror for mirror, reason in silent.items() if not reason]
    if not reached:
        raise FetchError(
            f"a network on which a mirror of MNIST answers within {ANSWER_SECONDS:g} s",
            "; ".join(f"{_host(mirror)}: {reason}" for mirror, reason in silent.items()),
            f"Connect and try again, or {_BY_HAND}",
        )
    return reached


def _why_silent(reply: Future) -> str:
    """Return why a mirror did not answer, in a word or two; empty if it did."""
    if not reply.done():
        return "no answer"
    error = reply.exception()
    return f"no answer ({type(error).__name__})" if error else ""


def _download(file: mnist.IdxFile, mirrors: list[str]) -> tuple[bytes, str]:
    """Return a file's checked content and its mirror; a mirror that fails goes last."""
    failures = []
    for mirror in tuple(mirrors):
        url = f"{mirror}{file.name}.gz"
        try:
            packed = _get(url)
            try:
                content = idx.decompress(packed, url, file.size)
                mnist.check(content, file, url)
            except DataError as error:
                _log.info("%s", error)
                raise _MirrorError("sent broken or other data") from error
            return content, mirror
        except _MirrorError as error:
            mirrors.append(mirrors.pop(mirrors.index(mirror)))
            failures.append(f"{_host(mirror)}: {error}")
    raise FetchError(
        f"a mirror that serves MNIST's {file.name}",
        "; ".join(failures),
        f"Try again later, or {_BY_HAND}",
    )


def _get(url: str) -> bytes:
    """Return a URL's content, or give up on a host that stalls or sends too slowly."""
    import pooch
    import requests

    buffer, meter = BytesIO(), _Meter(desc=url.rsplit("/", 1)[-1])
    get = pooch.HTTPDownloader(
        progressbar=meter, chunk_size=_CHUNK_BYTES, timeout=(ANSWER_SECONDS, STALL_SECONDS)
    )
    started = time.monotonic()
    # In a thread, because a socket's time-out starts anew with every byte that trickles in.
    transfer = _in_thread(get, url, buffer, None)
    try:
        while not wait([transfer], timeout=0.1).done:
            seconds = time.monotonic() - started
            if seconds > STALL_SECONDS and meter.received < seconds * MIN_BYTES_PER_SECOND:
                raise _MirrorError(
                    f"too slow ({meter.received:,} bytes in {seconds:.0f} s)"
                )
        transfer.result()
    except requests.HTTPError as error:
        raise _MirrorError(f"HTTP {error.response.status_code}") from error
    except requests.Timeout as error:
        raise _MirrorError("timed out") from error
    except OSError as error:  # all of requests' errors, and what slips past them
        raise _MirrorError(f"the connection failed ({type(error).__name__})") from error
    finally:
        meter.abandoned = True
        meter.close()
    return buffer.getvalue()


class _Meter(tqdm):
    """A progress bar, silent unless a person watches, that can stop a transfer."""

    def __init__(self, desc: str):
        super().__init__(desc=desc, unit="B", unit_scale=True, disable=None, leave=False)
        self.received = 0
        self.abandoned = False

    def __bool__(self) -> bool:
        return True  # pooch asks whether it was given a bar

    def update(self, n: int = 1) -> bool | None:
        if self.abandoned:
            raise InterruptedError("the transfer was given up")
        self.received += n
        return super().update(n)


def _in_thread(function: Callable, *args: object) -> Future:
    """Call a function in a thread that nobody has to wait for, not even at exit."""
    future: Future = Future()

    def work() -> None:
        try:
            future.set_result(function(*args))
        except Exception as error:
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    return future


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


def _host(mirror: str) -> str:
    return urlsplit(mirror).netloc
