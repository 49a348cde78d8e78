"""Hide parts of a photo by hand: rectangles burnt into the pixels. The uncovered photo is not kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from huying.audit import actions as audit
from huying.files import storage
from huying.files.imaging import burnt
from huying.files.models import Attachment, HeldUpload
from huying.files.queries import session_mark
from huying.files.rules import IMAGES, Box, FileKind, PreparedFile
from huying.kernel.actor import Actor
from huying.kernel.refusals import Invalid, NotFound
from huying.kernel.terms import _


@transaction.atomic
def cover_photo(file_id: UUID, boxes: Sequence[Box], *, actor: Actor, now: datetime) -> Attachment:
    """Burn rectangles into a kept photo; what was there before is gone. The owner's app has checked scope and duty.

    Raises NotFound where there is no such photo, Invalid without a rectangle.
    """
    row = Attachment.objects.select_for_update().filter(pk=file_id, kind__in=IMAGES, emptied_at=None).first()
    if row is None:
        raise NotFound("file")
    covered = _burnt(row.pk, row.kind, boxes)
    row.size, row.sha256, row.covered_at = covered.size, covered.sha256, now
    row.save(update_fields=["size", "sha256", "covered_at"])
    HeldUpload.objects.filter(pk=row.pk).update(size=row.size, sha256=row.sha256)
    audit.append(
        kind="file",
        object_id=row.pk,
        verb="cover",
        actor=actor,
        at=now,
        area_code=row.area_code,
        facts={
            "owner_kind": row.owner_kind,
            "owner_id": row.owner_id,
            "count": len(boxes),
            "sha256": row.sha256,
        },
    )
    # Written over before the commit: should the commit fail, a covered photo stands where an open one stood, never
    # the other way round.
    storage.write(row.pk, covered)
    return row


@transaction.atomic
def cover_held(token: str, boxes: Sequence[Box], *, session_key: str, now: datetime) -> HeldUpload:
    """Burn rectangles into a photo that waits for its form, in this session alone; the open one is gone."""
    row = (
        HeldUpload.objects.select_for_update()
        .filter(session=session_mark(session_key), token=token, kind__in=IMAGES, expires_at__gt=now, claimed_at=None)
        .first()
    )
    if row is None:
        raise NotFound("file")
    covered = _burnt(row.pk, row.kind, boxes)
    row.size, row.sha256 = covered.size, covered.sha256
    row.save(update_fields=["size", "sha256"])
    storage.write(row.pk, covered)
    return row


def _burnt(file_id: UUID, kind: str, boxes: Sequence[Box]) -> PreparedFile:
    if not boxes:
        raise Invalid(_("还没有画要遮的地方。请至少画一块。"))
    try:
        data = storage.path_of(file_id, kind, preview=False).read_bytes()
    except FileNotFoundError:
        raise NotFound("file") from None
    return burnt(data, FileKind(kind), boxes)
