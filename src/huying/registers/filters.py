"""The filters of a list: read from the address, and shown as chips."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import QueryDict

from huying.kernel.actor import Actor
from huying.kernel.terms import _
from huying.kernel.text import problem_of
from huying.registers import declared, queries
from huying.registers.declared import Column, ColumnKind, Register
from huying.registers.queries import Wanted

MOST_OPTIONS = 200


def wanted_of(register: Register[Any], given: QueryDict) -> Wanted:
    """What the address asks for; what it cannot mean is passed over."""
    filters: dict[str, str] = {}
    for column in register.columns:
        value = given.get(column.name, "")
        if column.filtered and value and len(value) <= 60 and problem_of(value, limit=60) is None:
            if column.choices is not None and value not in column.choices.values:
                continue
            if column.kind == ColumnKind.AREA and not value.isdigit():
                continue
            filters[column.name] = value
    words = given.get("q", "").strip()[:100]
    return Wanted(filters, words if problem_of(words, limit=100) is None else "", given.get("ended") == "1")


def chips_of(
    register: Register[Any], given: QueryDict, wanted: Wanted, viewer: Actor, *, now: datetime
) -> list[dict[str, Any]]:
    chips = []
    for column in register.columns:
        if not column.filtered:
            continue
        value = wanted.filters.get(column.name)
        options = _options(register, column, viewer, now=now)
        if value is None and not options:
            continue
        words = dict(options).get(value, value) if value is not None else _("全部")
        if value is not None and column.kind == ColumnKind.AREA:
            words = declared.areas().names_of([value])[value]
        chips.append(
            {
                "name": column.label,
                "words": words,
                "set": value is not None,
                "clear_url": _changed(given, column.name, None),
                "options": [
                    {"words": label, "url": _changed(given, column.name, one), "current": one == value}
                    for one, label in options
                ],
            }
        )
    return chips


def _options(register: Register[Any], column: Column, viewer: Actor, *, now: datetime) -> list[tuple[str, Any]]:
    if column.choices is not None:
        return column.offered()
    if column.kind == ColumnKind.YES:
        return [("1", _("是")), ("0", _("否"))]
    if column.kind in (ColumnKind.AREA, ColumnKind.AREAS):
        return list(declared.areas().within(register.prefixes(viewer))[:MOST_OPTIONS])
    if column.kind == ColumnKind.LINK:
        found = queries.link_choices(column, viewer, now=now) or []
        return list(found[:MOST_OPTIONS])
    return []


def _changed(given: QueryDict, name: str, value: str | None) -> str:
    query = given.copy()
    query.pop("after", None)
    query.pop(name, None)
    if value is not None:
        query[name] = value
    written = query.urlencode()
    return f"?{written}" if written else "?"
