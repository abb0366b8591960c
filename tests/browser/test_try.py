"""The page "Try it", with real pointer, touch and keyboard events, and real files."""

import io
import shutil

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from mnistlib.deploy import bundle
from mnistlib.photos.render import photograph
from mnistlib.photos.strokes import strokes
from tests.browser.conftest import Watched

pytestmark = [pytest.mark.browser]

PAGE = "book/try"
# Points of one stroke, as shares of the canvas.
SHAPES = {
    1: [(0.5, 0.15), (0.48, 0.85)],
    3: [
        *((0.3, 0.25), (0.5, 0.15), (0.68, 0.28), (0.6, 0.45), (0.45, 0.5)),
        *((0.65, 0.57), (0.7, 0.72), (0.5, 0.85), (0.3, 0.75)),
    ],
    7: [(0.28, 0.22), (0.72, 0.22), (0.5, 0.82)],
}
CROSS = [[(0.3, 0.2), (0.7, 0.8)], [(0.7, 0.2), (0.3, 0.8)]]


@pytest.fixture
def tried(visit):
    """Return a context manager: the page, ready to be drawn on."""
    return lambda **how: visit(PAGE, **how)


def says(watched) -> str:
    return watched.page.locator("#try-says").inner_text().replace("\u00a0", " ")


