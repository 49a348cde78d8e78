"""Counts of the board, read from tallies: exact at any moment, without looking at more than a few cases.

A trigger writes each change of a case into `TallyChange` in the act's own transaction, so no two acts wait for one
another; a job folds the changes into `Tally` (`actions.tallying`). What is read is both, in one statement and so as of
one moment. Whether a case is late depends on the clock: due times are counted by the hour, and those of the running
hour are looked at one by one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Q

from huying.cases.models import IS_OPEN
from huying.cases.queries.lists import MOST_COUNTED, Found
from huying.cases.queries.scope import branch_by_orders, restricted_branches, within
from huying.cases.rules import OPEN
from huying.cases.rules.tallies import (
    LEVELS,
    STILL,
    Cell,
    TallyKind,
    date_of,
    hour_of,
    level_below,
    midnight_after,
    oldest_day,
)
from huying.kernel.actor import Actor, upper_bound
from huying.kernel.ready import Ready, united
from huying.kernel.refusals import NotFound
from huying.people.rules import Duty
from huying.places import queries as places
from huying.places.rules import SHANGHAI

_OPEN = ", ".join(f"'{one}'" for one in sorted(OPEN))
CELLS = f"""
    SELECT level, left(c.area_code, level) AS area_code, cell.kind, cell.state, cell.matter, cell.slot, c.count
    FROM {{rows}} c
    CROSS JOIN LATERAL (VALUES
        ('open', c.state, c.matter, 0), ('due', '', '', c.due_hour), ('received', '', '', c.received_day)
    ) AS cell (kind, state, matter, slot)
    JOIN unnest(%(levels)s::int[]) AS level ON level <= length(c.area_code)
    WHERE CASE WHEN cell.kind = 'received' THEN cell.slot >= %(oldest)s ELSE c.state IN ({_OPEN}) END
"""
"""The cells of rows that look like `TallyChange`, as `rules.tallies.cells_of` says."""
STANDING = """(
    SELECT area_code, state, left(type_code, 2) AS matter,
        CASE WHEN due_at IS NULL THEN 0 ELSE floor(extract(epoch FROM due_at) / 3600)::int END AS due_hour,
        floor((extract(epoch FROM received_at) + 28800) / 86400)::int AS received_day, 1 AS count
    FROM cases_case WHERE NOT restricted AND NOT drill AND (ended_at IS NULL OR received_at >= %(since)s)
)"""
"""All cases as such rows: only for counting anew."""
_READ = f"""
WITH found AS (
    SELECT level, area_code, kind, state, matter, slot, count FROM cases_tally
    WHERE level = %(own)s AND area_code = %(code)s AND (kind <> 'received' OR slot >= %(oldest)s)
    UNION ALL
    SELECT level, area_code, kind, state, matter, slot, count FROM cases_tally
    WHERE level = %(below)s AND area_code >= %(code)s AND area_code < %(end)s AND kind <> 'received'
    UNION ALL
    SELECT * FROM ({CELLS.format(rows="cases_tallychange")} AND c.area_code >= %(code)s AND c.area_code < %(end)s) late
)
SELECT area_code, kind, state, CASE WHEN level = %(own)s THEN matter END,
    CASE WHEN kind <> 'due' THEN slot::text WHEN slot = {STILL} THEN 'still' WHEN slot < %(hour)s THEN 'late'
        WHEN slot < %(midnight)s THEN 'today' ELSE 'later' END,
    sum(count)::int
FROM found GROUP BY 1, 2, 3, 4, 5
UNION ALL
SELECT left(c.area_code, level), 'due', '', NULL, part.name, sum(part.sign)::int
FROM cases_case c
CROSS JOIN (VALUES ('late', 1), ('today', -1)) AS part (name, sign)
JOIN unnest(%(levels)s::int[]) AS level ON level <= length(c.area_code)
WHERE c.ended_at IS NULL AND c.due_at >= %(hour_starts)s AND c.due_at <= %(now)s AND NOT c.restricted AND NOT c.drill
    AND c.area_code >= %(code)s AND c.area_code < %(end)s
