"""Steps that a source asks for, each with its own limit: who is told when it runs out, and in whose work they stand."""

from datetime import datetime, timedelta

import pytest

from huying.cases import actions as a
from huying.cases.actions import tickets as t
from huying.cases.listeners import digesting, reminding
from huying.cases.models import Ticket
from huying.cases.queries import lists
from huying.cases.rules.tasks import Task
from huying.clocks import actions as clocks
from huying.clocks.models import Clock
from huying.notices.actions import set_digest_hours
from huying.notices.models import Notice
from tests.cases.uppers import RECEIVED, in_hand, source_of, ticket
from tests.notices.conftest import spread, told
from tests.world import NOW, STREET

DAY = timedelta(days=1)
FIRST, SECOND = RECEIVED + 15 * DAY, RECEIVED + 60 * DAY
NOBODY = ("next_dispatcher", "next_handler", "grid_worker", "enforcer", "secretary")


@pytest.fixture
def petition(world, house):
    """A petition with its two legal steps, in the hands of a unit."""
    source = source_of(
        code="xf", name="区信访局", kind="petition", counted=False, number_pattern="", limit="", buffers=()
    )
    one = ticket(world, source, number="X1")
    in_hand(world, one)
    spread()
    Notice.objects.all().delete()
    return one


def sweep(now):
    clocks.sweep(now=now)
    spread()


def steps_of(world, key):
    return [(one.order_id, one.due_at) for one in lists.work_of(world.people[key]) if one.task == Task.STEP]


class TestReminders:
    def test_desk_and_unit_hear_of_a_step_that_is_near_its_limit_once(self, world, petition):
        for _twice in range(2):
            sweep(FIRST - DAY)
        assert told(world, "dispatcher") == told(world, "handler") == ["step_soon"]
        one = Notice.objects.get(account=world.accounts["dispatcher"])
        assert "告知是否受理" in one.body
        assert "告知是否受理" in one.title
        assert told(world, "unit_head") == []
        assert [told(world, key) for key in NOBODY] == [[]] * len(NOBODY)

    def test_the_head_of_the_unit_hears_when_it_is_past(self, world, petition):
        sweep(FIRST)
        for key in ("dispatcher", "handler", "unit_head"):
            assert told(world, key)[-1] == "step_late"
        assert [told(world, key) for key in NOBODY] == [[]] * len(NOBODY)

    def test_a_step_that_is_done_reminds_nobody(self, world, petition):
        t.do_step(petition.pk, actor=world.clerk, now=NOW + DAY)
        spread()
        sweep(FIRST)
        assert "step_late" not in told(world, "dispatcher")
        clock = Clock.objects.get(object_id=petition.steps.get(position=1).pk)
        assert reminding.remind([clock.pk], now=FIRST) == 0
        sweep(SECOND)
        assert told(world, "dispatcher").count("step_late") == 1

    def test_before_a_unit_has_it_the_desk_alone_hears(self, world, house):
        one = ticket(world, source_of(code="xf", kind="petition", counted=False, limit="", buffers=()))
        sweep(FIRST)
        assert one.steps.exists()
        assert "step_late" in told(world, "dispatcher")
        assert "step_late" not in told(world, "handler")

    def test_what_they_may_not_see_they_are_not_told_of(self, world, petition):
        a.recuse_unit(
            petition.report.case_id, unit_id=world.units["centre"].pk, actor=world.head2, now=NOW + timedelta(hours=3)
        )
        Notice.objects.all().delete()
        sweep(FIRST)
        assert "step_late" not in told(world, "dispatcher")

    def test_the_digest_of_its_day_takes_the_place_of_the_reminder(self, world, petition):
        set_digest_hours(area_code=STREET, minutes=(30,), actor=world.keeper, now=NOW)
        sweep(FIRST - timedelta(hours=2))
        assert "step_soon" not in told(world, "dispatcher")
        morning = datetime.combine(FIRST.date(), datetime.min.time(), tzinfo=FIRST.tzinfo) - timedelta(hours=7.5)
        digesting.digest(now=morning + timedelta(minutes=2))
        assert told(world, "dispatcher") == told(world, "handler") == ["red_today"]


class TestMyWork:
    def test_the_desk_has_the_next_step_of_each_in_its_work(self, world, petition):
        assert steps_of(world, "clerk") == steps_of(world, "dispatcher") == [(petition.pk, FIRST)]
        for key in (*NOBODY, "handler", "caller"):
            assert steps_of(world, key) == [], key

    def test_after_one_is_done_the_next_one_waits_and_then_none(self, world, petition):
        t.do_step(petition.pk, actor=world.clerk, now=NOW + DAY)
        assert steps_of(world, "clerk") == [(petition.pk, SECOND)]
        t.do_step(petition.pk, actor=world.clerk, now=NOW + 2 * DAY)
        assert steps_of(world, "clerk") == []

    def test_it_costs_no_statement_more(self, world, petition, django_assert_num_queries):
        lists.work_of(world.clerk)
        with django_assert_num_queries(1):
            lists.work_of(world.clerk)

    def test_its_row_leads_to_the_step(self, world, petition, client):
        client.force_login(world.accounts["clerk"], backend="django.contrib.auth.backends.ModelBackend")
        page = client.get("/desk/?show=step").content.decode()
        assert f"/desk/cases/tickets/{petition.pk}/?move=do_step" in page
        assert Ticket.objects.count() == 1
