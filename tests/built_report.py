"""The compiled report that the tests of the book and of the browser look at.

``$MNISTLIB_HTML`` names a folder of HTML to test; without it the report is compiled once
from the committed notebooks, also when several processes of pytest share the work.
"""

import os
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

from mnistlib.ground import paths
from mnistlib.study.book import build_book


def contents() -> list[str]:
    """Return the pages that _toc.yml lists, as paths without a suffix, root first."""
    toc = yaml.safe_load((paths.root() / "_toc.yml").read_text(encoding="utf-8"))
    pages = [toc["root"]]
    for part in toc["parts"]:
        pages += [chapter["file"] for chapter in part["chapters"]]
    return pages


@pytest.fixture(scope="session")
def report_html(tmp_path_factory) -> Path:
    """The folder of the compiled report's HTML."""
    if given := os.environ.get("MNISTLIB_HTML"):
        folder = Path(given).resolve()
        assert (folder / "index.html").is_file(), f"MNISTLIB_HTML={given} has no index.html"
        return folder
    base = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        base = base.parent
    with FileLock(base / "report.lock"):
        index = base / "report" / "html" / "index.html"
        return (
            index if index.is_file() else build_book(paths.published_dir(), base / "report")
        ).parent
