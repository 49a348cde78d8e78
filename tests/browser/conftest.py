"""Fixtures of browser tests: a server in a thread, a browser of the system, pages at both widths.

`site` is the address of a live server that works on the test database. A test that needs rows asks for
`transactional_db` too (`@pytest.mark.django_db(transaction=True)`); one that needs none asks for `site` alone.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.harness import DESKTOP, PHONE, watch

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """`http://localhost:PORT`, served by threads of this process on the test database."""
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Requests are not news."""

    class Server(ThreadedWSGIServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A browser that hangs up is not news either."""

    server = Server(("127.0.0.1", 0), Quiet)
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """`open_page(phone=True)`: a fresh, watched page in a context of its own (cookies apart)."""
    contexts = []

    def opened(*, phone: bool = False, scripts: bool = True, locale: str = "zh-CN", **options: Any) -> Page:
        context = chromium.new_context(
            viewport=PHONE if phone else DESKTOP,
            device_scale_factor=options.pop("device_scale_factor", 1),
            is_mobile=phone,
            has_touch=phone,
            java_script_enabled=scripts,
            locale=locale,
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(15000)
        return watch(context.new_page())

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(params=["phone", "desktop"])
def any_page(request: pytest.FixtureRequest, open_page: OpenPage) -> Page:
    """A page at phone width, then at desktop width: the test runs twice."""
    return open_page(phone=request.param == "phone")


@pytest.fixture
def phone_page(open_page: OpenPage) -> Page:
    return open_page(phone=True)


@pytest.fixture
def desk_page(open_page: OpenPage) -> Page:
    return open_page()
