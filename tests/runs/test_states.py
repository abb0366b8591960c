"""What is said of a record: good, older, newer, edited, broken; and what may be pruned."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from mnistlib.ground.errors import StoreError
from mnistlib.runs import codec, collect, states
from mnistlib.runs.codec import OtherVersion
from mnistlib.runs.store import Store
from mnistlib.study.cli_runs import runs
from mnistlib.training import identity
from mnistlib.training.record import RunRecord
from mnistlib.training.spec import ClassicalSpec, NetworkSpec, make

KNN = make(
    ClassicalSpec,
    dataset="digits",
    model="knn",
    n_train=60,
    evaluate_on="test",
    n_test=50,
    seed=0,
)
ANN = make(NetworkSpec, dataset="digits", model="ann", learning_rate=0.01, epochs=1, seed=0)

SECOND = {
    "versions": {"n_correct": 5, "n_examples": 50, "loss": 2.3},
    "versions_predictions": np.zeros(50, np.uint8),
    "versions_probabilities": np.zeros((50, 10), np.float16),
}


@pytest.fixture
def store(tmp_path) -> Store:
    """A store with one good record."""
    return collect([KNN], store=tmp_path / "runs", workers=0).store


def remade(record: RunRecord, **changes) -> RunRecord:
    """Return a record under the key of its new contents."""
    record = replace(record, **changes)
    key = record.spec.key(record.data["sha256"], record.identity)
    return replace(record, key=key)


def put(store: Store, **identity) -> str:
    """Add a record of an ANN that was made with what is given; return its key."""
    (knn,) = (store.with_arrays(key) for key in store.keys()[:1])
    made = replace(identity_of(ANN), **identity)
    untested = {
        "test": None,
        "predictions": None,
        "probabilities": None,
        "test_index": None,
    }
    record = remade(knn, spec=ANN, identity=made, **untested)
    assert store.put(record)
    return record.key


def identity_of(spec) -> identity.Identity:
    return identity.Identity.here(spec.kind, spec.model)


def rewrite(store: Store, key: str, **changes) -> None:
    """Change fields of a record's JSON and give it the hash of what it then says."""
    (path,) = store.folder.glob(f"??/{key}.json")
    facts = json.loads(path.read_text()) | changes
    del facts["sha256"]
    path.write_text(json.dumps(facts | {"sha256": codec._hash(facts)}))


def run(store: Store, *arguments: str):
    return CliRunner().invoke(runs, [*arguments, "--store", str(store.folder)])


def words(store: Store) -> list[str]:
    return sorted(state.word for state in store.states().values())


def test_records_of_other_backends_and_portable_ones_are_good(store, monkeypatch):
    """Under every setting of the process that looks."""
    put(store, backend="jax")
    put(store, backend="tensorflow")
    put(store, backend="tensorflow", portable=True)
    for backend, portable in (("tensorflow", "0"), ("jax", "1"), ("", "1"), ("jax", "0")):
        monkeypatch.setenv("KERAS_BACKEND", backend)
        monkeypatch.setenv("MNISTLIB_PORTABLE", portable)
        assert words(store) == ["good"] * 4
        shown = run(store, "verify")
        assert shown.exit_code == 0
        assert shown.output == (
            "4 records are good (1 jax; 1 scikit-learn; 1 tensorflow; "
            "1 tensorflow, portable)\n"
        )
        assert run(store, "prune", "--broken", "--older", "--yes").output == (
            "0 records deleted\n"
        )


@pytest.mark.parametrize(("step", "word"), [(-1, "older"), (1, "newer")])
def test_another_training_version_is_told_and_not_broken(store, step, word):
    version = identity.TRAINING_VERSION + step
    key = put(store, training_version=version)
    assert store.states()[key].word == word
    assert store.verify() == {}
    shown = run(store, "verify")
    assert shown.exit_code == 0
    assert f"{key}: {word}: made by training version {version}" in shown.output
    assert "1 records are good (1 scikit-learn), 1 " + word in shown.output
    assert ("prune --older" in shown.output) == (word == "older")
    assert run(store, "prune", "--broken", "--yes").output == "0 records deleted\n"
    run(store, "prune", "--older", "--yes")
    assert (key in store) == (word == "newer")


def test_an_edited_network_is_told_by_name_and_not_broken(store):
    key = put(store, builder="0" * 64)
    state = store.states()[key]
    assert (state.word, state.text) == ("edited", "the code of ann has been edited since")
    assert run(store, "verify").exit_code == 0
    assert run(store, "prune", "--broken", "--yes").output == "0 records deleted\n"
    assert run(store, "prune", "--older", "--yes").output == "1 records deleted\n"
    assert key not in store


