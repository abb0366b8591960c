"""Networks of their own, exported files, the service, and Node, which runs the scripts."""

import contextlib
import json
import re
import select
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from bench.node import in_node
from mnistlib.deploy.export import Judge, export
from mnistlib.deploy.sources import of_system
from mnistlib.ground import backend, paths
from tests.processes import hear_signals


@pytest.fixture(scope="session")
def configured() -> None:
    """Prepare Keras as the library does, before a test uses it by itself."""
    backend.configure()


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
def heavy_file(tmp_path_factory):
    """Return a function: to an ONNX file that takes long.

    It computes with copies of an image. Each of its layers takes some milliseconds a copy,
    and so does the first one times the square of its kernel's side; no call can be given
    up within a layer.
    """
    from onnx import TensorProto, helper, numpy_helper, save

    folder = tmp_path_factory.mktemp("heavy")

    def written(copies: int, layers: int, side: int = 3) -> Path:
        rng = np.random.default_rng(0)
        weights = {
            "copies": np.array([copies, 1, 1, 1]),
            "first": rng.normal(size=(256, 28, side, side)).astype(np.float32),
            "kernel": rng.normal(size=(256, 256, 3, 3)).astype(np.float32) / 50,
            "last": rng.normal(size=(256, 10)).astype(np.float32),
            "one": np.array([1]),
            "start": np.array([0]),
        }
        pads = {"pads": [1, 1, 1, 1]}
        node = helper.make_node
        nodes = [
            node("Expand", ["image", "wide"], ["x"]),
            node("Tile", ["x", "copies"], ["tiled"]),
            node("Conv", ["tiled", "first"], ["x0"], pads=[side // 2] * 4),
            *(
                node("Conv", [f"x{i}", "kernel"], [f"x{i + 1}"], **pads)
                for i in range(layers)
            ),
            node("GlobalAveragePool", [f"x{layers}"], ["mean"]),
            node("Flatten", ["mean"], ["flat"]),
            node("MatMul", ["flat", "last"], ["logits"]),
            node("Shape", ["image"], ["shape"]),
            node("Slice", ["shape", "start", "one"], ["n"]),
            node("Slice", ["logits", "start", "n", "start"], ["own"]),
            node("Softmax", ["own"], ["probabilities"]),
        ]
        weights["wide"] = np.array([1, 28, 28, 28])
        floats = TensorProto.FLOAT
        graph = helper.make_graph(
            nodes,
            "heavy",
            [helper.make_tensor_value_info("image", floats, ["n", 28, 28, 1])],
            [helper.make_tensor_value_info("probabilities", floats, ["n", 10])],
            [numpy_helper.from_array(value, name) for name, value in weights.items()],
        )
        opset = helper.make_opsetid("", 15)
        path = folder / f"heavy-{copies}-{layers}-{side}.onnx"
        save(helper.make_model(graph, opset_imports=[opset], ir_version=8), path)
        return path

    return written


@pytest.fixture(scope="session")
def start(onnx_file, tmp_path_factory):
    """Start a service with other settings than the default; it ends with the block."""

    @contextlib.contextmanager
    def started(model=onnx_file, **settings):
        code = (
            "import json, pathlib, signal, sys; "
            "from mnistlib.deploy.serve import Settings, run; "
            # As the command line does.
            "signal.signal(signal.SIGTERM, signal.default_int_handler); "
            "run(Settings(pathlib.Path(sys.argv[1]), port=0, **json.loads(sys.argv[2])), "
            "lambda line: print(line, flush=True))"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(model), json.dumps(settings)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path_factory.mktemp("service"),
            preexec_fn=hear_signals,
        )
        try:
            said, _, _ = select.select([process.stdout], [], [], 120)
            line = process.stdout.readline() if said else ""
            if not (found := re.search(r"http://\S+", line)):
                process.kill()
                pytest.fail(f"it names no address: {line}{process.communicate()[1]}")
            url = urlsplit(found[0])
            yield Service(process, url.hostname, url.port)
        finally:
            process.terminate()
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise

    return started
