"""Open cases in a box of the map, the nearest to its middle first: as cheap for a district as for a lane.

A GiST index of the points gives them in the order of their distance, so no more is read than is shown. What has ended
is on no map: of the newest of everything there would always be too many.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import BooleanField, F, FloatField, Func, Value

from huying.cases.queries.lists import WORDS, Wanted, branches_found, is_lasting, together
from huying.cases.search import question
from huying.kernel.actor import Actor
from huying.kernel.ready import MOMENT, Ready
from huying.kernel.refusals import Invalid
from huying.kernel.terms import _

MOST = 500
_NUMBER = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,17})?")


@dataclass(frozen=True)
class Box:
    """Degrees of WGS84."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def of(cls, text: str) -> Box:
        """From `west,south,east,north`. Raises Invalid for anything else, an empty box too."""
        parts = text.split(",")
        if len(parts) == 4 and all(_NUMBER.fullmatch(one) for one in parts):
            west, south, east, north = (float(one) for one in parts)
            if -180 <= west < east <= 180 and -90 <= south < north <= 90:
                return cls(west, south, east, north)
        raise Invalid({"box": [_("地图范围要写成“西,南,东,北”四个度数。")]})

    @property
    def middle(self) -> tuple[float, float]:
        return (self.west + self.east) / 2, (self.south + self.north) / 2


class Dot(NamedTuple):
    """An open case on the map."""

    away: float  # degrees from the middle of the box
    id: UUID
    lng: float
    lat: float
    title: str
    due_from: datetime | None
    yellow_at: datetime | None
    due_at: datetime | None


def _point(lng: Any, lat: Any) -> Func:
    return Func(lng, lat, function="point", output_field=FloatField())


class _Apart(Func):
    template = "%(expressions)s"
    arg_joiner = " <-> "
    output_field = FloatField()


class _Inside(Func):
    template = "%(expressions)s"
    arg_joiner = " <@ "
    output_field = BooleanField()


_GAPS: dict[str, Any] = {
    "west": -180.5,
    "south": -90.5,
    "east": 180.5,
    "north": 90.5,
    "lng": 181.5,
    "lat": 91.5,
}  # lie nowhere


def open_in_box(viewer: Actor, wanted: Wanted, box: Box, *, now: datetime, most: int = MOST) -> tuple[list[Dot], bool]:
    """At most `most` open cases in the box that the filter finds, and whether there are more.

    A case is included if, and only if, the viewer may see it: an exact point is shown to nobody else.
    """
    if wanted.state == "all":
        wanted = replace(wanted, state="open")
    asked = question(wanted.words)
    if not wanted.by_due or (wanted.words.strip() and not asked):  # none of these is open, or can be asked for
        return [], False
    known = _boxed if is_lasting(wanted) else _boxed.__wrapped__
    ready = known(viewer, replace(wanted, words=WORDS if asked else ""), most)
    if ready is None:
        return [], False
    lng, lat = box.middle
    rows = ready.fetch(
        now=now, words=asked, west=box.west, south=box.south, east=box.east, north=box.north, lng=lng, lat=lat
    )
    found = sorted({row[1]: Dot._make(row) for row in rows}.values(), key=lambda one: one[:2])
    return found[:most], len(found) > most


@lru_cache(maxsize=256)
def _boxed(viewer: Actor, wanted: Wanted, most: int) -> Ready | None:
    here, gaps = _point(F("lng"), F("lat")), {name: Value(gap) for name, gap in _GAPS.items()}
    corners = (_point(gaps["west"], gaps["south"]), _point(gaps["east"], gaps["north"]))
    inside = _Inside(here, Func(*corners, function="box", output_field=FloatField()))
    parts = (
        branch.filter(inside, lng__isnull=False, lat__isnull=False)
        .annotate(away=_Apart(here, _point(gaps["lng"], gaps["lat"])))
        .order_by("away", "id")
        .values_list("away", "id", "lng", "lat", "title", "due_from", "yellow_at", "due_at")[: most + 1]
        for branch in branches_found(viewer, wanted, now=MOMENT)
    )
    return together(parts, **_GAPS)
