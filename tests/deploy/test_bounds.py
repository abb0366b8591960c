"""What files may declare: refused in one line, before they are loaded."""

import json
import zipfile

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper

from mnistlib import models
from mnistlib.deploy import bounds, bundle, formats_onnx, onnx_bounds, sources
from mnistlib.deploy.manifest import read_manifest
from mnistlib.deploy.serve import describe
from mnistlib.ground.errors import ModelError
from mnistlib.study.cli import main

pytestmark = pytest.mark.usefixtures("configured")


@pytest.fixture
def unloaded(monkeypatch):
    """Fail where a file is loaded."""

    def load(*_args, **_kwargs):
        raise AssertionError("it was loaded")

    monkeypatch.setattr(onnxruntime, "InferenceSession", load)
    monkeypatch.setattr(keras.saving, "load_model", load)


def graph(nodes=None, weights=(), inputs=1):
    """Return an ONNX model that is one, but for what is given."""
    floats = TensorProto.FLOAT
    sides = [
        helper.make_tensor_value_info(f"image{i}", floats, ["n", 28, 28, 1])
        for i in range(inputs)
    ]
    nodes = nodes or [helper.make_node("Relu", ["image0"], ["out"])]
    out = [helper.make_tensor_value_info("out", floats, ["n", 10])]
    return helper.make_model(helper.make_graph(nodes, "one", sides, out, list(weights)))


def weight(*dims, **fields) -> TensorProto:
    """Return a weight that says how large it is, and holds nothing."""
    return TensorProto(name="w", dims=dims, data_type=TensorProto.FLOAT, **fields)


def loop():
    body = helper.make_graph([], "body", [], [])
    return helper.make_node("Loop", ["image0"], ["out"], body=body)


def constant(*dims):
    return helper.make_node("Constant", [], ["out"], value=weight(*dims))


def with_a_function():
    model = graph()
    opset = helper.make_opsetid("", 15)
    model.functions.append(helper.make_function("own", "f", [], [], [], [opset]))
    return model


BEYOND = {
    "loop": (graph([loop()]), "loops or branches"),
    "functions": (with_a_function(), "functions or sparse"),
    "elsewhere": (graph(weights=[weight(1, data_location=1)]), "weights in another file"),
    "large": (graph(weights=[weight(10**5, 10**5)]), "10000000000 parameters"),
    "several": (graph(weights=[weight(5000, 4000)] * 2), "40000000 parameters"),
    "constant": (graph([constant(10**5, 10**5)]), "10000000000 parameters"),
    "negative": (graph(weights=[weight(-1)]), "-1 parameters"),
    "many": (graph([helper.make_node("Relu", ["a"], ["b"])] * 1001), "1001 operations"),
    "inputs": (graph(inputs=2), "2 inputs and 1 outputs"),
    "empty": (onnx.ModelProto(), "0 inputs"),
}


@pytest.mark.parametrize(("model", "line"), BEYOND.values(), ids=BEYOND)
def test_an_onnx_file_beyond_the_bounds_is_not_loaded(model, line, tmp_path, unloaded):
    path = tmp_path / "a.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match=line) as raised:
        formats_onnx.session(path)
    assert "\n" not in str(raised.value)


