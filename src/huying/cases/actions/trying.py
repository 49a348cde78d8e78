"""What an act would say to many cases, before anybody does it: its own step, walked on dockets that nobody writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from huying.approvals.models import Approval
from huying.cases.actions.acting import Act
from huying.cases.actions.docket import Docket, Knowledge
from huying.cases.models import Case, Report, WorkOrder
from huying.cases.queries import seen_by
from huying.clocks.models import Clock, Stretch
from huying.kernel.actor import Actor
from huying.kernel.refusals import Refusal

Arguments = Callable[[Docket], dict[str, Any]]  # of the act for one case; may refuse


def tried(
    act: Act[Any], case_ids: Iterable[UUID], arguments: Arguments, *, actor: Actor, now: datetime
) -> dict[UUID, Refusal | None]:
    """For each of these cases that the actor sees: None where the act would be done, else why not.

    Nothing is locked and nothing is written; who acts a moment later may be told otherwise.
    """
    found: dict[UUID, Refusal | None] = {}
    for docket in _opened(seen_by(actor).filter(pk__in=set(case_ids)).order_by("pk")):
        why = None
        try:
            act.step(docket, **arguments(docket), actor=actor, now=now)
        except Refusal as refusal:
            why = refusal
        found[docket.case.pk] = why
    return found


def _opened(cases: Iterable[Case]) -> list[Docket]:
    """Dockets read together, in a fixed number of statements."""
    knowledge = Knowledge()
    dockets = {one.pk: Docket(case=one, knowledge=knowledge, tried=True) for one in cases}
    owners: dict[UUID, Docket] = dict(dockets)
    rows = WorkOrder.objects.filter(case_id__in=dockets).select_related("unit", "handler")
    for order in rows.order_by("offered_at", "id"):
        owners[order.pk] = dockets[order.case_id]
        dockets[order.case_id].orders.append(order)
    reports = Report.objects.filter(case_id__in=dockets).select_related("contact").order_by("received_at", "id")
    for report in reports:
        dockets[report.case_id].reports.append(report)
    clocks = Clock.objects.filter(object_id__in=owners, stopped_at=None).order_by("started_at", "id")
    of_clock: dict[UUID, Docket] = {}
    for clock in clocks:
        of_clock[clock.pk] = owners[clock.object_id]
        owners[clock.object_id].clocks.append(clock)
    for docket in dockets.values():
        docket._stretches, docket._approvals = defaultdict(list), []
    for stretch in Stretch.objects.filter(clock_id__in=of_clock).order_by("pk"):
        of_clock[stretch.clock_id].stretches[stretch.clock_id].append(stretch)
    for approval in Approval.objects.filter(object_id__in=owners).order_by("asked_at", "id"):
        owners[approval.object_id].approvals.append(approval)
    return list(dockets.values())
