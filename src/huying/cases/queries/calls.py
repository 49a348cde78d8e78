"""What a call back needs of many cases at once, and of one: its earlier neighbours by place and matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet

from huying.cases.models import Answer, Case, ContactAttempt, Feedback, Report, WorkOrder
from huying.cases.queries.scope import branches_seen_by, within
from huying.cases.rules import ContactKind
from huying.clocks.models import Clock
from huying.kernel.actor import Actor
from huying.places.rules import community_of

SAME_WITHIN = timedelta(days=90)
MOST_SAME = 8


@dataclass
class Spoken:
    """What was said about a case: its reports, calls back, ratings and answers; and the orders it was worked on by."""

    reports: list[Report] = field(default_factory=list)
    attempts: list[ContactAttempt] = field(default_factory=list)
    feedback: list[Feedback] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    orders: list[WorkOrder] = field(default_factory=list)


def spoken_of(case_ids: Iterable[UUID]) -> dict[UUID, Spoken]:
    """For ids that a query gave for the same viewer: five statements, however many cases."""
    wanted = set(case_ids)
    found = {one: Spoken() for one in wanted}
    for report in Report.objects.filter(case_id__in=wanted).select_related("contact").order_by("received_at", "id"):
        found[report.case_id].reports.append(report)
    calls = ContactAttempt.objects.filter(case_id__in=wanted, kind=ContactKind.CALL_BACK)
    for attempt in calls.order_by("made_at", "id"):
        found[attempt.case_id].attempts.append(attempt)
    for said in Feedback.objects.filter(case_id__in=wanted).order_by("said_at", "id"):
        found[said.case_id].feedback.append(said)
    for answer in Answer.objects.filter(case_id__in=wanted).order_by("written_at", "id"):
        found[answer.case_id].answers.append(answer)
    for order in WorkOrder.objects.filter(case_id__in=wanted).order_by("offered_at", "id"):
        found[order.case_id].orders.append(order)
    return found


def late_steps_of(objects: Mapping[UUID, Iterable[UUID]], now: datetime) -> dict[UUID, int]:
    """For each case (with the ids of its orders) how many steps were done after their time, or still are: by the
    clocks of case and orders, as they ran. For cases that a query gave for the same viewer."""
    case_of = {one: case_id for case_id, orders in objects.items() for one in (case_id, *orders)}
    found = dict.fromkeys(objects, 0)
    late = Q(stopped_at__gt=F("due_at")) | Q(stopped_at=None, paused_at=None, due_at__lt=now)
    for object_id in Clock.objects.filter(late, object_id__in=case_of).values_list("object_id", flat=True):
        found[case_of[object_id]] += 1
    return found


def same_matter(case: Case, viewer: Actor, *, now: datetime) -> list[Case]:
    """Cases of the last 90 days that the viewer sees, of this matter and in this community, the newest first.

    By matter and place alone: who called is never compared.
    """
    place = community_of(case.area_code)
    if not case.type_code or not place:
        return []
    found: dict[UUID, Case] = {}
    for branch in branches_seen_by(viewer):
        for one in _alike(branch, case, place, now):
            found[one.pk] = one
    return sorted(found.values(), key=lambda one: (one.received_at, one.pk), reverse=True)[:MOST_SAME]


def _alike(branch: QuerySet[Case], case: Case, place: str, now: datetime) -> QuerySet[Case]:
    alike = branch.filter(
        within([place]),
        type_code=case.type_code,
        confidential=case.confidential,
        received_at__gte=now - SAME_WITHIN,
    )
    return alike.exclude(pk=case.pk).order_by("-received_at", "-id")[:MOST_SAME]
