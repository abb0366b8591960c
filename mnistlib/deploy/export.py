"""Export a network: write the file, load it again, and keep it if it reads as its source.

A folder of exported files has, beside them, ``manifest.json`` and a model card made of it.
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median

import numpy as np

from mnistlib import __version__
from mnistlib.data import Dataset
from mnistlib.deploy import card, formats, score
from mnistlib.deploy.formats_keras import compiled
from mnistlib.deploy.manifest import MANIFEST, read_manifest
from mnistlib.deploy.sources import Source
from mnistlib.ground import machine
from mnistlib.ground.errors import ModelError
from mnistlib.ground.files import write_whole
from mnistlib.ground.turns import alone, remove

# Images that int8 takes its scales from, of the training part, drawn with this seed.
N_REPRESENTATIVE, REPRESENTATIVE_SEED = 300, 0
_PLACE = ".export-"  # how the folder begins that a file is made in
_PACKAGES = ("keras", "tensorflow", "onnx", "onnxruntime", "tf2onnx", "ai-edge-litert")


@dataclass(frozen=True, eq=False)
class Judge:
    """The images that a source and its files are compared on: every test image.

    Args:
        source: the network.
        dataset: whose training images calibrate int8, and whose test images score.
    """

    source: Source
    dataset: Dataset

    @cached_property
    def images(self) -> np.ndarray:
        """The test images, float32 (n, 28, 28, 1), 0 to 1."""
        return _scaled(self.dataset.x_test)

    @cached_property
    def representative(self) -> np.ndarray:
        """Training images for int8, float32 (n, 28, 28, 1), 0 to 1."""
        n = len(self.dataset.x_train)
        chosen = np.random.default_rng(REPRESENTATIVE_SEED).permutation(n)
        return _scaled(self.dataset.x_train[np.sort(chosen[:N_REPRESENTATIVE])])

    @cached_property
    def expected(self) -> np.ndarray:
        """What the source says of the test images, float32 (n, 10)."""
        return in_batches(compiled(self.source.model), self.images)

    def score(self, reader: formats.Reader) -> score.Score:
        """Return how a loaded file compares with the source."""
        answers = in_batches(reader, self.images)
        return score.compare(self.expected, answers, self.dataset.y_test)


def _scaled(images: np.ndarray) -> np.ndarray:
    return (images / np.float32(255))[..., None]


def in_batches(reader: formats.Reader, images: np.ndarray, size: int = 500) -> np.ndarray:
    """Return probabilities of images, ``size`` images at a time."""
    starts = range(0, len(images), size)
    return np.concatenate([reader(images[i : i + size]) for i in starts])


def export(judge: Judge, form: str, precision: str, folder: Path) -> Path:
    """Write a network's file, its entry in the manifest, and the model card.

    Two that write into the same folder take turns.

    Args:
        judge: the network and the images it is compared on.
        form: a key of `formats.FORMATS`.
        precision: of the weights, "float32", "float16" or "int8".
        folder: of the files; made where it is missing.

    Returns:
        The file: ``<network>-<precision><suffix>``; one that was there is replaced.

    Raises:
        ModelError: the format lacks something, or the file fails a gate: it is not kept.
    """
    formats.require(form, precision)
    name = f"{judge.source.name}-{precision}{formats.FORMATS[form].suffix}"
    with ExitStack() as held:
        with _writing(folder):
            held.enter_context(alone(folder, "export"))
            for left in folder.glob(f"{_PLACE}*"):  # by one that was killed
                remove(left)
            entries = read_manifest(folder)
            place = tempfile.TemporaryDirectory(dir=folder, prefix=_PLACE)
            path = Path(held.enter_context(place)) / name
        entry = written(judge, form, precision, path)
        if broken := entry.pop("gate"):
            raise ModelError(
                f"{name} must read as its source does: {broken}, on "
                f"{entry['n_examples']} test images. It was not kept"
            )
        with _writing(folder):
            path.replace(folder / name)
            _write_manifest(folder, entries | {name: entry})
    return folder / name


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say in one line where the folder is what fails."""
    try:
        yield
    except OSError as error:
        raise ModelError(
            "exported files need a folder that can be written. "
            f"Received: {folder} ({error.strerror or error})"
        ) from None


def written(judge: Judge, form: str, precision: str, path: Path) -> dict:
    """Write one file, load it again and compare it with its source.

    Args:
        judge, form, precision: as `export` takes them.
        path: of the file.

    Returns:
        What the manifest says of it, and ``gate``: in words what keeps it from being kept,
        "" for nothing.

    Raises:
        ModelError: the format lacks something.
    """
    source = judge.source
    formats.write(form, source.model, path, precision, judge.representative)
    reader = formats.reader(form, path)
    result = judge.score(reader)
    times = _times(judge, reader) if formats.FORMATS[form].is_timed else None
    content = path.read_bytes()
    return {
        "network": source.name,
        "format": form,
        "precision": precision,
        "gate": score.failed_gate(precision, result),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "licence": source.licence,
        "source_sha256": source.sha256,
        "record": source.record,
        "data": {"name": judge.dataset.name, "sha256": judge.dataset.sha256},
        **result.to_dict(),
        "latency_ratio": times,
        "representative": N_REPRESENTATIVE if precision == "int8" else None,
        "mnistlib": __version__,
        "packages": {name: machine.installed(name) for name in _PACKAGES},
    }


def _times(judge: Judge, reader: formats.Reader) -> dict[str, float]:
    """Return the time of one image on one thread, by that of the compiled source."""
    readers = {"file": reader, "source": compiled(judge.source.model)}
    times = score.ratios(readers, judge.images, "source")["file"]
    return {"median": median(times), "least": min(times), "largest": max(times)}


def _write_manifest(folder: Path, entries: dict[str, dict]) -> None:
    text = json.dumps({"files": dict(sorted(entries.items()))}, indent=1)
    write_whole(folder / MANIFEST, text + "\n")
    write_whole(folder / card.CARD, card.card(entries))
