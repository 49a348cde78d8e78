"""Pages stay within their budgets: bytes, requests, jumps, and on a slow phone the time until they can be used."""

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench import front
from prove.frame import WORK
from prove.server import street

pytestmark = pytest.mark.browser
MOST_REQUESTS = 18
KINDS = [pytest.param(one, id=one.name) for one in front.PAGES]


@pytest.fixture(scope="module")
def seen():
    with street(WORK / f"front-test-{os.getpid()}") as served:  # another process may try other tests of this file
        yield front.Street(served)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_bytes_requests_and_jumps_of_a_page_are_within_its_budget(chromium, seen, kind):
    looked = seen.look(chromium, kind)
    print("\n" + front.table([looked]))
    assert looked.bytes > 5_000  # else nothing was loaded
    assert looked.requests <= MOST_REQUESTS
    assert looked.faults == []


@pytest.mark.slow
@pytest.mark.alone
@pytest.mark.parametrize("kind", front.PAGES, ids=lambda one: one.name)
def test_a_slow_phone_can_use_a_page_within_two_seconds(chromium, seen, kind):
    best = min((seen.look(chromium, kind, slow=True) for _try in range(3)), key=lambda one: one.usable_ms)
    print("\n" + front.table([best]))
    assert best.usable_ms <= front.USABLE_MS


JUMPING = b"""<!doctype html><html><head><meta name="viewport" content="width=device-width">
</head><body><div id="above"></div><p>words that are pushed down</p>
<script>requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
document.getElementById("above").style.height = "300px"; }, 150)));</script></body></html>"""


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        body = {"/jumps": JUMPING, "/heavy": b"x" * 70_000}.get(self.path, b"")
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_given):
        """Requests are not news."""


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_page_that_jumps_is_heavy_or_slow_is_found(chromium, site):
    jumping = front.look(chromium, site, front.Kind("jumps", "/jumps", front.PORTAL), cookies={})
    heavy = front.look(chromium, site, front.Kind("heavy", "/heavy", front.PORTAL), cookies={}, slow=True)
    assert [one.split(":")[0] for one in jumping.faults] == ["jumps"]
    assert jumping.shift > front.SHIFT
    assert 70_000 < heavy.bytes < 72_000
    assert "bytes" in heavy.faults[0]
    assert heavy.usable_ms > 70_000 * 8 / front.KBIT  # what the line alone takes
