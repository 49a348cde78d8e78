"""What a page costs whoever opens it: bytes and requests on the line, how it jumps, when it can be used.

A real Chromium opens pages of a served house with an empty cache: once as fast as it can (bytes, requests, jumps) and
once on a slow phone (6 times slower, 1.6 Mbit/s, 150 ms away). Usable means painted, and its scripts have run.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from prove.frame import WORK
from prove.server import HOST, Served, street

KB = 1024
PORTAL, DESK = 60 * KB, 120 * KB
SHIFT, USABLE_MS = 0.05, 2000.0
SLOWER, KBIT, AWAY_MS = 6, 1600, 150
MAP = ("maplibre", "/ui/map.")
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
_JUMPS = """
window.benchShift = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.benchShift += one.value;
}).observe({type: 'layout-shift', buffered: true});
"""
_TIMES = """() => {
  const page = performance.getEntriesByType('navigation')[0];
  const paint = performance.getEntriesByName('first-contentful-paint')[0];
  return {ready: page.domContentLoadedEventEnd, painted: paint ? paint.startTime : 0, shift: window.benchShift || 0};
}"""


@dataclass(frozen=True)
class Kind:
    """A page and its budget; `who` is signed in where it is the desk's."""

    name: str
    path: str
    budget: int
    who: str = ""

    @property
    def phone(self) -> bool:
        return not self.who


PAGES: tuple[Kind, ...] = (
    Kind("report", "/report/", PORTAL),
    Kind("home", "/", PORTAL),
    Kind("track", "/track/", PORTAL),
    Kind("desk", "/desk/", DESK, "dispatcher"),
    Kind("desk_list", "/desk/list/?view=list", DESK, "dispatcher"),
    Kind("desk_map", "/desk/list/?view=map", DESK, "dispatcher"),
    Kind("board", "/desk/board/", DESK, "dispatcher"),
    Kind("desk_case", "/desk/cases/{case}/", DESK, "dispatcher"),
)


@dataclass
class Looked:
    """What was seen of one page."""

    name: str
    budget: int
    bytes: int
    requests: int
    shift: float
    usable_ms: float | None = None
    map_bytes: int = 0  # of the map, which comes after the page and is not in the budget

    @property
    def faults(self) -> list[str]:
        found = []
        if self.bytes > self.budget:
            found.append(f"{self.name}: {self.bytes} bytes, {self.budget} at most")
        if self.shift > SHIFT:
            found.append(f"{self.name}: jumps by {self.shift:.3f}, {SHIFT} at most")
        if self.usable_ms is not None and self.usable_ms > USABLE_MS:
            found.append(f"{self.name}: usable after {self.usable_ms:.0f} ms, {USABLE_MS:.0f} at most")
        return found


def look(
    browser: Browser, site: str, kind: Kind, *, cookies: dict[str, str], path: str = "", slow: bool = False
) -> Looked:
    """Open one page with an empty cache."""
    # Not `is_mobile`: under that emulation Chromium counts no jump at all.
    context = browser.new_context(
        viewport=PHONE if kind.phone else DESKTOP, has_touch=kind.phone, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    try:
        context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items()])
        return _looked(context, site + (path or kind.path), kind, slow)
    finally:
        context.close()


def _looked(context: BrowserContext, address: str, kind: Kind, slow: bool) -> Looked:
    page = context.new_page()
    page.add_init_script(_JUMPS)
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    seen = {"bytes": 0, "requests": 0, "map": 0}
    addresses: dict[str, str] = {}

    def answered(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["response"]["url"]

    def finished(event: dict[str, Any]) -> None:
        of_map = any(one in addresses.get(event["requestId"], "") for one in MAP)
        seen["map" if of_map else "bytes"] += int(event["encodedDataLength"])
        seen["requests"] += 1

    line.on("Network.responseReceived", answered)
    line.on("Network.loadingFinished", finished)
    if slow:
        speed = KBIT * 1000 / 8
        line.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": AWAY_MS, "downloadThroughput": speed, "uploadThroughput": speed},
        )
        line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    answer = page.goto(address, wait_until="load")
    if answer is None or answer.status != 200:
        raise AssertionError(f"{address} answers {answer.status if answer else 'nothing'}")
    page.wait_for_timeout(400)
    times = _times(page)
    usable = max(float(times["ready"]), float(times["painted"])) if slow else None
    shift = float(times["shift"])
    return Looked(kind.name, kind.budget, seen["bytes"], seen["requests"], shift, usable, seen["map"])


def _times(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(_TIMES)
    return found


class Street:
    """A served small street with a dispatcher signed in and a few calls, to look at."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.area = {"huying_area": served.world["areas"]["street"]}
        _status, _told, cookies = self.ask("GET", "/sign-in/")
        token = cookies["csrftoken"]
        given = {
            "username": "demo-dispatcher", "password": served.world["password"], "csrfmiddlewaretoken": token
        }  # fmt: skip
        form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={token}"}
        status, told, signed = self.ask("POST", "/sign-in/", urlencode(given), **form)
        if status != 302:
            raise AssertionError(f"cannot sign in: {status} {told[:300]!r}")
        self.session = {"sessionid": signed["sessionid"]}
        self.case = [self._call(number) for number in range(12)][0]

    def _call(self, number: int) -> str:
        words = f"第 {number} 件，榕树路口的垃圾桶满了，没有人来收。"
        body = json.dumps({"words": words, "area_code": self.served.world["areas"]["street"]})
        status, told, _cookies = self.ask(
            "POST", "/api/v1/reports", body, Authorization=f"Bearer {self.served.world['tokens']['clerk'][0]}",
            **{"Content-Type": "application/json", "Idempotency-Key": f"front-{number:04d}"},
        )  # fmt: skip
        if status != 201:
            raise AssertionError(f"cannot report: {status} {told[:300]!r}")
        return str(json.loads(told)["case_id"])

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, bytes, dict[str, str]]:
        line = http.client.HTTPConnection(HOST, self.served.port, timeout=30)
        line.request(method, path, body.encode() or None, headers)
        answer = line.getresponse()
        told = answer.read()
        line.close()
        cookies = dict(one.split(";")[0].split("=", 1) for one in answer.headers.get_all("Set-Cookie") or [])
        return answer.status, told, cookies

    def look(self, browser: Browser, kind: Kind, *, slow: bool = False) -> Looked:
        cookies = self.session if kind.who else self.area
        return look(browser, self.served.url, kind, cookies=cookies, path=kind.path.format(case=self.case), slow=slow)


def all_pages() -> list[Looked]:
    """Every page, as on a slow phone or desk."""
    from tests.browser.harness import browser_of, chromium_path

    path = chromium_path()
    if path is None:
        raise SystemExit("no Chromium on this machine: `chromium` or `google-chrome` must be on the path")
    with street(WORK / "front") as served, sync_playwright() as playwright, browser_of(playwright, path) as browser:
        seen = Street(served)
        return [seen.look(browser, kind, slow=True) for kind in PAGES]


def table(looked: list[Looked]) -> str:
    lines = [f"{'':12}{'bytes':>9}{'budget':>9}{'requests':>10}{'jumps':>8}{'usable ms':>11}{'map':>9}"]
    for one in looked:
        usable = f"{one.usable_ms:.0f}" if one.usable_ms is not None else "-"
        lines.append(
            f"{one.name:12}{one.bytes:>9}{one.budget:>9}{one.requests:>10}{one.shift:>8.3f}{usable:>11}{one.map_bytes:>9}"
        )
    return "\n".join(lines)
