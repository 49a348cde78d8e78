"""What history may hold, and how rows and seals are written down to be hashed. No Django here.

**Row, version 2.** SHA-256 over the UTF-8 bytes of a JSON array without spaces, keys of objects sorted:
`["huying.history.2", id, at, kind, object_id, verb, from_state, to_state, actor_kind, actor_id, actor_label,
area_code, facts, key, body_hash, written_in]`; `at` is whole microseconds since 1970-01-01 UTC, UUIDs are
lower-case text with dashes, what is missing is null.

**Seal, version 2.** `digest` is SHA-256 over the 32-byte hashes of its rows in order of row id; `hash` is
SHA-256 over the JSON array `["huying.seal.2", number, previous_hash, sealed_at, rows, first_id, last_id, digest,
horizon, newest, cluster]`, hashes in lower-case hex, `sealed_at` in microseconds as above. The first seal's
previous hash is 64 zeros.

**Version 1** (made until 0.2.0, and still read) has the same without `written_in`, and without `horizon`, `newest`
and `cluster`. Which version a hash is of need not be told: no array of one version is an array of the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from huying.kernel.plain import plain_code

GENESIS = "0" * 64
# Tables whose rows are never changed or removed; the application's role gets SELECT and INSERT on them, no more.
APPEND_ONLY_TABLES = ("audit_history", "audit_seal", "audit_sealed")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plain_label(label: str, kind: str) -> str:
    """An actor's label if it is a short code (kind and number), else the kind alone: never a person's name."""
    try:
        return plain_code(label, "actor_label") or kind
    except ValueError:
        return kind


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970-01-01 UTC."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def row_hash(row: tuple[Any, ...]) -> bytes:
    """The hash of one history row, its fields in the order of the module's docstring, plain values."""
    return hashlib.sha256(orjson.dumps(("huying.history.2", *row), option=orjson.OPT_SORT_KEYS)).digest()


def old_row_hash(row: tuple[Any, ...]) -> bytes:
    """The hash of version 1 for the same fields."""
    return hashlib.sha256(orjson.dumps(("huying.history.1", *row[:-1]), option=orjson.OPT_SORT_KEYS)).digest()


def digest_of(hashes: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for one in hashes:
        digest.update(one)
    return digest.hexdigest()


@dataclass(frozen=True)
class Head:
    """What a seal says of itself; the line of the head file outside the database. Lines of version 1 end at `hash`."""

    number: int
    previous_hash: str
    sealed_at: int  # microseconds
    rows: int
    first_id: int
    last_id: int
    digest: str
    hash: str
    horizon: int = -1
    newest: int = -1
    cluster: str = ""

    def hash_again(self) -> str:
        return _hash_of("huying.seal.2", *self._old_fields, self.horizon, self.newest, self.cluster)

    def is_whole(self) -> bool:
        """Whether the hash is of these fields, in this version or the one before."""
        return self.hash in (self.hash_again(), _hash_of("huying.seal.1", *self._old_fields))

    @property
    def _old_fields(self) -> tuple[int | str, ...]:
        return (self.number, self.previous_hash, self.sealed_at, self.rows, self.first_id, self.last_id, self.digest)


def _hash_of(*fields: int | str) -> str:
    return hashlib.sha256(orjson.dumps(fields)).hexdigest()


def next_head(
    before: Head | None,
    *,
    sealed_at: int,
    rows: int,
    first_id: int,
    last_id: int,
    digest: str,
    horizon: int,
    newest: int,
    cluster: str,
) -> Head:
    """The head that follows `before`, with its hash."""
    number = 1 if before is None else before.number + 1
    previous = GENESIS if before is None else before.hash
    bare = Head(number, previous, sealed_at, rows, first_id, last_id, digest, "", horizon, newest, cluster)
    return replace(bare, hash=bare.hash_again())
