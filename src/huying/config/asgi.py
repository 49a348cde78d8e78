"""The ASGI door: the live stream is served here, everything else by Django's WSGI handler in threads.

Plain ASGI made ordinary views three to six times slower; a stream in a thread would block one of a few.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from a2wsgi.wsgi_typing import WSGIApp
from django.conf import settings

# First of all: it loads the apps, which the streams' modules need.
from huying.config.wsgi import pages

# isort: split
from huying.channels.feed import EventStream, wants_stream
from huying.channels.stream import Hub, LiveStream
from huying.cli.supervise import PARENT, watch_parent
from huying.config import flood
from huying.config.flood import Sources
from huying.config.metrics import STREAMS
from huying.kernel.headers import bare

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huying.config.settings")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Router:
    """Sends `/live/` and the programs' events to their streams, and the rest to the pages.

    What one source sends too much is refused here, before it takes a thread.
    """

    def __init__(
        self, live: Any, pages: Any, feed: Any = None, *, sources: Sources | None = None, proxies: int = 0
    ) -> None:
        self.live = live
        self.pages = pages
        self.feed = feed
        self.sources = sources
        self.proxies = proxies
        self.paused = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/healthz" and scope["method"] in ("GET", "HEAD"):
            await _alive(send)  # also while every thread is at work
            return
        if scope["type"] == "http" and self.sources is not None and await self._refused(self.sources, scope, send):
            return
        if scope["type"] == "http" and scope["path"] == "/live/" and self.live is not None:
            with STREAMS.track_inprogress():
                await self.live(scope, receive, send)
            return
        if scope["type"] == "http" and self.feed is not None and wants_stream(scope):
            await self.feed(scope, receive, send)
            return

        async def body() -> Message:
            # A coroutine of its own, because a2wsgi hands it to another thread.
            message = await receive()
            if message["type"] == "http.disconnect":
                # Else half a form would be read as a whole one.
                raise ConnectionAbortedError("the client went away in the middle of its request")
            return message

        await self.pages(plain(scope) if scope["type"] == "http" else scope, body, send)

    async def _refused(self, sources: Sources, scope: Scope, send: Send) -> bool:
        address = (scope.get("client") or ("",))[0]
        forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin1")
        refused = sources.judge(address, forwarded, self.proxies, scope["path"])
        if refused is None:
            return False
        if self.paused < flood.MOST_PAUSED:
            self.paused += 1
            try:
                await asyncio.sleep(flood.PAUSE_SECONDS)
            finally:
                self.paused -= 1
        headers = [(name.lower().encode(), value.encode()) for name, value in refused.headers]
        await send({"type": "http.response.start", "status": refused.status, "headers": headers})
        await send({"type": "http.response.body", "body": refused.body})
        return True


async def _alive(send: Send) -> None:
    headers = [(b"content-type", b"text/plain"), *bare()]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok\n"})


def plain(scope: Scope) -> Scope:
    """The request as WSGI can carry it: one cookie line, no header that could pass for another, an ASCII query."""
    headers: list[tuple[bytes, bytes]] = []
    cookies: list[bytes] = []
    for name, value in scope["headers"]:
        if name == b"cookie":
            cookies.append(value)
        elif b"_" not in name:  # X_Forwarded_Proto would become the same as X-Forwarded-Proto
            headers.append((name, value))
    if cookies:
        headers.append((b"cookie", b"; ".join(cookies)))
    query = b"".join(bytes((byte,)) if byte < 128 else b"%%%02X" % byte for byte in scope["query_string"])
    return {**scope, "headers": headers, "query_string": query}


watch_parent()
hub = Hub(settings.ENV.url, settings.ENV.live_streams, os.environ.get(PARENT, ""))
application = Router(
    LiveStream(hub, settings.SESSION_COOKIE_NAME) if settings.ENV.live else None,
    WSGIMiddleware(cast(WSGIApp, pages), workers=settings.ENV.threads),
    EventStream(hub) if settings.ENV.live else None,
    sources=Sources(settings.RATE),
    proxies=settings.PROXIES,
)
