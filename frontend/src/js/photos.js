// photos.js: shows chosen photos at once, lets one be taken away or covered by hand, makes large ones smaller before sending.
// The file field itself is what is sent, so without scripts the same form works.

const LONG_SIDE = 2000;
const LARGE = 1.5 * 1024 * 1024;

async function smaller(file) {
  if (file.size <= LARGE || !/^image\/(jpeg|png|webp)$/.test(file.type) || !window.createImageBitmap) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const share = Math.min(1, LONG_SIDE / Math.max(picture.width, picture.height));
    const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(picture.width * share), height: Math.round(picture.height * share) });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file; // the server says what is wrong with it
  }
}

function follow(box) {
  const input = box.querySelector("[data-photo-input]"), list = box.querySelector("[data-photo-list]");
  const most = Number(box.dataset.most) || 6, add = input?.closest(".photo-add");
  if (!input || !list || !window.DataTransfer) return;
  let chosen = [];

  function show() {
    for (const old of list.querySelectorAll("[data-photo-shown]")) { URL.revokeObjectURL(old.dataset.photoShown); old.remove(); }
    const carrier = new DataTransfer();
    chosen.forEach((file, place) => {
      carrier.items.add(file);
      const address = URL.createObjectURL(file);
      const tile = Object.assign(document.createElement("div"), { className: "photo photo-square" });
      tile.dataset.photoShown = address;
      const picture = Object.assign(document.createElement("img"), { src: address, alt: `${place + 1} / ${chosen.length}` });
      const remove = Object.assign(document.createElement("button"), { type: "button", className: "photo-remove", textContent: "×" });
      remove.setAttribute("aria-label", `${box.dataset.removeWords ?? ""} ${place + 1}`);
      remove.addEventListener("click", () => { chosen.splice(place, 1); show(); input.focus(); });
      tile.append(picture, remove);
      if (box.dataset.coverScript && window.createImageBitmap && window.HTMLDialogElement) {
        const hide = Object.assign(document.createElement("button"), { type: "button", className: "photo-cover", textContent: box.dataset.coverWords });
        hide.setAttribute("aria-label", `${box.dataset.coverWords} ${place + 1}`);
        hide.addEventListener("click", async () => {
          const words = JSON.parse(box.dataset.coverTexts);
          try {
            const { cover } = await import(box.dataset.coverScript);
            chosen[place] = await cover(file, words);
          } catch { /* no picture that a browser can show: the server says what is wrong with it */ }
          show();
          list.querySelectorAll(".photo-cover")[place]?.focus();
        });
        tile.append(hide);
      }
      list.insertBefore(tile, add);
    });
    input.files = carrier.files;
    if (add) add.hidden = chosen.length >= most;
  }

  input.addEventListener("change", async () => {
    const fresh = [...input.files].slice(0, Math.max(0, (input.multiple ? most : 1) - (input.multiple ? chosen.length : 0)));
    if (!input.multiple) chosen = [];
    chosen.push(...(await Promise.all(fresh.map(smaller))));
    show();
  });
}

for (const box of document.querySelectorAll("[data-photos]")) follow(box);
