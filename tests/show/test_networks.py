"""Networks on a page: the source of a builder without its docstring, the layer table."""

import ast
from pathlib import Path

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from myst_parser.docutils_ import Parser

from mnistlib import models
from mnistlib.models.parts import activated
from mnistlib.show import networks


@pytest.fixture
def shown(monkeypatch):
    """What the code under test displays, as Markdown text."""
    texts = []
    monkeypatch.setattr("IPython.display.display", lambda thing: texts.append(thing.data))
    return texts


@pytest.mark.parametrize(
    "function", [*models.BUILDERS.values(), activated, models.layer_table]
)
def test_a_source_lacks_its_docstring_and_nothing_else(function):
    text = networks.source_without_docstring(function)
    (short,) = ast.parse(text).body
    whole = ast.parse(Path(function.__code__.co_filename).read_text(encoding="utf-8"))
    (full,) = [d for d in whole.body if getattr(d, "name", "") == function.__name__]
    assert ast.get_docstring(short) is None
    assert ast.get_docstring(full)
    assert [ast.dump(s) for s in short.body] == [ast.dump(s) for s in full.body[1:]]
    assert ast.dump(short.args) == ast.dump(full.args)


def test_a_function_without_docstring_stays_whole():
    text = networks.source_without_docstring(models.parts.sequential)
    assert text.startswith("def sequential(name: str, layers: list):\n    import keras")


def test_each_source_is_folded_under_its_own_line(shown):
    networks.show_source(models.BUILDERS["base_cnn"], activated)
    base, parts = shown
    title = "::::{dropdown} Source of `base_cnn`, in `mnistlib/models/ahmareen2024.py`\n"
    assert base.startswith(title + "```python\ndef base_cnn(")
    assert "mnistlib/models/parts.py" in parts
    fence = base.removeprefix(title).removesuffix("::::\n")
    document = publish_doctree(fence, parser=Parser())
    (block,) = document.findall(nodes.literal_block)
    assert block.astext() == networks.source_without_docstring(models.base_cnn)


def test_layers_are_a_numbered_table_with_their_sizes(shown):
    networks.show_layers("base_cnn", "Layers of the base CNN", "tab-x-layers")
    (text,) = shown
    assert text.startswith("~~~{table} Layers of the base CNN\n:name: tab-x-layers\n")
    assert " (26, 26, 32) |" in text
    assert " (5408) |" in text
    assert "542,230 parameters; " in text


def test_a_note_and_arguments_are_taken(shown):
    networks.show_layers(
        "base_cnn", "Layers", "tab-x-layers", note="Ours.", batch_norm="after_activation"
    )
    (text,) = shown
    assert "| conv1_bn" in text
    assert text.endswith("\nOurs.\n")
