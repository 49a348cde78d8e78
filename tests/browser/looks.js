// looks.js: what harness.py asks of a page; the file is one expression, an object of functions.
(() => {
const named = (one) => {
  const words = (one.innerText ?? one.textContent ?? '').trim().replace(/\s+/g, ' ').slice(0, 40);
  const css = typeof one.className === 'string' ? one.className.trim().split(/\s+/).slice(0, 2).join('.') : '';
  return `<${one.tagName.toLowerCase()}${one.id ? '#' + one.id : ''}${css ? '.' + css : ''}> ${words}`;
};
const seen = (one) => {
  for (let at = one; at && at !== document.documentElement; at = at.parentElement) {
    const style = getComputedStyle(at);
    if (style.display === 'none' || style.visibility === 'hidden') return false;
    if (style.clipPath === 'inset(50%)' || (style.position === 'absolute' && at.offsetWidth <= 1)) return false;
    if (at.tagName === 'DETAILS' && !at.open && !at.querySelector(':scope > summary')?.contains(one)) return false;
    if (at.tagName === 'DIALOG' && !at.open) return false;
  }
  const box = one.getBoundingClientRect();
  return box.width > 0 && box.height > 0;
};

const sideways = (wide) => {
  const root = document.documentElement;
  const most = Math.max(root.scrollWidth, document.body.scrollWidth);
  if (most <= wide + 1) return [];
  const over = [...document.querySelectorAll('body *')].filter((one) => seen(one) && one.getBoundingClientRect().right > wide + 1);
  over.sort((a, b) => b.getBoundingClientRect().right - a.getBoundingClientRect().right);
  return [`${most} px wide on ${wide} px: ${over.slice(0, 3).map(named).join(' | ')}`];
};

const cut = (wide) => {
  const found = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.data.trim()) continue;
    const own = node.parentElement;
    if (!own || own.closest('script, style, svg, option, noscript, .maplibregl-map, textarea') || !seen(own)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    let across = true, down = true, rects = [...range.getClientRects()].filter((one) => one.width > 0.5);
    if (!rects.length) continue;
    let left = Math.min(...rects.map((r) => r.left)), right = Math.max(...rects.map((r) => r.right));
    let top = Math.min(...rects.map((r) => r.top)), bottom = Math.max(...rects.map((r) => r.bottom));
    const ellipsis = own.closest('.one-line, .cell-first, .cell-second, .count-reason, .queue-title, .topbar-title, [data-ellipsis]');
    let escaped = getComputedStyle(own).position === 'fixed';
    for (let at = own; at && at !== document.body && !escaped; at = at.parentElement) {
      const style = getComputedStyle(at), box = at.getBoundingClientRect();
      if (across && ['hidden', 'clip'].includes(style.overflowX)) {
        const planned = style.textOverflow === 'ellipsis' || ellipsis;
        if ((right > box.right + 1 || left < box.left - 1) && !planned) found.set(own, `hidden at the side by ${named(at).split(' ')[0]}`);
        if (planned) across = false;
      }
      if (down && ['hidden', 'clip'].includes(style.overflowY) && (bottom > box.bottom + 5 || top < box.top - 5)) found.set(own, `hidden below or above by ${named(at).split(' ')[0]}`);
      if (['auto', 'scroll'].includes(style.overflowX)) across = false;
      if (['auto', 'scroll'].includes(style.overflowY)) down = false;
      if (style.position === 'fixed') escaped = true;
    }
    if (across && !escaped && (right > wide + 1 || left < -1)) found.set(own, 'out of the screen');
    const style = getComputedStyle(own);
    if (!found.has(own) && style.display !== 'inline' && style.overflowX === 'visible' && own.clientWidth > 0) {
      const box = own.getBoundingClientRect();
      if (right > box.right + 1.5 || left < box.left - 1.5) found.set(own, 'wider than its box');
    }
    // Words of one control over those of the next.
  }
  for (const control of document.querySelectorAll('.btn, .chip, .tag, .segment-item, .count-cell, .bottom-tab, .call-tile')) {
    if (seen(control) && control.scrollWidth > control.clientWidth + 1 && getComputedStyle(control).overflowX === 'visible') found.set(control, 'wider than its box');
  }
  return [...found].slice(0, 12).map(([one, why]) => `${named(one)} (${why})`);
};

const targets = (least) => {
  const found = [];
  const tapped = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=link], [role=tab], label';
  for (const one of document.querySelectorAll(tapped)) {
    if (one.matches('label') && !one.querySelector('input:not([type=hidden])')) continue;
    if (one.closest('.maplibregl-marker, .skip-link') || one.matches(':disabled') || !seen(one)) continue;
    if (getComputedStyle(one).pointerEvents === 'none') continue;
    let thing = one;
    if (one.matches('input')) {
      const label = one.closest('label') ?? (one.id && document.querySelector(`label[for="${CSS.escape(one.id)}"]`));
      const small = one.getBoundingClientRect().height < least;
      if (small && one.matches('[type=checkbox], [type=radio], [type=file]') && label && seen(label)) thing = label;
      else if (one.matches('[type=checkbox], [type=radio], [type=file]') && one.closest('td')) thing = one.closest('td');
    }
    if (one.matches('a, button') && ['inline', 'inline-block', 'inline-flex'].includes(getComputedStyle(one).display)) {
      const around = one.parentElement, rest = [...around.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
      if (rest && getComputedStyle(one).display === 'inline') continue; // a link in a line of words
    }
    const box = thing.getBoundingClientRect();
    if (box.width < least - 0.6 || box.height < least - 0.6)
      found.push(`${named(one)} is ${Math.round(box.width)} x ${Math.round(box.height)}`);
  }
  return [...new Set(found)].slice(0, 20);
};

// A character without a glyph is drawn exactly as one that no font has.
const tofu = (text, family = getComputedStyle(document.body).fontFamily) => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 40, height: 40 });
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const drawn = (one) => { pen.clearRect(0, 0, 40, 40); pen.font = `24px ${family}`; pen.fillText(one, 4, 30); return pen.getImageData(0, 0, 40, 40).data.join(); };
  const missing = new Set(['\u{10FFFE}', '\u{EFFFE}', '\uE5F1'].map(drawn));
  return [...new Set([...text])].filter((one) => !/[\s\p{Cc}\p{Cf}\p{Cs}\p{M}\u200b-\u200f]/u.test(one) && missing.has(drawn(one)));
};

