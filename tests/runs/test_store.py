"""The run store: atomic, append-only, safe for kills and for many writers."""

import multiprocessing
import os
import random
import time
from dataclasses import replace

import numpy as np
import pytest

from mnistlib import data
from mnistlib.ground.errors import StoreError
from mnistlib.runs.store import Store
from mnistlib.training.probabilities import rounded
from mnistlib.training.record import RunRecord, counts, new_record
from mnistlib.training.spec import ClassicalSpec, make


def make_record(digits, seed: int = 0, shift: int = 0) -> RunRecord:
    """Return a record with made-up predictions; `shift` changes them, not the key."""
    spec = make(ClassicalSpec, dataset="digits", model="knn", evaluate_on="test", seed=seed)
    cut = data.split(
        digits, method="stratified", val_fraction=0.2, n_train=100, n_test=50, seed=seed
    )
    predictions = ((cut.y_test + shift) % 10).astype(np.uint8)
    return new_record(
        spec,
        digits,
        cut,
        status="ok",
        history=[],
        train=counts(0, 0, None),
        val=counts(15, 20, 3.0),
        test=counts(40, 50, float("nan")),
        predictions=predictions,
        probabilities=rounded(0.05 + 0.5 * np.eye(10)[predictions], predictions),
        parameters=None,
        seconds={"fit": 1 / 3, "evaluate": 0.0, "predict_test": 0.0},
        environment={},
    )


@pytest.fixture
def record(digits):
    return make_record(digits)


def files_of(store: Store) -> list[str]:
    return sorted(p.name for p in store.folder.glob("??/*"))


def test_a_record_comes_back_as_it_was_put(tmp_path, record):
    store = Store(tmp_path)
    assert store.put(record)
    back = store.with_arrays(record.key)
    assert back.spec == record.spec
    assert back.test == {"n_correct": 40, "n_examples": 50, "loss": None}
    assert back.seconds["fit"] == pytest.approx(1 / 3, abs=1e-9)
    np.testing.assert_array_equal(back.predictions, record.predictions)
    np.testing.assert_array_equal(back.probabilities, record.probabilities)
    np.testing.assert_array_equal(back.test_index, record.test_index)
    assert [r.key for r in store.records()] == store.keys() == [record.key]
    assert store.verify() == {}


def test_a_record_is_never_overwritten(tmp_path, digits, record):
    store = Store(tmp_path)
    assert store.put(record)
    before = files_of(store)
    assert not store.put(make_record(digits, shift=1))
    assert files_of(store) == before
    np.testing.assert_array_equal(
        store.with_arrays(record.key).predictions, record.predictions
    )


def test_the_second_of_two_racing_writers_leaves_the_first_whole(tmp_path, digits, record):
    """Both found no record; one finished first. The other's arrays must not replace its."""
    store = Store(tmp_path)
    other = make_record(digits, shift=1)
    assert store.put(record)

    class Late(Store):
        def __contains__(self, key):
            return False

    assert not Late(tmp_path).put(other)
    assert store.verify() == {}
    np.testing.assert_array_equal(
        store.with_arrays(record.key).predictions, record.predictions
    )


def test_copies_that_a_file_manager_leaves_are_no_records(tmp_path, record):
    store = Store(tmp_path)
    store.put(record)
    folder = tmp_path / record.key[:2]
    for name in (f"._{record.key}.json", f"{record.key} (copy).json"):
        (folder / name).write_bytes(b"x")
    assert store.keys() == [record.key]
    assert store.verify() == {}


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path, record):
    (tmp_path / record.key[:2]).write_bytes(b"")
    with pytest.raises(StoreError, match=f"record {record.key} cannot be written to"):
        Store(tmp_path).put(record)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[: len(text) // 2], "truncated or not a record"),
        (lambda text: b"", "truncated or not a record"),
        (lambda text: b"[1]", "truncated or not a record"),
        (lambda text: text.replace(b'"n_correct": 40', b'"n_correct": 49'), "was changed"),
    ],
)
def test_a_damaged_record_is_told_in_one_line(tmp_path, record, damage, message):
    store = Store(tmp_path)
    store.put(record)
    (path,) = tmp_path.glob("??/*.json")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StoreError, match=message) as caught:
        store.get(record.key)
    assert f"mnistlib runs prune {record.key}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(store.verify()) == [record.key]


def test_a_record_under_a_wrong_name_is_told(tmp_path, record):
    store = Store(tmp_path)
    store.put(record)
    (path,) = tmp_path.glob("??/*.json")
    other = "ab" + "0" * 14
    (tmp_path / "ab").mkdir(exist_ok=True)
    path.rename(tmp_path / "ab" / f"{other}.json")
    with pytest.raises(StoreError, match="was changed after it was written"):
        store.get(other)


def test_damaged_arrays_are_told_and_pruned_and_put_again(tmp_path, record):
    store = Store(tmp_path)
    store.put(record)
    (path,) = tmp_path.glob("??/*.npz")
    path.write_bytes(path.read_bytes()[:-1])
    assert store.get(record.key).test["n_correct"] == 40
    with pytest.raises(StoreError, match=r"arrays of record .* truncated or changed"):
        store.with_arrays(record.key)
    assert store.prune([record.key]) == 1
    assert files_of(store) == []
    assert store.put(record)
    assert store.verify() == {}


