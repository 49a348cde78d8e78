"""Writes of history: append a row with the act, seal finished rows into the chain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from huying.audit import heads
from huying.audit.chain import ROW, UNSEALED, cluster_id, hash_of, head_of, runs_of, sealing_lock
from huying.audit.models import History, Seal
from huying.audit.queries import heads_path
from huying.audit.rules import digest_of, microseconds, next_head, plain_label
from huying.kernel.actor import Actor
from huying.kernel.plain import CODE, plain_facts
from huying.kernel.refusals import Conflict


def append(
    *,
    kind: str,
    object_id: UUID,
    verb: str,
    actor: Actor,
    at: datetime,
    area_code: str,
    from_state: str = "",
    to_state: str = "",
    facts: dict[str, Any] | None = None,
    key: UUID | None = None,
    body_hash: str = "",
) -> History:
    """Add one row in the transaction of the act.

    Raises ValueError if a value may not go into history (see `kernel.plain`),
    Conflict if another act with the same client key was faster.
    """
    row = History(
        at=at, kind=str(kind), object_id=object_id, verb=str(verb), from_state=str(from_state or ""),
        to_state=str(to_state or ""), actor_kind=str(actor.kind), actor_id=actor.id,
        actor_label=plain_label(actor.label, str(actor.kind)), area_code=area_code, facts=plain_facts(facts), key=key,
        body_hash=body_hash,
    )  # fmt: skip
    _check(row)
    if key is None:
        row.save(force_insert=True)
        return row
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as why:
        raise Conflict(key=key) from why
    return row


def append_many(rows: Iterable[History]) -> int:
    """Add many rows in one go (bulk worlds), held to the same rules; says how many."""
    return len(History.objects.bulk_create(ready(rows), batch_size=2000))


def ready(rows: Iterable[History]) -> list[History]:
    """Rows held to the rules of history, for whoever writes them together with others of the same act.

    Raises ValueError if a value may not go into history (see `kernel.plain`).
    """
    found = []
    for row in rows:
        row.facts = plain_facts(row.facts)
        row.actor_label = plain_label(row.actor_label, row.actor_kind)
        _check(row)
        found.append(row)
    return found


def _check(row: History) -> None:
    if row.at.tzinfo is None:
        raise ValueError("at: history needs a time with its zone")
    for name in ("kind", "verb", "from_state", "to_state", "actor_kind", "area_code", "body_hash"):
        value = getattr(row, name)
        if not CODE.fullmatch(value):
            raise ValueError(f"{name}: only short codes go into history")
    if not (row.kind and row.verb):
        raise ValueError("kind, verb: history needs both")


def seal(*, now: datetime, heads_file: Path | None = None, batch: int = 5000) -> int:
    """Seal every row of a finished transaction that lies under no seal yet; says how many rows.

    Nothing is skipped: a row takes its transaction's number when it is written, and the search begins at the
    oldest transaction that was still running when the last complete sealing began (`horizon`); all before it were
    finished and seen then. On another server (a restored copy) numbers mean nothing: the search begins at the start.
    Nothing is doubled: the numbers under two seals cannot overlap, and one sealer works at a time.

    Raises ChainBroken, and seals nothing, if the head file tells of another chain than the database.
    """
    path = heads_file or heads_path()
    total = 0
    with sealing_lock():
        _check_heads(path)
        cluster, horizon = cluster_id(), _oldest_running()
        last = Seal.objects.order_by("-number").first()
        begin = last.horizon if last is not None and last.cluster == cluster else 0
        start = _first_unsealed(begin)
        while start is not None:
            with transaction.atomic(durable=True):
                sealed = _seal_batch(now, start, begin, batch, cluster=cluster, horizon=horizon)
            total += len(sealed)
            start = sealed[-1] + 1 if len(sealed) == batch else None
        _write_heads(path)
    return total


class ChainBroken(Exception):
    """The head file and the database tell of different chains; `huying verify` says where."""


def _check_heads(path: Path) -> None:
    try:
        head = heads.last(path)
    except ValueError as why:
        raise ChainBroken(f"{path}: {why}; run `huying verify`") from why
    if head is None:
        return
    kept = Seal.objects.filter(number=head.number).first()
    if kept is None or kept.hash != head.hash:
        raise ChainBroken(f"{path} ends with seal {head.number}, which the database does not have; run `huying verify`")


def _write_heads(path: Path) -> None:
    """Bring the head file to the end of the chain; after a crash between commit and writing this also catches up."""
    head = heads.last(path)
    number = 0 if head is None else head.number
    while chunk := list(Seal.objects.filter(number__gt=number).order_by("number")[:1000]):
        heads.append(path, [head_of(one) for one in chunk])
        number = chunk[-1].number


def _oldest_running() -> int:
    return _number("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


def _next_to_begin() -> int:
    return _number("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")


def _number(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


def _first_unsealed(begin: int) -> int | None:
    # Materialised: for a bare min(id) the planner would walk the whole primary key instead of the few young rows.
    # Where all may be young, they are not gone through.
    with connection.cursor() as cursor:
        cursor.execute(
            f"{UNSEALED} SELECT min(id) FROM unsealed"
            if begin == 0
            else """
            WITH young AS MATERIALIZED (
                SELECT h.id FROM audit_history h WHERE h.written_in >= %s
            ) SELECT min(id) FROM young WHERE NOT (
                SELECT coalesce(range_agg(s.ids), '{}') FROM audit_sealed s
                WHERE s.ids && int8multirange(int8range((SELECT min(id) FROM young), NULL))
            ) @> id
            """,
            [begin] if begin else [],
        )
        first = cursor.fetchone()[0]
        return None if first is None else int(first)


def _seal_batch(now: datetime, start: int, begin: int, batch: int, *, cluster: str, horizon: int) -> list[int]:
    """Put the next rows under one seal; returns their ids in order, shorter than `batch` when these were the last."""
    with connection.cursor() as cursor:
        # Else, after a large import that has no statistics yet, the planner reads all that is left for each batch.
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL max_parallel_workers_per_gather = 0"
        )
        cursor.execute(
            f"""
            SELECT {ROW} FROM audit_history h WHERE h.id >= %s AND h.written_in >= %s AND NOT (
                SELECT coalesce(range_agg(s.ids), '{{}}') FROM audit_sealed s
                WHERE s.ids && int8multirange(int8range(%s, NULL))
            ) @> h.id
            ORDER BY h.id LIMIT %s
            """,
            [start, begin, start, batch],
        )
        rows = cursor.fetchall()
        if not rows:
            return []
        ids, hashes = [row[0] for row in rows], [hash_of(row) for row in rows]
        before = Seal.objects.order_by("-number").first()
        head = next_head(
            head_of(before) if before is not None else None,
            sealed_at=microseconds(now),
            rows=len(rows),
            first_id=ids[0],
            last_id=ids[-1],
            digest=digest_of(hashes),
            # Only the last batch has seen all that was finished when this sealing began.
            horizon=horizon if len(rows) < batch else begin,
            newest=_next_to_begin(),
            cluster=cluster,
        )
        Seal.objects.create(
            number=head.number,
            previous_hash=head.previous_hash,
            sealed_at=now,
            rows=head.rows,
            first_id=head.first_id,
            last_id=head.last_id,
            digest=head.digest,
            hash=head.hash,
            horizon=head.horizon,
            newest=head.newest,
            cluster=head.cluster,
        )
        cursor.execute(
            "INSERT INTO audit_sealed (seal, ids, hashes) VALUES (%s, %s::int8multirange, %s)",
            [head.number, runs_of(ids), b"".join(hashes)],
        )
        return ids
