"""A network as the report shows it: the source of its builder, the table of its layers."""

import ast
import inspect
from collections.abc import Callable

from mnistlib.models import facts
from mnistlib.show import tables


def source_without_docstring(function: Callable) -> str:
    """Return a function's source as it stands in its file, but for its docstring."""
    source = inspect.getsource(function)
    (definition,) = ast.parse(source).body
    lines = source.splitlines()
    if ast.get_docstring(definition) is not None:
        docstring = definition.body[0]
        del lines[docstring.lineno - 1 : docstring.end_lineno]
    return "\n".join(lines)


def show_source(*functions: Callable) -> None:
    """Display the source of functions, folded, each under the name of its module.

    The cell needs the metadata ``mystnb.markdown_format: myst``.

    Args:
        *functions: a network's builder and what it calls. They begin at the margin.
    """
    from IPython.display import Markdown, display

    for function in functions:
        file = function.__module__.replace(".", "/")
        title = f"Source of `{function.__name__}`, in `{file}.py`"
        code = f"```python\n{source_without_docstring(function)}\n```"
        display(Markdown(tables.folded(title, code)))


def show_layers(
    model: str, caption: str, name: str, note: str | None = None, **model_args
) -> None:
    """Display the layers of a network as a numbered table.

    Args:
        model: a key of ``models.BUILDERS``.
        caption, name, note: as `tables.numbered_table` takes them; without a note, the
            parameters and the multiply-accumulates are said.
        **model_args: arguments of that builder.
    """
    if note is None:
        sizes = facts.network_facts(model, **model_args)
        parameters, macs = tables.count(sizes["parameters"]), tables.count(sizes["macs"])
        work = "multiply-accumulates to classify one image."
        note = f"{parameters} parameters; {macs} {work}"
    tables.numbered_table(
        facts.network_layers(model, **model_args),
        caption,
        name,
        [
            tables.Column("layer"),
            tables.Column("kind"),
            tables.Column("output shape", format=_shape),
            tables.Column("parameters", format=tables.count),
        ],
        note=note,
    )


def _shape(sides: tuple) -> str:
    return f"({', '.join(map(str, sides))})"
