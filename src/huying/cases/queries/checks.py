"""What in our own work wants a second look: read of the last 30 days, for those who supervise there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from huying.cases.models import Case, ContactAttempt, WorkOrder
from huying.cases.queries.calling import hours_in
from huying.cases.queries.scope import seen_by_area, within
from huying.cases.rules import CallResult, ContactKind, OrderState
from huying.cases.rules.checks import LAST_PART, QUICK, WINDOW, Call, CallDoubt, Check, doubtful, returns_often
from huying.clocks.models import Clock
from huying.files.models import Attachment
from huying.files.rules import FilePurpose
from huying.kernel.actor import Actor
from huying.matters.rules import Step
from huying.people.rules import Duty

MOST = 50


@dataclass(frozen=True)
class Finding:
    """One case that wants a second look, when it happened; `doubt` and `other` where the kind has them."""

    case: Case
    at: datetime
    doubt: CallDoubt | None = None
    other: Case | None = None


@dataclass(frozen=True)
class UnitReturns:
    """A unit that gives many of its orders back."""

    unit_id: UUID
    unit: str
    returned: int
    orders: int


def _cases(viewer: Actor, now: datetime) -> QuerySet[Case]:
    """Cases of the window where the viewer supervises, as far as the viewer sees them."""
    return seen_by_area(viewer).filter(
        within(viewer.areas(Duty.SUPERVISE)), received_at__gte=now - WINDOW, imported=False, drill=False
    )


def findings(viewer: Actor, *, now: datetime) -> dict[Check, list[Finding]]:
    """At most fifty of each kind, the latest first."""
    cases = _cases(viewer, now)
    orders = WorkOrder.objects.filter(case__in=cases.values("pk"), done_at__isnull=False).select_related("case")
    quick = orders.filter(done_at__lt=F("offered_at") + QUICK)
    return {
        Check.QUICK: _of_orders(quick),
        Check.SAME_PHOTO: _same_photos(cases),
        Check.LAST_MOMENT: _at_the_last_moment(cases),
        Check.CALLS: _calls(cases, now),
    }


def _of_orders(orders: QuerySet[WorkOrder]) -> list[Finding]:
    rows = orders.order_by("-done_at", "pk")[:MOST]
    return [Finding(one.case, one.done_at) for one in rows if one.done_at is not None]


def _at_the_last_moment(cases: QuerySet[Case]) -> list[Finding]:
    """Cases whose handling stopped in the last part of its limit, and not after it."""
    clocks = Clock.objects.filter(
        step=Step.HANDLE, object_id__in=cases.values("pk"), stopped_at__lte=F("due_at"), due_at__gt=F("started_at")
    ).annotate(ahead=F("due_at") - F("stopped_at"), limit_length=F("due_at") - F("started_at"))
    rows = clocks.filter(ahead__lte=F("limit_length") / LAST_PART).order_by("-stopped_at", "pk")[:MOST]
    found = [(one.object_id, one.stopped_at) for one in rows]
    known = {one.pk: one for one in cases.filter(pk__in={key for key, _at in found})}
    return [Finding(known[key], at) for key, at in found if at is not None and key in known]


def _same_photos(cases: QuerySet[Case]) -> list[Finding]:
    """Pictures after the work that show up in two cases of the window, the later of them first."""
    proofs = Attachment.objects.filter(
        owner_kind="case", owner_id__in=cases.values("pk"), purpose=FilePurpose.AFTER, emptied_at=None
    )
    doubled = proofs.order_by().values("sha256").annotate(cases=Count("owner_id", distinct=True)).filter(cases__gt=1)
    rows = list(proofs.filter(sha256__in=doubled.values("sha256")).order_by("-added_at", "pk")[: 4 * MOST])
    known = {one.pk: one for one in cases.filter(pk__in={row.owner_id for row in rows})}
    alike: dict[str, list[Attachment]] = defaultdict(list)
    for row in rows:
        if all(other.owner_id != row.owner_id for other in alike[row.sha256]):
            alike[row.sha256].append(row)
    return [
        Finding(known[one.owner_id], one.added_at, other=known[other.owner_id])
        for found in alike.values()
        for one, other in zip(found, found[1:], strict=False)
        if one.owner_id in known and other.owner_id in known
    ][:MOST]


def _calls(cases: QuerySet[Case], now: datetime) -> list[Finding]:
    made = ContactAttempt.objects.filter(
        case__in=cases.values("pk"), kind=ContactKind.CALL_BACK, result=CallResult.REACHED
    ).select_related("case")
    rows = {one.pk: one for one in made}
    found: list[Finding] = []
    by_desk: dict[str, list[ContactAttempt]] = defaultdict(list)
    for one in rows.values():
        by_desk[one.case.desk_code].append(one)
    for desk, calls in by_desk.items():
        told = [Call(one.pk, one.made_by, timezone.localtime(one.made_at)) for one in calls]
        for key, doubt in doubtful(told, hours_in(desk, timezone.localdate(now))):
            found.append(Finding(rows[key].case, rows[key].made_at, doubt=doubt))
    return sorted(found, key=lambda one: (one.at, one.case.pk), reverse=True)[:MOST]


def returning_units(viewer: Actor, *, now: datetime) -> list[UnitReturns]:
    """Units that gave back a third of their orders or more, by name and not by rank; ten orders at the least."""
    cases = Case.objects.filter(pk=OuterRef("case_id"))
    orders = WorkOrder.objects.filter(Exists(cases.filter(pk__in=_cases(viewer, now).values("pk"))))
    rows: Iterable[tuple[UUID, str, int, int]] = (
        orders.order_by()
        .values_list("unit_id", "unit__name")
        .annotate(returned=Count("pk", filter=Q(state=OrderState.RETURNED)), orders=Count("pk"))
    )
    found = [UnitReturns(*row) for row in rows if returns_often(row[2], row[3])]
    return sorted(found, key=lambda one: (one.unit, one.unit_id))
