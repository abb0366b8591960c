"""The same specs on Keras's JAX backend: it trains, says so, and agrees with TensorFlow."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

pytest.importorskip("jax", reason="needs the extra jax")
pytestmark = pytest.mark.slow

TRAIN = """
import json, sys
import numpy as np
from mnistlib import data, models
from mnistlib.ground import backend
from mnistlib.training.spec import NetworkSpec, make
from mnistlib.training.train import build_engine, train

backend.configure()
digits = data.load("digits")
if len(sys.argv) > 2:  # two steps from weights that are the same, whatever a backend draws
    cut = data.split(digits, method="last", val_fraction=0, n_train=32, n_test=20, seed=0)
    x = data.scale(cut, "unit")[0]
    spec = make(NetworkSpec, dataset="digits", model="complex_cnn", optimizer="sgd",
                learning_rate=0.05, batch_size=32, epochs=2, seed=0)
    model = models.build("complex_cnn")
    draw = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(0.05 * draw.standard_normal(weight.shape))
    engine = build_engine(spec, model, x, cut.y_train, np.full((2, 1), 0.05))
    losses = [engine.train_epoch(np.arange(32))[0] for _ in range(2)]
    np.savez(sys.argv[2], losses=losses, logits=engine.logits(x))
found = []
for fields in json.loads(sys.argv[1]):
    spec = make(NetworkSpec, **fields)
    weights = {}
    record = train(spec, digits, weights)
    found.append({
        "key": record.key, "environment": record.environment, "status": record.status,
        "correct": record.test["n_correct"], "loss": record.test["loss"],
        "train_loss": record.history[-1]["train_loss"],
        "seconds": [epoch["seconds"] for epoch in record.history],
        "predictions": len(record.predictions),
        "weights": {name: float(np.abs(w).mean()) for name, w in weights.items()},
    })
print(json.dumps(found))
"""

TINY = {
    "dataset": "digits",
    "model": "ann",
    "model_args": {"units": 32},
    "optimizer": "adam",
    "learning_rate": 0.005,
    "n_train": 300,
    "evaluate_on": "test",
    "n_test": 200,
    "val_fraction": 0.0,
    "epochs": 4,
}
NETWORKS = [
    {"model": "base_cnn", "model_args": {}},
    {"model": "complex_cnn", "model_args": {}},
    {"model": "base_cnn", "model_args": {"batch_norm": "before_activation"}},
]


SHORT = TINY | {"learning_rate": 0.001, "n_train": 96, "n_test": 50, "seed": 0}


def start(backend: str, specs: list, *path: Path, cores=None) -> subprocess.Popen:
    cores = cores or os.sched_getaffinity(0)
    return subprocess.Popen(
        [sys.executable, "-c", TRAIN, json.dumps(specs), *path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"},
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )


def result(process: subprocess.Popen) -> list[dict]:
    out, err = process.communicate(timeout=900)
    assert process.returncode == 0, err
    return json.loads(out)


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict:
    """Of each backend the first steps, three short trainings, six seeds of a small one."""
    specs = [SHORT | network for network in NETWORKS]
    specs += [TINY | {"seed": seed} for seed in range(6)]
    folder, names = tmp_path_factory.mktemp("steps"), ("jax", "tensorflow")
    started = {name: start(name, specs, folder / f"{name}.npz") for name in names}
    found = {name: result(process) for name, process in started.items()}
    for name in names:
        with np.load(folder / f"{name}.npz") as arrays:
            found[f"{name} steps"] = (arrays["losses"], arrays["logits"])
    return found


@pytest.fixture(scope="module")
def jax_runs(runs) -> list[dict]:
    return runs["jax"]


@pytest.fixture(scope="module")
def tensorflow_runs(runs) -> list[dict]:
    return runs["tensorflow"]


def test_networks_train_on_jax_and_the_record_says_so(jax_runs):
    for run in jax_runs[: len(NETWORKS)]:
        assert run["status"] == "ok"
        assert run["predictions"] == 50
        assert np.isfinite(run["train_loss"])
        assert run["environment"]["backend"] == "jax"
        assert run["environment"]["device"] == "cpu"
        assert "jax" in run["environment"]["packages"]


def test_an_epoch_is_compiled_once(jax_runs):
    """Compiling takes seconds; later epochs of 96 images must not pay for it again."""
    for run in jax_runs[: len(NETWORKS)]:
        first, *later = run["seconds"]
        assert np.median(later) < first / 2


def test_the_same_weights_make_the_same_steps(runs):
    """From one set of weights: losses before and after a step, and the logits."""
    (jax_losses, jax_logits), (losses, logits) = runs["jax steps"], runs["tensorflow steps"]
    np.testing.assert_allclose(jax_losses, losses, rtol=1e-5)
    np.testing.assert_allclose(jax_logits, logits, atol=1e-4)
    assert losses[1] != losses[0]


def test_the_backends_agree_over_seeds(jax_runs, tensorflow_runs):
    """Their initial weights differ, so only distributions can agree: here the paired
    difference of the losses and of the counts, whose 99 % intervals contain 0."""
    for name in ("loss", "correct"):
        pairs = [
            (ours[name], theirs[name])
            for ours, theirs in zip(
                tensorflow_runs[len(NETWORKS) :], jax_runs[len(NETWORKS) :], strict=True
            )
        ]
        differences = np.array([a - b for a, b in pairs])
        assert np.any(differences != 0)
        low, high = stats.t.interval(
            0.99, len(pairs) - 1, differences.mean(), stats.sem(differences)
        )
        assert low <= 0 <= high, pairs
        # Nor is it only wide: the mean over seeds is within a tenth of what it could be.
        largest = {"loss": np.log(10), "correct": 200}[name]
        assert max(abs(low), abs(high)) < 0.1 * largest, pairs
    # Both learned: 200 images, 20 of each digit.
    assert min(run["correct"] for run in tensorflow_runs[len(NETWORKS) :]) > 120
    assert min(run["correct"] for run in jax_runs[len(NETWORKS) :]) > 120


def test_on_one_core_jax_gives_the_same_bits(jax_runs):
    """The first of the runs, alone in a process that may use one core."""
    one = {min(os.sched_getaffinity(0))}
    (alone,) = result(start("jax", [SHORT | NETWORKS[0]], cores=one))
    for name in ("key", "correct", "loss", "train_loss", "weights"):
        assert alone[name] == jax_runs[0][name], name


def test_a_jax_record_is_not_one_of_tensorflow(jax_runs, tensorflow_runs):
    """Neither is served where the other is asked for."""
    keys = {run["key"] for run in jax_runs}
    assert not keys & {run["key"] for run in tensorflow_runs}


def test_averaged_weights_and_half_as_many_bits_train_on_jax():
    """Evaluated after each epoch with the average, training goes on from the weights."""
    base = SHORT | NETWORKS[0]
    ways = [{}, {"ema_momentum": 0.5}, {"precision": "bfloat16"}]
    plain, averaged, half = result(start("jax", [base | way for way in ways]))
    assert averaged["train_loss"] == plain["train_loss"]
    assert averaged["loss"] != plain["loss"]
    assert averaged["loss"] == pytest.approx(plain["loss"], rel=0.1)
    assert half["train_loss"] != plain["train_loss"]
    assert half["train_loss"] == pytest.approx(plain["train_loss"], rel=0.1)
