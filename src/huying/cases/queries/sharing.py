"""What the handlers of a unit have in hand now: for the unit's own members, and nobody else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, Max, Q
from django.utils import timezone

from huying.cases.models import Sharing, WorkOrder
from huying.cases.rules.sharing import Load
from huying.cases.rules.words import UNFINISHED_ORDERS
from huying.kernel.actor import Actor, ActorKind
from huying.people import queries as people
from huying.people.models import Organisation
from huying.people.rules import Duty


def loads_of(unit_id: UUID, *, now: datetime) -> list[Load]:
    """The unit's handlers by name, each with the count of orders in hand."""
    members = people.members_of(unit_id, Duty.HANDLE, now=now)
    heads = {one.pk for one in people.members_of(unit_id, Duty.SIGN, now=now)}
    today = timezone.localdate(now)
    away = people.away_on([one.pk for one in members], today)
    midnight = timezone.make_aware(datetime.combine(today + timedelta(days=1), time.min))
    mine = WorkOrder.objects.filter(
        unit_id=unit_id, state__in=[str(one) for one in sorted(UNFINISHED_ORDERS)], given_to__isnull=False
    )
    counts = mine.order_by().values("given_to").annotate(
        open=Count("pk"),
        late=Count("pk", filter=Q(due_at__lte=now)),
        today=Count("pk", filter=Q(due_at__gt=now, due_at__lt=midnight)),
    )  # fmt: skip
    found = {row["given_to"]: row for row in counts}
    last = dict(
        WorkOrder.objects.filter(given_to__in=members, unit_id=unit_id)
        .order_by()
        .values_list("given_to")
        .annotate(Max("given_at"))
    )
    return [
        Load(
            one.pk, one.name, given_at=last.get(one.pk), away_until=away.get(one.pk), signs=one.pk in heads,
            **{name: found[one.pk][name] if one.pk in found else 0 for name in ("open", "today", "late")},
        )
        for one in members
    ]  # fmt: skip


def units_shared_by(viewer: Actor) -> list[UUID]:
    """The units whose work the viewer divides or does: own units, with the duty for them."""
    if viewer.kind != ActorKind.PERSON:
        return []
    return [unit for unit in viewer.units if any(viewer.may_for_unit(duty, unit) for duty in (Duty.HANDLE, Duty.SIGN))]


def named_units(unit_ids: Iterable[UUID]) -> list[Organisation]:
    return sorted(people.units(unit_ids).values(), key=lambda one: (one.name, one.pk))


def switched_on(unit_ids: Iterable[UUID]) -> frozenset[UUID]:
    """Of these units those that give out by rule."""
    return frozenset(Sharing.objects.filter(unit_id__in=set(unit_ids), on=True).values_list("unit_id", flat=True))
