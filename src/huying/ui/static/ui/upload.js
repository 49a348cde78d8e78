// upload.js: sends files over 1 MB of a form in parts before the form itself, so that a broken line costs one part.
// <form data-parts-url="/files/parts/">. Whatever goes wrong for good, the form is sent as it is, as without scripts.

const LARGE = 1024 * 1024, TRIES = 6, SHELF = "huying.parts.";
const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

async function digest(data) {
  return crypto.subtle ? new Uint8Array(await crypto.subtle.digest("SHA-256", data)) : null;
}
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

class Lost extends Error {}

// One request, tried again while the line is down; an answer of the server is an answer.
async function ask(address, options) {
  for (let turn = 0; ; turn += 1) {
    try {
      const answer = await fetch(address, { credentials: "same-origin", ...options });
      if (answer.status < 500) return answer;
    } catch { /* no line: wait */ }
    if (turn >= TRIES) throw new Lost();
    await wait(Math.min(2 ** turn, 20));
  }
}

async function begin(url, token, wanted, file, key) {
  const kept = sessionStorage.getItem(key);
  if (kept) {
    const answer = await ask(kept, { method: "HEAD" });
    if (answer.ok) return [kept, Number(answer.headers.get("Upload-Offset"))];
  }
  const body = JSON.stringify({ wanted, name: file.name, size: file.size });
  const answer = await ask(url, { method: "POST", body, headers: { "X-CSRFToken": token, "Content-Type": "application/json" } });
  if (!answer.ok) throw new Lost();
  const address = answer.headers.get("Location");
  try { sessionStorage.setItem(key, address); } catch { /* it begins anew after a reload */ }
  return [address, 0];
}

async function send(url, token, wanted, file, told) {
  const key = `${SHELF}${file.name}.${file.size}.${file.lastModified}`;
  let [address, offset] = await begin(url, token, wanted, file, key);
  for (let faults = 0; faults < TRIES; ) {
    const piece = await file.slice(offset, offset + LARGE).arrayBuffer();
    const headers = { "X-CSRFToken": token, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
    const sum = await digest(piece);
    if (sum) headers["Upload-Checksum"] = `sha256 ${base64(sum)}`;
    const answer = await ask(address, { method: "PATCH", body: piece, headers });
    if (answer.ok) {
      offset = Number(answer.headers.get("Upload-Offset"));
      told(offset);
      if (answer.status === 200) {
        sessionStorage.removeItem(key);
        return (await answer.json()).held;
      }
    } else if (answer.status === 409 && answer.headers.has("Upload-Offset")) {
      faults += 1;
      offset = Number(answer.headers.get("Upload-Offset"));
    } else break;
  }
  sessionStorage.removeItem(key);
  throw new Lost();
}

function follow(form) {
  if (!window.DataTransfer || !window.fetch) return;
  let sent = false;
  form.addEventListener("submit", async (event) => {
    const inputs = [...form.querySelectorAll("input[type=file]")];
    const large = inputs.flatMap((input) => [...input.files].filter((file) => file.size > LARGE).map((file) => ({ input, file })));
    if (sent || !large.length || event.defaultPrevented) return;
    event.preventDefault();
    const button = event.submitter, token = form.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
    const says = Object.assign(document.createElement("p"), { className: "small muted upload-says" });
    says.setAttribute("role", "status");
    (button?.closest(".side-foot, .buttons, .form-end") ?? form).before(says);
    if (button) button.disabled = true;
    const whole = large.reduce((sum, { file }) => sum + file.size, 0);
    let before = 0;
    for (const { input, file } of large) {
      const wanted = input.closest("[data-parts]")?.dataset.parts ?? "photo";
      const told = (offset) => { says.textContent = form.dataset.partsWords.replace("{percent}", Math.round((before + offset) / whole * 100)); };
      told(0);
      try {
        const held = await send(form.dataset.partsUrl, token, wanted, file, told);
        const carrier = new DataTransfer();
        for (const other of input.files) if (other !== file) carrier.items.add(other);
        input.files = carrier.files;
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name: `${input.name}_held`, value: held }));
      } catch { /* it goes with the form, which says what is wrong */ }
      before += file.size;
    }
    if (button) button.disabled = false;
    says.remove();
    sent = true;
    // A part of the page may have been made anew meanwhile, and the button with it.
    form.requestSubmit(button?.isConnected ? button : null);
  });
}

for (const form of document.querySelectorAll("form[data-parts-url]")) follow(form);
