"""The book's table of all parameters, made from the classes that check them."""

import pandas as pd

from mnistlib.chapters import params
from mnistlib.show import tables
from mnistlib.study.plan import load_study


def parameters() -> str:
    """Return a MyST table: parameter, default, meaning, and the notebooks that have it.

    Notebooks in which a parameter has the same default and meaning share a row.
    """
    notebooks: dict[tuple, list[str]] = {}
    names = load_study().notebooks
    for name in names:
        for field, info in params.of_notebook(name).model_fields.items():
            default = info.get_default(call_default_factory=True)
            row = (field, repr(default), info.description)
            notebooks.setdefault(row, []).append(name.partition("_")[0])
    rows = [
        {
            "Parameter": f"`{field}`",
            "Default": f"`{default}`",
            "Meaning": meaning,
            "Notebooks": "all" if len(those) == len(names) else ", ".join(those),
        }
        for (field, default, meaning), those in sorted(
            notebooks.items(), key=lambda item: (-len(item[1]), item[1])
        )
    ]
    caption = "All parameters of the notebooks"
    return tables.table_directive(pd.DataFrame(rows), caption, "tab-parameters")
