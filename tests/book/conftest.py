"""Every test here reads the compiled report's HTML, without a browser."""

from functools import lru_cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from built_report import report_html

__all__ = ["report_html"]


@lru_cache(maxsize=64)
def _parse(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture
def read(report_html):
    """Return a function that parses a page, named as in _toc.yml, or any HTML file."""

    def read_page(page: str | Path) -> BeautifulSoup:
        path = report_html / f"{page}.html" if isinstance(page, str) else page
        return _parse(path)

    return read_page
