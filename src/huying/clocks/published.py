"""What the published notices say about public holidays, as the chinesecalendar package keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from chinese_calendar.constants import Holiday, holidays, workdays

from huying.clocks.rules import DayKind

Special = tuple[date, DayKind, str]
SOURCE = "chinesecalendar"


def years() -> list[int]:
    """The years whose whole notice the package holds: those that know their National Day."""
    return sorted({day.year for day in holidays if (day.month, day.day) == (10, 1)})


def days_of(year: int) -> Sequence[Special]:
    """Every public holiday and every worked weekend day of a year, in order."""
    off = [(day, DayKind.HOLIDAY, _name(name)) for day, name in holidays.items() if day.year == year]
    on = [(day, DayKind.WORKED, _name(name)) for day, name in workdays.items() if day.year == year]
    return sorted(off + on, key=lambda special: special[0])


def _name(name: str) -> str:
    return next((str(one.chinese) for one in Holiday if one.value == name), name)
