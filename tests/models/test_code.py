"""The hash of a builder: what the code does counts, how it is written does not."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

import mnistlib
from mnistlib import models
from mnistlib.models import code

PARTS = '''
from math import pi
WIDTH = 32
TABLE = {"a": 1}
TABLE.update(b=2)
def helper(x):
    """Return twice x."""
    return [x, WIDTH]
def unused(x):
    return x
'''
BUILDER = '''
from {package}.parts import helper
def build(width: int = 16, kind="a"):
    """Return a net.

    A table.
    """
    from keras.layers import Dense, Flatten
    name = f"dense{{width!r:>4}}"
    return [Flatten(name='flat'), Dense(width, name=name), helper(1_000)]
'''


def hash_of(tmp_path, monkeypatch, builder: str = BUILDER, parts: str = PARTS) -> str:
    """Return the hash of `build` in a package of two files with a name of its own."""
    package = f"package_{uuid.uuid4().hex}"
    folder = tmp_path / package
    folder.mkdir()
    texts = {
        "": "",
        ".parts": parts.replace("{package}", package),
        ".net": builder.replace("{package}", package).replace("{{", "{").replace("}}", "}"),
    }
    for name, text in texts.items():
        (folder / f"{name[1:] or '__init__'}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = {package + name: text for name, text in texts.items()}
    monkeypatch.setattr(code, "_SOURCES", found)
    module = __import__(f"{package}.net", fromlist=["build"])
    return code.code_hash(module.build)


@pytest.fixture
def told(tmp_path, monkeypatch):
    def compare(builder=("", ""), parts=("", "")) -> bool:
        """Return whether a change of the builder's or its helpers' text is noticed."""
        assert builder[0] in BUILDER and parts[0] in PARTS
        before = hash_of(tmp_path, monkeypatch)
        after = hash_of(
            tmp_path, monkeypatch, BUILDER.replace(*builder), PARTS.replace(*parts)
        )
        return before != after

    return compare


@pytest.mark.parametrize(
    "change",
    [
        ("Return a net.", "Return the same net, told otherwise."),
        ("'flat'", '"flat"'),
        ("1_000", "1000"),
        ("width: int = 16", "width = 16"),
        ("Dense, Flatten", "Flatten, Dense"),
        ("    name = f", "    # a comment\n\n    name = f"),
        ("return [Flatten(name='flat'),", "return [\n        Flatten(name='flat'),\n"),
        ('16, kind="a"):', "16,  kind = 'a',):"),
        ("from {package}.parts import helper", "from .parts import helper"),
    ],
)
def test_another_spelling_of_a_builder_is_the_same(told, change):
    assert not told(builder=change)


@pytest.mark.parametrize(
    "change",
    [
        ("= 16", "= 17"),
        ("1_000", "1_001"),
        ("1_000", "1_000.0"),
        ("'flat'", "'flat '"),
        ("Dense, Flatten", "Flatten, Conv2D as Dense"),
        ("!r:>4", "!s:>4"),
        (
            "Dense(width, name=name), helper(1_000)",
            "helper(1_000), Dense(width, name=name)",
        ),
        ("import helper", "import unused as helper"),
    ],
)
def test_another_builder_is_noticed(told, change):
    assert told(builder=change)


def test_what_a_builder_calls_is_part_of_it_and_nothing_else_is(told):
    assert told(parts=("WIDTH = 32", "WIDTH = 64"))
    assert told(parts=("return [x, WIDTH]", "return [x, 2 * WIDTH]"))
    assert not told(parts=("Return twice x.", "Return it, and the width."))
    assert not told(parts=("    return x\n", "    return x + 1\n"))
    assert not told(parts=("b=2", "b=3"))
    assert not told(parts=("WIDTH = 32\n", "WIDTH = 32  # pixels\nOTHER = 3\n"))


@pytest.mark.parametrize(
    ("use", "change"),
    [
        ("TABLE['b']", ("b=2", "b=3")),
        ("parts.helper(1)", ("WIDTH = 32", "WIDTH = 64")),
        ("renamed(1)", ("WIDTH = 32", "WIDTH = 64")),
    ],
)
def test_every_way_to_refer_to_a_helper_is_followed(tmp_path, monkeypatch, use, change):
    imports = (
        "from {package}.parts import TABLE, helper as renamed\n"
        "from {package} import parts\n"
    )
    builder = f"{imports}def build():\n    return {use}\n"
    found = [
        hash_of(tmp_path, monkeypatch, builder, text)
        for text in (PARTS, PARTS, PARTS.replace(*change))
    ]
    assert found[0] == found[1] != found[2]


def test_helpers_that_are_swapped_are_noticed(tmp_path, monkeypatch):
    builder = "from {package}.parts import helper as a, unused as b\n"
    swapped = "from {package}.parts import helper as b, unused as a\n"
    rest = "def build():\n    return a(b(1))\n"
    assert hash_of(tmp_path, monkeypatch, builder + rest) != hash_of(
        tmp_path, monkeypatch, swapped + rest
    )


def test_every_model_has_a_hash_of_its_own_with_the_draw_of_its_weights():
    names = [*models.BUILDERS, *models.ESTIMATORS]
    assert len({models.builder_hash(name) for name in names}) == len(names)
    alone = code.code_hash(models.BUILDERS["ann"])
    assert models.builder_hash("ann") != alone


def test_a_hash_stays_what_it_was():
    """Made with Python 3.11, 3.12 and 3.13: records are found under it."""
    assert models.builder_hash("naive_bayes")[:16] == "46b5454660e19b27"


ASK = """
import json
import mnistlib
from mnistlib import models
names = [*models.BUILDERS, *models.ESTIMATORS]
print(json.dumps([mnistlib.__file__, {name: models.builder_hash(name) for name in names}]))
"""
NETWORKS, CLASSICAL = set(models.BUILDERS), set(models.ESTIMATORS)


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    """A folder with a copy of the library."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(Path(mnistlib.__file__).parent, folder / "mnistlib")
    return folder


