"""Limits, the calendar, due times and lights."""

from datetime import UTC, date, datetime, timedelta
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.clocks import published, rules
from huying.clocks.rules import Calendar, DayKind, Hours, Light, Limit, Pause, due_at, light_of, marks
from huying.kernel.refusals import Invalid
from huying.people.rules import Duty

SHANGHAI = rules.SHANGHAI
YEARS = tuple(published.years())
CALENDAR = Calendar(
    published=frozenset(YEARS),
    days={day: (kind, name) for year in YEARS for day, kind, name in published.days_of(year)},
)
SPLIT = Calendar(
    published=frozenset(YEARS),
    days=CALENDAR.days,
    hours=(
        Hours(date(2000, 1, 1), ((510, 720), (840, 1050))),
        Hours(date(2026, 6, 1), ((540, 720), (780, 1080))),
    ),
)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def due(start, limit, calendar=CALENDAR, pauses=()):
    return due_at(at(start), Limit.parse(limit), calendar, pauses)


moments = st.datetimes(datetime(2022, 1, 1), datetime(2026, 11, 30)).map(lambda one: one.replace(tzinfo=SHANGHAI))
calendars = st.sampled_from([CALENDAR, SPLIT])
limits = st.builds(Limit, st.integers(1, 60), st.sampled_from(list(rules.Unit)), st.sampled_from(list(rules.Basis)))
working = st.builds(Limit, st.integers(1, 400), st.just(rules.Unit.MINUTE), st.just(rules.Basis.WORKING))


class TestLimit:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("30m", "30 分钟"),
            ("24h", "24 小时"),
            ("7d", "7 天"),
            ("4wh", "4 工作时"),
            ("15wd", "15 个工作日"),
            ("45wm", "45 工作分钟"),
        ],
    )
    def test_it_is_read_written_and_said(self, text, words):
        limit = Limit.parse(text)
        assert (str(limit), limit.words()) == (text, words)

    @pytest.mark.parametrize("text", ["", "0h", "4", "h4", "4hw", "-1d", "1.5h", "99999d", "4wh\x00", "４wh", "4w"])
    def test_anything_else_is_refused(self, text):
        with pytest.raises(Invalid):
            Limit.parse(text)

    @given(limits)
    def test_what_is_written_is_read_as_the_same(self, limit):
        assert Limit.parse(str(limit)) == limit


