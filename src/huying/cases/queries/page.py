"""One case whole, for its page: every row that belongs to it, read once each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Q

from huying.approvals.models import Approval
from huying.audit import queries as audit
from huying.audit.models import History
from huying.cases.models import (
    Addition,
    Answer,
    Case,
    ContactAttempt,
    Feedback,
    Remark,
    Report,
    SiteVisit,
    WorkOrder,
)
from huying.cases.queries.scope import branches_seen_by, one, seen_by
from huying.cases.rules import OPEN
from huying.clocks import queries as clocks
from huying.clocks.models import Clock
from huying.files import queries as files
from huying.files.models import Attachment
from huying.kernel.actor import Actor, upper_bound
from huying.people.models import Recusal
from huying.places.rules import community_of, street_of

LIKE_WITHIN = timedelta(days=30)
MOST_LIKE = 20


@dataclass
class CaseRows:
    """The rows of one case, oldest first."""

    case: Case
    orders: list[WorkOrder]
    reports: list[Report]
    additions: list[Addition]
    clocks: list[Clock]
    answers: list[Answer]
    attempts: list[ContactAttempt]
    feedback: list[Feedback]
    visits: list[SiteVisit]
    remarks: list[Remark]
    approvals: list[Approval]
    recusals: list[Recusal]


def rows_of(case_id: UUID, viewer: Actor) -> CaseRows | None:
    """Everything of one case but history and photos; None where it is missing or not the viewer's to see."""
    case = one(case_id, viewer)
    if case is None:
        return None
    orders = list(WorkOrder.objects.filter(case=case).select_related("unit", "handler").order_by("offered_at", "id"))
    reports = list(Report.objects.filter(case=case).select_related("contact").order_by("received_at", "id"))
    ids = [case.pk, *(order.pk for order in orders)]
    every = list(Clock.objects.filter(object_id__in=ids, stopped_at=None).order_by("started_at", "id"))
    clocks.with_stretches(every)
    return CaseRows(
        case=case,
        orders=orders,
        reports=reports,
        additions=list(Addition.objects.filter(report__case=case).order_by("added_at", "id")),
        clocks=every,
        answers=list(Answer.objects.filter(case=case).order_by("written_at", "id")),
        attempts=list(ContactAttempt.objects.filter(case=case).order_by("made_at", "id")),
        feedback=list(Feedback.objects.filter(case=case).order_by("said_at", "id")),
        visits=list(SiteVisit.objects.filter(case=case).order_by("made_at", "id")),
        remarks=list(Remark.objects.filter(case=case).order_by("made_at", "id")),
        approvals=list(Approval.objects.filter(object_id__in=ids).order_by("asked_at", "id")),
        recusals=list(Recusal.objects.filter(object_id=case.pk).select_related("unit", "account").order_by("pk"))
        if case.recused
        else [],
    )


def history_of(rows: CaseRows, *, everything: bool) -> list[History]:
    """The case's history, newest first; with `everything`, also the lines of its orders."""
    lines = audit.history_of("case", [rows.case.pk])
    if everything:
        lines += audit.history_of("order", [order.pk for order in rows.orders])
    return sorted(lines, key=lambda line: line.pk, reverse=True)


def files_of(rows: CaseRows) -> list[Attachment]:
    """Every photo, document and recording of the case, its reports, orders and visits: one statement."""
    return files.every_of(
        {
            "case": [rows.case.pk],
            "report": [report.pk for report in rows.reports],
            "order": [order.pk for order in rows.orders],
            "visit": [visit.pk for visit in rows.visits],
        }
    )


def photo(case_id: UUID, file_id: UUID, viewer: Actor) -> Attachment | None:
    """One file of a case, or None where the case or the file is not the viewer's to see."""
    if one(case_id, viewer) is None:
        return None
    owners = {
        "case": [case_id],
        "report": list(Report.objects.filter(case_id=case_id).values_list("pk", flat=True)),
        "order": list(WorkOrder.objects.filter(case_id=case_id).values_list("pk", flat=True)),
        "visit": list(SiteVisit.objects.filter(case_id=case_id).values_list("pk", flat=True)),
    }
    return next((found for found in files.every_of(owners) if found.pk == file_id), None)


def photos_of(rows: CaseRows) -> list[Attachment]:
    """Every photo of the case, its reports, orders and visits."""
    return files.photos_in(files_of(rows))


def near(case: Case, type_code: str, viewer: Actor) -> list[Case]:
    """Open cases that the viewer sees, of a matter, in the case's community and weeks: what may be one matter.

    By matter and place alone: who called is never compared.
    """
    if not type_code:
        return []
    within = community_of(case.area_code) or street_of(case.area_code) or case.area_code
    condition = Q(area_code__gte=within, area_code__lt=upper_bound(within)) & Q(
        state__in=[str(state) for state in sorted(OPEN)],
        type_code=type_code,
        confidential=case.confidential,
        received_at__gte=case.received_at - LIKE_WITHIN,
        received_at__lte=case.received_at + LIKE_WITHIN,
    )
    branches = [
        branch.filter(condition).exclude(pk=case.pk).order_by("-received_at", "-id")[:MOST_LIKE]
        for branch in branches_seen_by(viewer)
    ]
    if not branches:
        return []
    found = list(branches[0].union(*branches[1:])) if len(branches) > 1 else list(branches[0])
    return sorted(found, key=lambda other: (other.received_at, other.pk), reverse=True)


def linked(case: Case, viewer: Actor) -> dict[str, list[Case]]:
    """Cases that are tied to this one and that the viewer may see: merged into it, its target, what it follows."""
    ties = Q(merged_into=case.pk) | Q(follows=case.pk)
    above = [pk for pk in (case.merged_into_id, case.follows_id) if pk is not None]
    if above:
        ties |= Q(pk__in=above)
    found = list(seen_by(viewer).filter(ties).order_by("received_at", "pk")[:MOST_LIKE])
    return {
        "merged": [other for other in found if other.merged_into_id == case.pk],
        "into": [other for other in found if other.pk == case.merged_into_id],
        "follows": [other for other in found if other.pk == case.follows_id],
        "followed_by": [other for other in found if other.follows_id == case.pk],
    }


def by_number(number: str, viewer: Actor) -> Case | None:
    """The case with this number, if the viewer may see it."""
    found = Case.objects.filter(number=number.strip().upper()).values_list("pk", flat=True).first()
    return None if found is None else one(found, viewer)
