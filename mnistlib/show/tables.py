"""One look for every table: numbered, captioned, the same text on every run."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import pandas as pd

THIN_SPACE = "\u202f"  # at which no line ends
MISSING = "–"
MINUS = "\u2212"


def percent(x: float, digits: int = 2) -> str:
    """Format a fraction as percent: 0.98765 -> "98.77 %"; NaN -> an en dash."""
    return MISSING if pd.isna(x) else f"{100 * x:.{digits}f}{THIN_SPACE}%"


def number(x: float, digits: int = 2) -> str:
    """Format a number with fixed digits; NaN -> an en dash."""
    return MISSING if pd.isna(x) else f"{x:.{digits}f}"


def ends(lo: float, hi: float, digits: int = 2) -> str:
    """Format an interval of fractions in percent, the head has the unit: "97.66–98.22"."""
    if pd.isna(lo) or pd.isna(hi):
        return MISSING
    return f"{100 * lo:.{digits}f}–{100 * hi:.{digits}f}"


def interval(lo: float, hi: float, digits: int = 2) -> str:
    """Format an interval of fractions in percent: "97.66–98.22 %"; NaN -> an en dash."""
    text = ends(lo, hi, digits)
    return text if text == MISSING else f"{text}{THIN_SPACE}%"


def with_interval(mean: float, lo: float, hi: float, digits: int = 2) -> str:
    """Format a fraction with its interval, if it has one: "97.96 (97.66–98.22) %"."""
    if pd.isna(lo) or pd.isna(hi):
        return percent(mean, digits)
    return f"{100 * mean:.{digits}f} ({ends(lo, hi, digits)}){THIN_SPACE}%"


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Format a median with the least and the largest: "2.31 (2.20–2.52)"; NaN -> a dash.

    These three alone give the same text as the values that they are of.
    """
    if pd.isna(list(values)).any():
        return MISSING
    return (
        f"{median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"
    )


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


def p_value(p: float) -> str:
    """Format a p value: three decimals, "< 0.001" below that; NaN -> an en dash."""
    if pd.isna(p):
        return MISSING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def count(n: float) -> str:
    """Format a count, rounded, with commas between thousands: 159254 -> "159,254"."""
    return MISSING if pd.isna(n) else f"{round(n):,}"


def points(x: float, digits: int = 2) -> str:
    """Format a difference of fractions in percentage points: 0.0052 -> "+0.52"."""
    return MISSING if pd.isna(x) else f"{100 * x:+.{digits}f}".replace("-", MINUS)


def images(n: float) -> str:
    """Format a difference in images, maybe a mean: 12.333 -> "+12.3", 12 -> "+12"."""
    return MISSING if pd.isna(n) else f"{round(n, 1):+g}".replace("-", MINUS)


def points_between(low: float, high: float, digits: int = 2) -> str:
    """Format the interval of a difference: "−0.10 to +1.14"; NaN -> an en dash."""
    if pd.isna(low) or pd.isna(high):
        return MISSING
    # No-break spaces keep the two ends in one line of a cell.
    return f"{points(low, digits)}\u00a0to\u00a0{points(high, digits)}"


def points_interval(x: float, low: float, high: float, digits: int = 2) -> str:
    """Format a difference with its interval: "+0.52 (−0.10 to +1.14)"."""
    if pd.isna(low) or pd.isna(high):
        return points(x, digits)
    return f"{points(x, digits)} ({points_between(low, high, digits)})"


