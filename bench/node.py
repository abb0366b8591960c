"""The scripts of the page "Try it", run by Node: their arithmetic needs no browser."""

import base64
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from bench.process import PeerError
from mnistlib.ground import paths

_RUNNER = Path(__file__).with_name("in_node.js")
SCRIPTS = paths.root() / "book" / "_static" / "try"


def in_node(task: str, given, *scripts: Path | str):
    """Return the answer to a task of ``in_node.js``.

    Args:
        task: its name there.
        given: float32 of any shape, answered by such numbers in a row; or JSON values,
            answered by JSON values.
        scripts: paths, or names of the page's scripts, in order.

    Raises:
        PeerError: there is no Node, or a script fails.
    """
    program = shutil.which("node")
    if not program:
        raise PeerError("the page's scripts need Node. Received: no `node` on the path")
    is_array = isinstance(given, np.ndarray)
    content = given.astype("<f4").tobytes() if is_array else json.dumps(given).encode()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "given", Path(folder) / "answer"
        source.write_bytes(content)
        command = [program, _RUNNER, task, source, target, *(SCRIPTS / s for s in scripts)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise PeerError(f"a script of the page failed:\n{done.stderr}")
        answer = target.read_bytes()
    return np.frombuffer(answer, "<f4") if is_array else json.loads(answer)


def inks(photos: list[np.ndarray]) -> list[dict | None]:
    """Return what the page finds in photographs, uint8 (h, w, 3); None for nothing.

    Returns:
        For each ``image``, 784 numbers; ``others``, marks that were left out; ``isCut``.
    """
    given = []
    for photo in photos:
        opaque = np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])
        pixels = base64.b64encode(opaque.tobytes()).decode()
        given.append({"pixels": pixels, "height": photo.shape[0], "width": photo.shape[1]})
    return in_node("photo", given, "geometry.js", "photo.js")
