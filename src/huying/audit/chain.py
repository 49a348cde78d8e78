"""What sealing and verifying share: the lock, a row as it is hashed, a seal as its head."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby, islice
from typing import Any

import orjson
from django.db import connection

from huying.audit.models import Seal
from huying.audit.rules import Head, microseconds, old_row_hash, row_hash

_NO_END = 2**63
_LOCK = 4_829_301  # an advisory lock of the database: one sealer at a time

# The columns of a history row `h` in the order in which `rules.row_hash` takes them.
ROW = """h.id, (extract(epoch from h.at) * 1000000)::bigint, h.kind, h.object_id::text, h.verb, h.from_state,
    h.to_state, h.actor_kind, h.actor_id::text, h.actor_label, h.area_code, h.facts::text, h.key::text, h.body_hash,
    h.written_in"""
_FACTS = 11
HASH_BYTES = 32
# The hash that the history row `h` has in the row `s` of its seal: behind those of all smaller numbers.
STORED_HASH = f"""substring(s.hashes FROM {HASH_BYTES} * (
    SELECT sum(least(upper(run), h.id) - lower(run)) FROM unnest(s.ids) AS run WHERE lower(run) <= h.id
)::int + 1 FOR {HASH_BYTES})"""

# The rows under no seal, begun before a statement: what lies between the runs of all seals, of which there are few
# where nothing is missing.
UNSEALED = """
WITH gaps AS MATERIALIZED (
    SELECT unnest('{(,)}'::int8multirange - coalesce(range_agg(ids), '{}')) AS gap FROM audit_sealed
), unsealed AS (
    SELECT h.id, h.written_in FROM gaps JOIN audit_history h ON h.id >= coalesce(lower(gap), -9223372036854775808)
    AND h.id < coalesce(upper(gap), 9223372036854775807)
)
"""


def hash_of(row: tuple[Any, ...]) -> bytes:
    """The hash of a row selected as ROW."""
    return row_hash(_plain(row))


def is_hash_of(stored: bytes, row: tuple[Any, ...]) -> bool:
    """Whether this is the hash of a row selected as ROW, in this version or the one before."""
    try:
        plain = _plain(row)
    except ValueError:  # numbers that no JSON reader takes: nobody but a tamperer wrote them
        return False
    return row_hash(plain) == stored or old_row_hash(plain) == stored


def runs_of(ids: Iterable[int]) -> str:
    """Numbers in order, as the text of an `int8multirange`."""
    runs = ([number for _place, number in run] for _at, run in groupby(enumerate(ids), lambda one: one[1] - one[0]))
    return "{" + ",".join(f"[{run[0]},{run[-1] + 1})" for run in runs) + "}"


def members_of(runs: Iterable[Any], hashes: bytes) -> Iterator[tuple[int, bytes]]:
    """Numbers and hashes of the rows under a seal as its row holds them; a number too many has no hash, and hashes too
    many are with the last number. However wide somebody made the runs: not many more numbers than there are hashes."""
    every = (one for run in runs for one in range(run.lower or 0, _NO_END if run.upper is None else run.upper))
    pieces = [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
    ids = list(islice(every, len(pieces) + 1))
    if 0 < len(ids) < len(pieces):
        pieces[len(ids) - 1 :] = [b"".join(pieces[len(ids) - 1 :])]
    return zip(ids, [*pieces, b""], strict=False)


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row[:_FACTS], orjson.loads(row[_FACTS]), *row[_FACTS + 1 :])


def head_of(seal: Seal) -> Head:
    return Head(
        number=seal.number,
        previous_hash=seal.previous_hash,
        sealed_at=microseconds(seal.sealed_at),
        rows=seal.rows,
        first_id=seal.first_id,
        last_id=seal.last_id,
        digest=seal.digest,
        hash=seal.hash,
        horizon=seal.horizon,
        newest=seal.newest,
        cluster=seal.cluster,
    )


@contextmanager
def sealing_lock(*, shared: bool = False) -> Iterator[None]:
    """Held over a commit and the writing of the head file, so it belongs to the session, not the transaction."""
    kind = "_shared" if shared else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock{kind}(%s)", [_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_advisory_unlock{kind}(%s)", [_LOCK])


def cluster_id() -> str:
    """The server's own number: transaction numbers mean nothing on another one (a restored copy)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        return str(cursor.fetchone()[0])