class TestDueTimes:
    def test_working_hours_stop_at_the_end_of_the_day(self):
        # 14:05 to 17:30 are 205 minutes, the last 35 fall on the next morning
        assert due("2026-10-20 14:05", "4wh").at == at("2026-10-21 09:05")

    def test_a_limit_may_run_out_with_the_working_day(self):
        assert due("2026-10-20 13:30", "4wh").at == at("2026-10-20 17:30")

    def test_a_start_at_night_counts_from_the_morning(self):
        assert due("2026-10-20 22:00", "1wh").at == at("2026-10-21 09:30")
        assert due("2026-10-20 03:00", "1wh").at == at("2026-10-20 09:30")

    def test_a_national_holiday_is_passed_over_and_a_swapped_saturday_is_worked(self):
        # 2026: 1 to 7 October off, Saturday the 10th worked
        assert due("2026-09-30 17:00", "1wh").at == at("2026-10-08 09:00")
        assert due("2026-10-09 17:00", "1wh").at == at("2026-10-10 09:00")
        assert due("2026-10-08 10:00", "3wd").at == at("2026-10-12 10:00")

    def test_a_working_day_is_as_long_as_the_day_it_starts_on(self):
        assert due("2026-10-20 14:05", "1wd").at == at("2026-10-21 14:05")
        assert due("2026-10-20 14:05", "1wd", SPLIT).at == at("2026-10-21 14:05")

    def test_lunch_does_not_count_where_hours_are_split(self):
        assert due("2026-05-20 11:30", "1wh", SPLIT).at == at("2026-05-20 14:30")
        assert due("2026-05-20 11:00", "1wh", SPLIT).at == at("2026-05-20 12:00")

    def test_new_hours_hold_from_their_day(self):
        # Friday 29 May by the old hours until 17:30, Monday 1 June by the new ones from 09:00
        assert due("2026-05-29 17:00", "1wh", SPLIT).at == at("2026-06-01 09:30")

    def test_plain_time_knows_no_night(self):
        assert due("2026-09-30 17:00", "24h").at == at("2026-10-01 17:00")
        assert due("2026-09-30 17:00", "7d").at == at("2026-10-07 17:00")

    def test_a_year_not_yet_published_counts_weekdays_and_is_provisional(self):
        found = due("2026-12-31 17:00", "1wh")
        assert (found.at, found.provisional) == (at("2027-01-01 09:00"), True)
        assert not due("2026-12-31 16:00", "1wh").provisional
        assert not due("2026-12-31 17:00", "24h").provisional

    def test_seconds_are_kept(self):
        assert due("2026-10-20 17:29:59.5", "1wm").at == at("2026-10-21 08:30:59.5")

    @given(moments, moments, limits, calendars)
    def test_who_starts_later_is_not_due_earlier(self, one, other, limit, calendar):
        # A working day is as long as on the first day, so days are comparable only by the same hours.
        if calendar.hours_on(one.date()) != calendar.hours_on(other.date()):
            return
        early, late = sorted((one, other))
        assert due_at(early, limit, calendar).at <= due_at(late, limit, calendar).at

    @given(moments, limits, calendars)
    def test_working_time_is_due_in_working_time_and_exactly_so_much_later(self, start, limit, calendar):
        found = due_at(start, limit, calendar)
        assert found.at > start
        if not limit.working:
            return
        there = found.at.astimezone(SHANGHAI)
        assert calendar.is_worked(there.date())
        minute = there.hour * 60 + there.minute + (there.second + there.microsecond / 1e6) / 60
        assert any(opens < minute <= closes for opens, closes in calendar.hours_on(there.date()).spans)
        day = calendar.hours_on(start.date()).minutes()
        minutes = limit.amount * {rules.Unit.MINUTE: 1, rules.Unit.HOUR: 60, rules.Unit.DAY: day}[limit.unit]
        assert calendar.between(start, found.at) == timedelta(minutes=minutes)

    @given(moments, working, working, calendars)
    def test_two_limits_one_after_the_other_are_their_sum(self, start, one, other, calendar):
        both = Limit(one.amount + other.amount, one.unit, one.basis)
        assert due_at(due_at(start, one, calendar).at, other, calendar).at == due_at(start, both, calendar).at

    @given(moments, st.integers(1, 3000), st.integers(0, 20_000), st.integers(1, 20_000), calendars)
    def test_what_is_paused_is_added_and_nothing_else(self, start, amount, after, length, calendar):
        limit = Limit(amount, rules.Unit.MINUTE, rules.Basis.WORKING)
        pause = Pause(start + timedelta(minutes=after), start + timedelta(minutes=after + length))
        without = due_at(start, limit, calendar).at
        found = due_at(start, limit, calendar, [pause]).at
        if pause.began_at >= without:
            assert found == without
            return
        counted = calendar.between(start, found) - calendar.between(pause.began_at, pause.ended_at)
        assert counted == timedelta(minutes=amount)
        assert not (pause.began_at < found <= pause.ended_at) or calendar.between(found, pause.ended_at) == timedelta()

    @given(moments, limits, st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 4000)), max_size=5), calendars)
    def test_overlapping_pauses_count_once_and_their_order_does_not_matter(self, start, limit, drawn, calendar):
        pauses = [Pause(start + timedelta(minutes=a), start + timedelta(minutes=a + b)) for a, b in drawn]
        once = due_at(start, limit, calendar, pauses)
        assert once == due_at(start, limit, calendar, [*reversed(pauses), *pauses])
        assert once.at >= due_at(start, limit, calendar).at

    def test_a_pause_within_another_adds_nothing(self):
        outer = Pause(at("2026-10-20 15:00"), at("2026-10-20 17:00"))
        inner = Pause(at("2026-10-20 15:30"), at("2026-10-20 16:00"))
        assert due("2026-10-20 14:05", "4wh", pauses=[outer, inner]) == due("2026-10-20 14:05", "4wh", pauses=[outer])

    def test_a_pause_that_goes_on_has_not_moved_the_due_time_yet(self):
        pause = Pause(at("2026-10-20 15:00"), None)
        assert due("2026-10-20 14:05", "4wh", pauses=[pause]).at == at("2026-10-21 09:05")

    def test_moments_come_back_in_utc_whatever_the_zone_of_the_start(self):
        start = at("2026-10-20 14:05")
        assert due_at(start.astimezone(UTC), Limit.parse("4wh"), CALENDAR) == due_at(
            start, Limit.parse("4wh"), CALENDAR
        )
        assert due_at(start, Limit.parse("4wh"), CALENDAR).at.tzinfo == UTC

    def test_nothing_jumps_where_the_wall_clock_once_did(self):
        # Shanghai had summer time until 1991; the calendar has none.
        start = datetime(1990, 6, 1, 1, 0, tzinfo=UTC)
        assert due_at(start, Limit.parse("1wh"), CALENDAR).at - start == timedelta(hours=1)

    def test_twenty_thousand_clocks_are_reckoned_in_a_second(self):
        start, limit = at("2026-03-02 14:05"), Limit.parse("15wd")
        due_at(start, limit, CALENDAR)
        begun = perf_counter()
        for minute in range(2000):
            due_at(start + timedelta(minutes=minute), limit, CALENDAR)
        assert (perf_counter() - begun) / 2000 < 200e-6  # measured alone: about 10 µs

    def test_a_limit_beyond_all_calendars_says_so(self):
        with pytest.raises(OverflowError):
            due_at(datetime(8990, 1, 1, tzinfo=UTC), Limit.parse("9999wd"), CALENDAR)


