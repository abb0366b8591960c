"""Processes for pictures: what hangs or crashes in one ends with it, and others go on."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from mnistlib.deploy.serve_workers import Workers
from mnistlib.ground.errors import PhotoError
from tests.deploy.hard_work import never_ready, ready, work
from tests.processes import wait_for


def run(questions, n: int = 1, prepare=ready):
    """Return what a coroutine function makes of workers, in a loop of its own."""

    async def main():
        workers = Workers(work, prepare, n)
        try:
            return await questions(workers)
        finally:
            workers.close()

    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, main()).result()


def test_a_process_answers_again_and_again():
    async def questions(workers):
        first = await workers.apply(60, "number")
        with pytest.raises(PhotoError, match=r"^a photo must show a digit$"):
            await workers.apply(60, "refuse")
        with pytest.raises(RuntimeError, match="ValueError: a bug"):
            await workers.apply(60, "fail")
        return first, await workers.apply(60, "number")

    first, last = run(questions)
    assert first == last
    wait_for(lambda: not psutil.pid_exists(first))


@pytest.mark.parametrize("what", ["sleep", "compute"])
def test_what_takes_too_long_ends_and_another_process_comes(what):
    async def questions(workers):
        first = await workers.apply(60, "number")
        with pytest.raises(TimeoutError):
            await workers.apply(0.3, what)
        return first, await workers.apply(60, "number")

    first, last = run(questions)
    assert first != last
    assert not psutil.pid_exists(first)


def test_others_are_answered_while_one_hangs():
    async def questions(workers):
        await asyncio.gather(*(workers.apply(60, "number") for _ in range(2)))
        hanging = asyncio.create_task(workers.apply(60, "sleep"))
        await asyncio.sleep(0.1)
        numbers = {await workers.apply(30, "number") for _ in range(5)}
        assert not hanging.done()
        hanging.cancel()
        return numbers

    assert len(run(questions, n=2)) == 1


def test_waiting_for_a_free_process_counts():
    async def questions(workers):
        await workers.apply(60, "number")
        hanging = asyncio.create_task(workers.apply(5, "sleep"))
        await asyncio.sleep(0.1)
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            await workers.apply(0.2, "number")
        assert time.monotonic() - started < 4
        hanging.cancel()

    run(questions)


def test_what_came_too_late_costs_no_process():
    async def questions(workers):
        number = await workers.apply(60, "number")
        for _ in range(3):
            with pytest.raises(TimeoutError):
                workers._ask(time.monotonic(), ("number",))
        return number, await workers.apply(60, "number")

    first, last = run(questions)
    assert first == last


def test_a_crash_is_the_pictures_own():
    async def questions(workers):
        with pytest.raises(PhotoError, match=r"ended its reader \(exit code -11\)"):
            await workers.apply(60, "crash")
        return await workers.apply(60, "number")

    assert run(questions)


def test_a_process_that_cannot_start_is_no_pictures_fault():
    async def questions(workers):
        for _ in range(2):
            with pytest.raises(RuntimeError, match=r"could not start \(exit code 3\)"):
                await workers.apply(60, "number")

    run(questions, prepare=never_ready)
