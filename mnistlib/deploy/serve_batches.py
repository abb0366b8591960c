"""Micro-batches: what waits while the network works goes to it together."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

import numpy as np


class Batcher:
    """Applies a network to the images of many requests, one call at a time.

    Nothing waits for others to come: a single request goes at once, and those that come
    meanwhile make the next batch.

    Args:
        read: from images (n, 28, 28, 1) to probabilities (n, 10).
        executor: that ``read`` runs in.
        most: images in one call, unless one request alone brings more.
    """

    def __init__(
        self,
        read: Callable[[np.ndarray], np.ndarray],
        executor: Executor,
        most: int = 256,
    ):
        self._read, self._executor, self._most = read, executor, most
        self._queue: asyncio.Queue = asyncio.Queue()
        self.calls = 0

    async def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return the probabilities of one request's images, (n, 10)."""
        answer = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((images, answer))
        return await answer

    async def work(self) -> None:
        """Answer requests until cancelled: the service runs this as a task."""
        loop = asyncio.get_running_loop()
        while True:
            jobs = [await self._queue.get()]
            while not self._queue.empty() and sum(len(x) for x, _ in jobs) < self._most:
                jobs.append(self._queue.get_nowait())
            self.calls += 1
            try:
                together = np.concatenate([images for images, _ in jobs])
                found = await loop.run_in_executor(self._executor, self._read, together)
            except Exception as error:  # one bad batch must not end the service
                for _, answer in jobs:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            ends = np.cumsum([len(images) for images, _ in jobs])[:-1]
            for (_, answer), part in zip(jobs, np.split(found, ends), strict=True):
                if not answer.done():  # its client may have left
                    answer.set_result(part)
