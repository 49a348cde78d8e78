// ui.js: what every page does with scripts; without them every page works as plain links and forms.

const LETTERS = "huying.letters"; // "off" switches single-letter keys off on this computer
const WORKING = "input, textarea, select, [contenteditable], dialog[open]";

function ready() {
  for (const hidden of document.querySelectorAll("[data-toast-close], [data-copy], [data-opens='keys']")) hidden.hidden = false;
  const summary = document.querySelector("[data-takes-focus]");
  if (summary) summary.focus();
  for (const toast of document.querySelectorAll("[data-toast]")) fade(toast);
  const letters = document.querySelector("[data-letters]");
  if (letters) {
    letters.checked = kept(LETTERS) !== "off";
    letters.addEventListener("change", () => keep(LETTERS, letters.checked ? "on" : "off"));
  }
  tellTime();
}

function kept(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}
function keep(name, value) {
  try { localStorage.setItem(name, value); } catch { /* a private window keeps nothing */ }
}

// Toasts leave after ten seconds, the time an undo is offered; they stay while focus or the pointer is on them.
function fade(toast) {
  let timer = setTimeout(leave, 10000);
  function leave() {
    if (toast.matches(":hover, :focus-within") || toast.querySelector(".toast-stays")) timer = setTimeout(leave, 3000);
    else toast.remove();
  }
  toast.addEventListener("click", (event) => {
    if (!event.target.closest("[data-toast-close]")) return;
    clearTimeout(timer);
    toast.remove();
  });
}

// The clock of the top bar walks on; its words stay those of the server but for the minutes.
function tellTime() {
  const clock = document.querySelector("[data-clock]");
  if (!clock) return;
  const start = new Date(clock.dateTime).getTime(), opened = Date.now(), offset = clock.dateTime.match(/([+-])(\d\d):(\d\d)$/);
  const minutes = offset ? (offset[1] === "-" ? -1 : 1) * (offset[2] * 60 + +offset[3]) : 0;
  setInterval(() => {
    const local = new Date(start + Date.now() - opened + minutes * 60000).toISOString().slice(11, 16);
    clock.textContent = clock.textContent.replace(/\d\d:\d\d(?!.*\d\d:\d\d)/, local);
  }, 15000);
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog?.showModal) { event.preventDefault(); dialog.showModal(); }
  }
  if (event.target.closest("[data-closes-dialog]")) event.target.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement) event.target.close(); // the ground behind it
  for (const open of document.querySelectorAll("details[data-closes][open]"))
    if (!open.contains(event.target)) open.open = false;
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
});

// Who writes a long text sends nothing for a while and is at work all the same: the session hears of it.
let heard = Date.now();
document.addEventListener("input", (event) => {
  const here = document.querySelector("[data-here]");
  if (!here?.dataset.here || !event.isTrusted || Date.now() - heard < 240000) return;
  heard = Date.now();
  fetch(here.dataset.here).catch(() => { /* without a line the text stays, and the next letters try again */ });
});

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    const field = document.createElement("textarea");
    field.value = button.dataset.copy;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  const words = button.querySelector("span") ?? button, before = words.textContent;
  words.textContent = button.dataset.copiedWords ?? before;
  say(words.textContent);
  setTimeout(() => { words.textContent = before; }, 3000);
}

// Words for readers only.
export function say(words) {
  let place = document.getElementById("said");
  if (!place) {
    place = Object.assign(document.createElement("div"), { id: "said", className: "sr-only" });
    place.setAttribute("role", "status");
    document.body.append(place);
  }
  place.textContent = words;
}

// ---- keys ----

let led = ""; // the G before W, T, C ...
const LEADS = { w: "mine", t: "triage", c: "cases", r: "review", v: "callback" };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const typing = event.target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") return send(event);
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return focusSearch(event, "[data-search]");
  if (event.key === "Escape") return escape(event, typing);
  if (event.ctrlKey || event.metaKey || event.altKey || typing || document.querySelector("dialog[open]")) return;
  if (event.key === "Enter") return openRow(event);
  if (kept(LETTERS) === "off") return;
  if (event.key === "/") return focusSearch(event, "[data-list-search], [data-search]");
  if (event.key === "?") return openKeys(event);
  const key = event.key.toLowerCase();
  if (led === "g" && LEADS[key]) {
    led = "";
    const entry = document.querySelector(`[data-go="${LEADS[key]}"]`);
    if (entry) { event.preventDefault(); entry.click(); }
    return;
  }
  led = key === "g" ? "g" : "";
  if (key === "j" || key === "k") return walk(event, key === "j" ? 1 : -1);
  if (key === "x") return tick(event);
  press(event, key);
});

