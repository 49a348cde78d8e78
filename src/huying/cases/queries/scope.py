"""What a viewer sees: the branches of scope, and one case out of them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from huying.cases.models import Case, Report, WorkOrder
from huying.cases.rules import LIVE_ORDERS, OrderState
from huying.kernel.actor import Actor, ActorKind, upper_bound
from huying.people.models import Recusal
from huying.people.rules import Duty

STREET_LENGTH = 9
FOR_A_UNIT = (Duty.READ, Duty.HANDLE, Duty.SIGN)  # a post alone gives no duty, and shows nothing
ON_IT = (OrderState.OFFERED, OrderState.ACCEPTED, OrderState.DONE, OrderState.REWORK, OrderState.COMPLETED)


def within(codes: Iterable[str], column: str = "area_code") -> Q:
    """One index range a prefix."""
    condition = Q(pk__in=[])
    for code in codes:
        condition |= (
            Q(**{f"{column}__gte": code, f"{column}__lt": upper_bound(code)}) if code else Q(**{f"{column}__gte": ""})
        )
    return condition


def not_recused(viewer: Actor) -> Q:
    """Cases that neither the viewer nor one of the viewer's units keeps away from."""
    kept_away = Recusal.objects.filter(object_id=OuterRef("pk"))
    mine = Q(account_id=viewer.id)
    if viewer.bodies:
        mine |= Q(unit_id__in=viewer.bodies)
    return Q(~Exists(kept_away.filter(mine)))


def _restricted_codes(viewer: Actor, duty: str) -> list[str]:
    return [code for code in viewer.areas(duty) if len(code) <= STREET_LENGTH]


def units_worked_for(viewer: Actor) -> list[UUID]:
    """The viewer's units whose orders the viewer may see: a post there, and a duty that reaches it."""
    return [one for one in viewer.units if any(viewer.may_for_unit(duty, one) for duty in FOR_A_UNIT)]


def by_order(units: list[UUID]) -> Q:
    """Cases on which one of these units holds an order, or finished one; restricted ones by a live order alone."""
    orders = WorkOrder.objects.filter(unit_id__in=units)
    live = orders.filter(state__in=[str(one) for one in sorted(LIVE_ORDERS)])
    return Q(pk__in=orders.filter(state__in=[str(one) for one in ON_IT]).values("case_id")) & (
        Q(restricted=False) | Q(pk__in=live.values("case_id"))
    )


def area_branches(viewer: Actor) -> list[QuerySet[Case]]:
    """What a person sees by place alone: by area, and restricted cases by the duties that open them."""
    every = Case.objects.defer("search")
    branches = [every.filter(within([code]), restricted=False) for code in viewer.areas(Duty.READ)]
    confidential = _restricted_codes(viewer, Duty.CONFIDENTIAL)
    if confidential:
        branches.append(every.filter(within(confidential), not_recused(viewer), restricted=True))
    supervise = _restricted_codes(viewer, Duty.SUPERVISE)
    if supervise:
        branches.append(every.filter(within(supervise), not_recused(viewer), restricted=True, confidential=False))
    return branches


def branches_seen_by(viewer: Actor) -> list[QuerySet[Case]]:
    """The ways a viewer sees cases, each its own index range: by area, restricted ones, by the unit's orders, taken.

    A case is included if, and only if, the viewer may see it. A row may come from two branches.
    """
    every = Case.objects.defer("search")
    if viewer.kind in (ActorKind.SYSTEM, ActorKind.RULE):
        return [every]
    if viewer.report_id is not None:
        return [every.filter(pk__in=Report.objects.filter(pk=viewer.report_id).values("case_id"))]
    if viewer.kind != ActorKind.PERSON:
        return []
    branches = area_branches(viewer)
    units = units_worked_for(viewer)
    if units:
        branches.append(every.filter(not_recused(viewer), by_order(units)))
    if viewer.id is not None and viewer.has(Duty.REPORT):
        # What was taken down and then became confidential is no longer theirs: it does not exist for them.
        taken = Report.objects.filter(taken_by_id=viewer.id)
        branches.append(every.filter(restricted=False, pk__in=taken.values("case_id")))
    return branches


def seen_by(viewer: Actor) -> QuerySet[Case]:
    """All that a viewer may see as one queryset: cheap by primary key, not for lists."""
    branches = branches_seen_by(viewer)
    if not branches:
        return Case.objects.none()
    condition = Q(pk__in=[])
    for branch in branches:
        condition |= Q(pk__in=branch.order_by().values("pk"))
    return Case.objects.defer("search").filter(condition) if len(branches) > 1 else branches[0]


def one(case_id: UUID, viewer: Actor) -> Case | None:
    """One case, or None where it is missing or not the viewer's to see."""
    for branch in branches_seen_by(viewer):
        found = branch.filter(pk=case_id).first()
        if found is not None:
            return found
    return None


def holder_of(case_id: UUID) -> UUID | None:
    """The case that holds the reports of a merged one, at the end of all merges; None where it is not merged."""
    into = Case.objects.values_list("merged_into_id", flat=True)
    holder, further = None, into.filter(pk=case_id).first()
    while further is not None:
        holder, further = further, into.filter(pk=further).first()
    return holder


def absorbed_by(case_id: UUID) -> set[UUID]:
    """The case and all that were merged into it, also by way of others."""
    found = more = {case_id}
    while more := set(Case.objects.filter(merged_into_id__in=more).values_list("pk", flat=True)):
        found = found | more
    return found


def locked(case_id: UUID, viewer: Actor) -> Case | None:
    """One case under a row lock, if the viewer may see it.

    The lock comes first and the scope after it, so that what is seen is what stands after others' acts.
    """
    case = Case.objects.defer("search").select_for_update(of=("self",)).filter(pk=case_id).first()
    return None if case is None or one(case_id, viewer) is None else case
