"""Rows of several tables written by one statement: what one act changes goes to the database in two journeys.

Where an act writes rows of five tables, five statements each cost a journey, a parse and a round through the ORM's
reading back. PostgreSQL takes them as one: each table's own statement, as the ORM writes it, becomes a part of one
`WITH`. All parts see what stood before the statement, and none sees another: so rows that make room for others (a
stopped clock for the next) are changed by a statement of their own before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import AutoField, Field, Model
from django.db.models.sql import InsertQuery, UpdateQuery

Part = tuple[str, Sequence[Any]]


def insert_together(groups: Iterable[tuple[type[Model], Sequence[Model]]]) -> None:
    """Insert new rows of several tables: one statement. Keys that the database gives are not read back.

    Rows of one table are inserted in their order. Foreign keys between the tables hold as they are checked at commit.
    Raises IntegrityError as a single insert would; then nothing is written.
    """
    parts: list[Part] = []
    every = [(model, list(rows)) for model, rows in groups]
    for model, rows in every:
        if rows:
            query: Any = InsertQuery(model)
            query.insert_values(_inserted(model), rows)
            parts += query.get_compiler(connection=connection).as_sql()
    if not parts:
        return
    *before, last = [sql for sql, _values in parts]
    head = "WITH " + ", ".join(f"new_{place} AS ({sql})" for place, sql in enumerate(before)) + " " if before else ""
    with connection.cursor() as cursor:
        cursor.execute(head + last, [value for _sql, values in parts for value in values])
    for _model, rows in every:
        for row in rows:
            row._state.adding, row._state.db = False, connection.alias


def _inserted(model: type[Model]) -> list[Field[Any, Any]]:
    return [one for one in model._meta.concrete_fields if not (isinstance(one, AutoField) or one.generated)]


def update_together(rows: Iterable[tuple[Model, Sequence[str]]]) -> None:
    """Write these fields of stored rows, each row once: one statement. Parts run in no order of their own.

    Raises DatabaseError where a row is not there any more, as `save(update_fields=…)` does.
    """
    parts: list[Part] = []
    for row, names in rows:
        if names:
            model = type(row)
            query: Any = model._base_manager.filter(pk=row.pk).query.chain(UpdateQuery)
            fields: list[Any] = [model._meta.get_field(name) for name in names]
            query.add_update_fields([(one, None, one.pre_save(row, False)) for one in fields])
            parts.append(query.get_compiler(connection=connection).as_sql())
    if not parts:
        return
    named = ", ".join(f"changed_{place} AS ({sql} RETURNING 1)" for place, (sql, _values) in enumerate(parts))
    counted = " + ".join(f"(SELECT count(*) FROM changed_{place})" for place in range(len(parts)))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {named} SELECT {counted}", [value for _sql, values in parts for value in values])
        (found,) = cursor.fetchone()
    if found != len(parts):
        raise DatabaseError(f"{found} of {len(parts)} rows were there to be changed")
