"use strict";
// Draws what the page's data block holds. Names are data: they reach the page as text only.
const data = JSON.parse(document.getElementById("riskmap-data").textContent);
const words = data.words;
const layersByLook = new Map();
const shapes = new Map();
const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes, text) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function hatchStyle(layer, look) {
  return {
    stroke: false, fill: true, fillOpacity: 1, fillColor: "url(#" + look.pattern + ")",
    interactive: false, pane: layer.pane,
  };
}

function pathStyle(look, pane) {
  return {
    pane, color: look.line || "#1E2328", weight: look.width || 0, opacity: look.width ? 1 : 0,
    dashArray: look.dash && look.dash.length ? look.dash.map((part) => part * 2).join(" ") : null,
    fill: Boolean(look.fill), fillColor: look.fill || "none", fillOpacity: look.opacity ?? 1,
    stroke: Boolean(look.width),
  };
}

function sign(look, feature) {
  const made = element("div", { class: look.sign });
  if (look.sign === "diamond") made.append(element("b", {}, feature.digit || ""));
  else if (look.sign === "tier-spot") {
    made.textContent = look.badge;
    made.style.background = look.solid;
    made.style.color = look.text;
  } else made.textContent = look.sign === "hidden-judged" ? "!" : "?";
  const lift = look.sign === "diamond" ? 27 : 12;
  return L.divIcon({ className: "sign-icon", html: made, iconSize: [24, 24], iconAnchor: [12, lift] });
}

function drawPoint(layer, look, feature, latlng) {
  if (look.sign) {
    return L.marker(latlng, {
      icon: sign(look, feature), pane: layer.pane, keyboard: true,
      title: feature.label || layer.legend, alt: layer.legend + " " + (feature.label || ""),
    });
  }
  return L.circleMarker(latlng, {
    pane: layer.pane, radius: look.radius || 4, color: look.line || "#1E2328", weight: 1,
    fillColor: look.fill || "#5A534A", fillOpacity: 1,
  });
}

function addFeature(group, layer, look, feature, renderer) {
  const style = pathStyle(look, layer.pane);
  if (renderer) style.renderer = renderer;
  const geometry = { type: "Feature", properties: {}, geometry: feature.g };
  if (look.casing) {
    L.geoJSON(geometry, {
      pane: layer.pane, interactive: false,
      style: { color: look.casing, weight: look.width + 3, opacity: 1, fill: false, pane: layer.pane },
    }).addTo(group);
  }
  const made = L.geoJSON(geometry, {
    style: () => style, pane: layer.pane,
    pointToLayer: (_, latlng) => drawPoint(layer, look, feature, latlng),
  });
  if (look.pattern && !renderer && feature.g.type.includes("Polygon")) {
    L.geoJSON(geometry, { style: () => hatchStyle(layer, look), interactive: false, pane: layer.pane }).addTo(group);
  }
  made.addTo(group);
  if (look.sign === "tier-spot" && feature.g.type.includes("Polygon")) addSpot(group, layer, look, feature, made);
  if (feature.ref && data.details[feature.ref]) {
    made.on("click", () => choose(feature.ref, false));
    if (!shapes.has(feature.ref)) shapes.set(feature.ref, made);
  }
}

// A unit too small to read at this zoom is shown by the word of its tier as well.
const spots = [];
function addSpot(group, layer, look, feature, shape) {
  const bounds = shape.getBounds();
  if (!riskmap.getPane("riskmap-spots")) riskmap.createPane("riskmap-spots").style.zIndex = "615";
  const marker = drawPoint({ ...layer, pane: "riskmap-spots" }, look, feature, bounds.getCenter());
  marker.setZIndexOffset(spots.length * 100);
  marker.on("click", () => choose(feature.ref, false));
  spots.push({ marker, bounds, group });
}

function showSpots() {
  for (const { marker, bounds, group } of spots) {
    const a = riskmap.latLngToContainerPoint(bounds.getNorthWest());
    const b = riskmap.latLngToContainerPoint(bounds.getSouthEast());
    const small = Math.max(b.x - a.x, b.y - a.y) < 22;
    if (small) group.addLayer(marker); else group.removeLayer(marker);
  }
}

function drawLayer(layer, index) {
  const look = data.looks[layer.look] || {};
  layer.pane = "riskmap-" + index;
  riskmap.createPane(layer.pane).style.zIndex = String(400 + index);
  const group = layersByLook.get(layer.look) || L.layerGroup().addTo(riskmap);
  layersByLook.set(layer.look, group);
  const renderer = layer.features.length > 3000 ? L.canvas({ pane: layer.pane, padding: 0.3 }) : null;
  for (const feature of layer.features) addFeature(group, layer, look, feature, renderer);
}

// Place names by importance; a name that would lie on another waits for the next zoom.
const labels = [];
function drawLabels(list) {
  riskmap.createPane("riskmap-labels").style.zIndex = "640";
  for (const label of list) {
    const text = element("span", {}, label.label);
    const icon = L.divIcon({ className: "place " + label.kind, html: text, iconSize: [0, 0], iconAnchor: [-7, 8] });
    const marker = L.marker([label.lat, label.lon], { icon, interactive: false, keyboard: false, pane: "riskmap-labels" });
    labels.push({ marker, rank: label.rank, width: 7 + [...label.label].reduce((sum, c) => sum + (c.charCodeAt(0) > 0x2e80 ? 13 : 7), 0) });
  }
  labels.sort((a, b) => a.rank - b.rank);
}

