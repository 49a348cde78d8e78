"""When something is due, and why: limits, the work calendar, lights. Pure: no database, no clock of its own.

Working time is counted in Shanghai's fixed offset. A year's working time is summed once, so that a due time
is two look-ups and one search. Moments come back in UTC.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import IntEnum
from typing import Final

from huying.kernel.refusals import Invalid
from huying.kernel.terms import Term, _, listed, ngettext_lazy

ADMIN_CLOCKS: Final = "admin_clocks"  # the word of people.rules.Duty, a floor above; a test compares them

SHANGHAI: Final = timezone(timedelta(hours=8))
YELLOW_PERCENT: Final = 80
RED_PERCENT: Final = 100

_MINUTE: Final = 60 * 1_000_000  # everything is counted in whole microseconds
_DAY: Final = 24 * 60 * _MINUTE
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=SHANGHAI)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_LAST_YEAR: Final = 9000


class Unit(Term):
    MINUTE = "m", _("分钟")
    HOUR = "h", _("小时")
    DAY = "d", _("天")


class Basis(Term):
    """What a limit counts."""

    PLAIN = "plain", _("自然时间")
    WORKING = "working", _("工作时间")


class Light(Term):
    GREEN = "green", _("正常")
    YELLOW = "yellow", _("将到期")
    RED = "red", _("已超时")


class Warned(IntEnum):
    """What was told of a clock's present due time: nothing yet, that it is near, that it is gone."""

    NOTHING = 0
    YELLOW = 1
    RED = 2


class YearState(Term):
    PUBLISHED = "published", _("已公布")
    UNPUBLISHED = "unpublished", _("未公布")


class DayKind(Term):
    HOLIDAY = "holiday", _("放假")
    WORKED = "worked", _("调休上班")


class StretchKind(Term):
    RUNNING = "running", _("走表")
    PAUSED = "paused", _("停表")


# Limits

_WRITTEN: Final = re.compile(r"([1-9][0-9]{0,3})(w?)([mhd])")
_MORE: Final = re.compile(r"([1-9][0-9]{0,3})([mhd])")
_WORDS: Final = {
    ("plain", "m"): ngettext_lazy("%(amount)s 分钟", "%(amount)s 分钟", "amount"),
    ("plain", "h"): ngettext_lazy("%(amount)s 小时", "%(amount)s 小时", "amount"),
    ("plain", "d"): ngettext_lazy("%(amount)s 天", "%(amount)s 天", "amount"),
    ("working", "m"): ngettext_lazy("%(amount)s 工作分钟", "%(amount)s 工作分钟", "amount"),
    ("working", "h"): ngettext_lazy("%(amount)s 工作时", "%(amount)s 工作时", "amount"),
    ("working", "d"): ngettext_lazy("%(amount)s 个工作日", "%(amount)s 个工作日", "amount"),
}


