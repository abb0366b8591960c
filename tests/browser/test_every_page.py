"""Every page, desktop and phone, light and dark: it loads, fits and can be read."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from built_report import contents

from tests.browser.conftest import SIZES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = [*contents(), "search"]
# axe-core also rates best practices; these two ranks are what keeps people out.
RANKS = {"serious", "critical"}


@pytest.mark.parametrize("page", PAGES)
def test_no_table_hides_its_last_column(visit, page):
    with visit(page) as watched:
        watched.page.evaluate(
            "document.querySelectorAll('details').forEach(e => { e.open = true; })"
        )
        for wide in ("desktop", "tablet"):
            width, height = SIZES[wide]
            watched.page.set_viewport_size({"width": width, "height": height})
            watched.page.wait_for_timeout(50)  # the fold's event comes after it
            hidden = watched.page.evaluate(
                "[...document.querySelectorAll('article table')].map(e => e.parentElement)"
                ".filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
            )
            assert [text[:80] for text in hidden] == [], wide


# What fits depends on the size, what can be read on the colours: not on both at once.
@pytest.mark.parametrize(("size", "theme"), [("desktop", "light"), ("phone", "dark")])
@pytest.mark.parametrize("page", PAGES)
def test_page(visit, page, size, theme):
    with visit(page, size, theme) as watched:
        assert watched.page.locator("html").get_attribute("data-theme") == theme
        assert watched.page.locator("h1").first.is_visible()

        # Everything is loaded at last: nothing came from a network, nothing went wrong.
        watched.page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        broken = watched.page.evaluate(
            "[...document.images].filter(i => i.complete && !i.naturalWidth)"
            ".map(i => i.src)"
        )
        assert broken == []

        # A page scrolls down, never sideways; wide tables scroll inside themselves.
        widths = watched.page.evaluate(
            "[document.documentElement, document.body, document.querySelector('article'),"
            " document.querySelector('.bd-article-container')].filter(e => e)"
            ".map(e => [e.tagName, e.className, e.scrollWidth - e.clientWidth])"
        )
        assert [w for w in widths if w[2] > 1] == []

        assert watched.errors == []
        assert [url for url in watched.requests if not url.startswith("file:")] == []

        # Preloading would fetch the style sheets again, which file:// does not allow.
        options = {"preload": False, "resultTypes": ["violations"]}
        found = Axe().run(watched.page, options=options).response["violations"]
        serious = [
            f"{v['id']}: {node['html'][:160]} {node['failureSummary'][:240]}"
            for v in found
            if v["impact"] in RANKS
            for node in v["nodes"]
        ]
        assert serious == []
