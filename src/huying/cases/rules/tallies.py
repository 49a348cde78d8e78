"""In which cells of the tallies a case stands: a pure function of its row, so that counts can always be counted anew.

Open cases stand under state and class of matter, and under the hour in which they fall due; every case under the day
of its receipt; each of these once for every level of its area. A restricted case stands in none, nor one of a drill.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

from huying.cases.rules.words import OPEN
from huying.kernel.terms import Term, _
from huying.places.rules import LENGTHS, SHANGHAI

LEVELS: Final = (0, *LENGTHS.values())
"""Lengths of area codes that have counts of their own; 0 is the whole house."""
KEPT_DAYS: Final = 35
"""Days of receipt that are counted; older ones are dropped."""
STILL: Final = 0
"""The slot of a clock that stands still."""
_EPOCH: Final = date(1970, 1, 1)


class TallyKind(Term):
    """What a cell counts."""

    OPEN = "open", _("在办")  # by state and class of matter
    DUE = "due", _("到期")  # open ones by the hour of the due time
    RECEIVED = "received", _("收到")  # all by the day of receipt


Cell = tuple[int, str, str, str, str, int]
"""Level, area code, kind, state, class of matter, slot."""


def hour_of(moment: datetime | None) -> int:
    """Whole hours since 1970, `STILL` for none."""
    return STILL if moment is None else int(moment.timestamp() // 3600)


def day_of(moment: datetime) -> int:
    """Whole days since 1970 by the calendar of China, which knows no summer time."""
    return (moment.astimezone(SHANGHAI).date() - _EPOCH).days


def date_of(day: int) -> date:
    return _EPOCH + timedelta(days=day)


def midnight_after(moment: datetime) -> datetime:
    """When the day of this moment ends in China."""
    day = moment.astimezone(SHANGHAI).date() + timedelta(days=1)
    return datetime.combine(day, time.min, tzinfo=SHANGHAI)


def oldest_day(now: datetime) -> int:
    """The first day of receipt that is counted."""
    return day_of(now) - KEPT_DAYS + 1


def level_below(code: str) -> int | None:
    """The length of the codes one level inside an area; None inside a building."""
    return next((one for one in LEVELS if one > len(code)), None)


def cells_of(
    *,
    area_code: str,
    state: str,
    type_code: str,
    due_at: datetime | None,
    received_at: datetime,
    restricted: bool,
    drill: bool,
    now: datetime,
) -> Iterator[Cell]:
    """Every cell of one case. The database keeps the same ones by SQL (`queries.tallies`); a test compares both."""
    if restricted or drill:
        return
    for level in LEVELS:
        if level <= len(area_code):
            code = area_code[:level]
            if state in OPEN:
                yield level, code, TallyKind.OPEN.value, state, type_code[:2], 0
                yield level, code, TallyKind.DUE.value, "", "", hour_of(due_at)
            if day_of(received_at) >= oldest_day(now):
                yield level, code, TallyKind.RECEIVED.value, "", "", day_of(received_at)
