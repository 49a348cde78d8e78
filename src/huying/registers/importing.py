"""Rows from a sheet: each is matched, checked and written as a form would; problems are told row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import translation

from huying.audit import actions as audit
from huying.audit.models import History
from huying.audit.rules import plain_label
from huying.kernel import sheets
from huying.kernel.actor import Actor
from huying.kernel.refusals import Invalid, NotAllowed, Refusal
from huying.kernel.terms import Label, _, listed
from huying.kernel.workbooks import Bounds
from huying.registers import cells, events, queries, writing
from huying.registers.declared import Column, ColumnKind, Register
from huying.registers.rules import BATCH, Outcome, Verb

ID = "id"
ID_LABEL = _("编号")
ENDED_LABEL = _("状态")


class _Undo(Exception):
    """Ends a dry run's transaction."""


@dataclass
class _Row:
    """One line of the file on its way: its cells, its values, the row it means."""

    number: int
    given: dict[str, str]
    row_id: UUID | None = None
    values: dict[str, Any] | None = None
    identity: tuple[Any, ...] | None = None


def id_heading(column: Column) -> str:
    """The heading of the column that carries a linked row's id beside its name."""
    return str(_("%(label)s编号") % {"label": column.label})


def import_rows(*, register: Register[Any], path: Path, actor: Actor, now: datetime, dry_run: bool) -> Outcome:
    """Take in a sheet: rows that mean a known row change it, others are new; a dry run does the same and undoes it.

    A row is known by the id of an export, else by the register's identity. A column that the sheet does not have
    stays as it is; a blank cell empties the column. Rows with a problem are left out, the others are taken in.
    The same file a second time changes nothing. Raises NotAllowed where the actor keeps no such rows anywhere.
    """
    if not actor.has(register.write) and actor.kind != "system":
        raise NotAllowed(duty=register.write)
    outcome = Outcome(applied=not dry_run)
    try:
        with transaction.atomic():
            written, created = _take_in(register, path, outcome, actor=actor, now=now)
            if outcome.blocked or dry_run:
                raise _Undo
            if written:
                register.after_many(written, actor=actor, now=now)
            changed = [one.pk for one in written if one.pk not in created]
            for verb, ids in ((Verb.CREATE, sorted(created)), (Verb.CHANGE, changed)):
                for start in range(0, len(ids), BATCH):
                    events.changed.emit(at=now, register=register.key, verb=verb, row_ids=ids[start : start + BATCH])
    except _Undo:
        outcome.applied = False
    except Invalid as why:  # the file as a whole
        outcome.applied, outcome.blocked = False, True
        outcome.block("", str(why))
    return outcome


def _take_in(
    register: Register[Any], path: Path, outcome: Outcome, *, actor: Actor, now: datetime
) -> tuple[list[Any], set[UUID]]:
    lines = sheets.lines(path, Bounds(rows=register.most_rows + 1))
    first = next(lines, None)
    if first is None:
        raise Invalid(_("文件里只有表头，没有内容。请核对后再导。"))
    headings = _headings(register, first.cells, outcome)
    if outcome.blocked:
        return [], set()
    written: list[Any] = []
    created: set[UUID] = set()
    met: dict[Any, int] = {}
    number = 0
    for batch in _batches(_chain(first, lines), 1 if _links_to_itself(register) else BATCH):
        number += len(batch)
        if number > register.most_rows:
            outcome.block("", _("超过 %(most)s 行，没有导入。请分成几个文件。") % {"most": register.most_rows})
            return [], set()
        rows = [_Row(line.number, _cells(headings, line.cells)) for line in batch]
        ready = [one for one in rows if _read(register, one, outcome, actor=actor)]
        known = _known(register, ready, actor)
        _write_batch(register, ready, known, met, outcome, written, created, actor=actor, now=now)
    return written, created


def _chain(first: sheets.Line, rest: Iterator[sheets.Line]) -> Iterator[sheets.Line]:
    yield first
    yield from rest


def _batches(lines: Iterable[sheets.Line], size: int) -> Iterator[list[sheets.Line]]:
    walking = iter(lines)
    while batch := list(islice(walking, size)):
        yield batch


def _links_to_itself(register: Register[Any]) -> bool:
    return any(one.links_to == register.key for one in register.columns)


