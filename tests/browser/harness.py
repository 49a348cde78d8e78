"""Looks at a page as a person would: what it must not do on a phone or a desktop.

`check_page(page)` fails with every fault found: sideways scroll, cut text, small targets on a phone, missing
glyphs, an empty map, axe violations, console errors, broken policy. Pages come from the fixtures of conftest.py.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
LEAST_TARGET = 44

ARGUMENTS = [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-gpu-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
    "--disable-default-apps", "--disable-domain-reliability", "--disable-sync", "--no-first-run", "--no-pings",
    "--metrics-recording-only", "--disable-client-side-phishing-detection", "--disable-extensions",
    "--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication,InterestFeedContentSuggestions",
    "--font-render-hinting=none",
]  # fmt: skip


def chromium_path() -> str | None:
    """The system's browser, or None."""
    names = ["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"]
    return os.environ.get("CHROMIUM") or next((found for name in names if (found := shutil.which(name))), None)


@contextmanager
def browser_of(playwright: Playwright, path: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class Heard:
    """What a page said in its console since it was opened."""

    lines: list[str] = field(default_factory=list)


_heard: WeakKeyDictionary[Page, Heard] = WeakKeyDictionary()


def watch(page: Page) -> Page:
    """Listen to a page from its start; `check_page` reports what was heard."""
    heard = _heard.setdefault(page, Heard())

    def on_console(message: ConsoleMessage) -> None:
        # The status of the page itself is the test's own business: a refusal is a page too.
        if message.type != "error" or (_address(message) == page.url and "status of" in message.text):
            return
        heard.lines.append(message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: heard.lines.append(f"fault in a script: {error}"))
    return page


def _address(message: ConsoleMessage) -> str:
    return str(message.location.get("url", ""))


def check_page(page: Page, *, axe: bool = True, but: tuple[str, ...] = ()) -> None:
    """Fail with every fault of the page as it stands now; `but` names kinds that are left out, with a reason given."""
    faults = faults_of(page, axe=axe, but=but)
    assert not faults, f"{page.url} at {page.viewport_size}:\n" + "\n".join(faults)


def faults_of(page: Page, *, axe: bool = True, but: tuple[str, ...] = ()) -> list[str]:
    """Every fault as one line that begins with its kind."""
    page.wait_for_load_state("load")
    faults: list[str] = []
    for kind, find in {
        "sideways": sideways, "cut": cut_text, "target": small_targets, "glyph": missing_glyphs, "map": empty_maps,
    }.items():  # fmt: skip
        if kind not in but:
            faults += [f"{kind}: {one}" for one in find(page)]
    if axe and "axe" not in but:
        faults += [f"axe: {one}" for one in axe_violations(page)]
    for line in _heard.get(page, Heard()).lines:
        kind = "policy" if "Content Security Policy" in line or "Refused to" in line else "console"
        if kind not in but:
            faults.append(f"{kind}: {line}")
    return faults


def sideways(page: Page) -> list[str]:
    """The page is wider than the screen; names the widest things."""
    return page.evaluate(_SIDEWAYS, page.viewport_size["width"])


def cut_text(page: Page) -> list[str]:
    """Words that run out of their box or are hidden by one; a planned ellipsis is not a cut."""
    return page.evaluate(_CUT, page.viewport_size["width"])


def small_targets(page: Page) -> list[str]:
    """On a phone's width: things to tap under 44 by 44; links inside a line of words are left out."""
    if page.viewport_size["width"] >= 768:
        return []
    return page.evaluate(_TARGETS, LEAST_TARGET)


def missing_glyphs(page: Page) -> list[str]:
    """Characters that the fonts of this machine show as an empty box."""
    return page.evaluate(_GLYPHS)


def empty_maps(page: Page) -> list[str]:
    """Maps that did not open, or whose canvas is of one colour."""
    faults = []
    boxes = page.locator("[data-map]")
    for place in range(boxes.count()):
        box = boxes.nth(place)
        if not box.is_visible():
            continue
        box.scroll_into_view_if_needed()
        name = box.get_attribute("data-label") or str(place)
        try:
            page.locator("[data-map]").nth(place).and_(page.locator("[data-map-ready=yes]")).wait_for(timeout=20000)
        except Exception:
            faults.append(f"{name} did not open: {box.get_attribute('data-map-ready')}")
            continue
        colours = box.evaluate(_MAP_COLOURS)
        if colours < 3:
            faults.append(f"{name} is empty: {colours} colours in its canvas")
    if faults or boxes.count():
        page.evaluate("window.scrollTo(0, 0)")
    return faults


def axe_violations(page: Page) -> list[str]:
    """What axe finds, one line for each thing on the page."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {' '.join(map(str, node['target']))}: {_first_line(node['failureSummary'])}"
        for rule in found
        for node in rule["nodes"][:6]
    ]


def _first_line(summary: str) -> str:
    lines = [line.strip() for line in summary.splitlines() if line.strip()]
    return " / ".join(lines[1:3]) or summary


def shown(page: Page) -> Image.Image:
    """The page as a picture (for tests that compare parts of it)."""
    return Image.open(io.BytesIO(page.screenshot()))


def fonts_with_chinese(page: Page) -> bool:
    """Whether this machine has a font for Chinese; without one the glyph check says so for every page."""
    return not page.evaluate("() => (%s)('字应呼').length" % _TOFU)


_COMMON = """
const named = (one) => {
  const words = (one.innerText ?? one.textContent ?? '').trim().replace(/\\s+/g, ' ').slice(0, 40);
  const css = typeof one.className === 'string' ? one.className.trim().split(/\\s+/).slice(0, 2).join('.') : '';
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
"""

_SIDEWAYS = (
    "(wide) => {"
    + _COMMON
    + """
  const root = document.documentElement;
  const most = Math.max(root.scrollWidth, document.body.scrollWidth);
  if (most <= wide + 1) return [];
  const over = [...document.querySelectorAll('body *')].filter((one) => seen(one) && one.getBoundingClientRect().right > wide + 1);
  over.sort((a, b) => b.getBoundingClientRect().right - a.getBoundingClientRect().right);
  return [`${most} px wide on ${wide} px: ${over.slice(0, 3).map(named).join(' | ')}`];
}"""
)

_CUT = (
    "(wide) => {"
    + _COMMON
    + """
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
}"""
)

_TARGETS = (
    "(least) => {"
    + _COMMON
    + """
  const found = [];
  const tapped = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=link], [role=tab], label';
  for (const one of document.querySelectorAll(tapped)) {
    if (one.matches('label') && !one.querySelector('input:not([type=hidden])')) continue;
    if (one.closest('.maplibregl-marker, .skip-link') || one.matches(':disabled') || !seen(one)) continue;
    if (getComputedStyle(one).pointerEvents === 'none') continue;
    let thing = one;
    if (one.matches('input')) {
      const label = one.closest('label') ?? (one.id && document.querySelector(`label[for="${CSS.escape(one.id)}"]`));
      if (one.matches('[type=checkbox], [type=radio], [type=file]') && label && seen(label)) thing = label;
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
}"""
)

# A character without a glyph is drawn exactly as one that no font has.
_TOFU = """(text, family = getComputedStyle(document.body).fontFamily) => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 40, height: 40 });
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const drawn = (one) => { pen.clearRect(0, 0, 40, 40); pen.font = `24px ${family}`; pen.fillText(one, 4, 30); return pen.getImageData(0, 0, 40, 40).data.join(); };
  const missing = new Set(['\\u{10FFFE}', '\\u{EFFFE}', '\\uE5F1'].map(drawn));
  return [...new Set([...text])].filter((one) => !/[\\s\\p{C}\\p{M}\\u200b-\\u200f]/u.test(one) && missing.has(drawn(one)));
}"""

_GLYPHS = (
    "() => { const tofu = "
    + _TOFU
    + """;
  const text = document.body.innerText + [...document.querySelectorAll('[placeholder]')].map((one) => one.placeholder).join('');
  return tofu(text).map((one) => `${one} (U+${one.codePointAt(0).toString(16).toUpperCase()})`);
}"""
)

_MAP_COLOURS = """async (box) => {
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
}"""