def test_missing_arrays_are_told(tmp_path, record):
    store = Store(tmp_path)
    store.put(record)
    next(tmp_path.glob("??/*.npz")).unlink()
    assert "are gone" in store.verify()[record.key]


def test_verify_counts_the_predictions(tmp_path, record):
    store = Store(tmp_path)
    store.put(replace(record, test=counts(40, 51, None)))
    assert "number of predictions" in store.verify()[record.key]


@pytest.mark.parametrize("key", ["", "xyz", "../../../etc/passwd", "A" * 16])
def test_a_key_cannot_lead_out_of_the_store(tmp_path, key):
    with pytest.raises(StoreError, match="16 hexadecimal digits"):
        Store(tmp_path).get(key)


def test_an_absent_record_is_told(tmp_path):
    with pytest.raises(StoreError, match="there is no record 00000000000000aa"):
        Store(tmp_path).get("00000000000000aa")


def test_a_folder_that_cannot_be_one_is_told(tmp_path, record):
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file")
    assert record.key not in store
    with pytest.raises(StoreError, match=r"be read. Received: .*file \(Not a directory\)"):
        store.keys()
    with pytest.raises(
        StoreError, match=r"must be a folder that can be written.*MNISTLIB_RUNS"
    ):
        store.put(record)


def test_a_number_edited_into_no_number_is_told(tmp_path, record):
    """JSON readers take NaN for a number; it is in no record."""
    store = Store(tmp_path)
    store.put(record)
    (path,) = tmp_path.glob("??/*.json")
    path.write_bytes(path.read_bytes().replace(b'"n_correct": 40', b'"n_correct": NaN'))
    with pytest.raises(StoreError, match="not a record"):
        store.get(record.key)


def test_damaged_arrays_of_a_stopped_writer_are_not_adopted(tmp_path, record):
    """A writer stopped before its JSON; a bad disk then cut its arrays."""
    store = Store(tmp_path)
    store.put(record)
    (json_path,) = tmp_path.glob("??/*.json")
    json_path.unlink()
    (arrays_path,) = tmp_path.glob("??/*.npz")
    arrays_path.write_bytes(arrays_path.read_bytes()[:-1])
    assert store.put(record)
    assert store.verify() == {}


def test_prune_clears_what_stopped_writers_left_whatever_the_time(tmp_path, digits, record):
    """A lock says who is alive; times of files may be in the past or in the future."""
    store = Store(tmp_path)
    store.put(record)
    folder = next(tmp_path.glob("??"))
    stopped, living = "00" * 8, "11" * 8
    left = [
        folder / f".{stopped}.json.1.tmp",
        folder / f"{stopped}-abc.npz",
        folder / f".{record.key}.json.2.tmp",
        folder / f"{record.key}-abc.npz",
    ]
    kept = [folder / f".{living}.json.3.tmp", folder / f"{living}-abc.npz"]
    days = iter([-1000, 0, 1000, -1, 0, -1000])
    for path in left + kept:
        path.write_bytes(b"half")
        os.utime(path, (time.time() + next(days) * 86400,) * 2)
    ready = FORK.Event()
    writer = FORK.Process(target=hold, args=(tmp_path, living, ready))
    writer.start()
    assert ready.wait(30)
    try:
        assert store.prune([]) == 0
    finally:
        writer.kill()
        writer.join()
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in kept)
    assert store.verify() == {}
    assert store.prune([]) == 0  # now its writer is gone too
    assert not any(path.exists() for path in kept)


def hold(folder, key, ready) -> None:
    """Hold a key's lock until killed."""
    with Store(folder).lock(key):
        ready.set()
        time.sleep(600)


def test_a_lock_may_be_taken_twice_by_its_holder(tmp_path, record):
    store = Store(tmp_path)
    with store.lock(record.key):
        assert store.put(record)


def write_without_end(folder, records, ready) -> None:
    """Put and remove records for ever, as a worker and a person would."""
    store = Store(folder)
    ready.set()
    while True:
        for record in records:
            with store.lock(record.key):
                store.put(record)
            if record.spec.seed % 2:
                store.prune([record.key])


# Forked, not spawned: a start takes milliseconds, so that many kills fit in a test.
FORK = multiprocessing.get_context("fork")


def start_writer(folder, records) -> multiprocessing.Process:
    ready = FORK.Event()
    writer = FORK.Process(target=write_without_end, args=(folder, records, ready))
    writer.start()
    assert ready.wait(30)
    return writer


@pytest.fixture(scope="module")
def many(digits) -> list[RunRecord]:
    return [make_record(digits, seed) for seed in range(30)]


def test_kill_9_at_any_moment_leaves_only_whole_records(tmp_path, many):
    """Writers that put and remove without end are killed 20 times."""
    moments = random.Random(0)
    for _ in range(20):
        writer = start_writer(tmp_path, many)
        time.sleep(moments.uniform(0, 0.1))
        writer.kill()
        writer.join()
        assert Store(tmp_path).verify() == {}
    assert len(Store(tmp_path).keys()) > 0


def test_two_writers_at_once_do_not_harm_each_other(tmp_path, many):
    writers = [start_writer(tmp_path, many) for _ in range(2)]
    time.sleep(1.5)
    alive = [writer.is_alive() for writer in writers]
    for writer in writers:
        writer.kill()
        writer.join()
    assert alive == [True, True]
    assert Store(tmp_path).verify() == {}
    assert len(Store(tmp_path).keys()) >= 15
