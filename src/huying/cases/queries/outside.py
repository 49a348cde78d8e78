"""Reads for programs: one case in few statements, orders, reports and clocks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from uuid import UUID

from huying.cases.models import Case, Report, WorkOrder
from huying.cases.queries.page import case_and_orders
from huying.cases.queries.scope import (
    area_branches,
    branches_seen_by,
    by_order,
    not_recused,
    one,
    seen_by,
    units_worked_for,
)
from huying.cases.rules import LIVE_ORDERS, OUTSIDERS, OrderState
from huying.clocks import queries as clocks
from huying.clocks.models import Clock
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.paging import Page
from huying.kernel.ready import ID, Together
from huying.people.rules import Duty

NO_CASE = UUID(int=0)


@dataclass(frozen=True)
class Whole:
    """One case with what a program asks for most: two more statements."""

    case: Case
    orders: list[WorkOrder]
    reports: list[Report]
    clocks: list[Clock]
    hides_callers: bool


def whole(case_id: UUID, viewer: Actor) -> Whole | None:
    """One case; None where it is missing or not the viewer's to see."""
    case = one(case_id, viewer)
    if case is None:
        return None
    orders, reports, every = _of_case().fetch(case=case_id)
    clocks.with_stretches(every)
    return Whole(case, orders, reports, every, hides_callers(case, orders, viewer))


@cache
def _of_case() -> Together:
    return Together(
        WorkOrder.objects.filter(case_id=ID).select_related("unit").order_by("offered_at", "id"),
        Report.objects.filter(case_id=ID).select_related("contact").order_by("received_at", "id"),
        Clock.objects.filter(object_id__in=case_and_orders(), object_kind__in=("case", "order")).order_by(
            "started_at", "id"
        ),
        case=ID,
    )


def hides_callers(case: Case, orders: list[WorkOrder], viewer: Actor) -> bool:
    """Whether the viewer sees the case only through an order of a unit from outside the administration."""
    if viewer.may(Duty.READ, case.area_code):
        return False
    mine = [one.unit.kind for one in orders if one.unit_id in viewer.units]
    return bool(mine) and all(kind in OUTSIDERS for kind in mine)


def orders_found(
    viewer: Actor, *, state: str = "live", unit_id: UUID | None = None, page: Page[WorkOrder]
) -> list[WorkOrder]:
    """Orders of cases that the viewer may see: of a named unit, else of the viewer's units, else of their areas."""
    rows = WorkOrder.objects.select_related("unit", "case").defer("case__search")
    if state == "live":
        rows = rows.filter(state__in=[str(state) for state in sorted(LIVE_ORDERS)])
    elif state != "all":
        rows = rows.filter(state=state)
    if unit_id is not None:
        rows = rows.filter(unit_id=unit_id)
    branches = [rows.filter(case__in=cases.order_by().values("pk")) for cases in area_branches(viewer)]
    mine = [unit for unit in units_worked_for(viewer) if unit_id in (None, unit)]
    if mine and viewer.kind == ActorKind.PERSON:
        seen = Case.objects.filter(not_recused(viewer), by_order(mine)).values("pk")
        branches.append(rows.filter(unit_id__in=mine, case__in=seen).exclude(state__in=_GONE))
    return page.of(branches, order=("-offered_at", "-id"))


_GONE = [str(OrderState.RETURNED), str(OrderState.CANCELLED)]


def order_seen(order_id: UUID, viewer: Actor) -> WorkOrder | None:
    """One order of a case that the viewer may see."""
    found = WorkOrder.objects.filter(pk=order_id).select_related("unit").first()
    return found if _seen(found, viewer) else None


def report_seen(report_id: UUID, viewer: Actor) -> Report | None:
    """One report of a case that the viewer may see."""
    found = Report.objects.filter(pk=report_id).select_related("contact").first()
    return found if _seen(found, viewer) else None


def _seen(found: WorkOrder | Report | None, viewer: Actor) -> bool:
    """Asked also for what is missing, of the case that is none: the statements tell nobody that it was there."""
    return one(found.case_id if found is not None else NO_CASE, viewer) is not None


def seen_among(case_ids: set[UUID], viewer: Actor) -> set[UUID]:
    """Which of these cases the viewer may see: one statement."""
    if not case_ids or not branches_seen_by(viewer):
        return set()
    return set(seen_by(viewer).filter(pk__in=case_ids).order_by().values_list("pk", flat=True))


def cases_of_orders(order_ids: set[UUID]) -> dict[UUID, UUID]:
    return dict(WorkOrder.objects.filter(pk__in=order_ids).values_list("pk", "case_id")) if order_ids else {}
