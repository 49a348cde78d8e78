"""Writes of registers. Each: scope, duty, check, save, history (kind is the register's key), news.

History and news carry ids, names of columns and codes; what a bulk change replaced is kept beside it for a month.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import IntegrityError, transaction

from huying.audit import actions as audit
from huying.audit.queries import body_hash, repeated
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.registers import cells, events, queries, writing
from huying.registers.declared import Column, ColumnKind, Register, get, words
from huying.registers.importing import import_rows, settle
from huying.registers.models import BulkChange
from huying.registers.rules import MOST_BULK, Changed, Outcome, Problem, Verb

__all__ = [
    "BulkChange", "Outcome", "Problem", "again", "bulk_change", "end_row", "import_rows", "note_export",
    "preview_bulk", "put", "settle", "undo_bulk",
]  # fmt: skip


@transaction.atomic
def put(
    *,
    register: Register[Any],
    row_id: UUID | None,
    values: dict[str, object],
    actor: Actor,
    now: datetime,
    key: UUID | None = None,
    seen: str = "",
) -> Any:
    """Add a row (`row_id` None) or change the given cells of one.

    `seen` is the `fingerprint` of the row as its editor saw it. Raises NotFound outside the actor's scope, NotAllowed
    without the duty over the row's area (old and new), Invalid for bad cells, Conflict where somebody was faster.
    A repeated key gives the same row.
    """
    hashed = body_hash({"register": register.key, "row": row_id, "values": writing.told(values)})
    done = repeated(key, hashed)
    if done is not None:
        return queries.one(register, actor, done.object_id)
    row = writing.locked(register, actor, row_id) if row_id is not None else None
    writing.require(register, actor, row)
    if row is not None and seen and seen != writing.fingerprint(register, row):
        raise Conflict
    given = cells.cleaned(register, values, actor=actor)
    changes = writing.changes_of(register, row, given, actor=actor, now=now)
    if row is not None and not changes:
        return row
    kept = writing.write(register, row, changes, actor=actor, now=now, key=key, hashed=hashed)
    register.after(kept, actor=actor, now=now)
    verb = Verb.CREATE if row is None else Verb.CHANGE
    events.changed.emit(at=now, register=register.key, verb=verb, row_ids=[kept.pk])
    return kept


@transaction.atomic
def end_row(
    *, register: Register[Any], row_id: UUID, on: date, actor: Actor, now: datetime, key: UUID | None = None
) -> Any:
    """End a row from a day on: it leaves the list and stays in the history. NotFound, NotAllowed, IllegalMove."""
    hashed = body_hash({"register": register.key, "row": row_id, "end": on})
    done = repeated(key, hashed)
    if done is not None:
        return queries.one(register, actor, done.object_id)
    row = writing.locked(register, actor, row_id)
    writing.require(register, actor, row)
    if not register.ends:
        raise IllegalMove(_("这本台账的内容不停用，只改动。"))
    if register.has_ended(row, now=now):
        raise IllegalMove(_("这一项已经停用了。"))
    try:
        with transaction.atomic():
            register.end(row, on=on, actor=actor, now=now)
    except IntegrityError as why:
        raise Invalid({"on": [_("这一天不行：它早于这一项开始的那天。请换一天。")]}) from why
    audit.append(
        kind=register.key, object_id=row.pk, verb=Verb.END, actor=actor, at=now, area_code=register.area_of(row),
        facts={"on": on}, key=key, body_hash=hashed,
    )  # fmt: skip
    register.after(row, actor=actor, now=now)
    events.changed.emit(at=now, register=register.key, verb=Verb.END, row_ids=[row.pk])
    return row


# Bulk change


def preview_bulk(
    *, register: Register[Any], row_ids: Iterable[UUID], column: str, value: object, actor: Actor, now: datetime
) -> list[Changed]:
    """What a bulk change would do, row by row, in the list's order; a row it cannot change says why."""
    picked, wanted = _bulk(register, row_ids, column, value, actor)
    lines = []
    for row in picked:
        before = register.value_of(row, wanted[0])
        lines.append(
            Changed(
                row.pk, register.title_of(row), register.words_of(row, wanted[0]), words(register, *wanted, row),
                _why_not(register, row, *wanted, before=before, actor=actor, now=now),
            )
        )  # fmt: skip
    return lines