def test_a_record_of_a_newer_format_is_never_advised_to_be_pruned(store):
    (key,) = store.keys()
    (path,) = store.folder.glob("??/*.json")
    path.write_text(path.read_text().replace('"format": 2', '"format": 3'))
    with pytest.raises(OtherVersion, match=r"made by a newer mnistlib .*update") as caught:
        store.get(key)
    assert "prune" not in str(caught.value)
    assert words(store) == ["newer"]
    assert list(store.records()) == []  # as for a page on the published records
    for command in ("verify", "list"):
        shown = run(store, command)
        assert (shown.exit_code, "update this one" in shown.output) == (0, True)
        assert "prune" not in shown.output
    assert run(store, "show", key).exit_code == 1
    run(store, "prune", "--broken", "--older", "--yes")
    assert key in store


def test_a_record_of_the_first_format_is_older_and_listed(store):
    (key,) = store.keys()
    (path,) = store.folder.glob("??/*.json")
    facts = json.loads(path.read_text())
    spec = {"kind": "classical", "model": "knn", "dataset": "digits", "seed": 7}
    code = facts["code"] | {"training_version": 2}
    del facts["identity"]
    path.write_text(json.dumps(facts))
    rewrite(store, key, format=1, spec=spec, code=code)
    assert store.states()[key].word == "older"
    shown = run(store, "list").output
    assert shown == (
        f"{key}  knn seed 7: made by an older mnistlib (format 1, training version 2): "
        "its run will be trained again\n"
    )
    assert run(store, "verify").exit_code == 0
    rewrite_without_hash(store, key)
    assert store.states()[key].word == "broken"


def rewrite_without_hash(store: Store, key: str) -> None:
    (path,) = store.folder.glob(f"??/{key}.json")
    path.write_text(path.read_text().replace('"seed": 7', '"seed": 8'))


def test_a_whole_record_with_names_that_are_not_known_here_is_newer(store):
    """A later version may add a network, or a field of a spec, without a new format."""
    key = put(store, training_version=identity.TRAINING_VERSION + 1)
    facts = json.loads(next(store.folder.glob(f"??/{key}.json")).read_text())
    rewrite(store, key, spec=facts["spec"] | {"model": "vgg"})
    assert store.states()[key].word == "newer"
    rewrite(store, key, spec=facts["spec"] | {"mixup": 0.1})
    assert store.states()[key].word == "newer"
    assert "update" in store.states()[key].text


def test_a_record_made_when_specs_had_fewer_fields_is_older(store):
    (key,) = store.keys()
    facts = json.loads(next(store.folder.glob(f"??/{key}.json")).read_text())
    del facts["spec"]["scaling"]
    made = identity.Identity(**facts["identity"])
    new = identity.key_of(facts["spec"], facts["data"]["sha256"], made)
    path = store.folder / new[:2] / f"{new}.json"
    path.parent.mkdir(exist_ok=True)
    facts["key"] = new
    del facts["sha256"]
    path.write_text(json.dumps(facts | {"sha256": codec._hash(facts)}))
    (arrays,) = store.folder.glob(f"??/{key}-*.npz")
    (path.parent / arrays.name.replace(key, new)).write_bytes(arrays.read_bytes())
    assert store.get(new).spec == KNN
    assert store.states()[new].word == "older"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"test": None}, "lacks the test"),
        (SECOND, "is not as its spec asks for it"),
        ({"test": {"n_correct": 1, "n_examples": 51, "loss": None}}, "number of predicti"),
        ({"predictions": np.full(50, 10, np.uint8)}, "predicts what is no digit"),
    ],
)
def test_a_record_that_contradicts_itself_is_broken(store, changes, text):
    (key,) = store.keys()
    record = store.with_arrays(key)
    store.prune([key])
    changes |= {"probabilities": None} if "predictions" in changes else {}
    store.put(replace(record, **changes))
    state = store.states()[key]
    assert state.word == "broken"
    assert text in state.text
    assert run(store, "verify").exit_code == 1


def test_a_record_that_belongs_to_another_key_is_broken(store):
    (key,) = store.keys()
    facts = json.loads(next(store.folder.glob(f"??/{key}.json")).read_text())
    rewrite(store, key, spec=facts["spec"] | {"seed": 1})
    with pytest.raises(StoreError, match="does not belong to its spec and code"):
        store.get(key)
    rewrite(store, key, identity=facts["identity"] | {"builder": "0" * 64})
    assert store.states()[key].word == "broken"


def test_a_file_that_the_system_does_not_give_is_not_pruned_as_broken(store, monkeypatch):
    (key,) = store.keys()

    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    assert store.states()[key].word == states.UNREADABLE
    assert run(store, "verify").exit_code == 1
    run(store, "prune", "--broken", "--yes")
    assert key in store


def test_one_broken_record_does_not_hide_the_others_from_the_list(store):
    key = put(store)
    next(store.folder.glob(f"??/{key}.json")).write_text("{")
    lines = run(store, "list").output.splitlines()
    assert len(lines) == 2
    assert any("knn seed 0" in line for line in lines)
    assert any("truncated or not a record" in line for line in lines)
