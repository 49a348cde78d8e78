"""Events for programs: in order, without gaps, each for those who may see the case."""

import time

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from huying.audit import feed
from huying.cases.actions import register_case
from huying.channels.queries import happened
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Invalid
from tests.world import KAPOK, NOW, STREET


@pytest.fixture
def call(world):
    return world.call().case


@pytest.fixture
def finished(monkeypatch):
    """A test's own transaction never ends: what it wrote counts as finished here."""
    monkeypatch.setattr(feed, "_HORIZON", "9223372036854775807")


class TestWhoHears:
    def test_one_hears_of_cases_that_one_sees_and_the_stranger_hears_nothing(self, call, finished, world):
        register_case(call.pk, type_code="0103", grade="ordinary", actor=world.dispatcher, now=NOW)
        kinds = [one.kind for one in happened(world.dispatcher, place=feed.Place()).items]
        assert kinds == ["case.receive", "case.correct", "case.register"]
        assert happened(world.next_dispatcher, place=feed.Place()).items == []
        assert happened(world.kapok_worker, place=feed.Place()).items == []

    def test_one_resumes_behind_an_event_and_asks_for_kinds_and_areas(self, call, finished, world):
        register_case(call.pk, type_code="0103", grade="ordinary", actor=world.dispatcher, now=NOW)
        first, second, third = happened(world.dispatcher, place=feed.Place()).items
        assert happened(world.dispatcher, place=feed.place_of(first.id)).items == [second, third]
        assert happened(world.dispatcher, place=feed.Place(), limit=1).place.id == first.id
        assert happened(world.dispatcher, place=feed.Place(), kinds=["case.register"]).items == [third]
        assert happened(world.dispatcher, place=feed.Place(), area_code=KAPOK).items == []

    def test_a_restricted_case_is_heard_of_by_its_own_alone(self, finished, world):
        world.call(words="有人打骂孩子，快来管。", about_staff=True)
        assert happened(world.dispatcher, place=feed.Place()).items == []
        assert happened(world.head, place=feed.Place()).items

    @pytest.mark.parametrize("bad", [-1, 2**63, 987654321])
    def test_an_id_that_was_never_given_out_is_named(self, world, bad):
        with pytest.raises(Invalid):
            feed.place_of(bad)


class TestDoor:
    def test_a_page_and_the_next(self, call, finished, program, stranger):
        one = program("dispatcher")
        page = one.get("/events")
        assert [event["kind"] for event in page["items"]] == ["case.receive"]
        assert one.get(f"/events?after={page['next']}")["items"] == []
        assert stranger.get("/events")["items"] == []

    def test_without_a_live_server_the_stream_is_finite_and_resumes(self, call, finished, program):
        one = program("dispatcher")
        first = one.get("/events")["items"][0]["id"]
        headers = {**one._headers(None, "GET"), "HTTP_ACCEPT": "text/event-stream"}
        told = one.browser.get("/api/v1/events?after=0", **headers, HTTP_LAST_EVENT_ID="0")
        assert f"id: {first}\nevent: case.receive\n".encode() in told.content
        assert told["Content-Type"].startswith("text/event-stream")
        again = one.browser.get("/api/v1/events", **headers, HTTP_LAST_EVENT_ID=str(first))
        assert again.content == b"retry: 3000\n\n"
        assert one.browser.get("/api/v1/events", **headers, HTTP_LAST_EVENT_ID="x").status_code == 422


def settled(owner, rows: int) -> None:
    """Wait until no other transaction of the server is older than our rows: another worker's may be."""
    sql = "SELECT count(*) FROM audit_history WHERE written_in < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    for _try in range(6000):
        if owner.execute(sql).fetchone()[0] == rows:
            return
        time.sleep(0.01)
    pytest.fail("another transaction of the server has been running for a minute")


@pytest.mark.django_db(transaction=True)
def test_what_commits_late_comes_late_and_is_never_skipped(bench, owner):
    """Two transactions at once: the one that wrote first commits last. Ids alone would lose its row."""
    url = make_conninfo(**{**bench.boot, "dbname": bench.name})
    row = (
        "INSERT INTO audit_history (at, kind, object_id, verb, from_state, to_state, actor_kind, actor_label, area_code,"
        " facts, body_hash) VALUES (now(), 'case', %s, 'receive', '', 'received', 'system', '', %s, '{}', '') RETURNING id"
    )
    with psycopg.connect(url) as slow, psycopg.connect(url) as fast:
        early = slow.execute(row, [uuid7(), STREET]).fetchone()[0]
        late = fast.execute(row, [uuid7(), STREET]).fetchone()[0]
        assert early < late
        fast.commit()
        # The quick one is held back until all that began before it is finished.
        assert feed.after(feed.Place(), ["case"]) == []
        assert feed.end() == feed.Place()
        slow.commit()
    settled(owner, 2)
    assert [one.id for one in feed.after(feed.Place(), ["case"])] == [early, late]
    # A later transaction that took an earlier number still comes behind what was given out.
    with psycopg.connect(url) as first, psycopg.connect(url) as second:
        one = first.execute(row, [uuid7(), STREET]).fetchone()[0]
        two = second.execute(row, [uuid7(), STREET]).fetchone()[0]
        three = first.execute(row, [uuid7(), STREET]).fetchone()[0]
        first.commit()
        settled(owner, 4)
        given = feed.after(feed.place_of(late), ["case"])
        assert [line.id for line in given] == [one, three]
        second.commit()
    settled(owner, 5)
    assert [line.id for line in feed.after(feed.place_of(three), ["case"])] == [two]


def test_rows_of_a_restored_copy_go_by_their_id(db, world, monkeypatch):
    from huying.audit.models import History, Seal

    case = world.call().case
    register_case(case.pk, type_code="0103", grade="ordinary", actor=world.dispatcher, now=NOW)
    last = History.objects.latest("id").pk
    Seal.objects.create(
        number=1, previous_hash="", sealed_at=NOW, rows=1, first_id=1, last_id=last, digest="", hash="", horizon=0,
        newest=0, cluster="another",
    )  # fmt: skip
    assert feed.end() == feed.Place(0, last)
    # Not finished by this server's numbers, but sealed on the other one.
    lines = feed.after(feed.Place(), ["case"])
    assert [line.verb for line in lines] == ["receive", "correct", "register"]
    assert [line.verb for line in feed.after(feed.place_of(lines[0].id), ["case"])] == ["correct", "register"]
