"""Run specs: validation, JSON both ways, keys."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistlib.ground.errors import SpecError
from mnistlib.training import spec as specs
from mnistlib.training.spec import ClassicalSpec, NetworkSpec, grid, make, spec_from_dict

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
    val_fraction=st.floats(0, 0.99),
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
    monkeypatch.setattr(specs, "TRAINING_VERSION", specs.TRAINING_VERSION + 1)
    keys.add(spec.key("a"))
    assert len(keys) == 3
    assert all(len(key) == 16 and int(key, 16) >= 0 for key in keys)


def test_a_key_stays_what_it_was():
    """Records that are published lie under their keys: this must never change."""
    assert make(NetworkSpec, **NETWORK).key("data") == "151ec523dc315d6f"
    classical = make(ClassicalSpec, dataset="digits", model="svm", seed=3)
    assert classical.key("data") == "2d1346b3fd82b542"


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
        ({"model": "vgg"}, r"model: .*'base_cnn'.*Received: model='vgg'"),
        ({"learn_rate": 0.1}, r"unknown name 'learn_rate'; known: .*learning_rate"),
        (
            {"optimizer": "adam", "momentum": 0.9},
            r"momentum must be 0 unless optimizer='sgd'",
        ),
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
