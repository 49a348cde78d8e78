"""Reads of approvals. The caller has checked that the viewer may see the objects."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from huying.approvals.models import Approval
from huying.approvals.rules import ApprovalState


def one(approval_id: UUID) -> Approval | None:
    return Approval.objects.filter(pk=approval_id).first()


def open_of(object_kind: str, object_ids: Iterable[UUID]) -> dict[UUID, list[Approval]]:
    """Undecided approvals by object, the oldest first; objects without any are left out."""
    found: dict[UUID, list[Approval]] = {}
    rows = Approval.objects.filter(
        object_kind=object_kind, object_id__in=set(object_ids), state=ApprovalState.ASKED
    ).order_by("asked_at", "pk")
    for row in rows:
        found.setdefault(row.object_id, []).append(row)
    return found


def of_object(object_kind: str, object_id: UUID) -> list[Approval]:
    """All approvals of one object, the latest first."""
    return list(Approval.objects.filter(object_kind=object_kind, object_id=object_id).order_by("-asked_at", "-pk"))
