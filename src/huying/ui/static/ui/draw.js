// draw.js: corners of a line or a border drawn on the map, by pointer and by keyboard.
// Takes: a form with data-draw="polygon|line", a map (map.js) and a text field [data-draw-target] in it, which holds
// GeoJSON and is what is sent: without a map, or without this script, the field is filled in by hand.

const MOST_CORNERS = 250, FAR = 8, FARTHER = 40;

for (const form of document.querySelectorAll("[data-draw]")) wait(form);

function wait(form) {
  const box = form.querySelector("[data-map]");
  if (!box) return;
  const look = () => { if (box.dataset.mapReady !== "yes") return false; begin(form, box); return true; };
  if (!look()) {
    const watch = new MutationObserver(() => { if (look()) watch.disconnect(); });
    watch.observe(box, { attributes: true, attributeFilter: ["data-map-ready"] });
  }
}

// The corners of the geometry in the field, without the closing one; null where it is not ours to draw.
function read(text, closed) {
  if (!text.trim()) return [];
  try {
    let shape = JSON.parse(text);
    if (shape.type === "FeatureCollection") shape = shape.features.length === 1 ? shape.features[0] : null;
    if (shape?.type === "Feature") shape = shape.geometry;
    if (closed && shape?.type === "Polygon" && shape.coordinates.length === 1) return shape.coordinates[0].slice(0, -1).map(([x, y]) => [x, y]);
    if (!closed && shape?.type === "LineString") return shape.coordinates.map(([x, y]) => [x, y]);
  } catch { /* typed by hand and not finished */ }
  return null;
}

function geometry(corners, closed) {
  const round = corners.map(([x, y]) => [Number(x.toFixed(7)), Number(y.toFixed(7))]);
  if (closed) return round.length > 2 ? { type: "Polygon", coordinates: [[...round, round[0]]] } : null;
  return round.length > 1 ? { type: "LineString", coordinates: round } : null;
}

