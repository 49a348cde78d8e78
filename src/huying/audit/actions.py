"""Writes of history: append a row with the act, seal finished rows into the chain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from huying.audit.models import History
from huying.audit.rules import CODE, plain_facts, plain_label
from huying.kernel.actor import Actor
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

    Raises ValueError if a value may not go into history (see `rules.plain_facts`),
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
    ready = []
    for row in rows:
        row.facts = plain_facts(row.facts)
        row.actor_label = plain_label(row.actor_label, row.actor_kind)
        _check(row)
        ready.append(row)
    return len(History.objects.bulk_create(ready, batch_size=2000))


def _check(row: History) -> None:
    if row.at.tzinfo is None:
        raise ValueError("at: history needs a time with its zone")
    for name in ("kind", "verb", "from_state", "to_state", "actor_kind", "area_code", "body_hash"):
        value = getattr(row, name)
        if not CODE.fullmatch(value):
            raise ValueError(f"{name}: only short codes go into history")
    if not (row.kind and row.verb):
        raise ValueError("kind, verb: history needs both")
