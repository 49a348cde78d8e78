"""Calling back: at which times, in which words, each caller once a round, and the reasons to take care."""

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.cases import actions as a
from huying.cases.actions import Docket
from huying.cases.models import CallScript, CallTimes
from huying.cases.queries.calling import hours_in, script_of
from huying.cases.rules import State
from huying.cases.rules.calling import SHIPPED_HOURS, CallHours, next_try_at, of_one_caller, part_of, tries
from huying.cases.rules.care import Care, Process, care_of
from huying.kernel.actor import resident
from huying.kernel.refusals import IllegalMove, Invalid
from huying.people.actions import keep_contact
from huying.registers.declared import get
from tests.cases.test_actions import MINUTE, in_hand, known_call, reviewed
from tests.world import NEXT_DOOR, NOW, STREET, build_world

CHINA = ZoneInfo("Asia/Shanghai")
DAY = NOW.date()


def at(hour: int, minute: int = 0, day: int = 20) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("moment", "part"),
    [
        (at(8, 59), None), (at(9), 0), (at(11, 59), 0), (at(12), 1), (at(13, 59), 1), (at(14), 2), (at(18), 3),
        (at(20, 59), 3), (at(21), None), (at(0), None),
    ],
)  # fmt: skip
def test_a_day_has_four_parts_and_quiet_hours(moment, part):
    found = part_of(moment, SHIPPED_HOURS)
    assert found == (None if part is None else (moment.date(), part))


@pytest.mark.parametrize(
    ("missed", "now", "counts_from"),
    [
        ([], at(10), at(10)),
        ([], at(22), at(9, day=21)),
        ([], at(6), at(9)),
        ([at(9, 30)], at(10), at(12)),
        ([at(11, 50)], at(11, 55), at(12, 50)),  # another part, and an hour after the last call
        ([at(9), at(12, 30)], at(15), at(15)),
        ([at(9), at(12), at(14), at(18)], at(20), at(9, day=21)),
        ([at(20, 30)], at(20, 40), at(9, day=21)),
        ([at(23)], at(23, 30), at(9, day=21)),
    ],
)
def test_the_next_try_is_in_another_part_of_the_day(missed, now, counts_from):
    assert next_try_at(missed, now, SHIPPED_HOURS) == counts_from


@given(
    st.lists(st.integers(0, 5 * 24 * 60), max_size=12),
    st.integers(0, 5 * 24 * 60),
)
def test_a_call_at_the_told_time_is_a_further_try(minutes, now):
    start = at(0)
    missed = [start + timedelta(minutes=one) for one in minutes if one <= now]
    then = next_try_at(missed, start + timedelta(minutes=now), SHIPPED_HOURS)
    assert then >= start + timedelta(minutes=now)
    assert tries([*missed, then], SHIPPED_HOURS) == tries(missed, SHIPPED_HOURS) + 1
    assert all(then - one >= timedelta(hours=1) for one in missed)


@pytest.mark.parametrize(("name", "tail", "together"), [("李**", "0001", True), ("李**", "0002", False),
                                                        ("王**", "0001", False), ("李**", "", False)])  # fmt: skip
def test_one_caller_is_known_by_masked_name_and_tail_alone(name, tail, together):
    one, other = UUID(int=1), UUID(int=2)
    found = of_one_caller([(one, "李**", "0001"), (other, name, tail)])
    assert (other in found[one]) is together
    assert (one in found[other]) is together


CARE = {
    "late_steps": (2, Care.LATE, 2), "contacted": (False, Care.UNCONTACTED, 1), "handed_on": (1, Care.HANDED_ON, 1),
    "reworked": (1, Care.REWORKED, 1), "nudges": (3, Care.NUDGED, 3), "round": (2, Care.AGAIN, 2),
    "voices": (3, Care.MANY, 3),
}  # fmt: skip


@pytest.mark.parametrize("fact", sorted(CARE))
def test_each_fact_of_our_own_work_is_a_reason_of_its_own(fact):
    value, reason, count = CARE[fact]
    assert care_of(Process(**{fact: value})) == [(reason, count)]


def test_without_any_of_them_there_is_no_reason_and_nothing_is_about_the_caller():
    assert care_of(Process()) == []
    assert care_of(Process(voices=2)) == []
    assert set(Process.__dataclass_fields__) == set(CARE)  # a further fact says here that it is of our own work


@pytest.fixture
def world(db):
    return build_world()


def contact_of(phone, name="居民甲"):
    return keep_contact(name=name, phone=phone, address="", consent_text_version=1, actor=resident(), now=NOW).pk


def called_back(world, *phones):
    """A case that waits for its callers, one report a phone."""
    first, *others = [known_call(world, contact_of(phone)) for phone in phones]
    for one in others:
        a.merge_case(one.case.pk, into_id=first.case.pk, confirmed=True, actor=world.clerk, now=NOW + MINUTE)
    return reviewed(world, first), [one.report.pk for one in (first, *others)]


def ring(world, case, report_id, result, now, **said):
    return a.record_call_back(case.pk, report_id=report_id, result=result, actor=world.caller, now=now, **said)


