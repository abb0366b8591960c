"""Runs on a Dask cluster: the same runs on more machines; their records come back here.

joblib's own Dask backend is not used: its parallel call ends at the first run whose worker
was killed and drops the others, it gives a cancelled run's exception out as its result when
the scheduler is gone, and after Ctrl-C its queue goes on. Dask's own client has none of
this, and one task a run is all that is needed.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mnistlib import __version__
from mnistlib.ground.errors import RunError
from mnistlib.ground.machine import installed
from mnistlib.ground.patience import in_thread
from mnistlib.runs.job import Ended, Job, one_line, run_job
from mnistlib.runs.progress import Progress
from mnistlib.training.identity import TRAINING_VERSION

CONNECT_SECONDS = 10
WORKER_SECONDS = 60
_FIT = "a worker must be fit for runs"
_PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn")
_VARIABLES = {
    "KERAS_BACKEND": "tensorflow",
    "MNISTLIB_PORTABLE": "0",
    "ONEDNN_MAX_CPU_ISA": "unset",
}


def run_on_cluster(jobs: list[Job], scheduler: str, progress: Progress) -> Iterator[Ended]:
    """Do all jobs on a cluster's workers; yield how each ended, with its record.

    Workers need not see the store. A run whose worker dies is done again by another one,
    as often as the scheduler allows (``distributed.scheduler.allowed-failures``).

    Raises:
        RunError: the scheduler cannot be used, or is lost meanwhile.
    """
    with connected(scheduler) as client:
        import distributed

        expected = facts()
        # A run has one name on the scheduler, so two studies that want it share it.
        pending = {
            client.submit(_run_there, job, expected, key=f"mnistlib-{job.key}"): job
            for job in jobs
        }
        try:
            while pending:
                progress.show(min(len(client.nthreads()), len(pending)))
                try:
                    with client.as_current():
                        done, _ = distributed.wait(list(pending), 1, "FIRST_COMPLETED")
                except TimeoutError:
                    continue
                for future in done:
                    yield _ended(future, pending.pop(future))
        except (OSError, distributed.client.CancelledError) as error:
            raise RunError(
                f"the Dask scheduler must stay until all runs are done. Received: "
                f"{scheduler} went away with {len(pending)} of {len(jobs)} runs to do "
                f"({type(error).__name__}); finished runs are stored: start it again and "
                "give the same command"
            ) from None


def check(scheduler: str) -> None:
    """Make sure that a cluster can do runs.

    Raises:
        RunError: it cannot; one line says why and what to do.
    """
    with connected(scheduler):
        pass


@contextmanager
def connected(scheduler: str):
    """Give a client of a cluster whose workers are fit to do runs.

    Raises:
        RunError: Dask is not installed here, the scheduler does not answer, it has no
            worker, or a worker has other versions or more than one thread.
    """
    try:
        import distributed
    except ModuleNotFoundError:
        raise RunError(
            "a scheduler needs the package distributed. Received: "
            f"scheduler={scheduler!r} and no such package; install the extra: "
            'pip install -e ".[cluster]"'
        ) from None
    with _quiet():
        _ask(scheduler)
        try:
            client = distributed.Client(
                scheduler, timeout=CONNECT_SECONDS, set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise _no_answer(scheduler, error) from None
        try:
            _check_workers(client, scheduler)
            yield client
        finally:
            with suppress(OSError, TimeoutError):
                client.close(timeout=2)


def _ask(scheduler: str) -> None:
    """Make sure that a scheduler is at an address, in ``CONNECT_SECONDS`` at most.

    Dask's client does not come back from something that accepts and is silent (the port
    of a dashboard, any web server), and then holds up Ctrl-C and the end of the process.
    """
    try:
        answer = in_thread(_identity, scheduler).result(CONNECT_SECONDS)
    except Exception as error:  # strange bytes raise strange errors in Dask
        raise _no_answer(scheduler, error) from None
    if "workers" not in answer:
        raise RunError(
            "a Dask scheduler must answer at the address given. Received: "
            f"scheduler={scheduler!r} (str), where a {answer.get('type')} answers; give "
            "the address that `dask scheduler` prints"
        )


def _identity(scheduler: str) -> dict:
    from distributed import Security, rpc
    from distributed.comm.addressing import get_address_host

    async def ask() -> dict:
        arguments = Security().get_connection_args("client")
        async with rpc(scheduler, connection_args=arguments) as there:
            return await asyncio.wait_for(there.identity(), CONNECT_SECONDS)

    # Here, in a thread that may be left behind; asyncio would wait for its own at exit.
    socket.getaddrinfo(get_address_host(scheduler), None)
    return asyncio.run(ask())


def _no_answer(scheduler: str, error: Exception) -> RunError:
    silent = isinstance(error, TimeoutError)
    reason = f"no answer in {CONNECT_SECONDS} s" if silent else one_line(error).rstrip(".")
    return RunError(
        "a Dask scheduler must answer at the address given. Received: "
        f"scheduler={scheduler!r} (str): {reason}; start one with `dask scheduler`"
    )


def _check_workers(client, scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKER_SECONDS)
    except TimeoutError:
        raise RunError(
            "a Dask scheduler must have workers. Received: "
            f"{scheduler}, none in {WORKER_SECONDS} s; start some with "
            f"`dask worker --nthreads 1 {scheduler}`"
        ) from None
    asked = in_thread(client.run, problem, facts(), on_error="return")
    try:
        answers = asked.result(WORKER_SECONDS)
    except TimeoutError:
        raise RunError(
            f"{_FIT}. Received: one of {scheduler} that does not answer in "
            f"{WORKER_SECONDS} s; start it again"
        ) from None
    unfit = []
    for address, answer in answers.items():
        if isinstance(answer, Exception):
            answer = f"{one_line(answer)} (is the same mnistlib installed there?)"
        if answer:
            unfit.append(f"{address} {answer}")
    if unfit:
        more = f"; and {len(unfit) - 3} more" if unfit[3:] else ""
        raise RunError(f"{_FIT}. Received: {'; '.join(unfit[:3])}{more}")


def facts() -> dict[str, str]:
    """Return what client and workers must have in common."""
    return (
        {"mnistlib": __version__, "training version": str(TRAINING_VERSION)}
        | {package: str(installed(package)) for package in _PACKAGES}
        | {name: os.environ.get(name) or default for name, default in _VARIABLES.items()}
    )


def problem(expected: dict[str, str], dask_worker=None) -> str:
    """Return, in a worker, what makes it unfit for runs; "" when nothing does.

    Args:
        expected: the client's `facts`.
        dask_worker: the worker, which Dask gives by this name outside of tasks.
    """
    from distributed import get_worker

    threads = (dask_worker or get_worker()).state.nthreads
    if threads != 1:
        return f"has {threads} threads; start it with --nthreads 1"
    own = facts()
    differing = [
        f"{name} {own[name]} (here: {expected[name]})"
        for name in expected
        if own[name] != expected[name]
    ]
    return f"has {', '.join(differing)}; give both the same" if differing else ""


def _run_there(job: Job, expected: dict[str, str]) -> Ended:
    # A worker that joined late was not asked at the start.
    if reason := problem(expected):
        return Ended(job, f"{_FIT}. Received: one that {reason}")
    return run_job(job)


def _ended(future, job: Job) -> Ended:
    import distributed

    error = future.exception()
    if isinstance(error, distributed.KilledWorker):
        attempts = error.allowed_failures + 1
        reason = f"{attempts} workers, one after the other, died while they ran it"
        return Ended(job, reason, attempts=attempts)
    return Ended(job, one_line(error)) if error else future.result()


@contextmanager
def _quiet():
    """Keep Dask's log of lost connections off the screen: our errors are one line."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
