"""What the people app asks of cases: who sees one, and which open reports hang on a person who hands over."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from huying.audit import actions as audit
from huying.cases.models import Case, Report, WhistlePart, WorkOrder
from huying.cases.queries import scope
from huying.cases.rules import ENDS
from huying.cases.rules.whistles import SEEING
from huying.cases.rules.words import UNFINISHED_ORDERS
from huying.kernel.actor import Actor
from huying.kernel.terms import _
from huying.people.handing import Carried, add_carried
from huying.people.rules import Duty
from huying.people.sight import Sight, add_sight


def declare() -> None:
    add_sight("case", sight_of)
    add_carried(Carried("orders", _("手上还没有办完的工单"), count_given, move_given))
    add_carried(Carried("reports", _("替居民上报、还没有办结的诉求"), count_taken, move_taken))


def sight_of(viewer: Actor, number: str) -> Sight | None:
    """How a case is seen; None unless the viewer sees it, or looks over grants or audits where it openly lies."""
    case = Case.objects.defer("search").filter(number=number).first()
    if case is None:
        return None
    looks = not case.restricted and any(viewer.may(duty, case.area_code) for duty in (Duty.SECURE, Duty.AUDIT))
    if not looks and scope.one(case.pk, viewer) is None:
        return None
    orders = WorkOrder.objects.filter(case=case, state__in=[str(one) for one in scope.ON_IT])
    called = WhistlePart.objects.filter(whistle__case=case, state__in=[str(one) for one in SEEING])
    return Sight(
        title=case.number,
        area_code=case.area_code,
        units=tuple(orders.values_list("unit_id", flat=True).union(called.values_list("unit_id", flat=True))),
        accounts=tuple(
            Report.objects.filter(case=case, taken_by__isnull=False).values_list("taken_by_id", flat=True).distinct()
        ),
        sees=lambda actor: scope.one(case.pk, actor) is not None,
    )


def _taken(account_id: UUID, area_code: str) -> QuerySet[Report]:
    open_cases = Case.objects.filter(scope.within([area_code])).exclude(state__in=[str(one) for one in ENDS])
    return Report.objects.filter(taken_by_id=account_id, case__in=open_cases.values("pk"))


def count_taken(account_id: UUID, area_code: str) -> int:
    return _taken(account_id, area_code).count()


def move_taken(old: UUID, new: UUID, area_code: str, actor: Actor, now: datetime) -> int:
    """Open reports that the former took down in the post's area are the successor's to follow from now on."""
    reports = list(_taken(old, area_code).select_for_update(of=("self",)).select_related("case").order_by("pk"))
    for report in reports:
        report.taken_by_id = new
        report.save(update_fields=["taken_by"])
        audit.append(
            kind="report", object_id=report.pk, verb="taken_over", actor=actor, at=now,
            area_code=report.case.area_code, facts={"from": old, "to": new},
        )  # fmt: skip
    return len(reports)


def _given(account_id: UUID, area_code: str) -> QuerySet[WorkOrder]:
    here = Case.objects.filter(scope.within([area_code]))
    unfinished = [str(one) for one in UNFINISHED_ORDERS]
    return WorkOrder.objects.filter(given_to_id=account_id, state__in=unfinished, case__in=here.values("pk"))


def count_given(account_id: UUID, area_code: str) -> int:
    return _given(account_id, area_code).count()


def move_given(old: UUID, new: UUID, area_code: str, actor: Actor, now: datetime) -> int:
    """Orders that the former had in hand in the post's area are in the successor's hand from now on."""
    orders = list(_given(old, area_code).select_for_update(of=("self",)).select_related("case").order_by("pk"))
    for order in orders:
        order.given_to_id, order.given_at = new, now
        order.save(update_fields=["given_to", "given_at"])
        audit.append(
            kind="order", object_id=order.pk, verb="taken_over", actor=actor, at=now,
            area_code=order.case.area_code, from_state=order.state, to_state=order.state,
            facts={"case": order.case_id, "from": old, "to": new},
        )  # fmt: skip
    return len(orders)
