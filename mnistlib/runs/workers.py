"""Runs in worker processes of this machine, one thread each; a killed one stops none."""

import os
import re
import signal
import threading
import time
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker

from mnistlib.ground import memory
from mnistlib.ground.errors import RunError, StoreError
from mnistlib.runs.job import Ended, Job, one_line, run_job
from mnistlib.runs.progress import Progress
from mnistlib.runs.store import Store

BYTES_A_WORKER = 1_200_000_000
ATTEMPTS = 2
_IDLE_SECONDS = 60
_TAKE_UP_SECONDS = 5
# Under scikit-learn and numpy: results must not depend on how many workers there are.
_ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ),
    "1",
)


def default_workers() -> int:
    """Return the number of worker processes.

    It is ``$MNISTLIB_WORKERS``, else one a core that this process may use, but no more
    than fit into the memory that is available, at 1.2 GB each. It decides how long a study
    takes, never what comes out.

    Raises:
        RunError: the variable is not a whole number above 0.
    """
    setting = os.environ.get("MNISTLIB_WORKERS", "")
    if not setting:
        from joblib import cpu_count

        return max(1, min(cpu_count(), memory.available_bytes() // BYTES_A_WORKER))
    if not setting.isdecimal() or int(setting) < 1:
        raise RunError(
            f"MNISTLIB_WORKERS must be a whole number above 0. Received: {setting!r} (str)"
        )
    return int(setting)


def run_in_workers(
    jobs: list[Job], store: Store, workers: int, progress: Progress
) -> Iterator[Ended]:
    """Do all jobs in worker processes, each of which stores its record; yield their ends.

    When the system kills a worker (out of memory, say), every run that was under way is
    done again, alone, after all others: only one that loses its worker alone too has
    failed. Whatever ends the iteration early kills the workers.

    Raises:
        StoreError: a record cannot be stored; what was under way is given up.
    """
    from joblib.externals.loky import get_reusable_executor

    # loky replaces a worker whose memory has grown; that loses no run. It warns from a
    # thread of its own, at any time: a filter that is set for a moment would miss it.
    warnings.filterwarnings("ignore", "A worker stopped while some jobs")
    waiting, suspects, running, pool = deque(jobs), deque(), {}, None
    killed = dict.fromkeys((job.key for job in jobs), 0)
    try:
        while waiting or suspects or running:
            queue, room = (waiting, workers) if waiting else (suspects, 1)
            # No more jobs are handed in than run at once, so those whose worker may have
            # been the killed one are known.
            while queue and len(running) < room and (queue is waiting or not running):
                job = queue.popleft()
                with _interrupts_held_back():
                    pool = get_reusable_executor(
                        workers,
                        timeout=_IDLE_SECONDS,
                        env=_ONE_THREAD,
                        initializer=_end_with_the_parent,
                        initargs=(os.getpid(),),
                    )
                    try:
                        running[pool.submit(run_job, job, store)] = job
                    except BrokenProcessPool:  # a moment ago, with others in it
                        queue.appendleft(job)
                        break
            progress.show(len(running))
            for future in wait(running, timeout=1, return_when=FIRST_COMPLETED).done:
                job = running.pop(future)
                error = future.exception()
                if not error:
                    yield future.result()
                elif isinstance(error, StoreError):
                    raise error
                elif not isinstance(error, BrokenProcessPool):
                    yield Ended(job, one_line(error))
                else:
                    killed[job.key] += 1
                    if killed[job.key] < ATTEMPTS:
                        suspects.append(job)
                    else:
                        yield Ended(job, _reason(error), attempts=killed[job.key])
    except BaseException:
        if pool is not None:
            with _interrupts_held_back():
                _let_it_take_up(running)
                pool.shutdown(wait=True, kill_workers=True)
        raise


def _let_it_take_up(futures: Iterable[Future]) -> None:
    """Wait until loky has taken up what was handed in: milliseconds.

    Told to kill its workers before that, its thread looks for runs that it has itself
    dropped, and prints a ``KeyError``.
    """
    limit = time.monotonic() + _TAKE_UP_SECONDS
    while time.monotonic() < limit:
        if all(future.running() or future.done() for future in futures):
            return
        time.sleep(0.001)


def _reason(error: BrokenProcessPool) -> str:
    codes = re.search(r"exit codes of the workers are \{([^}]*)\}", str(error))
    said = f" (exit code {codes[1]})" if codes else ""
    return f"its worker process was killed{said}, as the system does when memory is short"


@contextmanager
def _interrupts_held_back():
    """Keep Ctrl-C from processes that start meanwhile; here it arrives at the end.

    A terminal sends it to all processes, and every worker would print a traceback. The
    signal mask is inherited, also by workers that loky's thread starts later.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Were it started under the mask, it would undo that before the first worker starts.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_the_parent(parent: int) -> None:
    """In a worker: leave when the process that started it is gone, however it ended.

    That one also decides what Ctrl-C means; here it means nothing, even where a library has
    undone the mask that the worker was started with.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
