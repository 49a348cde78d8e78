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

from django.db.models import BooleanField, Exists, F, FloatField, Func, QuerySet, Value, When
from django.db.models import Case as Case_
from django.db.models.lookups import Exact

from huying.cases.models import IS_OPEN, STREET, Case
from huying.cases.queries.lists import (
    WORDS,
    Wanted,
    fits,
    found_beyond,
    is_lasting,
    open_branches,
    street_looked_at,
    together,
    told,
)
from huying.cases.queries.scope import area_ways, in_ways, seen_by_area
from huying.cases.search import question
from huying.kernel.actor import Actor
from huying.kernel.ready import MOMENT, Ready, fetched, united
from huying.kernel.refusals import Invalid
from huying.kernel.terms import _

MOST = 500
LOOKED_AT = 2_000  # points, of whoever's sub-district they are: two milliseconds
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


@dataclass(frozen=True)
class _Nearest:
    """The statement of a box that may be wider than the viewer's sub-district.

    `looked` takes the viewer's among the nearest of all. Where these are too few and there are more in the box, `found`
    reads what is open in the sub-district, whatever lies between. It also has what the viewer sees wherever it lies.
    """

    before: str
    looked: Ready
    found: Ready
    most: int

    def fetch(self, **given: Any) -> list[tuple[Any, ...]]:
        names = ", ".join(Dot._fields)
        return fetched(
            f"{self.before} looked AS MATERIALIZED "
            f"(SELECT {names} FROM ({self.looked.text(**given)}) AS one ({names}, hit) WHERE hit "
            f"ORDER BY away, id LIMIT {self.most + 1}) (SELECT * FROM looked) UNION ALL ({self.found.text(**given)})"
        )


@lru_cache(maxsize=256)
def _boxed(viewer: Actor, wanted: Wanted, most: int) -> Ready | _Nearest | None:
    here, gaps = _point(F("lng"), F("lat")), {name: Value(gap) for name, gap in _GAPS.items()}
    corners = (_point(gaps["west"], gaps["south"]), _point(gaps["east"], gaps["north"]))
    inside = _Inside(here, Func(*corners, function="box", output_field=FloatField()))
    away = _Apart(here, _point(gaps["lng"], gaps["lat"]))

    def placed(branch: QuerySet[Any, Any], where: Any = inside) -> QuerySet[Any, Any]:
        rows: QuerySet[Any, Any] = branch.filter(where, lng__isnull=False, lat__isnull=False).annotate(away=away)
        return rows

    def nearest(branch: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        return placed(branch).order_by("away", "id").values_list(*Dot._fields)[: most + 1]

    before, branches = found_beyond(viewer), open_branches(viewer, wanted)
    street = street_looked_at(viewer, wanted)
    if not street or wanted.words:
        return together(map(nearest, branches), before=before, **_GAPS)
    every, asked = placed(Case.objects.filter(IS_OPEN)), fits(wanted, now=MOMENT)
    hit = Case_(When(asked & in_ways(viewer), then=Value(True)), default=Value(False))
    looked = every.order_by("away", "id").annotate(hit=hit).values_list(*Dot._fields, "hit")[:LOOKED_AT]
    # Neither by the index of points nor in its order: it would go through the same points again.
    apart = Func(F("away"), template="(0 + (%(expressions)s))", output_field=FloatField())
    own = placed(
        seen_by_area(viewer).filter(asked, Exact(STREET, Value(street))),
        Case_(When(inside, then=Value(True)), default=Value(False)),
    )
    own = own.filter(told(f"(SELECT count(*) FROM looked) <= {most}"), Exists(every[LOOKED_AT : LOOKED_AT + 1]))
    here_and_beyond = [
        own.order_by(apart, "id").values_list(*Dot._fields)[: most + 1],
        *map(nearest, branches[len(area_ways(viewer)) :]),
    ]
    values: dict[str, Any] = {"now": MOMENT, **_GAPS}
    return _Nearest(
        before=f"{before.rstrip()}," if before else "WITH",
        looked=Ready(looked, anew=True, **values),
        found=Ready(united(here_and_beyond), anew=True, **values),
        most=most,
    )
