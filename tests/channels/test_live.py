"""Notices of the live stream: what they carry, who hears them, and that nobody hears of what was undone."""

import asyncio
import json
import uuid
from dataclasses import replace

import psycopg
import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from huying.channels.live import CHANNEL, Notice, forward, notify
from huying.channels.stream import PER_PERSON, WAITING, Hub, LiveStream, Stream, farewell, session_key_in
from huying.kernel.actor import Actor, ActorKind, Granted, resident, system
from huying.kernel.events import EVENTS, Event, News
from huying.kernel.ids import uuid7
from tests.waiting import in_a_thread

STREET, NEXT_DOOR = "990101001", "990101002"
UNIT = uuid.uuid4()


def _person(area_code=STREET, units=()):
    return Actor(ActorKind.PERSON, id=uuid7(), units=units, grants=(Granted(frozenset({"read"}), area_code),))


class TestNotice:
    @given(
        st.from_regex(r"[a-z][a-z_]{0,39}", fullmatch=True),
        st.from_regex(r"[0-9]{0,24}", fullmatch=True),
        st.lists(st.uuids(), max_size=5),
    )
    def test_it_comes_out_of_the_database_as_it_went_in(self, kind, area_code, units):
        notice = Notice(kind, area_code, tuple(units))
        assert Notice.parse(notice.text()) == notice

    @given(st.text(max_size=100))
    def test_what_is_none_of_ours_is_passed_over(self, text):
        found = Notice.parse(text)
        assert found is None or found.text()

    def test_it_fits_into_what_the_database_carries_whatever_the_number_of_units(self):
        many = Notice("cases", "9" * 24, tuple(uuid.uuid4() for _ in range(500)))
        assert len(many.text().encode()) < 8000

    @pytest.mark.parametrize("bad", ["Cases", "a b", "", "x" * 41, "a\nb"])
    def test_a_kind_that_would_break_the_stream_is_refused(self, bad):
        with pytest.raises(ValueError):
            Notice(bad)

    @pytest.mark.parametrize("bad", ["99a", "1" * 25, "1\n2"])
    def test_so_is_an_area_that_is_none(self, bad):
        with pytest.raises(ValueError):
            Notice("cases", bad)


class TestWhoHearsIt:
    def test_those_whose_area_it_lies_in(self):
        notice = Notice("cases", STREET + "001")
        assert notice.concerns(_person(STREET))
        assert notice.concerns(_person(STREET + "001"))

    def test_a_stranger_from_the_next_sub_district_does_not(self):
        assert not Notice("cases", STREET + "001").concerns(_person(NEXT_DOOR))

    def test_a_grid_worker_does_not_hear_of_the_whole_street(self):
        assert not Notice("cases", STREET).concerns(_person(STREET + "001001"))

    def test_members_of_the_units_it_is_for_hear_it_wherever_they_are(self):
        assert Notice("cases", "", (UNIT,)).concerns(_person(NEXT_DOOR, units=(UNIT,)))

    def test_without_an_area_nobody_else_hears_it(self):
        assert not Notice("cases", "", (UNIT,)).concerns(_person(STREET))
        assert not Notice("cases", "").concerns(_person("9"))

    def test_residents_and_the_system_hear_nothing(self):
        notice = Notice("cases", STREET)
        assert not notice.concerns(resident())
        assert not notice.concerns(system())

    def test_a_program_hears_nothing_whatever_its_owner_holds(self):
        owner = _person(STREET, units=(UNIT,))
        notice = Notice("cases", STREET, (UNIT,), (owner.id,))
        assert notice.concerns(owner)
        assert not notice.concerns(replace(owner, kind=ActorKind.CHANNEL))


@pytest.mark.django_db(transaction=True)
class TestSending:
    @pytest.fixture
    def ear(self, bench):
        with bench.connect(bench.name) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            yield lambda: [one.payload for one in connection.notifies(timeout=0.3)]

    def test_it_is_heard_when_the_act_commits(self, ear):
        with transaction.atomic():
            notify(STREET, "cases", [UNIT])
            assert ear() == []
        assert [json.loads(one) for one in ear()] == [{"kind": "cases", "area": STREET, "units": [str(UNIT)]}]

    def test_nobody_hears_of_what_was_rolled_back(self, ear):
        with transaction.atomic():
            notify(STREET, "cases")
            transaction.set_rollback(True)
        assert ear() == []

    def test_news_become_notices_where_an_app_asks_for_it(self, ear, monkeypatch):
        monkeypatch.setattr("huying.kernel.events.EVENTS", dict(EVENTS))
        event = Event("tests.moved")
        forward(event, lambda news: Notice("cases", news.facts["area"]) if "area" in news.facts else None)
        for facts in ({"area": STREET}, {}):
            for listener in event.listeners:
                listener(News(uuid7(), event.name, None, facts))
        assert len(ear()) == 1


