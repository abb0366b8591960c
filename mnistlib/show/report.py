"""What a notebook says to the book: named values, notices and findings.

Values are glued as JSON text without being shown. `read_back` returns them from an executed
notebook: the front page and the scoreboard are made from them.
"""

import json
import math

import numpy as np
import pandas as pd

from mnistlib.claims.evidence import Evidence, to_dict
from mnistlib.claims.registry import load_claims
from mnistlib.ground.errors import StudyError
from mnistlib.show.tables import folded, table_directive

HEADLINE, EVIDENCE = "headline", "evidence"
OURS = "this study"  # in the place of a paper, for systems of our own
_ROW_KEYS = {
    "paper",
    "system",
    "quantity",
    "claim_id",
    "ours",
    "low",
    "high",
    "n_seeds",
    "text",
}
# What judges a printed number; a row of our own may leave it out.
_ENDS = ["one_low", "one_high", "image_low", "image_high"]
# It changes how long a study takes, never what it finds.
_NOT_SHOWN = {"workers"}


class _Json:
    """A value whose representation, which is what glue stores, is its JSON text."""

    def __init__(self, value):
        self.text = json.dumps(value, ensure_ascii=False, allow_nan=False)

    def __repr__(self):
        return self.text


def _plain(value, name: str):
    """Return a value as plain Python: JSON has no numpy types and no NaN."""
    if isinstance(value, dict):
        return {str(key): _plain(part, f"{name}.{key}") for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, f"{name}[{i}]") for i, part in enumerate(value)]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist(), name)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise ValueError(
        "an emitted value must be text, a bool, a finite number, or a list or dict of "
        f"these. Received: {name}={value!r} ({type(value).__name__}). "
        "Emit None for what does not exist."
    )


def emit(name: str, value) -> None:
    """Store a value in the notebook under a name, without showing it.

    Args:
        name: a Python identifier, used once in the notebook.
        value: text, bool, finite number, or a list or dict of these; numpy values are cast.

    Raises:
        ValueError: a bad name, a number that is not finite, or another type.
    """
    from myst_nb import glue

    from mnistlib.ground.notebook import quick_imports

    if not name.isidentifier():
        raise ValueError(
            "name must be letters, digits and underscores, not starting with a digit. "
            f"Received: name={name!r} ({type(name).__name__}). Rename it."
        )
    text = _Json(_plain(value, name))
    with quick_imports():  # the first call loads nbformat
        glue(name, text, display=False)


def headline(rows: list[dict]) -> None:
    """Store a notebook's rows of the front page's table: what a paper printed, what we got.

    Args:
        rows: dicts with the keys paper (its id, or `OURS`), system, quantity (text),
            claim_id (id in claims.yaml, or None where the paper printed nothing), ours
            (number, in the claim's unit; None where a run gave none), low and high
            (interval of our mean over seeds), one_low and one_high (of one more run),
            image_low and image_high (over test images), each NaN, None or left out where
            there is none; place (of the printed value in the interval of one more run:
            "inside", "below", "above", or ""), n_seeds, text (one sentence).
            `mnistlib.show.reproduction.headline_row` makes them.

    Raises:
        ValueError: a key is missing or too many, a claim is unknown or another paper's.
    """
    claims = load_claims()
    checked = []
    for i, row in enumerate(rows):
        row = dict.fromkeys(_ENDS) | {"place": ""} | row
        wrong = sorted({*_ROW_KEYS, *_ENDS, "place"}.symmetric_difference(row))
        if wrong:
            raise ValueError(
                f"a headline row must have the keys {', '.join(sorted(_ROW_KEYS))}. "
                f"Received: rows[{i}] with {', '.join(wrong)} missing or unknown (dict). "
                "Correct the row."
            )
        claim_id = row["claim_id"]
        if claim_id is not None and (
            claim_id not in claims.index or claims.at[claim_id, "paper"] != row["paper"]
        ):
            raise ValueError(
                f"claim_id must be a claim of {row['paper']} in claims.yaml, or None. "
                f"Received: claim_id={claim_id!r} ({type(claim_id).__name__}). "
                "Look it up with load_claims()."
            )
        ends = {k: None if pd.isna(row[k]) else row[k] for k in ("low", "high", *_ENDS)}
        checked.append({**row, **ends})
    emit(HEADLINE, checked)


