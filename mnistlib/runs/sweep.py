"""``collect(cases) -> Runs``: read the records there are, train those that are missing."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from mnistlib import data
from mnistlib.data.shared import share
from mnistlib.ground import paths
from mnistlib.ground.errors import DataError, RunError
from mnistlib.runs import cluster, failures
from mnistlib.runs.cases import Case
from mnistlib.runs.failures import Failure
from mnistlib.runs.job import Ended, Job, Spec, execute, run_job
from mnistlib.runs.progress import Progress
from mnistlib.runs.store import Store
from mnistlib.runs.workers import default_workers, run_in_workers
from mnistlib.training.images import check_images
from mnistlib.training.record import RunRecord

__all__ = ["Runs", "collect", "default_workers", "execute"]


def collect(
    wanted: Sequence[Case | Spec],
    *,
    store: Store | str | os.PathLike | None = None,
    workers: int | None = None,
    folder: str | os.PathLike | None = None,
    scheduler: str | None = None,
) -> "Runs":
    """Return the runs of all cases, training those that the store does not have.

    Each missing run is trained by one worker process with one thread and stored as soon as
    it ends, so a sweep that is stopped goes on from there. With a scheduler, the workers
    are those of a Dask cluster; the records, bit for bit, are the same.

    Args:
        wanted: what to run, as cases or, where no label is needed, as specs; a spec that
            comes twice is run once.
        store: a store or its folder; default ``paths.store_dir()``.
        workers: processes; default ``default_workers()``. 0 runs in this process.
        folder: where to look for the data first.
        scheduler: address of a Dask scheduler, such as ``"tcp://host:8786"``; default
            ``$MNISTLIB_SCHEDULER``, and without it this machine alone.

    Raises:
        RunError: runs failed, the others were stored; or the scheduler cannot be used.
        DataError: the data cannot be had, or are fewer than a spec asks for.
        SpecError: a run that is not tested would have no image to be evaluated on.
        StoreError: the store cannot be read or written.
    """
    if not wanted:
        raise RunError("collect needs at least one case. Received: wanted=[] (list)")
    wanted = [one if isinstance(one, Case) else Case(one) for one in wanted]
    specs = [one.spec for one in wanted]
    store = store if isinstance(store, Store) else Store(store or paths.store_dir())
    datasets = {name: data.load(name, folder) for name in {spec.dataset for spec in specs}}
    for spec in specs:
        _check_sizes(spec, datasets[spec.dataset])
    keys = [spec.key(datasets[spec.dataset].sha256) for spec in specs]
    missing = {k: s for k, s in zip(keys, specs, strict=True) if k not in store}
    if missing:
        with store.lock("writable"):
            pass  # an unwritable store is told before any training, not after
        places = {name: None for name in datasets}
        if workers != 0:  # these were asked for in this process
            scheduler = scheduler or os.environ.get("MNISTLIB_SCHEDULER")
        if not scheduler and workers != 0:
            places = {name: share(dataset) for name, dataset in datasets.items()}
        folder = os.path.abspath(folder) if folder else None
        jobs = [
            Job(key, spec, datasets[spec.dataset].sha256, folder, places[spec.dataset])
            for key, spec in missing.items()
        ]
        _run_missing(jobs, store, workers, scheduler)
    return Runs(specs, keys, store, datasets, [one.labels for one in wanted])


def _check_sizes(spec: Spec, dataset: data.Dataset) -> None:
    """Refuse what the data do not have before anything is trained."""
    for name, available in (
        ("n_train", len(dataset.y_train)),
        ("n_test", len(dataset.y_test)),
    ):
        wanted = getattr(spec, name)
        if wanted is not None and wanted > available:
            raise DataError(
                f"{name} must be at most {available}, all that {dataset.name} has. "
                f"Received: {name}={wanted!r}. Ask for fewer, or None for all"
            )
    check_images(spec, dataset)


def _run_missing(
    jobs: list[Job], store: Store, workers: int | None, scheduler: str | None
) -> None:
    failed = []
    # Closed at once, whatever goes wrong: a notebook keeps tracebacks, and with one of them
    # a suspended generator and its workers would live on.
    with (
        Progress(len(jobs), "runs") as progress,
        closing(_ends(jobs, store, workers, scheduler, progress)) as ends,
    ):
        for ended in ends:
            if ended.record:
                store.put(ended.record)
            label, key = ended.job.spec.label, ended.job.key
            if ended.error:
                failed.append(ended)
                reason = Failure(key, label, ended.error, ended.attempts, ended.detail)
                failures.note(store, reason)
            else:
                failures.forget(store, key)
            progress.advance(label, bool(ended.error), ended.peak_memory_mb)
    if failed:
        first = failed[0]
        raise RunError(
            f"{len(failed)} of {len(jobs)} runs failed (the others are stored); the first, "
            f"{first.job.spec.label}: {first.error}; `mnistlib runs list` shows all"
        )


def _ends(
    jobs: list[Job],
    store: Store,
    workers: int | None,
    scheduler: str | None,
    progress: Progress,
) -> Iterator[Ended]:
    """Do the jobs where they are to be done; yield how each ended."""
    if scheduler:
        yield from cluster.run_on_cluster(jobs, scheduler, progress)
    elif workers == 0:
        yield from (run_job(job, store) for job in jobs)
    else:
        workers = workers or default_workers()
        yield from run_in_workers(jobs, store, min(workers, len(jobs)), progress)


@dataclass(frozen=True)
class Runs:
    """The records of a list of cases, as tables and arrays.

    Attributes:
        specs: of the cases, in their order.
        keys: the record of each.
        store: where they lie.
        datasets: the data by name.
        labels: of the cases; the first columns of `frame` and `history`.
    """

    specs: list[Spec]
    keys: list[str]
    store: Store
    datasets: dict[str, data.Dataset]
    labels: list[dict]

    def _rows(self) -> Iterator[tuple[dict, RunRecord]]:
        """Yield each case's labels, key and fields, and its record."""
        for key, spec, labels in zip(self.keys, self.specs, self.labels, strict=True):
            yield labels | {"key": key} | spec.columns(), self._records[key]

    @cached_property
    def _records(self) -> dict[str, RunRecord]:
        return {key: self.store.get(key) for key in dict.fromkeys(self.keys)}

    def record(self, key: str) -> RunRecord:
        """Return the record of a key, without its arrays."""
        return self._records[key]

    @property
    def frame(self) -> pd.DataFrame:
        """One row a case, in their order; a new table each time, the caller's own.

        Columns: the labels, ``key``, the spec's fields (``arg_<name>`` for model
        arguments), ``status``, ``parameters``, ``size_bytes``, ``train_accuracy`` (of the
        last epoch, while the weights moved), ``val_accuracy``, ``val_loss``, ``n_val``
        (images), ``test_accuracy``, ``test_loss``, ``n_correct``, ``n_examples`` (of the
        test), ``versions_accuracy`` (of the mean over each image and moved versions of it),
        ``fit_seconds``, ``quickest_seconds`` (as if all epochs had been as quick as the
        quickest: what else a machine does can only lengthen one; of a model without epochs
        those of the fit), ``predict_seconds``. Accuracies are fractions; losses in nats.
        What a run was not evaluated on is NaN, and its ``n_val`` 0.
        """
        return pd.DataFrame([row | _results_row(record) for row, record in self._rows()])

    @property
    def history(self) -> pd.DataFrame:
        """One row a case and epoch: labels, ``key``, the spec's fields, its values."""
        return pd.DataFrame(
            [row | epoch for row, record in self._rows() for epoch in record.history]
        )

    def _tested(self, key: str) -> RunRecord:
        record = self.store.with_arrays(key)
        if record.test is None:
            raise RunError(
                "a run must be tested to have predictions. Received: "
                f"{record.spec.label}, evaluate_on='validation'; ask for it with "
                "evaluate_on='test'"
            )
        return record

    def predictions(self, key: str) -> np.ndarray:
        """Return the predicted digit of each test image, uint8 (n_test,).

        Raises:
            RunError: the run was not tested.
        """
        return self._tested(key).predictions

    def versions_probabilities(self, key: str) -> np.ndarray:
        """Return the mean probabilities over images and moved versions of them.

        float16 (n_test, 10), in the precision of `probabilities`.

        Raises:
            RunError: the run read no versions of its test images.
        """
        found = self._tested(key).versions_probabilities
        if found is None:
            raise RunError(
                "a run must have read versions of its test images. Received: "
                f"{self.record(key).spec.label}, which has none; ask for it with "
                "test_versions above 0"
            )
        return found

    def probabilities(self, key: str) -> np.ndarray:
        """Return each test image's class probabilities, float16 (n_test, 10).

        ``training.probabilities`` states their precision. NaN where the model gives none.

        Raises:
            RunError: the run was not tested.
        """
        record = self._tested(key)
        if record.probabilities is None:
            return np.full((len(record.predictions), 10), np.nan, np.float16)
        return record.probabilities

    def confidence(self, key: str) -> np.ndarray:
        """Return each prediction's probability, float16 (n_test,); NaN if not given.

        Raises:
            RunError: the run was not tested.
        """
        return self.probabilities(key).max(axis=1)

    @cached_property
    def test_index(self) -> np.ndarray:
        """The rows of the data set's test part that the runs were tested on, int32.

        Raises:
            RunError: the runs were not tested, or not on the same images.
        """
        first, *others = (self._tested(key) for key in dict.fromkeys(self.keys))
        if any(not np.array_equal(first.test_index, other.test_index) for other in others):
            raise RunError("the runs were tested on different images: compare them apart")
        return first.test_index

    @cached_property
    def test_labels(self) -> np.ndarray:
        """The true digit of each test image, uint8 (n_test,)."""
        return self.datasets[self.specs[0].dataset].y_test[self.test_index]


