// passkey.js: asks the browser to make or show a passkey, and sends the answer by the form it stands in.
// <form data-passkey="make|show" data-options="address"> with a hidden field "credential" and a submit button.

const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const bytes = (told) => Uint8Array.from(atob(told.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));

// Older browsers have no words for JSON yet.
function read(kind, options) {
  const ready = kind === "make" ? PublicKeyCredential.parseCreationOptionsFromJSON : PublicKeyCredential.parseRequestOptionsFromJSON;
  if (ready) return ready.call(PublicKeyCredential, options);
  const listed = (name) => options[name]?.map((one) => ({ ...one, id: bytes(one.id) }));
  const found = { ...options, challenge: bytes(options.challenge) };
  if (options.user) found.user = { ...options.user, id: bytes(options.user.id) };
  for (const name of ["excludeCredentials", "allowCredentials"]) if (options[name]) found[name] = listed(name);
  return found;
}

function write(credential) {
  if (credential.toJSON) return credential.toJSON();
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[name]) response[name] = text(credential.response[name]);
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {} };
}

async function ask(form) {
  const answer = await fetch(form.dataset.options, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
  if (!answer.ok || !answer.headers.get("Content-Type")?.includes("json")) throw new Error(`answered ${answer.status}`);
  const publicKey = read(form.dataset.passkey, await answer.json());
  const credential = form.dataset.passkey === "make"
    ? await navigator.credentials.create({ publicKey })
    : await navigator.credentials.get({ publicKey });
  if (!credential) throw new Error("nothing came");
  form.elements.credential.value = JSON.stringify(write(credential));
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("[type=submit]"), trouble = form.querySelector("[data-passkey-trouble]");
  if (!window.PublicKeyCredential) {
    button.disabled = true;
    for (const one of form.querySelectorAll("[data-passkey-missing]")) one.hidden = false;
    continue;
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    if (trouble) trouble.hidden = true;
    try {
      await ask(form);
      form.submit();
    } catch { // the person said no, waited too long, or the device holds none
      button.disabled = false;
      if (trouble) trouble.hidden = false;
    }
  });
}
