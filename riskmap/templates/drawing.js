"use strict";
/* Draws the layers of a page with Leaflet. Every text is data and goes in as textContent. */
const riskmap = (() => {
  const data = JSON.parse(document.getElementById("riskmap-data").textContent);
  data.findings = Object.fromEntries(
    data.finding_rows.map((row) => [row[0], Object.fromEntries(data.finding_fields.map((name, index) => [name, row[index]]))])
  );
  const PX_PER_PT = 4 / 3;
  const PX_PER_MM = 96 / 25.4;
  const SMALL_PX = 14;
  const MANY_SYMBOLS = 400;
  const shown = { map: null, layers: [], byRef: new Map(), renderers: [] };

  function word(key, values) {
    const template = data.words[key];
    if (template === undefined) throw new Error("no wording for " + key);
    return template.replace(/\{([a-z_0-9]+)\}/g, (all, name) => String((values || {})[name]));
  }

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "class") made.className = value;
      else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else made.setAttribute(name, value);
    }
    for (const child of children) made.append(child);
    return made;
  }

  function svg(tag, attributes, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function unpack(flat) {
    const places = [];
    let x = 0;
    let y = 0;
    for (let i = 0; i < flat.length; i += 2) {
      x += flat[i];
      y += flat[i + 1];
      places.push([y / 1e6, x / 1e6]);
    }
    return places;
  }

  /* Hatches: one svg pattern a look, shared by the map and the legend. */
  function hatchId(look) {
    return "hatch-" + look.replace(/[^a-z_]/g, "-");
  }

  function hatchMarks(hatch, colour) {
    const stroke = { stroke: colour, "stroke-width": 1.1, fill: "none" };
    const marks = {
      x: [["path", { d: "M0 0L8 8M8 0L0 8", ...stroke }]],
      "/": [["path", { d: "M-2 2L2 -2M0 8L8 0M6 10L10 6", ...stroke }]],
      "\\": [["path", { d: "M-2 6L2 10M0 0L8 8M6 -2L10 2", ...stroke }]],
      ".": [["circle", { cx: 2, cy: 2, r: 1, fill: colour }], ["circle", { cx: 6, cy: 6, r: 1, fill: colour }]],
      "-": [["path", { d: "M0 2H8M0 6H8", ...stroke, "stroke-width": 0.8 }]],
      o: [["circle", { cx: 4, cy: 4, r: 2, ...stroke }]],
    };
    return (marks[hatch[0]] || []).map(([tag, attributes]) => svg(tag, attributes));
  }

  function addHatches() {
    const defs = svg("defs");
    for (const [look, ink] of Object.entries(data.inks)) {
      if (!ink.hatch) continue;
      const pattern = svg("pattern", { id: hatchId(look), width: 8, height: 8, patternUnits: "userSpaceOnUse" });
      pattern.append(svg("rect", { width: 8, height: 8, fill: ink.fill || "none" }), ...hatchMarks(ink.hatch, ink.hatch_colour));
      defs.append(pattern);
    }
    const holder = svg("svg", { width: 0, height: 0, "aria-hidden": "true", style: "position:absolute" }, defs);
    document.body.append(holder);
  }

  function fillOf(look, isCanvas) {
    const ink = data.inks[look];
    if (!ink.fill) return "none";
    return ink.hatch && !isCanvas ? "url(#" + hatchId(look) + ")" : ink.fill;
  }

  function dashOf(ink) {
    return ink.dash_mm.length ? ink.dash_mm.map((length) => (length * PX_PER_MM).toFixed(1)).join(" ") : null;
  }

  function lineStyle(ink) {
    return {
      color: ink.line || "#1E2328",
      weight: Math.max(0.6, ink.width_pt * PX_PER_PT),
      dashArray: dashOf(ink),
      stroke: Boolean(ink.line),
      opacity: 1,
      lineCap: "butt",
    };
  }

  /* One sign: diamond, triangle, house, square, bar or circle, with its letter. */
  const OUTLINES = {
    diamond: "0,-.5 .5,0 0,.5 -.5,0",
    triangle: "-.5,.43 .5,.43 0,-.5",
    house: "-.4,.5 .4,.5 .4,-.1 0,-.5 -.4,-.1",
    square: "-.5,-.5 .5,-.5 .5,.5 -.5,.5",
    bar: "-.5,-.2 .5,-.2 .5,.2 -.5,.2",
  };

  function sign(ink, text, sizePx) {
    const size = sizePx || ink.marker_mm * PX_PER_MM;
    const outline = {
      fill: ink.marker_fill || "none",
      stroke: ink.marker_line || "none",
      "stroke-width": 1.4,
      "vector-effect": "non-scaling-stroke",
    };
    if (ink.marker_dash_mm.length) outline["stroke-dasharray"] = "3 2";
    const drawn = svg("svg", { width: size, height: size, viewBox: "-.5 -.5 1 1", "aria-hidden": "true" });
    drawn.append(
      ink.marker === "circle" ? svg("circle", { r: 0.5, ...outline }) : svg("polygon", { points: OUTLINES[ink.marker], ...outline })
    );
    if (text) {
      drawn.append(
        svg("text", { x: 0, y: ink.marker === "triangle" ? 0.34 : 0.21, "text-anchor": "middle", "font-size": 0.58, "font-weight": 700, fill: ink.text_colour || "#1E2328" }, text)
      );
    }
    return drawn;
  }

  function swatch(look, shape) {
    const ink = data.inks[look];
    const drawn = svg("svg", { viewBox: "0 0 33 19", "aria-hidden": "true" });
    if (shape === "symbol") {
      const inside = sign(ink, ink.text, Math.min(17, Math.max(9, ink.marker_mm * PX_PER_MM)));
      const size = Number(inside.getAttribute("width"));
      inside.setAttribute("x", (33 - size) / 2);
      inside.setAttribute("y", (19 - size) / 2);
      drawn.append(inside);
    } else if (shape === "line") {
      if (ink.casing) drawn.append(svg("path", { d: "M2 9.5H31", stroke: ink.casing, "stroke-width": ink.casing_pt * PX_PER_PT }));
      const style = lineStyle(ink);
      drawn.append(svg("path", { d: "M2 9.5H31", stroke: style.color, "stroke-width": style.weight, "stroke-dasharray": style.dashArray || "none" }));
    } else {
      drawn.append(svg("rect", { x: 1.5, y: 2, width: 30, height: 15, fill: ink.fill || "#FFFFFF", stroke: "none" }));
      drawn.append(svg("rect", { x: 1.5, y: 2, width: 30, height: 15, fill: ink.fill ? fillOf(look, false) : "none", stroke: ink.line && ink.line !== "#FFFFFF" ? ink.line : "#6B7178", "stroke-width": 1, "stroke-dasharray": dashOf(ink) || "none" }));
      if (ink.text) {
        const badge = svg("g", {});
        badge.append(svg("rect", { x: 1.5, y: 2, width: 14, height: 15, fill: ink.marker_fill, stroke: "#1E2328", "stroke-width": 0.8 }));
        badge.append(svg("text", { x: 8.5, y: 13.4, "text-anchor": "middle", "font-size": 10.5, "font-weight": 700, fill: ink.text_colour }, ink.text));
        drawn.append(badge);
      }
    }
    return drawn;
  }

  /* Paths of one feature: a casing below and the line or area above. */
  function pathOf(feature, layer, style, interactive) {
    const [, , dimension, parts] = feature;
    const options = { ...style, renderer: layer.renderer, interactive };
    if (dimension === 2) {
      const rings = parts.map((polygon) => polygon.map(unpack));
      return L.polygon(rings, options);
    }
    return L.polyline(parts.map(unpack), { ...options, fill: false });
  }

  function pointsOf(feature) {
    return feature[3].map((place) => [place[1] / 1e6, place[0] / 1e6]);
  }

  function addPoints(layer, feature) {
    const ink = data.inks[layer.look];
    const many = layer.features.length > MANY_SYMBOLS && !ink.text;
    for (const place of pointsOf(feature)) {
      if (many || !ink.marker || ink.marker === "circle") {
        const radius = ink.marker ? Math.max(2, (ink.marker_mm * PX_PER_MM) / 2) : 3;
        const options = { renderer: layer.renderer, radius, weight: 1, color: ink.marker_line || ink.line || "#1E2328", fillColor: ink.marker_fill || ink.fill || "#1E2328", fillOpacity: 1 };
        listen(L.circleMarker(place, options), feature, layer);
        continue;
      }
      const text = layer.look === "symbol.major_hazard" ? gradeOf(feature) : ink.text;
      const isBadge = layer.shape === "area" && ink.text;
      const content = isBadge ? badgeOf(ink) : sign(ink, text, Math.max(8, ink.marker_mm * PX_PER_MM));
      const size = isBadge ? 17 : Number(content.getAttribute("width"));
      listen(markerOf(place, content, size, layer, isBadge ? "badge-small" : "symbol"), feature, layer);
    }
  }

  function gradeOf(feature) {
    return data.grades[feature[1]] || "";
  }

  function markerOf(place, content, size, layer, className) {
    const icon = L.divIcon({ className: className, html: content, iconSize: [size, size] });
    return L.marker(place, { icon, keyboard: false, zIndexOffset: layer.order * 100 });
  }

  function badgeOf(ink) {
    const badge = element("span", { class: "badge-small", "aria-hidden": "true" }, ink.text);
    badge.style.background = ink.marker_fill;
    badge.style.color = ink.text_colour;
    return badge;
  }

  function listen(path, feature, layer) {
    path.on("click", (event) => {
      L.DomEvent.stop(event);
      shown.onSelect(feature[1], feature, layer);
    });
    layer.group.addLayer(path);
  }

  function addFeature(layer, feature) {
    const ink = data.inks[layer.look];
    const isCanvas = layer.renderer instanceof L.Canvas;
    const [, ref, dimension] = feature;
    if (dimension === 0) {
      addPoints(layer, feature);
    } else {
      const isArea = layer.shape === "area" && dimension === 2;
      const style = { ...lineStyle(ink), fill: isArea && Boolean(ink.fill), fillColor: fillOf(layer.look, isCanvas), fillOpacity: 1 };
      const path = pathOf(feature, layer, style, layer.clickable);
      if (layer.clickable) listen(path, feature, layer);
      else layer.group.addLayer(path);
      if (layer.look.startsWith("verdict.")) {
        listen(pathOf(feature, layer, { color: "#000", opacity: 0, weight: 14 }, true), feature, layer);
      }
      if (isArea && ink.text) addBadge(layer, feature, path, ink);
    }
    if (ref) {
      if (!shown.byRef.has(ref)) shown.byRef.set(ref, []);
      shown.byRef.get(ref).push([layer, feature]);
    }
  }

  /* An area too small to see is marked by its badge until the map is close enough. */
  function addBadge(layer, feature, path, ink) {
    const marker = markerOf(path.getBounds().getCenter(), badgeOf(ink), 17, layer, "badge-small");
    marker.on("click", (event) => {
      L.DomEvent.stop(event);
      shown.onSelect(feature[1], feature, layer);
    });
    layer.badges.push([marker, path.getBounds()]);
  }

  function showBadges() {
    const map = shown.map;
    for (const layer of shown.layers) {
      for (const [marker, bounds] of layer.badges) {
        const low = map.latLngToLayerPoint(bounds.getSouthWest());
        const high = map.latLngToLayerPoint(bounds.getNorthEast());
        const small = Math.max(Math.abs(high.x - low.x), Math.abs(high.y - low.y)) < SMALL_PX;
        const wanted = layer.on && small;
        if (wanted && !map.hasLayer(marker)) marker.addTo(map);
        if (!wanted && map.hasLayer(marker)) marker.remove();
      }
    }
  }

  /* Runs of layers share a pane; one with thousands of features is drawn on a canvas. */
  function assignRenderers(map) {
    const runs = [];
    for (const layer of data.layers) {
      const isGround = layer.group === "base" || layer.group === "receptor";
      if (!runs.length || runs[runs.length - 1].isGround !== isGround) runs.push({ isGround, layers: [], count: 0 });
      const run = runs[runs.length - 1];
      run.layers.push(layer);
      run.count += layer.features.length;
    }
    runs.forEach((run, index) => {
      const pane = map.createPane("run" + index);
      pane.style.zIndex = 400 + index;
      const options = { pane: "run" + index, padding: 0.3 };
      const renderer = run.count > data.canvas_above ? L.canvas(options) : L.svg(options);
      for (const layer of run.layers) layer.renderer = renderer;
    });
  }

  function drawLayer(layer, order) {
    const ink = data.inks[layer.look];
    layer.order = order;
    layer.on = true;
    layer.badges = [];
    layer.group_name = layer.group;
    layer.group = L.layerGroup();
    layer.clickable = layer.look !== "base.study_area" && layer.look !== "influence.outside";
    if (ink.casing) {
      const casing = { color: ink.casing, weight: ink.casing_pt * PX_PER_PT, fill: false, lineCap: "butt" };
      for (const feature of layer.features) {
        if (feature[2] > 0) layer.group.addLayer(pathOf(feature, layer, casing, false));
      }
    }
    for (const feature of layer.features) addFeature(layer, feature);
    layer.group.addTo(shown.map);
    shown.layers.push(layer);
  }

  function start(id) {
    addHatches();
    const map = L.map(id, { zoomControl: false, attributionControl: false, maxZoom: 19, minZoom: 7, zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 90, fadeAnimation: false, zoomAnimation: false, markerZoomAnimation: false });
    shown.map = map;
    map.fitBounds(data.bounds, { animate: false });
    map.getContainer().setAttribute("aria-label", word("webmap.map"));
    map.getContainer().setAttribute("role", "group");
    assignRenderers(map);
    data.layers.forEach(drawLayer);
    map.createPane("selection").style.zIndex = 640;
    map.createPane("measure").style.zIndex = 660;
    shown.selection = L.layerGroup().addTo(map);
    addControls(map);
    showBadges();
    map.on("zoomend", showBadges);
    keepViewInPrint(map);
    return map;
  }

  /* Paper has another shape than the screen: what was seen is fitted to it, and back. */
  function keepViewInPrint(map) {
    let seen = map.getBounds();
    let printing = false;
    map.on("moveend", () => {
      if (!printing) seen = map.getBounds();
    });
    const refit = () => {
      map.invalidateSize({ animate: false });
      map.fitBounds(seen, { animate: false, padding: [0, 0] });
    };
    window.addEventListener("beforeprint", () => {
      printing = true;
      for (const folded of document.querySelectorAll("footer details")) folded.open = true;
      refit();
    });
    window.addEventListener("afterprint", () => {
      refit();
      printing = false;
    });
    window.matchMedia("print").addEventListener("change", (event) => {
      printing = event.matches;
      refit();
    });
  }

  function addControls(map) {
    L.control.zoom({ zoomInTitle: word("webmap.zoom_in"), zoomOutTitle: word("webmap.zoom_out") }).addTo(map);
    const whole = L.control({ position: "topleft" });
    whole.onAdd = () => {
      const bar = element("div", { class: "leaflet-bar" });
      const link = element("a", { href: "#", role: "button", title: word("webmap.whole"), "aria-label": word("webmap.whole") }, "□");
      L.DomEvent.on(link, "click", (event) => {
        L.DomEvent.stop(event);
        map.fitBounds(data.bounds, { animate: false });
      });
      bar.append(link);
      return bar;
    };
    whole.addTo(map);
    L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);
    const cursor = L.control({ position: "bottomleft" });
    cursor.onAdd = () => element("div", { class: "cursor" });
    cursor.addTo(map);
    const tell = (place) => {
      cursor.getContainer().textContent = word("webmap.cursor", {
        lon: word(place.lng < 0 ? "webmap.west" : "webmap.east", { degrees: Math.abs(place.lng).toFixed(5) }),
        lat: word(place.lat < 0 ? "webmap.south" : "webmap.north", { degrees: Math.abs(place.lat).toFixed(5) }),
      });
    };
    map.on("mousemove", (event) => tell(event.latlng));
    map.on("moveend", () => tell(map.getCenter()));
    tell(map.getCenter());
  }

  /* Switch a look on or off; what lies above stays above. */
  function toggle(look, on) {
    for (const layer of shown.layers) {
      if (layer.look !== look) continue;
      layer.on = on;
      if (on) layer.group.addTo(shown.map);
      else layer.group.remove();
    }
    if (on) {
      for (const layer of shown.layers) {
        if (layer.on) layer.group.eachLayer((path) => path.bringToFront && path.bringToFront());
      }
    }
    showBadges();
  }

  /* Where signs and badges stand on the screen, so that names keep clear of them. */
  function signBoxes() {
    const boxes = [];
    const add = (marker) => {
      if (!marker.getLatLng || !marker.options.icon || !shown.map.hasLayer(marker)) return;
      const point = shown.map.latLngToContainerPoint(marker.getLatLng());
      const half = marker.options.icon.options.iconSize[0] / 2 + 1;
      boxes.push([point.x - half, point.y - half, point.x + half, point.y + half]);
    };
    for (const layer of shown.layers) {
      if (!layer.on || layer.features.length > MANY_SYMBOLS) continue;
      layer.badges.forEach(([marker]) => add(marker));
      layer.group.eachLayer(add);
    }
    return boxes;
  }

  function boundsOf(features) {
    const bounds = L.latLngBounds([]);
    for (const feature of features) {
      const [, , dimension, parts] = feature;
      if (dimension === 0) pointsOf(feature).forEach((place) => bounds.extend(place));
      else if (dimension === 1) parts.forEach((part) => unpack(part).forEach((place) => bounds.extend(place)));
      else parts.forEach((polygon) => unpack(polygon[0]).forEach((place) => bounds.extend(place)));
    }
    return bounds;
  }

  function outline(feature) {
    const [, , dimension, parts] = feature;
    const add = (style) => {
      const options = { ...style, fill: false, interactive: false, pane: "selection" };
      if (dimension === 0) pointsOf(feature).forEach((place) => L.circleMarker(place, { ...options, radius: 13 }).addTo(shown.selection));
      else if (dimension === 1) L.polyline(parts.map(unpack), options).addTo(shown.selection);
      else L.polygon(parts.map((polygon) => polygon.map(unpack)), options).addTo(shown.selection);
    };
    add({ color: "#FFFFFF", weight: 7 });
    add({ color: "#0B5C94", weight: 3.5 });
  }

  /* Vertices of a finding's line: two, or all of a way along the flow. */
  function vertices(finding) {
    const way = [];
    for (let i = 0; i < finding.line.length; i += 2) way.push([finding.line[i + 1], finding.line[i]]);
    return way;
  }

  /* The line of a finding with white casing, end dots and one label. */
  function measure(finding) {
    const way = vertices(finding);
    const ends = [way[0], way[way.length - 1]];
    const ink = data.inks["verdict." + finding.verdict];
    const base = { interactive: false, pane: "selection" };
    L.polyline(way, { ...base, color: "#FFFFFF", weight: 8 }).addTo(shown.selection);
    L.polyline(way, { ...base, color: ink.line, weight: 3.5 }).addTo(shown.selection);
    for (const end of ends) L.circleMarker(end, { ...base, radius: 5, color: "#FFFFFF", weight: 2, fillColor: ink.line, fillOpacity: 1, fill: true }).addTo(shown.selection);
    const label = L.divIcon({ className: "measure", html: element("span", {}, finding.headline), iconAnchor: [-10, -10] });
    const middle = way.length > 2 ? way[Math.floor(way.length / 2)] : [(ends[0][0] + ends[1][0]) / 2, (ends[0][1] + ends[1][1]) / 2];
    L.marker(middle, { icon: label, interactive: false, keyboard: false, pane: "measure" }).addTo(shown.selection);
  }

  function clearSelection() {
    shown.selection.clearLayers();
  }

  function goTo(bounds, closest) {
    if (!bounds.isValid()) return;
    shown.map.fitBounds(bounds.pad(0.6), { maxZoom: closest || 16, animate: false });
  }

  return { data, shown, word, element, svg, unpack, start, toggle, swatch, outline, measure, vertices, clearSelection, signBoxes, boundsOf, goTo, fillOf };
})();
