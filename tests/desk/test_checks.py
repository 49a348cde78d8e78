"""Checks on ourselves: what wants a second look is found, each by its case; nobody is named and few are not counted."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from huying.cases import actions as a
from huying.cases.models import WorkOrder
from huying.cases.queries.checks import findings, returning_units
from huying.cases.rules.calling import SHIPPED_HOURS
from huying.cases.rules.checks import Call, CallDoubt, Check, doubtful, returns_often
from huying.clocks.models import Clock
from huying.files.actions import prepare_image
from tests.cases.test_actions import MINUTE, in_hand
from tests.cases.test_calling import called_back, ring
from tests.files.pictures import photo
from tests.world import NOW

LATER = NOW + timedelta(hours=3)
PAGE = "/desk/checks/"


def call(number, minute, second=0, by=1, hour=10):
    at = datetime(2026, 10, 20, hour, minute, second, tzinfo=ZoneInfo("Asia/Shanghai"))
    return Call(UUID(int=number), UUID(int=by), at)


@pytest.mark.parametrize(
    ("calls", "doubts"),
    [
        ([], []),
        ([call(1, 0), call(2, 1)], []),
        ([call(1, 0), call(2, 0, 20)], [(2, CallDoubt.TOO_SOON)]),
        ([call(1, 0), call(2, 0, 30)], []),
        ([call(1, 0), call(2, 0, 20, by=2)], []),
        ([call(2, 0, 20), call(1, 0)], [(2, CallDoubt.TOO_SOON)]),
        ([call(1, 30, hour=22)], [(1, CallDoubt.QUIET)]),
        ([call(1, 59, hour=8), call(2, 0, hour=9)], [(1, CallDoubt.QUIET)]),
    ],
)
def test_calls_that_cannot_well_have_been(calls, doubts):
    assert doubtful(calls, SHIPPED_HOURS) == [(UUID(int=number), doubt) for number, doubt in doubts]


@pytest.mark.parametrize(
    ("returned", "orders", "often"), [(9, 9, False), (4, 10, True), (3, 10, False), (10, 30, True), (0, 50, False)]
)
def test_a_share_is_told_from_ten_orders_on(returned, orders, often):
    assert returns_often(returned, orders) is often


def found(world, who="head", now=LATER):
    return {kind: [one.case.pk for one in rows] for kind, rows in findings(world.people[who], now=now).items()}


def worked(world, minutes, *, after=(), **options):
    """An order given at minute 5 and done so many minutes later."""
    case = in_hand(world, world.call(**options))
    a.sign_in_order(case.pk, actor=world.handler, now=NOW + 6 * MINUTE)
    return a.submit_result(
        case.pk, outcome="explained", answer="已经说明。", after=after, actor=world.handler,
        now=NOW + (5 + minutes) * MINUTE,
    )  # fmt: skip


@pytest.mark.django_db
class TestFindings:
    def test_done_within_minutes_of_the_dispatch(self, world):
        quick, slow = worked(world, 9), worked(world, 11)
        assert found(world)[Check.QUICK] == [quick.pk]
        assert slow.pk not in found(world)[Check.QUICK]

    def test_done_just_under_the_limit(self, world):
        case = worked(world, 60)
        clock = Clock.objects.get(object_id=case.pk, step="handle")
        for share, counts in ((0.94, False), (0.96, True), (1.0, True), (1.01, False)):
            stopped = clock.started_at + (clock.due_at - clock.started_at) * share
            Clock.objects.filter(pk=clock.pk).update(stopped_at=stopped)
            assert (found(world)[Check.LAST_MOMENT] == [case.pk]) is counts, share

    def test_the_same_photo_after_the_work_in_two_cases(self, world, settings, tmp_path):
        settings.DATA = tmp_path
        same, other = prepare_image(photo()), prepare_image(photo(80, 60))
        first, second = worked(world, 20, after=[same]), worked(world, 30, after=[same])
        worked(world, 40, after=[other])
        told = findings(world.head, now=LATER)[Check.SAME_PHOTO]
        assert [(one.case.pk, one.other.pk) for one in told] == [(second.pk, first.pk)]

    def test_a_call_in_the_quiet_hours(self, world):
        case, (report_id,) = called_back(world, "13900000001")
        ring(world, case, report_id, "reached", NOW + timedelta(hours=14), solved=True)  # 23:00
        assert found(world, now=NOW + timedelta(hours=15))[Check.CALLS] == [case.pk]

    def test_units_that_give_back_are_told_from_ten_orders_on(self, world):
        cases = [in_hand(world, world.call()) for _number in range(9)]
        WorkOrder.objects.update(state="returned")
        assert returning_units(world.head, now=LATER) == []
        cases.append(in_hand(world, world.call()))
        (one,) = returning_units(world.head, now=LATER)
        assert (one.unit, one.returned, one.orders) == ("街道环卫站", 9, 10)

    def test_old_cases_other_streets_and_who_does_not_supervise(self, world):
        worked(world, 5)
        assert not any(found(world, now=NOW + timedelta(days=31)).values())
        for who in ("next_dispatcher", "clerk", "handler"):
            assert not any(found(world, who).values())
            assert returning_units(world.people[who], now=LATER) == []

    def test_the_page_opens_each_case_and_names_nobody(self, world, sign_in, at):
        case = worked(world, 5)
        at(LATER)
        page = sign_in("head").get(PAGE).content.decode()
        assert f"/desk/cases/{case.pk}/" in page
        assert "卫甲例" not in page
        assert f"/desk/cases/{case.pk}/" not in sign_in("next_dispatcher").get(PAGE).content.decode()
        assert sign_in("clerk").get(PAGE).status_code == 403
