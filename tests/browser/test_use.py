"""What a reader does: search, unfold code, change the colours, walk by keyboard."""

import pytest
from built_report import contents

pytestmark = [pytest.mark.browser]

FRONT = contents()[0]
NOTEBOOK = next(page for page in contents() if page.startswith("book/notebooks/"))


def test_search_works_without_a_server(visit):
    with visit("search", query="?q=Adadelta") as watched:
        results = watched.page.locator("#search-results li a")
        # Sphinx adds one result at a time.
        link = watched.page.locator("#search-results li a[href*=papers]")
        link.first.wait_for(timeout=10_000)
        results.first.click()
        watched.page.wait_for_load_state()
        assert "Adadelta" in watched.page.locator("article").inner_text()
        assert [url for url in watched.requests if not url.startswith("file:")] == []


def test_search_says_when_it_finds_nothing(visit):
    with visit("search", query="?q=zzyzzx") as watched:
        text = watched.page.locator("#search-results").first
        watched.page.wait_for_function(
            "document.querySelector('#search-results').innerText.includes('did not match')"
        )
        assert "did not match" in text.inner_text()


def test_the_search_dialog_opens_by_keyboard_and_leads_to_results(visit):
    with visit(FRONT) as watched:
        watched.page.keyboard.press("Control+k")
        field = watched.page.locator("#pst-search-dialog input[type=search]")
        field.wait_for(state="visible")
        assert field.evaluate("e => e === document.activeElement")
        watched.page.keyboard.type("Wilson")
        watched.page.keyboard.press("Enter")
        watched.page.wait_for_url("**/search.html?q=Wilson")
        watched.page.locator("#search-results li a").first.wait_for()


def test_code_unfolds_by_keyboard(visit):
    with visit(NOTEBOOK) as watched:
        summary = watched.page.locator("details.hide summary").first
        code = watched.page.locator("details.hide .cell_input").first
        assert not code.is_visible()
        summary.focus()
        watched.page.keyboard.press("Enter")
        assert code.is_visible()
        watched.page.keyboard.press("Enter")
        assert not code.is_visible()


def test_the_first_key_offers_the_main_content(visit):
    with visit(FRONT) as watched:
        watched.page.keyboard.press("Tab")
        link = watched.page.locator(".skip-link a")
        assert link.evaluate("e => e === document.activeElement")
        assert link.is_visible()
        assert link.bounding_box()["y"] >= 0
        watched.page.keyboard.press("Enter")
        assert watched.page.url.endswith("#main-content")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_whatever_has_the_focus_shows_it(visit, theme):
    shows = """() => {
        const e = document.activeElement;
        if (e === document.body) return null;
        const s = getComputedStyle(e), box = e.getBoundingClientRect();
        return {html: e.outerHTML.slice(0, 120), outline: s.outlineStyle !== 'none'
            && parseFloat(s.outlineWidth) >= 2, visible: box.width > 0 && box.height > 0};
    }"""
    with visit(NOTEBOOK, theme=theme) as watched:
        seen = []
        for _ in range(60):
            watched.page.keyboard.press("Tab")
            if found := watched.page.evaluate(shows):
                seen.append(found)
        assert len(seen) > 25
        assert [f["html"] for f in seen if not (f["outline"] and f["visible"])] == []


def test_the_colours_change_and_stay_changed(visit):
    with visit(FRONT) as watched:
        html = watched.page.locator("html")
        button = watched.page.locator(".theme-switch-button:visible").first
        for _ in range(3):
            button.click()
            if html.get_attribute("data-theme") == "dark":
                break
        assert html.get_attribute("data-theme") == "dark"
        ground = watched.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(int(part) for part in ground[4:-1].split(",")[:3]) < 60


def test_the_page_is_light_even_where_the_system_is_dark(browser, report_html):
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto((report_html / f"{FRONT}.html").as_uri())
    assert page.locator("html").get_attribute("data-theme") == "light"
    context.close()


