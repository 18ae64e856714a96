"use strict";
// The table of findings and the map, linked both ways. Runs after map.js in the same page.
const table = document.getElementById("findings");
const rows = [...table.tBodies[0].rows];
const byId = new Map(rows.map((row) => [row.dataset.id, row]));
const lines = new Map(data.findings.map((finding) => [finding.id, finding]));
const state = { verdicts: new Set(), unit: "", rule: "", text: "", row: "" };
const fields = { unit: document.getElementById("unit"), rule: document.getElementById("rule"), text: document.getElementById("text") };
const chips = [...document.querySelectorAll(".chip[data-verdict]")];
let selected = null;
riskmap.createPane("riskmap-pair").style.zIndex = "630";

function drawLine(finding, strong) {
  const look = data.looks["verdict." + finding.verdict] || {};
  const options = { pane: "riskmap-pair", color: look.line || "#1E2328", weight: strong ? 4 : 2, opacity: 1, dashArray: (look.dash || []).map((d) => d * 2).join(" ") || null };
  const casing = L.polyline(finding.line, { pane: "riskmap-pair", color: "#FFFFFF", weight: options.weight + 3, interactive: false });
  const line = L.polyline(finding.line, options);
  line.on("click", () => select(finding.id, true));
  return [casing, line];
}

const group = L.layerGroup().addTo(riskmap);
const drawn = new Map();
for (const finding of data.findings) drawn.set(finding.id, L.layerGroup(drawLine(finding, false)));

function select(id, scroll) {
  const finding = lines.get(id);
  const row = byId.get(id);
  if (selected) { selected.row.setAttribute("aria-selected", "false"); selected.marks.remove(); }
  selected = null;
  if (!finding || !row) return;
  row.setAttribute("aria-selected", "true");
  const marks = L.layerGroup(drawLine(finding, true)).addTo(riskmap);
  for (const end of finding.line) L.circleMarker(end, { pane: "riskmap-pair", radius: 4, color: "#FFFFFF", weight: 2, fillColor: "#1E2328", fillOpacity: 1 }).addTo(marks);
  const middle = L.latLngBounds(finding.line).getCenter();
  const label = element("span", {}, finding.label);
  L.marker(middle, { interactive: false, keyboard: false, pane: "riskmap-labels", icon: L.divIcon({ className: "gap-label", html: label, iconSize: null, iconAnchor: [-10, 26] }) }).addTo(marks);
  selected = { row, marks };
  state.row = id;
  riskmap.invalidateSize();
  riskmap.fitBounds(L.latLngBounds(finding.line), { maxZoom: 16, padding: [90, 90], animate: false });
  if (scroll) row.scrollIntoView({ block: "center" });
  choose(id, false);
  writeHash();
}

function fits(row) {
  if (state.verdicts.size && !state.verdicts.has(row.dataset.verdict)) return false;
  if (state.unit && row.dataset.unit !== state.unit && row.dataset.park !== state.unit) return false;
  if (state.rule && row.dataset.rule !== state.rule) return false;
  return !state.text || row.dataset.text.includes(state.text.toLowerCase());
}

function filter() {
  let shown = 0;
  for (const row of rows) {
    const keep = fits(row);
    row.hidden = !keep;
    const line = drawn.get(row.dataset.id);
    if (keep) { shown += 1; group.addLayer(line); } else group.removeLayer(line);
  }
  document.getElementById("status").textContent = words.shown.replace("{n}", shown).replace("{total}", rows.length);
  writeHash();
}

function writeHash() {
  const parts = new URLSearchParams();
  if (state.row) parts.set("v", state.row);
  if (state.verdicts.size) parts.set("verdict", [...state.verdicts].join(","));
  for (const key of ["unit", "rule", "text"]) if (state[key]) parts.set(key, state[key]);
  history.replaceState(null, "", "#" + parts.toString());
}

function readHash() {
  const parts = new URLSearchParams(asked.startsWith("v=") || asked.includes("=") ? location.hash.slice(1) : "");
  for (const name of (parts.get("verdict") || "").split(",")) if (name) state.verdicts.add(name);
  for (const key of ["unit", "rule", "text"]) { state[key] = parts.get(key) || ""; fields[key].value = state[key]; }
  for (const chip of chips) chip.setAttribute("aria-pressed", String(state.verdicts.has(chip.dataset.verdict)));
  return parts.get("v");
}

function sortBy(column, button) {
  const down = button.dataset.order !== "up";
  for (const other of table.querySelectorAll("th button")) { delete other.dataset.order; other.parentElement.removeAttribute("aria-sort"); }
  button.dataset.order = down ? "up" : "down";
  button.parentElement.setAttribute("aria-sort", down ? "ascending" : "descending");
  const key = (row) => row.cells[column].dataset.value;
  const numeric = button.dataset.number === "yes";
  const rank = (value) => (value === "" ? Infinity : Number(value));
  rows.sort((a, b) => (numeric ? rank(key(a)) - rank(key(b)) : key(a).localeCompare(key(b), "zh")) * (down ? 1 : -1));
  table.tBodies[0].append(...rows);
}

function cell(text) {
  const guarded = /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
  return '"' + guarded.replaceAll('"', '""') + '"';
}

function saveCsv() {
  const head = [...table.tHead.rows[0].cells].map((th) => cell(th.textContent.trim()));
  const body = rows.filter((row) => !row.hidden).map((row) => [...row.cells].map((td) => cell(td.textContent.trim())).join(","));
  const text = "\ufeff" + [head.join(","), ...body].join("\r\n") + "\r\n";
  const link = element("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: "riskmap-findings.csv" });
  link.click();
}

for (const row of rows) {
  row.addEventListener("click", () => select(row.dataset.id, false));
  row.addEventListener("keydown", (event) => {
    const shown = rows.filter((other) => !other.hidden);
    const at = shown.indexOf(row);
    if (event.key === "Enter") select(row.dataset.id, false);
    else if (event.key === "ArrowDown" && shown[at + 1]) shown[at + 1].focus();
    else if (event.key === "ArrowUp" && shown[at - 1]) shown[at - 1].focus();
    else if (event.key === "Escape") select("", false);
    else return;
    event.preventDefault();
  });
}
for (const chip of chips) {
  chip.addEventListener("click", () => {
    const name = chip.dataset.verdict;
    if (state.verdicts.has(name)) state.verdicts.delete(name); else state.verdicts.add(name);
    chip.setAttribute("aria-pressed", String(state.verdicts.has(name)));
    filter();
  });
}
for (const [key, field] of Object.entries(fields)) field.addEventListener("input", () => { state[key] = field.value; filter(); });
table.querySelectorAll("th button").forEach((button, column) => button.addEventListener("click", () => sortBy(column, button)));
document.getElementById("csv").addEventListener("click", saveCsv);
const first = readHash();
filter();
if (first) select(first, true);
