"""Exported files read as their source does, or are not kept."""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import keras
import numpy as np
import pytest
from click.testing import CliRunner

from mnistlib import models
from mnistlib.deploy import export as exporting
from mnistlib.deploy import formats, formats_onnx, keras_bounds, score, sources
from mnistlib.deploy.export import Judge, export
from mnistlib.deploy.manifest import read_manifest
from mnistlib.ground.errors import ModelError
from mnistlib.ground.turns import alone
from mnistlib.study.cli import main
from tests.processes import wait_for

pytestmark = pytest.mark.usefixtures("configured")
FLOATS = [
    (form, precision)
    for form, known in formats.FORMATS.items()
    for precision in known.precisions
    if precision != "int8"
]
BYTES = {"float32": 4, "float16": 2, "int16": 2}


def source_of(model, name="new") -> sources.Source:
    return sources.Source(name, model, "0" * 64, None, None)


@pytest.mark.slow
@pytest.mark.parametrize(("form", "precision"), FLOATS)
def test_a_file_reads_as_its_source(judge, tmp_path, form, precision):
    if form == "js" and not shutil.which("node"):
        pytest.skip("needs Node, which runs the script")
    path = export(judge, form, precision, tmp_path)
    entry = read_manifest(tmp_path)[path.name]
    again = exporting.in_batches(formats.reader(form, path), judge.images)
    assert np.abs(again - judge.expected).max() == pytest.approx(
        entry["largest_difference"], abs=1e-6
    )
    assert entry["largest_difference"] <= score.LARGEST_DIFFERENCE[precision]
    assert entry["n_correct"] == (again.argmax(1) == judge.dataset.y_test).sum()
    assert entry["flips"] == (again.argmax(1) != judge.expected.argmax(1)).sum()
    assert entry["bytes"] == path.stat().st_size
    # The weights are most of a file.
    weights = judge.source.model.count_params() * BYTES[precision]
    assert weights < entry["bytes"] < 1.4 * weights + 40_000  # a script writes in base64
    assert (entry["latency_ratio"] is None) == (form == "js")
    card = (tmp_path / "MODEL_CARD.md").read_text()
    assert path.name in card
    assert entry["sha256"] in card
    assert {p.name for p in tmp_path.iterdir()} == {
        path.name,
        "manifest.json",
        "MODEL_CARD.md",
        ".lock",
    }


@pytest.mark.slow
@pytest.mark.parametrize("form", ["onnx", "litert"])
def test_int8_is_a_quarter_and_is_judged_by_its_answers(real_mnist, tmp_path, form):
    from mnistlib import data

    accurate = Judge(sources.of_system("accurate"), data.load("mnist", real_mnist))
    path = export(accurate, form, "int8", tmp_path)
    entry = read_manifest(tmp_path)[path.name]
    assert entry["bytes"] < 0.3 * 4 * accurate.source.model.count_params()
    assert entry["flips"] <= 0.003 * 10_000
    assert entry["source_correct"] - entry["n_correct"] <= 20
    assert entry["largest_difference"] > 1e-3  # it was quantised


@pytest.mark.slow
def test_every_network_of_the_study_can_be_exported(digits, tmp_path):
    """Each kind of layer that a builder uses, to both formats, against Keras."""
    keras.utils.set_random_seed(0)
    for name in models.BUILDERS:
        model = sources._with_probabilities(models.build(name), name)
        kinds = {type(layer).__name__ for layer in model.layers}
        assert kinds <= keras_bounds.LAYERS, name
        judged = Judge(source_of(model, name), digits)
        for form in ("onnx", "litert"):
            path = tmp_path / f"{name}{formats.FORMATS[form].suffix}"
            formats.write(form, model, path, "float32", judged.representative)
            assert (
                score.failed_gate("float32", judged.score(formats.reader(form, path))) == ""
            )


