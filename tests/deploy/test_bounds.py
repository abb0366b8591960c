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
from mnistlib.deploy import bounds, bundle, formats_onnx, keras_bounds, onnx_bounds, sources
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


def with_an_attribute(**fields):
    """A node with an attribute that the package's helper would not make."""
    node = helper.make_node("Relu", ["image0"], ["out"])
    attribute = node.attribute.add(name="a")
    for name, value in fields.items():
        field = getattr(attribute, name)
        field.extend(value) if isinstance(value, list) else field.CopyFrom(value)
    return graph([node])


def sparse():
    return onnx.SparseTensorProto(values=weight(1), indices=weight(1), dims=[10])


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
    "constants": (with_an_attribute(tensors=[weight(5000, 4000)] * 2), "40000000 param"),
    "sparse": (with_an_attribute(sparse_tensor=sparse()), "functions or sparse"),
    "sparse ones": (with_an_attribute(sparse_tensors=[sparse()]), "functions or sparse"),
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
    def change(network):
        layers = network["config"]["layers"]
        next(one for one in layers if one["class_name"] == layer)["config"] |= fields

    path = described(tmp_path, models.build("stage_cnn", width=4, units=8), change)
    with pytest.raises(ModelError, match=line):
        sources.of_file(path)


def described(folder, model, change):
    """Return a .keras file whose description was changed after it was written."""
    path = folder / "a.keras"
    model.save(path)
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    network = json.loads(parts["config.json"])
    change(network)
    with zipfile.ZipFile(path, "w") as file:
        for name, part in parts.items():
            file.writestr(name, json.dumps(network) if name == "config.json" else part)
    return path


def in_a_row(*layers, functional=False):
    """Return a network of layers, Sequential or functional."""
    image = keras.Input((28, 28, 1))
    if not functional:
        return keras.Sequential([image, *layers])
    given = image
    for layer in layers:
        given = layer(given)
    return keras.Model(image, given)


def wide(network):
    """Let a network that was small grow where its layers meet."""
    for layer in network["config"]["layers"]:
        layer.pop("build_config", None)
        for name in ("filters", "units"):
            if name in layer["config"]:
                layer["config"][name] = 4096


def without_an_input(network):
    del network["config"]["layers"][0]


def built_for_more(network):
    network["config"]["build_input_shape"] = [None, 9000, 9000, 1]


def a_layer_built_for_more(network):
    network["config"]["layers"][-1]["build_config"] = {"input_shape": [None, 10**9]}


def of_low_rank(network):
    network["config"]["layers"][-1]["config"]["lora_rank"] = 10**9


def past_a_layer(network):
    """Let the last layer take what another one gives than that before it."""
    layers = network["config"]["layers"]
    layers[-1]["inbound_nodes"] = layers[-2]["inbound_nodes"]


def of_one_name(network):
    for layer in network["config"]["layers"]:
        layer["name"] = "one"
        for node in layer["inbound_nodes"]:
            node["args"][0]["config"]["keras_history"][0] = "one"


def of_another_kind(network):
    network["class_name"] = "Pipeline"


@pytest.mark.parametrize("functional", [False, True])
@pytest.mark.parametrize(
    ("change", "line"),
    [
        (wide, "13153382400 parameters or more"),
        (without_an_input, "0 input layers, not one"),
        (built_for_more, r"an input of \[None, 9000, 9000, 1\]"),
        (a_layer_built_for_more, "a layer built for .*1000000000.*, which gets"),
        (of_low_rank, "weights of low rank"),
        (of_another_kind, "layers that are in no row|something else"),
    ],
)
def test_a_keras_file_that_grows_is_not_loaded(
    change, line, functional, tmp_path, unloaded
):
    layers = keras.layers.Conv2D(4, 3, padding="same"), keras.layers.Flatten()
    model = in_a_row(*layers, keras.layers.Dense(8), functional=functional)
    with pytest.raises(ModelError, match=line) as raised:
        sources.of_file(described(tmp_path, model, change))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("change", [past_a_layer, of_one_name])
def test_layers_that_are_in_no_row_are_not_loaded(change, tmp_path, unloaded):
    """What they take would be more than what is counted."""
    layers = keras.layers.Flatten(), keras.layers.Dense(1), keras.layers.Dense(10)
    model = in_a_row(*layers, functional=True)
    with pytest.raises(ModelError, match="layers that are in no row"):
        sources.of_file(described(tmp_path, model, change))


@pytest.mark.parametrize("functional", [False, True])
def test_a_network_within_the_bounds_is_loaded(functional, tmp_path):
    layers = keras.layers.Conv2D(4, 3), keras.layers.Flatten(), keras.layers.Dense(10)
    model = in_a_row(*layers, functional=functional)
    path = described(tmp_path, model, lambda network: None)
    assert sources.of_file(path).model.count_params() == model.count_params()


def of_all_kinds():
    """What no network of the study has, too: groups, several depths, biases."""
    return in_a_row(
        keras.layers.SeparableConv2D(6, 3, depth_multiplier=2),
        keras.layers.BatchNormalization(),
        keras.layers.Conv2D(8, (3, 2), strides=2, groups=2, padding="same"),
        keras.layers.Conv2D(5, 1, use_bias=False),
        keras.layers.BatchNormalization(scale=False),
        keras.layers.Flatten(),
        keras.layers.Dense(10),
    )


@pytest.mark.parametrize("name", [*models.BUILDERS, None])
def test_parameters_are_counted_as_keras_does(name, monkeypatch):
    """The bound is the network's own number: one less is too little."""
    model = models.build(name) if name else of_all_kinds()
    network = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
    assert keras_bounds.beyond(network) == ""
    monkeypatch.setattr(keras_bounds, "MOST_PARAMETERS", model.count_params())
    assert keras_bounds.too_many(network["config"]["layers"]) == ""
    monkeypatch.setattr(keras_bounds, "MOST_PARAMETERS", model.count_params() - 1)
    assert "parameters or more" in keras_bounds.too_many(network["config"]["layers"])


def a_list_for_a_layer(network):
    network["config"]["layers"][1]["config"] = []


def test_a_description_of_something_else_is_one_line(tmp_path, unloaded):
    model = in_a_row(keras.layers.Flatten())
    with pytest.raises(ModelError, match="something else"):
        sources.of_file(described(tmp_path, model, a_list_for_a_layer))


@pytest.mark.parametrize(
    ("offset", "value"),
    [(8, b"\1"), (10, b"\x63"), (-30, b"\xff" * 20)],
    ids=["encrypted", "compressed by another way", "damaged"],
)
def test_a_zip_that_cannot_be_read_is_one_line(offset, value, tmp_path, unloaded):
    """One byte of its entry in the list at the end, or of what is compressed."""
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", json.dumps({"config": list(range(1000))}))
    content = bytearray(path.read_bytes())
    start = content.index(b"PK\1\2") + offset
    content[start : start + len(value)] = value
    path.write_bytes(content)
    with pytest.raises(ModelError, match="something else") as raised:
        sources.of_file(path)
    assert "\n" not in str(raised.value)


def test_the_help_states_the_largest_file():
    for command in ("export", "serve"):
        text = " ".join(CliRunner().invoke(main, [command, "--help"]).output.split())
        assert f"at most {bounds.MOST_BYTES >> 20} MB" in text
