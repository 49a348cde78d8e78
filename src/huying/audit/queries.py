"""Reads of history: by thing, by the client's key, and whether the chain is whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from huying.audit.chain import ROW, STORED_HASH, is_hash_of
from huying.audit.models import History
from huying.audit.verifying import Fault, Finding, Progress, Verification, verify_chain
from huying.kernel.ready import Fixed
from huying.kernel.refusals import KeyReused

__all__ = [
    "Fault",
    "Finding",
    "Verification",
    "body_hash",
    "by_key",
    "heads_path",
    "history_of",
    "hold",
    "is_whole",
    "proof_of",
    "repeated",
    "take_unused",
    "unused",
    "verify",
]


_HISTORY = Fixed(lambda kind, ids: History.objects.filter(kind=kind, object_id__in=ids).order_by("id"))
_BY_KEY = Fixed(lambda key: History.objects.filter(key=key))


def history_of(kind: str, object_ids: Iterable[UUID]) -> list[History]:
    """All that happened to these things, oldest first."""
    return _HISTORY(kind, list(object_ids))


def is_whole(kind: str, object_ids: Iterable[UUID]) -> bool:
    """Whether every row of these things is sealed and still as it was sealed (the chain itself is `verify`'s)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {STORED_HASH}, {ROW} FROM audit_history h LEFT JOIN audit_sealed s ON s.ids @> h.id "
            "WHERE h.kind = %s AND h.object_id = ANY(%s)",
            [kind, list(object_ids)],
        )
        rows = cursor.fetchall()
    return bool(rows) and all(row[0] is not None and is_hash_of(bytes(row[0]), row[1:]) for row in rows)


@dataclass(frozen=True)
class Proof:
    """One row of a thing's history with its hash and the seal that it lies under; neither before it is sealed."""

    history_id: int
    at: datetime
    verb: str
    seal: int | None
    row_hash: str
    seal_hash: str


def proof_of(kind: str, object_ids: Iterable[UUID]) -> list[Proof]:
    """How the history of these things is sealed, oldest first. They are the viewer's, as the caller showed."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT h.id, h.at, h.verb, s.seal, coalesce(encode({STORED_HASH}, 'hex'), ''), coalesce(e.hash, '') "
            "FROM audit_history h LEFT JOIN audit_sealed s ON s.ids @> h.id "
            "LEFT JOIN audit_seal e ON e.number = s.seal WHERE h.kind = %s AND h.object_id = ANY(%s) ORDER BY h.id",
            [kind, list(object_ids)],
        )
        return [Proof(*row) for row in cursor.fetchall()]


def by_key(key: UUID | None) -> History | None:
    """The act that a client's key named, if it was done."""
    return None if key is None else _BY_KEY.first(key)


def body_hash(body: Any) -> str:
    """A keyed hash of what a client sent, so that the same key with another body is noticed, and no words leak."""
    written = orjson.dumps(body, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return salted_hmac("huying.audit.body", written, algorithm="sha256").hexdigest()


def hold(key: UUID | None) -> None:
    """Let nobody else act under this key until the present transaction ends: of two at once the second waits here,
    and then finds what the first did."""
    if key is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [(key.int & (2**64 - 1)) - 2**63])


_unused: ContextVar[UUID | None] = ContextVar("unused", default=None)


@contextmanager
def unused(key: UUID) -> Iterator[None]:
    """Inside, nobody else acts under this key and nothing was done under it: whoever says so holds a lock of its own
    for it, has looked behind it, and ends the transaction with whatever is refused inside."""
    before = _unused.set(key)
    try:
        yield
    finally:
        _unused.reset(before)


def take_unused(key: UUID) -> bool:
    """Whether the caller of an act has found that its key is new; told to the first act only, which uses it up."""
    found = _unused.get() == key
    if found:
        _unused.set(None)
    return found


def repeated(key: UUID | None, hashed_body: str = "") -> History | None:
    """The act already done under this key, None for a new key; raises KeyReused if the body was another.

    The key is held until the transaction ends, so that the same form sent twice at once acts once.
    """
    hold(key)
    done = by_key(key)
    if done is not None and done.body_hash != hashed_body:
        raise KeyReused
    return done


def heads_path() -> Path:
    """Where the heads of the chain are kept outside the database."""
    return Path(settings.DATA) / "heads" / "heads.jsonl"


def verify(heads_file: Path | None = None, *, progress: Progress | None = None) -> Verification:
    """Check every sealed row and every seal against each other and the head file; reads only, in bounded memory.

    `progress` is called with rows done and rows in all.
    """
    return verify_chain(heads_file or heads_path(), progress=progress)
