"""What is exported: a network of ``models/``, or a ``.keras`` file of one of ours."""

import hashlib
import io
import json
import lzma
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mnistlib.deploy import bundle
from mnistlib.deploy.bounds import MOST_BYTES, too_large
from mnistlib.deploy.keras_bounds import LAYERS, beyond, too_many
from mnistlib.ground import backend
from mnistlib.ground.errors import ModelError

# What reading a zip, JSON in it and the description in that raise.
_OF_SOMETHING_ELSE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError),
    *(LookupError, TypeError, ValueError, AttributeError),
)
_MOST_CONFIG = 2**20  # bytes of a network's description


@dataclass(frozen=True, eq=False)
class Source:
    """A trained network that files are made from.

    Attributes:
        name: that its files begin with.
        model: a ``keras.Model`` that gives probabilities.
        sha256: of the file that it was read from.
        record: key of the run record that it comes from; None where that is not known.
        licence: of the network.
    """

    name: str
    model: Any
    sha256: str
    record: str | None
    licence: str | None


def of_system(name: str) -> Source:
    """Return a network of ``models/``.

    Raises:
        ModelError: there is none of that name, or its file was changed.
    """
    facts = bundle.manifest(name)
    _require_tensorflow()
    model = _with_probabilities(bundle.load(name), name)
    return Source(name, model, facts["sha256"], facts["record"], facts["licence"])


def of_file(path: Path) -> Source:
    """Return the network of a ``.keras`` file, as Keras's ``model.save`` writes it.

    Only layers of the study's networks are taken, and no code is loaded from the file.

    Raises:
        ModelError: the file is missing, is none, or holds another kind of network.
    """
    content, layers = _checked_content(path)
    _require_tensorflow()
    backend.configure()
    import keras

    try:
        if why := too_many(layers):
            raise _too_large(path, why)
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except ModelError:
        raise
    except Exception as error:  # of a broken file, Keras raises anything
        why = " ".join(str(error).split())[:120] or type(error).__name__
        raise _not_a_network(path, why) from None
    name = "".join(c if c.isalnum() else "_" for c in path.stem.lower()) or "network"
    model = _with_probabilities(model, str(path))
    return Source(name, model, hashlib.sha256(content).hexdigest(), None, None)


def _checked_content(path: Path) -> tuple[bytes, list[dict]]:
    """Return what a file holds, and its layers as it describes them."""
    try:
        if path.suffix != ".keras" or not path.is_file():
            raise _not_a_network(path, "no such file" if not path.is_file() else "its name")
        if why := too_large(path):
            raise _not_a_network(path, why)
        content = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            if sum(part.file_size for part in file.infolist()) > 2 * MOST_BYTES:
                raise _not_a_network(path, "it unpacks to far more than a network")
            if file.getinfo("config.json").file_size > _MOST_CONFIG:
                raise _not_a_network(path, "its description is far larger than a network's")
            network = json.loads(file.read("config.json"))
            layers = network["config"]["layers"]
            unknown = sorted({str(layer["class_name"]) for layer in layers} - LAYERS)
            why = "" if unknown else beyond(network)
    except OSError as error:
        raise _not_a_network(path, error.strerror or "it cannot be read") from None
    except _OF_SOMETHING_ELSE:
        raise _not_a_network(path, "something else, or a part of it is missing") from None
    if unknown:
        raise ModelError(
            f"a network to export must be made of {', '.join(sorted(LAYERS))}. "
            f"Received: {path} with {', '.join(unknown)[:200]}"
        )
    if why:
        raise _too_large(path, why)
    return content, layers


def _too_large(path: Path, why: str) -> ModelError:
    return ModelError(
        "a network to export must take images (n, 28, 28, 1), and be no large one. "
        f"Received: {path} with {why}"
    )


def _not_a_network(path: Path, why: str) -> ModelError:
    return ModelError(
        "a network must be a .keras file, as Keras's model.save writes it. "
        f"Received: {path} ({why})"
    )


def _require_tensorflow() -> None:
    if backend.name() != "tensorflow":
        raise ModelError(
            "networks are exported by Keras on TensorFlow. "
            f"Received: KERAS_BACKEND={backend.name()!r}; unset it"
        )


def _with_probabilities(model, name: str):
    """Return a network that ends in probabilities; the study's own end in logits."""
    import keras

    if (model.input_shape, model.output_shape) != ((None, 28, 28, 1), (None, 10)):
        raise ModelError(
            "a network must take images (n, 28, 28, 1) and give (n, 10). "
            f"Received: {name}, {model.input_shape} to {model.output_shape}"
        )
    last = model.layers[-1]
    activation = getattr(last, "activation", None)
    if isinstance(last, keras.layers.Softmax) or activation is keras.activations.softmax:
        return model
    softmax = keras.layers.Softmax(name="probabilities")
    if isinstance(model, keras.Sequential):
        image = keras.Input((28, 28, 1), name="image")
        return keras.Sequential([image, *model.layers, softmax], name=model.name)
    return keras.Model(model.inputs[0], softmax(model.outputs[0]), name=model.name)
