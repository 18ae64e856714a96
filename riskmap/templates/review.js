"use strict";
/* The review page: table and map linked both ways, filters, sorting, address, CSV. */
(() => {
  const { data, shown, word, element } = riskmap;
  const rows = [...document.querySelectorAll("tr[data-id]")];
  const mainRows = rows.filter((row) => row.closest("table").classList.contains("main"));
  const chips = [...document.querySelectorAll(".chip")];
  const unit = document.getElementById("filter-unit");
  const rule = document.getElementById("filter-rule");
  const text = document.getElementById("filter-text");
  const count = document.getElementById("count");
  const body = document.getElementById("detail-body");
  const panel = document.getElementById("detail");
  const close = document.getElementById("detail-close");
  const empty = body.cloneNode(true);
  const lines = new Map();
  let selected = "";
  let sorted = null;

  function pressed() {
    return chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.verdict);
  }

  function fits(row, verdicts, wanted) {
    const isMain = row.closest("table").classList.contains("main");
    if (isMain && verdicts.length && !verdicts.includes(row.dataset.verdict)) return false;
    if (unit.value && !row.dataset.belongs.split(" ").includes(unit.value)) return false;
    if (rule.value && row.dataset.rule !== rule.value) return false;
    return !wanted || row.textContent.toLowerCase().includes(wanted);
  }

  function filter() {
    const verdicts = pressed();
    const wanted = text.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !fits(row, verdicts, wanted);
    const left = mainRows.filter((row) => !row.hidden).length;
    count.textContent = word("review.shown", { n: left, total: mainRows.length });
    document.getElementById("none").hidden = left > 0;
    paintLines();
    remember();
    keepOneTabStop();
  }

  function visibleRows() {
    return [...document.querySelectorAll("tr[data-id]")].filter((row) => !row.hidden);
  }

  /* One row of the page can be reached by Tab; arrows go on from there. */
  function keepOneTabStop() {
    const wanted = rows.find((row) => row.dataset.id === selected && !row.hidden) || visibleRows()[0];
    for (const row of rows) row.tabIndex = row === wanted ? 0 : -1;
  }

  function remember() {
    const state = new URLSearchParams();
    if (selected) state.set("v", selected);
    if (pressed().length) state.set("verdict", pressed().join(","));
    if (unit.value) state.set("unit", unit.value);
    if (rule.value) state.set("rule", rule.value);
    if (text.value) state.set("q", text.value);
    if (sorted) state.set("sort", sorted.column + ":" + sorted.direction);
    const hash = state.toString();
    history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
  }

  function restore() {
    const state = new URLSearchParams(location.hash.slice(1));
    const verdicts = (state.get("verdict") || "").split(",");
    for (const chip of chips) chip.setAttribute("aria-pressed", String(verdicts.includes(chip.dataset.verdict)));
    unit.value = state.get("unit") || "";
    rule.value = state.get("rule") || "";
    text.value = state.get("q") || "";
    const order = (state.get("sort") || "").split(":");
    const headings = document.querySelectorAll("table.main th");
    if (order.length === 2 && headings[Number(order[0])]) sortBy(headings[Number(order[0])], order[1]);
    const wanted = state.get("v") || "";
    filter();
    if (data.findings[wanted]) select(wanted, true);
  }

  function drawLines() {
    shown.map.createPane("lines").style.zIndex = 620;
    const renderer = L.svg({ pane: "lines", padding: 0.3 });
    for (const row of rows) {
      const it = data.findings[row.dataset.id];
      const ink = data.inks["verdict." + it.verdict];
      const ends = riskmap.vertices(it);
      const base = { renderer, pane: "lines" };
      const casing = L.polyline(ends, { ...base, color: "#FFFFFF", weight: 5, interactive: false });
      const line = L.polyline(ends, { ...base, color: ink.line, weight: Math.max(2, ink.width_pt * 1.4) });
      const reach = L.polyline(ends, { ...base, color: "#000000", opacity: 0, weight: 14 });
      const choose = (event) => {
        L.DomEvent.stop(event);
        select(it.id, false);
      };
      line.on("click", choose);
      reach.on("click", choose);
      lines.set(it.id, { group: L.layerGroup([casing, line, reach]), casing, line });
    }
  }

  function paintLines() {
    for (const row of rows) {
      const drawn = lines.get(row.dataset.id);
      if (!drawn) continue;
      if (row.hidden) drawn.group.remove();
      else drawn.group.addTo(shown.map);
      const faded = selected && selected !== row.dataset.id;
      drawn.line.setStyle({ opacity: faded ? 0.22 : 1 });
      drawn.casing.setStyle({ opacity: faded ? 0.22 : 0.9 });
    }
  }

  function outlineOf(ref) {
    const placed = (shown.byRef.get(ref) || [])[0];
    if (placed) riskmap.outline(placed[1]);
  }

  function select(id, zoom) {
    selected = id;
    const it = data.findings[id];
    riskmap.clearSelection();
    outlineOf(it.source);
    outlineOf(it.target);
    riskmap.measure(it);
    if (zoom) riskmap.goTo(L.latLngBounds(riskmap.vertices(it)), 17);
    for (const row of rows) row.setAttribute("aria-selected", String(row.dataset.id === id));
    const row = rows.find((each) => each.dataset.id === id);
    if (row && !zoom) {
      row.scrollIntoView({ block: "center" });
      row.focus({ preventScroll: true });
    }
    body.replaceChildren(...riskmap.detail.finding(id));
    panel.scrollTop = 0;
    panel.classList.add("filled");
    close.hidden = false;
    paintLines();
    remember();
    keepOneTabStop();
  }

  function clear() {
    selected = "";
    riskmap.clearSelection();
    for (const row of rows) row.setAttribute("aria-selected", "false");
    body.replaceChildren(...empty.cloneNode(true).childNodes);
    panel.classList.remove("filled");
    close.hidden = true;
    paintLines();
    remember();
  }

  function valueOf(row, column, isNumber) {
    const cell = row.cells[column].textContent.trim();
    if (!isNumber) return cell;
    return cell === "" ? Number.NEGATIVE_INFINITY : Number(cell);
  }

  function sortBy(heading, direction) {
    const table = heading.closest("table");
    const column = heading.cellIndex;
    const isNumber = heading.firstElementChild.dataset.number === "1";
    const sign = direction === "descending" ? -1 : 1;
    const ordered = [...table.tBodies[0].rows].map((row, index) => ({ row, index, value: valueOf(row, column, isNumber) }));
    ordered.sort((a, b) => {
      const order = isNumber ? a.value - b.value || 0 : a.value.localeCompare(b.value, document.documentElement.lang);
      return order * sign || a.index - b.index;
    });
    table.tBodies[0].append(...ordered.map((entry) => entry.row));
    for (const other of table.querySelectorAll("th")) other.setAttribute("aria-sort", other === heading ? direction : "none");
    if (table.classList.contains("main")) sorted = { column, direction };
  }

  function csvCell(value) {
    const safe = /^[=+\-@\t\r]/.test(value) ? "'" + value : value;
    return '"' + safe.replace(/"/g, '""') + '"';
  }

  function csvText() {
    const columns = [
      ["column.finding_id", (it) => it.id],
      ["column.source", (it) => it.source_name],
      ["column.source_kind", (it) => it.source_kind],
      ["column.unit", (it) => it.unit_name],
      ["column.park", (it) => it.park_name],
      ["column.target", (it) => it.target_name],
      ["column.target_kind", (it) => it.target_kind],
      ["column.required_m", (it) => it.required],
      ["column.measured_m", (it) => it.measured],
      ["column.accuracy_m", (it) => it.accuracy],
      ["column.short_m", (it) => it.short],
      ["column.verdict", (it) => data.verdicts[it.verdict]],
      ["column.reason", (it) => it.why],
      ["column.settle_m", (it) => it.settle],
      ["column.nature", (it) => data.rules[it.rule].nature],
      ["column.rule", (it) => data.rules[it.rule].title],
      ["column.citation", (it) => data.rules[it.rule].citation],
      ["column.quote", (it) => data.rules[it.rule].quote],
      ["column.line_from", (it) => it.line_from],
      ["column.source_held", (it) => it.source_held],
      ["column.line_to", (it) => it.line_to],
      ["column.target_held", (it) => it.target_held],
      ["column.bound", (it) => it.bound],
      ["column.evidence", (it) => it.evidence],
      ["column.rule_status", (it) => data.rules[it.rule].status],
    ];
    const listed = [...document.querySelectorAll("table.main tr[data-id]")].filter((row) => !row.hidden).map((row) => data.findings[row.dataset.id]);
    const lines = [columns.map(([key]) => csvCell(word(key)))];
    for (const it of listed) lines.push(columns.map(([, read]) => csvCell(String(read(it) || ""))));
    return "\uFEFF" + lines.map((line) => line.join(",")).join("\r\n") + "\r\n";
  }

  function saveCsv() {
    const address = URL.createObjectURL(new Blob([csvText()], { type: "text/csv;charset=utf-8" }));
    const link = element("a", { href: address, download: word("review.csv_name") });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  function onKey(event) {
    const row = event.target.closest ? event.target.closest("tr[data-id]") : null;
    if (event.key === "Escape") return clear();
    if (!row) return undefined;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return select(row.dataset.id, true);
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return undefined;
    event.preventDefault();
    const visible = visibleRows();
    const next = visible[visible.indexOf(row) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      for (const other of rows) other.tabIndex = other === next ? 0 : -1;
      next.focus();
    }
    return undefined;
  }

  function listen() {
    for (const row of rows) row.addEventListener("click", () => select(row.dataset.id, true));
    for (const chip of chips) {
      chip.firstElementChild.append(riskmap.swatch(chip.firstElementChild.dataset.look, "line"));
      chip.addEventListener("click", () => {
        chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
        filter();
      });
    }
    for (const input of [unit, rule, text]) input.addEventListener("input", filter);
    document.getElementById("reset").addEventListener("click", () => {
      for (const chip of chips) chip.setAttribute("aria-pressed", "false");
      unit.value = "";
      rule.value = "";
      text.value = "";
      filter();
    });
    document.getElementById("csv").addEventListener("click", saveCsv);
    close.addEventListener("click", clear);
    document.addEventListener("keydown", onKey);
    for (const button of document.querySelectorAll(".findings th button")) {
      button.addEventListener("click", () => {
        const heading = button.parentElement;
        const first = button.dataset.number === "1" ? "descending" : "ascending";
        const second = first === "ascending" ? "descending" : "ascending";
        sortBy(heading, heading.getAttribute("aria-sort") === first ? second : first);
        remember();
        keepOneTabStop();
      });
    }
  }

  riskmap.start("map");
  shown.onSelect = (ref, feature) => {
    riskmap.clearSelection();
    riskmap.outline(feature);
    body.replaceChildren(...riskmap.detail.feature(ref, feature[0], (id) => data.findings[id] && select(id, true)));
    panel.classList.add("filled");
    close.hidden = false;
  };
  riskmap.labels.start();
  drawLines();
  listen();
  restore();
  window.addEventListener("hashchange", restore);
  document.documentElement.dataset.ready = "1";
})();