@pytest.fixture
def edited(library):
    """Give a function that edits a file of ``models`` in the copy; undone at the end."""
    texts = {path: path.read_text() for path in (library / "mnistlib/models").glob("*.py")}

    def edit(file: str, old: str, new: str) -> None:
        path = library / "mnistlib/models" / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    yield edit
    for path, text in texts.items():
        path.write_text(text)


def python(library: Path, script: str, *arguments: str) -> list:
    """Run a script with the copy; return the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", script, *arguments],
        cwd=library,
        env=os.environ | {"MNISTLIB_PROGRESS": "off"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def changed(library: Path) -> set[str]:
    """Return the models whose hash in the copy is another than here."""
    file, hashes = python(library, ASK)
    assert Path(file).is_relative_to(library)
    return {name for name, found in hashes.items() if found != models.builder_hash(name)}


@pytest.mark.parametrize(
    ("file", "old", "new", "models"),
    [
        ("raj2024.py", "units: int = 128", "units: int = 256", {"ann"}),
        ("ahmareen2024.py", "Conv2D(64, 3, k", "Conv2D(48, 3, k", {"complex_cnn"}),
        ("ahmareen2024.py", "Return the base CNN", "Return the smallest CNN", set()),
        ("ahmareen2024.py", "        [\n", "        [\n            # layers\n\n", set()),
        ("parts.py", '_relu"', '_relu_"', NETWORKS - {"one_epoch_cnn", "frontier_cnn"}),
        ("__init__.py", "int(own) >> 1", "int(own) >> 2", NETWORKS),
        ("__init__.py", "Draw a new network", "Draw once more a network", set()),
        ("classical.py", "return SVC()", "return SVC(C=2)", {"svm"}),
        ("classical.py", '{"random_state": seed}', '{"random_state": 0}', CLASSICAL),
        ("facts.py", "import json", "import json  # for its files", set()),
    ],
)
def test_an_edit_in_a_copy_changes_the_models_that_it_touches(
    library, edited, file, old, new, models
):
    edited(file, old, new)
    assert changed(library) == models


COLLECT = """
import json, sys
from mnistlib.runs import collect, job
from mnistlib.training.spec import ClassicalSpec, NetworkSpec, make
common = {"dataset": "digits", "n_train": 60, "seed": 0}
network = {"learning_rate": 0.01, "epochs": 1, **common}
trained, execute = [], job.execute
job.execute = lambda spec, data: trained.append(spec.model) or execute(spec, data)
collect([make(NetworkSpec, model=model, **network) for model in ("ann", "raj_cnn")]
        + [make(ClassicalSpec, model="knn", **common)], store=sys.argv[1], workers=0)
print(json.dumps(trained))
"""


@pytest.mark.slow
def test_an_edited_network_is_trained_again_and_no_other(library, edited, tmp_path):
    def trained():
        return python(library, COLLECT, str(tmp_path))

    assert trained() == ["ann", "raj_cnn", "knn"]
    edited("raj2024.py", "Return a fully connected", "Return a  wholly  connected")
    edited("raj2024.py", "    layers = [Flatten(", "    # first\n    layers = [Flatten(")
    assert trained() == []
    edited("raj2024.py", "units: int = 128", "units: int = 96")
    assert trained() == ["ann"]
    assert trained() == []