def headings_of(register: Register[Any]) -> dict[str, str]:
    """Every heading a sheet may have, in the reader's language and in the source language, and what it means."""
    known: dict[str, str] = {}
    for language in (None, "zh-hans", "zh-hant", "en"):
        with translation.override(language) if language else translation.override(translation.get_language()):
            known.setdefault(str(ID_LABEL), ID)
            known.setdefault(str(ENDED_LABEL), "")
            for column in register.columns:
                name = "" if column.derived else column.name
                known.setdefault(str(column.label), name)
                known.setdefault(column.name, name)
                if column.kind == ColumnKind.LINK:
                    known.setdefault(id_heading(column), f"{column.name}#")
                if column.kind in (ColumnKind.AREA, ColumnKind.AREAS):
                    known.setdefault(str(_("%(label)s名称") % {"label": column.label}), "")
    return known


def _headings(register: Register[Any], heading: dict[str, str], outcome: Outcome) -> dict[str, str]:
    known = headings_of(register)
    found: dict[str, str] = {}
    for words in heading:
        if not words:
            continue
        if words not in known:
            outcome.block(
                words[:40], _("这本台账没有“%(heading)s”一列。请改成模板里的列名。") % {"heading": words[:40]}
            )
        elif known[words]:
            found[words] = known[words]
    if ID not in found.values():
        for name in register.identity:
            column = register.column(name)
            if name not in found.values() and f"{name}#" not in found.values():
                outcome.block(str(column.label), _("表头少了“%(label)s”一列。请加上。") % {"label": column.label})
    return found


def _cells(headings: dict[str, str], line: dict[str, str]) -> dict[str, str]:
    given = {name: sheets.as_meant(line.get(words, "")) for words, name in headings.items()}
    for name in [one for one in given if one.endswith("#")]:
        row_id = given.pop(name)
        given[f"{name[:-1]}"] = row_id.strip() or given.get(name[:-1], "")
    return given


def _read(register: Register[Any], row: _Row, outcome: Outcome, *, actor: Actor) -> bool:
    given = dict(row.given)
    stated = given.pop(ID, "").strip()
    if stated:
        try:
            row.row_id = UUID(stated)
        except ValueError:
            outcome.refuse(row.number, [(str(ID_LABEL), _("编号读不懂。请照导出的写，或者留空。"))])
            return False
    try:
        row.values = cells.cleaned(register, dict(given), actor=actor)
    except Invalid as why:
        outcome.refuse(row.number, _told(register, why))
        return False
    if all(name in row.values for name in register.identity):
        row.identity = tuple(_hashable(row.values[name]) for name in register.identity)
    return True


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _told(register: Register[Any], why: Refusal) -> list[tuple[str, Label]]:
    if not isinstance(why, Invalid):
        return [("", str(why))]
    labels = {one.name: str(one.label) for one in register.columns}
    return [(labels.get(name, name), line) for name, lines in why.errors.items() for line in lines]


def _known(register: Register[Any], rows: list[_Row], actor: Actor) -> dict[Any, list[Any]]:
    """The rows that a batch means, by id and by identity, among those the actor reads."""
    known: dict[Any, list[Any]] = {}
    ids = [one.row_id for one in rows if one.row_id is not None]
    for row in queries.many(register, actor, ids).values() if ids else ():
        known[row.pk] = [row]
    wanted = [one.identity for one in rows if one.row_id is None and one.identity is not None]
    if not wanted:
        return known
    condition: dict[str, Any] = {}
    for place, name in enumerate(register.identity):
        found = register.field_of(name)
        condition[f"{found.attname if found is not None else name}__in"] = list({one[place] for one in wanted})
    asked = set(wanted)
    met: set[Any] = set()
    for branch in register.branches(actor):
        for row in branch.filter(**condition):
            identity = tuple(_hashable(register.value_of(row, register.column(name))) for name in register.identity)
            if identity in asked and row.pk not in met:
                met.add(row.pk)
                known.setdefault(identity, []).append(row)
    return known