@transaction.atomic
def bulk_change(
    *, register: Register[Any], row_ids: Iterable[UUID], column: str, value: object, actor: Actor, now: datetime
) -> BulkChange:
    """Set one column of many rows; rows that hold the value already are left alone.

    Raises NotFound if one of the rows is outside the actor's scope, NotAllowed if one is outside the duty,
    Invalid if the value or one of the rows does not allow it: then nothing is changed.
    """
    rows, (told, new) = _bulk(register, row_ids, column, value, actor)
    writing.lock(register, [row.pk for row in rows])
    kept: list[list[Any]] = []
    change = BulkChange(
        pk=uuid7(), register=register.key, column=told.name, value=cells.plain(new), made_by=actor.id, made_at=now
    )
    written = []
    for row in queries.many(register, actor, [row.pk for row in rows]).values():
        before = register.value_of(row, told)
        if cells.same(before, new):
            continue
        changes = writing.changes_of(register, row, {told.name: new}, actor=actor, now=now)
        written.append(writing.write(register, row, changes, actor=actor, now=now, facts={"bulk": change.pk}))
        kept.append([str(row.pk), cells.plain(before)])
    change.rows = kept
    change.save(force_insert=True)
    if written:
        register.after_many(written, actor=actor, now=now)
        events.changed.emit(at=now, register=register.key, verb=Verb.CHANGE, row_ids=[row.pk for row in written])
    return change


@transaction.atomic
def undo_bulk(*, change_id: UUID, actor: Actor, now: datetime) -> BulkChange:
    """Give back what a bulk change replaced, in the rows that still hold what it set; says how many (`undone`).

    Raises NotFound for another person's change, IllegalMove where it was taken back already.
    """
    change = BulkChange.objects.select_for_update().filter(pk=change_id, made_by=actor.id).first()
    if change is None or actor.id is None:
        raise NotFound("bulk")
    if change.undone_at is not None:
        raise IllegalMove(_("这次批量改动已经撤销了。"))
    register = get(change.register)
    column = register.column(change.column)
    set_to = again(register, column, change.value, actor)
    before = {UUID(row_id): value for row_id, value in change.rows}
    writing.lock(register, before)
    written = []
    for row_id, row in queries.many(register, actor, before).items():
        if not cells.same(register.value_of(row, column), set_to) or not register.may_write(actor, row):
            continue
        old = again(register, column, before[row_id], actor)
        written.append(
            writing.write(register, row, {column.name: old}, actor=actor, now=now, facts={"undone": change.pk})
        )
    change.undone_at, change.undone = now, len(written)
    change.save(update_fields=["undone_at", "undone"])
    if written:
        register.after_many(written, actor=actor, now=now)
        events.changed.emit(at=now, register=register.key, verb=Verb.CHANGE, row_ids=[row.pk for row in written])
    return change


def _bulk(
    register: Register[Any], row_ids: Iterable[UUID], column: str, value: object, actor: Actor
) -> tuple[list[Any], tuple[Column, Any]]:
    wanted = list(dict.fromkeys(row_ids))
    if not wanted:
        raise Invalid({"row_ids": [_("请先勾选要改的行。")]})
    if len(wanted) > MOST_BULK:
        raise Invalid({"row_ids": [_("一次最多改 %(most)s 行。") % {"most": MOST_BULK}]})
    found = queries.many(register, actor, wanted)
    if len(found) != len(wanted):
        raise NotFound(register.key)
    if not all(register.may_write(actor, row) for row in found.values()):
        raise NotAllowed(duty=register.write)
    told = register.column(column)
    if not told.bulk or told.derived or told.fixed:
        raise Invalid({"column": [_("这一列不能批量改。请选另一列。")]})
    new = cells.cleaned(register, {told.name: value}, actor=actor)[told.name]
    return [found[one] for one in wanted], (told, new)


def _why_not(
    register: Register[Any], row: Any, column: Column, new: Any, *, before: Any, actor: Actor, now: datetime
) -> str:
    if cells.same(before, new):
        return str(_("已经是这样"))
    try:
        writing.changes_of(register, row, {column.name: new}, actor=actor, now=now)
    except (Invalid, NotAllowed) as why:
        return str(why)
    return ""


def again(register: Register[Any], column: Column, kept: Any, actor: Actor) -> Any:
    """A value that a bulk change kept, without asking again whether its area or link is in the actor's reach."""
    if kept is None:
        return None
    if column.kind in (ColumnKind.AREA, ColumnKind.AREAS):
        return kept
    if column.kind == ColumnKind.LINK:
        return UUID(kept)
    return cells.value_from(register, column, kept, actor=actor)


def note_export(*, register: Register[Any], actor: Actor, now: datetime) -> None:
    """A register has left the house on a sheet: who took it and when."""
    audit.append(
        kind="register", object_id=uuid5(NAMESPACE_URL, f"huying:register:{register.key}"), verb="export", actor=actor,
        at=now, area_code=next(iter(register.prefixes(actor)), ""), facts={"register": register.key},
    )  # fmt: skip
