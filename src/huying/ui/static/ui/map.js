// map.js: areas, a pin, numbered dots. The map library is loaded only where a map is in sight.
// Works without tiles and without a glyph server: names are ordinary text laid over the map.

const BLUE = "#1677ff", SOFT = "#e8f3ff";

const near = new IntersectionObserver((seen) => {
  for (const one of seen) if (one.isIntersecting) { near.unobserve(one.target); open(one.target); }
}, { rootMargin: "200px" });
for (const box of document.querySelectorAll("[data-map]")) near.observe(box);
document.addEventListener("htmx:load", (event) => { for (const box of event.target.querySelectorAll?.("[data-map]") ?? []) near.observe(box); });

let library = null;
async function load(box) {
  library ??= (async () => {
    if (!document.querySelector("link[data-map-sheet]")) {
      const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: box.dataset.sheet });
      sheet.dataset.mapSheet = "";
      const loaded = new Promise((done) => { sheet.onload = sheet.onerror = done; });
      document.head.prepend(sheet);
      await loaded;
    }
    const module = await import(box.dataset.module);
    module.setWorkerUrl(box.dataset.worker);
    return module;
  })();
  return library;
}

async function open(box) {
  if (box.dataset.mapReady) return;
  box.dataset.mapReady = "loading";
  const still = box.querySelector("[data-map-still]");
  try {
    const module = await load(box);
    const areas = box.dataset.url ? await (await fetch(box.dataset.url, { headers: { Accept: "application/json" } })).json() : empty();
    const points = box.dataset.points ? await (await fetch(box.dataset.points, { headers: { Accept: "application/json" } })).json() : empty();
    still?.remove();
    draw(box, module, areas, points);
  } catch (why) {
    library = null;
    box.dataset.mapReady = "failed";
    if (still) { still.hidden = false; still.textContent = box.dataset.wordsFault; }
    console.warn("map", why);
  }
}

const empty = () => ({ type: "FeatureCollection", features: [] });

function rings(shape) {
  if (!shape) return [];
  return shape.type === "Polygon" ? shape.coordinates : shape.type === "MultiPolygon" ? shape.coordinates.flat() : [];
}

function edges(features) {
  let [west, south, east, north] = [180, 90, -180, -90];
  for (const one of features) for (const ring of one.geometry.type === "Point" ? [[one.geometry.coordinates]] : rings(one.geometry)) for (const [x, y] of ring) {
    west = Math.min(west, x); east = Math.max(east, x); south = Math.min(south, y); north = Math.max(north, y);
  }
  return west > east ? null : [[west, south], [east, north]];
}

// The middle of the largest ring, by area.
function middle(shape) {
  let best = null, most = -1;
  for (const ring of rings(shape)) {
    let area = 0, x = 0, y = 0;
    for (let i = 0; i < ring.length - 1; i++) {
      const cross = ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
      area += cross; x += (ring[i][0] + ring[i + 1][0]) * cross; y += (ring[i][1] + ring[i + 1][1]) * cross;
    }
    if (Math.abs(area) > most && area !== 0) { most = Math.abs(area); best = [x / (3 * area), y / (3 * area)]; }
  }
  return best;
}

function inside([x, y], shape) {
  let hit = false;
  for (const ring of rings(shape)) for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i], [xj, yj] = ring[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) hit = !hit;
  }
  return hit;
}

