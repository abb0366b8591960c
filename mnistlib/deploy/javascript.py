"""A network as a script of plain JavaScript, for pages that open without a server.

The script is data alone: it adds to ``mnistlibNetworks`` an object that the forward pass in
``book/_static/try/network.js`` reads. It is made from a ``.keras`` file without Keras, so
that building the report loads no backend: the file's configuration names the layers, its
HDF5 part has their weights.

Weights are whole numbers of 16 bits with a scale for each output, ``w = scale * integer``:
as small as float16, and several times nearer to the weights, since a float16 spends bits on
magnitudes that a layer's weights do not have. Batch normalisation goes into the layer
before it where that is linear, and is otherwise one product and one sum for each channel.
"""

import base64
import io
import json
import zipfile
from pathlib import Path

import numpy as np

from mnistlib.deploy import bundle
from mnistlib.ground.errors import ModelError

_LEFT_OUT = {"InputLayer", "Dropout"}  # they do nothing when a network reads
_KNOWN = {"linear", "relu", "softmax"}
_TOP = 32767


def script(name: str) -> str:
    """Return the script of a network under ``models/``.

    Raises:
        ModelError: there is no such network, it was changed, or has an unknown layer.
    """
    facts = bundle.manifest(name)
    told = {key: facts[key] for key in ("model", "parameters", "record", "sha256", "test")}
    return to_script(name, bundle.read_checked(name), told)


def to_script(name: str, content: bytes, facts: dict) -> str:
    """Return the script of a network.

    Args:
        name: under which the script puts it into ``mnistlibNetworks``.
        content: of a ``.keras`` file.
        facts: what else the script says of it, JSON values.

    Raises:
        ModelError: the file cannot be read, or has a layer that is not known here.
    """
    layers = []
    for kind, config, weights in _read(content):
        layers += _convert(kind, config, weights, layers)
    for one in layers:
        if "kernel" in one:
            one["shape"] = list(one["kernel"].shape)
    packed = [{key: _packed(key, value) for key, value in one.items()} for one in layers]
    network = json.dumps({"facts": facts, "layers": packed}, separators=(",", ":"))
    head = f"/* The network `{name}`, written by mnistlib/deploy/javascript.py. */"
    target = "(globalThis.mnistlibNetworks ??= {})"
    # No tag can end in a script: base64 has no <, and facts are escaped.
    return (
        f"{head}\n{target}[{json.dumps(name)}]={network.replace('<', chr(92) + 'u003c')};\n"
    )


def write_scripts(folder: Path) -> list[Path]:
    """Write ``network_<name>.js`` for each network under ``models/``; return the paths."""
    written = []
    for name in bundle.names():
        path = folder / f"network_{name}.js"
        path.write_text(script(name), encoding="utf-8")
        written.append(path)
    return written


def _read(content: bytes) -> list[tuple[str, dict, list[np.ndarray]]]:
    """Return the layers of a ``.keras`` file: class, configuration, weights in order."""
    import h5py

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            config = json.loads(parts.read("config.json"))
            stored = io.BytesIO(parts.read("model.weights.h5"))
        if config["class_name"] != "Sequential":
            raise ModelError(
                f"a network must be a Sequential. Received: {config['class_name']}"
            )
        weights: dict[str, list] = {}
        with h5py.File(stored) as file:
            for group in file["layers"].values():
                values = group["vars"]
                ordered = sorted(values, key=int)
                weights[str(values.attrs["name"])] = [values[i][()] for i in ordered]
        layers = [(one["class_name"], one["config"]) for one in config["config"]["layers"]]
        return [
            (kind, told, [] if kind == "InputLayer" else weights[told["name"]])
            for kind, told in layers
        ]
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"a network must be a whole .keras file. Received: {why}"
        ) from None


def _convert(kind: str, config: dict, weights: list, before: list[dict]) -> list[dict]:
    """Return the layers that stand for one of Keras's; may change the last of `before`.

    Raises:
        ModelError: the layer, or a setting of it, is not known.
    """
    if kind in _LEFT_OUT:
        return []
    if config.get("data_format", "channels_last") != "channels_last":
        raise _unknown(kind, config, "data_format")
    if kind == "BatchNormalization":
        return _normalisation(config, weights, before)
    if kind in ("Conv2D", "Dense"):
        return _linear(kind, config, weights)
    if kind == "MaxPooling2D":
        if config["padding"] != "valid":
            raise _unknown(kind, config, "padding")
        return [{"kind": "pool", "size": config["pool_size"], "strides": config["strides"]}]
    if kind == "ReLU":
        for field in ("max_value", "negative_slope", "threshold"):
            if config.get(field):
                raise _unknown(kind, config, field)
        return [{"kind": "relu"}]
    if kind == "GlobalAveragePooling2D":
        if config["keepdims"]:
            raise _unknown(kind, config, "keepdims")
        return [{"kind": "mean"}]
    if kind in ("Flatten", "Softmax"):
        return [{"kind": kind.lower()}]
    raise ModelError(
        "a network in JavaScript has Conv2D, Dense, MaxPooling2D, GlobalAveragePooling2D, "
        "BatchNormalization, ReLU, Flatten, Softmax and Dropout. "
        f"Received: {kind} ({config.get('name')})"
    )


def _unknown(kind: str, config: dict, field: str) -> ModelError:
    return ModelError(
        f"{kind} in JavaScript is not there with every setting. Received: "
        f"{field}={config[field]!r} ({config['name']})"
    )


def _linear(kind: str, config: dict, weights: list) -> list[dict]:
    activation = config["activation"]
    if activation not in _KNOWN:
        raise _unknown(kind, config, "activation")
    kernel = weights[0].astype(np.float64)
    bias = weights[1] if config["use_bias"] else np.zeros(kernel.shape[-1])
    layer = {"kind": "dense", "kernel": kernel, "bias": bias.astype(np.float64)}
    if kind == "Conv2D":
        if tuple(config["dilation_rate"]) != (1, 1) or config["groups"] != 1:
            raise _unknown(
                kind, config, "groups" if config["groups"] != 1 else "dilation_rate"
            )
        layer |= {name: config[name] for name in ("strides", "padding")} | {"kind": "conv"}
    return [layer] + ([] if activation == "linear" else [{"kind": activation}])


def _normalisation(config: dict, weights: list, before: list[dict]) -> list[dict]:
    rest = iter(weights)
    gamma = next(rest) if config["scale"] else 1.0
    beta = next(rest) if config["center"] else 0.0
    mean, variance = (one.astype(np.float64) for one in rest)
    scale = gamma / np.sqrt(variance + config["epsilon"])
    bias = beta - mean * scale
    if before and before[-1]["kind"] in ("conv", "dense"):
        linear = before[-1]
        linear["kernel"] = linear["kernel"] * scale
        linear["bias"] = linear["bias"] * scale + bias
        return []
    return [{"kind": "affine", "scale": scale, "bias": bias}]


def _packed(key: str, value):
    """Return a layer's field as JSON: kernels as 16 bits, other arrays as float32."""
    if key != "kernel":
        return _base64(value.astype("<f4")) if isinstance(value, np.ndarray) else value
    flat = value.reshape(-1, value.shape[-1])
    scale = (np.abs(flat).max(axis=0) / _TOP).astype("<f4")
    integers = np.rint(flat / np.where(scale > 0, scale, 1)).astype("<i2")
    return {"scale": _base64(scale), "values": _base64(integers)}


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
