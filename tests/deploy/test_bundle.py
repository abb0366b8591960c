"""The networks to take along: whole, unchanged, and what their records say."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from mnistlib import data
from mnistlib.deploy import bundle, recorded
from mnistlib.ground import paths
from mnistlib.ground.errors import ModelError, StoreError
from mnistlib.runs.store import Store
from mnistlib.study.cli import main
from mnistlib.training.identity import Identity
from mnistlib.training.spec import NetworkSpec, make, spec_from_dict
from mnistlib.training.train import train

NAMES = bundle.names()


def test_there_are_an_accurate_the_best_and_a_small_one():
    assert NAMES == ["accurate", "best", "small"]
    folder = paths.models_dir()
    assert sum(path.stat().st_size for path in folder.rglob("*")) < 3 * 2**20
    sizes = {name: bundle.manifest(name)["parameters"] for name in NAMES}
    right = {name: bundle.manifest(name)["test"]["n_correct"] for name in NAMES}
    assert sizes["small"] < sizes["accurate"]
    assert right["small"] < right["accurate"] < right["best"]


@pytest.mark.parametrize("name", NAMES)
def test_a_manifest_is_that_of_its_record(name):
    facts = bundle.manifest(name)
    spec = spec_from_dict(facts["spec"])
    identity = Identity.here("network", spec.model)
    assert spec.key(facts["data"]["sha256"], identity) == facts["record"]
    assert facts["record"] in facts["runs"]["records"]
    record = Store(paths.published_runs_dir()).get(facts["record"])
    assert record.test.items() <= facts["test"].items()
    assert record.data == facts["data"]


@pytest.mark.parametrize("name", NAMES)
def test_a_model_card_is_made_from_its_manifest(name):
    card = (paths.models_dir() / name / bundle.CARD).read_text(encoding="utf-8")
    assert card == recorded.card(bundle.manifest(name))


def test_a_card_names_a_recipe_of_our_own():
    facts = bundle.manifest("accurate")
    assert "runs for the paper; what the paper leaves open" in recorded.card(facts)
    ours = {"schedule": "triangle", "rotation": 12.0, "elastic": 1.4}
    ours |= {"ema_momentum": 0.99, "label_smoothing": 0.1, "precision": "bfloat16"}
    text = recorded.card(facts | {"source": "ours", "spec": facts["spec"] | ours})
    assert "learning rate 0.001 at most (schedule `triangle`)" in text
    assert "moved at random: rotation 12°, elastic 1.4 pixels, seed 0" in text
    assert "Labels smoothed by 0.1" in text
    assert "moving average of those that were trained, with momentum 0.99" in text
    assert "layers that compute in `bfloat16`" in text
    assert "The recipe is our own" in text and "for the paper" not in text


@pytest.mark.parametrize("name", NAMES)
def test_a_network_gives_probabilities_and_holds_no_optimizer(name):
    model = bundle.load(name)
    given = bundle.probabilities(model, np.zeros((3, 28, 28), np.float32))
    assert given.shape == (3, 10) and given.dtype == np.float32
    assert given.sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert model.count_params() == bundle.manifest(name)["parameters"]
    assert getattr(model, "optimizer", None) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_network_reads_the_test_images_as_its_manifest_says(name, real_mnist):
    mnist, facts = data.load("mnist", real_mnist), bundle.manifest(name)
    assert mnist.sha256 == facts["data"]["sha256"]
    given = bundle.probabilities(bundle.load(name), mnist.x_test / np.float32(255))
    assert (given.argmax(axis=1) == mnist.y_test).sum() == facts["test"]["n_correct"]


def test_a_file_with_one_other_byte_is_refused(own_models):
    path = own_models / "small" / bundle.MODEL
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"must have the SHA-256 of its manifest.*restore"):
        bundle.load("small")
    done = CliRunner().invoke(main, ["models", "list"])
    assert done.exit_code == 1
    assert "raut_cnn" in done.output and "the file was changed" in done.output


def test_what_is_missing_or_broken_gets_one_line(own_models):
    with pytest.raises(ModelError, match=r"must be one of accurate, best, small.*'large'"):
        bundle.load("large")
    for name in ("../small", "/small", "", "Small"):
        with pytest.raises(ModelError, match="small letters, digits and _"):
            bundle.load(name)
    (own_models / "small" / bundle.MODEL).unlink()
    with pytest.raises(ModelError, match=r"a network needs its file.*model\.keras"):
        bundle.load("small")
    said = bundle.manifest("accurate")
    lacking = [
        json.dumps({k: said[k] for k in said if k != name}) for name in ("test", "model")
    ]
    for text in ("", "[]", "{}", "\x00", *lacking):
        (own_models / "small" / bundle.MANIFEST).write_text(text)
        with pytest.raises(ModelError, match="must be a network's manifest"):
            bundle.manifest("small")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A store with the record of a short run on the digits."""
    fields = {"dataset": "digits", "n_train": 200, "n_test": 100, "evaluate_on": "test"}
    network = {"model": "raj_channel_cnn", "learning_rate": 0.01, "epochs": 1}
    store = Store(tmp_path_factory.mktemp("runs"))
    for seed in (0, 1):
        spec = make(NetworkSpec, **fields, **network, seed=seed)
        store.put(train(spec, data.load("digits")))
    first = next(one.key for one in store.records() if one.spec.seed == 0)
    return store, store.with_arrays(first)


