"""Words filled in, times of the day, limits, terms: decisions without a database."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.clocks.rules import SHANGHAI, Calendar
from huying.notices import rules as r
from huying.notices import shipped

NOW = datetime(2026, 10, 20, 1, 0, tzinfo=UTC)  # 09:00 in China
NUDGED, URGENT = r.KINDS["nudged"], r.KINDS["identity_opened"]


def local(day, hour, minute=0):
    return datetime(2026, 10, day, hour, minute, tzinfo=SHANGHAI)


class TestWords:
    def test_every_kind_is_shipped_with_words_that_can_be_filled_in(self):
        assert set(shipped.words()) == set(r.KINDS)
        for code, channel, title, body in shipped.rows():
            assert r.problems_of(r.KINDS[code], channel, title, body, "示范街道") == {}, (code, channel)

    def test_a_shipped_text_message_goes_as_one_or_two(self):
        for code, channel, _title, body in shipped.rows():
            if channel == r.Channel.SMS:
                text = r.sms_text("示范街道", r.filled(body, r.examples(r.KINDS[code])))
                assert r.sms_parts(text) <= 2, text

    def test_every_channel_that_a_kind_goes_by_has_words(self):
        there = {(code, channel) for code, channel, _title, _body in shipped.rows()}
        for kind in r.KINDS.values():
            for channel in kind.channels:
                assert (kind.code, channel) in there

    @pytest.mark.parametrize(
        ("title", "body", "field"),
        [
            ("{nobody}", "好", "title"),
            ("好", "{number", "body"),
            ("好", "number}", "body"),
            ("好", "{}", "body"),
            ("好", "{number.__class__}", "body"),
        ],
    )
    def test_what_cannot_be_filled_in_is_refused(self, title, body, field):
        assert field in r.problems_of(NUDGED, "email", title, body)

    def test_a_code_does_not_stand_in_a_title(self):
        assert "title" in r.problems_of(r.KINDS["one_time_code"], "email", "验证码 {code}", "好")

    def test_a_text_message_too_long_is_refused(self):
        assert "body" in r.problems_of(NUDGED, "sms", "好", "长" * 202)
        assert r.problems_of(NUDGED, "email", "好", "长" * 202) == {}

    @given(st.text(max_size=40))
    def test_a_fact_stays_as_it_is_whatever_it_holds(self, value):
        assert r.filled("<{number}>", {"number": value, "title": "x"}) == f"<{value}>"

    @pytest.mark.parametrize(("length", "parts"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3)])
    def test_parts_of_a_text_message(self, length, parts):
        assert r.sms_parts("字" * length) == parts

    @pytest.mark.parametrize(
        ("channel", "value", "kept", "masked"),
        [
            ("sms", "139 1234 5678", "13912345678", "*5678"),
            ("sms", "+86-13912345678", "13912345678", "*5678"),
            ("email", " li@example.cn ", "li@example.cn", "l***@example.cn"),
            ("wecom", "lishili", "lishili", "l***"),
        ],
    )
    def test_addresses(self, channel, value, kept, masked):
        assert r.plain_address(channel, value) == kept
        assert r.mask(channel, kept) == masked

    @pytest.mark.parametrize(
        ("channel", "value"),
        [("sms", "020-12345678"), ("sms", ""), ("email", "li@"), ("email", "a\nb@c.cn"), ("wecom", "a b")],
    )
    def test_what_is_no_address(self, channel, value):
        with pytest.raises(ValueError, match="address"):
            r.plain_address(channel, value)


class TestWhen:
    NIGHT = r.Habit(time(21), time(8))

    @pytest.mark.parametrize(
        ("habit", "at", "goes"),
        [
            (r.Habit(), local(20, 23), local(20, 23)),
            (NIGHT, local(20, 20, 59), local(20, 20, 59)),
            (NIGHT, local(20, 21), local(21, 8)),
            (NIGHT, local(20, 7, 59), local(20, 8)),
            (NIGHT, local(20, 8), local(20, 8)),
            (r.Habit(time(12), time(14)), local(20, 12, 30), local(20, 14)),
            (r.Habit(time(9), time(9)), local(20, 9), local(20, 9)),
            (r.Habit(digest=True, digest_hours=(510, 990)), local(20, 9), local(20, 16, 30)),
            (r.Habit(digest=True, digest_hours=(510, 990)), local(20, 8, 30), local(20, 8, 30)),
            (r.Habit(digest=True, digest_hours=(510,)), local(20, 9), local(21, 8, 30)),
            (r.Habit(time(7), time(9), digest=True, digest_hours=(510,)), local(20, 6), local(20, 9)),
        ],
    )
    def test_the_first_moment_that_suits_the_person(self, habit, at, goes):
        assert r.may_go_at(habit, NUDGED, at) == goes

    def test_what_is_urgent_waits_for_nothing(self):
        habit = r.Habit(time(0), time(23, 59), digest=True, digest_hours=(510,))
        assert r.may_go_at(habit, URGENT, NOW) == NOW
        assert not r.collected(habit, URGENT)
        assert r.collected(habit, NUDGED)

    @given(st.times(), st.times(), st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))
    def test_nothing_goes_in_quiet_hours_and_nothing_waits_longer_than_a_day(self, begins, ends, moment):
        habit = r.Habit(begins.replace(second=0, microsecond=0), ends.replace(second=0, microsecond=0))
        now = moment.replace(tzinfo=UTC)
        goes = r.may_go_at(habit, NUDGED, now)
        assert now <= goes <= now + timedelta(days=1)
        assert not r.is_quiet(habit, goes)

    @given(st.lists(st.integers(0, 2000), max_size=40), st.integers(1, 8), st.integers(1, 600))
    def test_an_address_never_gets_more_than_its_limit(self, ago, most, minutes):
        rate = r.Rate(most, timedelta(minutes=minutes))
        sent = [NOW - timedelta(minutes=one) for one in ago]
        free = r.free_at([rate], sent, NOW)
        assert free >= NOW
        still = [one for one in sent if one > free - rate.within]
        assert len(still) < most

    def test_tries_end(self):
        tries = [r.try_again_at(count, NOW) for count in range(1, 8)]
        assert tries[-1] is None
        assert all(one > NOW for one in tries[:-1])
        assert tries[:-1] == sorted(tries[:-1])


class TestTerm:
    def test_the_last_day_counts_to_its_end(self):
        ends, _provisional = r.term_of(local(20, 15), 15, "plain", Calendar())
        assert ends == local(20, 0) + timedelta(days=16)

    def test_working_days_pass_over_the_weekend(self):
        ends, provisional = r.term_of(local(20, 9), 5, "working", Calendar())
        assert ends >= local(27, 0)
        assert provisional  # no calendar is published here

    @given(st.integers(1, 180), st.sampled_from(["plain", "working"]))
    def test_nobody_gets_less_than_was_said(self, days, basis):
        start = local(20, 15)
        ends, _provisional = r.term_of(start, days, basis, Calendar())
        assert ends - start >= timedelta(days=days)