def test_figures_stand_on_white_in_dark_mode(visit):
    with visit(NOTEBOOK, theme="dark") as watched:
        styles = watched.page.locator("article figure img").first.evaluate(
            "e => { const s = getComputedStyle(e); return [s.backgroundColor, s.filter]; }"
        )
        assert styles == ["rgb(255, 255, 255)", "none"]


def test_formulas_are_set(visit):
    with visit("book/methods") as watched:
        formulas = watched.page.locator("mjx-container svg")
        formulas.first.wait_for(state="attached")
        assert formulas.count() >= 2
        assert watched.page.locator("article").inner_text().count("\\(") == 0


def test_a_wide_table_scrolls_by_keyboard_on_a_phone(visit):
    with visit(FRONT, size="phone") as watched:
        table = watched.page.locator(".pst-scrollable-table-container").first
        assert table.evaluate("e => e.scrollWidth > e.clientWidth")
        assert table.get_attribute("tabindex") == "0"
        table.focus()
        watched.page.keyboard.press("ArrowRight")
        watched.page.wait_for_function(
            "document.querySelector('.pst-scrollable-table-container').scrollLeft > 0"
        )


def test_the_contents_open_on_a_phone(visit):
    with visit(FRONT, size="phone") as watched:
        link = watched.page.locator("nav.bd-docs-nav a", has_text="Methods").first
        assert not link.is_visible()
        watched.page.locator("button.primary-toggle").first.click()
        link.wait_for(state="visible")
        link.click()
        watched.page.wait_for_url("**/methods.html")


def test_text_stays_whole_when_it_is_enlarged(visit):
    # WCAG 1.4.4: text may be enlarged to 200 % without losing anything.
    with visit(FRONT) as watched:
        watched.page.add_style_tag(content="html { --pst-font-size-base: 34px }")
        overflow = watched.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 1


def test_folded_cells_in_a_row_share_one_line(visit):
    with visit(NOTEBOOK) as watched:
        joined = watched.page.locator(".joined > details")
        assert joined.count() >= 1
        hidden = joined.first.locator(".cell_input")
        assert hidden.count() >= 2
        assert not hidden.first.is_visible()
        joined.first.locator("summary").focus()
        watched.page.keyboard.press("Enter")
        assert [hidden.nth(i).is_visible() for i in range(hidden.count())] == [
            True
        ] * hidden.count()
        # No two lines to unfold code are left with nothing shown between them.
        pairs = watched.page.evaluate(
            "[...document.querySelectorAll("
            "'article :not(details) > .cell:not(:has(.cell_output)) + .cell'"
            ")].filter(e => !e.querySelector('.cell_output')).length"
        )
        assert pairs == 0


def test_the_parameters_are_folded_and_unfold(visit):
    with visit("book/notebooks/90_costs") as watched:
        fold = watched.page.locator(
            "details.sd-dropdown", has_text="Parameters of this run"
        )
        table = fold.locator("table").first
        assert not table.is_visible()
        fold.locator("summary").first.click()
        table.wait_for(state="visible")


def test_the_front_pages_picture_can_be_read_on_a_phone(visit):
    with visit(FRONT, size="phone") as watched:
        picture = watched.page.locator("#fig-headline img")
        shown, whole = picture.evaluate("e => [e.clientWidth, e.naturalWidth]")
        # Its words are 9.5 points at 150 dots an inch.
        assert 9.5 / 72 * 150 * shown / whole > 8.5


def test_a_picture_opens_at_its_full_size(visit):
    with visit(NOTEBOOK) as watched:
        pictures = watched.page.locator("article figure img")
        assert pictures.count() >= 1
        links = watched.page.locator("article figure a:has(> img)")
        assert links.count() == pictures.count()
        link = links.first
        shown = link.locator("img").get_attribute("src").rsplit("/", 1)[-1]
        link.focus()
        watched.page.keyboard.press("Enter")
        watched.page.wait_for_url(f"**/_images/{shown}")