function send(event) {
  const form = event.target.closest?.("form") ?? document.querySelector("form[data-form]");
  if (!form || form.matches("[role=search]")) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[data-send]") ?? undefined);
}

function focusSearch(event, selector) {
  const field = document.querySelector(selector);
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}

function escape(event, typing) {
  for (const open of document.querySelectorAll("details[data-closes][open]")) open.open = false;
  if (document.querySelector("dialog[open]")) return; // the dialog closes itself
  if (typing) { event.preventDefault(); event.target.blur(); return; } // a search field would empty itself
  document.querySelector("[data-key='escape']")?.click();
}

// The lines under the search box: down and up walk them, Enter on a line opens it.
document.addEventListener("keydown", (event) => {
  if (!["ArrowDown", "ArrowUp"].includes(event.key) || event.isComposing) return;
  const box = event.target.closest?.(".search");
  const lines = [...(box?.querySelectorAll("[data-found]") ?? [])];
  if (!lines.length) return;
  event.preventDefault();
  const at = lines.indexOf(event.target);
  const next = at + (event.key === "ArrowDown" ? 1 : -1);
  if (next < 0) return box.querySelector("[data-search]").focus();
  lines[Math.min(next, lines.length - 1)].focus();
});

function openKeys(event) {
  const dialog = document.getElementById("keys");
  if (!dialog?.showModal) return;
  event.preventDefault();
  dialog.showModal();
}

// Rows: J and K walk, Enter opens, X ticks.
function rows() { return [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null); }
function present() { return rows().find((row) => row.contains(document.activeElement) || row.classList.contains("current")); }

function walk(event, step) {
  const all = rows();
  if (!all.length) return;
  event.preventDefault();
  const at = all.indexOf(present());
  const next = all[at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)];
  for (const row of all) row.classList.toggle("current", row === next);
  const target = next.matches("a, button") ? next : next.querySelector("[data-open], a, button");
  target?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function openRow(event) {
  if (event.target.closest?.("a, button, summary, input, label")) return; // it opens by itself
  const row = present();
  const link = row?.matches("a") ? row : row?.querySelector("[data-open]");
  if (link) { event.preventDefault(); link.click(); }
}

function tick(event) {
  const box = present()?.querySelector("input[type=checkbox]");
  if (box) { event.preventDefault(); box.click(); }
}

// A key cap presses the thing that carries it: a move, a suggestion, a button.
function press(event, key) {
  const thing = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((one) => one.offsetParent !== null);
  if (!thing || thing.matches(":disabled")) return;
  event.preventDefault();
  const inner = thing.matches("label") ? thing.querySelector("input") : null;
  if (inner) { if (!inner.disabled) { inner.click(); inner.focus({ preventScroll: true }); } } else thing.click();
}

// One send a form: a second click while the first is on its way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  // What another script took over is not on its way yet: it sends the form itself later.
  if (event.defaultPrevented || form.method !== "post" || form.dataset.again !== undefined) return;
  if (form.dataset.sending) { event.preventDefault(); return; }
  form.dataset.sending = "1";
  setTimeout(() => { delete form.dataset.sending; }, 5000);
});
window.addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sending; });
document.addEventListener("htmx:afterSettle", (event) => {
  for (const form of document.forms) delete form.dataset.sending;
  for (const toast of event.target.querySelectorAll?.("[data-toast]") ?? []) fade(toast);
});

// Links in an error summary lead to the field itself.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".summary-error a[href^='#']");
  if (!link) return;
  const field = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!field) return;
  event.preventDefault();
  field.scrollIntoView({ block: "center" });
  (field.matches("fieldset") ? field.querySelector("input") ?? field : field).focus({ preventScroll: true });
});

// Words are counted where a field says how many are allowed.
document.addEventListener("input", (event) => {
  const counter = event.target.id && document.querySelector(`[data-counts="${CSS.escape(event.target.id)}"]`);
  if (counter) counter.textContent = `${[...event.target.value].length} / ${event.target.maxLength}`;
});

// A suggestion fills the field that it is for; another choice in the field lets go of the suggestion.
document.addEventListener("change", ({ target }) => {
  const field = target.dataset.fills && document.getElementById(target.dataset.fills);
  if (field && field.value !== target.value) {
    field.value = target.value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  const suggested = target.id ? document.querySelectorAll(`[data-fills="${CSS.escape(target.id)}"]`) : [];
  for (const one of suggested) one.checked = one.value === target.value;
});

// All boxes of a table at once.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-all-boxes]")) return;
  const table = event.target.closest("table");
  for (const box of table?.querySelectorAll("tbody input[type=checkbox]") ?? []) box.checked = event.target.checked;
});

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
else ready();