def _results_row(record: RunRecord) -> dict:
    nothing = dict.fromkeys(("n_correct", "n_examples", "loss"), float("nan"))
    test, predict_seconds = record.test or nothing, record.seconds["predict_test"]
    return {
        "status": record.status,
        "parameters": record.parameters,
        "size_bytes": record.size_bytes,
        "train_accuracy": _share(record.train),
        "val_accuracy": _share(record.val),
        "val_loss": _number(record.val["loss"]),
        "n_val": record.val["n_examples"],
        "test_accuracy": _share(test),
        "test_loss": _number(test["loss"]),
        "n_correct": test["n_correct"],
        "n_examples": test["n_examples"],
        "versions_accuracy": _share(record.versions or nothing),
        "fit_seconds": record.seconds["fit"],
        "quickest_seconds": _quickest(record),
        "predict_seconds": _number(predict_seconds),
    }


def _number(x: float | None) -> float:
    return float("nan") if x is None else x


def _quickest(record: RunRecord) -> float:
    if not record.history:
        return record.seconds["fit"]
    return record.spec.epochs * min(epoch["seconds"] for epoch in record.history)


def _share(counted: dict) -> float:
    if not counted["n_examples"]:
        return float("nan")
    return counted["n_correct"] / counted["n_examples"]
