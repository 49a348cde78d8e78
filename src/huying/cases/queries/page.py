"""One case whole, for its page: every row that belongs to it, read once each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from uuid import UUID

from django.db.models import Q
from django.db.models.expressions import RawSQL

from huying.approvals.models import Approval
from huying.audit import queries as audit
from huying.audit.models import History
from huying.cases.models import (
    IS_OPEN,
    Addition,
    Answer,
    Case,
    ContactAttempt,
    Errand,
    Feedback,
    Remark,
    Report,
    SiteVisit,
    WhistlePart,
    WorkOrder,
)
from huying.cases.queries.scope import COLUMNS, branches_seen_by, one, seen_by
from huying.clocks import queries as clocks
from huying.clocks.models import Clock
from huying.files import queries as files
from huying.files.models import Attachment
from huying.kernel.actor import Actor, ActorKind, upper_bound
from huying.kernel.ready import ID, Ready, Together
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
    lines: list[History]  # of the case itself


def rows_of(case_id: UUID, viewer: Actor) -> CaseRows | None:
    """One case without photos and its orders' history; None where it is missing or not the viewer's to see."""
    case = one(case_id, viewer)
    if case is None:
        return None
    told = dict(zip(_PARTS, _of_case().fetch(case=case_id), strict=True))
    told["recusals"] = told["recusals"] if case.recused else []
    clocks.with_stretches(told["clocks"])
    return CaseRows(case=case, **told)


_PARTS = (
    "orders", "reports", "additions", "clocks", "answers", "attempts", "feedback", "visits", "remarks", "approvals",
    "recusals", "lines",
)  # fmt: skip


def case_and_orders() -> RawSQL:
    """The ids of the case in the gap `ID` and of its orders: what clocks and approvals hang on."""
    return RawSQL("SELECT %s::uuid UNION ALL SELECT o.id FROM cases_workorder o WHERE o.case_id = %s", [ID, ID])


@cache
def _of_case() -> Together:
    """All that hangs on one case, in the order of `_PARTS`: each by its own index, together in one round trip."""
    things = case_and_orders()
    return Together(
        WorkOrder.objects.filter(case_id=ID).select_related("unit", "handler", "given_to").order_by("offered_at", "id"),
        Report.objects.filter(case_id=ID).select_related("contact").order_by("received_at", "id"),
        Addition.objects.filter(report__case_id=ID).order_by("added_at", "id"),
        Clock.objects.filter(object_id__in=things, stopped_at=None).order_by("started_at", "id"),
        Answer.objects.filter(case_id=ID).order_by("written_at", "id"),
        ContactAttempt.objects.filter(case_id=ID).order_by("made_at", "id"),
        Feedback.objects.filter(case_id=ID).order_by("said_at", "id"),
        SiteVisit.objects.filter(case_id=ID).order_by("made_at", "id"),
        Remark.objects.filter(case_id=ID).order_by("made_at", "id"),
        Approval.objects.filter(object_id__in=things).order_by("asked_at", "id"),
        Recusal.objects.filter(object_id=ID).select_related("unit", "account").order_by("pk"),
        History.objects.filter(kind="case", object_id=ID).order_by("id"),
        case=ID,
    )


def history_of(rows: CaseRows, *, everything: bool) -> list[History]:
    """The case's history, newest first; with `everything`, also the lines of its orders."""
    lines = list(rows.lines)
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
        "errand": list(Errand.objects.filter(case_id=case_id).values_list("pk", flat=True)),
        "whistle": list(WhistlePart.objects.filter(whistle__case_id=case_id).values_list("pk", flat=True)),
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
    ready = _near(viewer, case.confidential)
    if ready is None:
        return []
    found = ready.objects(
        Case, COLUMNS, begin=within, end=upper_bound(within), type=type_code, case=case.pk,
        since=case.received_at - LIKE_WITHIN, until=case.received_at + LIKE_WITHIN,
    )  # fmt: skip
    alike = [other for other in found if other.drill == case.drill]
    return sorted(alike, key=lambda other: (other.received_at, other.pk), reverse=True)


_BEGIN, _END, _TYPE = "\x00begin", "\x00end", "\x00type"  # gaps; nobody can type them
_SINCE, _UNTIL = datetime(1, 1, 4, tzinfo=UTC), datetime(1, 1, 5, tzinfo=UTC)


@lru_cache(maxsize=256)
def _near(viewer: Actor, confidential: bool) -> Ready | None:
    condition = IS_OPEN & Q(
        area_code__gte=_BEGIN,
        area_code__lt=_END,
        type_code=_TYPE,
        confidential=confidential,
        received_at__gte=_SINCE,
        received_at__lte=_UNTIL,
    )
    branches = [
        branch.filter(condition).exclude(pk=ID).order_by("-received_at", "-id").values_list(*COLUMNS)[:MOST_LIKE]
        for branch in branches_seen_by(viewer, still_open=True)
    ]
    if not branches:
        return None
    rows = branches[0] if len(branches) == 1 else branches[0].union(*branches[1:])
    return Ready(rows, begin=_BEGIN, end=_END, type=_TYPE, since=_SINCE, until=_UNTIL, case=ID)


def linked(case: Case, viewer: Actor) -> dict[str, list[Case]]:
    """Cases that are tied to this one and that the viewer may see: merged into it, its target, what it follows."""
    above = tuple(pk for pk in (case.merged_into_id, case.follows_id, case.part_of_id) if pk is not None)
    comes_again = viewer.kind == ActorKind.PERSON and viewer.report_id is None  # a reporter looks at one report
    ready = (_tied if comes_again else _tied.__wrapped__)(viewer)
    found = ready.objects(Case, COLUMNS, case=case.pk, above=above or (_NONE,))
    return {
        "merged": [other for other in found if other.merged_into_id == case.pk],
        "into": [other for other in found if other.pk == case.merged_into_id],
        "follows": [other for other in found if other.pk == case.follows_id],
        "followed_by": [other for other in found if other.follows_id == case.pk],
        "part_of": [other for other in found if other.pk == case.part_of_id],
        "parts": [other for other in found if other.part_of_id == case.pk],
    }


_NONE, _ABOVE = UUID(int=0), UUID(int=2)


@lru_cache(maxsize=256)
def _tied(viewer: Actor) -> Ready:
    ties = Q(merged_into=ID) | Q(follows=ID) | Q(part_of=ID) | Q(pk__in=[_ABOVE])
    rows = seen_by(viewer).filter(ties).order_by("received_at", "pk")
    return Ready(rows.values_list(*COLUMNS)[:MOST_LIKE], case=ID, above=_ABOVE)


def by_number(number: str, viewer: Actor) -> Case | None:
    """The case with this number, if the viewer may see it."""
    found = Case.objects.filter(number=number.strip().upper()).values_list("pk", flat=True).first()
    return None if found is None else one(found, viewer)