function draw(box, module, areas, points) {
  const { lng, lat } = box.dataset, pick = box.dataset.pick !== undefined;
  const chosen = (box.dataset.chosen ?? "").split(",").filter(Boolean); // one area, or several
  const isChosen = ["in", ["get", "code"], ["literal", chosen]];
  const start = lng && lat ? [Number(lng), Number(lat)] : null;
  const here = areas.features.filter((one) => chosen.includes(one.properties.code));
  const frame = edges(here.length ? here : points.features.length ? points.features : areas.features) ?? (start ? [start, start] : [[113.2, 23.0], [113.4, 23.2]]);
  const holder = Object.assign(document.createElement("div"), { className: "map-holder" });
  box.append(holder);
  const map = new module.Map({
    container: holder, attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, maxZoom: 19,
    bounds: frame, fitBoundsOptions: { padding: 32, maxZoom: 17 }, fadeDuration: 0, cooperativeGestures: false,
    style: {
      version: 8, sources: { areas: { type: "geojson", data: areas } },
      layers: [
        { id: "ground", type: "background", paint: { "background-color": "#eef1f4" } },
        { id: "inside", type: "fill", source: "areas", paint: { "fill-color": "#fbfcfd" } },
        { id: "chosen-inside", type: "fill", source: "areas", filter: isChosen, paint: { "fill-color": SOFT } },
        { id: "grids", type: "line", source: "areas", filter: ["!=", ["get", "tier"], "community"], paint: { "line-color": "#a9b4c4", "line-width": 1, "line-dasharray": [4, 3] } },
        { id: "communities", type: "line", source: "areas", filter: ["==", ["get", "tier"], "community"], paint: { "line-color": "#7d8aa0", "line-width": 1.6 } },
        { id: "chosen", type: "line", source: "areas", filter: isChosen, paint: { "line-color": BLUE, "line-width": 2.2 } },
      ],
    },
  });
  box.huyingMap = map; // the browser tests read its pixels
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  const canvas = map.getCanvas();
  canvas.setAttribute("role", "region");
  canvas.setAttribute("aria-label", box.dataset.label);
  zoomer(box, map);
  if (points.features.length && !here.length) map.fitBounds(frame, { padding: 48, maxZoom: 17, animate: false });

  const labels = [];
  for (const one of areas.features) {
    const at = one.properties.tier === "community" && areas.features.some((other) => other.properties.tier === "grid") ? null : middle(one.geometry);
    if (!at || !one.properties.name) continue;
    const word = Object.assign(document.createElement("div"), { className: "map-label" + (chosen.includes(one.properties.code) ? " map-label-chosen" : ""), textContent: one.properties.name });
    labels.push({ word, marker: new module.Marker({ element: word }).setLngLat(at).addTo(map), at });
  }
  const marks = points.features.map((one) => one.geometry.coordinates);
  if (start && !pick) marks.push(start);
  const thin = () => thinOut(labels, map, marks); // names that would lie on one another, or under a mark, are left out
  map.on("moveend", thin);
  thin();

  for (const one of points.features) new module.Marker({ element: dotOf(one, points.tones) }).setLngLat(one.geometry.coordinates).addTo(map);
  if (box.dataset.box) following(box, module, map);
  if (pick) picking(box, module, map, areas, start ?? middleOf(frame));
  else if (start) new module.Marker({ element: pin(box), anchor: "bottom" }).setLngLat(start).addTo(map);

  map.once("idle", () => { box.dataset.mapReady = "yes"; });
  map.on("error", (event) => { if (!event.sourceId) box.dataset.mapReady = "failed"; });
  new ResizeObserver(() => map.resize()).observe(box);
}

// A dot says by its shape and in words what its colour says.
function dotOf({ properties: { number, tone, url, name } }, tones) {
  const dot = Object.assign(document.createElement(url ? "a" : "div"), { className: `map-dot${tone && tone !== "blue" ? ` map-dot-${tone}` : ""}`, textContent: number ?? "" });
  if (!url) return dot;
  const words = [number, name, tones?.[tone]].filter(Boolean).join(" ");
  Object.assign(dot, { href: url, title: words });
  dot.setAttribute("aria-label", words);
  return dot;
}

// The same shapes drawn, where there are too many for links: triangle, square, ring, disc.
const COLOURS = { red: "#cf1322", gold: "#a86500", grey: "#646d7a", blue: "#1068eb" };
function drawn(tone) {
  const pen = Object.assign(document.createElement("canvas"), { width: 32, height: 32 }).getContext("2d");
  pen.beginPath();
  if (tone === "red") { pen.moveTo(16, 2); pen.lineTo(31, 29); pen.lineTo(1, 29); pen.closePath(); }
  else if (tone === "gold") pen.rect(5, 5, 22, 22);
  else pen.arc(16, 16, tone === "grey" ? 9 : 12, 0, 2 * Math.PI);
  pen.fillStyle = tone === "grey" ? "#ffffff" : COLOURS[tone];
  pen.strokeStyle = tone === "grey" ? COLOURS[tone] : "#ffffff";
  pen.lineWidth = tone === "grey" ? 6 : 3;
  pen.fill();
  pen.stroke();
  return pen.getImageData(0, 0, 32, 32);
}

// What lies in the part that is in sight, asked for after each move. Few dots are links; many are drawn, and lead on a click.
const LINKS = 60;
function following(box, module, map) {
  const said = Object.assign(document.createElement("p"), { className: "map-said", role: "status" });
  box.append(said);
  let links = [], asked = null, waiting = 0;
  map.on("load", () => {
    map.addSource("dots", { type: "geojson", data: empty() });
    for (const tone of Object.keys(COLOURS)) map.addImage(tone, drawn(tone), { pixelRatio: 2 });
    map.addLayer({ id: "dots", type: "symbol", source: "dots", layout: { "icon-image": ["get", "tone"], "icon-allow-overlap": true, "icon-ignore-placement": true } });
    ask();
  });
  map.on("moveend", () => { clearTimeout(waiting); waiting = setTimeout(ask, 150); });
  map.on("click", "dots", (event) => { location.href = event.features[0].properties.url; });
  for (const [name, cursor] of [["mouseenter", "pointer"], ["mouseleave", ""]]) map.on(name, "dots", () => { map.getCanvas().style.cursor = cursor; });
  async function ask() {
    if (!map.getSource("dots")) return;
    const seen = map.getBounds(), within = (value, most) => Math.max(-most, Math.min(most, value)).toFixed(5);
    const address = new URL(box.dataset.box, location.href);
    address.searchParams.set("box", [within(seen.getWest(), 180), within(seen.getSouth(), 90), within(seen.getEast(), 180), within(seen.getNorth(), 90)].join(","));
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: asked.signal });
      if (!answer.ok) throw new Error(answer.status);
      show(await answer.json());
    } catch (why) {
      if (why.name !== "AbortError") said.textContent = box.dataset.wordsBoxFault;
    }
  }
  function show(found) {
    for (const one of links) one.remove();
    links = [];
    const few = found.features.length <= LINKS;
    map.getSource("dots").setData(few ? empty() : found);
    if (few) links = found.features.map((one) => new module.Marker({ element: dotOf(one, found.tones) }).setLngLat(one.geometry.coordinates).addTo(map));
    said.textContent = found.more ? box.dataset.wordsMore : box.dataset.wordsFound.replace("0", found.features.length);
    box.dataset.dots = found.features.length;
  }
}