class TestCallBack:
    def test_three_missed_calls_in_one_part_of_a_day_are_one_try(self, world):
        case, (report_id,) = called_back(world, "13900000001")
        for hour in (14, 15, 16):  # one afternoon
            case = ring(world, case, report_id, "missed", at(hour))
        assert case.state == State.CALLING_BACK
        assert ring(world, case, report_id, "missed", at(19)).state == State.CALLING_BACK
        assert ring(world, case, report_id, "missed", at(10, day=21)).state == State.CLOSED

    def test_a_call_in_the_quiet_hours_is_no_try(self, world):
        case, (report_id,) = called_back(world, "13900000001")
        for moment in (at(13), at(22), at(23, 30), at(10, day=21)):
            case = ring(world, case, report_id, "missed", moment)
        assert case.state == State.CALLING_BACK
        assert ring(world, case, report_id, "missed", at(15, day=21)).state == State.CLOSED

    def test_a_caller_with_two_reports_is_asked_once(self, world):
        case, reports = called_back(world, "13900000001", "13900000001")
        assert [one.pk for one in Docket.of(case).to_call()] == [min(reports)]
        case = ring(world, case, reports[1], "reached", at(13), solved=True)
        assert case.state == State.CLOSED
        assert case.feedback.count() == 1

    def test_a_word_by_code_speaks_for_its_own_report_alone(self, world):
        case, (first, second) = called_back(world, "13900000001", "13900000001")
        case = a.tell_outcome(case.pk, solved=True, actor=resident(first), now=at(13))
        assert case.state == State.CALLING_BACK
        assert [one.pk for one in Docket.of(case).to_call()] == [second]
        assert ring(world, case, second, "reached", at(14), solved=True).state == State.CLOSED

    def test_two_callers_are_asked_one_by_one(self, world):
        case, (first, second) = called_back(world, "13900000001", "13900000002")
        assert {one.pk for one in Docket.of(case).to_call()} == {first, second}
        case = ring(world, case, first, "reached", at(13), solved=True)
        assert case.state == State.CALLING_BACK
        with pytest.raises(IllegalMove, match="已经评价过"):
            ring(world, case, first, "reached", at(14), solved=False)
        assert ring(world, case, second, "reached", at(13), solved=True).state == State.CLOSED

    def test_a_number_that_is_not_theirs_settles_it(self, world):
        case, (report_id,) = called_back(world, "13900000001")
        assert ring(world, case, report_id, "wrong", at(13)).state == State.CLOSED

    def test_a_wrong_number_is_no_first_contact(self, world):
        case = in_hand(world, known_call(world, contact_of("13900000001")))
        a.sign_in_order(case.pk, actor=world.handler, now=NOW + 10 * MINUTE)
        case = a.contact_reporter(case.pk, result="wrong", actor=world.handler, now=NOW + 11 * MINUTE)
        assert case.contacted_at is None


class TestSettledByTheStreet:
    def hours(self, area=STREET, since=DAY, opens=time(8)):
        return CallTimes.objects.create(
            area_code=area, since=since, opens=opens, noon=time(11), afternoon=time(15), evening=time(17),
            closes=time(19),
        )  # fmt: skip

    def test_a_street_has_its_own_hours_from_a_day_on(self, world):
        assert hours_in(STREET, DAY) == SHIPPED_HOURS
        self.hours(since=DAY + timedelta(days=1))
        self.hours(area=NEXT_DOOR)
        assert hours_in(STREET, DAY) == SHIPPED_HOURS
        assert hours_in(STREET + "001", DAY + timedelta(days=1)).opens == time(8)

    def test_the_hours_of_the_desk_decide_what_a_try_is(self, world):
        self.hours()
        case, (report_id,) = called_back(world, "13900000001")
        for hour in (13, 15, 18):  # three parts of the shipped day as of this one's
            case = ring(world, case, report_id, "missed", at(hour))
        assert case.state == State.CLOSED
        case, (report_id,) = called_back(world, "13900000001")
        for hour in (13, 15, 20):  # and twenty is quiet here
            case = ring(world, case, report_id, "missed", at(hour))
        assert case.state == State.CALLING_BACK

    def test_words_for_a_class_come_before_those_for_a_flow_and_for_all(self, world):
        case, _reports = called_back(world, "13900000001")
        assert script_of(case, DAY).version == ""
        said = {"greeting": "您好。", "solved": "好了吗？", "satisfied": "满意吗？", "thanks": "谢谢。"}
        for version, more in (
            ("all", {}), ("flow", {"flow": case.flow}), ("class", {"class_code": case.type_code[:2]}),
            ("other", {"class_code": "99"}), ("next", {"area_code": NEXT_DOOR}),
            ("past", {"class_code": case.type_code[:2], "until": DAY}),
        ):  # fmt: skip
            values = {"area_code": STREET, "since": DAY - timedelta(days=9), **more}
            CallScript.objects.create(version=version, **said, **values)
            if version in ("all", "flow", "class"):
                assert script_of(case, DAY).version == version
        found = script_of(case, DAY)
        assert (found.version, len(found.lines)) == ("class", 4)  # what is left out is not said

    def test_what_is_in_force_is_ended_not_changed(self, world):
        row = self.hours()
        values = {name: getattr(row, name) for name in ("opens", "noon", "afternoon", "evening", "closes", "since")}
        with pytest.raises(IllegalMove, match="另加一版"):
            get("call_times").check(values, row, actor=world.head, now=NOW)

    def test_parts_of_a_day_follow_one_another(self, world):
        values = {"opens": time(9), "noon": time(8), "afternoon": time(14), "evening": time(18), "closes": time(21)}
        with pytest.raises(Invalid):
            get("call_times").check(values, None, actor=world.head, now=NOW)
        assert not CallHours(**values).in_order

    def test_a_class_that_is_not_in_the_catalogue_is_refused(self, world):
        with pytest.raises(Invalid):
            get("call_script").check({"class_code": "zz"}, None, actor=world.head, now=NOW)