def _scope(**headers):
    return {
        "type": "http",
        "method": "GET",
        "path": "/live/",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }


class TestStream:
    def test_a_slow_page_is_told_to_ask_for_everything(self):
        async def play():
            stream = Stream(_person())
            for _ in range(WAITING + 5):
                stream.put(Notice("cases", STREET))
            return [stream.waiting.get_nowait() for _ in range(stream.waiting.qsize())]

        waiting = in_a_thread(play())
        assert "refresh" in waiting[0]
        assert len(waiting) <= WAITING

    def test_units_stay_inside(self):
        async def play():
            stream = Stream(_person(units=(UNIT,)))
            stream.put(Notice("cases", "", (UNIT,)))
            return stream.waiting.get_nowait()

        assert str(UNIT) not in in_a_thread(play())

    def test_a_farewell_ends_the_streams_of_that_server_alone(self):
        async def play(payload):
            hub = Hub(lambda: "", server="17")
            stream = Stream(_person())
            hub.streams.add(stream)
            hub.hear(payload)
            return stream.waiting.qsize()

        assert in_a_thread(play(farewell("18"))) == 0
        assert in_a_thread(play(farewell("17"))) == 1

    @pytest.mark.parametrize(
        ("cookie", "key"),
        [("sessionid=abc; other=1", "abc"), ("other=1", ""), ("=;;bad\x01", ""), ("", "")],
    )
    def test_the_session_is_found_among_the_cookies(self, cookie, key):
        assert session_key_in(_scope(cookie=cookie), "sessionid") == key

    def test_only_get_is_answered(self):
        assert in_a_thread(_asked({**_scope(), "method": "POST"}))["status"] == 405

    def test_nobody_without_a_session_is_let_in(self):
        assert in_a_thread(_asked(_scope()))["status"] == 401

    @pytest.mark.django_db(transaction=True)
    def test_nor_with_a_session_that_is_none(self):
        assert in_a_thread(_asked(_scope(cookie="sessionid=made-up")))["status"] == 401

    def test_where_there_are_too_many_the_page_is_asked_to_come_later(self, monkeypatch):
        actor = _person()

        async def signed_in(key):
            return actor

        monkeypatch.setattr("huying.channels.stream.signed_in", signed_in)
        hub = Hub(lambda: "", most=1000)
        hub.streams.update(Stream(actor, waiting=None) for _ in range(PER_PERSON))
        answer = in_a_thread(_asked(_scope(cookie="sessionid=k"), hub))
        assert answer["status"] == 503
        assert (b"retry-after", b"30") in answer["headers"]

        others = Hub(lambda: "", most=1)
        others.streams.add(Stream(_person(), waiting=None))
        assert in_a_thread(_asked(_scope(cookie="sessionid=k"), others))["status"] == 503

    def test_the_listener_comes_back_after_the_database_did(self, monkeypatch):
        attempts = []

        async def connect(*_, **__):
            attempts.append(1)
            raise psycopg.OperationalError

        async def play():
            monkeypatch.setattr(psycopg.AsyncConnection, "connect", connect)
            monkeypatch.setattr("huying.channels.stream.asyncio.sleep", _soon)
            hub = Hub(lambda: "")
            with hub.joined(Stream(_person())):
                for _ in range(20):
                    await _soon(0)
            return len(attempts)

        assert in_a_thread(play()) > 2

    def test_nobody_is_greeted_before_the_database_is_listened_to(self, monkeypatch):
        order = []

        class Listening:
            async def __aenter__(self):
                return self

            async def __aexit__(self, *_):
                return None

            async def execute(self, _):
                await _real_sleep(0.05)
                order.append("listening")

            async def notifies(self):
                await _real_sleep(60)
                yield None

        async def connect(*_, **__):
            return Listening()

        async def play():
            monkeypatch.setattr(psycopg.AsyncConnection, "connect", connect)
            hub = Hub(lambda: "")
            stream = Stream(_person())

            async def send(_):
                order.append("hello")
                stream.end()

            with hub.joined(stream):
                await LiveStream(hub, "sessionid")._write(stream, "k", send)

        in_a_thread(play())
        assert order == ["listening", "hello"]


_real_sleep = asyncio.sleep


async def _soon(_seconds):
    await _real_sleep(0)


async def _asked(scope, hub=None):
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.disconnect"}

    await LiveStream(hub or Hub(lambda: ""), "sessionid")(scope, receive, send)
    return sent[0]
