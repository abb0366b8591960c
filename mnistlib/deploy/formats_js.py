"""Plain JavaScript: a network and its forward pass in one script, for pages and Node."""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from mnistlib.deploy.javascript import to_script
from mnistlib.ground import paths
from mnistlib.ground.errors import ModelError

_FORWARD = Path("book", "_static", "try", "network.js")
# Arguments: a script as `write` makes it, a file of images, and one for the answers.
_READ = """
const fs = require("fs"), [script, source, target] = process.argv.slice(1);
require("vm").runInThisContext(fs.readFileSync(script, "utf8"));
const read = mnistlib.readerOf(Object.values(mnistlibNetworks)[0]);
const bytes = fs.readFileSync(source);
const images = new Float32Array(new Uint8Array(bytes).buffer);
const answers = new Float32Array((images.length / 784) * 10);
for (let i = 0; i * 784 < images.length; i++)
  answers.set(read(images.subarray(784 * i, 784 * (i + 1))), 10 * i);
fs.writeFileSync(target, Buffer.from(answers.buffer));
"""


def write(model, path: Path, precision: str, images: np.ndarray) -> None:
    """Write a network as ``.js``, 16 bits a weight; see ``formats``."""
    name = path.stem.partition("-")[0]
    saved = path.with_suffix(".saved.keras")
    try:
        model.save(saved)
        data = to_script(name, saved.read_bytes(), {})
        forward = (paths.root() / _FORWARD).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ModelError(
            f"the format js takes its forward pass from {_FORWARD}. Received: "
            f"{paths.root()} without it; run in a copy of the project"
        ) from None
    finally:
        saved.unlink(missing_ok=True)
    use = (
        f"const read = mnistlib.readerOf(mnistlibNetworks[{json.dumps(name)}]); "
        "read(ink) gives ten probabilities of a Float32Array of 784, 0 to 1."
    )
    path.write_text(f"/* {use} */\n{forward}\n{data}", encoding="utf-8")


def reader(path: Path):
    """Return a ``.js`` file as a function of images, run by Node; see ``formats``."""

    def read(images: np.ndarray) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder, "images"), Path(folder, "answers")
            source.write_bytes(np.ascontiguousarray(images, "<f4").tobytes())
            command = ["node", "-e", _READ, str(path), str(source), str(target)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                lines = [line for line in done.stderr.splitlines() if "Error" in line]
                why = lines[0] if lines else f"status {done.returncode}"
                raise ModelError(f"{path.name} must run in Node. Received: {why[:200]}")
            return np.frombuffer(target.read_bytes(), "<f4").reshape(-1, 10)

    return read
