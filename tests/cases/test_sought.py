"""What words find, and what lies in a box, is what each case says by itself: in any world, for any viewer."""

from dataclasses import replace
from datetime import timedelta
from math import hypot
from random import Random

import pytest

from huying.cases.models import Case, Report, WorkOrder
from huying.cases.queries import lists, maps, scope
from huying.cases.queries.lists import FAR, Wanted
from huying.cases.queries.maps import Box
from huying.cases.rules import OPEN, OrderState, State
from huying.cases.search import vector
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.people.models import Recusal
from huying.people.rules import RecusalReason
from tests.world import BANYAN, DISTRICT, GRID, KAPOK, NEXT_DOOR, NOW, OTHER_GRID, STREET, build_world

COMMON, RARE = "垃圾", "鹦鹉"
PLACES = (STREET, GRID, GRID, OTHER_GRID, f"{KAPOK}001", f"{NEXT_DOOR}001001", "990102001001001")
ENDED = sorted(set(State) - OPEN - {State.MERGED})
FILTERS = (
    Wanted(),
    Wanted(state="ended"),
    Wanted(state="all"),
    Wanted(state=str(State.IN_HAND)),
    Wanted(state=str(State.CLOSED)),
    Wanted(state="all", area_code=BANYAN),
    Wanted(area_code=BANYAN),
    Wanted(area_code=DISTRICT, light="red"),
    Wanted(state="all", since=NOW - timedelta(days=2), until=NOW - timedelta(days=1)),
)


def over_district(actor):
    return replace(actor, grants=tuple(replace(one, area_code=DISTRICT) for one in actor.grants))


def strewn(world, chance):
    """Cases with words, places, states, due times, orders and walls as chance gives them; what each says."""
    said, units = {}, [world.units[one].pk for one in ("sanitation", "water", "centre")]
    takers = [world.accounts[one].pk for one in ("clerk", "dispatcher", "building_head")]
    for number in range(26):
        words = "，".join(["路口的事", *(one for one in (COMMON, RARE) if chance.random() < 0.5)])
        case = world.call(words=f"{words}，第{number}件。").case.pk
        said[case], ended = words, chance.random() < 0.5
        walls = chance.choice([{}, {}, {"confidential": True}, {"recused": True}])
        Case.objects.filter(pk=case).update(
            area_code=(place := chance.choice(PLACES)),
            search=vector(words, area_code=place),
            desk_code=place,
            state=chance.choice(ENDED) if ended else chance.choice(sorted(OPEN)),
            ended_at=NOW if ended else None,
            received_at=NOW - timedelta(hours=chance.randrange(60)),
            lng=(lng := chance.choice([None, 113 + chance.random(), 113 + chance.random()])),
            lat=None if lng is None else 23 + chance.random(),
            due_at=chance.choice([None, NOW + timedelta(hours=chance.randrange(-9, 9))]),
            restricted=bool(walls),
            **walls,
        )
        if chance.random() < 0.4:
            Report.objects.filter(case_id=case).update(taken_by_id=chance.choice(takers))
        for unit in units:
            if chance.random() < 0.3:
                WorkOrder.objects.create(
                    id=uuid7(), case_id=case, unit_id=unit, role="assist", state=chance.choice(list(OrderState)),
                    offered_at=NOW,
                )  # fmt: skip
        if walls.get("recused"):
            side = chance.choice([{"account_id": world.accounts["head"].pk}, {"unit_id": units[0]}])
            Recusal.objects.create(object_id=case, reason_code=RecusalReason.values[0], set_at=NOW, **side)
    return said


def fits(case, wanted):
    open_ = case.ended_at is None
    return (
        (open_ if wanted.state == "open" else not open_ if wanted.state == "ended" else wanted.state in ("all", case.state))
        and case.area_code.startswith(wanted.area_code)
        and (not wanted.light or (open_ and case.due_at is not None and case.due_at <= NOW))
        and (wanted.since is None or wanted.since <= case.received_at < wanted.until)
    )  # fmt: skip


def expected(said, viewer, wanted, words):
    says = [one for one, its in said.items() if all(word in its for word in words)]
    seen = [case for one in says if (case := scope.one(one, viewer)) is not None]
    found = [case for case in seen if fits(case, wanted)]
    if wanted.by_due:
        return [one.pk for one in sorted(found, key=lambda one: (one.due_at or FAR, one.pk))]
    return [one.pk for one in sorted(found, key=lambda one: (one.received_at, one.pk), reverse=True)]


def pages(viewer, wanted, limit):
    found, after = [], ""
    while True:
        page = Page(limit=limit, after=after)
        found += [one.pk for one in lists.cases_found(viewer, wanted, now=NOW, page=page)]
        after = page.next
        if not after:
            return found


@pytest.fixture(autouse=True)
def _forget():
    for known in (lists._sought, maps._boxed):
        known.cache_clear()
    yield
    for known in (lists._sought, maps._boxed):
        known.cache_clear()


def viewers_of(world):
    return [
        world.head, world.clerk, world.secretary, world.handler, world.next_dispatcher, over_district(world.head),
        over_district(world.leader), over_district(world.clerk), over_district(world.water_handler),
    ]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("often", "looked_at"), [(0, 1), (0, 4), (0, lists.LOOKED_AT), (lists.SAID_OFTEN, 4), (99, 4)])
@pytest.mark.parametrize("limit", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_words_find_what_the_viewer_may_see_that_says_them(monkeypatch, often, looked_at, limit):
    monkeypatch.setattr(lists, "SAID_OFTEN", often)
    monkeypatch.setattr(lists, "LOOKED_AT", looked_at)
    world, told = build_world(), set()
    said = strewn(world, Random(f"{often} {looked_at} {limit}"))
    for place, viewer in enumerate(viewers_of(world)):
        for wanted in FILTERS:
            for words in (COMMON, RARE, f"{COMMON} {RARE}"):
                want = expected(said, viewer, wanted, words.split())
                assert pages(viewer, replace(wanted, words=words), limit) == want, (place, wanted, words)
                told.add(len(want))
    assert len(told) > 5


@pytest.mark.django_db
@pytest.mark.parametrize("looked_at", [1, 4, maps.LOOKED_AT])
@pytest.mark.parametrize("most", [2, 50])
def test_a_box_holds_the_nearest_that_the_viewer_may_see(monkeypatch, looked_at, most):
    monkeypatch.setattr(maps, "LOOKED_AT", looked_at)
    world, told = build_world(), set()
    said = strewn(world, Random(f"{looked_at} {most}"))
    for place, viewer in enumerate(viewers_of(world)):
        for wanted in (Wanted(), Wanted(area_code=BANYAN), Wanted(light="red"), Wanted(words=COMMON)):
            for box in (Box(112, 22, 115, 25), Box(113, 23, 113.6, 23.5)):
                found, more = maps.open_in_box(viewer, wanted, box, now=NOW, most=most)
                want = nearest(said, viewer, wanted, box)
                assert ([one.id for one in found], more) == (want[:most], len(want) > most), (place, wanted, box)
                told.add(len(want))
    assert len(told) > 2


def nearest(said, viewer, wanted, box):
    every = [scope.one(one, viewer) for one in expected(said, viewer, wanted, [wanted.words])]
    inside = [
        one
        for one in every
        if one.lng is not None and box.west <= one.lng <= box.east and box.south <= one.lat <= box.north
    ]
    lng, lat = box.middle
    return [one.pk for one in sorted(inside, key=lambda one: (hypot(one.lng - lng, one.lat - lat), one.pk))]