def test_the_bounds_are_those_of_the_package_onnx(onnx_file):
    """Its own reader counts the same, on a file of ours."""
    content = onnx_file.read_bytes()
    assert onnx_bounds.beyond(content) == ""
    there = onnx.load(onnx_file).graph
    numbers = sum(int(np.prod(one.dims)) for one in there.initializer if one.dims)
    for name, most in (("MOST_OPERATIONS", len(there.node)), ("MOST_PARAMETERS", numbers)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(onnx_bounds, name, most)
            assert onnx_bounds.beyond(content) == ""
            patch.setattr(onnx_bounds, name, most - 1)
            assert f"at most {most - 1} are taken" in onnx_bounds.beyond(content)


@pytest.mark.parametrize("kind", ["a.onnx", "a.keras"])
def test_a_file_of_too_many_bytes_is_not_read(kind, tmp_path, unloaded):
    path = tmp_path / kind
    with path.open("wb") as file:
        file.truncate(bounds.MOST_BYTES + 1)  # takes no room on the disk
    read = formats_onnx.session if kind == "a.onnx" else sources.of_file
    with pytest.raises(ModelError, match=f"{bounds.MOST_BYTES + 1} bytes, and at most"):
        read(path)


def change(entry: dict, **fields) -> dict:
    return {k: v for k, v in (entry | fields).items() if v is not None}


BAD = [
    ({"sha256": None}, "sha256: Field required"),
    ({"sha256": "12"}, "sha256: String should match"),
    ({"bytes": -1}, "bytes: Input should be greater"),
    ({"bytes": 10**12}, "bytes: Input should be less"),
]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        *BAD,
        ({"accuracy": 1.5}, "accuracy: Input should be less"),
        ({"n_examples": "all"}, "n_examples: Input should be a valid integer"),
        ({"network": "x" * 1000}, "network: String should have at most 100"),
    ],
)
def test_a_manifest_of_exports_is_checked(fields, line, onnx_file, tmp_path):
    entry = read_manifest(onnx_file.parent)[onnx_file.name]
    copy = tmp_path / onnx_file.name
    copy.write_bytes(onnx_file.read_bytes())
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"files": {copy.name: entry}}))
    assert describe(copy)["network"] == "small"
    path.write_text(json.dumps({"files": {copy.name: change(entry, **fields)}}))
    with pytest.raises(ModelError, match=line) as raised:
        describe(copy)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        *BAD,
        ({"input": "float32 (n, 9000, 9000, 3)"}, "input: String should match"),
        ({"output": "float32 (n, 100000)"}, "output: String should match"),
        ({"parameters": 10**9}, "parameters: Input should be less"),
    ],
)
def test_a_networks_manifest_is_checked(fields, line, own_models):
    path = own_models / "small" / bundle.MANIFEST
    path.write_text(json.dumps(change(bundle.manifest("small"), **fields)))
    with pytest.raises(ModelError, match=line) as raised:
        bundle.manifest("small")
    assert "\n" not in str(raised.value)


def test_a_manifest_without_end_is_not_read(tmp_path):
    for text, line in ((" " * 2**21, "and at most"), ("[" * 10**5, "too deeply|Recursion")):
        (tmp_path / "manifest.json").write_text(text)
        with pytest.raises(ModelError, match=line):
            read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("layer", "fields", "line"),
    [
        ("InputLayer", {"batch_shape": [None, 9000, 9000, 3]}, r"\[None, 9000, 9000, 3\]"),
        ("InputLayer", {"batch_shape": None}, "an input of None"),
        ("Dense", {"units": 10**9}, "units=1000000000, and at most 4096"),
        ("Conv2D", {"filters": 10**9}, "filters=1000000000"),
        ("Conv2D", {"kernel_size": [3, 10**9]}, "kernel_size=1000000000"),
        ("Conv2D", {"filters": "many"}, "filters=many"),
    ],
)
def test_a_keras_file_beyond_the_bounds_is_not_loaded(
    layer, fields, line, tmp_path, unloaded
):
    path = tmp_path / "a.keras"
    models.build("stage_cnn", width=4, units=8).save(path)
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    config = json.loads(parts["config.json"])
    found = [one for one in config["config"]["layers"] if one["class_name"] == layer]
    found[0]["config"] |= fields
    with zipfile.ZipFile(path, "w") as file:
        for name, part in parts.items():
            file.writestr(name, json.dumps(config) if name == "config.json" else part)
    with pytest.raises(ModelError, match=line):
        sources.of_file(path)


def test_the_help_states_the_largest_file():
    for command in ("export", "serve"):
        text = " ".join(CliRunner().invoke(main, [command, "--help"]).output.split())
        assert f"at most {bounds.MOST_BYTES >> 20} MB" in text
