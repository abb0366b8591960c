"""Run specs: validation, JSON both ways, keys."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistlib.ground.errors import SpecError
from mnistlib.training import identity
from mnistlib.training.identity import Identity
from mnistlib.training.spec import (
    ADDED,
    ClassicalSpec,
    NetworkSpec,
    grid,
    make,
    spec_from_dict,
)

NETWORK = {
    "dataset": "digits",
    "model": "base_cnn",
    "optimizer": "sgd",
    "learning_rate": 0.01,
    "epochs": 2,
    "seed": 0,
}

networks = st.builds(
    lambda **fields: make(NetworkSpec, **fields),
    dataset=st.sampled_from(["mnist", "digits"]),
    n_train=st.none() | st.integers(20, 60_000),
    split=st.sampled_from(["stratified", "last"]),
    val_fraction=st.floats(1e-3, 0.99),
    evaluate_on=st.sampled_from(["validation", "test"]),
    scaling=st.sampled_from(["unit", "none", "standardised", "l2"]),
    model=st.sampled_from(["base_cnn", "raj_cnn", "ann"]),
    optimizer=st.sampled_from(["sgd", "adam", "adadelta"]),
    learning_rate=st.floats(1e-6, 100),
    batch_size=st.integers(1, 65536),
    epochs=st.integers(1, 1000),
    seed=st.integers(0, 2**31 - 1),
)


@given(networks)
def test_a_spec_survives_json_and_keeps_its_key(spec):
    back = spec_from_dict(json.loads(json.dumps(spec.to_dict())))
    assert back == spec
    assert back.key("data") == spec.key("data")


@given(networks, networks)
def test_different_specs_have_different_keys(one, other):
    assert (one == other) == (one.key("data") == other.key("data"))


def test_a_key_depends_on_data_and_training_version(monkeypatch):
    spec = make(NetworkSpec, **NETWORK)
    keys = {spec.key("a"), spec.key("b")}
    monkeypatch.setattr(identity, "TRAINING_VERSION", identity.TRAINING_VERSION + 1)
    keys.add(spec.key("a"))
    assert len(keys) == 3
    assert all(len(key) == 16 and int(key, 16) >= 0 for key in keys)


MADE = Identity(training_version=3, backend="tensorflow", portable=False, builder="b")


def test_a_key_stays_what_it_was():
    """Records that are published lie under their keys: this must never change."""
    assert make(NetworkSpec, **NETWORK).key("data", MADE) == "be57c5e202e36a99"
    classical = make(ClassicalSpec, dataset="digits", model="svm", seed=3)
    made = Identity(3, "scikit-learn", None, "b")
    assert classical.key("data", made) == "5db79517e1a835f0"


def test_what_was_added_is_in_a_key_only_where_it_is_used():
    assert make(NetworkSpec, **NETWORK, **ADDED).key("data", MADE) == "be57c5e202e36a99"
    moved = NETWORK | {"evaluate_on": "test", "rotation": 5.0}
    plain = make(NetworkSpec, **moved)
    others = {name: (0, 1) for name in ("weights_seed", "order_seed")}
    others |= {"test_versions": (1, 2), "precision": ("bfloat16",)}
    others |= {name: (0.5, 0.75) for name in ADDED if name not in others}
    apart = [
        make(NetworkSpec, **moved, **{name: value})
        for name, values in others.items()
        for value in values
    ]
    assert len({spec.key("data", MADE) for spec in (plain, *apart)}) == 1 + len(apart)
    assert len(apart) == 2 * len(ADDED) - 1
    for spec in apart:
        assert spec_from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert apart[3].label.endswith("seed 0 order 1")
    # Both seeds, smoothing, averaging, precision are told apart; moves are "augmented".
    assert len({spec.label for spec in (plain, *apart)}) == 1 + 2 * 4 + 1


@pytest.mark.parametrize("value", [-1, 2**31, 0.5])
def test_a_seed_of_its_own_must_be_a_seed(value):
    with pytest.raises(SpecError, match=f"weights_seed: .*Received: weights_seed={value}"):
        make(NetworkSpec, **NETWORK, weights_seed=value)


@pytest.mark.parametrize(
    "change",
    [{"training_version": 4}, {"backend": "jax"}, {"portable": True}, {"builder": "c"}],
)
def test_a_key_depends_on_what_the_run_was_made_with(change):
    spec = make(NetworkSpec, **NETWORK)
    assert spec.key("data", replace(MADE, **change)) != spec.key("data", MADE)


def test_a_key_with_an_identity_does_not_depend_on_this_process(monkeypatch):
    spec = make(NetworkSpec, **NETWORK)
    before = spec.key("data", MADE)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("MNISTLIB_PORTABLE", "1")
    monkeypatch.setattr(identity, "TRAINING_VERSION", 99)
    assert spec.key("data", MADE) == before != spec.key("data")


def test_the_key_here_and_now_depends_on_backend_and_portable(monkeypatch):
    spec = make(NetworkSpec, **NETWORK)
    classical = make(ClassicalSpec, dataset="digits", model="svm", seed=0)
    keys, classical_keys = [], set()
    for backend, portable in (("", "0"), ("tensorflow", "0"), ("", "1"), ("jax", "1")):
        monkeypatch.setenv("KERAS_BACKEND", backend)
        monkeypatch.setenv("MNISTLIB_PORTABLE", portable)
        keys.append(spec.key("data"))
        classical_keys.add(classical.key("data"))
    assert keys[0] == keys[1]  # an empty backend is the default
    assert len(set(keys)) == 3
    assert len(classical_keys) == 1


USED = ("shear", "elastic", "label_smoothing", "ema_momentum")


def test_a_key_takes_every_value_so_that_a_default_may_change():
    spec = make(NetworkSpec, **NETWORK)
    assert set(spec.to_dict()) == {*NetworkSpec.model_fields} - {*ADDED}
    used = dict.fromkeys(ADDED, 0) | dict.fromkeys(USED, 0.5)
    used |= {"test_versions": 1, "precision": "bfloat16"}
    full = make(NetworkSpec, **NETWORK, **used, evaluate_on="test")
    assert set(full.to_dict()) == {*NetworkSpec.model_fields}


def test_a_default_spelt_out_is_the_same_run():
    plain = make(NetworkSpec, **NETWORK)
    spelt = make(NetworkSpec, **NETWORK, model_args={"batch_norm": "none"}, momentum=0.0)
    assert plain == spelt
    assert plain.key("data") == spelt.key("data")


def test_an_integer_is_taken_where_a_float_is_meant():
    # Keras's SGD refuses momentum=0 (an int), and YAML writes it so.
    spec = make(NetworkSpec, **NETWORK | {"learning_rate": 1, "momentum": 0})
    assert isinstance(spec.learning_rate, float)
    assert isinstance(spec.momentum, float)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"epochs": 0},
            r"epochs: .*greater than or equal to 1\. Received: epochs=0 \(int\)",
        ),
        ({"epochs": "3"}, r"epochs: .*valid integer\. Received: epochs='3' \(str\)"),
        ({"epochs": True}, r"epochs: .*valid integer\. Received: epochs=True \(bool\)"),
        ({"learning_rate": float("nan")}, r"learning_rate: .*finite number"),
        ({"seed": -1}, r"seed: .*Received: seed=-1 \(int\)"),
        ({"dataset": "auto"}, r"dataset: .*'mnist' or 'digits'.*Received: dataset='auto'"),
        ({"model": ["ann"]}, r"model: .*'base_cnn'.*Received: model=\['ann'\]"),
        ({"model_args": None}, r"model_args: .*Received: model_args=None"),
        ({"model": "vgg"}, r"model: .*'base_cnn'.*Received: model='vgg'"),
        ({"learn_rate": 0.1}, r"unknown name 'learn_rate'; known: .*learning_rate"),
        (
            {"optimizer": "adam", "momentum": 0.9},
            r"momentum must be 0 unless optimizer='sgd'",
        ),
        (
            {"val_fraction": 0.0},
            r"val_fraction must be above 0 unless evaluate_on='test'\. Received: "
            r"evaluate_on='validation', val_fraction=0\.0; ",
        ),
        (
            {"n_test": 50},
            r"n_test must be left out unless evaluate_on='test'\. Received: "
            r"evaluate_on='validation', n_test=50; ",
        ),
        (
            {"test_each_epoch": True},
            r"test_each_epoch must be False unless evaluate_on='test'\. Received: ",
        ),
        (
            {"test_versions": 2, "rotation": 5.0},
            r"test_versions must be 0 unless evaluate_on='test' and images are moved .*"
            r"Received: test_versions=2, evaluate_on='validation'$",
        ),
        (
            {"test_versions": 2, "evaluate_on": "test"},
            r"Received: test_versions=2, evaluate_on='test', no moves$",
        ),
        ({"evaluate_on": "train"}, r"evaluate_on: .*Received: evaluate_on='train'"),
        ({"model_args": {"depth": 3}}, r"base_cnn takes batch_norm\. Received: .*'depth'"),
    ],
)
def test_bad_fields_get_one_clear_line(change, message):
    with pytest.raises(SpecError, match=message) as caught:
        make(NetworkSpec, **NETWORK | change)
    assert "\n" not in str(caught.value)


def test_a_missing_field_is_named():
    with pytest.raises(SpecError, match="seed is required"):
        make(NetworkSpec, **{name: NETWORK[name] for name in NETWORK if name != "seed"})


def test_a_spec_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        make(NetworkSpec, **NETWORK).epochs = 5


def test_grid_is_the_product_last_name_fastest():
    base = make(NetworkSpec, **NETWORK)
    found = grid(base, learning_rate=[0.1, 0.2], seed=[0, 1, 2])
    assert [(s.learning_rate, s.seed) for s in found] == [
        (0.1, 0),
        (0.1, 1),
        (0.1, 2),
        (0.2, 0),
        (0.2, 1),
        (0.2, 2),
    ]
    assert all(s.epochs == base.epochs for s in found)


def test_grid_checks_each_combination():
    base = make(NetworkSpec, **NETWORK)
    with pytest.raises(SpecError, match="momentum must be 0"):
        grid(base, optimizer=["sgd", "adam"], momentum=[0.0, 0.9])


def test_columns_are_flat():
    spec = make(ClassicalSpec, dataset="mnist", model="svm", model_args={"C": 5}, seed=0)
    columns = spec.columns()
    assert columns["arg_C"] == 5
    assert "model_args" not in columns
    assert spec.label == "svm(C=5) seed 0"


@pytest.mark.parametrize("mapping", [{}, {"kind": "network"}, {"kind": "quantum"}])
def test_what_is_no_spec_is_refused(mapping):
    with pytest.raises(SpecError, match="run spec"):
        spec_from_dict(mapping)
