"""Processes for what strangers send: one that takes too long, or crashes, is replaced.

A thread cannot be stopped, and a decoder in C may compute for ever, or end its process. So
each picture is read in a process that the system's alarm ends, whatever it computes.
"""

import asyncio
import contextlib
import multiprocessing
import queue
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mnistlib.ground.errors import PhotoError

_NEW = multiprocessing.get_context("spawn")
_START_SECONDS = 60.0  # that a process has for its first word


class Workers:
    """Processes that apply a function, each to one picture at a time.

    Args:
        function: a module's, which a new process can import; what it raises for a bad
            picture is a `PhotoError`.
        prepare: called without arguments in each process before its first picture.
        n: processes.
    """

    def __init__(self, function: Callable, prepare: Callable, n: int):
        self._threads = ThreadPoolExecutor(n, "asks")  # they wait for the processes
        self._workers: list[_Worker] = []
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        try:
            for _ in range(n):
                self._workers.append(_Worker(function, prepare))
                self._idle.put(self._workers[-1])
        except BaseException:  # those before it would keep Python from ending
            self.close()
            raise

    async def apply(self, seconds: float, *given) -> Any:
        """Return the function's result for arguments.

        Args:
            seconds: in which it must come, waiting for a free process included.
            *given: the arguments.

        Raises:
            TimeoutError: it did not; the process that was at it has ended.
            PhotoError: the function's, or the picture ended the process.
        """
        until = time.monotonic() + seconds
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(seconds):
            return await loop.run_in_executor(self._threads, self._ask, until, given)

    def close(self) -> None:
        """End the processes at once, whatever they compute."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with contextlib.ExitStack() as each:  # goes on past an error, and raises it then
            for worker in self._workers:
                each.callback(worker.end)

    def _ask(self, until: float, given: tuple) -> Any:
        worker = self._idle.get()  # as many as there are threads
        try:
            return worker.ask(until, given)
        finally:
            self._idle.put(worker)


class _Worker:
    """A process, and the line to it; another process takes the place of one that ended."""

    def __init__(self, function: Callable, prepare: Callable):
        self._work, self._closed = (function, prepare), False
        self._start()

    def ask(self, until: float, given: tuple) -> Any:
        result, error = None, TimeoutError()
        if self._line.closed:  # the last one ended, and no other could start
            self._start()
        try:
            if not self._ready and self._line.poll(max(0.0, until - time.monotonic())):
                self._ready = self._line.recv()
            if not self._ready and time.monotonic() > self._start_until:
                self._process.kill()
                raise EOFError
            # Of what came too late, a process that is new would end at once.
            if self._ready and (seconds := until - time.monotonic()) > 0:
                self._line.send((seconds, given))
                result, error = self._line.recv()
        except (EOFError, OSError):  # the process has ended, perhaps in mid-sentence
            raise self._replaced(until) from None
        if error:
            raise error
        return result

    def end(self) -> None:
        self._closed = True
        self._process.kill()
        self._process.join(1)

    def _start(self) -> None:
        line, theirs = _NEW.Pipe()
        try:
            process = _NEW.Process(target=_serve, args=(theirs, *self._work), daemon=True)
            process.start()
        except BaseException:
            line.close()
            raise
        finally:
            theirs.close()
        # Together, and after the start: what `end` kills is a process that runs, or ran.
        self._line, self._process, self._ready = line, process, False
        self._start_until = time.monotonic() + _START_SECONDS
        if self._closed:  # meanwhile
            process.kill()

    def _replaced(self, until: float) -> Exception:
        """Start another process; return what the end of the last one means."""
        was_ready, ended = self._ready, self._process
        is_late = time.monotonic() >= until
        ended.join()
        self._line.close()
        if not self._closed:
            self._start()
        # The exit code is not known where another thread asked for it first.
        if is_late or ended.exitcode == -signal.SIGALRM:
            return TimeoutError()
        if was_ready:
            return PhotoError(
                "a photo must be one that can be read. Received: one that ended its reader "
                f"(exit code {ended.exitcode}). Save it again"
            )
        return RuntimeError(f"a process could not start (exit code {ended.exitcode})")


def _serve(line, function: Callable, prepare: Callable) -> None:
    """Apply a function to what comes, until the service has ended."""
    # A signal may go to all processes of a service, whose own one decides when to end.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    # The default ends the process, also while no Python code runs in it.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    prepare()
    with contextlib.suppress(EOFError, OSError):
        line.send(True)
        while True:
            seconds, given = line.recv()
            signal.setitimer(signal.ITIMER_REAL, seconds)
            answer = _answer(function, given)
            signal.setitimer(signal.ITIMER_REAL, 0)
            line.send(answer)


def _answer(function: Callable, given: tuple) -> tuple[Any, Exception | None]:
    """Return a result and None, or None and what was raised."""
    try:
        return function(*given), None
    except PhotoError as error:
        return None, error
    except Exception as error:  # not all can be sent
        return None, RuntimeError(f"{type(error).__name__}: {error}")