def _write_batch(
    register: Register[Any],
    rows: list[_Row],
    known: dict[Any, list[Any]],
    met: dict[Any, int],
    outcome: Outcome,
    written: list[Any],
    created: set[UUID],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    fresh: list[tuple[_Row, dict[str, Any]]] = []
    for row in rows:
        problem = _problem_of(register, row, known, met, now=now)
        if problem is not None:
            outcome.refuse(row.number, [problem])
            continue
        # A number means its very row, also one that has ended; a name means what is there now.
        found = (
            known.get(row.row_id, [])
            if row.row_id is not None
            else _present_of(register, known.get(row.identity, []), now=now)
        )
        kept = found[0] if found else None
        assert row.values is not None
        try:
            if kept is not None:
                writing.require(register, actor, kept)
            changes = writing.changes_of(register, kept, row.values, actor=actor, now=now)
            if kept is not None and not changes:
                outcome.same += 1
                continue
            if kept is None and _is_plain(register):
                fresh.append((row, changes))
                continue
            done = writing.write(register, kept, changes, actor=actor, now=now, facts={"import": 1})
        except (Invalid, NotAllowed) as why:
            outcome.refuse(row.number, _told(register, why))
            continue
        written.append(done)
        if kept is None:
            outcome.created += 1
            created.add(done.pk)
        else:
            outcome.changed += 1
    for done in _create_many(register, fresh, outcome, actor=actor, now=now):
        written.append(done)
        created.add(done.pk)
        outcome.created += 1


def _present_of(register: Register[Any], rows: list[Any], *, now: datetime) -> list[Any]:
    """Of rows of one identity those that have not ended, else none: an ended row is not brought back by its name."""
    return rows if len(rows) == 1 and not register.ends else [
        one for one in rows if not register.has_ended(one, now=now)
    ]  # fmt: skip


def _problem_of(
    register: Register[Any], row: _Row, known: dict[Any, list[Any]], met: dict[Any, int], *, now: datetime
) -> tuple[str, Label] | None:
    mark = row.row_id or row.identity
    if mark is None:
        return str(ID_LABEL), _("看不出是哪一项。请填编号，或者填全 %(labels)s。") % {
            "labels": listed(register.column(name).label for name in register.identity)
        }
    if mark in met:
        return "", _("与第 %(row)s 行是同一项。请留一行。") % {"row": met[mark]}
    met[mark] = row.number
    if row.row_id is not None and row.row_id not in known:
        return str(ID_LABEL), _("没有这个编号，或者不在您的范围内。新增的行请把编号留空。")
    if row.row_id is None and len(_present_of(register, known.get(mark, []), now=now)) > 1:
        return "", _("台账里有几项都是它，认不出是哪一项。请先导出，照编号改。")
    return None


def _is_plain(register: Register[Any]) -> bool:
    """Whether the register saves as the engine does, so that many new rows go in together."""
    return type(register).save is Register.save


def _create_many(
    register: Register[Any], fresh: list[tuple[_Row, dict[str, Any]]], outcome: Outcome, *, actor: Actor, now: datetime
) -> list[Any]:
    if not fresh:
        return []
    made = []
    for _row, values in fresh:
        kept = register.fresh(values, now=now)
        for name, value in values.items():
            register.assign(kept, register.column(name), value)
        made.append(kept)
    try:
        with transaction.atomic():
            register.model._default_manager.bulk_create(made, batch_size=BATCH)
    except IntegrityError:
        return _create_each(register, fresh, outcome, actor=actor, now=now)
    audit.append_many(
        _line(register, row, {"fields": sorted(values), "import": 1}, actor=actor, now=now)
        for row, (_row, values) in zip(made, fresh, strict=True)
    )
    return made


def _line(register: Register[Any], row: Any, facts: dict[str, Any], *, actor: Actor, now: datetime) -> History:
    return History(
        at=now, kind=register.key, object_id=row.pk, verb=Verb.CREATE.value, actor_kind=str(actor.kind),
        actor_id=actor.id, actor_label=plain_label(actor.label, str(actor.kind)), area_code=register.area_of(row),
        facts=facts,
    )  # fmt: skip


@transaction.atomic
def settle(*, register: Register[Any], rows: list[Any], actor: Actor, now: datetime) -> list[Any]:
    """Write ready rows together with their history: for builders of whole worlds, which have checked them."""
    register.model._default_manager.bulk_create(rows, batch_size=BATCH)
    fields = sorted(one.name for one in register.columns if not one.derived)
    audit.append_many(_line(register, row, {"fields": fields}, actor=actor, now=now) for row in rows)
    register.after_many(rows, actor=actor, now=now)
    return rows


def _create_each(
    register: Register[Any], fresh: list[tuple[_Row, dict[str, Any]]], outcome: Outcome, *, actor: Actor, now: datetime
) -> list[Any]:
    """One by one, because together they ran into something that must be unique: find the row."""
    made = []
    for row, values in fresh:
        try:
            made.append(writing.write(register, None, values, actor=actor, now=now, facts={"import": 1}))
        except Invalid as why:
            outcome.refuse(row.number, _told(register, why))
    return made
