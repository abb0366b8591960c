"""The table of what the papers print and what this study measured: report and README."""

from pathlib import Path

import pandas as pd

from mnistlib.claims.registry import load_claims, papers, reported
from mnistlib.ground.errors import StudyError
from mnistlib.ground.notebook import read_notebook
from mnistlib.show import report, tables
from mnistlib.study.summary import Summary, read_summary

CAPTION = "What the papers print, and what this study measured"
BEGIN = "<!-- Results: `mnistlib study --publish` writes what follows. -->"
END = "<!-- End of the results. -->"

DATA_NAMES = {"mnist": "MNIST", "digits": "scikit-learn's small digits"}
_DIGITS = {"percent": 2, "points": 2, "fraction": 4, "nats": 4, "probability": 4, "s": 1}
_COUNTS = {"count", "images"}
# Percent stand with their numbers; any other unit with the name of the quantity.
_NAMED = {"points", "nats", "s"}


def page(name: str, text: str | None = None) -> str:
    """Return a link to a notebook's page that works from any page of the book."""
    target = f"/book/notebooks/{name}"
    return f"{{doc}}`{text} <{target}>`" if text else f"{{doc}}`{target}`"


def comparisons(notebooks: list[Path]) -> pd.DataFrame:
    """Return a row for each number that a notebook sets beside a paper's.

    Args:
        notebooks: executed copies; those without headline rows are passed over.

    Returns:
        DataFrame of texts: notebook, paper (key), system, quantity, printed, measured,
        interval (over seeds), seeds, text.
    """
    rows = []
    for path in notebooks:
        for row in report.read_back(read_notebook(path)).get(report.HEADLINE, []):
            unit, printed = _claimed(row["claim_id"])
            low, high = row["low"], row["high"]
            known = low is not None and high is not None
            ends = f"{_number(low, unit)}–{_number(high, unit)}" if known else ""
            rows.append(
                {
                    "notebook": path.stem,
                    "paper": row["paper"],
                    "system": row["system"],
                    "quantity": row["quantity"].removesuffix(", %")
                    + (f" ({unit})" if unit in _NAMED else ""),
                    "printed": printed,
                    "measured": _number(row["ours"], unit) + _percent(unit),
                    "interval": ends + _percent(unit) if ends else tables.MISSING,
                    "seeds": str(row["n_seeds"]),
                    "text": row["text"],
                }
            )
    return pd.DataFrame(rows)


def _claimed(claim_id: str | None) -> tuple[str, str]:
    """Return a claim's unit and its printed value with the unit."""
    if claim_id is None:
        return "percent", tables.MISSING
    unit, value = load_claims().at[claim_id, "unit"], reported(claim_id)
    values = value if isinstance(value, list) else [value]
    write = tables.count if unit in _COUNTS else "{:.10g}".format
    return unit, ", ".join(map(write, values)) + _percent(unit)


def _percent(unit: str) -> str:
    return f"{tables.THIN_SPACE}%" if unit == "percent" else ""


def _number(x: float | None, unit: str) -> str:
    if pd.isna(x):  # a mean of runs of which one diverged
        return tables.MISSING
    digits = _DIGITS.get(unit)
    if digits is None and x == int(x):
        return tables.count(x)
    return f"{x:.{digits or 2}f}".replace("-", "−")


def _table(found: pd.DataFrame, paper) -> pd.DataFrame:
    """Return the columns that a reader sees; ``paper`` writes a paper's name."""
    return pd.DataFrame(
        {
            "Paper": found["paper"].map(paper),
            "System": found["system"],
            "Quantity": found["quantity"],
            "Printed": found["printed"],
            "Measured": found["measured"],
            "95 % interval": found["interval"],
            "Seeds": found["seeds"],
        }
    )


def headline(notebooks: list[Path]) -> str:
    """Return the front page's table as MyST, with what is said of each row folded below.

    Args:
        notebooks: executed copies; those without headline rows are passed over.
    """
    found = comparisons(notebooks)
    if found.empty:
        return "No notebook of this report compares anything with a paper.\n"
    years = set(papers()["key"])
    shown = _table(found, lambda key: f"{{cite:t}}`{key}`" if key in years else key)
    shown["System"] = [page(row.notebook, row.system) for row in found.itertuples()]
    remarks = "\n".join(
        f"- **{row.system}, {row.quantity}:** {row.text}" for row in found.itertuples()
    )
    return (
        tables.table_directive(shown, CAPTION, "tab-headline")
        + "\nThe interval is Student's, over seeds; one seed gives none. "
        "Each system leads to its page.\n\n"
        + f"::::{{dropdown}} What each row says\n{remarks}\n::::\n"
    )


def readme_block(notebooks: list[Path], summary: Summary) -> str:
    """Return the README's table of results, between its two marks.

    Args:
        notebooks: executed copies, published.
        summary: of their run.
    """
    found = comparisons(notebooks)
    if found.empty:
        lines = "No notebook compares anything with a paper yet."
    else:
        data = ", ".join(DATA_NAMES[name] for name in summary.datasets)
        about = f"Profile `{'`, `'.join(summary.profiles)}`, {data}."
        if set(summary.profiles) != {"full"}:
            about += (
                " This is not the full study: it takes part of the images and few epochs. "
                "That alone lowers every accuracy, so these are no verdict on any paper."
            )
        lines = f"{CAPTION}. {about}\n\n" + tables.to_markdown(
            _table(found, lambda key: f"`{key}`")
        )
    return f"{BEGIN}\n\n{lines}\n\n{END}"


def update_readme(readme: Path, notebooks: Path) -> None:
    """Write the table of results of published notebooks into a README.

    A README without the two marks, or none at all, is left alone.

    Args:
        readme: file to change.
        notebooks: folder of the executed copies and ``summary.json``.

    Raises:
        StudyError: the README has one of the marks without the other.
    """
    if not readme.is_file():
        return
    text = readme.read_text(encoding="utf-8")
    if (BEGIN in text) != (END in text):
        raise StudyError(
            f"a README must have both marks of its results, or none. Received: {readme} "
            f"with {BEGIN if BEGIN in text else END!r} alone; put the other back"
        )
    summary = read_summary(notebooks)
    if BEGIN not in text or summary is None:
        return
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    block = readme_block(sorted(notebooks.glob("*.ipynb")), summary)
    readme.write_text(before + block + after, encoding="utf-8")
