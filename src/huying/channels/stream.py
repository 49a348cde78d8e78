"""The door of the live stream: server-sent events for signed-in staff, one LISTEN connection per web process.

Plain ASGI, beside Django's WSGI handler (see `config.asgi`): a stream costs no thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from uuid import UUID

import psycopg
from asgiref.sync import sync_to_async
from psycopg import sql

from huying.channels.live import CHANNEL, Notice
from huying.kernel.actor import Actor
from huying.kernel.headers import bare

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

HEARTBEAT_SECONDS = 15.0
CHECK_SECONDS = 30.0
"""How often a stream looks again whether its person is still signed in, and with which areas."""
READY_SECONDS = 10.0
"""How long the first word of a stream waits for the database's ear: who is told hello misses nothing after it."""
WAITING = 64
"""Notices that may wait for one slow page; past that it is told to ask for everything."""
PER_PERSON = 12
AGAIN = "refresh"
logger = logging.getLogger(__name__)


def farewell(server: str) -> str:
    """What a stopping server says on the channel, so that its own streams end at once and not by force."""
    return f"stopping {server}"


class Hub:
    """All streams of this process, fed by one LISTEN connection."""

    def __init__(self, database: Callable[[], str], most: int = 300, server: str = "") -> None:
        self._database = database
        self.most = most
        self.server = server
        self.streams: set[Stream] = set()
        self._listener: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    def full(self) -> bool:
        return len(self.streams) >= self.most

    @contextlib.contextmanager
    def joined(self, stream: Stream) -> Any:
        self.streams.add(stream)
        if self._listener is None or self._listener.done():
            self._listener = asyncio.get_running_loop().create_task(self._listen())
        try:
            yield
        finally:
            self.streams.discard(stream)
            if not self.streams and self._listener is not None:
                self._listener.cancel()
                self._listener = None
                self._listening.clear()

    async def ready(self) -> None:
        """Wait until notices are heard. Where the database stays away, all are told to ask again once it is back."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._listening.wait(), READY_SECONDS)

    def hear(self, payload: str) -> None:
        if self.server and payload == farewell(self.server):
            for stream in list(self.streams):
                stream.end()
        elif (notice := Notice.parse(payload)) is not None:
            self.spread(notice)

    def spread(self, notice: Notice) -> None:
        for stream in list(self.streams):
            if notice.concerns(stream.actor):
                stream.put(notice)

    def spread_refresh(self) -> None:
        """After a gap nobody knows what was missed: everybody asks again."""
        for stream in list(self.streams):
            stream.refresh()

    async def _listen(self) -> None:
        pause = 0.5
        missed = False
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._database(), autocommit=True) as listening:
                    await listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    self._listening.set()
                    if missed:
                        self.spread_refresh()
                    pause, missed = 0.5, True
                    async for one in listening.notifies():
                        self.hear(one.payload)
            except (psycopg.Error, OSError) as why:
                logger.warning("live stream: the database went away (%s), trying again", type(why).__name__)
            missed = True
            self._listening.clear()
            await asyncio.sleep(pause)
            pause = min(pause * 2, 15.0)


def message(name: str, area_code: str = "") -> str:
    """One message as pages read it (`live.js`): its name says what to ask for again, `refresh` means all of it."""
    return f"data: {json.dumps({'name': name, 'area_code': area_code}, separators=(',', ':'))}\n\n"


@dataclass(eq=False)
class Stream:
    """One open page."""

    actor: Actor
    waiting: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(WAITING))

    def put(self, notice: Notice) -> None:
        # Which units a notice is for stays inside; the page needs only to know what to ask again.
        try:
            self.waiting.put_nowait(message(notice.kind, notice.area_code))
        except asyncio.QueueFull:
            self.refresh()

    def refresh(self) -> None:
        while not self.waiting.empty():
            self.waiting.get_nowait()
        self.waiting.put_nowait(message(AGAIN))

    def end(self) -> None:
        """The server stops: the page will come back to the one that follows."""
        while not self.waiting.empty():
            self.waiting.get_nowait()
        self.waiting.put_nowait("")

    async def lines(self) -> AsyncIterator[str]:
        """What is sent: notices as they come, a heartbeat when none does."""
        yield "retry: 3000\n: hello\n\n"
        while True:
            try:
                line = await asyncio.wait_for(self.waiting.get(), HEARTBEAT_SECONDS)
            except TimeoutError:
                line = ": beat\n\n"
            if not line:
                return
            yield line


def session_key_in(scope: Scope, cookie_name: str) -> str:
    """The session key among the request's cookies, "" if there is none."""
    cookies: SimpleCookie = SimpleCookie()
    for name, value in scope.get("headers", ()):
        if name == b"cookie":
            with contextlib.suppress(CookieError):
                cookies.load(value.decode("latin1"))
    return cookies[cookie_name].value if cookie_name in cookies else ""


def _signed_in(session_key: str) -> Actor | None:
    """The person whose session this is, as one who acts now; None where nobody is signed in."""
    from django.contrib.auth import get_user
    from django.db import connections
    from django.http import HttpRequest
    from django.utils import timezone

    from huying.people.models import Account
    from huying.people.queries import actor_for

    try:
        request = HttpRequest()
        request.session = _session(session_key)
        account = get_user(request)
        if not isinstance(account, Account) or not account.is_active:
            return None
        return actor_for(account, timezone.now())
    finally:
        connections.close_all()


def _session(session_key: str) -> Any:
    from importlib import import_module

    from django.conf import settings

    return import_module(settings.SESSION_ENGINE).SessionStore(session_key)


signed_in = sync_to_async(_signed_in, thread_sensitive=False)


class LiveStream:
    """The ASGI application at `/live/`."""

    def __init__(self, hub: Hub, cookie_name: str) -> None:
        self.hub = hub
        self.cookie_name = cookie_name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            return await _plain(send, 405, [(b"allow", b"GET")])
        key = session_key_in(scope, self.cookie_name)
        actor = await signed_in(key) if key else None
        if actor is None:
            return await _plain(send, 401)
        if self.hub.full() or self._streams_of(actor.id) >= PER_PERSON:
            # The page falls back to asking every few seconds.
            return await _plain(send, 503, [(b"retry-after", b"30")])
        stream = Stream(actor)
        with self.hub.joined(stream):
            await self._serve(stream, key, receive, send)
        return None

    def _streams_of(self, account_id: UUID | None) -> int:
        return sum(1 for stream in self.hub.streams if stream.actor.id == account_id)

    async def _serve(self, stream: Stream, key: str, receive: Receive, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream; charset=utf-8"),
                    (b"x-accel-buffering", b"no"),
                    *bare(),
                ],
            }
        )
        gone = asyncio.ensure_future(_until_gone(receive))
        writing = asyncio.ensure_future(self._write(stream, key, send))
        try:
            await asyncio.wait({gone, writing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, writing):
                task.cancel()
            await asyncio.gather(gone, writing, return_exceptions=True)
        with contextlib.suppress(Exception):  # nobody may be there to hear the end
            await send({"type": "http.response.body", "body": b""})

    async def _write(self, stream: Stream, key: str, send: Send) -> None:
        await self.hub.ready()
        looked = time.monotonic()
        async for line in stream.lines():
            if time.monotonic() - looked > CHECK_SECONDS:
                actor = await signed_in(key)
                if actor is None:
                    return
                stream.actor, looked = actor, time.monotonic()
            await send({"type": "http.response.body", "body": line.encode(), "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _plain(send: Send, status: int, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"text/plain"), *bare(), *(headers or [])],
        }
    )
    await send({"type": "http.response.body", "body": b""})