@dataclass(frozen=True)
class Limit:
    """How long a step may take: `4wh` is four working hours, `24h` a day by the plain clock."""

    amount: int
    unit: Unit
    basis: Basis
    more: tuple[tuple[int, Unit], ...] = ()  # granted on top, counted like the limit itself

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Read `30m`, `24h`, `7d`, `4wh`, `15wd`; Invalid where it is none of these."""
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise Invalid({"limit": [_("时限写不对。请写成 30m、24h、7d、4wh 或 15wd 这样，w 表示工作时间。")]})
        basis = Basis.WORKING if found[2] else Basis.PLAIN
        return cls(int(found[1]), Unit(found[3]), basis)

    def __str__(self) -> str:
        return f"{self.amount}{'w' if self.working else ''}{self.unit.value}"

    @property
    def working(self) -> bool:
        return self.basis == Basis.WORKING

    @property
    def pieces(self) -> tuple[tuple[int, Unit], ...]:
        return ((self.amount, self.unit), *self.more)

    def words(self) -> str:
        """The limit as people say it: `4 工作时`."""
        return str(_WORDS[self.basis.value, self.unit.value] % {"amount": self.amount})

    def extended(self, written: str) -> Limit:
        """The limit with what was granted on top: `2d+4h` are two days and four hours of its own kind of time."""
        pieces = (_MORE.fullmatch(one) for one in written.split("+") if one)
        return replace(self, more=tuple((int(one[1]), Unit(one[2])) for one in pieces if one is not None))

    def granted(self) -> list[str]:
        """What was granted on top, as people say it."""
        return [Limit(amount, unit, self.basis).words() for amount, unit in self.more]


# The calendar

Spans = tuple[tuple[int, int], ...]  # within one day, in microseconds


@dataclass(frozen=True)
class Hours:
    """The spans of a working day, in minutes of the day, from a day on."""

    valid_from: date
    spans: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        last = 0
        for begins, ends in self.spans:
            if not last <= begins < ends <= 24 * 60:
                raise ValueError(f"spans of a working day must be in order and apart: {self.spans}")
            last = ends
        if not self.spans:
            raise ValueError("a working day needs a span")

    def minutes(self) -> int:
        return sum(ends - begins for begins, ends in self.spans)

    def words(self) -> str:
        return listed(
            f"{begins // 60:02d}:{begins % 60:02d}–{ends // 60:02d}:{ends % 60:02d}" for begins, ends in self.spans
        )


DEFAULT_HOURS: Final = Hours(date(2000, 1, 1), ((8 * 60 + 30, 17 * 60 + 30),))


@dataclass(frozen=True)
class _Year:
    """One year, summed: working time before each of its days."""

    first: int  # day number of January 1st
    before: list[int]
    spans: list[Spans]
    total: int


@dataclass(frozen=True)
class Calendar:
    """Which days are worked and when. `days` holds what differs from the weekday, with its name."""

    published: frozenset[int] = frozenset()
    days: Mapping[date, tuple[DayKind, str]] = field(default_factory=dict)
    hours: tuple[Hours, ...] = (DEFAULT_HOURS,)
    _years: dict[int, _Year] = field(default_factory=dict, compare=False, repr=False)

    def is_published(self, year: int) -> bool:
        return year in self.published

    def is_worked(self, day: date) -> bool:
        special = self.days.get(day)
        return day.weekday() < 5 if special is None else special[0] == DayKind.WORKED

    def hours_on(self, day: date) -> Hours:
        """The hours in force on a day; before the first row, the first row's."""
        place = bisect_right(self.hours, day, key=lambda row: row.valid_from)
        return self.hours[max(place - 1, 0)]

    def worked_days(self, year: int) -> int:
        return sum(1 for spans in self._year(year).spans if spans)

    def between(self, begins: datetime, ends: datetime) -> timedelta:
        """Working time from one moment to a later one."""
        return timedelta(microseconds=max(self._between(_stamp(begins), _stamp(ends)), 0))

    def after(self, moment: datetime, working: timedelta) -> datetime:
        """The earliest moment with this much working time since `moment`."""
        return _moment(self._after(_stamp(moment), working // timedelta(microseconds=1)))

    def spans_between(self, begins: datetime, ends: datetime, most: int = 400) -> list[tuple[datetime, datetime]]:
        """The working spans between two moments, at most so many."""
        first, last = _stamp(begins), _stamp(ends)
        found: list[tuple[datetime, datetime]] = []
        for day in range(first // _DAY, last // _DAY + 1):
            table = self._year_of(day)
            for opens, closes in table.spans[day - table.first]:
                opened, closed = max(day * _DAY + opens, first), min(day * _DAY + closes, last)
                if opened < closed:
                    found.append((_moment(opened), _moment(closed)))
                if len(found) == most:
                    return found
        return found

    def _between(self, first: int, last: int) -> int:
        begin_year, begin_sum = self._place(first)
        end_year, end_sum = self._place(last)
        if begin_year <= end_year:
            return end_sum - begin_sum + sum(self._year(year).total for year in range(begin_year, end_year))
        return -self._between(last, first)

    def _after(self, stamp: int, working: int) -> int:
        if working <= 0:
            return stamp
        year, summed = self._place(stamp)
        target = summed + working
        table = self._year(year)
        while target > table.total:
            target -= table.total
            year += 1
            table = self._year(year)
        place = bisect_left(table.before, target) - 1
        rest = target - table.before[place]
        for opens, closes in table.spans[place]:
            if rest <= closes - opens:
                return (table.first + place) * _DAY + opens + rest
            rest -= closes - opens
        raise AssertionError("a day's spans add up to its working time")

    def _place(self, stamp: int) -> tuple[int, int]:
        """The year of a moment and the working time from its January 1st to the moment."""
        day, within = divmod(stamp, _DAY)
        year = date.fromordinal(day + _EPOCH_DAY).year
        table = self._year(year)
        place = day - table.first
        summed = table.before[place]
        for opens, closes in table.spans[place]:
            if within <= opens:
                break
            summed += min(within, closes) - opens
        return year, summed

    def _year_of(self, day: int) -> _Year:
        return self._year(date.fromordinal(day + _EPOCH_DAY).year)

    def _year(self, year: int) -> _Year:
        """The summed year, made when first asked for (two threads may both make it: the same)."""
        table = self._years.get(year)
        if table is None:
            table = self._years[year] = self._summed(year)
        return table

    def _summed(self, year: int) -> _Year:
        if year > _LAST_YEAR:
            raise OverflowError("no calendar reaches that far")
        first = date(year, 1, 1).toordinal()
        before: list[int] = []
        all_spans: list[Spans] = []
        total = 0
        for number in range(first, date(year + 1, 1, 1).toordinal()):
            day = date.fromordinal(number)
            spans: Spans = ()
            if self.is_worked(day):
                spans = tuple((a * _MINUTE, b * _MINUTE) for a, b in self.hours_on(day).spans)
            before.append(total)
            all_spans.append(spans)
            total += sum(b - a for a, b in spans)
        return _Year(first - _EPOCH_DAY, before, all_spans, total)


# Due times


@dataclass(frozen=True)
class Pause:
    """A time during which a clock did not count. An open one has not moved the due time yet."""

    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Due:
    """When it is due; provisional where a year on the way has no published calendar."""

    at: datetime
    provisional: bool


@dataclass(frozen=True)
class Marks:
    """All that a clock's row keeps of its limit."""

    due_at: datetime
    yellow_at: datetime
    provisional: bool


def due_at(start: datetime, limit: Limit, calendar: Calendar, pauses: Iterable[Pause] = ()) -> Due:
    """When a limit that began at `start` runs out; what was paused before that is added behind."""
    return _due(_stamp(start), _length(limit, calendar, start), limit.working, calendar, tuple(pauses))


def marks(start: datetime, limit: Limit, calendar: Calendar, pauses: Iterable[Pause] = ()) -> Marks:
    """Due time and the moment of the yellow light, at 80 % of the limit."""
    begun, length, held = _stamp(start), _length(limit, calendar, start), tuple(pauses)
    due = _due(begun, length, limit.working, calendar, held)
    yellow = _due(begun, length * YELLOW_PERCENT // 100, limit.working, calendar, held)
    return Marks(due.at, yellow.at, due.provisional)


def no_later(found: Marks, start: datetime, latest: datetime | None) -> Marks:
    """The same marks, due no later than `latest`, and yellow at 80 % of the way there; never before the start."""
    if latest is None or latest >= found.due_at:
        return found
    due = max(latest, start)
    yellow = min(found.yellow_at, start + (due - start) * YELLOW_PERCENT / 100)
    return Marks(due, yellow, found.provisional)


def share_at(start: datetime, limit: Limit, percent: int, calendar: Calendar, pauses: Iterable[Pause] = ()) -> datetime:
    """When so many percent of the limit are used: 50 reminds, 300 is threefold overdue."""
    length = _length(limit, calendar, start) * percent // 100
    return _due(_stamp(start), length, limit.working, calendar, tuple(pauses)).at


def used_percent(start: datetime, limit: Limit, now: datetime, calendar: Calendar, pauses: Iterable[Pause] = ()) -> int:
    """How much of the limit is used, in whole percent (over 100 when late)."""
    begun, end = _stamp(start), _stamp(now)
    measure = _measure(limit.working, calendar)
    used = measure(begun, end)
    for began, ended in _joined(begun, pauses, end):
        used -= measure(began, min(ended, end)) if began < end else 0
    return max(used * 100 // _length(limit, calendar, start), 0)


def light_of(started: datetime, due: datetime, now: datetime, yellow: datetime | None = None) -> Light:
    """Red from 100 % of the limit, yellow from 80 % (of the span itself where no yellow moment is known)."""
    if now >= due:
        return Light.RED
    if yellow is None:
        yellow = started + (due - started) * YELLOW_PERCENT / 100
    return Light.YELLOW if now >= yellow else Light.GREEN


def unpublished_years(start: datetime, due: datetime, calendar: Calendar) -> list[int]:
    """The years between two moments whose calendar is not published."""
    years = range(start.astimezone(SHANGHAI).year, due.astimezone(SHANGHAI).year + 1)
    return [year for year in years if not calendar.is_published(year)]


def _due(begun: int, length: int, working: bool, calendar: Calendar, pauses: Sequence[Pause]) -> Due:
    end = calendar._after(begun, length) if working else begun + length
    if pauses:
        measure = _measure(working, calendar)
        for began, ended in _joined(begun, pauses, None):
            if began >= end:
                break
            length += measure(began, ended)
            end = calendar._after(begun, length) if working else begun + length
    provisional = False
    if working:
        first, last = _year_number(begun), _year_number(end)
        provisional = any(year not in calendar.published for year in range(first, last + 1))
    return Due(_moment(end), provisional)


def _length(limit: Limit, calendar: Calendar, start: datetime) -> int:
    """The limit in microseconds of its own kind of time; a working day is as long as on the first day."""
    return sum(_piece(amount, unit, limit.working, calendar, start) for amount, unit in limit.pieces)


def _piece(amount: int, unit: Unit, working: bool, calendar: Calendar, start: datetime) -> int:
    if unit == Unit.MINUTE:
        return amount * _MINUTE
    if unit == Unit.HOUR:
        return amount * 60 * _MINUTE
    if not working:
        return amount * _DAY
    return amount * calendar.hours_on(start.astimezone(SHANGHAI).date()).minutes() * _MINUTE


def _measure(working: bool, calendar: Calendar) -> Callable[[int, int], int]:
    """Length of a stretch in working or plain time."""
    return calendar._between if working else lambda began, ended: ended - began


def _joined(begun: int, pauses: Iterable[Pause], until: int | None) -> list[tuple[int, int]]:
    """Pauses after the start in order, overlapping ones joined; open ones end at `until` or are left out."""
    found: list[tuple[int, int]] = []
    for began, ended in sorted((_stamp(one.began_at), _ended(one, until)) for one in pauses):
        began = max(began, begun)
        if ended <= began:
            continue
        if found and began <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ended))
        else:
            found.append((began, ended))
    return found


def _ended(one: Pause, until: int | None) -> int:
    if one.ended_at is not None:
        return _stamp(one.ended_at)
    return _stamp(one.began_at) if until is None else until


def _stamp(moment: datetime) -> int:
    """Microseconds since 1970-01-01 00:00 in Shanghai."""
    gone = moment - _EPOCH
    return (gone.days * 86_400 + gone.seconds) * 1_000_000 + gone.microseconds


def _moment(stamp: int) -> datetime:
    return (_EPOCH + timedelta(microseconds=stamp)).astimezone(UTC)


def _year_number(stamp: int) -> int:
    return date.fromordinal(stamp // _DAY + _EPOCH_DAY).year
