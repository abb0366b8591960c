"""Processes for pictures: what hangs or crashes in one ends with it, and others go on."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from mnistlib.deploy import serve_workers
from mnistlib.deploy.serve_workers import Workers, _Worker
from mnistlib.ground.errors import PhotoError
from tests.deploy.hard_work import never_ready, ready, stuck, work
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
        hanging = asyncio.create_task(workers.apply(60, "sleep"))
        await asyncio.sleep(0.1)
        with pytest.raises(TimeoutError):
            await workers.apply(0.2, "number")
        assert not hanging.done()
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


def test_a_process_that_does_not_begin_is_replaced(monkeypatch):
    async def questions(workers):
        (worker,) = workers._workers
        first = worker._process
        with pytest.raises(TimeoutError):
            await workers.apply(0.2, "number")
        wait_for(workers._idle.qsize)
        assert worker._process is first  # it may only be slow
        worker._start_until = 0
        with pytest.raises(TimeoutError):
            await workers.apply(0.2, "number")
        wait_for(workers._idle.qsize)
        assert worker._process is not first
        assert not first.is_alive()

    run(questions, prepare=stuck)


@pytest.fixture
def worker():
    one = _Worker(work, ready)
    yield one
    one.end()


def asked(worker, what: str, seconds: float = 60):
    return worker.ask(time.monotonic() + seconds, (what,))


def test_a_process_that_starts_while_all_end_ends(worker, monkeypatch):
    """The end comes between the making of a process and its start."""
    start = serve_workers._NEW.Process.start

    def late(process):
        worker.end()
        start(process)

    monkeypatch.setattr(serve_workers._NEW.Process, "start", late)
    with pytest.raises(PhotoError):
        asked(worker, "crash")
    worker._process.join(30)
    assert not worker._process.is_alive()


def test_where_no_process_can_start_the_next_picture_tries_again(worker, monkeypatch):
    def none(_process):
        raise OSError("no more processes")

    with monkeypatch.context() as patch:
        patch.setattr(serve_workers._NEW.Process, "start", none)
        with pytest.raises(OSError, match="no more"):
            asked(worker, "crash")
        with pytest.raises(OSError, match="no more"):
            asked(worker, "number")
    assert asked(worker, "number") == worker._process.pid


def test_what_is_late_is_no_bad_picture_where_another_thread_knows_the_end(worker):
    """Then nobody can say how the process ended."""
    asked(worker, "number")
    worker._process.kill()
    worker._process.join()
    worker._process._popen.returncode = None
    assert worker._process.exitcode is None
    assert isinstance(worker._replaced(time.monotonic()), TimeoutError)


def test_an_error_of_one_keeps_no_other_from_ending(monkeypatch):
    async def questions(workers):
        processes = [one._process for one in workers._workers]
        for one in (0, -1):
            monkeypatch.setattr(workers._workers[one], "end", None)
        with pytest.raises(TypeError):
            workers.close()
        monkeypatch.undo()
        assert not processes[1].is_alive()

    run(questions, n=3)


def test_those_that_started_end_where_one_cannot(monkeypatch):
    started, start = [], serve_workers._NEW.Process.start

    def one_alone(process):
        if started:
            raise OSError("no more processes")
        start(process)
        started.append(process)

    monkeypatch.setattr(serve_workers._NEW.Process, "start", one_alone)
    with pytest.raises(OSError, match="no more"):
        Workers(work, ready, 2)
    assert not started[0].is_alive()
