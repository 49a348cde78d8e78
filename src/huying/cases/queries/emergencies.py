"""Reads of emergencies: which go on where, what is ready, who is on duty, what was reported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from uuid import UUID

from django.db.models import Min, Q, QuerySet

from huying.cases.models import (
    IS_OPEN,
    Case,
    ContactAttempt,
    DutyShift,
    Emergency,
    SiteVisit,
    TreeRun,
    WhistlePart,
    WorkOrder,
)
from huying.cases.queries.scope import seen_by, within
from huying.cases.rules import CallResult, ContactKind
from huying.cases.rules.emergencies import Running
from huying.clocks import queries as clocks
from huying.kernel.actor import Actor, ActorKind
from huying.people.models import Appointment
from huying.people.queries import running as in_office
from huying.people.rules import Duty
from huying.places.models import RescueResource

AHEAD = timedelta(days=3)  # shifts that are shown before they begin
MOST = 100
MOST_TOLD = 1000  # cases of a report

_lock = Lock()
_kept: tuple[str, tuple[Running, ...]] | None = None


def running() -> tuple[Running, ...]:
    """Every emergency that goes on, kept in the process until the mark of the clocks changes: each switches limits."""
    global _kept
    present, kept = clocks.mark(), _kept
    if kept is None or kept[0] != present:
        with _lock:
            kept = _kept = (present, tuple(_read()))
    return kept[1]


def _read() -> Iterable[Running]:
    for one in Emergency.objects.filter(ended_at=None).order_by("since", "id"):
        yield Running(one.pk, one.season, one.alert, one.area_code, one.drill, one.since)


def told_to(viewer: Actor) -> list[Running]:
    """What stands on top of the pages of staff: emergencies of an area that they work in, around or inside it."""
    mine = {one.area_code for one in viewer.grants}
    return [
        one
        for one in running()
        if any(one.area_code.startswith(code) or code.startswith(one.area_code) for code in mine)
    ]


def told_to_all() -> list[Running]:
    """What stands on top of the pages of residents: never a drill."""
    return [one for one in running() if not one.drill]


def emergencies_seen_by(viewer: Actor) -> QuerySet[Emergency]:
    """Emergencies of an area that the viewer works in, around or inside it."""
    return Emergency.objects.all() if viewer.kind == ActorKind.SYSTEM else Emergency.objects.filter(_touching(viewer))


def _touching(viewer: Actor) -> Q:
    """Areas that a grant of the viewer lies in, around or inside."""
    condition = Q(pk__in=[])
    for code in {one.area_code for one in viewer.grants}:
        around = [code[:length] for length in range(1, len(code) + 1)]
        condition |= within([code]) | Q(area_code__in=around)
    return condition


def emergency(emergency_id: UUID, viewer: Actor) -> Emergency | None:
    return emergencies_seen_by(viewer).filter(pk=emergency_id).first()


def past(viewer: Actor) -> list[Emergency]:
    """Those that the viewer may see, the latest first."""
    return list(emergencies_seen_by(viewer).order_by("-since", "-pk")[:MOST])


def reported(found: Emergency, viewer: Actor, *, most: int = MOST) -> list[Case]:
    """The hazards that were reported in an emergency and that the viewer may see, the latest first."""
    rows = seen_by(viewer).filter(in_emergency__emergency=found)
    return list(rows.order_by("-received_at", "-pk")[:most])


def open_in_drill(drill: Emergency) -> list[UUID]:
    """The open cases of a drill, with all that were split off from them: a part before what it is a part of."""
    reported = Case.objects.filter(in_emergency__emergency=drill, drill=True)
    level = list(reported.order_by("pk").values_list("pk", flat=True))
    found = dict.fromkeys(level)
    while level:
        split_off = Case.objects.filter(Q(follows__in=level) | Q(part_of__in=level), drill=True)
        level = [pk for pk in split_off.order_by("pk").values_list("pk", flat=True) if pk not in found]
        found |= dict.fromkeys(level)
    going = set(Case.objects.filter(IS_OPEN, pk__in=list(found)).values_list("pk", flat=True))
    return [pk for pk in reversed(found) if pk in going]


@dataclass(frozen=True)
class OrderTimes:
    """One order: when it was offered, signed for, done; in which unit."""

    unit: str
    offered_at: datetime
    accepted_at: datetime | None
    done_at: datetime | None


@dataclass(frozen=True)
class CaseTimes:
    """One case of an emergency by its times: first contact, first arrival on the spot, orders, end."""

    case: Case
    contacted_at: datetime | None
    arrived_at: datetime | None
    answered_at: datetime | None  # a call tree
    orders: list[OrderTimes]


def times_of(found: Emergency, viewer: Actor) -> list[CaseTimes]:
    """What happened when in an emergency, by case, the first received first: in five statements, as far as seen."""
    cases = sorted(reported(found, viewer, most=MOST_TOLD), key=lambda case: (case.received_at, case.pk))
    keys = [case.pk for case in cases]
    contacted = _first(
        ContactAttempt.objects.filter(case__in=keys, kind=ContactKind.FIRST, result=CallResult.REACHED), "made_at"
    )
    arrived = _first(SiteVisit.objects.filter(case__in=keys), "made_at")
    parts = WhistlePart.objects.filter(whistle__case__in=keys, arrived_at__isnull=False)
    for case_id, at in _first(parts, "arrived_at", case="whistle__case_id").items():
        arrived[case_id] = min(at, arrived.get(case_id, at))
    answered = _first(TreeRun.objects.filter(case__in=keys, answered_by__isnull=False), "ended_at")
    orders: dict[UUID, list[OrderTimes]] = {}
    rows = WorkOrder.objects.filter(case__in=keys).select_related("unit").order_by("offered_at", "pk")
    for row in rows:
        times = OrderTimes(row.unit.name, row.offered_at, row.accepted_at, row.done_at)
        orders.setdefault(row.case_id, []).append(times)
    return [
        CaseTimes(
            one, contacted.get(one.pk), arrived.get(one.pk), answered.get(one.pk), orders.get(one.pk, [])
        )
        for one in cases
    ]  # fmt: skip


def _first(rows: QuerySet[Any], moment: str, *, case: str = "case_id") -> dict[UUID, datetime]:
    """The first moment of each case."""
    return dict(rows.order_by().values_list(case).annotate(first=Min(moment)).values_list(case, "first"))


def resources(area_code: str, viewer: Actor) -> list[RescueResource]:
    """Rescue resources of an area and of those around it, as far as the viewer reads there."""
    around = [area_code[:length] for length in range(1, len(area_code))]
    rows = RescueResource.objects.filter(within([area_code]) | Q(area_code__in=around), until=None)
    mine = [*viewer.areas(Duty.READ), *viewer.areas(Duty.KEEP_PLACES)]
    return list(rows.filter(within(mine)).order_by("kind", "area_code", "name")[:MOST])


@dataclass(frozen=True)
class OnDuty:
    """A shift, and the names of those who hold its post in its unit, for whoever reads there."""

    shift: DutyShift
    names: list[str]
    now: bool


def shifts(area_code: str, viewer: Actor, *, now: datetime) -> list[OnDuty]:
    """Which posts are on duty in an area now and in the coming days."""
    rows = DutyShift.objects.filter(
        within([area_code]) & _touching(viewer), ends_at__gt=now, begins_at__lt=now + AHEAD
    ).select_related("unit")
    found = list(rows.order_by("begins_at", "pk")[:MOST])
    held: dict[tuple[UUID, str], list[str]] = {}
    posts = Appointment.objects.filter(
        in_office(now), organisation__in={one.unit_id for one in found}, post__in={one.post for one in found}
    )
    for unit_id, post, name in posts.order_by("account__name").values_list("organisation_id", "post", "account__name"):
        held.setdefault((unit_id, post), []).append(name)
    return [
        OnDuty(
            one,
            held.get((one.unit_id, one.post), []) if viewer.may(Duty.READ, one.area_code) else [],
            one.begins_at <= now,
        )
        for one in found
    ]
