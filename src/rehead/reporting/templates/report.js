// Charts by Vega, the class picker, tables that sort, and the confusion matrix told in words.
(() => {
  "use strict";
  // `ast` keeps Vega from making functions out of text, which the page's policy forbids.
  const options = {
    mode: "vega-lite", actions: false, ast: true, renderer: "svg", defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
  };
  const picker = document.getElementById("picked");
  const views = [];

  const pick = () => {
    for (const title of document.querySelectorAll(".chart .picked")) title.textContent = picker.selectedOptions[0].label;
    for (const view of views) view.signal("shown", picker.value).runAsync();
  };

  const drawn = [...document.querySelectorAll("[data-chart]")].map(async (figure) => {
    const spec = JSON.parse(figure.querySelector("script").textContent);
    const plot = figure.querySelector(".plot");
    const { view } = await vegaEmbed(plot, spec, options);
    // Vega tells a value where a pointer moves, which a tapping finger does not.
    plot.addEventListener("click", (tap) => tap.target.dispatchEvent(new PointerEvent("pointermove", tap)));
    if (spec.params) views.push(view);
  });

  if (picker) {
    picker.closest("[hidden]").hidden = false;
    picker.addEventListener("change", pick);
  }
  Promise.all(drawn).then(() => {
    if (picker) pick();
    document.documentElement.dataset.charts = drawn.length;
  });

  const hide = () => document.getElementById("vg-tooltip-element")?.classList.remove("visible");
  addEventListener("scroll", hide, { passive: true });

  const numberIn = (cell) => parseFloat(cell.textContent.replace(/[\s\u202f%<>]/g, "").replace("−", "-"));

  const sort = (table, column, head) => {
    const rows = [...table.tBodies[0].rows];
    const words = rows.every(({ cells }) => cells[column].tagName === "TH") || rows.every((row) => Number.isNaN(numberIn(row.cells[column])));
    // Names are looked up from A on, numbers from the best one.
    const down = head.ariaSort ? head.ariaSort === "ascending" : !words;
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const compare = (a, b) => {
      if (words) return a.cells[column].textContent.localeCompare(b.cells[column].textContent, undefined, { numeric: true });
      const [x, y] = [numberIn(a.cells[column]), numberIn(b.cells[column])];
      return Number.isNaN(x) || Number.isNaN(y) ? 0 : x - y;
    };
    const defined = rows.filter((row) => words || !Number.isNaN(numberIn(row.cells[column])));
    const undefinedRows = rows.filter((row) => !defined.includes(row));
    defined.sort((a, b) => (down ? -1 : 1) * compare(a, b));
    table.tBodies[0].append(...defined, ...undefinedRows);
  };

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, column, head));
      head.append(button);
    });
  }

  for (const table of document.querySelectorAll("table.confusion")) {
    const told = table.closest(".card").querySelector("output");
    const tell = (event) => {
      const cell = event.target.closest("td");
      if (!cell || !cell.closest("tbody")) return;
      const row = cell.parentNode;
      const truth = row.cells[0].textContent;
      const predicted = table.tHead.rows[0].cells[cell.cellIndex].textContent;
      told.textContent = `${truth} → ${predicted}: ${cell.textContent} of ${row.dataset.total}`;
      for (const one of table.querySelectorAll(".at")) one.classList.remove("at");
      cell.classList.add("at");
      row.cells[0].classList.add("at");
      table.tHead.rows[0].cells[cell.cellIndex].classList.add("at");
    };
    table.addEventListener("pointerover", tell);
    table.addEventListener("click", tell);
  }

  const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
  const watch = new IntersectionObserver((seen) => {
    for (const one of seen) {
      if (!one.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(one.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-20% 0px -75% 0px" });
  for (const section of document.querySelectorAll("main section[id]")) watch.observe(section);
})();