def test_an_operation_that_onnx_lacks_is_refused_and_leaves_nothing(digits, tmp_path):
    """Keras would write a file that cannot be loaded, and say nothing."""
    layers = [
        keras.Input((28, 28, 1)),
        keras.layers.Flatten(),
        keras.layers.Dense(10),
        keras.layers.Activation(keras.activations.gelu),  # exact: it needs erfc
        keras.layers.Softmax(),
    ]
    judged = Judge(source_of(keras.Sequential(layers)), digits)
    with pytest.raises(ModelError, match=r"operations that ONNX has\. Received: .*Erfc"):
        export(judged, "onnx", "float32", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_a_file_that_reads_otherwise_is_not_kept(judge, tmp_path, monkeypatch):
    kept = export(judge, "keras", "float32", tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    reader = formats.reader

    def wrong(form, path):
        read = reader(form, path)
        return lambda images: read(images)[:, ::-1]

    monkeypatch.setattr(formats, "reader", wrong)
    with pytest.raises(ModelError, match=r"small-float32\.keras must read.*flipped digits"):
        export(judge, "keras", "float32", tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert kept.exists()


@pytest.mark.parametrize(
    ("precision", "wrong", "bound"),
    [
        ("float32", {"largest_difference": 2e-5}, "largest difference"),
        ("float32", {"flips": 1}, "flipped digits"),
        ("float32", {"largest_difference": float("nan")}, "largest difference"),
        ("float16", {"largest_difference": 6e-3}, "largest difference"),
        ("int8", {"flips": 4}, "flipped digits"),
        ("int8", {"n_correct": 987}, "loss of accuracy"),
    ],
)
def test_the_gates(precision, wrong, bound):
    good = {
        "n_examples": 1000,
        "n_correct": 990,
        "source_correct": 990,
        "flips": 0,
        "largest_difference": 1e-6,
    }
    assert score.failed_gate(precision, score.Score(**good)) == ""
    assert bound in score.failed_gate(precision, score.Score(**(good | wrong)))


def test_a_score_counts_by_hand():
    source = np.eye(10)[[0, 1, 2, 3]]
    exported = np.eye(10)[[0, 1, 5, 3]] * 0.5
    counted = score.compare(source, exported, np.array([0, 9, 2, 3]))
    assert counted == score.Score(4, 2, 3, 1, 1.0)
    assert counted.to_dict()["accuracy"] == 0.5


def test_times_are_taken_in_turns():
    order = []
    readers = {name: lambda x, name=name: order.append(name) for name in "ab"}
    found = score.ratios(readers, np.zeros((3, 28, 28, 1)), "a", rounds=2, calls=3)
    turns = ["".join(order[i : i + 2]) for i in range(0, 14, 2)]  # warm-up, and 2 x 3
    assert set(turns) == {"ab", "ba"}  # so that none always comes after the other
    assert found["a"] == [1.0, 1.0]
    assert len(found["b"]) == 2


def test_the_representative_images_are_training_images_and_the_same_again(judge):
    images = judge.representative
    assert images.shape == (300, 28, 28, 1)
    known = {x.tobytes() for x in judge.dataset.x_train}
    assert all((255 * x).round().astype(np.uint8).tobytes() in known for x in images)
    again = Judge(judge.source, judge.dataset).representative
    assert np.array_equal(images, again)


@pytest.fixture
def saved(tmp_path):
    """A network of the study as `model.save` leaves it, with an optimizer."""
    model = models.build("stage_cnn", width=4, units=8)
    model.compile("adam", "mse")
    path = tmp_path / "Mine 1.keras"
    model.save(path)
    return path


def test_a_file_of_a_network_is_a_source(saved):
    source = sources.of_file(saved)
    assert source.name == "mine_1"
    assert source.record is None
    assert np.asarray(source.model(np.zeros((1, 28, 28, 1)))).sum() == pytest.approx(1)


def broken(path, kind):
    if kind == "missing":
        path.unlink()
    elif kind == "cut":
        path.write_bytes(path.read_bytes()[:1000])
    elif kind == "text":
        path.write_text("hello")
    elif kind == "weights":
        with zipfile.ZipFile(path) as file:
            config, rest = file.read("config.json"), file.read("metadata.json")
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("config.json", config)
            file.writestr("metadata.json", rest)
            file.writestr("model.weights.h5", b"no weights")
    elif kind == "layers":
        with zipfile.ZipFile(path) as file:
            parts = {name: file.read(name) for name in file.namelist()}
        config = json.loads(parts["config.json"])
        config["config"]["layers"][1]["class_name"] = "Lambda"
        with zipfile.ZipFile(path, "w") as file:
            for name, part in parts.items():
                new = json.dumps(config).encode() if name == "config.json" else part
                file.writestr(name, new)
    return path


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("missing", "no such file"),
        ("cut", "must be a .keras file"),
        ("text", "must be a .keras file"),
        ("weights", "must be a .keras file"),
        ("layers", "must be made of .* with Lambda"),
    ],
)
def test_a_file_that_is_none_is_one_line(saved, kind, line):
    with pytest.raises(ModelError, match=line) as error:
        sources.of_file(broken(saved, kind))
    assert "\n" not in str(error.value)


def test_a_network_for_other_images_is_refused(tmp_path):
    path = tmp_path / "other.keras"
    keras.Sequential([keras.Input((28, 28, 3)), keras.layers.Flatten()]).save(path)
    with pytest.raises(ModelError, match=r"an input of \[None, 28, 28, 3\]"):
        sources.of_file(path)
    keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()]).save(path)
    with pytest.raises(ModelError, match=r"\(None, 28, 28, 1\) to \(None, 784\)"):
        sources.of_file(path)


@pytest.mark.parametrize("content", ["[]", "{", '{"files": 3}', '{"files": {"a": 1}}'])
def test_another_manifest_is_not_written_over(judge, tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ModelError, match="must be a manifest of exported files"):
        export(judge, "keras", "float32", tmp_path)
    assert (tmp_path / "manifest.json").read_text() == content


