"""What words find is what each case says by itself: in any world, for any viewer, page after page."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from huying.cases.models import Case, Report, WorkOrder
from huying.cases.queries import lists, scope
from huying.cases.queries.lists import FAR, Wanted
from huying.cases.rules import OPEN, OrderState, State
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
            desk_code=place,
            state=chance.choice(ENDED) if ended else chance.choice(sorted(OPEN)),
            ended_at=NOW if ended else None,
            received_at=NOW - timedelta(hours=chance.randrange(60)),
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


def expected(said, viewer, wanted, word):
    seen = [case for one in said if (case := scope.one(one, viewer)) is not None]
    found = [case for case in seen if word in said[case.pk] and fits(case, wanted)]
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
    lists._sought.cache_clear()
    yield
    lists._sought.cache_clear()


@pytest.mark.django_db
@pytest.mark.parametrize("often", [0, lists.SAID_OFTEN, 1000])
@pytest.mark.parametrize("looked_at", [1, 4, lists.LOOKED_AT])
@pytest.mark.parametrize("limit", [3, 50])
def test_words_find_what_the_viewer_may_see_that_says_them(monkeypatch, often, looked_at, limit):
    monkeypatch.setattr(lists, "SAID_OFTEN", often)
    monkeypatch.setattr(lists, "LOOKED_AT", looked_at)
    world = build_world()
    said = strewn(world, Random(f"{often} {looked_at} {limit}"))
    viewers = [
        world.head, world.clerk, world.secretary, world.handler, world.next_dispatcher, over_district(world.head),
        over_district(world.leader), over_district(world.clerk), over_district(world.water_handler),
    ]  # fmt: skip
    told = {}
    for place, viewer in enumerate(viewers):
        for wanted in FILTERS:
            for word in (COMMON, RARE, f"{COMMON} {RARE}"):
                want = expected(
                    {one: words for one, words in said.items() if all(part in words for part in word.split())},
                    viewer,
                    wanted,
                    "",
                )
                got = pages(viewer, replace(wanted, words=word), limit)
                told[place, wanted, word] = len(want)
                assert got == want, (place, wanted, word)
    assert len(set(told.values())) > 5
