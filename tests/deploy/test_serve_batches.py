"""Micro-batches: who waits goes together, and a failure is its own requests' alone."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mnistlib.deploy.formats_onnx import Network
from mnistlib.deploy.serve_batches import Batcher


def run(coroutine):
    """Run it in a thread of its own: a browser's loop may run in this one."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, coroutine).result()


def answers(read, requests: list[np.ndarray], most: int = 256):
    """Send all requests at once; return what each got, and the sizes of the batches."""
    sizes = []

    def counted(images):
        sizes.append(len(images))
        time.sleep(0.05)
        return read(images)

    async def main():
        with ThreadPoolExecutor(1) as executor:
            batcher = Batcher(counted, lambda: None, executor, 60, most)
            working = asyncio.create_task(batcher.work())
            asked = [batcher.probabilities(images) for images in requests]
            found = await asyncio.gather(*asked, return_exceptions=True)
            working.cancel()
            return found

    return run(main()), sizes


def images(n: int, value: float) -> np.ndarray:
    return np.full((n, 28, 28, 1), value, np.float32)


def test_each_gets_its_own_and_few_calls_are_made():
    requests = [images(n, n) for n in (1, 3, 2, 1, 5)]
    found, sizes = answers(lambda x: x[:, 0, 0], requests)
    for given, got in zip(requests, found, strict=True):
        assert np.array_equal(got[:, 0], given[:, 0, 0, 0])
    assert sum(sizes) == 12
    assert len(sizes) <= 2


def test_a_batch_is_bounded():
    _, sizes = answers(lambda x: x[:, 0, 0], [images(1, 0)] * 10, most=4)
    assert max(sizes) <= 4


def test_a_failure_is_raised_and_the_work_goes_on():
    def read(x):
        if x.max() > 1:
            raise ValueError("broken")
        return x[:, 0, 0]

    found, _ = answers(read, [images(1, 9), images(1, 1)], most=1)
    assert isinstance(found[0], ValueError)
    assert found[1].shape == (1, 1)


def test_who_left_is_left_out():
    sizes = []

    def read(x):
        sizes.append(len(x))
        return x[:, 0, 0]

    async def main():
        with ThreadPoolExecutor(1) as executor:
            batcher = Batcher(read, lambda: None, executor, 60)
            left = asyncio.create_task(batcher.probabilities(images(1, 0)))
            await asyncio.sleep(0)
            left.cancel()
            working = asyncio.create_task(batcher.work())
            assert (await batcher.probabilities(images(2, 1))).shape == (2, 1)
            working.cancel()
            with pytest.raises(asyncio.CancelledError):
                await left

    run(main())
    assert sizes == [2]


def test_a_call_that_takes_too_long_is_given_up():
    given_up = threading.Event()

    def read(x):
        if x.max() > 1:
            assert given_up.wait(30)
            raise RuntimeError("given up")
        return x[:, 0, 0]

    async def main():
        with ThreadPoolExecutor(1) as executor:
            batcher = Batcher(read, given_up.set, executor, 0.2, most=1)
            working = asyncio.create_task(batcher.work())
            asked = [batcher.probabilities(images(1, value)) for value in (9, 1)]
            found = await asyncio.gather(*asked, return_exceptions=True)
            working.cancel()
            return found

    found = run(main())
    assert str(found[0]) == "given up"
    assert found[1].shape == (1, 1)


def test_a_call_of_the_network_can_be_given_up(heavy_file):
    network = Network(heavy_file(20, 400))  # a layer is over soon, all of them are not
    network.give_up()  # nothing is read yet
    with ThreadPoolExecutor(1) as executor:
        call = executor.submit(network.read, images(1, 1))
        time.sleep(0.5)
        assert not call.done()
        network.give_up()
        with pytest.raises(Exception, match="terminate"):
            call.result(20)
