// cover.js: draw rectangles over a photo by hand. Nothing is recognised: a person draws, with pointer or keyboard.
// The page of a stored photo ([data-cover]) sends the rectangles; `cover(file, words)` burns them in before a photo is sent.

const FILL = "#1f2329", EDGE = "#1677ff", WHOLE = 1000, STEP = 10;

class Editor {
  constructor(canvas, picture, width, height, boxes, changed) {
    Object.assign(this, { canvas, picture, boxes, changed });
    const share = Math.min(1, 1600 / Math.max(width, height));
    canvas.width = Math.round(width * share);
    canvas.height = Math.round(height * share);
    canvas.tabIndex = 0;
    this.cursor = { left: 425, top: 425, width: 150, height: 150 };
    this.keyed = false;
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => this.end());
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => { this.keyed = false; this.draw(); });
    this.draw();
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const part = (value, size) => Math.round(Math.min(Math.max(value / size, 0), 1) * WHOLE);
    return { x: part(event.clientX - box.left, box.width), y: part(event.clientY - box.top, box.height) };
  }

  begin(event) {
    if (event.button) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.keyed = false;
    this.canvas.setPointerCapture(event.pointerId);
    this.start = this.place(event);
  }

  drag(event) {
    if (!this.start) return;
    const now = this.place(event), from = this.start;
    this.drawn = { left: Math.min(from.x, now.x), top: Math.min(from.y, now.y), width: Math.abs(now.x - from.x), height: Math.abs(now.y - from.y) };
    this.draw();
  }

  end() {
    if (this.drawn && this.drawn.width > 4 && this.drawn.height > 4) this.boxes.push(this.drawn);
    this.start = this.drawn = null;
    this.told();
  }

  key(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key], box = this.cursor;
    if (way) {
      this.keyed = true;
      if (event.shiftKey) {
        box.width = Math.min(Math.max(box.width + way[0] * STEP, 10), WHOLE - box.left);
        box.height = Math.min(Math.max(box.height + way[1] * STEP, 10), WHOLE - box.top);
      } else {
        box.left = Math.min(Math.max(box.left + way[0] * STEP, 0), WHOLE - box.width);
        box.top = Math.min(Math.max(box.top + way[1] * STEP, 0), WHOLE - box.height);
      }
      this.draw();
    } else if (event.key === "Enter" || event.key === " ") this.add();
    else if (event.key === "Backspace" || event.key === "Delete" || (event.key === "z" && (event.ctrlKey || event.metaKey))) this.undo();
    else return;
    event.preventDefault();
  }

  add() { this.boxes.push({ ...this.cursor }); this.told(); }
  undo() { this.boxes.pop(); this.told(); }
  clear() { this.boxes.length = 0; this.told(); }

  told() { this.draw(); this.changed?.(this.boxes); }

  draw() {
    const pen = this.canvas.getContext("2d"), { width, height } = this.canvas;
    const at = (box) => [box.left * width / WHOLE, box.top * height / WHOLE, box.width * width / WHOLE, box.height * height / WHOLE];
    pen.drawImage(this.picture, 0, 0, width, height);
    pen.fillStyle = FILL;
    for (const box of [...this.boxes, ...(this.drawn ? [this.drawn] : [])]) pen.fillRect(...at(box));
    if (this.keyed) {
      pen.strokeStyle = EDGE;
      pen.lineWidth = Math.max(3, width / 300);
      pen.strokeRect(...at(this.cursor));
    }
  }
}

function read(text) {
  return text.split(";").filter(Boolean).map((one) => {
    const [left, top, width, height] = one.split(",").map(Number);
    return { left, top, width, height };
  });
}

function follow(root) {
  const picture = root.querySelector("[data-cover-picture]"), field = root.querySelector("[data-cover-boxes]");
  const tools = root.querySelector("[data-cover-tools]"), says = root.querySelector("[data-cover-says]");
  if (!picture || !field) return;
  const open = () => {
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", root.dataset.wordsCanvas);
    picture.before(canvas);
    const tell = (boxes) => {
      field.value = boxes.map((one) => [one.left, one.top, one.width, one.height].join(",")).join(";");
      says.textContent = boxes.length ? root.dataset.wordsCount.replace("{n}", boxes.length) : "";
    };
    const editor = new Editor(canvas, picture, picture.naturalWidth, picture.naturalHeight, read(field.value), tell);
    picture.hidden = true;
    tools.hidden = false;
    root.querySelector("[data-cover-add]").addEventListener("click", () => editor.add());
    root.querySelector("[data-cover-undo]").addEventListener("click", () => editor.undo());
    root.querySelector("[data-cover-clear]").addEventListener("click", () => editor.clear());
    const numbers = root.closest("form").querySelector("[data-cover-numbers]");
    if (numbers && !numbers.querySelector(".field-error")) numbers.open = false;
    tell(editor.boxes);
  };
  if (picture.complete && picture.naturalWidth) open();
  else picture.addEventListener("load", open, { once: true });
}

// Before sending: a dialog over the page; gives back the covered photo, or the same file where nothing was drawn.
export async function cover(file, words) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const dialog = Object.assign(document.createElement("dialog"), { className: "dialog cover-dialog" });
  dialog.setAttribute("aria-label", words.title);
  const canvas = document.createElement("canvas"), shell = Object.assign(document.createElement("div"), { className: "cover" });
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", words.canvas);
  const says = Object.assign(document.createElement("p"), { className: "small muted", textContent: words.help });
  shell.append(says, canvas);
  const row = Object.assign(document.createElement("div"), { className: "buttons buttons-end" });
  const button = (text, act, css = "btn") => {
    const one = Object.assign(document.createElement("button"), { type: "button", className: css, textContent: text });
    one.addEventListener("click", act);
    row.append(one);
  };
  const editor = new Editor(canvas, picture, picture.width, picture.height, [], null);
  return new Promise((done) => {
    let answer = file;
    button(words.undo, () => editor.undo());
    button(words.cancel, () => dialog.close());
    button(words.done, async () => {
      if (editor.boxes.length) {
        editor.keyed = false;
        const whole = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
        editor.canvas = whole;
        editor.draw();
        const blob = await new Promise((made) => whole.toBlob(made, "image/jpeg", 0.9));
        if (blob) answer = new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" });
      }
      dialog.close();
    }, "btn btn-main");
    dialog.append(shell, row);
    dialog.addEventListener("click", (event) => { if (event.target === dialog) event.stopPropagation(); });
    dialog.addEventListener("close", () => { dialog.remove(); picture.close(); done(answer); });
    document.body.append(dialog);
    dialog.showModal();
    canvas.focus();
  });
}

for (const root of document.querySelectorAll("[data-cover]")) follow(root);
