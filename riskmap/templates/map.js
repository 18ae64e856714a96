"use strict";
/* The map page: legend switches, search, list of objects and the panel of details. */
(() => {
  const { data, shown, word, element } = riskmap;
  const MOST_FOUND = 40;
  const body = document.getElementById("detail-body");
  const panel = document.getElementById("detail");
  const close = document.getElementById("detail-close");
  const empty = body.cloneNode(true);

  function fill(parts) {
    body.replaceChildren(...parts);
    panel.classList.add("filled");
    close.hidden = false;
    panel.scrollIntoView({ block: "nearest" });
  }

  function clear() {
    riskmap.clearSelection();
    body.replaceChildren(...empty.cloneNode(true).childNodes);
    panel.classList.remove("filled");
    close.hidden = true;
    remember("");
  }

  function remember(ref) {
    history.replaceState(null, "", ref ? "#s=" + encodeURIComponent(ref) : location.pathname + location.search);
  }

  function selectFinding(id, zoom) {
    const it = data.findings[id];
    const ends = riskmap.vertices(it);
    riskmap.clearSelection();
    riskmap.measure(it);
    if (zoom) riskmap.goTo(L.latLngBounds(ends), 17);
    fill(riskmap.detail.finding(id));
    remember(id);
  }

  function selectDanger(id, zoom) {
    const it = data.dangers[id];
    riskmap.clearSelection();
    const placed = shown.byRef.get(id) || shown.byRef.get(it.unit) || [];
    placed.slice(0, 1).forEach(([, feature]) => riskmap.outline(feature));
    if (zoom && placed.length) riskmap.goTo(riskmap.boundsOf([placed[0][1]]), 15);
    fill(riskmap.detail.danger(id, select));
    remember(id);
  }

  function selectFeature(ref, feature, zoom) {
    riskmap.clearSelection();
    riskmap.outline(feature);
    if (zoom) riskmap.goTo(riskmap.boundsOf([feature]), 15);
    fill(riskmap.detail.feature(ref, feature[0], select));
    remember(ref);
  }

  /* Choose by reference, from a list or the address. */
  function select(ref) {
    if (data.findings[ref]) return selectFinding(ref, true);
    if (data.dangers[ref]) return selectDanger(ref, true);
    const placed = (shown.byRef.get(ref) || []).filter(([, feature]) => feature[0] >= 0);
    if (placed.length) selectFeature(ref, placed[0][1], true);
    return undefined;
  }

  function onSelect(ref, feature) {
    if (data.findings[ref]) selectFinding(ref, false);
    else if (data.dangers[ref]) selectDanger(ref, false);
    else if (feature[0] >= 0) selectFeature(ref, feature, false);
  }

  function startLegend() {
    for (const place of document.querySelectorAll(".swatch[data-look]")) {
      if (place.dataset.shape === "label") place.textContent = word("webmap.sample");
      else place.append(riskmap.swatch(place.dataset.look, place.dataset.shape));
    }
    for (const box of document.querySelectorAll("#legend input")) {
      box.checked = true;
      box.addEventListener("change", () => {
        if (box.dataset.look.startsWith("label.")) {
          shown.labelled[box.dataset.look] = box.checked;
          riskmap.labels.place();
        } else riskmap.toggle(box.dataset.look, box.checked);
      });
    }
  }

  function searchable() {
    const seen = new Set();
    const found = [];
    for (const layer of shown.layers) {
      for (const feature of layer.features) {
        const [index, ref] = feature;
        if (index < 0 || !ref || seen.has(ref) || data.findings[ref] || data.dangers[ref]) continue;
        const [title, kind] = data.details[index];
        if (title === kind) continue;
        seen.add(ref);
        found.push({ title, kind, key: title.toLowerCase(), ref });
      }
    }
    for (const [name, kind, , place] of data.labels) {
      if (kind !== "unit") found.push({ title: name, kind: word("webmap.place"), key: name.toLowerCase(), place: [place[1] / 1e6, place[0] / 1e6] });
    }
    return found;
  }

  function startSearch() {
    const input = document.getElementById("search");
    const results = document.getElementById("search-results");
    const count = document.getElementById("search-count");
    let entries = null;
    input.addEventListener("input", () => {
      entries = entries || searchable();
      const wanted = input.value.trim().toLowerCase();
      const hits = wanted ? entries.filter((entry) => entry.key.includes(wanted)) : [];
      const listed = hits.slice(0, MOST_FOUND);
      count.textContent = !wanted ? "" : word(hits.length > listed.length ? "webmap.found_first" : "webmap.found", { n: hits.length, shown: listed.length });
      results.replaceChildren(
        ...listed.map((entry) => {
          const go = () => (entry.ref ? select(entry.ref) : shown.map.setView(entry.place, 14, { animate: false }));
          return element("li", {}, element("button", { type: "button", onclick: go }, entry.title, element("small", {}, entry.kind)));
        })
      );
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && results.querySelector("button")) results.querySelector("button").click();
    });
  }

  function startList() {
    const place = document.getElementById("list-body");
    const add = (title, buttons) => {
      if (!buttons.length) return;
      const list = element("ul", { class: "things" });
      for (const made of buttons) list.append(element("li", {}, made));
      place.append(element("details", {}, element("summary", {}, title), list));
    };
    const units = data.unit_list.map(([ref, name, tier]) => element("button", { type: "button", onclick: () => select(ref) }, name, element("small", {}, tier)));
    add(word("webmap.list_units", { n: units.length }), units);
    const dangers = Object.values(data.dangers).map((it) => riskmap.detail.dangerButton(it, select));
    add(word("webmap.list_dangers", { n: dangers.length }), dangers);
    const asking = Object.values(data.findings).filter((it) => data.asking.includes(it.verdict));
    add(word("webmap.list_findings", { n: asking.length }), asking.map((it) => riskmap.detail.findingButton(it, select)));
  }

  riskmap.open = (id) => {
    const map = riskmap.start(id);
    shown.onSelect = onSelect;
    riskmap.labels.start();
    startLegend();
    startSearch();
    startList();
    close.addEventListener("click", clear);
    map.on("click", clear);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") clear();
    });
    const wanted = new URLSearchParams(location.hash.slice(1)).get("s");
    if (wanted) select(wanted);
    document.documentElement.dataset.ready = "1";
    return map;
  };
})();
