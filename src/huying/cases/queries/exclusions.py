"""Reads of exclusions from scores: kinds, what stands of one case, what is over, and how many there were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth
from django.utils import timezone

from huying.cases.models import Case, Exclusion, ExclusionKind
from huying.cases.queries.scope import within
from huying.cases.queries.street_rules import in_force_in
from huying.cases.rules.exclusions import (
    ANSWERED,
    ASKED_WITHIN,
    RENEWED_WITHIN,
    STANDING,
    STEP,
    THING,
    WAITING,
    ExclusionFacts,
    ExclusionState,
)
from huying.clocks.models import Clock
from huying.kernel.actor import Actor

MONTHS = 6
COMMUNITY = 12  # digits


def kinds(day: date, area_code: str) -> list[ExclusionKind]:
    """The version of each kind that holds on a day in an area, in the order in which they were first made."""
    return in_force_in(ExclusionKind, day, area_code)


def standing(case: Case) -> list[Exclusion]:
    """What waits or is in force of a case that the caller may see, the oldest first; asked only where there is one."""
    if not (case.excluded or case.exclusion):
        return []
    rows = Exclusion.objects.filter(case=case, state__in=STANDING).select_related("kind")
    return list(rows.order_by("asked_at", "pk"))


def waiting(rows: list[Exclusion]) -> Exclusion | None:
    return next((one for one in rows if one.state in WAITING), None)


def in_force(rows: list[Exclusion]) -> Exclusion | None:
    return next((one for one in rows if one.state == ExclusionState.IN_FORCE), None)


def facts_of(
    case: Case,
    row: Exclusion | None,
    rows: list[Exclusion],
    *,
    handlers: frozenset[UUID],
    units: frozenset[UUID],
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    evidence: str | None = None,
) -> ExclusionFacts:
    """What the guards look at: `row` is the exclusion that moves, None where one is asked for."""
    held = in_force(rows)
    today = timezone.localdate(now)
    return ExclusionFacts(
        state=ExclusionState(row.state) if row is not None else None,
        answered=case.state in ANSWERED,
        counted=not (case.restricted or case.imported or case.drill),
        recent=case.ended_at is not None and now - case.ended_at <= ASKED_WITHIN,
        waiting=waiting(rows) is not None,
        standing=held is not None,
        renewable=held is not None and held.until is not None and held.until - today <= RENEWED_WITHIN,
        objected=row is not None and row.objected_at is not None,
        hands=frozenset(row.hands) if row is not None else frozenset(),
        handlers=handlers,
        handling_units=units,
        actor_id=actor.id,
        actor_units=actor.bodies,
        reason=reason,
        evidence=evidence,
    )


def second_clock(row: Exclusion) -> Clock | None:
    """By when the second person decides."""
    return Clock.objects.filter(object_kind=THING, object_id=row.pk, step=STEP, stopped_at=None).first()


def over(now: datetime) -> Iterator[UUID]:
    """Cases with an exclusion whose day has come, or whose second person did not decide in time."""
    ended = Exclusion.objects.filter(state__in=STANDING, until__lte=timezone.localdate(now), ended_at__isnull=True)
    late = Clock.objects.filter(object_kind=THING, step=STEP, stopped_at=None, due_at__lte=now)
    lapsed = Exclusion.objects.filter(state=ExclusionState.SECONDING, pk__in=late.values("object_id"))
    yield from dict.fromkeys([*_cases(ended), *_cases(lapsed)])


def _cases(rows: QuerySet[Exclusion]) -> list[UUID]:
    return list(rows.order_by("asked_at", "pk").values_list("case_id", flat=True))


@dataclass(frozen=True)
class Published:
    """How many cases of an area were left out of scores in a month, for one reason."""

    month: date
    kind: str
    name: str
    count: int


def published(area_code: str, *, now: datetime) -> list[Published]:
    """Exclusions that came into force in an area, by month and kind: for everybody.

    This month and the five before, the latest first, kinds in their own order and never by number. Each is counted
    once, in the month in which it first came into force, also if it ended meanwhile; nothing says which case it was,
    and no area is finer than a community.
    """
    month = timezone.localdate(now).replace(day=1)
    for _number in range(MONTHS - 1):
        month = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
    since = timezone.make_aware(datetime.combine(month, datetime.min.time()))
    rows = Exclusion.objects.filter(
        within([area_code[:COMMUNITY]], "case__area_code"), granted_at__gte=since, case__restricted=False, renews=None
    )
    found: Any = rows.annotate(month=TruncMonth("granted_at")).values_list("month", "kind__code").order_by()
    names = {one.code: (place, one.name) for place, one in enumerate(kinds(timezone.localdate(now), area_code))}
    told = [
        Published(timezone.localdate(at), code, names.get(code, (0, code))[1], count)
        for at, code, count in found.annotate(count=Count("pk"))
    ]
    return sorted(told, key=lambda one: (-one.month.toordinal(), names.get(one.kind, (0, ""))[0]))


__all__ = [
    "Published",
    "facts_of",
    "in_force",
    "kinds",
    "over",
    "published",
    "second_clock",
    "standing",
    "waiting",
]
