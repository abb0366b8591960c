"""What `runs verify --retrain` calls a difference."""

from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from bench.fault_kills import NETWORK, tiny_specs
from mnistlib.runs import collect
from mnistlib.runs.retrain import choose, compare_again, difference, environment_difference
from mnistlib.runs.store import Store
from mnistlib.study.cli_runs import runs
from mnistlib.training.identity import TRAINING_VERSION


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    """A store with one short training of a network."""
    return collect([NETWORK], store=tmp_path_factory.mktemp("runs"), workers=0).store


def test_a_run_trained_again_is_the_same_to_the_last_digit(store):
    assert list(compare_again(store, store.keys())) == [(store.keys()[0], "", "")]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"backend": "jax"}, "needs KERAS_BACKEND=jax. Here: tensorflow"),
        ({"portable": True}, "needs MNISTLIB_PORTABLE=1. Here: 0"),
        ({"training_version": 2}, f"needs training version 2. Here: {TRAINING_VERSION}"),
        ({"builder": "0" * 64}, "the code of ann has been edited since"),
    ],
)
def test_a_record_made_otherwise_is_not_run_in_this_process(
    store, tmp_path, change, reason, monkeypatch
):
    record = store.with_arrays(store.keys()[0])
    made = replace(record.identity, **change)
    key = record.spec.key(record.data["sha256"], made)
    other = Store(tmp_path)
    other.put(replace(record, key=key, identity=made))
    monkeypatch.setattr("mnistlib.runs.retrain.execute", None)  # nothing is trained
    ((_, said, _),) = compare_again(other, other.keys())
    assert said == f"not possible here: {reason}"
    shown = CliRunner().invoke(
        runs, ["verify", "--retrain", "1", "--store", str(other.folder)]
    )
    assert shown.exit_code == 0
    if set(change) <= {"backend", "portable"}:
        assert shown.output.splitlines()[-1].endswith(said)


def test_a_sample_is_drawn_by_seed_and_the_quickest_by_time(tmp_path):
    specs = tiny_specs(12)
    found = collect(specs, store=tmp_path, workers=0)
    keys = found.keys
    first = choose(found.store, keys, 5, 0)
    assert len(set(first)) == 5
    assert set(first) <= set(keys)
    assert first == choose(found.store, keys[::-1], 5, 0)
    assert first != choose(found.store, keys, 5, 1)
    assert sorted(choose(found.store, keys, 99, 0)) == sorted(keys)
    seconds = {key: found.record(key).seconds["fit"] for key in keys}
    quickest = choose(found.store, keys, 3, None)
    assert [seconds[key] for key in quickest] == sorted(seconds.values())[:3]


def test_the_command_says_what_was_run_and_why_it_may_differ(store, tmp_path):
    """A record whose prediction and processor were changed: told, with the cause."""
    record = store.with_arrays(store.keys()[0])
    elsewhere = Store(tmp_path / "elsewhere")
    elsewhere.put(
        replace(
            record,
            predictions=(record.predictions + 1) % 10,
            probabilities=np.roll(record.probabilities, 1, axis=1),
            environment=record.environment | {"cpu": "Another processor"},
        )
    )
    command = ["verify", "--retrain", "1", "--store"]
    same = CliRunner().invoke(runs, [*command, str(store.folder)])
    assert same.exit_code == 0, same.output
    assert f"1 of 1  {record.key}  {record.spec.label}: trained again, the same" in (
        same.output
    )
    other = CliRunner().invoke(runs, [*command, str(elsewhere.folder)])
    assert other.exit_code == 1
    line = other.output.splitlines()[-1]
    assert "DIFFERENT: 50 of 50 predictions; 50 of 50 probabilities" in line
    assert "(the record was made elsewhere: cpu" in line
    assert "cpu Another processor, now" in line


def test_environments_are_compared_by_package():
    before = {"cpu": "a", "packages": {"numpy": "1", "keras": "3"}}
    after = {"cpu": "a", "packages": {"numpy": "2", "keras": "3"}, "portable": True}
    assert environment_difference(before, before) == ""
    assert environment_difference(before, after) == (
        "numpy 1, now 2; portable unknown, now True"
    )


def test_what_differs_is_named(store):
    record = store.with_arrays(store.keys()[0])
    other = replace(record, predictions=(record.predictions + 1) % 10)
    assert difference(record, other) == "DIFFERENT: 50 of 50 predictions"
    loss = record.history[1] | {"train_loss": record.history[1]["train_loss"] + 1e-6}
    changed = replace(record, history=[record.history[0], loss])
    assert difference(record, changed) == "DIFFERENT: train_loss of epoch 2"
    test = record.test | {"n_correct": record.test["n_correct"] + 1}
    assert (
        difference(record, replace(record, test=test)) == "DIFFERENT: test counts or loss"
    )


def test_a_second_answer_is_compared_too(tmp_path):
    spec = NETWORK.model_copy(update={"rotation": 10.0, "test_versions": 1})
    store = collect([spec], store=tmp_path, workers=0).store
    assert list(compare_again(store, store.keys())) == [(store.keys()[0], "", "")]
    record = store.with_arrays(store.keys()[0])
    other = record.versions_probabilities.copy()
    other[3] = np.nextafter(other[3], np.float16(2))
    changed = replace(record, versions_probabilities=other)
    said = f"DIFFERENT: 1 of {len(other)} versions probabilities"
    assert difference(record, changed) == said
    counted = record.versions | {"n_correct": 0}
    said = "DIFFERENT: versions counts or loss"
    assert difference(record, replace(record, versions=counted)) == said


def test_runs_that_were_not_tested_are_compared_without_a_test(store):
    tested = store.with_arrays(store.keys()[0])
    none = dict.fromkeys(("test", "predictions", "probabilities", "test_index"))
    record = replace(tested, **none)
    assert difference(record, record) == ""
    assert difference(record, tested) == (
        "DIFFERENT: 50 of 50 predictions; 50 of 50 probabilities; test counts or loss"
    )


def test_a_last_bit_of_a_probability_is_a_difference_and_nan_is_none(store):
    record = store.with_arrays(store.keys()[0])
    odds = record.probabilities.copy()
    odds[3] = np.nan
    diverged = replace(record, probabilities=odds)
    assert difference(diverged, replace(diverged, probabilities=odds.copy())) == ""
    assert difference(record, diverged) == "DIFFERENT: 1 of 50 probabilities"


def test_a_run_that_now_ends_earlier_is_a_difference_not_a_crash(store):
    record = store.with_arrays(store.keys()[0])
    shorter = replace(record, status="diverged", history=record.history[:1])
    assert "ok after 2 epochs, now diverged after 1" in difference(record, shorter)