GROUP BY 1, 5
"""


@dataclass
class Line:
    """Open cases of one area."""

    code: str
    states: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    matters: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # by class; "" where none is set yet
    due: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # late, today, later, still
    received: dict[date, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def open(self) -> int:
        return sum(self.states.values())


@dataclass(frozen=True)
class Board:
    """The counts of one area and of those one level inside it. `restricted` are apart: they are in no other count."""

    at: datetime
    whole: Line
    inside: dict[str, Line]
    restricted: Found


def board(viewer: Actor, code: str, *, now: datetime) -> Board:
    """What is open in an area, by state, class, lateness and area inside, and what came in day by day.

    Raises NotFound where the viewer does not read the whole area, the same for one that does not exist. Restricted
    cases are counted for those alone who may see them, by a look at the cases. Other cases seen only through an order
    of a unit are on nobody's board.
    """
    there = not code or places.is_known(code)  # asked first: whoever may not look waits as long
    if not there or not viewer.may(Duty.READ, code):
        raise NotFound("area")
    below = level_below(code)
    whole, inside = Line(code), dict[str, Line]()
    hour = hour_of(now)
    given: dict[str, Any] = {
        "code": code, "end": upper_bound(code) if code else "~", "own": len(code), "below": below,
        "levels": [one for one in (len(code), below) if one is not None],
        "oldest": oldest_day(now), "hour": hour, "hour_starts": datetime.fromtimestamp(hour * 3600, tz=UTC),
        "midnight": hour_of(midnight_after(now)), "now": now,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_READ, given)
        for area, kind, state, matter, bucket, count in cursor.fetchall():
            line = whole if area == code else inside.setdefault(area, Line(area))
            if kind == TallyKind.OPEN:
                line.states[state] += count
                line.matters[matter or ""] += count
            elif kind == TallyKind.DUE:
                line.due[bucket] += count
            else:
                line.received[date_of(int(bucket))] += count
    inside = {area: line for area, line in sorted(inside.items()) if line.open}
    return Board(now, whole, inside, _restricted(viewer, code))


def _restricted(viewer: Actor, code: str) -> Found:
    """Open restricted cases of the area that the list shows the viewer, counted up to a bound as lists are."""
    ready = _restricted_ids(viewer, code)
    found = set(ready.fetch()) if ready is not None else ()
    return Found(min(len(found), MOST_COUNTED), MOST_COUNTED)


@lru_cache(maxsize=256)
def _restricted_ids(viewer: Actor, code: str) -> Ready | None:
    open_here = Q(within([code]), IS_OPEN, restricted=True, drill=False)
    parts = [
        rows.filter(open_here).order_by().values_list("pk")[:MOST_COUNTED]
        for rows in (*restricted_branches(viewer), branch_by_orders(viewer))
        if rows is not None
    ]
    return Ready(united(parts)) if parts else None


def counted(*, now: datetime) -> dict[Cell, int]:
    """Every cell as it is read now, tallies and changes together; empty ones are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT level, area_code, kind, state, matter, slot, sum(count)::int FROM ("
            "SELECT level, area_code, kind, state, matter, slot, count FROM cases_tally "
            f"UNION ALL {CELLS.format(rows='cases_tallychange')}) found "
            "WHERE kind <> 'received' OR slot >= %(oldest)s GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(count) <> 0",
            every_level(now),
        )
        return {tuple(row[:6]): row[6] for row in cursor.fetchall()}


def every_level(now: datetime) -> dict[str, Any]:
    """What `CELLS` and `STANDING` take to give the cells of all levels."""
    oldest = oldest_day(now)
    since = datetime.combine(date_of(oldest), time.min, tzinfo=SHANGHAI)
    return {"levels": list(LEVELS), "oldest": oldest, "since": since}
