"""The scan: before a file is held, and again for those that no scanner has seen; a hit is shut away, on the record."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from huying.audit import actions as audit
from huying.files import events, storage
from huying.files.models import Attachment, HeldUpload, Quarantined
from huying.files.rules import IMAGES, PreparedFile, ScanState
from huying.files.scanning import scan
from huying.kernel.actor import Actor
from huying.kernel.refusals import Invalid
from huying.kernel.terms import _

BATCH = 200


def checked(prepared: PreparedFile, *, which: str, actor: Actor, now: datetime) -> PreparedFile:
    """The file with what the scanner says. Raises Invalid for a hit, which is kept apart and written down.

    Not inside a longer transaction: what is shut away must stay so though the form is refused.
    """
    if prepared.kind in IMAGES:
        return prepared
    found = scan(prepared.data)
    if found.state != ScanState.HIT:
        return replace(prepared, scan=found.state)
    _shut_away(
        prepared.data, prepared.kind, prepared.size, prepared.sha256, found.finding, None, "", actor=actor, now=now
    )
    raise Invalid(
        _("%(which)s没有通过安全检查，没有收下，也没有人会打开它。请换一个文件，或改用文字和照片说明。")
        % {"which": which}
    )


@transaction.atomic
def _shut_away(
    data: bytes,
    kind: str,
    size: int,
    sha256: str,
    finding: str,
    attachment_id: UUID | None,
    area_code: str,
    *,
    actor: Actor,
    now: datetime,
) -> Quarantined:
    row = Quarantined.objects.create(
        kind=kind, size=size, sha256=sha256, finding=finding, found_at=now, attachment_id=attachment_id
    )
    storage.quarantine(row.pk, data)
    audit.append(
        kind="file",
        object_id=attachment_id or row.pk,
        verb="quarantine",
        actor=actor,
        at=now,
        area_code=area_code,
        facts={"quarantined": row.pk, "sha256": sha256},
    )
    return row


def scan_again(*, actor: Actor, now: datetime, most: int = BATCH) -> int:
    """Scan kept files that no scanner has seen; says how many were. Nothing happens without a scanner."""
    if not getattr(settings, "FILES_SCAN", ""):
        return 0
    waiting = Attachment.objects.filter(scan=ScanState.UNSCANNED, emptied_at=None).order_by("id")
    return sum(_scan_one(file_id, actor=actor, now=now) for file_id in waiting.values_list("pk", flat=True)[:most])


@transaction.atomic
def _scan_one(file_id: UUID, *, actor: Actor, now: datetime) -> int:
    row = (
        Attachment.objects.select_for_update(skip_locked=True)
        .filter(pk=file_id, scan=ScanState.UNSCANNED, emptied_at=None)
        .first()
    )
    if row is None:
        return 0
    try:
        data = storage.path_of(row.pk, row.kind, preview=False).read_bytes()
    except FileNotFoundError:
        return 0
    found = scan(data)
    if found.state == ScanState.UNSCANNED:
        return 0
    row.scan = found.state
    if found.state == ScanState.HIT:
        _shut_away(data, row.kind, row.size, row.sha256, found.finding, row.pk, row.area_code, actor=actor, now=now)
        row.name, row.opening, had_words, row.lexemes = "", "", bool(row.lexemes), []
        HeldUpload.objects.filter(pk=row.pk).delete()
        storage.remove(row.pk, row.kind)
        if had_words:
            events.words_gone.emit(at=now, owner_kind=row.owner_kind, owners=[row.owner_id])
    row.save(update_fields=["scan", "name", "opening", "lexemes"])
    return 1
