/* Tables that a reader may sort and filter. Without this script they stand whole. */
(() => {
  "use strict";

  /* The number that a cell starts with, or NaN: commas part thousands. */
  const numberIn = (text) => {
    const bare = text.replace(/(\d),(?=\d{3})/g, "$1").replace(/\u2212/g, "-");
    const found = bare.match(/^[+-]?\d[\d.]*(e[+-]?\d+)?/);
    return found ? Number(found[0]) : NaN;
  };

  const compare = (a, b) => {
    const [x, y] = [numberIn(a), numberIn(b)];
    if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
    return Number.isNaN(x) - Number.isNaN(y) || a.localeCompare(b, "en", { numeric: true });
  };

  const textOf = (row, column) => row.cells[column].textContent.trim();

  const addSorting = (table, body) => {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const sign = down ? -1 : 1;
        const rows = [...body.rows].sort(
          (a, b) => sign * compare(textOf(a, column), textOf(b, column)),
        );
        body.append(...rows);
      });
    });
  };

  /* Every word must stand somewhere in a row. */
  const addFilter = (table, body) => {
    const all = [...body.rows];
    const box = document.createElement("p");
    box.className = "filter";
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "search";
    input.placeholder = "any words of a row";
    label.append("Show rows with ", input);
    const count = document.createElement("span");
    count.setAttribute("role", "status");
    box.append(label, " ", count);
    (table.closest(".pst-scrollable-table-container") ?? table).before(box);
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of all) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += !row.hidden;
      }
      count.textContent = `${shown} of ${all.length} rows`;
    };
    input.addEventListener("input", apply);
    apply();
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const table of document.querySelectorAll("table.sortable")) {
      const body = table.tBodies[0];
      if (!body || !table.tHead) continue;
      addSorting(table, body);
      addFilter(table, body);
    }
  });
})();
