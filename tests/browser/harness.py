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
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
# Journeys run at the width at which most people use a page, and at the other one in the full run; tours that look at
# page after page are for the full run.
PHONE_FIRST = ["phone", pytest.param("desktop", marks=pytest.mark.slow)]
DESK_FIRST = ["desktop", pytest.param("phone", marks=pytest.mark.slow)]
TOUR = [pytest.param(one, marks=pytest.mark.slow) for one in ("phone", "desktop")]
LEAST_TARGET = 44
LOOKS = Path(__file__).with_name("looks.js").read_text(encoding="utf-8").split("\n", 1)[1].strip()

ARGUMENTS = [
    # The software that stands for a graphics card draws the maps alone: pages are drawn faster without it.
    "--disable-gpu-compositing", "--disable-gpu-rasterization",
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-gpu-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
    "--disable-default-apps", "--disable-domain-reliability", "--disable-sync", "--no-first-run", "--no-pings",
    "--metrics-recording-only", "--disable-client-side-phishing-detection", "--disable-extensions",
    "--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication,InterestFeedContentSuggestions",
    "--font-render-hinting=none", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
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
        # A file that did not come is named, for the browser says only that one did not.
        heard.lines.append(f"{message.text} ({_address(message)})" if "status of" in message.text else message.text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: heard.lines.append(f"fault in a script: {error}"))
    return page


def _address(message: ConsoleMessage) -> str:
    return str(message.location.get("url", ""))


def check_page(page: Page, *, axe: bool = True, but: tuple[str, ...] = ()) -> None:
    """Fail with every fault of the page as it stands now; `but` names kinds that are left out, with a reason given."""
    faults = faults_of(page, axe=axe, but=but)
    assert not faults, f"{page.url} at {page.viewport_size}:\n" + "\n".join(faults)


def faults_of(page: Page, *, axe: bool = True, but: tuple[str, ...] = (), patience: float = 20) -> list[str]:
    """Every fault as one line that begins with its kind; `patience` is how many seconds a map may take to open."""
    page.wait_for_load_state("load")
    faults: list[str] = []
    for kind, find in {
        "sideways": sideways, "cut": cut_text, "target": small_targets, "glyph": missing_glyphs,
        "map": lambda one: empty_maps(one, patience),
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
    return _look(page, "sideways", page.viewport_size["width"])


def cut_text(page: Page) -> list[str]:
    """Words that run out of their box or are hidden by one; a planned ellipsis is not a cut."""
    return _look(page, "cut", page.viewport_size["width"])


def small_targets(page: Page) -> list[str]:
    """On a phone's width: things to tap under 44 by 44; links inside a line of words are left out."""
    if page.viewport_size["width"] >= 768:
        return []
    return _look(page, "targets", LEAST_TARGET)


def missing_glyphs(page: Page) -> list[str]:
    """Characters that the fonts of this machine show as an empty box."""
    return _look(page, "glyphs")


def empty_maps(page: Page, patience: float = 20) -> list[str]:
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
            page.locator("[data-map]").nth(place).and_(page.locator("[data-map-ready=yes]")).wait_for(
                timeout=patience * 1000
            )
        except Exception:
            faults.append(f"{name} did not open: {box.get_attribute('data-map-ready')}")
            continue
        if not box.locator("canvas").count():
            faults.append(f"{name} is empty: it has no canvas")
            continue
        colours = box.evaluate(f"(box) => {LOOKS}.mapColours(box)")
        canvas, outer = box.locator("canvas").first.bounding_box(), box.bounding_box()
        if (
            canvas is None
            or outer is None
            or canvas["height"] * canvas["width"] < 0.8 * outer["height"] * outer["width"]
        ):
            faults.append(f"{name} does not fill its box: {canvas} in {outer}")
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
    return not _look(page, "tofu", "字应呼")


def _look(page: Page, name: str, argument: Any = None) -> list[str]:
    return page.evaluate(f"(argument) => {LOOKS}.{name}(argument)", argument)
