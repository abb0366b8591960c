"""Every test here opens the compiled report from file:// in a real headless Chromium."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from built_report import report_html

__all__ = ["report_html"]

SIZES = {"desktop": (1280, 900), "tablet": (768, 1024), "phone": (390, 844)}
ARGUMENTS = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """Return the browser's path: $CHROMIUM, or the first found of its usual names."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@dataclass
class Watched:
    """A page, and what it did that a report on paper would not do."""

    page: object
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; the tests are skipped where there is none."""
    path = chromium()
    if not path:
        pytest.skip("needs Chromium: install it, or name it in the variable CHROMIUM")
    from playwright.sync_api import sync_playwright

    # Chromium refuses its sandbox to root, which is who runs in most containers.
    sandbox = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=path, args=[*ARGUMENTS, *sandbox]
        )
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def visit(browser, report_html):
    """Return a context manager that opens a page of the report and watches it."""

    @contextmanager
    def open_page(page: str, size="desktop", theme="light", query="") -> Iterator[Watched]:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            reduced_motion="reduce",
        )
        # The reader's choice, as the theme's own button stores it.
        context.add_init_script(
            f"localStorage.setItem('mode', '{theme}');"
            f"localStorage.setItem('theme', '{theme}');"
        )
        watched = Watched(context.new_page())
        watched.page.on("request", lambda request: watched.requests.append(request.url))
        watched.page.on(
            "requestfailed",
            lambda request: watched.errors.append(f"failed: {request.url}"),
        )
        watched.page.on("pageerror", lambda error: watched.errors.append(str(error)))
        watched.page.on(
            "console",
            lambda line: (
                watched.errors.append(line.text)
                if line.type in ("error", "warning")
                else None
            ),
        )
        try:
            url = (report_html / f"{page}.html").as_uri()
            watched.page.goto(url + query, wait_until="load")
            watched.page.evaluate(
                "() => document.fonts.ready.then(() => window.MathJax?.startup?.promise)"
            )
            yield watched
        finally:
            context.close()

    return open_page