def rate(x: float) -> str:
    """Format a rate or difference: 0.01 -> "0.01", 1e-5 -> "10⁻⁵"; NaN -> an en dash."""
    if pd.isna(x):
        return MISSING
    if x == 0 or x >= 1e-4:
        return f"{x:g}"
    digits, exponent = f"{x:e}".split("e")
    power = "10⁻" + str(-int(exponent)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return power if float(digits) == 1 else f"{float(digits):g} × {power}"


@dataclass(frozen=True)
class Column:
    """A column of a table: what it is made of, its head, and how a value is written.

    Args:
        field: column of the frame, or several, whose values go to the format together.
        title: its head in the table; default the field's name with spaces.
        format: function of the value or values, or a format specification such as ".4f";
            default: text as it stands, a dash for what is missing.
    """

    field: str | tuple[str, ...]
    title: str = ""
    format: Callable[..., str] | str | None = None

    def texts(self, frame: pd.DataFrame) -> list[str]:
        """Return the column's cells for a frame."""
        if isinstance(self.field, str):
            return _format_column(frame[self.field], self.format)
        values = zip(*(frame[name] for name in self.field), strict=True)
        return [_escape(self.format(*some)) for some in values]

    @property
    def head(self) -> str:
        """Return the column's head."""
        return self.title or str(self.field).replace("_", " ")


# Of a frame with the columns of `mnistlib.stats.intervals.accuracies`: an accuracy, with an
# interval for each doubt.
ACCURACY = [
    Column(("mean", "median", "failed", "n"), "accuracy", accuracy),
    Column(("low", "high"), "over seeds, %", ends),
    Column(("image_low", "image_high"), "over images, %", ends),
    Column(("both_low", "both_high"), "over both, %", ends),
]
# Of a frame with the columns of `mnistlib.stats.compare.compare` and images.
DIFFERENCE = [
    Column("mean_difference", "points", points),
    Column("images", "images", images),
    Column(("low", "high"), "95 % interval", points_between),
    Column("p_holm", "p (Holm)", p_value),
]


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
    return list(map(_escape, texts))


def _escape(text: str) -> str:
    """Return a cell's text without what would end the cell: a bar, a line break."""
    return text.replace("|", "\\|").replace("\n", " ")


def _is_numbers(cells: list[str]) -> bool:
    """Tell whether a column holds numbers (with units, intervals, exponents), not words."""
    bare = [re.sub(r"(?<=\d)e(?=[+-]?\d)", "", cell) for cell in cells]
    return not any(re.search(r"[^\W\d_]|`", cell) for cell in bare)


def to_markdown(frame: pd.DataFrame, columns: Sequence[Column] | None = None) -> str:
    """Return a frame as a pipe table; numbers to the right, text to the left.

    Args:
        frame: what to show; its index is not shown.
        columns: what is shown of it; default every column, as it stands.

    Raises:
        ValueError: a column is made of one that the frame does not have.
    """
    if columns is None:
        columns = [Column(name, str(name)) for name in frame.columns]
    for column in columns:
        made_of = [column.field] if isinstance(column.field, str) else column.field
        if unknown := [name for name in made_of if name not in frame.columns]:
            known = ", ".join(map(str, frame.columns))
            raise ValueError(
                f"a Column must be made of columns of the frame ({known}). "
                f"Received: field={unknown[0]!r}. Correct the name or leave it out."
            )
    texts = {column.head: column.texts(frame) for column in columns}
    return pd.DataFrame(texts).to_markdown(
        index=False,
        disable_numparse=True,  # "98.30" is a text here; its last zero has a meaning
        colalign=["right" if _is_numbers(cells) else "left" for cells in texts.values()],
    )


def table_directive(
    frame, caption: str, name: str | None = None, columns=None, sortable: bool = False
) -> str:
    """Return a MyST table directive with caption and label as text.

    Args:
        frame, columns: as `to_markdown` takes them.
        caption: one line.
        name: label for references.
        sortable: whether a reader may sort and filter the rows.
    """
    if not caption.strip() or "\n" in caption:
        raise ValueError(
            "caption must be one line of text. "
            f"Received: caption={caption!r} ({type(caption).__name__}). Shorten it."
        )
    option = f":name: {name}\n" if name else ""
    option += ":class: sortable\n" if sortable else ""
    # A fence of backticks would end its directive at the first backtick of the caption.
    return f"~~~{{table}} {caption}\n{option}\n{to_markdown(frame, columns)}\n~~~\n"


def folded(title: str, text: str) -> str:
    """Return MyST text under a line that unfolds it, for what stands beneath an answer."""
    # Colons, so that the text may hold fences of backticks and tildes.
    return f"::::{{dropdown}} {title}\n{text}\n::::\n"


def numbered_table(
    frame,
    caption: str,
    name: str,
    columns=None,
    note: str | None = None,
    sortable: bool = False,
):
    """Display a frame as a numbered table of the report.

    The cell needs the metadata ``mystnb.markdown_format: myst``.

    Args:
        frame: DataFrame to show; its index is not shown.
        caption: one line.
        name: label for references, "tab-" and then lower-case letters, digits, dashes.
        columns: `Column` list, what is shown of it; default every column, as it stands.
        note: Markdown below the table, or None.
        sortable: whether a reader may sort and filter the rows.

    Raises:
        ValueError: a bad label or caption, or a column of what the frame does not have.
    """
    from IPython.display import Markdown, display

    if not re.fullmatch(r"tab-[a-z0-9]+(-[a-z0-9]+)*", name):
        raise ValueError(
            "name must be 'tab-' and then lower-case letters, digits and single dashes. "
            f"Received: name={name!r} ({type(name).__name__}). Rename the table."
        )
    text = table_directive(frame, caption, name, columns, sortable)
    display(Markdown(f"{text}\n{note}\n" if note else text))
