"""Requests that nobody has decided yet, by case."""

from __future__ import annotations

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalState
from huying.cases.models import Case, WorkOrder
from huying.cases.queries.scope import seen_by, within
from huying.kernel.actor import Actor
from huying.people.rules import Duty


def undecided(viewer: Actor, *, most: int) -> list[tuple[Case, Approval]]:
    """Requests about cases of the viewer's areas that wait for a decision, whose ever it is, the oldest first."""
    codes = viewer.areas(Duty.READ)
    if not codes:
        return []
    asked = Approval.objects.filter(within(codes), state=ApprovalState.ASKED).order_by("asked_at", "pk")[: 2 * most]
    rows = list(asked)
    by_order = dict(
        WorkOrder.objects.filter(pk__in=[one.object_id for one in rows if one.object_kind == "order"]).values_list(
            "pk", "case_id"
        )
    )
    case_of = {one.pk: by_order.get(one.object_id, one.object_id) for one in rows}
    cases = {one.pk: one for one in seen_by(viewer).filter(pk__in=set(case_of.values()))}
    return [(cases[case_of[one.pk]], one) for one in rows if case_of[one.pk] in cases][:most]
