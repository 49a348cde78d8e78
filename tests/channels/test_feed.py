"""The event stream through its ASGI door: begins where asked, goes on by itself, ends with the server."""

import asyncio
import time

import pytest

from huying.channels import feed
from huying.channels.feed import EventStream, wants_stream
from huying.channels.stream import Hub
from tests.waiting import in_a_thread


def scope(token="", last="", query=b"", accept=b"text/event-stream", path="/api/v1/events", method="GET"):
    headers = [(b"accept", accept), (b"authorization", f"Bearer {token}".encode())]
    if last:
        headers.append((b"last-event-id", last.encode()))
    return {"type": "http", "path": path, "method": method, "headers": headers, "query_string": query}


class Reader:
    """What a stream sends, until it is enough."""

    def __init__(self, enough):
        self.enough, self.got, self.gone = enough, b"", asyncio.Event()
        self.status, self.headers = 0, {}

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
        else:
            self.got += message.get("body", b"")
            if self.enough(self.got):
                self.gone.set()

    async def receive(self):
        await self.gone.wait()
        return {"type": "http.disconnect"}


async def listened(asked, enough, meanwhile=None, hub=None):
    reader = Reader(enough)
    stream = EventStream(hub or Hub(lambda: "host=nowhere"))
    task = asyncio.create_task(stream(asked, reader.receive, reader.send))
    if meanwhile is not None:
        await meanwhile(stream)
    await asyncio.wait_for(task, 90)  # another worker's transaction may hold the horizon back
    return reader


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        (scope(), True), (scope(accept=b"application/json"), False), (scope(path="/api/v1/cases"), False),
        (scope(method="POST"), False),
    ],
)  # fmt: skip
def test_only_the_stream_is_for_this_door(asked, wanted):
    assert wants_stream(asked) == wanted


@pytest.mark.django_db(transaction=True)
def test_it_resumes_behind_the_last_event_and_tells_what_happens_then(world, program, monkeypatch):
    monkeypatch.setattr(feed, "ASK_SECONDS", 0.05)
    dispatcher, stranger = program("dispatcher"), program("next_dispatcher")
    world.call()
    for _try in range(6000):  # another worker's transaction may hold the horizon back
        if dispatcher.get("/events")["items"]:
            break
        time.sleep(0.01)
    first = dispatcher.get("/events")["items"][0]["id"]

    def later():
        from django.db import connections

        try:
            world.call(words="路灯不亮了，晚上看不见路。")
        finally:
            connections.close_all()

    async def meanwhile(_stream):
        await asyncio.sleep(0.3)
        await asyncio.to_thread(later)

    told = in_a_thread(
        listened(scope(dispatcher.token, last=str(first)), lambda got: b"event: case.receive" in got, meanwhile)
    )
    assert told.status == 200
    assert told.headers[b"content-type"].startswith(b"text/event-stream")
    assert f"id: {first}\n".encode() not in told.got
    assert told.got.count(b"event: case.receive") == 1
    second = int(told.got.split(b"id: ")[1].split(b"\n")[0])

    # A whole world behind: from the beginning, both; the stranger hears neither and the server's end ends the stream.
    both = in_a_thread(listened(scope(dispatcher.token, last="0"), lambda got: got.count(b"event:") == 2))
    assert f"id: {first}\n".encode() in both.got
    assert f"id: {second}\n".encode() in both.got

    async def stopping(stream):
        await asyncio.sleep(0.4)
        for one in list(stream.hub.streams):
            one.end()

    silent = in_a_thread(listened(scope(stranger.token, last="0"), lambda got: b"event:" in got, stopping))
    assert b"event:" not in silent.got


@pytest.mark.django_db(transaction=True)
def test_who_has_no_token_or_asks_for_what_never_was_is_told_so(world, program):
    one = program("dispatcher")
    for asked, status in (
        (scope("hyp_x"), 401), (scope(one.token, last="x"), 422), (scope(one.token, last="987654"), 422),
        (scope(one.token, query=b"after=-1"), 422), (scope(one.token, query=b"area=%00"), 422),
    ):  # fmt: skip
        told = in_a_thread(listened(asked, lambda got: bool(got)))
        assert told.status == status
        assert told.headers[b"content-type"] == b"application/problem+json"
    crowded = Hub(lambda: "", most=0)
    assert in_a_thread(listened(scope(one.token), lambda got: bool(got), hub=crowded)).status == 503