def places(page, points) -> list[tuple[float, float]]:
    """Return points of the canvas in pixels of the window."""
    canvas = page.locator("#try-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]


def draw(page, points) -> None:
    first, *rest = places(page, points)
    page.mouse.move(*first)
    page.mouse.down()
    for point in rest:
        page.mouse.move(*point, steps=8)
    page.mouse.up()


def shares(page) -> list[float]:
    meters = page.locator("#try-bars [role=meter]")
    return [float(meters.nth(i).get_attribute("aria-valuenow")) for i in range(10)]


def seen(page) -> np.ndarray:
    """Return what stands on the small picture, (28, 28)."""
    values = page.evaluate(
        "[...document.querySelector('#try-seen').getContext('2d')"
        ".getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0)"
    )
    return np.reshape(values, (28, 28))


def choose(page, content: bytes, name="photo.png") -> None:
    file = {"name": name, "mimeType": "image/png", "buffer": content}
    page.locator("#try-says").evaluate("e => { e.textContent = ''; }")
    page.locator("#try-photo").set_input_files(file)
    page.locator("#try-says:not(:empty)").wait_for()


def in_png(photo: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(photo).save(file, format="PNG")
    return file.getvalue()


@pytest.mark.parametrize("network", bundle.names())
@pytest.mark.parametrize("digit", SHAPES)
def test_a_digit_drawn_with_the_mouse_is_read(tried, digit, network):
    with tried() as watched:
        assert says(watched) == "Nothing is drawn."
        assert not watched.page.locator("#try-absent").is_visible()
        watched.page.locator(f"input[value={network}]").check()
        draw(watched.page, SHAPES[digit])
        assert says(watched).startswith(f"The network says {digit} (")
        given = shares(watched.page)
        assert int(np.argmax(given)) == digit and sum(given) == pytest.approx(1, abs=1e-3)
        assert watched.page.locator("#try-bars .best").inner_text().startswith(str(digit))
        rows = np.flatnonzero(seen(watched.page).any(axis=1))
        assert len(rows) == 20  # MNIST's box
        assert watched.errors == []
        assert [url for url in watched.requests if not url.startswith("file:")] == []


def test_every_network_is_offered_and_gives_an_answer_of_its_own(tried):
    with tried() as watched:
        for line in CROSS:  # of a plain digit, several are equally sure
            draw(watched.page, line)
        offered = watched.page.locator("#try-networks input")
        names = offered.evaluate_all("inputs => inputs.map((input) => input.value)")
        assert sorted(names) == bundle.names()
        given = set()
        for name in names:
            watched.page.locator(f"input[value={name}]").check()
            assert says(watched).startswith("The network says")
            given.add(tuple(shares(watched.page)))
            assert "%" in watched.page.locator(f"#try-about-{name}").inner_text()
        assert len(given) == len(names)


def test_without_scripts_the_page_says_what_it_needs(browser, report_html):
    page = browser.new_page(java_script_enabled=False)
    page.goto((report_html / f"{PAGE}.html").as_uri())
    assert "need JavaScript" in page.locator("#try-absent").inner_text()
    assert not page.locator("#try-canvas").is_visible()
    page.close()


def test_clear_empties_all(tried):
    with tried() as watched:
        draw(watched.page, SHAPES[7])
        watched.page.locator("#try-clear").click()
        assert says(watched) == "Nothing is drawn."
        assert shares(watched.page) == [0] * 10
        assert not seen(watched.page).any()


def test_a_stroke_may_leave_the_canvas_and_come_back(tried):
    with tried() as watched:
        draw(watched.page, [(0.5, 0.2), (1.4, 0.3), (0.5, 0.8)])
        assert says(watched).startswith("The network says")
        assert watched.errors == []


def test_the_other_mouse_button_draws_nothing(tried):
    with tried() as watched:
        (place,) = places(watched.page, [(0.5, 0.5)])
        watched.page.mouse.move(*place)
        watched.page.mouse.down(button="right")
        watched.page.mouse.move(place[0] + 50, place[1])
        watched.page.mouse.up(button="right")
        assert says(watched) == "Nothing is drawn."


def test_a_finger_draws_and_does_not_scroll(tried):
    with tried(size="phone") as watched:
        page = watched.page
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
        points = places(page, SHAPES[1])
        (x0, y0), (x1, y1) = points
        before = page.evaluate("scrollY")

        def touch(kind, *at):
            fingers = [{"x": x, "y": y} for x, y in at]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

        touch("touchStart", (x0, y0))
        for step in range(1, 11):
            touch("touchMove", (x0 + (x1 - x0) * step / 10, y0 + (y1 - y0) * step / 10))
        touch("touchEnd")
        page.locator("#try-says", has_text="The network says").wait_for()
        assert says(watched).startswith("The network says 1 (")
        assert page.evaluate("scrollY") == before


def test_a_pen_draws_and_its_hovering_does_not(tried):
    with tried() as watched:
        page = watched.page
        page.evaluate(
            "globalThis.kinds = new Set();"
            "for (const kind of ['pointerdown', 'pointermove', 'pointerup'])"
            "  document.querySelector('#try-canvas')"
            "    .addEventListener(kind, (event) => kinds.add(event.pointerType))"
        )
        session = page.context.new_cdp_session(page)

        def pen(kind, at, **pressed):
            session.send(
                "Input.dispatchMouseEvent",
                {"type": kind, "x": at[0], "y": at[1], "pointerType": "pen", **pressed},
            )

        first, *rest = places(page, SHAPES[7])
        for at in (rest[-1], first):  # above the paper
            pen("mouseMoved", at)
        assert says(watched) == "Nothing is drawn."
        down = {"button": "left", "buttons": 1, "force": 0.4}
        pen("mousePressed", first, clickCount=1, **down)
        before = first
        for corner in rest:
            for share in np.linspace(0.1, 1, 10):
                at = np.array(before) + share * np.subtract(corner, before)
                pen("mouseMoved", at.tolist(), **down)
            before = corner
        pen("mouseReleased", before, button="left", clickCount=1)
        page.locator("#try-says", has_text="The network says").wait_for()
        assert says(watched).startswith("The network says 7 (")
        assert page.evaluate("[...kinds]") == ["pen"]
        assert watched.errors == []


def test_the_keyboard_alone_draws_a_digit(tried):
    with tried() as watched:
        page = watched.page
        page.locator("#try-canvas").focus()
        assert not page.locator("#try-cursor").is_visible()
        for _ in range(8):
            page.keyboard.press("ArrowUp")
        assert page.locator("#try-cursor").is_visible()
        assert says(watched) == "Nothing is drawn."
        page.keyboard.press("Space")
        assert says(watched) == "The pen is down."
        for _ in range(17):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Space")
        assert says(watched).startswith("The network says 1 (")
        assert says(watched).endswith("The pen is up.")
        page.keyboard.press("Delete")
        assert says(watched) == "Nothing is drawn."
        # No trap: Tab goes on to the button, and keys of the browser are left to it.
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "try-clear"
        assert not page.locator("#try-cursor").is_visible()


def test_the_mouse_hides_the_keyboards_cursor(tried):
    with tried() as watched:
        watched.page.locator("#try-canvas").focus()
        watched.page.keyboard.press("ArrowUp")
        assert watched.page.locator("#try-cursor").is_visible()
        draw(watched.page, SHAPES[1])
        assert not watched.page.locator("#try-cursor").is_visible()


@pytest.mark.parametrize("kind", ["white paper", "off centre", "shading", "board"])
def test_a_photograph_is_read(tried, kind):
    with tried() as watched:
        for digit in (2, 5):
            ink = strokes(digit, np.random.default_rng(digit))
            choose(watched.page, in_png(photograph([ink], kind, digit)))
            assert says(watched).startswith(f"The network says {digit} (")
        assert watched.errors == []


def test_of_two_digits_the_page_says_that_one_was_left_out(tried):
    with tried() as watched:
        inks = [strokes(digit, np.random.default_rng(digit)) for digit in (2, 4)]
        choose(watched.page, in_png(photograph(inks, "off centre", 3)))
        assert "Only the largest mark was read; 1 more was left out." in says(watched)


def test_of_a_mark_at_the_edge_the_page_says_so(tried):
    with tried() as watched:
        photo = photograph([strokes(2, np.random.default_rng(2))], "white paper", 2)
        choose(watched.page, in_png(photo))
        assert "edge" not in says(watched)
        rows = np.flatnonzero((photo[..., 0] < 128).any(axis=1))
        choose(watched.page, in_png(photo[: rows[-1] - 40]))
        assert "It touches the picture’s edge" in says(watched)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"no picture", "The browser cannot read this file as a picture."),
        (b"", "The browser cannot read this file as a picture."),
        (in_png(np.full((60, 80, 3), 250, np.uint8)), "No ink stands out from the paper."),
    ],
)
def test_what_holds_no_digit_gets_one_line(tried, content, line):
    with tried() as watched:
        draw(watched.page, SHAPES[7])
        choose(watched.page, content)
        assert says(watched).startswith(line)
        assert shares(watched.page) == [0] * 10
        assert watched.errors == []
        draw(watched.page, SHAPES[7])
        assert says(watched).startswith("The network says 7 (")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_with_an_answer_the_page_still_fits_and_can_be_read(tried, size, theme):
    with tried(size=size, theme=theme) as watched:
        draw(watched.page, SHAPES[3])
        width = (
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert watched.page.evaluate(width) <= 1
        shown = watched.page.locator("#try-canvas").bounding_box()
        assert shown["width"] == pytest.approx(shown["height"], abs=1)
        options = {"preload": False, "resultTypes": ["violations"]}
        found = Axe().run(watched.page, options=options).response["violations"]
        ours = [
            f"{v['id']}: {node['html'][:160]}"
            for v in found
            for node in v["nodes"]
            if "try-" in node["html"]
        ]
        assert ours == []


def test_the_tool_works_under_a_strict_policy(browser, report_html, tmp_path):
    # No script in the page's text, no handler in an attribute, no style in one.
    text = (report_html / f"{PAGE}.html").read_text(encoding="utf-8")
    first, last = '<link rel="stylesheet" href="../_static/try/', 'page.js"></script>'
    block = text[text.index(first) : text.index(last) + len(last)]
    policy = "default-src 'none'; script-src file:; style-src file:; img-src blob:"
    shutil.copytree(report_html / "_static" / "try", tmp_path / "_static" / "try")
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "alone.html").write_text(
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">{block}',
        encoding="utf-8",
    )
    page = browser.new_page()
    watched = Watched(page)
    page.on("console", lambda line: watched.errors.append(line.text))
    page.on("pageerror", lambda error: watched.errors.append(str(error)))
    page.goto((tmp_path / "book" / "alone.html").as_uri())
    draw(page, SHAPES[7])
    assert says(watched).startswith("The network says 7 (")
    photo = photograph([strokes(4, np.random.default_rng(4))], "white paper", 4)
    choose(page, in_png(photo))
    assert says(watched).startswith("The network says 4 (")
    assert watched.errors == []
    page.close()
