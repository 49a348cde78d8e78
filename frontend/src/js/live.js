// live.js: keeps a part of a page fresh. One stream a browser tab group where the browser can share it; asking where it cannot.
// <div data-live data-url data-target data-stream data-kinds data-every hidden>

const places = [...document.querySelectorAll("[data-live]")];
let stream = null, failed = 0, timer = null;

const asking = new Map(); // place: whether it is to be asked for once more

function refresh(place) {
  const target = document.querySelector(place.dataset.target);
  if (!target || document.hidden || !window.htmx) return;
  if (asking.has(place)) { asking.set(place, true); return; }
  if (target.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return; // never under somebody's hands
  place.dataset.at = Date.now();
  let back = () => {};
  const remember = () => { back = remembered(target); };
  target.addEventListener("htmx:beforeSwap", remember, { once: true });
  asking.set(place, false);
  const done = () => {
    const again = asking.get(place);
    asking.delete(place);
    if (again) refresh(place);
  };
  window.htmx.ajax("GET", place.dataset.url, {
    source: place, // places do not wait for one another, nor push one another out of the queue
    target, swap: "outerHTML", select: place.dataset.target,
    headers: { "X-By-Itself": "1" }, // nobody asked: it does not keep anybody signed in
  }).then(() => { back(place.dataset.target); done(); }, () => { target.removeEventListener("htmx:beforeSwap", remember); done(); });
}

// Who goes from link to link by keys stands on the same one afterwards, or on the one in its place.
function remembered(target) {
  const at = document.activeElement, links = [...target.querySelectorAll("a[href]")], place = links.indexOf(at);
  if (place < 0) return () => {};
  const alike = (all) => all.filter((one) => one.getAttribute("href") === at.getAttribute("href"));
  const which = alike(links).indexOf(at);
  return (selector) => {
    if (document.activeElement !== document.body) return; // htmx has found it by its id, or the person has gone on
    const now = [...document.querySelector(selector)?.querySelectorAll("a[href]") ?? []];
    (alike(now)[which] ?? now[Math.min(place, now.length - 1)])?.focus({ preventScroll: true });
  };
}

function wanted(place, kind) {
  const kinds = (place.dataset.kinds ?? "").split(" ").filter(Boolean);
  return kinds.length === 0 || kind === "refresh" || kinds.some((one) => kind === one || kind.startsWith(`${one}.`));
}

function heard(event) {
  failed = 0;
  let kind = "";
  try { kind = JSON.parse(event.data).name ?? ""; } catch { kind = event.data; }
  for (const place of places) if (wanted(place, kind)) soon(place);
}

const waiting = new Map();
function soon(place) {
  if (waiting.has(place)) return;
  waiting.set(place, setTimeout(() => { waiting.delete(place); refresh(place); }, 400 + Math.random() * 600));
}

function ask() {
  clearTimeout(timer);
  const every = Math.min(...places.map((place) => Number(place.dataset.every) || 30)) * 1000;
  timer = setTimeout(() => { if (!stream) for (const place of places) refresh(place); ask(); }, every);
}

// One tab holds the stream and tells the others: a browser allows only six connections to one server.
const told = "BroadcastChannel" in window ? new BroadcastChannel("huying.live") : null;
told?.addEventListener("message", (event) => heard({ data: event.data }));

function listen() {
  if (!("EventSource" in window) || stream || places[0].dataset.stream === "off") return;
  stream = new EventSource(places[0].dataset.stream);
  stream.addEventListener("message", (event) => { heard(event); told?.postMessage(event.data); });
  stream.addEventListener("open", () => {
    if (performance.now() < 10000) return; // the page has just been made
    const all = JSON.stringify({ name: "refresh" }); // nobody knows what was missed meanwhile, in this tab or another
    heard({ data: all });
    told?.postMessage(all);
  });
  stream.addEventListener("error", () => {
    if (stream?.readyState !== EventSource.CLOSED && ++failed < 3) return; // it tries again by itself
    stream?.close();
    stream = null;
    setTimeout(listen, 60000);
  });
}

if (places.length) {
  ask();
  if (navigator.locks && told) navigator.locks.request("huying.live", () => { listen(); return new Promise(() => {}); });
  else listen();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) for (const place of places) soon(place); });
}