function thinOut(labels, map, marks) {
  const taken = marks.map((at) => map.project(at)).map(({ x, y }) => [x - 12, y - 14, x + 12, y + 12]);
  for (const { word, at } of labels) {
    const { x, y } = map.project(at), wide = 6 + word.textContent.length * 12;
    const box = [x - wide / 2, y - 9, x + wide / 2, y + 9];
    const free = taken.every((one) => box[2] < one[0] || box[0] > one[2] || box[3] < one[1] || box[1] > one[3]);
    word.hidden = !free;
    if (free) taken.push(box);
  }
}

const middleOf = ([[west, south], [east, north]]) => [(west + east) / 2, (south + north) / 2];

function use(box, id, css) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("class", css);
  picture.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "use");
  shape.setAttribute("href", `${box.dataset.sprite}#${id}`);
  picture.append(shape);
  return picture;
}

function pin(box, css = "map-pin") {
  const holder = document.createElement("div");
  holder.append(use(box, "shape-pin", css));
  return holder;
}

function zoomer(box, map) {
  const zoom = Object.assign(document.createElement("div"), { className: "map-zoom" });
  for (const [icon, words, act] of [["plus", box.dataset.wordsIn, () => map.zoomIn()], ["minus", box.dataset.wordsOut, () => map.zoomOut()]]) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.setAttribute("aria-label", words);
    button.append(use(box, icon, "icon icon-20"));
    button.addEventListener("click", act);
    zoom.append(button);
  }
  box.append(zoom);
}

// The pin: click, drag or arrow keys; hidden inputs follow, readers hear where it is.
function picking(box, module, map, areas, start) {
  const lng = box.querySelector("[data-map-lng]"), lat = box.querySelector("[data-map-lat]"), said = box.querySelector("[data-map-said]");
  const marker = new module.Marker({ element: pin(box, "map-pin map-pin-red"), anchor: "bottom", draggable: true }).setLngLat(start).addTo(map);
  const handle = marker.getElement();
  handle.tabIndex = 0;
  handle.setAttribute("role", "slider");
  handle.setAttribute("aria-label", box.dataset.label);
  handle.setAttribute("aria-valuenow", "0");
  const name = (at) => areas.features.find((one) => one.properties.tier !== "community" && inside(at, one.geometry))?.properties.name ?? "";

  function moved(quiet) {
    const at = marker.getLngLat(), place = name([at.lng, at.lat]) || `${at.lng.toFixed(5)}, ${at.lat.toFixed(5)}`;
    handle.setAttribute("aria-valuetext", place);
    if (quiet) return;
    lng.value = at.lng.toFixed(6);
    lat.value = at.lat.toFixed(6);
    if (said) said.textContent = `${box.dataset.movedWords} ${place}`;
    box.dispatchEvent(new CustomEvent("huying:picked", { bubbles: true, detail: { lng: at.lng, lat: at.lat, place } }));
    lng.dispatchEvent(new Event("change", { bubbles: true }));
  }
  // Until a place is chosen the pin is only an offer, and looks like one.
  const offered = () => handle.classList.toggle("map-pin-offered", !lng.value);
  lng.addEventListener("change", offered);
  offered();
  moved(true);
  marker.on("dragend", () => moved());
  map.on("click", (event) => { marker.setLngLat(event.lngLat); moved(); });
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  handle.addEventListener("keydown", (event) => {
    if (!step[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    const far = event.shiftKey ? 40 : 8, from = map.project(marker.getLngLat());
    const to = map.unproject([from.x + step[event.key][0] * far, from.y + step[event.key][1] * far]);
    marker.setLngLat(to);
    if (!map.getBounds().contains(to)) map.panTo(to);
    moved();
  });
  box.huyingMove = (to) => { marker.setLngLat(to); map.easeTo({ center: to, zoom: Math.max(map.getZoom(), 16) }); moved(); };
  const me = box.parentElement?.querySelector("[data-map-locate]");
  if (me && navigator.geolocation) {
    me.hidden = false;
    me.addEventListener("click", () => navigator.geolocation.getCurrentPosition((found) => box.huyingMove([found.coords.longitude, found.coords.latitude]), () => { me.disabled = true; }, { enableHighAccuracy: true, timeout: 10000 }));
  }
}
