/* What the theme leaves out for people who use the keyboard or a screen reader. */
(() => {
  "use strict";

  /* A region that scrolls sideways must take the keyboard's focus, or its right part is out
     of reach; it needs a role and a name for that. It is looked at again when the window
     changes, because the same table may fit on a desktop and scroll on a phone. */
  const SCROLLS =
    ".pst-scrollable-table-container, .table-wrapper, .highlight pre, " +
    "div.cell_output .output, div.math, mjx-container[display='true']";

  const nameOf = (element) => {
    const caption = element.querySelector("caption, figcaption");
    if (caption) return caption.textContent.replace(/#$/, "").trim();
    if (element.querySelector("table")) return "Table";
    if (element.matches("pre")) return element.closest(".cell_output") ? "Output" : "Code";
    return "Formula";
  };

  /* A table that is a little too wide is first set closer; only then does it scroll. */
  const CLOSER = ["close", "closer"];

  const isTooWide = (element) => element.scrollWidth > element.clientWidth + 1;

  const markScrolling = () => {
    for (const element of document.querySelectorAll(SCROLLS)) {
      element.classList.remove("scrolls", ...CLOSER); // they change what is measured
      if (element.querySelector("table")) {
        for (const step of CLOSER) {
          if (isTooWide(element)) element.classList.add(step);
        }
      }
      const scrolls = isTooWide(element);
      if (scrolls) element.classList.remove(...CLOSER); // no use, so no smaller words
      element.classList.toggle("scrolls", scrolls);
      if (scrolls) {
        element.tabIndex = 0;
        if (!element.hasAttribute("aria-label")) {
          element.setAttribute("role", "group");
          element.setAttribute("aria-label", nameOf(element));
        }
      } else if (element.getAttribute("role") === "group") {
        element.removeAttribute("tabindex");
        element.removeAttribute("role");
        element.removeAttribute("aria-label");
      }
    }
  };

  /* Cells that show nothing but folded code, one after the other, share one line to unfold
     them all. Without this script each has its own. */
  const joinFoldedCells = () => {
    const isSilent = (element) =>
      element?.matches(".cell") &&
      element.querySelector(":scope > details.hide") &&
      !element.querySelector(":scope > .cell_output");
    for (const first of document.querySelectorAll("article .cell")) {
      if (!isSilent(first) || first.closest(".joined")) continue;
      const cells = [first];
      while (isSilent(cells.at(-1).nextElementSibling)) {
        cells.push(cells.at(-1).nextElementSibling);
      }
      if (cells.length < 2) continue;
      const joined = first.querySelector(":scope > details.hide").cloneNode(false);
      joined.append(first.querySelector("summary").cloneNode(true));
      joined.open = false;
      const box = document.createElement("div");
      box.className = "cell container joined";
      first.before(box);
      box.append(joined);
      for (const cell of cells) {
        const details = cell.querySelector(":scope > details.hide");
        details.replaceWith(...[...details.childNodes].filter((e) => !e.matches?.("summary")));
        joined.append(cell);
      }
    }
  };

  /* In a table that scrolls anyway, a few words stay on one line; an interval and an id,
     which have no space, stay whole in every table. */
  const markShortCells = () => {
    for (const cell of document.querySelectorAll("article td, article th")) {
      const text = cell.textContent.trim();
      cell.classList.toggle("short", text.length <= 24);
      cell.classList.toggle("whole", text.length <= 16 && !text.includes(" "));
    }
  };

  /* Buttons whose only content is an icon carry a tooltip; Bootstrap takes its title away
     when it is shown, and with it the button's name. */
  const nameButtons = () => {
    for (const button of document.querySelectorAll("button[title], a.btn[title]")) {
      if (!button.hasAttribute("aria-label") && !button.textContent.trim()) {
        button.setAttribute("aria-label", button.title);
      }
    }
  };

  /* Docutils lists references as role "list" with members of the role "doc-biblioentry",
     which WAI-ARIA 1.2 no longer counts as list items. */
  const markReferences = () => {
    for (const entry of document.querySelectorAll("[role='list'] > .citation")) {
      entry.setAttribute("role", "listitem");
    }
  };

  /* Everything on a page belongs to a landmark; the theme's sidebar is none. */
  const markSidebar = () => {
    const sidebar = document.getElementById("pst-primary-sidebar");
    sidebar?.setAttribute("role", "complementary");
    sidebar?.setAttribute("aria-label", "Book");
  };

  /* On a phone a picture's words are too small: it opens by itself, where one can zoom. */
  const openPictures = () => {
    for (const image of document.querySelectorAll("article figure img")) {
      if (image.closest("a")) continue;
      const link = document.createElement("a");
      link.className = "image-reference";
      link.href = image.src;
      image.replaceWith(link);
      link.append(image);
    }
  };

  const start = () => {
    markSidebar();
    openPictures();
    nameButtons();
    joinFoldedCells();
    markReferences();
    markShortCells();
    markScrolling();
    let waiting;
    addEventListener("resize", () => {
      clearTimeout(waiting);
      waiting = setTimeout(markScrolling, 150);
    });
    /* Formulas and images get their size after the page's text. */
    addEventListener("load", markScrolling);
    document.addEventListener("toggle", markScrolling, true);
  };

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
