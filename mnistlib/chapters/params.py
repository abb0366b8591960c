"""Every chapter's parameters, found by folder: ``chapters/<name>/params.py``.

The folder of a notebook is its name without the number: ``02_optimizers`` is of the chapter
``optimizers``. A chapter that has no such file has no notebook.
"""

import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from mnistlib.chapters.parameters import NotebookParams
from mnistlib.ground.errors import ParameterError
from mnistlib.ground.validation import shown

# Chapter -> the class of its notebook's parameters.
PARAMS: dict[str, type[NotebookParams]] = {
    file.parent.name: import_module(f"mnistlib.chapters.{file.parent.name}.params").Params
    for file in sorted(Path(__file__).parent.glob("*/params.py"))
}


def of_notebook(notebook: str) -> type[NotebookParams]:
    """Return the class of a notebook's parameters.

    Raises:
        ParameterError: the notebook has no chapter with parameters.
    """
    chapter = re.sub(r"^[0-9]+_", "", notebook)
    if chapter not in PARAMS:
        raise ParameterError(
            "a notebook must be named after a chapter with a params.py in "
            f"mnistlib/chapters ({', '.join(PARAMS)}). Received: notebook="
            f"{shown(notebook)} (str). Write that file, or correct the name"
        )
    return PARAMS[chapter]


def check(notebook: str, values: Mapping[str, Any]) -> NotebookParams:
    """Return the checked parameters of a notebook, by its name.

    Raises:
        ParameterError: the notebook is unknown, or as ``NotebookParams.from_mapping``.
    """
    return of_notebook(notebook).from_mapping(values, notebook)
