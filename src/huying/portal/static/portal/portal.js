// portal.js: small comforts of residents' pages; every page works without them.

// The code behind the `#` of a scanned address goes into the field, and out of the address.
const codeForm = document.querySelector("[data-code-form]");
if (codeForm && /^#\d{12}$/.test(location.hash)) {
  const field = codeForm.querySelector("input[name=code]");
  field.value = location.hash.slice(1).replace(/(\d{4})(?=\d)/g, "$1 ");
  history.replaceState(null, "", location.pathname);
  field.focus();
}

for (const button of document.querySelectorAll("[data-prints]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// 念给我听: the phone's own voice; nothing is sent anywhere.
for (const button of document.querySelectorAll("[data-reads]")) {
  if (!("speechSynthesis" in window)) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    if (speechSynthesis.speaking) { speechSynthesis.cancel(); return; }
    const said = new SpeechSynthesisUtterance(document.querySelector(button.dataset.reads).innerText);
    said.lang = document.documentElement.lang;
    speechSynthesis.speak(said);
  });
}

// The card under the map says where the pin is, and takes it away again.
const card = document.querySelector("[data-place-card]");
if (card) {
  const form = card.closest("form"), clear = card.querySelector("[data-place-clear]");
  const point = [...form.querySelectorAll("[data-map-lng], [data-map-lat]")];
  clear.hidden = card.hidden;
  const block = form.querySelector(".map-block");
  block.classList.toggle("map-picked", !card.hidden);
  form.addEventListener("huying:picked", (event) => {
    block.classList.add("map-picked");
    card.querySelector("[data-place-name]").textContent = event.detail.place;
    card.hidden = clear.hidden = false;
  });
  clear.addEventListener("click", () => {
    for (const one of point) { one.value = ""; one.dispatchEvent(new Event("change")); }
    card.hidden = true;
    block.classList.remove("map-picked");
  });
}

// While somebody writes, words of danger and likely kinds come up below the words; without a line the next page asks.
const guess = document.querySelector("[data-guess-url]");
if (guess) {
  const form = guess.closest("form"), words = form.elements.words;
  let timer, asked;
  const stop = () => { clearTimeout(timer); asked?.abort(); };
  const ask = async () => {
    asked = new AbortController();
    const given = new FormData(form), sent = new URLSearchParams();
    for (const name of ["words", "kind", "guessed", "csrfmiddlewaretoken"]) if (given.has(name)) sent.set(name, given.get(name));
    try {
      const answer = await fetch(guess.dataset.guessUrl, { method: "POST", body: sent, signal: asked.signal });
      if (answer.ok && !answer.redirected) guess.innerHTML = await answer.text();
    } catch { /* stopped, or no line */ }
  };
  words.addEventListener("input", () => { stop(); timer = setTimeout(ask, 600); });
  guess.addEventListener("change", stop); // what the person chooses is not put back by an answer from before
  form.addEventListener("submit", stop);
}
