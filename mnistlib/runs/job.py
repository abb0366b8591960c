"""One run in whatever process: what it is told and what it answers."""

import traceback
from contextlib import nullcontext
from dataclasses import dataclass, replace

from mnistlib import data
from mnistlib.data import shared
from mnistlib.data.shared import Shared
from mnistlib.ground import memory
from mnistlib.ground.errors import DataError, MnistlibError, StoreError
from mnistlib.runs.store import Store
from mnistlib.training.record import RunRecord
from mnistlib.training.spec import ClassicalSpec, NetworkSpec

Spec = NetworkSpec | ClassicalSpec


@dataclass(frozen=True)
class Job:
    """A run to be done.

    Attributes:
        key: of its record.
        spec: what to run.
        data_sha256: of the data that the key was made with.
        folder: of MNIST's files, as the caller named it.
        shared: where this machine's workers find the arrays; None to load them.
    """

    key: str
    spec: Spec
    data_sha256: str
    folder: str | None = None
    shared: Shared | None = None

    def dataset(self) -> data.Dataset:
        """Return the data of this run.

        Raises:
            DataError: they cannot be had, or are not those that the key was made with.
        """
        dataset = shared.attach(self.shared) if self.shared else None
        dataset = dataset or data.load(self.spec.dataset, self.folder)
        if dataset.sha256 != self.data_sha256:
            raise DataError(
                f"a worker's data must be the caller's, {self.data_sha256[:12]}. "
                f"Received: {dataset.name} with {dataset.sha256[:12]}; give all machines "
                "the same files and the same version of mnistlib"
            )
        return dataset


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        job: the run.
        error: one line, None when it succeeded.
        detail: the traceback, where an exception was not expected.
        attempts: how often it was tried.
        record: what is still to be stored; None when it is in the store.
        peak_memory_mb: most memory that its process had for itself meanwhile.
    """

    job: Job
    error: str | None = None
    detail: str | None = None
    attempts: int = 1
    record: RunRecord | None = None
    peak_memory_mb: int | None = None


def execute(spec: Spec, dataset: data.Dataset) -> RunRecord:
    """Run one spec in this process and return its record, not yet stored."""
    if isinstance(spec, ClassicalSpec):
        from mnistlib.training.classical import fit

        return fit(spec, dataset)
    from mnistlib.training.train import train

    return train(spec, dataset)


def run_job(job: Job, store: Store | None = None) -> Ended:
    """Do one run; with a store, put its record there, else hand it back.

    Whoever holds the key's lock trains; another study that waits for it finds the record.

    Raises:
        StoreError: the record cannot be stored, as on a full disk. All else is answered.
    """
    memory.forget_peak()
    if job.spec.key(job.data_sha256) != job.key:
        return Ended(
            job,
            "a worker's code must be the caller's. Received: other code or settings for "
            f"{job.spec.model}, as after an edit while runs were under way; start again",
        )
    try:
        with store.lock(job.key) if store else nullcontext():
            if store and job.key in store:
                return Ended(job)
            record = execute(job.spec, job.dataset())
            peak = memory.peak_mb()
            environment = record.environment | {"peak_memory_mb": peak}
            record = replace(record, environment=environment)
            if store:
                store.put(record)
    except StoreError:  # the next run's would be lost as well: no more should be trained
        raise
    except MnistlibError as error:
        return Ended(job, str(error))
    except Exception as error:  # a run that raises must not stop the others
        return Ended(job, one_line(error), traceback.format_exc())
    return Ended(job, record=None if store else record, peak_memory_mb=peak)


def one_line(error: BaseException) -> str:
    """Return an unexpected exception as one line: its type and its message's first line."""
    lines = str(error).strip().splitlines() or ["no message"]
    return f"{type(error).__name__}: {lines[0]}"