class TestCalendar:
    def test_the_spring_festival_of_2026_is_as_published(self):
        days = {day: kind for day, kind, _name in published.days_of(2026)}
        assert days[date(2026, 2, 17)] == DayKind.HOLIDAY
        assert days[date(2026, 2, 14)] == DayKind.WORKED

    def test_only_years_with_a_whole_notice_are_known(self):
        assert YEARS[0] == 2004
        assert all(published.days_of(year) for year in YEARS)
        assert published.days_of(YEARS[-1] + 1) == []

    @given(moments, moments, calendars)
    def test_time_between_is_the_sum_of_its_spans(self, one, other, calendar):
        begins, ends = sorted((one, other))
        ends = min(ends, begins + timedelta(days=300))
        spans = calendar.spans_between(begins, ends, most=2000)
        assert sum((b - a for a, b in spans), timedelta()) == calendar.between(begins, ends)

    @given(moments, st.integers(1, 100_000))
    def test_after_undoes_between(self, start, minutes):
        length = timedelta(minutes=minutes)
        assert CALENDAR.between(start, CALENDAR.after(start, length)) == length

    @pytest.mark.parametrize("spans", [(), ((600, 500),), ((500, 600), (590, 700)), ((0, 1441),)])
    def test_hours_that_make_no_day_are_refused(self, spans):
        with pytest.raises(ValueError, match="working day"):
            Hours(date(2026, 1, 1), spans)


class TestLights:
    def test_yellow_from_eighty_percent_of_the_limit_and_red_at_its_end(self):
        start, limit = at("2026-10-20 08:30"), Limit.parse("10wh")
        found = marks(start, limit, CALENDAR)
        assert found.yellow_at == at("2026-10-20 16:30")
        assert found.due_at == at("2026-10-21 09:30")
        for moment, light in [
            (found.yellow_at - timedelta(seconds=1), Light.GREEN),
            (found.yellow_at, Light.YELLOW),
            (found.due_at - timedelta(seconds=1), Light.YELLOW),
            (found.due_at, Light.RED),
        ]:
            assert light_of(start, found.due_at, moment, found.yellow_at) == light

    def test_without_a_yellow_moment_the_span_itself_is_measured(self):
        start = at("2026-10-20 08:00")
        assert light_of(start, start + timedelta(hours=10), start + timedelta(hours=8)) == Light.YELLOW
        assert light_of(start, start + timedelta(hours=10), start + timedelta(hours=7, minutes=59)) == Light.GREEN

    def test_reminders_and_threefold_overdue_are_shares_of_the_limit(self):
        start, limit = at("2026-10-20 08:30"), Limit.parse("4wh")
        assert rules.share_at(start, limit, 50, CALENDAR) == at("2026-10-20 10:30")
        assert rules.share_at(start, limit, 300, CALENDAR) == at("2026-10-21 11:30")

    def test_the_used_share_leaves_out_nights_and_pauses(self):
        start, limit = at("2026-10-20 16:30"), Limit.parse("4wh")
        assert rules.used_percent(start, limit, at("2026-10-21 08:30"), CALENDAR) == 25
        pause = Pause(at("2026-10-20 17:00"), None)
        assert rules.used_percent(start, limit, at("2026-10-21 12:00"), CALENDAR, [pause]) == 12
        assert rules.used_percent(start, limit, at("2026-10-22 17:30"), CALENDAR) == 475

    @given(moments, limits, st.integers(0, 100_000))
    def test_all_is_used_exactly_when_it_is_due(self, start, limit, minutes):
        now = start + timedelta(minutes=minutes)
        late = now >= due_at(start, limit, CALENDAR).at
        assert (rules.used_percent(start, limit, now, CALENDAR) >= 100) == late


def test_the_duty_is_the_one_that_people_hold():
    assert Duty.ADMIN_CLOCKS.value == rules.ADMIN_CLOCKS
