"""The day's digest of an area: one notice a person of what turns red today, in place of a reminder for each."""

from datetime import datetime, timedelta

import pytest

from huying.audit.models import History
from huying.cases import actions
from huying.cases.listeners import digesting
from huying.cases.models import Case, WorkOrder
from huying.clocks import actions as clocks
from huying.clocks.rules import SHANGHAI
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from huying.notices.actions import set_digest_hours
from huying.notices.models import DigestHours, Notice
from huying.notices.queries import digest_minutes
from huying.notices.rules import digest_moments, stands_in_digest
from tests.notices.conftest import spread, told
from tests.world import BANYAN, GRID, KAPOK, NEXT_DOOR, NOW, STREET

TEN, ELEVEN, TWO = 10 * 60, 11 * 60, 14 * 60


def at(text):
    return datetime.fromisoformat(f"2026-10-20 {text}").replace(tzinfo=SHANGHAI)


def hours(world, *minutes, area=STREET, actor=None):
    return set_digest_hours(area_code=area, minutes=minutes, actor=actor or world.keeper, now=NOW)


def dispatch(world, grade="ordinary", now=NOW):
    case = world.call(now=now).case
    actions.register_file_dispatch(
        case.pk, lead_id=world.units["sanitation"].pk, type_code="0103", grade=grade, actor=world.dispatcher, now=now
    )
    spread()
    return Case.objects.get(pk=case.pk)


def sweep(now):
    clocks.sweep(now=now)
    spread()


class TestRules:
    @pytest.mark.parametrize(
        ("minutes", "started", "due", "stands"),
        [
            ([TEN], "09:00", "11:00", True),
            ([TEN], "10:00", "11:00", True),
            ([TEN], "10:01", "11:00", False),
            ([TEN], "09:00", "10:00", False),
            ([], "09:00", "11:00", False),
            ([TEN, TWO], "11:00", "15:00", True),
        ],
    )
    def test_what_runs_at_the_hour_and_turns_red_later_that_day_stands_in_it(self, minutes, started, due, stands):
        assert stands_in_digest(minutes, at(started), at(due)) is stands

    def test_a_digest_of_an_earlier_day_does_not_count(self):
        assert not stands_in_digest([TEN], at("09:00"), at("09:30") + timedelta(days=1))
        assert stands_in_digest([TEN], at("09:00"), at("11:00") + timedelta(days=1))

    def test_the_moments_are_those_of_the_day_in_china(self):
        assert digest_moments([TWO, TEN], at("23:30")) == [at("10:00"), at("14:00")]

    @pytest.mark.parametrize(("area", "minutes"), [(GRID, (1,)), (BANYAN, (1,)), (KAPOK, (2,)), (NEXT_DOOR, ())])
    def test_the_smallest_area_decides(self, area, minutes):
        assert digest_minutes({BANYAN: (1,), STREET: (2,)}, area) == minutes


class TestDigest:
    def test_each_person_gets_one_with_all_that_turns_red_today(self, world, house):
        hours(world, TEN)
        first, second = dispatch(world), dispatch(world)
        assert digesting.digest(now=at("09:59")) == 0
        for _twice in range(2):
            digesting.digest(now=at("10:03"))
        assert told(world, "handler").count("red_today") == 1
        one = Notice.objects.get(kind="red_today", account=world.accounts["handler"])
        assert one.facts["count"] == "2"
        assert first.number in one.body
        assert second.number in one.body
        for key in ("next_handler", "enforcer", "dispatcher"):
            assert "red_today" not in told(world, key)

    def test_after_a_stop_it_still_comes_but_not_half_a_day_late(self, world, house):
        hours(world, 9 * 60)
        dispatch(world)
        assert digesting.digest(now=at("13:00")) == 0
        assert digesting.digest(now=at("10:30")) > 0

    def test_reminders_of_what_stands_in_it_are_left_out_and_lateness_is_not(self, world, house):
        hours(world, TEN)
        case = dispatch(world)
        due = WorkOrder.objects.get(case=case).due_at
        sweep(due - timedelta(minutes=5))
        assert "sign_in_soon" not in told(world, "handler")
        sweep(due + timedelta(minutes=1))
        assert "sign_in_late" in told(world, "handler")

    def test_urgent_ones_are_never_delayed_by_it(self, world, house):
        hours(world, 9 * 60 + 10)
        case = dispatch(world, grade="urgent")
        sweep(WorkOrder.objects.get(case=case).due_at - timedelta(minutes=1))
        assert "sign_in_soon" in told(world, "handler")

    def test_an_area_with_its_own_hours_is_no_part_of_the_one_around_it(self, world, house):
        hours(world, TEN)
        hours(world, ELEVEN, area=BANYAN)
        dispatch(world)
        assert digesting.digest(now=at("10:01")) == 0

    def test_a_restricted_case_stands_in_nobodys_digest_who_may_not_see_it(self, world, house):
        hours(world, TEN)
        case = dispatch(world)
        WorkOrder.objects.filter(case=case).update(unit=world.units["next_sanitation"])
        Case.objects.filter(pk=case.pk).update(restricted=True, recused=True)
        digesting.digest(now=at("10:01"))
        assert "red_today" not in told(world, "handler")


class TestHours:
    def test_they_are_set_with_a_line_of_history_and_taken_back(self, world, house):
        row = hours(world, TWO, TEN, TEN)
        assert row.minutes == [TEN, TWO]
        assert History.objects.get(object_id=row.pk).facts == {"minutes": [TEN, TWO]}
        hours(world)
        assert DigestHours.objects.get().minutes == []

    def test_others_are_refused_and_strangers_learn_nothing(self, world, house):
        with pytest.raises(NotAllowed):
            hours(world, TEN, actor=world.dispatcher)
        for area in (STREET, "990101009"):
            with pytest.raises(NotFound):
                hours(world, TEN, area=area, actor=world.next_keeper)

    @pytest.mark.parametrize("minutes", [[-1], [24 * 60], list(range(7))])
    def test_times_that_make_no_day_are_refused(self, world, house, minutes):
        with pytest.raises(Invalid):
            hours(world, *minutes)

    def test_the_page_takes_them(self, client, world, house):
        client.force_login(world.accounts["keeper"], backend="django.contrib.auth.backends.ModelBackend")
        given = {"area_code": STREET, "times": "8:30，14:00"}
        answer = client.post("/desk/notices/digests/", given, follow=True)
        assert "08:30、14:00" in answer.content.decode()
        assert client.post("/desk/notices/digests/", {**given, "times": "早上"}).status_code == 422
        assert client.post("/desk/notices/digests/", {**given, "area_code": NEXT_DOOR}).status_code == 422
        client.force_login(world.accounts["dispatcher"], backend="django.contrib.auth.backends.ModelBackend")
        assert client.post("/desk/notices/digests/", given).status_code == 403
