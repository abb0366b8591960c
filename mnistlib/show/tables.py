"""One look for every table: numbered, captioned, the same text on every run."""

import math
import re

import pandas as pd

THIN_SPACE = "\u202f"  # at which no line ends
MISSING = "–"


def percent(x: float, digits: int = 2) -> str:
    """Format a fraction as percent: 0.98765 -> "98.77 %"; NaN -> an en dash."""
    return MISSING if pd.isna(x) else f"{100 * x:.{digits}f}{THIN_SPACE}%"


def number(x: float, digits: int = 2) -> str:
    """Format a number with fixed digits; NaN -> an en dash."""
    return MISSING if pd.isna(x) else f"{x:.{digits}f}"


def interval(lo: float, hi: float, digits: int = 2) -> str:
    """Format an interval of fractions in percent: "97.66–98.22 %"; NaN -> an en dash."""
    if pd.isna(lo) or pd.isna(hi):
        return MISSING
    return f"{100 * lo:.{digits}f}–{100 * hi:.{digits}f}{THIN_SPACE}%"


def with_interval(mean: float, lo: float, hi: float, digits: int = 2) -> str:
    """Format a fraction with its interval, if it has one: "97.96 (97.66–98.22) %"."""
    if pd.isna(lo) or pd.isna(hi):
        return percent(mean, digits)
    inside = f"{100 * lo:.{digits}f}–{100 * hi:.{digits}f}"
    return f"{100 * mean:.{digits}f} ({inside}){THIN_SPACE}%"


def accuracy(mean: float, median: float, failed: int, n: int) -> str:
    """Format the accuracy of several runs: the mean, or where runs failed how many learned.

    Args:
        mean: over all runs, a fraction.
        median: over the runs that learned; NaN where none did.
        failed: runs that did not learn.
        n: all runs.
    """
    if not failed:
        return percent(mean)
    learned = f"{n - failed} of {n} learned"
    return learned if pd.isna(median) else f"{percent(median)} (median; {learned})"


def accuracy_columns(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return the columns of an accuracy with an interval for each doubt.

    Args:
        table: with the columns of `mnistlib.stats.intervals.accuracies`.
    """
    columns = {
        "accuracy": [accuracy(r.mean, r.median, r.failed, r.n) for r in table.itertuples()]
    }
    for title, part in (
        ("over seeds", ""),
        ("over images", "image_"),
        ("over both", "both_"),
    ):
        columns[title] = list(map(interval, table[f"{part}low"], table[f"{part}high"]))
    return columns


def p_value(p: float) -> str:
    """Format a p value: three decimals, "< 0.001" below that; NaN -> an en dash."""
    if pd.isna(p):
        return MISSING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def count(n: int) -> str:
    """Format a count with thin spaces between thousands: 159254 -> "159 254"."""
    return MISSING if pd.isna(n) else f"{int(n):,}".replace(",", THIN_SPACE)


def _cell(value) -> str:
    """Return the text of a cell without an explicit format."""
    if isinstance(value, list | tuple):
        return ", ".join(_cell(part) for part in value)
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    return str(value)


def _format_column(column: pd.Series, rule) -> list[str]:
    if rule is None:
        texts = [_cell(value) for value in column]
    elif callable(rule):
        texts = [rule(value) for value in column]
    else:
        texts = [MISSING if pd.isna(value) else format(value, rule) for value in column]
    # A bar or a line break would end the cell.
    return [text.replace("|", "\\|").replace("\n", " ") for text in texts]


def _is_numbers(cells: list[str]) -> bool:
    """Tell whether a column holds numbers (with units, intervals, exponents), not words."""
    bare = [re.sub(r"(?<=\d)e(?=[+-]?\d)", "", cell) for cell in cells]
    return not any(re.search(r"[^\W\d_]|`", cell) for cell in bare)


def to_markdown(frame: pd.DataFrame, formats: dict | None = None) -> str:
    """Return a frame as a pipe table; numbers to the right, text to the left.

    Args:
        frame: what to show; its index is not shown.
        formats: column -> function of a value, or format specification such as ".4f".

    Raises:
        ValueError: a format is given for a column that does not exist.
    """
    formats = formats or {}
    unknown = [column for column in formats if column not in frame.columns]
    if unknown:
        columns = ", ".join(map(str, frame.columns))
        raise ValueError(
            f"formats must name columns of the table ({columns}). "
            f"Received: formats[{unknown[0]!r}]. Correct the name or leave it out."
        )
    texts = {
        str(name): _format_column(column, formats.get(name))
        for name, column in frame.items()
    }
    return pd.DataFrame(texts).to_markdown(
        index=False,
        disable_numparse=True,  # "98.30" is a text here; its last zero has a meaning
        colalign=["right" if _is_numbers(cells) else "left" for cells in texts.values()],
    )


def table_directive(frame, caption: str, name: str | None = None, formats=None) -> str:
    """Return a MyST table directive with caption and label as text."""
    if not caption.strip() or "\n" in caption:
        raise ValueError(
            "caption must be one line of text. "
            f"Received: caption={caption!r} ({type(caption).__name__}). Shorten it."
        )
    option = f":name: {name}\n" if name else ""
    # A fence of backticks would end its directive at the first backtick of the caption.
    return f"~~~{{table}} {caption}\n{option}\n{to_markdown(frame, formats)}\n~~~\n"


def folded(title: str, text: str) -> str:
    """Return MyST text under a line that unfolds it, for what stands beneath an answer."""
    # Colons, so that the text may hold fences of backticks and tildes.
    return f"::::{{dropdown}} {title}\n{text}\n::::\n"


def numbered_table(frame, caption: str, name: str, formats=None, note: str | None = None):
    """Display a frame as a numbered table of the report.

    The cell needs the metadata ``mystnb.markdown_format: myst``.

    Args:
        frame: DataFrame to show; its index is not shown.
        caption: one line.
        name: label for references, "tab-" and then lower-case letters, digits, dashes.
        formats: column -> function of a value, or format specification such as ".4f".
        note: Markdown below the table, or None.

    Raises:
        ValueError: a bad label or caption, or a format for an unknown column.
    """
    from IPython.display import Markdown, display

    if not re.fullmatch(r"tab-[a-z0-9]+(-[a-z0-9]+)*", name):
        raise ValueError(
            "name must be 'tab-' and then lower-case letters, digits and single dashes. "
            f"Received: name={name!r} ({type(name).__name__}). Rename the table."
        )
    text = table_directive(frame, caption, name, formats)
    display(Markdown(f"{text}\n{note}\n" if note else text))
