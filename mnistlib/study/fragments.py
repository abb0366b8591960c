"""The generated parts of the book's pages: text made from executed notebooks alone."""

import pandas as pd

from mnistlib.show import tables
from mnistlib.study.headline import DATA_NAMES, page
from mnistlib.study.plan import Profile
from mnistlib.study.summary import Summary


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
    name = summary.profiles[0]
    lines = [
        f"**Profile `{name}`:** {profiles[name].about if name in profiles else 'unknown'}"
    ]
    if names := " and ".join(DATA_NAMES[name] for name in summary.datasets):
        lines.append(f"**Data:** {names}.")
    kind = "note"
    if "digits" in summary.datasets:
        kind = "warning"
        lines.append("**This is not MNIST**: the numbers say nothing about the papers'.")
    if len(summary.datasets) > 1:
        kind = "warning"
        lines.append("The pages come from different data: do not compare their numbers.")
    elif summary.apart:
        kind = "warning"
        for name, of in summary.apart.items():
            lines.append(f"One page is still of profile `{of}`: {page(name)}.")
        lines.append("What it measured stands in no picture and no table here.")
    if summary.failed:
        kind = "warning"
        lines.append(
            f"**Failed**, shown as of an earlier run: {', '.join(summary.failed)}."
        )
    if missing:
        lines.append(f"Not in this report: {', '.join(missing)}.")
    return f"```{{{kind}}}\n" + " ".join(lines) + "\n```\n"


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
            "Data": DATA_NAMES.get(result.dataset, tables.MISSING),
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
            f"{summary.workers} training process(es). It trained {runs} runs; a run that "
            "the store already held was read, not trained again: what it took is in its "
            "record.\n",
            tables.table_directive(notebooks, "Notebooks", "tab-status-notebooks"),
            tables.table_directive(machine, "Machine", "tab-status-machine"),
            tables.table_directive(versions, "Versions", "tab-status-versions"),
        ]
    )


def _code(result) -> str:
    if result.commit is None:
        return tables.MISSING
    return f"`{result.commit}`" + (" with changes" if result.dirty else "")
