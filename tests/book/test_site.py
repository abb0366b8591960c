"""The report as a whole: its pages, what they ask for, where their links lead."""

import re
from urllib.parse import unquote, urlsplit

import pytest
from built_report import contents

# Sphinx makes these two beside the pages of the contents.
OTHERS = {"index", "search"}
REMOTE = re.compile(r"^(https?:)?//", re.IGNORECASE)
LOADS = {
    "script": ("src",),
    "link": ("href",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "input": ("src",),
    "use": ("href", "xlink:href"),
    "image": ("href", "xlink:href"),
}


def _html(folder):
    return sorted(folder.rglob("*.html"))


def _pages(folder):
    return [path for path in _html(folder) if "_static" not in path.parts]


@pytest.mark.parametrize("page", contents())
def test_every_page_of_the_contents_is_there(report_html, page):
    assert (report_html / f"{page}.html").is_file()


def test_no_stray_page(report_html):
    found = {
        path.relative_to(report_html).with_suffix("").as_posix()
        for path in _pages(report_html)
    }
    assert found - set(contents()) - OTHERS == set()


def test_index_leads_to_the_front_page(report_html):
    assert f"{contents()[0]}.html" in (report_html / "index.html").read_text("utf-8")


def test_nothing_is_loaded_from_elsewhere(report_html, read):
    remote = []
    for path in _pages(report_html):
        for tag, attributes in LOADS.items():
            for element in read(path).find_all(tag):
                remote += [
                    f"{path.name}: {element.name} {value}"
                    for name in attributes
                    if REMOTE.match(value := element.get(name) or "")
                ]
        for style in read(path).find_all("style"):
            remote += re.findall(
                r"url\(\s*['\"]?(?:https?:)?//[^)]*|@import[^;]*", style.text
            )
    assert remote == []


def test_no_style_sheet_loads_from_elsewhere(report_html):
    pattern = r"url\(\s*['\"]?(?:https?:)?//[^)]*\)|@import\s[^;]*//[^;]*"
    found = {
        path.name: remote
        for path in report_html.rglob("*.css")
        if (remote := re.findall(pattern, path.read_text("utf-8")))
    }
    assert found == {}


def test_no_script_in_a_page_names_another_host(report_html, read):
    inline = [
        (path.name, script.text)
        for path in _pages(report_html)
        for script in read(path).find_all("script", src=False)
        if re.search(r"https?://", script.text)
    ]
    assert inline == []


def test_every_file_that_a_page_loads_is_there(report_html, read):
    missing = []
    for path in _pages(report_html):
        for tag, attributes in LOADS.items():
            for element in read(path).find_all(tag):
                for name in attributes:
                    value = element.get(name) or ""
                    # Relations such as rel="next" name pages; they are checked as well.
                    if not value or value.startswith(("data:", "#")) or REMOTE.match(value):
                        continue
                    target = path.parent / unquote(urlsplit(value).path)
                    if not target.is_file() or not target.stat().st_size:
                        missing.append(f"{path.name}: {tag} {value}")
    assert missing == []


def test_every_internal_link_and_anchor_resolves(report_html, read):
    anchors = {}

    def ids(target):
        if target not in anchors:
            soup = read(target)
            anchors[target] = {e["id"] for e in soup.find_all(id=True)} | {
                e["name"] for e in soup.find_all("a", attrs={"name": True})
            }
        return anchors[target]

    broken = []
    for path in _pages(report_html):
        for link in read(path).find_all("a", href=True):
            href = urlsplit(link["href"])
            if href.scheme or href.netloc:
                assert href.scheme in ("https", "http", "mailto"), link
                continue
            target = (path.parent / unquote(href.path)).resolve() if href.path else path
            if not target.is_file():
                broken.append(f"{path.name}: {link['href']}")
                continue
            known = {""} | ids(target) if target.suffix == ".html" else {""}
            if unquote(href.fragment) not in known:
                broken.append(f"{path.name}: {link['href']}")
    assert broken == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?<![\w.~/])/(?:home|root|Users|work|tmp|var|private|opt|mnt)/[\w.]+",
        r"\bC:\\\\",
        r"file://",
        r"site-packages",
        r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|anaconda\.org|unpkg\.com|jsdelivr",
    ],
)
def test_no_page_tells_of_the_machine_or_a_registry(report_html, pattern):
    found = {
        path.relative_to(report_html).as_posix(): hits
        for folder in ("book", "_sources")
        for path in (report_html / folder).rglob("*")
        if path.suffix in (".html", ".txt", ".md", ".ipynb")
        and (hits := re.findall(pattern, path.read_text("utf-8")))
    }
    assert found == {}


def test_no_button_leads_to_a_placeholder(report_html):
    found = [
        path.name for path in _pages(report_html) if "/OWNER/" in path.read_text("utf-8")
    ]
    assert found == []


def test_source_maps_are_left_out(report_html):
    assert list(report_html.rglob("*.map")) == []
