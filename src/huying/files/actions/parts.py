"""Uploads in parts: begun with their size, continued where they stopped, held when they are whole."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Sum

from huying.files import storage
from huying.files.actions.keep import hold_image
from huying.files.actions.shutting import checked
from huying.files.imaging import prepare_image
from huying.files.models import HeldUpload, PartialUpload
from huying.files.queries import limits, partial_of, session_mark
from huying.files.reading import check_bytes, prepare_paper, prepare_sound, which_file
from huying.files.rules import (
    CHUNK,
    MOST_BYTES,
    MOST_BYTES_HELD,
    MOST_BYTES_UNDER_WAY,
    MOST_PARTS,
    PARTS_FOR,
    PreparedFile,
    Wanted,
    readable_name,
)
from huying.kernel.actor import Actor
from huying.kernel.refusals import Conflict, Invalid, NotFound, TooLarge, TooMany, Unavailable
from huying.kernel.terms import _

_SHA256 = re.compile(r"[0-9a-f]{64}")


@transaction.atomic
def begin_upload(
    *, wanted: str, name: str, size: int, sha256: str = "", session_key: str, now: datetime
) -> PartialUpload:
    """Make room for a file of so many bytes. Raises Invalid, TooLarge, TooMany (this session), Unavailable (all)."""
    if wanted not in Wanted.values or (sha256 and not _SHA256.fullmatch(sha256)):
        raise Invalid(_("上传的请求读不懂。请刷新页面再试。"))
    most = limits().bytes if wanted == Wanted.PHOTO else MOST_BYTES[Wanted(wanted)]
    check_bytes(size, which=which_file(name, None), most=most)
    mark = session_mark(session_key)
    mine = PartialUpload.objects.filter(session=mark, expires_at__gt=now, held="")
    if mine.count() >= MOST_PARTS:
        raise TooMany(_("正在上传的文件太多了。请等它们传完。"))
    waiting = HeldUpload.objects.filter(session=mark, expires_at__gt=now, claimed_at=None)
    taken = sum(rows.aggregate(size=Sum("size"))["size"] or 0 for rows in (mine, waiting))
    if taken + size > MOST_BYTES_HELD:
        raise TooMany(_("暂存的文件太多了。请稍后再传。"))
    all_of_them = PartialUpload.objects.filter(expires_at__gt=now, held="").aggregate(size=Sum("size"))["size"] or 0
    if all_of_them + size > MOST_BYTES_UNDER_WAY:
        raise Unavailable(_("现在上传的人太多。请稍后再传，或先不带文件提交。"))
    return PartialUpload.objects.create(
        session=mark,
        token=secrets.token_urlsafe(32),
        wanted=wanted,
        name=readable_name(name),
        size=size,
        sha256=sha256,
        began_at=now,
        expires_at=now + PARTS_FOR,
    )


def add_chunk(
    token: str, *, offset: int, chunk: bytes, sha256: str, session_key: str, actor: Actor, now: datetime
) -> PartialUpload:
    """Add one piece where the last one ended; the last piece makes the file a held upload (see `held`).

    Raises NotFound, Conflict where the offset is another (facts: offset), Invalid for a piece that arrived broken,
    too long or empty, and whatever is wrong with the whole.
    """
    if not chunk or len(chunk) > CHUNK:
        raise TooLarge(_("这一段太长了，没有收下。请刷新页面再试。")) if chunk else Invalid(_("这一段是空的。"))
    if sha256 and hashlib.sha256(chunk).hexdigest() != sha256:
        raise Invalid(_("这一段在路上坏了。会自动再传一次。"), broken=True)
    row = _written(token, offset, chunk, session_key=session_key, now=now)
    if row.held or row.offset < row.size:
        return row
    return _finished(row, session_key=session_key, actor=actor, now=now)


@transaction.atomic
def _written(token: str, offset: int, chunk: bytes, *, session_key: str, now: datetime) -> PartialUpload:
    row = partial_of(session_key, token, now=now, lock=True)
    if offset + len(chunk) == row.offset == row.size:
        return row  # the last piece once more: its answer was lost on the way
    if offset != row.offset or offset + len(chunk) > row.size:
        raise Conflict(_("这一段接不上。会从断开的地方接着传。"), offset=row.offset)
    try:
        storage.write_part(row.pk, offset, chunk)
    except FileNotFoundError:
        PartialUpload.objects.filter(pk=row.pk).update(offset=0)
        raise NotFound("upload") from None
    row.offset = offset + len(chunk)
    row.save(update_fields=["offset"])
    return row


def _finished(row: PartialUpload, *, session_key: str, actor: Actor, now: datetime) -> PartialUpload:
    """The whole file, prepared as one that came with its form, and held; where it is not fit, nothing of it stays."""
    path = storage.part_path(row.pk)
    try:
        data = path.read_bytes()[: row.size]
    except FileNotFoundError:
        raise NotFound("upload") from None
    try:
        if len(data) != row.size or (row.sha256 and hashlib.sha256(data).hexdigest() != row.sha256):
            raise Invalid(_("文件在路上坏了，没有收下。请再传一次。"))
        prepared = _prepared(row, data, actor=actor, now=now)
        held = hold_image(prepared, session_key=session_key, now=now)
    except (Invalid, TooLarge, TooMany):
        cancel_upload(row.token, session_key=session_key, now=now)
        raise
    row.held = held.token
    row.save(update_fields=["held"])
    path.unlink(missing_ok=True)
    return row


def _prepared(row: PartialUpload, data: bytes, *, actor: Actor, now: datetime) -> PreparedFile:
    if row.wanted == Wanted.PHOTO:
        return prepare_image(data, name=row.name, limits=limits())
    prepare = prepare_sound if row.wanted == Wanted.SOUND else prepare_paper
    return checked(prepare(data, name=row.name), which=which_file(row.name, None), actor=actor, now=now)


@transaction.atomic
def cancel_upload(token: str, *, session_key: str, now: datetime) -> None:
    """Drop an upload and its parts. Raises NotFound."""
    row = partial_of(session_key, token, now=now, lock=True)
    row.delete()
    transaction.on_commit(partial(storage.part_path(row.pk).unlink, missing_ok=True))


__all__ = ["add_chunk", "begin_upload", "cancel_upload"]
