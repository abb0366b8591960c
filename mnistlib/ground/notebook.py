"""A notebook's file: its parameters, and what is taken out of an executed copy."""

import ast
import contextlib
import os
import re
import sys
from pathlib import Path

from mnistlib.ground.errors import StudyError
from mnistlib.ground.paths import root
from mnistlib.ground.validation import shown

PARAMETERS = "parameters"
INJECTED = "injected-parameters"


@contextlib.contextmanager
def quick_imports():
    """Import nbformat in this block without what it never uses.

    Its jsonschema compiles the grammar of internationalised web addresses, when a package
    for it is there, each time it is imported; that takes more than a second. No notebook
    is checked for such an address, and jsonschema does without the package.
    """
    unused = "rfc3987_syntax"
    if unused in sys.modules:
        yield
        return
    sys.modules[unused] = None  # so that importing it raises ImportError
    try:
        yield
    finally:
        del sys.modules[unused]


def read_notebook(path: Path):
    """Return a notebook.

    Raises:
        StudyError: there is no such file, or it is not a notebook.
    """
    with quick_imports():
        import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)  # reading it logs what is wrong, and goes on
        return notebook
    except FileNotFoundError:
        raise StudyError(f"a notebook must be a file. Received: {path} (missing)") from None
    except Exception as error:  # of what is no notebook, nbformat raises anything
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise StudyError(
            f"a notebook must be readable. Received: {path} ({why[:200]}). "
            "Restore it, or save it in Jupyter again"
        ) from None


def tagged_parameters(notebook, tag: str = PARAMETERS) -> dict | None:
    """Return the names and values that a notebook's tagged cell assigns.

    Args:
        notebook: as `nbformat.read` returns it.
        tag: ``"parameters"`` for the defaults, ``"injected-parameters"`` for what
            papermill wrote.

    Returns:
        name -> value; None when no cell has the tag.

    Raises:
        StudyError: the cell holds something else than ``name = literal`` lines.
    """
    cell = next((c for c in notebook.cells if tag in c.metadata.get("tags", [])), None)
    if cell is None:
        return None
    values = {}
    try:
        for line in ast.parse(cell.source).body:
            if not isinstance(line, ast.Assign | ast.AnnAssign):
                raise ValueError
            targets = line.targets if isinstance(line, ast.Assign) else [line.target]
            (target,) = targets
            values[target.id] = ast.literal_eval(line.value)
    # The last two are for thousands of brackets or signs.
    except (
        SyntaxError,
        AttributeError,
        ValueError,
        TypeError,
        MemoryError,
        RecursionError,
    ):
        raise StudyError(
            f"the cell tagged {tag!r} must hold 'name = literal' lines only. "
            f"Received: {shown(cell.source.splitlines()[:1])} (cell {cell.get('id')!r}). "
            "Move everything else to another cell."
        ) from None
    return values


def clean(notebook) -> None:
    """Take out what differs from run to run or from machine to machine, in place.

    papermill's and the kernel's time stamps go; execution counts stay. The project's
    folder becomes ``.``, the home folder ``~``.
    """
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if INJECTED in cell.metadata.get("tags", []):
            cell["id"] = INJECTED  # papermill draws a random one
            # Folded on the page, as the defaults are: a table shows what was in force.
            cell.metadata["tags"] = [INJECTED, "hide-input"]
        for output in cell.get("outputs", []):
            if "text" in output:
                output["text"] = without_folders(output["text"])
            for kind, data in output.get("data", {}).items():
                if kind.startswith("text/"):
                    output["data"][kind] = without_folders(data)


def without_folders(text: str) -> str:
    """Return a text without this machine's folders: the project is ``.``, home is ``~``."""
    text = re.sub(r"/\S*?/ipykernel_\d+/\d+\.py", "<cell>", text)
    home = Path(os.path.expanduser("~"))  # itself where there is none
    for folder, name in ((root(), "."), (home, "~")):
        if folder.is_absolute() and folder != Path(folder.anchor):
            text = re.sub(rf"{re.escape(str(folder))}(?![\w.-])", name, text)
    return text
