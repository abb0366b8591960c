"""Micro-batches: what waits while the network works goes to it together."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

import numpy as np


class Batcher:
    """Applies a network to the images of many requests, one call at a time.

    Nothing waits for others to come: a single request goes at once, and those that come
    meanwhile make the next batch. What nobody waits for any more is left out.

    Args:
        read: from images (n, 28, 28, 1) to probabilities (n, 10).
        give_up: makes a call of ``read`` that is running raise, soon.
        executor: that ``read`` runs in.
        seconds: that a call may take before it is given up.
        most: images in one call, unless one request alone brings more.
    """

    def __init__(
        self,
        read: Callable[[np.ndarray], np.ndarray],
        give_up: Callable[[], None],
        executor: Executor,
        seconds: float,
        most: int = 256,
    ):
        self._read, self._give_up, self._executor = read, give_up, executor
        self._seconds, self._most = seconds, most
        self._queue: asyncio.Queue = asyncio.Queue()

    async def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities of one request's images, (n, 10)."""
        answer = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((images, answer))
        return await answer

    async def work(self) -> None:
        """Answer requests until cancelled: the service runs this as a task."""
        while True:
            jobs = [await self._queue.get()]
            while not self._queue.empty() and sum(len(x) for x, _ in jobs) < self._most:
                jobs.append(self._queue.get_nowait())
            # A client may have left, or waited too long.
            jobs = [(images, answer) for images, answer in jobs if not answer.done()]
            if not jobs:
                continue
            try:
                found = await self._call(np.concatenate([images for images, _ in jobs]))
            except Exception as error:  # one bad batch must not end the service
                for _, answer in jobs:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            ends = np.cumsum([len(images) for images, _ in jobs])[:-1]
            for (_, answer), part in zip(jobs, np.split(found, ends), strict=True):
                if not answer.done():
                    answer.set_result(part)

    async def _call(self, images: np.ndarray) -> np.ndarray:
        loop = asyncio.get_running_loop()
        call = loop.run_in_executor(self._executor, self._read, images)
        try:
            done, _ = await asyncio.wait([call], timeout=self._seconds)
            if not done:
                self._give_up()
            return await call
        finally:
            call.cancel()  # a stop asks for no result
