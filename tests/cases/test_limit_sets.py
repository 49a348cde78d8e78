"""Cases under a set of limits: new clocks take it, running ones where it says so, and the explanation tells."""

from datetime import datetime, timedelta

import pytest

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.actions.dues import take_limits
from huying.cases.casefile import casefile, subject_of
from huying.cases.models import Case, WorkOrder
from huying.cases.queries.replay import mismatches
from huying.clocks import queries as clocks
from huying.clocks.models import Clock
from huying.clocks.rules import SHANGHAI
from huying.kernel.actor import system
from huying.kernel.events import News
from huying.kernel.ids import uuid7
from huying.matters import events
from huying.matters.actions import sets
from tests.world import NOW, STREET, build_world

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
ORDINARY = "3wd"  # of this type, as the catalogue has it


@pytest.fixture
def world():
    return build_world()


def on(world, alert="red", now=NOW, **options):
    return sets.switch_on(
        season="typhoon", alert=alert, area_code=STREET, reason="台风预警", actor=world.leader, now=now, **options
    )


def told(switch, now):
    news = News(
        id=uuid7(), name=events.limits_switched.name, at=now,
        facts={"switch_id": str(switch.pk), "area_code": STREET, "on": True},
    )  # fmt: skip
    for listener in events.limits_switched.listeners:
        listener(news)


def handed(world, now=NOW, grade="urgent"):
    case = world.call(now=now).case
    a.register_file_dispatch(
        case.pk, lead_id=world.units["sanitation"].pk, type_code="0901", grade=grade, actor=world.dispatcher, now=now
    )
    return Case.objects.get(pk=case.pk)


def handling(case):
    return Clock.objects.get(object_id=case.pk, step="handle")


def test_clocks_that_start_while_it_holds_take_its_limits(world):
    on(world)
    case = handed(world)
    clock = handling(case)
    assert (clock.limit, clock.source) == ("2h", "台风红色预警时限 第 1 版 第 6 行")
    order = WorkOrder.objects.get(case=case)
    assert Clock.objects.get(object_id=order.pk, step="sign_in").limit == "10m"
    lines = {str(one.term): one.words for one in clocks.explain(clock, NOW)}
    assert lines["依据"] == "台风红色预警时限 第 1 版 第 6 行"


def test_running_clocks_stay_where_the_set_does_not_say_so(world):
    case = handed(world)
    switch = on(world, alert="orange", now=LATER)
    told(switch, LATER)
    assert handling(case).limit == ORDINARY


def test_running_clocks_take_it_where_the_set_says_so_with_a_line_that_explains(world):
    case, ordinary = handed(world), handed(world, grade="ordinary")
    before, later = handling(case), handling(ordinary)
    switch = on(world, now=LATER)
    told(switch, LATER)
    clock, case = handling(case), Case.objects.get(pk=case.pk)
    assert (before.limit, clock.limit, clock.limit_before, clock.changed_at) == (ORDINARY, "2h", ORDINARY, LATER)
    assert clock.due_at == NOW + timedelta(hours=2) == case.due_at
    assert handling(ordinary).due_at > later.due_at
    lines = {str(one.term): one.words for one in clocks.explain(clock, LATER)}
    assert lines["改过"].startswith("原来是3 个工作日（清单")
    assert "今天 10:00 改成现在这个" in lines["改过"]
    row = History.objects.get(object_id=case.pk, verb="limits_switched", facts__step="handle")
    assert (row.facts["limit_from"], row.facts["limit_to"]) == (ORDINARY, "2h")
    assert not mismatches([case.pk, ordinary.pk])
    shown = casefile(subject_of(case.pk, actor=world.head, now=LATER), everything=True).history
    assert any("3 个工作日 → 2 小时" in str(line["note"]) for line in shown)


def test_it_is_taken_once(world):
    handed(world)
    switch = on(world, now=LATER)
    assert take_limits(switch, actor=system(), now=LATER) == 1
    count = History.objects.count()
    assert take_limits(switch, actor=system(), now=LATER) == 0
    assert History.objects.count() == count


def test_switched_back_the_told_due_times_stay_and_new_clocks_are_ordinary(world):
    switch = on(world)
    case = handed(world)
    sets.switch_back(switch_id=switch.pk, actor=world.leader, now=LATER)
    told(switch, LATER)
    assert handling(case).limit == "2h"
    assert handling(handed(world, now=LATER)).limit == ORDINARY


def test_a_case_next_door_and_one_of_an_archive_are_left_alone(world):
    case = handed(world)
    Case.objects.filter(pk=case.pk).update(imported=True)
    switch = on(world, now=LATER)
    assert take_limits(switch, actor=system(), now=LATER) == 0


def test_a_drill_touches_no_real_case(world):
    case = handed(world)
    switch = on(world, now=LATER, drill=True)
    assert take_limits(switch, actor=system(), now=LATER) == 0
    assert handling(case).limit == ORDINARY


def test_national_day_is_passed_over_and_the_swapped_workday_counts():
    eve = datetime(2026, 9, 30, 16, 30, tzinfo=SHANGHAI)
    world = build_world(eve)
    case = world.call(now=eve).case
    page = casefile(subject_of(case.pk, actor=world.head, now=eve))
    lines = {str(one.term): one.words for one in page.clock.lines}
    assert lines["到期"] == "今天 17:30"
    case = handed(world, now=eve, grade="ordinary")
    order = WorkOrder.objects.get(case=case)  # signs in within two working hours: one today, one on October 8th
    clock = Clock.objects.get(object_id=order.pk, step="sign_in")
    words = {str(one.term): one.words for one in clocks.explain_whole(clock, eve)}
    assert words["到期"] == "10月8日 09:30"
    assert words["节假日"] == "明天–10月7日 国庆节放假，不算"
    assert words["亮灯"] == "10月8日 09:06 起黄灯，10月8日 09:30 起红灯"


def test_the_clock_of_a_supervision_keeps_the_limit_that_a_person_set(world):
    case = handed(world)
    a.supervise_case(case.pk, what="今天回报。", limit="4wh", actor=world.head, now=NOW)
    switch = on(world, now=LATER)
    assert take_limits(switch, actor=system(), now=LATER) == 1
    assert Clock.objects.get(object_id=case.pk, step="supervise").limit == "4wh"
    assert handling(case).limit == "2h"
