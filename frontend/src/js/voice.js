// voice.js: records a few words into the file field of a form. Nothing is sent before the form is, nothing is analysed.
// Without scripts, or without a microphone, the file field itself takes a recording.

const KINDS = [["audio/webm;codecs=opus", "webm"], ["audio/ogg;codecs=opus", "ogg"], ["audio/mp4", "m4a"]];

function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

function follow(box) {
  const input = box.querySelector("input[type=file]"), part = (name) => box.querySelector(`[data-voice-${name}]`);
  const kind = window.MediaRecorder && KINDS.find(([type]) => MediaRecorder.isTypeSupported(type));
  if (!input || !kind || !window.DataTransfer || !navigator.mediaDevices?.getUserMedia) return;
  const [start, stop, time, play, drop, says] = ["start", "stop", "time", "play", "drop", "says"].map(part);
  const agreed = box.querySelector("input[type=checkbox]:not([name$=_held])");
  const most = Number(box.dataset.mostSeconds) || 180;
  let recorder, pieces = [], timer, address;
  start.hidden = false;

  function show(file) {
    if (address) URL.revokeObjectURL(address);
    address = file ? URL.createObjectURL(file) : null;
    play.hidden = drop.hidden = !file;
    start.hidden = Boolean(file);
    if (file) play.src = address;
    else play.removeAttribute("src");
  }

  function give(file) {
    const carrier = new DataTransfer();
    if (file) carrier.items.add(file);
    input.files = carrier.files;
    show(file);
  }

  start.addEventListener("click", async () => {
    if (agreed && !agreed.checked) {
      agreed.focus();
      says.textContent = agreed.closest("label").textContent.trim();
      return;
    }
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      says.textContent = says.dataset.wordsDenied;
      return;
    }
    pieces = [];
    recorder = new MediaRecorder(stream, { mimeType: kind[0], audioBitsPerSecond: 32000 });
    recorder.addEventListener("dataavailable", (event) => { if (event.data.size) pieces.push(event.data); });
    recorder.addEventListener("stop", () => {
      clearInterval(timer);
      for (const track of stream.getTracks()) track.stop();
      stop.hidden = true;
      const type = kind[0].split(";")[0];
      give(new File([new Blob(pieces, { type })], `voice.${kind[1]}`, { type }));
      says.textContent = says.dataset.wordsDone;
      play.focus();
    });
    const began = Date.now();
    timer = setInterval(() => {
      const seconds = (Date.now() - began) / 1000;
      time.textContent = clock(seconds);
      if (seconds >= most - 1) recorder.stop();
    }, 250);
    recorder.start(1000);
    start.hidden = true;
    stop.hidden = false;
    says.textContent = says.dataset.wordsOn;
    stop.focus();
  });
  stop.addEventListener("click", () => recorder?.state === "recording" && recorder.stop());
  drop.addEventListener("click", () => { give(null); says.textContent = ""; start.focus(); });
  input.addEventListener("change", () => show(input.files[0] ?? null));
}

for (const box of document.querySelectorAll("[data-voice]")) follow(box);
