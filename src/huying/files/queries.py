"""Reads of photos. Who may see them is the owner's question: callers pass owners they have already looked up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils.crypto import salted_hmac

from huying.files import storage
from huying.files.models import Attachment, HeldUpload
from huying.files.rules import FileKind, Limits, PreparedImage
from huying.kernel.refusals import NotFound

_TOKEN = re.compile(r"[\w-]{43}", re.ASCII)


def of_owners(kind: str, ids: Iterable[UUID]) -> dict[UUID, list[Attachment]]:
    """The photos of each owner, oldest first; every owner has a list, empty if need be."""
    found: dict[UUID, list[Attachment]] = {one: [] for one in ids}
    for row in Attachment.objects.filter(owner_kind=kind, owner_id__in=list(found)).order_by("added_at", "id"):
        found[row.owner_id].append(row)
    return found


def of_all(owners: Mapping[str, Iterable[UUID]]) -> list[Attachment]:
    """The photos of owners of several kinds, oldest first: one statement."""
    condition = Q(pk__in=[])
    for kind, ids in owners.items():
        condition |= Q(owner_kind=kind, owner_id__in=list(ids))
    return list(Attachment.objects.filter(condition).order_by("added_at", "id"))


def one(owner_kind: str, owner_ids: Iterable[UUID], file_id: UUID) -> Attachment:
    """The photo, if it belongs to one of these owners; raises NotFound otherwise."""
    row = Attachment.objects.filter(pk=file_id, owner_kind=owner_kind, owner_id__in=list(owner_ids)).first()
    if row is None:
        raise NotFound("file")
    return row


def session_mark(session_key: str) -> str:
    """What is stored of a session: enough to know it again, not enough to take it over."""
    return salted_hmac("huying.files.held", session_key, algorithm="sha256").hexdigest()


def held_of(session_key: str, tokens: Sequence[str], *, now: datetime) -> dict[str, PreparedImage]:
    """The uploads that this session holds under these tokens; unknown, expired and other sessions' are left out."""
    possible = [token for token in tokens[:100] if _TOKEN.fullmatch(token)]
    rows = HeldUpload.objects.filter(session=session_mark(session_key), token__in=possible, expires_at__gt=now)
    return {row.token: prepared_from(row) for row in rows}


def prepared_from(held: HeldUpload) -> PreparedImage:
    """A held upload as what `actions.keep_prepared` takes; its bytes stay on disk."""
    return PreparedImage(
        kind=FileKind(held.kind),
        data=b"",
        preview=b"",
        width=held.width,
        height=held.height,
        size=held.size,
        sha256=held.sha256,
        held=held.pk,
    )


def preview_bytes(file_id: UUID, kind: str) -> bytes:
    """The stored preview; raises NotFound if it is not on disk."""
    try:
        return storage.path_of(file_id, kind, preview=True).read_bytes()
    except FileNotFoundError:
        raise NotFound("file") from None


def limits() -> Limits:
    """The limits of this installation: the setting FILES_MAX_BYTES, where there is one."""
    return Limits(bytes=getattr(settings, "FILES_MAX_BYTES", Limits.bytes))
