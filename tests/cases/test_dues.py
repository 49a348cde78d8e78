"""Cases follow their clocks when a year's calendar is published."""

from datetime import UTC, date, datetime, timedelta

import pytest

from huying.cases import actions as a
from huying.cases.casefile import casefile, subject_of
from huying.cases.models import Case, WorkOrder
from huying.cases.queries.replay import mismatches
from huying.clocks import actions as clocks
from huying.clocks import events
from huying.clocks.models import Clock
from huying.clocks.rules import DayKind
from huying.kernel.events import News
from huying.kernel.ids import uuid7
from tests.world import build_world

pytestmark = pytest.mark.django_db
EVE = datetime(2026, 12, 31, 9, 0, tzinfo=UTC)  # 17:00 in China, half an hour before the working year ends
HOLIDAY = [(date(2027, 1, day), DayKind.HOLIDAY, "元旦") for day in (1, 2, 3)]


def publish(world):
    clocks.publish_year(year=2027, days=HOLIDAY, actor=world.keeper, now=EVE + timedelta(hours=1))
    news = News(id=uuid7(), name=events.calendar_published.name, at=EVE + timedelta(hours=1), facts={"year": 2027})
    for listener in events.calendar_published.listeners:
        listener(news)


def test_lists_read_the_due_times_that_were_counted_again():
    world = build_world(EVE)
    waiting = world.call(now=EVE).case
    handed = world.call(now=EVE).case
    given = {"lead_id": world.units["sanitation"].pk, "type_code": "0901", "actor": world.dispatcher, "now": EVE}
    a.register_file_dispatch(handed.pk, **given)
    before = Case.objects.get(pk=waiting.pk).due_at

    publish(world)

    case, order = Case.objects.get(pk=waiting.pk), WorkOrder.objects.get(case=handed)
    assert case.due_at == Clock.objects.get(object_id=case.pk).due_at > before
    assert order.due_at == order.sign_in_due == Clock.objects.get(object_id=order.pk).due_at
    assert order.due_at >= datetime(2027, 1, 4, tzinfo=UTC)
    assert not mismatches([waiting.pk, handed.pk])
    lines = casefile(subject_of(waiting.pk, actor=world.head, now=EVE), everything=True).history
    assert "工作日历" in [str(line["words"]) for line in lines]


def test_it_is_done_once():
    world = build_world(EVE)
    case = world.call(now=EVE).case
    publish(world)
    version = Case.objects.get(pk=case.pk).due_at
    from huying.cases.actions.dues import copy_dues
    from huying.kernel.actor import system

    assert copy_dues(actor=system(), now=EVE) == 0
    assert Case.objects.get(pk=case.pk).due_at == version
