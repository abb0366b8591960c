"""Train a recorded run again; keep its network if every number came out the same."""

import hashlib
import json
from pathlib import Path

import numpy as np

from mnistlib import data, models
from mnistlib.deploy import bundle
from mnistlib.ground.errors import ModelError
from mnistlib.ground.files import write_whole
from mnistlib.ground.templates import environment
from mnistlib.runs.retrain import difference, environment_difference, impossible
from mnistlib.runs.store import Store
from mnistlib.stats.intervals import prediction, t_interval, wilson
from mnistlib.training.record import RunRecord
from mnistlib.training.spec import MOVES
from mnistlib.training.train import train

LICENCE = "BSD-3-Clause"


def train_again(record: RunRecord) -> dict[str, np.ndarray]:
    """Return the weights of a recorded run by path, from training it again.

    Args:
        record: of a tested network, with its arrays.

    Raises:
        ModelError: the run cannot be trained here, or came out otherwise.
    """
    if record.spec.kind != "network" or not record.spec.is_tested:
        raise ModelError(
            "a network is made from the record of a network that was tested. "
            f"Received: {record.key} ({record.spec.label})"
        )
    if record.spec.scaling != "unit":
        raise ModelError(
            "a network to take along reads pixels from 0 to 1. "
            f"Received: {record.key} (scaling={record.spec.scaling!r})"
        )
    if reason := impossible(record):
        raise ModelError(f"record {record.key} cannot be trained here: {reason}")
    weights: dict[str, np.ndarray] = {}
    after = train(record.spec, data.load(record.spec.dataset), weights_to=weights)
    if differs := difference(record, after):
        there = environment_difference(record.environment, after.environment)
        raise ModelError(
            f"record {record.key}, trained again, must come out the same. Received: "
            f"{differs} ({there or 'the same environment'}); nothing was written"
        )
    return weights


def keep(name: str, record: RunRecord, weights: dict, store: Store) -> Path:
    """Write a network's three files; the manifest, without which they do not count, last.

    Args:
        name: of the network, and of its folder.
        record: that the weights belong to, with its arrays.
        weights: as `train_again` returns them.
        store: where the records of the same spec with other seeds lie.

    Returns:
        The network's folder.

    Raises:
        ModelError: the network, saved and loaded again, reads otherwise than the record.
    """
    import keras

    runs = _seeds(record, store)  # a broken store is told before anything is replaced
    folder = bundle.folder_of(name)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / bundle.MODEL
    inner = models.build(record.spec.model, **record.spec.model_args)
    for weight in inner.weights:
        weight.assign(weights[weight.path])
    # The study's networks end in logits; who takes one along wants probabilities.
    softmax = keras.layers.Softmax(name="probabilities")
    image = keras.Input((28, 28, 1), name="image")
    new = path.with_name("new.keras")
    try:
        keras.Sequential([image, *inner.layers, softmax], name=name).save(new)
        again = keras.saving.load_model(new, compile=False, safe_mode=True)
        if differs := bundle.reads_like(again, record):
            raise ModelError(
                f"the saved network must read like record {record.key}. Received: "
                f"{differs} that differ; nothing was written"
            )
        (folder / bundle.MANIFEST).unlink(missing_ok=True)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    facts = _facts(name, record, path, weights, runs)
    write_whole(folder / bundle.CARD, card(facts))
    write_whole(folder / bundle.MANIFEST, json.dumps(facts, indent=1) + "\n")
    return folder


def _facts(name: str, record: RunRecord, path: Path, weights: dict, runs: dict) -> dict:
    """Return the manifest of a network that was just saved."""
    content = path.read_bytes()
    numbers = b"".join(weights[k].astype("<f4").tobytes() for k in sorted(weights))
    low, high = wilson(record.test["n_correct"], record.test["n_examples"])
    packages = record.environment["packages"]
    about = models.BUILDERS[record.spec.model].__doc__
    return {
        "name": name,
        "model": record.spec.model,
        "source": about.rpartition("Source: ")[2].strip().rstrip("."),
        "licence": LICENCE,
        "file": path.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        # Without the date that a .keras file holds: the same for whoever trains it again.
        "weights_sha256": hashlib.sha256(numbers).hexdigest(),
        "parameters": record.parameters,
        "macs": models.model_facts(record.spec.model, **record.spec.model_args)["macs"],
        "input": "float32 (n, 28, 28, 1): ink from 0 to 1 in MNIST's geometry",
        "output": "float32 (n, 10): the probability of each digit",
        "record": record.key,
        "spec": record.spec.to_dict(),
        "data": record.data,
        "test": record.test | {"accuracy_low": low, "accuracy_high": high},
        "runs": runs,
        "made_with": {k: packages[k] for k in sorted(packages)},
        "training_version": record.identity.training_version,
    }


def _seeds(record: RunRecord, store: Store) -> dict:
    """Return the test accuracy of all records that differ from one by their seed alone."""
    alike = [
        other
        for other in store.records()
        if other.identity == record.identity
        and other.data["sha256"] == record.data["sha256"]
        and other.spec.kind == record.spec.kind
        and _but_seed(other.spec.to_dict()) == _but_seed(record.spec.to_dict())
    ]
    alike.sort(key=lambda other: other.spec.seed)
    values = [other.test["n_correct"] / other.test["n_examples"] for other in alike]
    low, high = t_interval(values)
    one_low, one_high = prediction(values)
    return {
        "n": len(values),
        "records": [other.key for other in alike],
        "mean": float(np.mean(values)),
        "sd": float(np.std(values, ddof=1)) if len(values) > 1 else None,
        "mean_low": low,
        "mean_high": high,
        "one_more_low": one_low,
        "one_more_high": one_high,
    }


def _but_seed(spec: dict) -> dict:
    """Return a spec's values without its seed."""
    return {name: value for name, value in spec.items() if name != "seed"}


def card(facts: dict) -> str:
    """Return a network's model card, Markdown, from its manifest."""
    templates = environment(Path(__file__).parent, keep_trailing_newline=True)
    templates.filters["percent"] = lambda x: f"{100 * x:.2f} %"
    templates.filters["grouped"] = lambda n: f"{n:,}"
    spec = facts["spec"]
    units = {"rotation": "°", "shear": "°", "shift": " of the side", "elastic": " pixels"}
    moves = [
        f"{move} {spec[move]:g}{units.get(move, '')}" for move in MOVES if spec.get(move)
    ]
    facts = facts | {"moves": ", ".join(moves)}
    return templates.get_template("model_card.md.j2").render(facts)
