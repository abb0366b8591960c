"""Networks of their own for tests, and Node, which runs the drawing page's scripts."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mnistlib.ground import paths

RUNNER = Path(__file__).parent.parent / "fixtures" / "in_node.js"


@pytest.fixture
def page_scripts() -> Path:
    """The folder of the drawing page's scripts."""
    return paths.root() / "book" / "_static" / "try"


@pytest.fixture
def node(tmp_path, page_scripts):
    """Return a function that runs a task of `in_node.js`; skipped without Node."""
    program = shutil.which("node")
    if not program:
        pytest.skip("needs Node to run the page's scripts: install it")

    def run(task: str, given, *scripts: Path | str):
        source, target = tmp_path / "given", tmp_path / "answer"
        is_array = isinstance(given, np.ndarray)
        content = given.astype("<f4").tobytes() if is_array else json.dumps(given).encode()
        source.write_bytes(content)
        files = [page_scripts / one if isinstance(one, str) else one for one in scripts]
        command = [program, RUNNER, task, source, target, *files]
        done = subprocess.run(command, capture_output=True, text=True)
        assert not done.returncode, done.stderr
        return target.read_bytes() if is_array else json.loads(target.read_bytes())

    return run


@pytest.fixture
def read_in_node(node, tmp_path):
    """Return a function: a network's script and images to what the script says of them."""

    def read(script: str, images: np.ndarray) -> np.ndarray:
        path = tmp_path / "network.js"
        path.write_text(script, encoding="utf-8")
        return np.frombuffer(node("read", images, "network.js", path), "<f4").reshape(
            -1, 10
        )

    return read


@pytest.fixture
def own_models(tmp_path, monkeypatch) -> Path:
    """A copy of the folder of networks, which the library takes for the real one."""
    folder = tmp_path / "models"
    shutil.copytree(paths.models_dir(), folder)
    monkeypatch.setattr(paths, "models_dir", lambda: folder)
    return folder
