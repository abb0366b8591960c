"""Small helpers for generated sentences."""

import pandas as pd

from mnistlib.show.tables import count, p_value


def join(items) -> str:
    """Return items as a list in a sentence: "1, 3 and 7"; "none" without items."""
    items = [str(item) for item in items]
    if len(items) < 2:
        return "".join(items) or "none"
    return ", ".join(items[:-1]) + " and " + items[-1]


def number_of(n: int, one: str) -> str:
    """Return a count with its noun: "1 image", "2 images"."""
    return f"{count(n)} {one}" + ("" if n == 1 else "s")


def begins(n: int, one: str, many: str) -> str:
    """Begin a sentence with a count: 1 -> "One is", 12 -> "12 are", 0 -> "None are"."""
    names = ["None", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"]
    return f"{names[n] if n < len(names) else count(n)} {one if n == 1 else many}"


def p_text(p: float) -> str:
    """Return a p value in a sentence: "p = 0.027", "p < 0.001"."""
    text = p_value(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def directions(ahead: int, behind: int, runs: int) -> str:
    """Return at how many seeds which side is ahead: "+2 / −1 of 3"."""
    return f"+{ahead} / −{behind} of {runs}"


def power_sentence(table: pd.DataFrame) -> str:
    """Say how large a difference must be to be found by `mnistlib.stats.compare`.

    Args:
        table: what it returned; NaN where nothing was tested.
    """
    found = 100 * table["smallest_found"].dropna()
    if found.empty:
        return ""
    ends = dict.fromkeys(f"{end:.2f}" for end in (found.min(), found.max()))
    which = ", depending on the comparison," if len(ends) > 1 else ""
    return (
        f"These seeds find a difference of {' to '.join(ends)} points{which} in 80 of 100 "
        "cases; of smaller ones they miss more."
    )
