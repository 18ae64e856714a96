"use strict";
/* Names: the important first, and none where another already stands. */
riskmap.labels = (() => {
  const { data, shown, element } = riskmap;
  const SPOTS = [[10, -8], [-10, -8], [0, -24], [0, 10], [9, -22], [9, 8]];
  const MOST = 160;
  const candidates = [];
  let group = null;

  function gather() {
    for (const label of data.labels) {
      const [name, kind, rank, place, look] = label;
      candidates.push({ name, kind, rank, look, place: [place[1] / 1e6, place[0] / 1e6] });
    }
    candidates.sort((a, b) => a.rank - b.rank);
  }

  function widthOf(name, size) {
    let width = 0;
    for (const letter of name) width += letter.charCodeAt(0) > 0x2e80 ? size : size * 0.56;
    return width;
  }

  function meets(box, boxes) {
    return boxes.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
  }

  function place() {
    const map = shown.map;
    group.clearLayers();
    const view = map.getBounds();
    const size = map.getSize();
    const taken = riskmap.signBoxes();
    const zoom = map.getZoom();
    let count = 0;
    for (const label of candidates) {
      if (count >= MOST) break;
      if (!shown.labelled[label.look] || !view.contains(label.place)) continue;
      if (label.rank >= 300 && zoom < 11.5) continue;
      const font = { city: 15, town: 13, village: 11.5, unit: 11.5, area: 15, outside: 11.5, plot: 11.5 }[label.kind];
      const width = widthOf(label.name, font) + 4;
      const point = map.latLngToContainerPoint(label.place);
      const centred = label.kind === "area" || label.kind === "plot";
      const spots = centred ? [[-width / 2, label.kind === "area" ? -8 : 3]] : SPOTS;
      for (const [dx, dy] of spots) {
        const left = dx < 0 && !centred ? point.x + dx - width : dx === 0 ? point.x - width / 2 : point.x + dx;
        const box = [left, point.y + dy, left + width, point.y + dy + font + 3];
        if (box[0] < 2 || box[2] > size.x - 2 || box[1] < 2 || box[3] > size.y - 2 || meets(box, taken)) continue;
        taken.push(box);
        const icon = L.divIcon({ className: "name " + label.kind, html: element("span", { "aria-hidden": "true" }, label.name), iconAnchor: [point.x - left, -dy] });
        L.marker(label.place, { icon, interactive: false, keyboard: false, zIndexOffset: -1000 }).addTo(group);
        count += 1;
        break;
      }
    }
  }

  function start() {
    shown.labelled = { "label.place": true, "label.unit": true };
    group = L.layerGroup().addTo(shown.map);
    gather();
    place();
    shown.map.on("moveend", place);
  }

  return { start, place };
})();
