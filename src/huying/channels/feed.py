"""The door of the programs' event stream: server-sent events that resume behind `Last-Event-ID`.

Plain ASGI beside the live stream of pages, and woken by the same notices: what is sent is read anew from history in
its order without gaps, as far as the token may see it at that moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson
from asgiref.sync import sync_to_async

from huying.audit.feed import Place, end
from huying.channels.queries import Batch, happened
from huying.channels.stream import HEARTBEAT_SECONDS, Hub, Receive, Scope, Send, Stream, _until_gone
from huying.kernel.actor import Actor
from huying.kernel.headers import bare
from huying.kernel.problems import document
from huying.kernel.refusals import Refusal, SignInNeeded, Unavailable

PATH = "/api/v1/events"
ASK_SECONDS = 1.0
"""How often one thread of the process asks whether history went on, for all streams together."""
CHECK_SECONDS = 30.0
"""How often the token is looked at again."""
PER_OWNER = 6
logger = logging.getLogger(__name__)
AT_ONCE = 200


def wants_stream(scope: Scope) -> bool:
    """Whether a request is for the stream and not for a page of events."""
    return (
        scope["path"] == PATH
        and scope["method"] == "GET"
        and any(name == b"accept" and b"text/event-stream" in value for name, value in scope["headers"])
    )


def header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin1") for name, value in scope["headers"] if name == wanted), "")


@dataclass
class Asked:
    """What the request asks for, once the token is known."""

    actor: Actor
    place: Place
    area: str


def _asked(token: str, last: str, query: str) -> Asked:
    """Who asks for what; raises a Refusal. Runs in a thread, with a connection of its own."""
    from django.db import connections

    from huying.channels.api import stream_place
    from huying.kernel.refusals import Invalid

    try:
        given = parse_qs(query, max_num_fields=20)
        area, after = given.get("area", [""])[-1], given.get("after", ["0"])[-1]
        if not (after.isascii() and after.isdigit() and len(after) < 20) or not (
            len(area) <= 24 and f"0{area}".isdigit()
        ):
            raise Invalid({"after": []})
        return Asked(_actor(token), stream_place(last, int(after)), area)
    finally:
        connections.close_all()


def _actor(token: str) -> Actor:
    from django.utils import timezone

    from huying.clients import actions
    from huying.clients.auth import client_of

    scheme, _space, value = token.partition(" ")
    now = timezone.now()
    found = client_of(value.strip(), now) if scheme.lower() == "bearer" else None
    if found is None:
        raise SignInNeeded
    actions.note_use(found[0], now)
    return found[1]


def _actor_again(token: str) -> Actor:
    from django.db import connections

    try:
        return _actor(token)
    finally:
        connections.close_all()


def _end() -> Place:
    from django.db import connections

    try:
        return end()
    finally:
        connections.close_all()


def _batch(asked: Asked) -> Batch:
    from django.db import connections

    try:
        return happened(asked.actor, place=asked.place, area_code=asked.area, limit=AT_ONCE)
    finally:
        connections.close_all()


class EventStream:
    """The ASGI application behind `Accept: text/event-stream`."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.streams: set[Stream] = set()
        self._pulse: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def _joined(self, stream: Stream) -> Any:
        with self.hub.joined(stream):
            self.streams.add(stream)
            if self._pulse is None or self._pulse.done():
                self._pulse = asyncio.get_running_loop().create_task(self._beat())
            try:
                yield
            finally:
                self.streams.discard(stream)
                if not self.streams and self._pulse is not None:
                    self._pulse.cancel()
                    self._pulse = None

    async def _beat(self) -> None:
        """Wake every stream when history went on: notices come before the horizon has moved, or not at all."""
        last: Place | None = None
        while True:
            try:
                place = await sync_to_async(_end, thread_sensitive=False)()
            except Exception as why:  # the database is away: asked again until it is back
                logger.warning("event stream: history cannot be asked (%s), trying again", type(why).__name__)
            else:
                if place != last:
                    last = place
                    for stream in list(self.streams):
                        stream.refresh()
            await asyncio.sleep(ASK_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = header(scope, b"authorization")
        query = scope["query_string"].decode("latin1")
        try:
            asked = await sync_to_async(_asked, thread_sensitive=False)(token, header(scope, b"last-event-id"), query)
            if self.hub.full() or self._streams_of(asked.actor) >= PER_OWNER:
                raise Unavailable
        except Refusal as why:
            return await _refuse(send, why)
        stream = Stream(asked.actor)
        with self._joined(stream):
            await self._serve(stream, asked, token, receive, send)
        return None

    def _streams_of(self, actor: Actor) -> int:
        return sum(1 for one in self.hub.streams if one.actor.id == actor.id and one.actor.label == actor.label)

    async def _serve(self, stream: Stream, asked: Asked, token: str, receive: Receive, send: Send) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"x-accel-buffering", b"no"),
            *bare(),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        gone = asyncio.ensure_future(_until_gone(receive))
        writing = asyncio.ensure_future(self._write(stream, asked, token, send))
        try:
            await asyncio.wait({gone, writing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, writing):
                task.cancel()
            await asyncio.gather(gone, writing, return_exceptions=True)
        with contextlib.suppress(Exception):  # nobody may be there to hear the end
            await send({"type": "http.response.body", "body": b""})

    async def _write(self, stream: Stream, asked: Asked, token: str, send: Send) -> None:
        from huying.channels.api import message

        async def out(body: bytes) -> None:
            await send({"type": "http.response.body", "body": body, "more_body": True})

        await out(b"retry: 3000\n: hello\n\n")
        looked = beaten = time.monotonic()
        while True:
            if time.monotonic() - looked > CHECK_SECONDS:
                try:
                    asked.actor = stream.actor = await sync_to_async(_actor_again, thread_sensitive=False)(token)
                except Refusal:
                    return
                looked = time.monotonic()
            batch = await sync_to_async(_batch, thread_sensitive=False)(asked)
            moved = batch.place != asked.place
            asked.place = batch.place
            if batch.items:
                await out(b"".join(message(one) for one in batch.items))
                beaten = time.monotonic()
            if moved:
                continue
            if time.monotonic() - beaten > HEARTBEAT_SECONDS - 1:
                await out(b": beat\n\n")
                beaten = time.monotonic()
            with contextlib.suppress(TimeoutError):
                if not await asyncio.wait_for(stream.waiting.get(), HEARTBEAT_SECONDS):
                    return  # the server stops


async def _refuse(send: Send, why: Refusal) -> None:
    body = orjson.dumps(document(why, PATH))
    headers = [(b"content-type", b"application/problem+json"), *bare()]
    if why.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if why.status == 503:
        headers.append((b"retry-after", b"30"))
    await send({"type": "http.response.start", "status": why.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
