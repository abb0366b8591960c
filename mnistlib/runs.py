"""``collect(specs) -> Runs``: read the records there are, train those that are missing."""

import os
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from mnistlib import data, paths
from mnistlib.errors import DataError, MnistlibError, RunError
from mnistlib.progress import Progress
from mnistlib.records import RunRecord
from mnistlib.spec import ClassicalSpec, NetworkSpec, spec_from_dict
from mnistlib.store import Store

Spec = NetworkSpec | ClassicalSpec


def default_workers() -> int:
    """Return the number of worker processes: ``$MNISTLIB_WORKERS``, else one a core.

    It decides how long a study takes, never what comes out.

    Raises:
        RunError: the variable is not a whole number above 0.
    """
    setting = os.environ.get("MNISTLIB_WORKERS")
    if setting is None:
        return (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count()
        )
    if not setting.isdigit() or int(setting) < 1:
        raise RunError(
            f"MNISTLIB_WORKERS must be a whole number above 0. Received: {setting!r} (str)"
        )
    return int(setting)


def execute(spec: Spec, dataset: data.Dataset) -> RunRecord:
    """Run one spec in this process and return its record, not yet stored."""
    if isinstance(spec, ClassicalSpec):
        from mnistlib.classical import fit

        return fit(spec, dataset)
    from mnistlib.train import train

    return train(spec, dataset)


def _execute_into(
    spec_dict: dict, key: str, store: Store, folder
) -> tuple[str, str | None]:
    """Run one spec into the store, in a worker; return its label and its error, if any.

    Whoever holds the key's lock trains; another study that waits for it finds the record.
    """
    spec = spec_from_dict(spec_dict)
    try:
        with store.lock(key):
            if key not in store:
                store.put(execute(spec, data.load(spec.dataset, folder)))
    except MnistlibError as error:
        return spec.label, str(error)
    except Exception:  # a run that raises must not stop the others
        return spec.label, traceback.format_exc()
    return spec.label, None


def collect(
    specs: Sequence[Spec],
    *,
    store: Store | str | os.PathLike | None = None,
    workers: int | None = None,
    folder: str | os.PathLike | None = None,
) -> "Runs":
    """Return the runs of all specs, training those that the store does not have.

    Each missing run is trained by one worker process with one thread and stored as soon as
    it ends, so a sweep that is stopped goes on from there.

    Args:
        specs: what to run; a spec that comes twice is run once.
        store: a store or its folder; default ``paths.store_dir()``.
        workers: processes; default ``default_workers()``. 0 runs in this process.
        folder: where to look for the data first.

    Raises:
        RunError: runs raised an exception; the others were stored.
        DataError: the data cannot be had.
        StoreError: the store cannot be read or written.
    """
    if not specs:
        raise RunError("collect needs at least one spec. Received: specs=[] (list)")
    store = store if isinstance(store, Store) else Store(store or paths.store_dir())
    datasets = {name: data.load(name, folder) for name in {spec.dataset for spec in specs}}
    for spec in specs:
        _check_sizes(spec, datasets[spec.dataset])
    keys = [spec.key(datasets[spec.dataset].sha256) for spec in specs]
    wanted = dict(zip(keys, specs, strict=True))
    missing = {key: spec for key, spec in wanted.items() if key not in store}
    if missing:
        workers = default_workers() if workers is None else workers
        _run_missing(missing, store, min(workers, len(missing)), folder)
    return Runs(list(specs), keys, store, datasets)


def _check_sizes(spec: Spec, dataset: data.Dataset) -> None:
    """Refuse a subset larger than the data before anything is trained."""
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


def _run_missing(missing: dict[str, Spec], store: Store, workers: int, folder) -> None:
    with store.lock("writable"):
        pass  # an unwritable store is told before any training, not after
    jobs = [(spec.to_dict(), key, store, folder) for key, spec in missing.items()]
    failures = []
    with Progress(len(jobs), "runs") as progress:
        for label, error in _results(jobs, workers):
            progress.advance(label)
            if error:
                failures.append((label, error))
    if failures:
        label, error = failures[0]
        detail = error.strip()
        raise RunError(
            f"{len(failures)} of {len(jobs)} runs failed (the others are stored); "
            f"the first, {label}: {detail}"
        )


