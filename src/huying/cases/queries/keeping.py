"""Reads for the end of keeping: whose contact data nobody has a reason to keep any longer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from huying.cases.models import Report


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
