// draft.js: keeps what was typed in a form on this phone until it is sent. <form data-draft="name">
// Passwords, files and hidden fields are never kept; a form marked data-draft-session keeps for this tab only.

const PREFIX = "huying.draft.";
const KEEP_FOR = 7 * 24 * 3600 * 1000;

function store(form) {
  return form.dataset.draftSession === undefined ? localStorage : sessionStorage;
}

function fields(form) {
  return [...form.elements].filter((one) => one.name && !one.matches("[type=hidden], [type=password], [type=file], button, [data-no-draft], fieldset"));
}

function read(form) {
  const values = {};
  for (const one of fields(form)) {
    if (one.matches("[type=radio], [type=checkbox]")) {
      values[one.name] ??= [];
      if (one.checked) values[one.name].push(one.value);
    } else values[one.name] = one.value;
  }
  return values;
}

function write(form, values) {
  for (const one of fields(form)) {
    if (!(one.name in values)) continue;
    const value = values[one.name];
    if (one.matches("[type=radio], [type=checkbox]")) one.checked = value.includes(one.value);
    else if (!one.value) one.value = value; // what the server filled in is newer
    one.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function follow(form) {
  const key = PREFIX + form.dataset.draft;
  const marks = form.querySelectorAll("[data-draft-kept]");
  let shelf;
  try { shelf = store(form); shelf.getItem(key); } catch { return; }
  const fresh = !form.querySelector("[aria-invalid=true], .summary-error");
  try {
    const found = JSON.parse(shelf.getItem(key) ?? "null");
    if (found && Date.now() - found.at < KEEP_FOR && fresh && found.values) {
      write(form, found.values);
      for (const mark of marks) mark.hidden = false;
    }
  } catch { shelf.removeItem(key); }
  let timer, sent = false;
  form.addEventListener("input", (event) => {
    if (!event.isTrusted) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (sent) return;
      try {
        shelf.setItem(key, JSON.stringify({ at: Date.now(), values: read(form) }));
        for (const mark of marks) mark.hidden = false;
      } catch { /* no room: the form still works */ }
    }, 300);
  });
  form.addEventListener("submit", () => {
    // Kept until the next page says it arrived: that page carries data-draft-sent.
    sent = true;
    clearTimeout(timer);
    try { shelf.setItem(key, JSON.stringify({ at: Date.now(), values: read(form) })); } catch { /* as above */ }
  });
}

for (const form of document.querySelectorAll("form[data-draft]")) follow(form);
for (const said of document.querySelectorAll("[data-draft-sent]"))
  for (const name of said.dataset.draftSent.split(" "))
    for (const shelf of [localStorage, sessionStorage]) try { shelf.removeItem(PREFIX + name); } catch { /* nothing kept */ }
