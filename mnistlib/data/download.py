"""Download MNIST from public mirrors, in turn, and put the checked files in place.

A mirror is given up when it does not answer, stalls, sends too slowly, too long or too
much, or other bytes than MNIST's. A file appears under its name only whole and checked.
"""

import contextlib
import logging
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from mnistlib.data import idx, mnist
from mnistlib.ground.errors import DataError
from mnistlib.ground.files import SUFFIX, write_whole
from mnistlib.ground.patience import in_thread

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)
# All are asked at once, so this is also how long a machine without a network waits.
ANSWER_SECONDS = 4.0
# A mirror that is slower than this, once this long under way, is given up; and at the end.
STALL_SECONDS = 10.0
MIN_BYTES_PER_SECOND = 4096
FILE_SECONDS = 900.0
LOCK_SECONDS = 600.0
_CHUNK_BYTES = 4096
_BY_HAND = "put the four files into a folder and name that folder in MNISTLIB_DATA"

_log = logging.getLogger("mnistlib")


class FetchError(DataError):
    """MNIST could not be downloaded: no network, no good mirror, or no place to write."""

    def __init__(self, required: str, reason: str, remedy: str):
        super().__init__(f"Required: {required}. Received: {reason}. {remedy}.")
        self.reason = reason


class _MirrorError(Exception):
    """A mirror failed; says why in a few words."""


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
        Unreadable: if the folder or a file in it may not be read.
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
    with _writing_to(folder):
        for leftover in folder.glob(f".*{SUFFIX}"):
            leftover.unlink()  # of a process that was killed: nobody else holds the lock
        for file in mnist.FILES:
            if _is_good(folder, file):
                continue
            content, mirror = _download(file, mirrors)
            write_whole(folder / file.name, content)
            hosts.append(_host(mirror))
    return list(dict.fromkeys(hosts))


def answering(mirrors: tuple[str, ...]) -> list[str]:
    """Return the mirrors that answer a HEAD within ``ANSWER_SECONDS``, in the order given.

    An answer such as "no such file" counts: the mirror is there, the transfer will tell.

    Raises:
        FetchError: if none does.
    """
    import pooch

    head = pooch.HTTPDownloader(timeout=ANSWER_SECONDS)
    replies = {
        mirror: in_thread(head, _url(mirror, mnist.FILES[-1]), None, None, check_only=True)
        for mirror in mirrors
    }
    wait(replies.values(), timeout=ANSWER_SECONDS)
    reasons = {mirror: _why_silent(reply) for mirror, reply in replies.items()}
    reached = [mirror for mirror, reason in reasons.items() if not reason]
    if not reached:
        raise FetchError(
            f"a network on which a mirror of MNIST answers within {ANSWER_SECONDS:g} s",
            "; ".join(f"{_host(mirror)}: {reason}" for mirror, reason in reasons.items()),
            f"Connect and try again, or {_BY_HAND}",
        )
    return reached


def _why_silent(reply: Future) -> str:
    if not reply.done():
        return "no answer"
    error = reply.exception()
    return f"no answer ({type(error).__name__})" if error else ""


def _download(file: mnist.IdxFile, mirrors: list[str]) -> tuple[bytes, str]:
    """Return a file's checked content and its mirror; a mirror that fails goes last."""
    failures = []
    for mirror in tuple(mirrors):
        url = _url(mirror, file)
        try:
            content = idx.decompress(_get(url, file.most_bytes), url, file.size)
            mnist.check(content, file, url)
            return content, mirror
        except (DataError, _MirrorError) as error:
            _log.info("%s", error)
            broken = isinstance(error, DataError)
            reason = "sent broken or other data" if broken else str(error)
            mirrors.append(mirrors.pop(mirrors.index(mirror)))
            failures.append(f"{_host(mirror)}: {reason}")
    raise FetchError(
        f"a mirror that serves MNIST's {file.name}",
        "; ".join(failures),
        f"Try again later, or {_BY_HAND}",
    )


class _Sink(BytesIO):
    """What a transfer writes into: it refuses too much, and anything once it is closed."""

    def __init__(self, most: int, bar):
        super().__init__()
        self.most, self.bar = most, bar

    def write(self, chunk: bytes) -> int:
        if self.tell() + len(chunk) > self.most:
            raise _MirrorError(f"sent more than {self.most:,} bytes")
        self.bar.update(len(chunk))
        return super().write(chunk)


def _get(url: str, most: int) -> bytes:
    """Return what is at a URL, with a progress bar if a person watches.

    Raises:
        _MirrorError: if the host refuses, breaks off, stalls, sends too slowly or for too
            long, or more than `most` bytes.
    """
    import pooch
    import requests
    from tqdm import tqdm

    name = url.rsplit("/", 1)[-1]
    bar = tqdm(desc=name, unit="B", unit_scale=True, disable=None, leave=False)
    sink = _Sink(most, bar)
    download = pooch.HTTPDownloader(
        chunk_size=_CHUNK_BYTES, timeout=(ANSWER_SECONDS, STALL_SECONDS)
    )
    started = time.monotonic()
    transfer = in_thread(download, url, sink, None)
    try:
        while not wait([transfer], timeout=0.1).done:
            seconds, received = time.monotonic() - started, sink.tell()
            least = MIN_BYTES_PER_SECOND * seconds
            if seconds > FILE_SECONDS or (seconds > STALL_SECONDS and received < least):
                raise _MirrorError(f"too slow ({received:,} bytes in {seconds:.0f} s)")
        transfer.result()
        return sink.getvalue()
    except _MirrorError:
        raise
    except requests.HTTPError as error:
        raise _MirrorError(f"HTTP {error.response.status_code}") from error
    except requests.Timeout as error:
        raise _MirrorError("timed out") from error
    except Exception as error:  # all of requests' errors, and what slips past them
        raise _MirrorError(f"the connection failed ({type(error).__name__})") from error
    finally:
        sink.close()  # a transfer that is left behind ends with its next bytes
        bar.close()


def _is_good(folder: Path, file: mnist.IdxFile) -> bool:
    try:
        path = mnist.find(folder, file)
        return path is not None and mnist.read(path, file) is not None
    except mnist.Unreadable:
        raise
    except DataError as error:
        _log.info("Downloading %s anew. %s", file.name, error)
        return False


@contextlib.contextmanager
def _writing_to(folder: Path) -> Iterator[None]:
    """Be the only process that writes to a folder."""
    from filelock import FileLock, Timeout

    lock = folder / ".lock"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=LOCK_SECONDS):
            yield
    except Timeout as error:
        raise FetchError(
            "that one process at a time downloads MNIST",
            f"another one has held {lock} for {LOCK_SECONDS:g} s",
            f"End it and try again, or {_BY_HAND}",
        ) from error
    # The second is filelock's, where the file system knows no locks.
    except (OSError, NotImplementedError) as error:
        raise no_place(folder, error) from error


def no_place(folder: Path, error: Exception) -> FetchError:
    """Return the error for a folder that cannot hold MNIST."""
    return FetchError(
        "a folder that can be written, with room for MNIST's 55 MB",
        f"{folder}: {getattr(error, 'strerror', None) or error}",
        f"Free some space or correct its permissions, then try again, or {_BY_HAND}",
    )


def _url(mirror: str, file: mnist.IdxFile) -> str:
    return f"{mirror}{file.name}.gz"


def _host(mirror: str) -> str:
    return urlsplit(mirror).netloc
