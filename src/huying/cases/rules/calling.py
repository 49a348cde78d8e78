"""Calling back: at what times, how often, and in which words. Pure: moments are local and passed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from huying.kernel.terms import Label, Term, _

CALLS_BEFORE_GIVING_UP = 3
BETWEEN_CALLS = timedelta(hours=1)


@dataclass(frozen=True)
class CallHours:
    """When callers may be rung, and where one part of the day ends: two missed calls in one part are one try."""

    opens: time = time(9)
    noon: time = time(12)
    afternoon: time = time(14)
    evening: time = time(18)
    closes: time = time(21)

    @property
    def begins(self) -> tuple[time, ...]:
        """Where the four parts of a day begin."""
        return self.opens, self.noon, self.afternoon, self.evening

    @property
    def in_order(self) -> bool:
        every = (*self.begins, self.closes)
        return all(one < other for one, other in zip(every, every[1:], strict=False))


SHIPPED_HOURS = CallHours()
Part = tuple[date, int]


def part_of(moment: datetime, hours: CallHours) -> Part | None:
    """The day and the part of it; None in the quiet hours."""
    at = moment.time()
    if not hours.opens <= at < hours.closes:
        return None
    return moment.date(), sum(at >= one for one in hours.begins) - 1


def tries(missed: Iterable[datetime], hours: CallHours) -> int:
    """How many tries these missed calls are: one a part of a day, none in the quiet hours."""
    return len({part for one in missed if (part := part_of(one, hours)) is not None})


def next_try_at(missed: Iterable[datetime], now: datetime, hours: CallHours) -> datetime:
    """The earliest moment from now on at which a missed call is a further try: another part of a day, no quiet hour,
    and an hour after the last call."""
    made = list(missed)
    used = {part_of(one, hours) for one in made}
    moment = max([now, *(one + BETWEEN_CALLS for one in made)])
    while (part := part_of(moment, hours)) is None or part in used:
        moment = _next_part(moment, hours)
    return moment


def _next_part(moment: datetime, hours: CallHours) -> datetime:
    """When the next part of a day begins."""
    begin = next((one for one in hours.begins if one > moment.time()), None)
    day = moment if begin is not None else moment + timedelta(days=1)
    begin = begin or hours.opens
    return day.replace(hour=begin.hour, minute=begin.minute, second=begin.second, microsecond=0)


class Line(Term):
    """The steps of a call, in the order in which they are said."""

    GREETING = "greeting", _("问候")
    SOLVED = "solved", _("解决了吗")
    SATISFIED = "satisfied", _("满意吗")
    ELSE = "anything_else", _("还有别的吗")
    THANKS = "thanks", _("道谢")


SHIPPED_SCRIPT: dict[Line, Label] = {
    Line.GREETING: _("您好，我是街道调度中心的。您之前反映的事已经办过了，现在方便说两分钟吗？"),
    Line.SOLVED: _("您看到的情况，解决了吗？没解决的话，还差什么？"),
    Line.SATISFIED: _("对办理的过程和态度，您满意、基本满意，还是不满意？不满意的话，是哪一点？"),
    Line.ELSE: _("这件事您还有要补充的吗？别的事我另外给您登记。"),
    Line.THANKS: _("谢谢您。以后再有这样的事，用原来的查询码或打热线都可以。"),
}


@dataclass(frozen=True)
class Script:
    """What is said in one call; `version` is "" for the shipped words."""

    lines: tuple[tuple[str, str], ...]  # heading and words
    version: str = ""


def of_one_caller(reports: Iterable[tuple[UUID, str, str]]) -> dict[UUID, frozenset[UUID]]:
    """Reports of one case with the caller's masked name and the tail of the phone: each with those of the same caller.

    By the masked forms that lists show anyway: nothing is unsealed for it, and no other case is looked at. Without a
    phone nobody is taken for somebody else.
    """
    found: dict[tuple[str, str], set[UUID]] = {}
    every = list(reports)
    for key, name, tail in every:
        found.setdefault((name, tail), set()).add(key)
    return {key: frozenset(found[name, tail]) if tail else frozenset([key]) for key, name, tail in every}