async function begin(form, box) {
  const map = box.huyingMap, closed = form.dataset.draw === "polygon";
  const field = form.querySelector("[data-draw-target]"), tools = form.querySelector("[data-draw-tools]");
  const said = form.querySelector("[data-draw-said]");
  const module = await import(box.dataset.module);
  let corners = read(field.value, closed), markers = [], chosen = -1;
  const past = [];
  if (corners === null || corners.length > MOST_CORNERS) return; // several shapes, or too many corners to hold: by the field
  tools.hidden = false;
  box.classList.add("map-draws");
  map.doubleClickZoom.disable();
  map.addSource("drawn", { type: "geojson", data: data() });
  if (closed) map.addLayer({ id: "drawn-inside", type: "fill", source: "drawn", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": "#531dab", "fill-opacity": 0.12 } });
  map.addLayer({ id: "drawn-line", type: "line", source: "drawn", paint: { "line-color": "#cf1322", "line-width": 2.4, "line-dasharray": [3, 1.5] } });

  function data() {
    const shape = geometry(corners, closed) ?? (corners.length > 1 ? { type: "LineString", coordinates: corners } : null);
    return { type: "FeatureCollection", features: shape ? [{ type: "Feature", properties: {}, geometry: shape }] : [] };
  }

  function say(words, number) { said.textContent = words.replace("%n", String(number)); }
  function count() { say(corners.length ? said.dataset.wordsPoints : said.dataset.wordsNone, corners.length); }

  function show(quiet) {
    map.getSource("drawn").setData(data());
    if (!quiet) {
      const shape = geometry(corners, closed);
      field.value = shape ? JSON.stringify(shape) : "";
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  function place() {
    for (const one of markers) one.remove();
    markers = corners.map((at, index) => {
      const corner = Object.assign(document.createElement("button"), { type: "button", className: "map-corner-point" });
      corner.setAttribute("aria-label", said.dataset.wordsVertex.replace("%n", String(index + 1)));
      const marker = new module.Marker({ element: corner, draggable: true }).setLngLat(at).addTo(map);
      marker.on("dragstart", () => remember());
      marker.on("drag", () => { const { lng, lat } = marker.getLngLat(); corners[index] = [lng, lat]; show(true); });
      marker.on("dragend", () => { show(); choose(index); });
      corner.addEventListener("focus", () => { chosen = index; });
      corner.addEventListener("click", (event) => { event.stopPropagation(); choose(index); });
      corner.addEventListener("keydown", (event) => keys(event, index));
      return marker;
    });
    count();
  }

  function choose(index) {
    chosen = Math.min(index, corners.length - 1);
    markers[chosen]?.getElement().focus({ preventScroll: true });
  }

  function remember() { past.push(corners.map((one) => [...one])); if (past.length > 50) past.shift(); }

  function changed(index) { show(); place(); choose(index); }

  function insert(index, at) { remember(); corners.splice(index, 0, at); changed(index); }

  function remove(index) { if (index < 0 || index >= corners.length) return; remember(); corners.splice(index, 1); changed(Math.max(index - 1, 0)); }

  // A new corner after this one: halfway to the next, or a little on where it is the last of a line.
  function after(index) {
    const from = corners[index], to = corners[index + 1] ?? (closed ? corners[0] : null);
    if (to && to !== from) return [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
    const spot = map.project(from), on = map.unproject([spot.x + FARTHER, spot.y]);
    return [on.lng, on.lat];
  }

  function keys(event, index) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (step) {
      const far = event.shiftKey ? FARTHER : FAR, from = map.project(corners[index]);
      const to = map.unproject([from.x + step[0] * far, from.y + step[1] * far]);
      remember();
      corners[index] = [to.lng, to.lat];
      markers[index].setLngLat(to);
      show();
      if (!map.getBounds().contains(to)) map.panTo(to);
    } else if (event.key === "Enter" || event.key === "Insert") insert(index + 1, after(index));
    else if (event.key === "Delete" || event.key === "Backspace") remove(index);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Where a point on the ground belongs among the corners: a line grows at its end, a border at its nearest side.
  function nearest(at) {
    if (!closed || corners.length < 3) return corners.length;
    const spot = map.project(at);
    let best = corners.length, least = Infinity;
    corners.forEach((one, index) => {
      const a = map.project(one), b = map.project(corners[(index + 1) % corners.length]);
      const long = (b.x - a.x) ** 2 + (b.y - a.y) ** 2 || 1;
      const along = Math.max(0, Math.min(1, ((spot.x - a.x) * (b.x - a.x) + (spot.y - a.y) * (b.y - a.y)) / long));
      const away = Math.hypot(spot.x - a.x - along * (b.x - a.x), spot.y - a.y - along * (b.y - a.y));
      if (away < least) { least = away; best = index + 1; }
    });
    return best;
  }

  const act = {
    "draw-add": () => {
      const { lng, lat } = map.getCenter();
      if (chosen >= 0 && corners.length) insert(chosen + 1, after(chosen)); else insert(corners.length, [lng, lat]);
    },
    "draw-remove": () => remove(chosen < 0 ? corners.length - 1 : chosen),
    "draw-undo": () => { if (past.length) { corners = past.pop(); changed(Math.max(corners.length - 1, 0)); } },
    "draw-clear": () => { if (corners.length) { remember(); corners = []; chosen = -1; show(); place(); } },
  };
  for (const button of tools.querySelectorAll("button")) button.addEventListener("click", () => act[button.name]?.());
  map.on("click", (event) => { const at = [event.lngLat.lng, event.lngLat.lat]; insert(nearest(at), at); });
  field.addEventListener("input", () => {
    const typed = read(field.value, closed);
    if (typed === null || typed.length > MOST_CORNERS) return;
    corners = typed;
    map.getSource("drawn").setData(data());
    place();
  });
  place();
  form.dataset.drawReady = "yes";
}
