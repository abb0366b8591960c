"""Networks of their own, exported files, the service, and Node, which runs the scripts."""

import contextlib
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from bench.node import in_node
from mnistlib.deploy.export import Judge, export
from mnistlib.deploy.sources import of_system
from mnistlib.ground import paths
from tests.processes import hear_signals


@pytest.fixture
def node():
    """Return a function that runs a task of the page's scripts; skipped without Node."""
    if not shutil.which("node"):
        pytest.skip("needs Node to run the page's scripts: install it")
    return in_node


@pytest.fixture
def read_in_node(node, tmp_path):
    """Return a function: a network's script and images to what the script says of them."""

    def read(script: str, images: np.ndarray) -> np.ndarray:
        path = tmp_path / "network.js"
        path.write_text(script, encoding="utf-8")
        return node("read", images, "network.js", path).reshape(-1, 10)

    return read


@pytest.fixture
def own_models(tmp_path, monkeypatch) -> Path:
    """A copy of the folder of networks, which the library takes for the real one."""
    folder = tmp_path / "models"
    shutil.copytree(paths.models_dir(), folder)
    monkeypatch.setattr(paths, "models_dir", lambda: folder)
    return folder


@pytest.fixture(scope="session")
def judge(digits) -> Judge:
    """The small network of models/, to be compared on the embedded digits."""
    return Judge(of_system("small"), digits)


@pytest.fixture(scope="session")
def onnx_file(judge, tmp_path_factory) -> Path:
    """The small network as ONNX, with its manifest."""
    return export(judge, "onnx", "float32", tmp_path_factory.mktemp("onnx"))


@dataclass
class Service:
    """A service in a process of its own."""

    process: subprocess.Popen
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@pytest.fixture(scope="session")
def start(onnx_file, tmp_path_factory):
    """Start a service with other settings than the default; it ends with the block."""

    @contextlib.contextmanager
    def started(**settings):
        code = (
            "import json, pathlib, signal, sys; "
            "from mnistlib.deploy.serve import Settings, run; "
            # As the command line does.
            "signal.signal(signal.SIGTERM, signal.default_int_handler); "
            "run(Settings(pathlib.Path(sys.argv[1]), port=0, **json.loads(sys.argv[2])), "
            "lambda line: print(line, flush=True))"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(onnx_file), json.dumps(settings)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path_factory.mktemp("service"),
            preexec_fn=hear_signals,
        )
        try:
            line = process.stdout.readline()
            host, port = re.search(r"http://([\d.]+):(\d+)/", line).groups()
            yield Service(process, host, int(port))
        finally:
            process.terminate()
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise

    return started