const glyphs = () => {
  const text = document.body.innerText + [...document.querySelectorAll('[placeholder]')].map((one) => one.placeholder).join('');
  return tofu(text).map((one) => `${one} (U+${one.codePointAt(0).toString(16).toUpperCase()})`);
};

const mapColours = async (box) => {
  const canvas = box.querySelector('canvas');
  if (!canvas) return 0;
  const read = () => {
    const pen = canvas.getContext('webgl2') ?? canvas.getContext('webgl');
    const colours = new Set();
    if (pen) {
      const wide = pen.drawingBufferWidth, high = pen.drawingBufferHeight, pixels = new Uint8Array(wide * high * 4);
      pen.readPixels(0, 0, wide, high, pen.RGBA, pen.UNSIGNED_BYTE, pixels);
      for (let at = 0; at < pixels.length; at += 4 * 7) colours.add(pixels.slice(at, at + 3).join());
    } else {
      const flat = canvas.getContext('2d'), pixels = flat.getImageData(0, 0, canvas.width, canvas.height).data;
      for (let at = 0; at < pixels.length; at += 4 * 7) colours.add(pixels.slice(at, at + 3).join());
    }
    return colours.size;
  };
  const map = box.huyingMap;
  if (!map) return read();
  return new Promise((done) => { map.once('render', () => done(read())); map.triggerRepaint(); setTimeout(() => done(0), 8000); });
};

return { sideways, cut, targets, tofu, glyphs, mapColours };
})()
