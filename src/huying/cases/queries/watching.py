"""What leaders keep an eye on: open cases of an area by unit and kind, counted and listed by one condition each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalState
from huying.cases.models import IS_OPEN, Case, Whistle, WorkOrder
from huying.cases.queries.scope import within
from huying.cases.rules import LIVE_ORDERS, OrderRole, OwnStep
from huying.cases.rules.watching import Watch
from huying.cases.rules.whistles import OVER
from huying.clocks.models import Clock
from huying.kernel.actor import Actor
from huying.kernel.paging import Page
from huying.kernel.refusals import NotFound
from huying.people.rules import Duty
from huying.places import queries as places

MOST_DATES = 12


def _conditions(now: datetime) -> dict[Watch, Q]:
    """What makes an open case one of a kind: the count and its rows read the same."""
    orders = WorkOrder.objects.filter(case=OuterRef("pk"))
    undecided = Approval.objects.filter(state=ApprovalState.ASKED)
    return {
        Watch.RED: Q(due_at__lte=now),
        Watch.YELLOW: Q(yellow_at__lte=now, due_at__gt=now),
        Watch.SUPERVISED: ~Q(supervision=""),
        Watch.WHISTLED: Q(whistled=True)
        & Q(Exists(Whistle.objects.filter(case=OuterRef("pk")).exclude(state__in=[str(one) for one in sorted(OVER)]))),
        Watch.ASKED: Q(Exists(orders.filter(return_asked=True)))
        | Q(Exists(undecided.filter(object_id=OuterRef("pk")))),
        Watch.AGAIN: Q(round__gt=1),
        Watch.HELD: Q(held_since__isnull=False),
    }


def _open(viewer: Actor, code: str) -> QuerySet[Any]:
    """Open cases of an area that the viewer supervises whole; restricted ones are on nobody's board.

    Raises NotFound elsewhere, the same for an area that does not exist.
    """
    there = not code or places.is_known(code)
    if not there or not viewer.may(Duty.SUPERVISE, code) or not viewer.may(Duty.READ, code):
        raise NotFound("area")
    lead = WorkOrder.objects.filter(
        case=OuterRef("pk"), round=OuterRef("round"), role=OrderRole.LEAD,
        state__in=[str(one) for one in sorted(LIVE_ORDERS)],
    )  # fmt: skip
    rows = Case.objects.defer("search").filter(IS_OPEN, within([code]), restricted=False, drill=False)
    return rows.annotate(lead_unit=Subquery(lead.values("unit_id")[:1]))


Counts = Mapping[UUID | None, Mapping[Watch, int]]


def watched(viewer: Actor, code: str, *, now: datetime) -> Counts:
    """How many of each kind, by the unit that leads; None for what no unit has. One statement. Raises as `_open`."""
    conditions = _conditions(now)
    kinds = {str(kind): Count("pk", filter=condition) for kind, condition in conditions.items()}
    anything = Q()
    for condition in conditions.values():
        anything |= condition
    rows = _open(viewer, code).filter(anything).order_by().values("lead_unit").annotate(**kinds)
    found: dict[UUID | None, dict[Watch, int]] = defaultdict(dict)
    for row in rows:
        found[row["lead_unit"]] = {kind: row[str(kind)] for kind in conditions}
    return found


@dataclass(frozen=True)
class Behind:
    """Which rows a number opens: of all units, of one, or of none."""

    kind: Watch
    unit_id: UUID | None = None
    unled: bool = False


def rows_behind(viewer: Actor, code: str, asked: Behind, *, now: datetime, page: Page[Case]) -> list[Case]:
    """The cases behind a number of `watched`, one page, the longest waiting first. Raises as `_open`."""
    rows = _open(viewer, code).filter(_conditions(now)[asked.kind])
    if asked.unled:
        rows = rows.filter(lead_unit=None)
    elif asked.unit_id is not None:
        rows = rows.filter(lead_unit=asked.unit_id)
    return page.of([rows], order=("received_at", "pk"))


@dataclass(frozen=True)
class Promise:
    """A case with a day on which somebody has to look or report again."""

    case: Case
    at: datetime | None
    day: date | None  # of review, where it is held


def promises(viewer: Actor, code: str) -> list[Promise]:
    """The next dates: reports on supervised cases, days of review of held ones. Two statements. Raises as `_open`."""
    rows = _open(viewer, code)
    ids = rows.filter(~Q(supervision="")).order_by().values("pk")
    due = Clock.objects.filter(object_id__in=ids, step=OwnStep.SUPERVISE, stopped_at=None).values("due_at")
    supervised = (
        rows.filter(~Q(supervision=""))
        .annotate(report_due=Subquery(due.filter(object_id=OuterRef("pk"))[:1]))
        .filter(report_due__isnull=False)
        .order_by("report_due", "pk")[:MOST_DATES]
    )
    held = rows.filter(held_since__isnull=False).order_by(F("held_until").asc(), "pk")[:MOST_DATES]
    return [
        *(Promise(one, one.report_due, None) for one in supervised),
        *(Promise(one, None, one.held_until) for one in held),
    ]


__all__ = ["Behind", "Counts", "Promise", "promises", "rows_behind", "watched"]