def test_a_folder_that_cannot_be_written_is_one_line(judge, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="need a folder that can be written"):
        export(judge, "keras", "float32", tmp_path / "file" / "below")


def test_an_error_of_the_conversion_is_not_told_of_the_folder(judge, tmp_path, monkeypatch):
    def fails(*_args):
        raise OSError("no converter")

    monkeypatch.setattr(formats, "write", fails)
    with pytest.raises(OSError, match=r"^no converter$"):
        export(judge, "keras", "float32", tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == [".lock"]


def test_what_a_killed_export_left_goes(judge, tmp_path):
    left = tmp_path / ".export-1234"
    left.mkdir()
    (left / "half.onnx").write_bytes(b"half")
    export(judge, "keras", "float32", tmp_path)
    assert not left.exists()


def test_two_that_write_one_folder_take_turns(judge, tmp_path, monkeypatch):
    # Read while threads write, pytest's own capture can lose what comes in between.
    monkeypatch.setattr("sys.stderr", heard := io.StringIO())
    other = Judge(replace(judge.source, name="other"), judge.dataset)
    with ThreadPoolExecutor(2) as executor:
        with alone(tmp_path, "export"):
            both = [
                executor.submit(export, one, "keras", "float32", tmp_path)
                for one in (judge, other)
            ]
            said = f"another export writes {tmp_path}: waiting for its end"
            wait_for(lambda: heard.getvalue().count(said) == 2)
            assert not any(tmp_path.glob("*.json"))
        for one in both:
            assert one.result(60).is_file()
    assert set(read_manifest(tmp_path)) == {"small-float32.keras", "other-float32.keras"}


def test_onnx_files_have_names_of_their_own(onnx_file):
    import onnx

    graph = onnx.load(onnx_file).graph
    assert [x.name for x in (*graph.input, *graph.output)] == ["image", "probabilities"]
    assert formats_onnx.session(onnx_file).get_inputs()[0].shape == ["n", 28, 28, 1]


def test_the_converters_noise_is_dropped_and_nothing_else(capfd):
    with formats.without_lines("known"):
        os.write(1, b"this is known\n")
        subprocess.run([sys.executable, "-c", "print('news from a process')"], check=True)
    assert capfd.readouterr().err == "news from a process\n"
    with pytest.raises(ValueError), formats.without_lines("known"):
        os.write(2, b"this is known\n")
        raise ValueError
    assert capfd.readouterr().err == "this is known\n"


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr("logging.basicConfig", lambda **_: None)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    return lambda *words: CliRunner().invoke(main, list(map(str, words)))


@pytest.mark.slow
def test_the_command_writes_files_and_says_nothing_else(tmp_path, onnx_file):
    command = [sys.executable, "-m", "mnistlib.study.cli", "export", "--dataset", "digits"]
    command += ["--format", "onnx", "--format", "litert", "--output", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        str(tmp_path / "small-float32.onnx"),
        str(tmp_path / "small-float32.tflite"),
    ]
    assert all("0 other than the source" in line for line in lines)
    assert set(read_manifest(tmp_path)) == {"small-float32.onnx", "small-float32.tflite"}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--format", "hdf5"], "a format must be one of onnx, litert, keras, js"),
        (["--format", "keras", "--precision", "int8"], "keras has the precisions float32"),
        (["--system", "none"], "a network must be one of accurate, best, small"),
        (["--system", "../small"], "small letters, digits and _"),
        (["--model", "none.keras"], r"none.keras (no such file)"),
        (["--model", "a.keras", "--system", "small"], "must not be given together"),
    ],
)
def test_a_wrong_command_is_one_line(run, tmp_path, words, line):
    done = run("export", *words, "--output", tmp_path / "out")
    assert done.exit_code in (1, 2)
    assert line in done.output
    assert done.output.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_missing_extra_is_one_line(run, monkeypatch, tmp_path):
    find_spec = formats.find_spec
    monkeypatch.setattr(
        formats, "find_spec", lambda name: None if name == "tf2onnx" else find_spec(name)
    )
    done = run("export", "--output", tmp_path)
    assert done.exit_code == 1
    assert done.output == (
        'mnistlib: error: the format onnx needs the extra "export". Received: an install '
        "without tf2onnx. Run: pip install -e '.[export]'\n"
    )


def test_javascript_needs_node(run, monkeypatch, tmp_path):
    monkeypatch.setattr(formats.shutil, "which", lambda _: None)
    done = run("export", "--format", "js", "--output", tmp_path)
    assert done.exit_code == 1
    assert "the format js is checked by node. Received: a machine without" in done.output


def test_another_backend_is_refused(run, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert "exported by Keras on TensorFlow" in run("export").output