def test_a_recorded_run_becomes_a_network(tiny, own_models):
    store, record = tiny
    command = ["models", "train", "own", "--record", record.key]
    done = CliRunner().invoke(main, [*command, "--store", str(store.folder)])
    assert done.exit_code == 0, done.output
    facts = bundle.manifest("own")
    assert facts["record"] == record.key and facts["runs"]["n"] == 2
    assert bundle.reads_like(bundle.load("own"), record) == ""
    assert sorted(path.name for path in (own_models / "own").iterdir()) == sorted(
        [bundle.CARD, bundle.MANIFEST, bundle.MODEL]
    )
    # Again, from its manifest alone; the weights are the same to the last bit.
    done = CliRunner().invoke(main, [*command[:3], "--store", str(store.folder)])
    assert done.exit_code == 0, done.output
    assert bundle.manifest("own")["weights_sha256"] == facts["weights_sha256"]


def test_a_store_that_is_broken_costs_no_network(tiny, own_models, tmp_path):
    _, record = tiny
    before = {path: path.read_bytes() for path in (own_models / "small").iterdir()}
    broken = Store(tmp_path / "runs")
    broken.put(record)
    (broken.folder / "ab").mkdir(exist_ok=True)
    (broken.folder / "ab" / "ab00000000000000.json").write_text("{")
    with pytest.raises(StoreError):
        recorded.keep("small", record, {}, broken)
    assert {path: path.read_bytes() for path in (own_models / "small").iterdir()} == before


def test_a_run_that_comes_out_otherwise_is_not_kept(tiny, own_models):
    store, record = tiny
    other = replace(record, predictions=(record.predictions + 1) % 10)
    with pytest.raises(ModelError, match=r"100 of 100 predictions.*nothing was written"):
        recorded.train_again(other)
    weights = recorded.train_again(record)
    with pytest.raises(ModelError, match=r"must read like record.*nothing was written"):
        recorded.keep("own", other, weights, store)
    assert list((own_models / "own").iterdir()) == []
    before = (own_models / "small" / bundle.MODEL).read_bytes()
    with pytest.raises(ModelError):
        recorded.keep("small", other, weights, store)
    assert (own_models / "small" / bundle.MODEL).read_bytes() == before


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"evaluate_on": "validation", "n_test": None}, "a network that was tested"),
        ({"scaling": "standardised"}, "reads pixels from 0 to 1"),
    ],
)
def test_only_tested_runs_on_plain_pixels_become_networks(tiny, fields, why):
    _, record = tiny
    spec = make(NetworkSpec, **(dict(record.spec) | fields))
    with pytest.raises(ModelError, match=why):
        recorded.train_again(replace(record, spec=spec))


def test_an_edited_network_is_not_trained_again(tiny):
    _, record = tiny
    edited = replace(record, identity=replace(record.identity, builder="0" * 64))
    with pytest.raises(ModelError, match="code of raj_channel_cnn has been edited since"):
        recorded.train_again(edited)


def test_the_list_is_short(capsys):
    done = CliRunner().invoke(main, ["models", "list"])
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert [line.split()[0] for line in lines] == NAMES
    assert all(json.dumps(bundle.manifest(n)["record"])[1:-1] in done.output for n in NAMES)
