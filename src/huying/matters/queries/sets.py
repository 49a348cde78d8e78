"""Reads of sets of limits: which hold where, the limit that follows, the sets and the history of switching."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from threading import Lock
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch, Q, QuerySet
from django.utils import translation

from huying.clocks import queries as clocks
from huying.clocks.rules import Limit
from huying.kernel.actor import Actor, ActorKind, upper_bound
from huying.kernel.paging import Page
from huying.kernel.terms import _
from huying.matters.models import LimitSet, LimitSwitch, SetLimit
from huying.matters.queries import LimitRow, limit_row
from huying.matters.rules.seasons import LEVELS, Held, Season, SetLine, found_in, set_name

_lock = Lock()
_kept: tuple[str, tuple[Held, ...]] | None = None


def switches() -> tuple[Held, ...]:
    """Every switch there was, kept in the process until the mark of the clocks changes: they are few."""
    global _kept
    present, kept = clocks.mark(), _kept
    if kept is None or kept[0] != present:
        with _lock:
            kept = _kept = (present, _read())
    return kept[1]


def _read() -> tuple[Held, ...]:
    rows = LimitSwitch.objects.select_related("limit_set").prefetch_related("limit_set__lines")
    return tuple(held(one) for one in rows.order_by("since", "id"))


def held(one: LimitSwitch) -> Held:
    """A stored switch as the rules want it."""
    ends = [moment for moment in (one.until, one.ended_at) if moment is not None]
    return Held(
        id=one.pk,
        season=one.season,
        alert=one.limit_set.alert,
        number=one.limit_set.number,
        area_code=one.area_code,
        drill=one.drill,
        since=one.since,
        until=min(ends) if ends else None,
        lines={(line.type_code, line.step, line.grade): (line.limit, line.line) for line in one.limit_set.lines.all()},
    )


def limit_holding(
    type_code: str, step: str, grade: str, version: str = "", *, area_code: str, at: datetime, drill: bool = False
) -> LimitRow:
    """The limit of a step in an area then: of a set that holds there, else the catalogue's."""
    found = found_in(switches(), type_code, step, grade, area_code=area_code, at=at, drill=drill)
    if found is None:
        return limit_row(type_code, step, grade, version)
    switch, limit, line = found
    return LimitRow(Limit.parse(limit), _line_words(switch, line))


def _line_words(switch: Held, line: int) -> str:
    """Where a limit stands. Kept with the clock, so in our language, whichever one they speak who start it."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(_("%(name)s时限 第 %(number)s 版 第 %(line)s 行")) % {
            "name": set_name(switch.season, switch.alert),
            "number": switch.number,
            "line": line,
        }


def set_for(season: str, alert: str, area_code: str) -> LimitSet | None:
    """The newest version for an occasion: the area's own before those of the areas around it."""
    around = [area_code[:length] for length in range(len(area_code) + 1)]
    rows = LimitSet.objects.filter(season=season, alert=alert, area_code__in=around)
    return max(rows, key=lambda one: (len(one.area_code), one.number), default=None)


def sets_for(area_code: str) -> list[LimitSet]:
    """The newest version for each occasion, with its lines."""
    around = [area_code[:length] for length in range(len(area_code) + 1)]
    lines = Prefetch("lines", SetLimit.objects.order_by("line"))
    rows = LimitSet.objects.filter(area_code__in=around).prefetch_related(lines)
    newest: dict[tuple[str, str], LimitSet] = {}
    for one in sorted(rows, key=lambda row: (len(row.area_code), row.number)):
        newest[one.season, one.alert] = one
    return [
        newest[season.value, str(alert)]
        for season in Season
        for alert in LEVELS[season]
        if (season.value, str(alert)) in newest
    ]


def lines_of(one: LimitSet) -> list[SetLine]:
    return [
        SetLine(row.type_code, row.step, row.grade, row.limit)
        for row in sorted(one.lines.all(), key=lambda row: row.line)
    ]


def _touching(codes: Iterable[str]) -> Q:
    """Areas inside one of these, and areas around them: what is switched there holds here."""
    condition = Q(pk__in=[])
    for code in codes:
        around = [code[:length] for length in range(1, len(code) + 1)]
        condition |= Q(area_code__gte=code, area_code__lt=upper_bound(code)) | Q(area_code__in=around)
    return condition


def switches_seen_by(viewer: Actor) -> QuerySet[LimitSwitch]:
    """Switches that hold or held where the viewer reads."""
    rows = LimitSwitch.objects.select_related("limit_set")
    return rows if viewer.kind == ActorKind.SYSTEM else rows.filter(_touching({one.area_code for one in viewer.grants}))


def switches_on(viewer: Actor) -> list[LimitSwitch]:
    """What is switched on where the viewer reads, the latest first."""
    return list(switches_seen_by(viewer).filter(ended_at=None).order_by("-since", "-id"))


def switched(viewer: Actor, *, page: Page[LimitSwitch]) -> list[LimitSwitch]:
    """The history of switching, the latest first."""
    return page.of([switches_seen_by(viewer)], order=("-since", "-id"))


def switch(switch_id: UUID) -> LimitSwitch | None:
    """One switch with its set, for listeners."""
    return LimitSwitch.objects.select_related("limit_set").filter(pk=switch_id).first()


def over_at(now: datetime) -> list[UUID]:
    """Switches whose stated end has come."""
    return list(
        LimitSwitch.objects.filter(ended_at=None, until__lte=now).order_by("until").values_list("pk", flat=True)
    )