def evidence(items: list[Evidence]) -> None:
    """Store what this notebook holds against the papers' claims, for the scoreboard.

    Args:
        items: `Printed`, `Fact` or `Untestable`; several readings of one claim are several.
    """
    emit(EVIDENCE, [to_dict(item) for item in items])


def _show(markdown: str) -> None:
    from IPython.display import Markdown, display

    display(Markdown(markdown))


def put_here(name: str) -> None:
    """Keep a place near the top of a page, which a later cell fills with `fill`.

    An answer is read first and known last. Until then the place says so.

    Args:
        name: of the place, such as "answer".
    """
    from IPython.display import Markdown, display

    waiting = Markdown("*This is filled in when the page has run to its end.*")
    display(waiting, display_id=name)


def fill(name: str, content) -> None:
    """Show something at the place that `put_here` kept, and not in the cell that calls.

    Args:
        name: of the place.
        content: Markdown text, or a matplotlib figure.
    """
    from IPython.display import Markdown, display

    if not isinstance(content, str):
        import matplotlib.pyplot as plt

        display(content, display_id=name, update=True)
        plt.close(content)  # or the cell would show it again at its end
        return
    display(Markdown(content), display_id=name, update=True)


def parameters_table(params) -> None:
    """Display the parameters of this run, folded; one that is not the default is bold.

    The cell needs the metadata ``mystnb.markdown_format: myst``.

    A size that was cut to what the data have says so beside its meaning.

    Args:
        params: a pydantic model with a default and a description per field; its ``cuts``,
            if it has them, are name -> text.
    """
    rows, cuts = [], getattr(params, "cuts", {})
    for name, field in type(params).model_fields.items():
        if name in _NOT_SHOWN:
            continue
        value, default = getattr(params, name), field.get_default(call_default_factory=True)
        text = f"`{value!r}`" if value == default else f"**`{value!r}`**"
        rows.append(
            {
                "parameter": f"`{name}`",
                "value": text,
                "default": f"`{default!r}`",
                "meaning": f"{field.description}; {cuts[name]}"
                if name in cuts
                else field.description,
            }
        )
    caption = "Parameters of this run"
    _show(folded(caption, table_directive(pd.DataFrame(rows), caption)))


def dataset_notice(dataset, cuts: dict[str, str] | None = None, used: str = "") -> None:
    """Display which data set this page is about; a warning when it is not MNIST.

    The cell needs the metadata ``mystnb.markdown_format: myst``. The place the files came
    from is not shown: the page is the same on every machine.

    Args:
        dataset: a `mnistlib.data.Dataset`.
        cuts: what was cut because the data have fewer images, parameter -> text.
        used: what of MNIST a page takes, in a sentence; of the digits it takes all.
    """
    counts = (
        f"{len(dataset.x_train):,} training and {len(dataset.x_test):,} test images, "
        f"SHA-256 `{dataset.sha256[:16]}…`"
    )
    cut = " ".join(f"`{name}`: {text}." for name, text in (cuts or {}).items())
    cut = f" **Fewer images than asked for.** {cut}" if cut else ""
    if dataset.name == "mnist":
        _show(
            f"```{{note}}\nAll results on this page are on **MNIST**: {counts}."
            f"{' ' + used if used else ''}{cut}\n```\n"
        )
        return
    why = (
        "MNIST could not be had, so the study fell back to what scikit-learn brings."
        if dataset.is_fallback
        else "They were asked for by name."
    )
    _show(
        "```{warning}\n"
        "**This is not MNIST.** All results on this page are on scikit-learn's small "
        f"`{dataset.name}` data, brought to 28×28: {counts}. {why} "
        "They show that the study runs; they say nothing about the papers' numbers."
        f"{cut}\n```\n"
    )


def finding(text: str) -> None:
    """Display a finding: Markdown text made from numbers of this run."""
    _show(text)


def read_back(notebook) -> dict:
    """Return the values that an executed notebook emitted, by name.

    Args:
        notebook: a notebook as `nbformat.read` returns it.

    Raises:
        StudyError: a name was emitted twice.
    """
    values = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            glued = output.get("metadata", {}).get("scrapbook")
            if not glued:
                continue
            name, key = glued["name"], glued["mime_prefix"] + "text/plain"
            if name in values:
                raise StudyError(
                    "a notebook must emit each name once. "
                    f"Received: name={name!r} (str), again in cell {cell.get('id')!r}. "
                    "Rename one of the two."
                )
            values[name] = json.loads(output["data"][key])
    return values
