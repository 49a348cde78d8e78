"""What every write of a register does alike: lock, duty, the cells that differ, save, history line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, transaction
from django.db.models import Model

from huying.audit import actions as audit
from huying.kernel.actor import Actor
from huying.kernel.refusals import Invalid, NotAllowed
from huying.kernel.terms import Label, _
from huying.registers import cells, queries
from huying.registers.declared import Register
from huying.registers.rules import Verb


def lock(register: Register[Any], row_ids: Iterable[UUID]) -> None:
    """Lock rows in the order of their ids, so that two bulk changes never wait for each other."""
    rows = register.model._default_manager.select_for_update(of=("self",)).filter(pk__in=list(row_ids))
    list(rows.order_by("pk").values_list("pk"))


def locked(register: Register[Any], actor: Actor, row_id: UUID) -> Any:
    """The row under lock, in the actor's scope, or NotFound."""
    lock(register, [row_id])
    return queries.one(register, actor, row_id)


def require(register: Register[Any], actor: Actor, row: Model | None) -> None:
    if not register.may_write(actor, row):
        raise NotAllowed(duty=register.write)


def changes_of(
    register: Register[Any], row: Any, given: dict[str, Any], *, actor: Actor, now: datetime
) -> dict[str, Any]:
    """The cells that will differ, after every rule; raises Invalid or NotAllowed."""
    if row is None:
        missing: dict[str, list[Label]] = {
            one.name: [_("请填“%(label)s”。") % {"label": one.label}]
            for one in register.columns
            if one.needed and not one.derived and given.get(one.name) in (None, "", [])
        }
        if missing:
            raise Invalid(missing)
        register.check(dict(given), None, actor=actor, now=now)
        _require_area(register, actor, register.area_of_values(given))
        return given
    changes = {
        name: value
        for name, value in given.items()
        if not cells.same(register.value_of(row, register.column(name)), value)
    }
    fixed: dict[str, list[Label]] = {
        name: [_("“%(label)s”登记后不能改。") % {"label": register.column(name).label}]
        for name in changes
        if register.column(name).fixed
    }
    if fixed:
        raise Invalid(fixed)
    if changes:
        whole = {one.name: register.value_of(row, one) for one in register.columns if not one.derived}
        register.check({**whole, **changes}, row, actor=actor, now=now)
        if register.area_field.partition("__")[0] in changes:
            _require_area(register, actor, register.area_of_values({**whole, **changes}))
    return changes


def _require_area(register: Register[Any], actor: Actor, area_code: str) -> None:
    if not actor.may(register.write, area_code):
        raise NotAllowed(duty=register.write)


def write(
    register: Register[Any],
    row: Any,
    changes: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
    key: UUID | None = None,
    hashed: str = "",
    facts: dict[str, Any] | None = None,
) -> Any:
    """Save and write the history line: names of the changed columns, never their values."""
    try:
        with transaction.atomic():
            kept = register.save(row, changes, actor=actor, now=now)
    except IntegrityError as why:
        raise Invalid({"": [_("已经有一项与它相同。请核对后再存。")]}) from why
    audit.append(
        kind=register.key, object_id=kept.pk, verb=Verb.CREATE if row is None else Verb.CHANGE, actor=actor, at=now,
        area_code=register.area_of(kept), facts={"fields": sorted(changes), **(facts or {})}, key=key,
        body_hash=hashed,
    )  # fmt: skip
    return kept


def fingerprint(register: Register[Any], row: Any) -> str:
    """Changes when a cell changes: what a form hands back, so that nobody writes over another's change."""
    held = [cells.plain(register.value_of(row, one)) for one in register.columns if not one.derived]
    return hashlib.sha256(orjson.dumps(held, default=str)).hexdigest()[:16]


def told(values: dict[str, object]) -> dict[str, str]:
    return {name: str(cells.plain(value)) for name, value in sorted(values.items())}