function spreadLabels() {
  const taken = [];
  const size = riskmap.getSize();
  for (const { marker, width } of labels) {
    const at = riskmap.latLngToContainerPoint(marker.getLatLng());
    const box = [at.x + 4, at.y - 9, at.x + 10 + width, at.y + 9];
    const off = box[2] < 0 || box[0] > size.x || box[3] < 0 || box[1] > size.y;
    const hit = off || taken.some((b) => box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1]);
    if (hit) marker.remove();
    else { marker.addTo(riskmap); taken.push(box); }
  }
}

function choose(ref, zoom) {
  const detail = data.details[ref];
  const box = document.getElementById("detail");
  box.replaceChildren();
  if (!detail) return;
  box.append(element("h2", {}, detail.title));
  if (detail.headline) box.append(element("p", { class: "headline" }, detail.headline));
  const list = element("dl");
  for (const [name, value] of detail.rows) list.append(element("dt", {}, name), element("dd", {}, value));
  box.append(list);
  if (detail.items && detail.items.length) {
    box.append(element("h3", {}, words.findings));
    const items = element("ul");
    for (const item of detail.items) items.append(element("li", {}, item));
    box.append(items);
  }
  const shape = shapes.get(ref);
  if (zoom && shape) riskmap.fitBounds(shape.getBounds(), { maxZoom: 15, padding: [60, 60], animate: false });
  if (!zoom) box.scrollIntoView({ block: "nearest" });
  history.replaceState(null, "", "#" + encodeURIComponent(ref));
}

function swatch(look, shape) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("width", "30"); svg.setAttribute("height", "16"); svg.setAttribute("aria-hidden", "true");
  const part = (name, attributes) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    svg.append(made);
  };
  if (look.sign === "diamond") part("path", { d: "M15 1 L22 8 L15 15 L8 8 Z", fill: "#fff", stroke: "#1E2328", "stroke-width": 1.4 });
  else if (look.sign === "hidden-judged") part("path", { d: "M15 1 L23 15 L7 15 Z", fill: "#1E2328" });
  else if (look.sign === "hidden-suspected") part("circle", { cx: 15, cy: 8, r: 6, fill: "#fff", stroke: "#1E2328", "stroke-width": 1.8, "stroke-dasharray": "3 2" });
  else if (shape === "symbol") part("circle", { cx: 15, cy: 8, r: 4.5, fill: look.fill || "#5A534A", stroke: "#1E2328" });
  else if (shape === "line") {
    if (look.casing) part("path", { d: "M1 8 H29", stroke: look.casing, "stroke-width": look.width + 3 });
    part("path", { d: "M1 8 H29", stroke: look.line, "stroke-width": look.width, "stroke-dasharray": (look.dash || []).map((d) => d * 2).join(" ") || "none" });
  } else {
    part("rect", { x: 0, y: 0, width: 30, height: 16, fill: look.fill || "#fff" });
    if (look.pattern) part("rect", { x: 0, y: 0, width: 30, height: 16, fill: "url(#" + look.pattern + ")" });
    if (look.width) part("rect", { x: 1, y: 1, width: 28, height: 14, fill: "none", stroke: look.line, "stroke-width": Math.min(look.width, 2) });
  }
  return svg;
}

function drawLegend() {
  const box = document.getElementById("legend");
  let group = "";
  let list = null;
  for (const entry of data.legend) {
    if (entry.group !== group) {
      group = entry.group;
      box.append(element("h3", {}, words.groups[group]));
      list = element("ul", { class: "legend" });
      box.append(list);
    }
    const row = element("li");
    const label = element("label");
    const check = element("input", { type: "checkbox" });
    check.checked = true;
    check.addEventListener("change", () => {
      const layer = layersByLook.get(entry.look);
      if (!layer) return;
      if (check.checked) layer.addTo(riskmap); else layer.remove();
    });
    label.append(check, swatch(data.looks[entry.look] || {}, entry.shape), element("span", {}, entry.legend));
    row.append(label, element("span", { class: "count" }, entry.count));
    list.append(row);
    if (entry.total) box.append(element("p", { class: "total" }, entry.total));
  }
}

function startSearch() {
  const field = document.getElementById("search");
  const hits = document.getElementById("hits");
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    hits.replaceChildren();
    if (!wanted) return;
    const found = data.names.filter((entry) => entry.name.toLowerCase().includes(wanted)).slice(0, 30);
    for (const entry of found) {
      const row = element("li");
      const button = element("button", { type: "button" }, entry.name + " · " + entry.kind);
      button.addEventListener("click", () => {
        if (data.details[entry.ref]) choose(entry.ref, true);
        if (!shapes.has(entry.ref)) riskmap.setView([entry.lat, entry.lon], 14);
      });
      row.append(button);
      hits.append(row);
    }
    if (!found.length) hits.append(element("li", {}, words.nothing));
  });
}

riskmap.setView(L.latLngBounds(data.bounds).getCenter(), 10);
riskmap.fitBounds(data.bounds, { padding: [4, 4], animate: false });
data.layers.forEach(drawLayer);
drawLabels(data.labels);
drawLegend();
startSearch();
spreadLabels();
showSpots();
riskmap.on("zoomend", showSpots);
riskmap.on("zoomend moveend resize", spreadLabels);
L.control.scale({ imperial: false, maxWidth: 160 }).addTo(riskmap);
riskmap.attributionControl.setPrefix(false);
const readout = document.getElementById("readout");
riskmap.on("mousemove", (event) => {
  readout.textContent = event.latlng.lng.toFixed(5) + "°E " + event.latlng.lat.toFixed(5) + "°N · " + words.datum;
});
window.addEventListener("beforeprint", () => riskmap.invalidateSize());
const asked = decodeURIComponent(location.hash.slice(1));
if (asked && data.details[asked]) choose(asked, true);
document.documentElement.dataset.ready = "yes";
