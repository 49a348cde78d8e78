"""A checked sheet waits a day for the person who brought it to say yes; sealed, because it may name people."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction
from django.utils.crypto import get_random_string, salted_hmac

from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.refusals import NotAllowed, NotFound, TooLarge
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.registers import queries
from huying.registers.declared import Register
from huying.registers.importing import import_rows
from huying.registers.models import BulkChange, ImportDraft
from huying.registers.rules import BULK_DAYS, DRAFT_HOURS, MOST_FILE_BYTES, Outcome

_NONCE = 12


def _cipher() -> AESGCM:
    """A key of this installation's secret: it guards a day's files, not the long-lived values of people."""
    return AESGCM(salted_hmac("huying.registers.drafts", "content", algorithm="sha256").digest())


@transaction.atomic
def keep_draft(
    *, register: Register[Any], filename: str, data: bytes, actor: Actor, now: datetime
) -> tuple[ImportDraft | None, Outcome]:
    """Check a sheet; where it would do something, keep it to be applied. Old ones go.

    `import_rows` asks for the duty, in a dry run too.
    """
    if actor.id is None:
        raise NotAllowed(duty=register.write)
    _fits(data)
    with _as_file(data) as path:
        outcome = import_rows(register=register, path=path, actor=actor, now=now, dry_run=True)
    if not outcome.does_something:
        forget_old(now=now)
        return None, outcome
    return keep_file(key=register.key, filename=filename, data=data, actor=actor, now=now), outcome


def _fits(data: bytes) -> None:
    if len(data) > MOST_FILE_BYTES:
        raise TooLarge(_("文件超过 %(most)s MB，没有收下。请分成几个文件。") % {"most": MOST_FILE_BYTES >> 20})


def keep_file(*, key: str, filename: str, data: bytes, actor: Actor, now: datetime) -> ImportDraft:
    """Keep a sheet for a day, sealed, for the person who brought it; the caller has asked for the duty. Old ones go."""
    if actor.id is None:
        raise NotAllowed
    _fits(data)
    forget_old(now=now)
    draft_id = uuid7()
    nonce = get_random_string(_NONCE).encode()
    return ImportDraft.objects.create(
        pk=draft_id,
        register=key,
        filename=clean(filename[-120:] or "-", limit=120, name=True),
        content=nonce + _cipher().encrypt(nonce, zlib.compress(data, 6), draft_id.bytes),
        made_by=actor.id,
        made_at=now,
    )


def own_file(*, draft_id: UUID, actor: Actor, now: datetime, taken: bool = False) -> ImportDraft:
    """A kept sheet of the actor's own, not older than a day; `taken` lets nobody else take it in at the same time."""
    rows = ImportDraft.objects.select_for_update() if taken else ImportDraft.objects.all()
    found = rows.filter(pk=draft_id, made_at__gte=now - timedelta(hours=DRAFT_HOURS)).first()
    if found is None or actor.id is None or found.made_by != actor.id:
        raise NotFound("import")
    return found


@contextmanager
def as_file(draft: ImportDraft) -> Iterator[Path]:
    """A kept sheet as a file, as long as it is read."""
    with _as_file(_content(draft)) as path:
        yield path


def check_draft(*, register: Register[Any], draft_id: UUID, actor: Actor, now: datetime) -> tuple[ImportDraft, Outcome]:
    """What applying a kept sheet would do now."""
    draft = _fresh(register, draft_id, actor, now)
    with _as_file(_content(draft)) as path:
        return draft, import_rows(register=register, path=path, actor=actor, now=now, dry_run=True)


@transaction.atomic
def apply_draft(*, register: Register[Any], draft_id: UUID, actor: Actor, now: datetime) -> Outcome:
    """Take in a kept sheet, checked once more against what holds now. NotFound for anybody else's."""
    _fresh(register, draft_id, actor, now)
    draft = ImportDraft.objects.select_for_update().filter(pk=draft_id).first()
    if draft is None:
        raise NotFound("import")
    with _as_file(_content(draft)) as path:
        outcome = import_rows(register=register, path=path, actor=actor, now=now, dry_run=False)
    draft.delete()
    return outcome


@transaction.atomic
def drop_draft(*, register: Register[Any], draft_id: UUID, actor: Actor) -> None:
    queries.own_draft(actor, register, draft_id).delete()


def forget_old(*, now: datetime) -> int:
    """Throw away sheets older than a day and what bulk changes replaced more than a month ago; says how many."""
    drafts, _rows = ImportDraft.objects.filter(made_at__lt=now - timedelta(hours=DRAFT_HOURS)).delete()
    changes, _rows = BulkChange.objects.filter(made_at__lt=now - timedelta(days=BULK_DAYS)).delete()
    return drafts + changes


def _fresh(register: Register[Any], draft_id: UUID, actor: Actor, now: datetime) -> ImportDraft:
    draft = queries.own_draft(actor, register, draft_id)
    if draft.made_at < now - timedelta(hours=DRAFT_HOURS):
        raise NotFound("import")
    return draft


def _content(draft: ImportDraft) -> bytes:
    sealed = bytes(draft.content)
    try:
        packed = _cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], draft.pk.bytes)
    except InvalidTag as why:  # the secret of the installation was changed since
        raise NotFound("import") from why
    return zlib.decompress(packed)


@contextmanager
def _as_file(data: bytes) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(suffix=".sheet") as file:
        file.write(data)
        file.flush()
        yield Path(file.name)
