// case.js: printing, and folded sections on a phone. The page works without it.
const phone = window.matchMedia("(max-width: 767px)");

if (phone.matches && !location.hash) {
  for (const fold of document.querySelectorAll("details[data-folds]")) fold.open = false;
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const fold of document.querySelectorAll("details[data-folds], .case-whole")) fold.open = true;
    window.print();
  });
}
