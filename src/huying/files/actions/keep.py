"""Keep files for their owners, hold them until the form is right, erase them, sweep up."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Sum

from huying.audit import actions as audit
from huying.audit.models import History
from huying.files import events, storage
from huying.files.imaging import prepare_image
from huying.files.models import Attachment, HeldUpload, PartialUpload
from huying.files.queries import limits, session_mark
from huying.files.rules import (
    HELD_FOR,
    MOST_BYTES_HELD,
    MOST_BYTES_OF_OWNER,
    MOST_HELD,
    MOST_LEXEMES,
    MOST_OF_OWNER,
    NAME_LENGTH,
    OPENING_LENGTH,
    ORPHAN_AFTER,
    FilePurpose,
    PreparedImage,
)
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, Invalid, KeyReused, TooMany
from huying.kernel.terms import _


@dataclass(frozen=True)
class NewFile:
    """One prepared image and its owner, for `keep_many`."""

    file_id: UUID
    prepared: PreparedImage
    owner_kind: str
    owner_id: UUID
    purpose: str
    area_code: str
    actor: Actor
    at: datetime


def keep_image(
    *,
    data: bytes,
    owner_kind: str,
    owner_id: UUID,
    purpose: str,
    area_code: str,
    actor: Actor,
    now: datetime,
    file_id: UUID | None = None,
) -> Attachment:
    """Prepare and keep one image. Inside a longer transaction rather prepare first, then `keep_prepared`."""
    return keep_prepared(
        prepare_image(data, limits=limits()),
        owner_kind=owner_kind,
        owner_id=owner_id,
        purpose=purpose,
        area_code=area_code,
        actor=actor,
        now=now,
        file_id=file_id,
    )


@transaction.atomic
def keep_prepared(
    prepared: PreparedImage,
    *,
    owner_kind: str,
    owner_id: UUID,
    purpose: str,
    area_code: str,
    actor: Actor,
    now: datetime,
    file_id: UUID | None = None,
    lexemes: Sequence[str] = (),
) -> Attachment:
    """Keep a prepared (or held) file for its owner, whose app has checked scope and duty.

    `lexemes` is what a document's text adds to the search row of its case, in pieces; the text itself is not kept.

    `file_id` is the client's key: the same id for the same owner is the same photo and is returned as it is;
    raises Conflict if the id belongs to something else, KeyReused if it is another photo, Invalid if a held upload
    is gone.
    The files are on disk before the row commits; files of a transaction that failed are swept later.
    """
    purpose = FilePurpose(purpose).value
    wanted = prepared.held or file_id or uuid7()
    done = Attachment.objects.filter(pk=wanted).first()
    if done is not None:
        if (done.owner_kind, done.owner_id) != (owner_kind, owner_id):
            raise Conflict(file_id=wanted)
        if done.sha256 != prepared.sha256:
            raise KeyReused(file_id=wanted)
        return done
    attachment = Attachment(
        pk=wanted,
        owner_kind=owner_kind,
        owner_id=owner_id,
        purpose=purpose,
        area_code=area_code,
        kind=prepared.kind,
        size=prepared.size,
        width=prepared.width,
        height=prepared.height,
        sha256=prepared.sha256,
        name=prepared.name,
        pages=prepared.pages,
        seconds=prepared.seconds,
        opening=prepared.opening,
        scan=prepared.scan,
        lexemes=sorted(set(lexemes))[:MOST_LEXEMES],
        added_at=now,
    )
    _room_for(attachment)
    if prepared.held is not None:
        _claim(prepared.held, now)
    # The row first: it takes the id, so that of two with one id only the winner writes files.
    try:
        with transaction.atomic():
            attachment.save(force_insert=True)
    except IntegrityError as why:
        raise Conflict(file_id=wanted) from why
    if prepared.held is None:
        storage.write(wanted, prepared)
    audit.append(
        kind="file",
        object_id=wanted,
        verb="keep",
        actor=actor,
        at=now,
        area_code=area_code,
        facts={"owner_kind": owner_kind, "owner_id": owner_id, "purpose": purpose, "sha256": prepared.sha256},
    )
    return attachment


def _room_for(new: Attachment) -> None:
    """The quota of one report, order or case. Raises Invalid where it is full."""
    mine = Attachment.objects.filter(owner_id=new.owner_id, owner_kind=new.owner_kind, emptied_at=None)
    had = mine.aggregate(count=Count("pk"), size=Sum("size"))
    if had["count"] >= MOST_OF_OWNER or (had["size"] or 0) + new.size > MOST_BYTES_OF_OWNER:
        raise Invalid(_("这一件的文件已经很多了，不能再加。请先和经办的人联系。"))


@transaction.atomic
def keep_many(rows: Iterable[NewFile]) -> list[Attachment]:
    """`keep_prepared` for many at once (bulk worlds): the same rows; equal images are stored once and shared."""
    new = list(rows)
    attachments = [
        Attachment(
            pk=one.file_id,
            owner_kind=one.owner_kind,
            owner_id=one.owner_id,
            purpose=FilePurpose(one.purpose).value,
            area_code=one.area_code,
            kind=one.prepared.kind,
            size=one.prepared.size,
            width=one.prepared.width,
            height=one.prepared.height,
            sha256=one.prepared.sha256,
            added_at=one.at,
        )
        for one in new
    ]
    Attachment.objects.bulk_create(attachments, batch_size=1000)
    first: dict[str, UUID] = {}
    for one in new:
        like = first.setdefault(one.prepared.sha256, one.file_id)
        if like == one.file_id:
            storage.write(one.file_id, one.prepared)
        else:
            storage.share(one.file_id, one.prepared, like)
    audit.append_many(
        History(
            at=row.at,
            kind="file",
            object_id=row.file_id,
            verb="keep",
            actor_kind=str(row.actor.kind),
            actor_id=row.actor.id,
            actor_label=row.actor.label,
            area_code=row.area_code,
            facts={
                "owner_kind": row.owner_kind,
                "owner_id": row.owner_id,
                "purpose": FilePurpose(row.purpose).value,
                "sha256": row.prepared.sha256,
            },
        )
        for row in new
    )
    return attachments


def _claim(held_id: UUID, now: datetime) -> None:
    # The row stays until it expires: a form sent twice finds its photos both times. The lock keeps the sweep off.
    held = HeldUpload.objects.select_for_update().filter(pk=held_id).first()
    if held is None:
        raise Invalid({"": [_("之前选的照片已过期。请重新选择照片。")]})
    held.claimed_at, held.text = now, ""
    held.save(update_fields=["claimed_at", "text"])


def hold_image(prepared: PreparedImage, *, session_key: str, now: datetime) -> HeldUpload:
    """Hold a prepared file for a form of this session. Raises TooMany if the session holds too many or too much."""
    mark = session_mark(session_key)
    waiting = HeldUpload.objects.filter(session=mark, expires_at__gt=now, claimed_at=None)
    had = waiting.aggregate(count=Count("pk"), size=Sum("size"))
    if had["count"] >= MOST_HELD or (had["size"] or 0) + prepared.size > MOST_BYTES_HELD:
        raise TooMany(_("暂存的文件太多了。请稍后再传。"))
    held = HeldUpload(
        session=mark,
        token=secrets.token_urlsafe(32),
        kind=prepared.kind,
        size=prepared.size,
        width=prepared.width,
        height=prepared.height,
        sha256=prepared.sha256,
        name=prepared.name,
        pages=prepared.pages,
        seconds=prepared.seconds,
        opening=prepared.opening,
        text=prepared.text,
        scan=prepared.scan,
        held_at=now,
        expires_at=now + HELD_FOR,
    )
    storage.write(held.pk, prepared)
    held.save(force_insert=True)
    return held


@transaction.atomic
def erase_files(*, owner_kind: str, owner_ids: Sequence[UUID], actor: Actor, now: datetime) -> int:
    """Erase all files of these owners, rows now and files with the commit; history keeps only that it was done."""
    rows = list(Attachment.objects.select_for_update().filter(owner_kind=owner_kind, owner_id__in=owner_ids))
    for row in rows:
        audit.append(
            kind="file",
            object_id=row.pk,
            verb="erase",
            actor=actor,
            at=now,
            area_code=row.area_code,
            facts={"owner_kind": owner_kind, "owner_id": row.owner_id},
        )
        transaction.on_commit(partial(storage.remove, row.pk, row.kind))
    erased = [row.pk for row in rows]
    if any(row.lexemes for row in rows):
        events.words_gone.emit(at=now, owner_kind=owner_kind, owners=list(owner_ids))
    HeldUpload.objects.filter(pk__in=erased).delete()
    Attachment.objects.filter(pk__in=erased).delete()
    return len(rows)


@transaction.atomic
def blank_names(*, owner_ids: Sequence[UUID], blanked: Callable[[str], str]) -> int:
    """Take passages out of what files of these owners are called and begin with; what they hold for search goes."""
    changed = 0
    for row in Attachment.objects.select_for_update().filter(owner_id__in=owner_ids).order_by("pk"):
        new = (blanked(row.name)[:NAME_LENGTH], blanked(row.opening)[:OPENING_LENGTH])
        if new != (row.name, row.opening):
            row.name, row.opening, row.lexemes = *new, []
            row.save(update_fields=["name", "opening", "lexemes"])
            changed += 1
    return changed


def sweep(*, now: datetime) -> int:
    """Remove expired uploads, held or in parts, and files that no row names; says how many. Safe to run twice."""
    removed = 0
    for held_id in HeldUpload.objects.filter(expires_at__lte=now).values_list("pk", flat=True):
        removed += _drop_held(held_id)
    for upload_id in PartialUpload.objects.filter(expires_at__lte=now).values_list("pk", flat=True):
        removed += _drop_part(upload_id)
    removed += _drop_lost_parts(now)
    old = storage.stored_before(now - ORPHAN_AFTER)
    while batch := list(islice(old, 1000)):
        named = {file_id for file_id, _path in batch if file_id is not None}
        kept = set(Attachment.objects.filter(pk__in=named, emptied_at=None).values_list("pk", flat=True))
        kept |= set(HeldUpload.objects.filter(pk__in=named).values_list("pk", flat=True))
        for file_id, path in batch:
            if file_id not in kept:
                path.unlink(missing_ok=True)
                removed += 1
    return removed


@transaction.atomic
def _drop_held(file_id: UUID) -> int:
    # A row that is being claimed just now is locked by its claim: skipped, and gone or free the next time.
    row = HeldUpload.objects.select_for_update(skip_locked=True).filter(pk=file_id).first()
    if row is None:
        return 0
    row.delete()
    if not Attachment.objects.filter(pk=file_id).exists():
        transaction.on_commit(partial(storage.remove, file_id, row.kind))
    return 1


@transaction.atomic
def _drop_part(upload_id: UUID) -> int:
    row = PartialUpload.objects.select_for_update(skip_locked=True).filter(pk=upload_id).first()
    if row is None:
        return 0
    row.delete()
    transaction.on_commit(partial(storage.part_path(upload_id).unlink, missing_ok=True))
    return 1


def _drop_lost_parts(now: datetime) -> int:
    """Parts whose row is gone: a crash between the two."""
    folder, removed = storage.root() / "parts", 0
    if not folder.is_dir():
        return 0
    for path in folder.glob("*.part"):
        try:
            old = path.stat().st_mtime < (now - ORPHAN_AFTER).timestamp()
            known = old and PartialUpload.objects.filter(pk=UUID(path.stem)).exists()
        except (FileNotFoundError, ValueError):
            continue
        if old and not known:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
