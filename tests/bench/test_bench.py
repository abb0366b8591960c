"""The bench's peers: they train for real, answer orders, and say why they ended."""

import numpy as np
import pytest
from click.testing import CliRunner

from bench import growth, memory, process, recipe
from bench.__main__ import main
from bench.process import PeerError, peers, together, training_seconds
from bench.systems import SYSTEMS
from mnistlib import models
from mnistlib.ground.errors import DataError


@pytest.fixture(scope="module")
def arrays(tmp_path_factory):
    """Two kinds of image that a step or two can tell apart: left and right half ink."""
    path = tmp_path_factory.mktemp("bench") / "data.npz"
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 320)
    x = rng.integers(0, 60, (320, 28, 28)).astype(np.uint8)
    x[y == 1, :, :14] += 190
    x[y == 0, :, 14:] += 190
    parts = {"x": x[:256], "y": y[:256], "x_held": x[256:], "y_held": y[256:]}
    np.savez(path, **parts)
    return path


def settings(path, **changes):
    return {
        "threads": 1,
        "network": "raut_cnn",
        "optimizer": "adam",
        "learning_rate": 0.001,
        "batch_size": 32,
        "n": 256,
        "augmented": "",
        "data": str(path),
        "test": str(path),
    } | changes


@pytest.mark.slow
def test_peers_train_the_same_work(arrays):
    wanted = {kind: settings(arrays, kind=kind) for kind in ("ours", "keras")}
    with peers(wanted) as running:
        for name, peer in running.items():
            answer = peer.ask("epoch")
            assert 0 < answer["seconds"] < 60
            if name == "keras":  # the steps alone, without what `fit` does around them
                assert 0 < training_seconds(answer) < answer["seconds"]
            else:
                assert training_seconds(answer) == answer["seconds"]
            for _ in range(3):
                peer.ask("epoch")
            assert peer.ask("accuracy")["value"] > 0.9, name
            assert peer.ask("test") | {"seconds": 0, "cpu_seconds": 0} == {
                "value": peer.ask("accuracy")["value"],
                "seconds": 0,
                "cpu_seconds": 0,
            }
        both = together(list(running.values()), "epoch")
        assert both["cpu_seconds"] > 0
        assert 0 < both["seconds"] < both["whole_seconds"]
        facts = running["ours"].ask("facts")["value"]
        shares = running["ours"].ask("operations")["value"]
        assert running["ours"].ask("matmul")["value"] > 0.1
    assert facts["parameters"] == 225_034
    conv1, conv2 = 26 * 26 * 9 * 32, 11 * 11 * 9 * 32 * 64
    macs = conv1 + conv2 + 1600 * 128 + 128 * 10
    assert facts["macs"] == macs
    assert facts["flop_per_image"] == 2 * (3 * macs - conv1)
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["convolution"] > 0.1
    assert {"matmul", "pooling", "update"} <= set(shares)


@pytest.mark.slow
def test_a_peer_that_cannot_train_says_why(arrays):
    with (
        pytest.raises(PeerError, match=r"process ended.*no_such_network"),
        peers({"it": settings(arrays, kind="ours", network="no_such_network")}),
    ):
        pass


def test_pytorch_is_asked_for_by_the_command_that_installs_it(
    monkeypatch, tmp_path, arrays
):
    monkeypatch.setattr(process, "pytorch_python", lambda: tmp_path / "bin" / "python")
    with pytest.raises(PeerError, match=r"PyTorch is not in .*`make bench` installs it"):
        process.Peer("pytorch", **settings(arrays))


def test_a_part_that_cannot_be_measured_is_told_in_one_line(monkeypatch):
    def cannot(quick):
        raise DataError("Required: MNIST.\nReceived: none")

    monkeypatch.setattr(recipe, "measure", cannot)
    result = CliRunner().invoke(main, ["--quick", "recipe"])
    assert result.exit_code == 1
    assert result.output == "Error: recipe: Required: MNIST. Received: none\n"


@pytest.mark.slow
def test_small_parts_measure_what_they_are_to_measure(real_mnist, monkeypatch):
    monkeypatch.setenv("MNISTLIB_DATA", str(real_mnist))
    monkeypatch.setenv("MNISTLIB_PROGRESS", "off")
    rows = growth.measure(quick=True)
    assert {name: len(part) for name, part in rows["rows"].items()} == dict.fromkeys(
        ("images", "epochs", "runs"), 4
    )
    held = memory.measure(quick=True)["peak_memory_mb"]
    assert all(100 < mb < 1200 for mb in held.values())
    compared = recipe.measure(quick=True)
    for (run,) in (compared["lengths"], compared["steps"]):
        assert 0.05 < run["held_out_accuracy"] < 1


def test_the_systems_are_networks_of_the_library():
    assert {system.network for system in SYSTEMS} <= set(models.BUILDERS)
    assert sum(system.deep for system in SYSTEMS) == 1
