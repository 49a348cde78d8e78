"""Reads for the end of keeping: whose contact data and files nobody has a reason to keep any longer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from huying.cases.models import CampaignSpot, Case, Errand, Report, SiteVisit, WhistlePart, WorkOrder
from huying.cases.queries.scope import holder_of
from huying.cases.rules import ENDS, State


def reports_past_keeping(before: datetime, *, most: int = 500) -> list[tuple[UUID, UUID]]:
    """Case and report of contact data that is still kept though its case ended before a moment, the oldest first.

    Contact data that also belongs to a report of a case that goes on, or ended later, is not among them.
    """
    needed = Report.objects.filter(contact=OuterRef("contact")).filter(
        Q(case__ended_at__isnull=True) | Q(case__ended_at__gte=before)
    )
    rows = Report.objects.filter(
        ~Exists(needed), case__ended_at__lt=before, contact__erased_at=None, contact__isnull=False
    )
    return list(rows.order_by("case__ended_at", "pk").values_list("case_id", "pk")[:most])


def resting_cases(ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """Since when each of these cases has ended; one that goes on, or is objected to again, is left out.

    A merged case rests as the case does that holds its reports.
    """
    ended = [str(one) for one in sorted(ENDS)]
    found: dict[UUID, datetime] = {}
    rows = Case.objects.filter(pk__in=list(ids), state__in=ended, ended_at__isnull=False)
    for case_id, state, since in rows.values_list("pk", "state", "ended_at"):
        if since is None:
            continue
        if state != State.MERGED:
            found[case_id] = since
            continue
        holder = Case.objects.filter(pk=holder_of(case_id) or case_id, state__in=ended).first()
        if holder is not None and holder.pk != case_id and holder.ended_at is not None:
            found[case_id] = max(since, holder.ended_at)
    return found


def resting_reports(ids: Iterable[UUID]) -> dict[UUID, datetime]:
    return _resting(dict(Report.objects.filter(pk__in=list(ids)).values_list("pk", "case_id")))


def resting_orders(ids: Iterable[UUID]) -> dict[UUID, datetime]:
    return _resting(dict(WorkOrder.objects.filter(pk__in=list(ids)).values_list("pk", "case_id")))


def resting_visits(ids: Iterable[UUID]) -> dict[UUID, datetime]:
    return _resting(dict(SiteVisit.objects.filter(pk__in=list(ids)).values_list("pk", "case_id")))


def resting_whistles(ids: Iterable[UUID]) -> dict[UUID, datetime]:
    return _resting(dict(WhistlePart.objects.filter(pk__in=list(ids)).values_list("pk", "whistle__case_id")))


def resting_errands(ids: Iterable[UUID]) -> dict[UUID, datetime]:
    return _resting(dict(Errand.objects.filter(pk__in=list(ids)).values_list("pk", "case_id")))


def resting_spots(ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """Photos of a campaign's places rest from its end."""
    rows = CampaignSpot.objects.filter(pk__in=list(ids), campaign__closed_at__isnull=False)
    return {pk: closed_at for pk, closed_at in rows.values_list("pk", "campaign__closed_at") if closed_at is not None}


def _resting(cases: dict[UUID, UUID]) -> dict[UUID, datetime]:
    since = resting_cases(set(cases.values()))
    return {row: since[case_id] for row, case_id in cases.items() if case_id in since}
