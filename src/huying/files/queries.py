"""Reads of files. Who may see them is the owner's question: callers pass owners they have already looked up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils.crypto import salted_hmac

from huying.files import storage
from huying.files.models import Attachment, HeldUpload, KeepingTerm, PartialUpload, Quarantined, Removal
from huying.files.rules import IMAGES, PAPERS, SOUNDS, TERMS, FileKind, Keeping, Limits, PreparedImage, ScanState
from huying.kernel.ready import Fixed
from huying.kernel.refusals import NotFound

_TOKEN = re.compile(r"[\w-]{43}", re.ASCII)


def _owned(pairs: Sequence[Any]) -> Q:
    """Of owners given in pairs: a kind, then the ids of that kind."""
    condition = Q(pk__in=[])
    for kind, ids in zip(pairs[::2], pairs[1::2], strict=True):
        condition |= Q(owner_kind=kind, owner_id__in=ids)
    return condition


def _paired(owners: Mapping[str, Iterable[UUID]]) -> list[Any]:
    """The kinds of owners of which there are any, each with its ids: a kind stands alone, so their number is told."""
    listed = [(kind, list(ids)) for kind, ids in owners.items()]
    return [one for kind, ids in listed if ids for one in (kind, ids)]


_FILES = Fixed(
    lambda kinds, *pairs: (
        Attachment.objects.filter(_owned(pairs), kind__in=kinds, emptied_at=None)
        .defer("lexemes")
        .order_by("added_at", "id")
    )
)
_LEXEMES = Fixed(
    lambda *pairs: (
        Attachment.objects.filter(_owned(pairs), kind__in=PAPERS, emptied_at=None)
        .exclude(scan=ScanState.HIT)
        .only("lexemes")
        .order_by("id")
    )
)


def of_owners(kind: str, ids: Iterable[UUID]) -> dict[UUID, list[Attachment]]:
    """The photos of each owner, oldest first; every owner has a list, empty if need be."""
    found: dict[UUID, list[Attachment]] = {one: [] for one in ids}
    rows = Attachment.objects.filter(owner_kind=kind, owner_id__in=list(found), kind__in=IMAGES, emptied_at=None)
    for row in rows.defer("lexemes").order_by("added_at", "id"):
        found[row.owner_id].append(row)
    return found


def of_all(owners: Mapping[str, Iterable[UUID]], kinds: Iterable[str] = IMAGES) -> list[Attachment]:
    """The files of owners of several kinds, oldest first: one statement. Photos, where no other kinds are asked for."""
    pairs = _paired(owners)
    return _FILES([str(one) for one in kinds], *pairs) if pairs else []


def every_of(owners: Mapping[str, Iterable[UUID]]) -> list[Attachment]:
    """Photos, documents and recordings of these owners, oldest first: one statement."""
    return of_all(owners, FileKind)


def photos_in(rows: Iterable[Attachment]) -> list[Attachment]:
    return [row for row in rows if row.kind in IMAGES]


def papers_in(rows: Iterable[Attachment]) -> list[Attachment]:
    return [row for row in rows if row.kind in PAPERS]


def sounds_in(rows: Iterable[Attachment]) -> list[Attachment]:
    return [row for row in rows if row.kind in SOUNDS]


def lexemes_of(owners: Mapping[str, Iterable[UUID]]) -> list[str]:
    """What the documents of these owners add to a search row."""
    pairs = _paired(owners)
    rows = _LEXEMES(*pairs) if pairs else []
    return [one for row in rows for one in row.lexemes]


def one(owner_kind: str, owner_ids: Iterable[UUID], file_id: UUID) -> Attachment:
    """The file, if it belongs to one of these owners; raises NotFound otherwise."""
    row = Attachment.objects.filter(
        pk=file_id, owner_kind=owner_kind, owner_id__in=list(owner_ids), emptied_at=None
    ).first()
    if row is None:
        raise NotFound("file")
    return row


def partial_of(session_key: str, token: str, *, now: datetime, lock: bool = False) -> PartialUpload:
    """This session's upload in parts; raises NotFound for every other and for one that is over."""
    rows = PartialUpload.objects.select_for_update() if lock else PartialUpload.objects.all()
    known = session_key and _TOKEN.fullmatch(token)
    row = rows.filter(token=token, session=session_mark(session_key), expires_at__gt=now).first() if known else None
    if row is None:
        raise NotFound("upload")
    return row


def terms() -> dict[Keeping, int]:
    """Days after the end of the case, for everything that has a term: the house's own, or those shipped."""
    own = dict(KeepingTerm.objects.values_list("what", "days"))
    return {what: own.get(what.value, bounds.days) for what, bounds in TERMS.items()}


def quarantined(most: int = 50) -> list[Quarantined]:
    """What was shut away, the newest first."""
    return list(Quarantined.objects.order_by("-found_at", "-id")[:most])


def removals(most: int = 20) -> list[Removal]:
    """The last lines of the ledger of removals."""
    return list(Removal.objects.order_by("-at", "-id")[:most])


def has_scanner() -> bool:
    return bool(getattr(settings, "FILES_SCAN", ""))


def unscanned_count() -> int:
    """How many kept files no scanner has seen."""
    return Attachment.objects.filter(scan=ScanState.UNSCANNED, emptied_at=None).count()


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
        name=held.name,
        pages=held.pages,
        seconds=held.seconds,
        opening=held.opening,
        text=held.text,
        scan=ScanState(held.scan),
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
