"""What history may hold, and how rows and seals are written down to be hashed. No Django here.

**Row, version 1.** SHA-256 over the UTF-8 bytes of a JSON array without spaces, keys of objects sorted:
`["huying.history.1", id, at, kind, object_id, verb, from_state, to_state, actor_kind, actor_id, actor_label,
area_code, facts, key, body_hash]`; `at` is whole microseconds since 1970-01-01 UTC, UUIDs are lower-case
text with dashes, what is missing is null.

**Seal, version 1.** `digest` is SHA-256 over the 32-byte hashes of its rows in order of row id; `hash` is
SHA-256 over the JSON array `["huying.seal.1", number, previous_hash, sealed_at, rows, first_id, last_id, digest]`,
hashes in lower-case hex, `sealed_at` in microseconds as above. The first seal's previous hash is 64 zeros.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

GENESIS = "0" * 64
# Tables whose rows are never changed or removed; the application's role gets SELECT and INSERT on them, no more.
APPEND_ONLY_TABLES = ("audit_history", "audit_seal", "audit_sealed")

CODE = re.compile(r"[\w.:+\-/]{0,80}", re.ASCII)
_PHONE = re.compile(r"(\+?86-?)?1[3-9]\d{9}")
_IDENTITY = re.compile(r"[1-9]\d{16}[\dXx]")
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_BIGGEST = 2**53  # what every JSON reader keeps exactly
_DEEPEST = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plain_facts(facts: dict[str, Any] | None) -> dict[str, Any]:
    """The facts as JSON holds them, or ValueError naming the place of the value that may not go into history.

    Allowed are ids, whole numbers, truth values, None and short codes (`[A-Za-z0-9_.:+-/]`, at most 80),
    and lists and dicts of these. So neither words nor names fit, and what looks like a phone or identity
    number is refused as well: history is never erased, persons are.
    """
    return {_plain_code(key, "facts"): _plain(value, f"facts[{key!r}]", 1) for key, value in (facts or {}).items()}


def _plain(value: Any, place: str, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError(f"{place}: nested too deep for history")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, int):
        if abs(value) > _BIGGEST:
            raise ValueError(f"{place}: whole number beyond 2**53")
        if _PHONE.fullmatch(str(value)):
            raise ValueError(f"{place}: looks like a phone number; history keeps no personal values")
        return int(value)
    if isinstance(value, str):
        return _plain_code(value, place)
    if isinstance(value, dict):
        return {_plain_code(key, place): _plain(one, f"{place}[{key!r}]", depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        ordered = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [_plain(one, f"{place}[{index}]", depth + 1) for index, one in enumerate(ordered)]
    raise ValueError(
        f"{place}: {type(value).__name__} may not go into history; give ids, whole numbers, truth values or short codes"
    )


def _plain_code(value: Any, place: str) -> str:
    if not isinstance(value, str) or not CODE.fullmatch(value):
        raise ValueError(f"{place}: only short codes [A-Za-z0-9_.:+-/] of at most 80 characters go into history")
    if _PHONE.fullmatch(value):
        raise ValueError(f"{place}: looks like a phone number; history keeps no personal values")
    if _IDENTITY.fullmatch(value) and _is_identity_number(value):
        raise ValueError(f"{place}: looks like an identity number; history keeps no personal values")
    return str(value)


def _is_identity_number(value: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(value, _IDENTITY_WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == value[-1].upper()


def plain_label(label: str, kind: str) -> str:
    """An actor's label if it is a short code (kind and number), else the kind alone: never a person's name."""
    try:
        return _plain_code(label, "actor_label") or kind
    except ValueError:
        return kind


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970-01-01 UTC."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def row_hash(row: tuple[Any, ...]) -> bytes:
    """The hash of one history row, its fields in the order of the module's docstring, plain values."""
    return hashlib.sha256(orjson.dumps(("huying.history.1", *row), option=orjson.OPT_SORT_KEYS)).digest()


def digest_of(hashes: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for one in hashes:
        digest.update(one)
    return digest.hexdigest()


@dataclass(frozen=True)
class Head:
    """What a seal says of itself; the line of the head file outside the database."""

    number: int
    previous_hash: str
    sealed_at: int  # microseconds
    rows: int
    first_id: int
    last_id: int
    digest: str
    hash: str

    def hash_again(self) -> str:
        fields = (
            "huying.seal.1", self.number, self.previous_hash, self.sealed_at, self.rows, self.first_id, self.last_id,
            self.digest,
        )  # fmt: skip
        return hashlib.sha256(orjson.dumps(fields)).hexdigest()


def next_head(before: Head | None, *, sealed_at: int, rows: int, first_id: int, last_id: int, digest: str) -> Head:
    """The head that follows `before`, with its hash."""
    number = 1 if before is None else before.number + 1
    previous = GENESIS if before is None else before.hash
    bare = Head(number, previous, sealed_at, rows, first_id, last_id, digest, "")
    return Head(number, previous, sealed_at, rows, first_id, last_id, digest, bare.hash_again())