def _results(jobs: list, workers: int):
    if workers == 0:
        yield from (_execute_into(*job) for job in jobs)
        return
    from joblib import Parallel, delayed, parallel_config

    # One thread each, also for the linear algebra under scikit-learn: results must not
    # depend on how many workers there are.
    with (
        warnings.catch_warnings(),
        parallel_config(backend="loky", n_jobs=workers, inner_max_num_threads=1),
    ):
        # loky replaces a worker whose memory has grown; that loses no run.
        warnings.filterwarnings("ignore", "A worker stopped while some jobs")
        parallel = Parallel(return_as="generator_unordered", batch_size=1)
        yield from parallel(delayed(_execute_into)(*job) for job in jobs)


@dataclass(frozen=True)
class Runs:
    """The records of a list of specs, as tables and arrays.

    Attributes:
        specs: as they were given.
        keys: the record of each.
        store: where they lie.
        datasets: the data by name.
    """

    specs: list[Spec]
    keys: list[str]
    store: Store
    datasets: dict[str, data.Dataset]

    @cached_property
    def _records(self) -> dict[str, RunRecord]:
        return {key: self.store.get(key) for key in dict.fromkeys(self.keys)}

    def record(self, key: str) -> RunRecord:
        """Return the record of a key, without its arrays."""
        return self._records[key]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row a spec, in their order.

        Columns: ``key``, the spec's fields (``arg_<name>`` for model arguments),
        ``status``, ``parameters``, ``size_bytes``, ``train_accuracy`` (of the last epoch,
        while the weights moved), ``val_accuracy``, ``val_loss``, ``test_accuracy``,
        ``test_loss``, ``n_correct``, ``n_examples`` (of the test), ``fit_seconds``,
        ``predict_seconds``. Accuracies are fractions; losses in nats.
        """
        return pd.DataFrame(
            [
                {"key": key} | spec.columns() | _results_row(self._records[key])
                for key, spec in zip(self.keys, self.specs, strict=True)
            ]
        )

    @cached_property
    def history(self) -> pd.DataFrame:
        """One row a spec and epoch: ``key``, the spec's fields, and the epoch's values."""
        rows = [
            {"key": key} | spec.columns() | epoch
            for key, spec in zip(self.keys, self.specs, strict=True)
            for epoch in self._records[key].history
        ]
        return pd.DataFrame(rows)

    def predictions(self, key: str) -> np.ndarray:
        """Return the predicted digit of each test image, uint8 (n_test,)."""
        return self.store.with_arrays(key).predictions

    def confidence(self, key: str) -> np.ndarray:
        """Return each prediction's probability, float16 (n_test,); NaN if not given."""
        return self.store.with_arrays(key).confidence

    @cached_property
    def test_index(self) -> np.ndarray:
        """The rows of the data set's test part that the runs were tested on, int32.

        Raises:
            RunError: the runs were not tested on the same images.
        """
        first, *others = (self.store.with_arrays(key) for key in dict.fromkeys(self.keys))
        if any(not np.array_equal(first.test_index, other.test_index) for other in others):
            raise RunError("the runs were tested on different images: compare them apart")
        return first.test_index

    @cached_property
    def test_labels(self) -> np.ndarray:
        """The true digit of each test image, uint8 (n_test,)."""
        return self.datasets[self.specs[0].dataset].y_test[self.test_index]


def _results_row(record: RunRecord) -> dict:
    test = record.test
    return {
        "status": record.status,
        "parameters": record.parameters,
        "size_bytes": record.size_bytes,
        "train_accuracy": _share(record.train),
        "val_accuracy": _share(record.val),
        "val_loss": record.val["loss"],
        "test_accuracy": _share(test),
        "test_loss": test["loss"],
        "n_correct": test["n_correct"],
        "n_examples": test["n_examples"],
        "fit_seconds": record.seconds["fit"],
        "predict_seconds": record.seconds["predict_test"],
    }


def _share(counted: dict) -> float:
    if not counted["n_examples"]:
        return float("nan")
    return counted["n_correct"] / counted["n_examples"]
