"""Times, spans, names and strangers' words as people read them."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from huying.ui import words

HERE = ZoneInfo("Asia/Shanghai")
FRIDAY = datetime(2026, 6, 12, 14, 20, tzinfo=HERE)


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (datetime(2026, 6, 12, 14, 5, tzinfo=HERE), "今天 14:05"),
        (datetime(2026, 6, 11, 15, 42, tzinfo=HERE), "6月11日 15:42"),
        (datetime(2025, 10, 19, 15, 42, tzinfo=HERE), "2025年10月19日 15:42"),
        (datetime(2026, 6, 11, 23, 30, tzinfo=UTC), "今天 07:30"),
    ],
)
def test_a_time_is_said_from_today_outwards_in_local_time(moment, said):
    assert words.when_words(moment, FRIDAY) == said


@pytest.mark.parametrize(
    ("due", "said"),
    [
        (datetime(2026, 6, 12, 17, 30, tzinfo=HERE), "最晚今天 17:30"),
        (datetime(2026, 6, 13, 9, 5, tzinfo=HERE), "最晚明天 09:05"),
        (datetime(2026, 6, 14, 9, 5, tzinfo=HERE), "最晚本周日（6月14日）09:05"),
        (datetime(2026, 6, 15, 9, 5, tzinfo=HERE), "最晚下周一（6月15日）09:05"),
        (datetime(2026, 6, 28, 9, 5, tzinfo=HERE), "最晚6月28日 09:05"),
        (datetime(2026, 6, 11, 9, 5, tzinfo=HERE), "最晚昨天 09:05"),
        (datetime(2026, 6, 9, 9, 5, tzinfo=HERE), "最晚6月9日 09:05"),
        (datetime(2027, 1, 4, 9, 5, tzinfo=HERE), "最晚2027年1月4日 09:05"),
    ],
)
def test_a_limit_names_the_day_as_people_do(due, said):
    assert words.deadline_words(due, FRIDAY) == said


def test_next_week_reaches_over_the_end_of_a_year():
    assert words.due_words(datetime(2027, 1, 4, 9, 0, tzinfo=HERE), datetime(2026, 12, 31, 9, tzinfo=HERE)) == (
        "下周一（2027年1月4日）09:00"
    )


@pytest.mark.parametrize(
    ("minutes", "short", "long"),
    [
        (0, "0分", "0 分钟"),
        (48, "48分", "48 分钟"),
        (65, "1时05分", "1 小时 5 分"),
        (300, "5时", "5 小时"),
        (26 * 60 + 10, "1天2时", "1 天 2 小时"),
        (72 * 60 + 5, "3天", "3 天"),
    ],
)
def test_a_span_is_as_short_as_a_clock_face(minutes, short, long):
    span = timedelta(minutes=minutes)
    assert (words.span_words(span), words.span_words(span, long=True)) == (short, long)
    assert words.span_words(-span) == short


@given(st.integers(0, 10**7))
def test_longer_spans_never_read_empty(seconds):
    assert words.span_words(seconds).strip()
    assert words.span_words(timedelta(seconds=seconds), long=True).strip()


def clock(started, due, **more):
    return SimpleNamespace(started_at=started, due_at=due, **more)


def test_a_clock_is_green_then_yellow_from_80_percent_then_red():
    start, due = FRIDAY, FRIDAY + timedelta(minutes=100)
    read = [words.reading_of(clock(start, due), FRIDAY + timedelta(minutes=m)) for m in (79, 80, 99, 100, 165)]
    assert [one.tone for one in read] == ["green", "yellow", "yellow", "red", "red"]
    assert [one.words for one in read] == ["剩 21分", "剩 20分", "剩 1分", "超 0分", "超 1时05分"]
    assert [one.used for one in read] == [79, 80, 99, 100, 100]


def test_a_clock_with_a_yellow_time_of_its_own_follows_it():
    one = clock(FRIDAY, FRIDAY + timedelta(minutes=100), yellow_at=FRIDAY + timedelta(minutes=10), paused_at=None)
    assert words.reading_of(one, FRIDAY + timedelta(minutes=11)).tone == "yellow"


def test_a_paused_clock_stands_still_and_says_why():
    one = clock(FRIDAY, FRIDAY + timedelta(minutes=100), paused_at=FRIDAY + timedelta(minutes=30))
    read = words.reading_of(one, FRIDAY + timedelta(days=3), "挂账")
    assert (read.tone, read.words, read.used) == ("green", "停表 挂账", 30)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.integers(-(10**6), 10**6), st.integers(-5, 10**6))
def test_any_clock_reads_between_0_and_100(started, shift, length):
    start = started.replace(tzinfo=HERE)
    read = words.reading_of(clock(start, start + timedelta(seconds=length)), start + timedelta(seconds=shift))
    assert 0 <= read.used <= 100
    assert read.tone in {"green", "yellow", "red"}


@pytest.mark.parametrize(
    ("plain", "masked"),
    [
        ("刘示例", "刘**"),
        ("13800000012", "1**-****-0012"),
        ("138 0000 0012", "1**-****-0012"),
        ("", ""),
        ("李", "李**"),
    ],
)
def test_names_and_phones_are_masked(plain, masked):
    assert words.mask_words(plain) == masked


def test_a_strangers_words_are_escaped_and_cannot_turn_the_line():
    shown = words.isolated("看\u202e<b>这里\u2069")
    assert shown == ('<bdi>看<span class="bidi-mark">RLO</span>&lt;b&gt;这里<span class="bidi-mark">PDI</span></bdi>')


@given(st.text())
def test_isolated_words_hold_no_mark_that_turns_and_no_tag_of_theirs(text):
    shown = words.isolated(text)
    assert not words._TURNING.search(shown)
    inside = (
        shown.removeprefix("<bdi>")
        .removesuffix("</bdi>")
        .replace('<span class="bidi-mark">', "")
        .replace("</span>", "")
    )
    assert "<" not in inside
    assert ">" not in inside


@pytest.mark.parametrize(
    ("state", "tone"),
    [
        ("received", "wait"),
        ("in_hand", "doing"),
        ("calling_back", "review"),
        ("closed", "done"),
        ("merged", "back"),
        ("?", "wait"),
    ],
)
def test_each_state_has_a_tone(state, tone):
    assert words.tone_of(state) == tone
