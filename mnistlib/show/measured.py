"""What ``python -m bench`` measured, for the pages that print it."""

import json

from mnistlib.ground import paths


def result(part: str) -> dict | None:
    """Return what ``python -m bench PART`` wrote; None where it was never run."""
    path = paths.root() / "bench" / "results" / f"{part}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def not_measured(part: str) -> str:
    """Return the warning that stands in place of a part's tables."""
    return (
        "```{warning}\nNot measured in this copy: `python -m bench "
        f"{part}` measures it, and the next report shows it.\n```\n"
    )
