"""A peer: a process of its own that trains one network in one way, at our orders."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mnistlib.ground import paths

KINDS = {
    "ours": ("bench.peers.ours", None),
    "keras": ("bench.peers.keras_fit", None),
    "pytorch": ("bench/peers/pytorch_loop.py", "pytorch"),
}


def pytorch_python() -> Path:
    """Return the interpreter that has PyTorch; ``make bench`` builds its environment."""
    return paths.build_dir() / "bench" / "pytorch" / "bin" / "python"


def start(command: list[str], errors) -> subprocess.Popen:
    """Start a program in the repository's root, quiet and without a GPU.

    Args:
        command: its words.
        errors: where its standard error goes, as `subprocess` takes it.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        cwd=paths.root(),
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""},
    )


class PeerError(RuntimeError):
    """What is to be measured beside us is not there, ended, or never answered."""


class Peer:
    """A training process that waits, idle, between orders.

    Args:
        kind: "ours", "keras" or "pytorch".
        threads: that it may use.
        **settings: what its script reads: network, optimizer, learning_rate, batch_size,
            n, augmented, seed, data, epochs ...
    """

    def __init__(self, kind: str, threads: int, **settings):
        script, other = KINDS[kind]
        python = pytorch_python() if other else Path(sys.executable)
        if other and not python.is_file():
            raise PeerError(
                f"PyTorch is not in {python.parents[1].name}; `make bench` installs it"
            )
        given = json.dumps({"threads": threads, "seed": 0, "epochs": 100} | settings)
        command = [str(python), *([script] if other else ["-m", script]), given]
        # Open for as long as the process is: `close` ends both.
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = start(command, self._errors)

    def wait(self) -> "Peer":
        """Wait until the process has built its network."""
        self._read()
        return self

    def start(self, order: str) -> None:
        """Give an order without waiting for it."""
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()

    def result(self) -> dict:
        """Return the answer to the last order: value, seconds, cpu_seconds."""
        return self._read()

    def ask(self, order: str) -> dict:
        """Give an order and return its answer."""
        self.start(order)
        return self.result()

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def _read(self) -> dict:
        while line := self._process.stdout.readline():
            if line.startswith("{"):
                return json.loads(line)
        self._process.wait()
        self._errors.seek(0)
        last = self._errors.read().strip().splitlines()[-3:]
        raise PeerError(f"a peer's process ended: {' | '.join(last)}")


@contextlib.contextmanager
def peers(wanted: dict[str, dict]):
    """Start all peers at once, wait for them, and end them afterwards.

    Args:
        wanted: arguments of ``Peer`` by a name of your choice.

    Yields:
        The peers by name.
    """
    started = {}
    try:
        for name, arguments in wanted.items():
            started[name] = Peer(**arguments)
        yield {name: peer.wait() for name, peer in started.items()}
    finally:
        for peer in started.values():
            peer.close()


def training_seconds(answer: dict) -> float:
    """Return how long an epoch took: by the peer's own clock where it has one."""
    return answer["seconds"] if answer["value"] is None else answer["value"]


def together(group: list[Peer], order: str) -> dict:
    """Give the same order to all at once; return the seconds that the slowest trained.

    Returns:
        ``seconds``, by the peers' own clocks; ``whole_seconds``, until the last had
        answered; ``cpu_seconds`` of all.
    """
    started = time.perf_counter()
    for peer in group:
        peer.start(order)
    answers = [peer.result() for peer in group]
    return {
        "seconds": max(training_seconds(answer) for answer in answers),
        "whole_seconds": time.perf_counter() - started,
        "cpu_seconds": sum(answer["cpu_seconds"] for answer in answers),
    }
