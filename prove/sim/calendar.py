"""Working time counted the slow way, day after day: what due times are compared with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
Pauses = Iterable[tuple[datetime, datetime]]


class PlainCalendar:
    """`special` says of a day whether it is worked against its weekday; `hours` are (from day, spans in minutes)."""

    def __init__(
        self,
        special: Mapping[date, bool],
        published: Iterable[int],
        hours: Iterable[tuple[date, tuple[tuple[int, int], ...]]] = ((date(2000, 1, 1), ((510, 1050),)),),
    ) -> None:
        self.special, self.published, self.hours = special, set(published), list(hours)
        self._days: dict[date, list[tuple[datetime, datetime]]] = {}

    def spans_on(self, day: date) -> list[tuple[datetime, datetime]]:
        found = self._days.get(day)
        if found is None:
            midnight = datetime(day.year, day.month, day.day, tzinfo=CHINA)
            worked = self.special.get(day, day.weekday() < 5)
            found = [
                (midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes))
                for opens, closes in (self._hours(day) if worked else ())
            ]
            self._days[day] = found
        return found

    def _hours(self, day: date) -> tuple[tuple[int, int], ...]:
        chosen = self.hours[0][1]
        for since, spans in self.hours:
            if since <= day:
                chosen = spans
        return chosen

    def due(self, start: datetime, limit: str, pauses: Pauses = (), more: Iterable[str] = ()) -> tuple[datetime, bool]:
        """The moment at which so much time has been counted, and whether a year on the way is not published.

        `more` was granted on top: days and hours as the limit counts them.
        """
        amount, working, unit = re.fullmatch(r"(\d+)(w?)([mhd])", limit).groups()  # type: ignore[union-attr]
        begun = start.astimezone(CHINA)
        each = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
        if working:
            each["d"] = timedelta(minutes=sum(closes - opens for opens, closes in self._hours(begun.date())))
        left = each[unit] * int(amount) + sum((each[one[-1]] * int(one[:-1]) for one in more), timedelta())
        holes = sorted((a.astimezone(CHINA), b.astimezone(CHINA)) for a, b in pauses)
        due = self._worked(begun, left, holes) if working else _plain(begun, left, holes)
        years = range(begun.year, due.year + 1)
        return due, bool(working) and any(year not in self.published for year in years)

    def _worked(self, begun: datetime, left: timedelta, holes: list[tuple[datetime, datetime]]) -> datetime:
        day = begun.date()
        while True:
            for opens, closes in self.spans_on(day):
                for first, last in _without(max(opens, begun), closes, holes):
                    if last - first >= left:
                        return first + left
                    left -= last - first
            day += timedelta(days=1)


def _plain(begun: datetime, left: timedelta, holes: list[tuple[datetime, datetime]]) -> datetime:
    at = begun
    for first, last in holes:
        if last <= at:
            continue
        if max(first, at) - at >= left:
            return at + left
        left -= max(first, at) - at
        at = last
    return at + left


def _without(
    first: datetime, last: datetime, holes: list[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """A span without its holes."""
    found = []
    at = first
    for begins, ends in holes:
        if ends <= at or begins >= last:
            continue
        if begins > at:
            found.append((at, begins))
        at = max(at, ends)
    if at < last:
        found.append((at, last))
    return found
