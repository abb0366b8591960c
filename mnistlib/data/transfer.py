"""Get bytes from the web with patience that ends, through pooch.

A socket's time-out starts anew with every byte, and looking up a host's name has none; so
everything that may hang happens in a thread that can be left behind.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from io import BytesIO
from threading import Thread

from tqdm import tqdm

# All are asked at once, so this is also how long a machine without a network waits.
ANSWER_SECONDS = 4.0
# A host that is slower than this, once this long under way, is given up.
STALL_SECONDS = 10.0
MIN_BYTES_PER_SECOND = 4096
_CHUNK_BYTES = 4096


class TransferError(Exception):
    """A host failed; says why in a few words."""


def why_silent(urls: Iterable[str]) -> dict[str, str]:
    """Ask for all URLs at once, by HEAD, and return for each why there was no answer.

    The reason is empty where an answer came within ``ANSWER_SECONDS``, even if it was "no
    such file": the host is there, and the transfer itself will tell.
    """
    import pooch

    head = pooch.HTTPDownloader(timeout=ANSWER_SECONDS)
    replies = {url: _in_thread(head, url, None, None, check_only=True) for url in urls}
    wait(replies.values(), timeout=ANSWER_SECONDS)
    return {url: _reason(reply) for url, reply in replies.items()}


def get(url: str) -> bytes:
    """Return what is at a URL, with a progress bar if a person watches.

    Raises:
        TransferError: if the host refuses, breaks off, stalls, or sends too slowly.
    """
    import pooch
    import requests

    buffer, meter = BytesIO(), _Meter(desc=url.rsplit("/", 1)[-1])
    download = pooch.HTTPDownloader(
        progressbar=meter, chunk_size=_CHUNK_BYTES, timeout=(ANSWER_SECONDS, STALL_SECONDS)
    )
    started = time.monotonic()
    transfer = _in_thread(download, url, buffer, None)
    try:
        while not wait([transfer], timeout=0.1).done:
            seconds = time.monotonic() - started
            if seconds > STALL_SECONDS and meter.received < seconds * MIN_BYTES_PER_SECOND:
                raise TransferError(
                    f"too slow ({meter.received:,} bytes in {seconds:.0f} s)"
                )
        transfer.result()
    except requests.HTTPError as error:
        raise TransferError(f"HTTP {error.response.status_code}") from error
    except requests.Timeout as error:
        raise TransferError("timed out") from error
    except OSError as error:  # all of requests' errors, and what slips past them
        raise TransferError(f"the connection failed ({type(error).__name__})") from error
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


def _in_thread(function: Callable, *args: object, **kwargs: object) -> Future:
    """Call a function in a thread that nobody has to wait for, not even at exit."""
    future: Future = Future()

    def work() -> None:
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    return future


def _reason(reply: Future) -> str:
    if not reply.done():
        return "no answer"
    error = reply.exception()
    return f"no answer ({type(error).__name__})" if error else ""
