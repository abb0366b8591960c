"""The generated parts of the book's pages: text made from executed notebooks alone."""

from pathlib import Path

import pandas as pd

from mnistlib import report, tables
from mnistlib.claims import load_claims, reported
from mnistlib.notebook import read_notebook
from mnistlib.plan import Profile
from mnistlib.summary import Summary

_NAMES = {"mnist": "MNIST", "digits": "scikit-learn's small digits"}
_DIGITS = {"percent": 2, "points": 2, "fraction": 4, "nats": 4, "probability": 4, "s": 1}
_COUNTS = {"count", "images"}
_SUFFIX = {
    "percent": f"{tables.THIN_SPACE}%",
    "points": " points",
    "nats": " nats",
    "s": f"{tables.THIN_SPACE}s",
}


def page(name: str, text: str | None = None) -> str:
    """Return a link to a notebook's page that works from any page of the book."""
    target = f"/book/notebooks/{name}"
    return f"{{doc}}`{text} <{target}>`" if text else f"{{doc}}`{target}`"


def headline(notebooks: list[Path]) -> str:
    """Return the table of what the papers printed and what this study measured.

    Args:
        notebooks: executed copies; those without headline rows are passed over.
    """
    rows, remarks = [], []
    for path in notebooks:
        for row in report.read_back(read_notebook(path)).get(report.HEADLINE, []):
            unit, printed = _claimed(row["claim_id"])
            rows.append(
                {
                    "Paper": f"{{cite:t}}`{row['paper']}`",
                    "System": row["system"],
                    "Quantity": row["quantity"],
                    "Paper's number": printed,
                    "Ours: mean (95 % interval), seeds": _ours(row, unit),
                    "Page": page(path.stem, path.stem.partition("_")[2] or path.stem),
                }
            )
            remarks.append(f"- **{row['system']}, {row['quantity']}:** {row['text']}")
    if not rows:
        return "No notebook of this report compares anything with a paper.\n"
    caption = "What the papers printed, and what this study measured"
    table = tables.table_directive(pd.DataFrame(rows), caption, "tab-headline")
    return f"{table}\n" + "\n".join(remarks) + "\n"


def _claimed(claim_id: str | None) -> tuple[str, str]:
    """Return a claim's unit and its printed value with the unit."""
    if claim_id is None:
        return "percent", tables.MISSING
    unit, value = load_claims().at[claim_id, "unit"], reported(claim_id)
    values = value if isinstance(value, list) else [value]
    write = tables.count if unit in _COUNTS else "{:.10g}".format
    return unit, ", ".join(map(write, values)) + _SUFFIX.get(unit, "")


def _ours(row: dict, unit: str) -> str:
    digits = _DIGITS.get(unit)

    def number(x) -> str:
        return tables.count(x) if digits is None and x == int(x) else f"{x:.{digits or 2}f}"

    spread = ""
    if row["low"] is not None and row["high"] is not None:
        spread = f" ({number(row['low'])}–{number(row['high'])})"
    seeds = f"{row['n_seeds']} seed" + ("" if row["n_seeds"] == 1 else "s")
    return f"{number(row['ours'])}{spread}{_SUFFIX.get(unit, '')}, {seeds}"


def profile(
    summary: Summary | None, profiles: dict[str, Profile], missing: list[str]
) -> str:
    """Return the banner that says which run this report shows.

    Args:
        summary: of the executed notebooks; None when it is not known.
        profiles: as study.yaml has them.
        missing: notebooks of the study that this report does not have.
    """
    if summary is None:
        return "```{warning}\nHow these notebooks were run is not known.\n```\n"
    lines = [
        f"**Profile `{name}`:** {profiles[name].about if name in profiles else 'unknown'}"
        for name in summary.profiles
    ]
    names = " and ".join(_NAMES[name] for name in summary.datasets)
    lines.append(f"**Data:** {names}.")
    kind = "note"
    if "digits" in summary.datasets:
        kind = "warning"
        lines.append("**This is not MNIST**: the numbers say nothing about the papers'.")
    if len(summary.profiles) > 1 or len(summary.datasets) > 1:
        kind = "warning"
        lines.append("The pages come from different runs: do not compare their numbers.")
    if summary.failed:
        kind = "warning"
        lines.append(
            f"**Failed**, shown as of an earlier run: {', '.join(summary.failed)}."
        )
    if missing:
        lines.append(f"Not in this report: {', '.join(missing)}.")
    return f"```{{{kind}}}\n" + "\n\n".join(lines) + "\n```\n"


def build_status(summary: Summary | None) -> str:
    """Return the tables of notebooks, machine and versions."""
    if summary is None:
        return "How these notebooks were run is not known.\n"
    notebooks = pd.DataFrame(
        {
            "Page": page(name),
            "Status": result.status,
            "Seconds": f"{result.seconds:.1f}",
            "Profile": result.profile,
            "Data": _NAMES[result.dataset],
            "Code": _code(result),
            "Finished (UTC)": result.finished.replace("T", " ").removesuffix("+00:00"),
        }
        for name, result in summary.notebooks.items()
    )
    machine = pd.DataFrame(
        {
            "Fact": ["system", "processor", "cores"],
            "Value": [str(summary.machine[k]) for k in ("system", "cpu", "cores")],
        }
    )
    versions = pd.DataFrame(
        {"Package": name, "Version": version or tables.MISSING}
        for name, version in summary.versions.items()
    )
    runs = tables.count(summary.runs_trained)
    return "\n".join(
        [
            f"The last run of the study took {summary.seconds:.1f} s, with "
            f"{summary.jobs} notebook(s) side by side and {summary.workers} training "
            f"process(es) each. It trained {runs} runs; a run that the store already held "
            "was read, not trained again.\n",
            tables.table_directive(notebooks, "Notebooks", "tab-status-notebooks"),
            tables.table_directive(machine, "Machine", "tab-status-machine"),
            tables.table_directive(versions, "Versions", "tab-status-versions"),
        ]
    )


def _code(result) -> str:
    if result.commit is None:
        return tables.MISSING
    return f"`{result.commit}`" + (" with changes" if result.dirty else "")
