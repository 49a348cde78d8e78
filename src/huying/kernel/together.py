"""Rows of several tables written by one statement: what one act changes goes to the database in two journeys.

Where an act writes rows of five tables, five statements each cost a journey, a parse and a round through the ORM's
reading back. PostgreSQL takes them as one: each table's own statement becomes a part of one `WITH`. All parts see what
stood before the statement, and none sees another: so rows that make room for others (a stopped clock for the next) are
changed by a statement of their own before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import AutoField, Model
from django.db.models.sql import InsertQuery, UpdateQuery

Part = tuple[str, list[Any]]


def insert_together(groups: Iterable[tuple[type[Model], Sequence[Model]]]) -> None:
    """Insert new rows of several tables: one statement. Keys that the database gives are not read back.

    Rows of one table are inserted in their order. Foreign keys between the tables hold as they are checked at commit.
    Raises IntegrityError as a single insert would; then nothing is written.
    """
    every = [(model, rows) for model, rows in groups if rows]
    if not every:
        return
    parts = [_inserting(model, rows) for model, rows in every]
    *before, last = [sql for sql, _values in parts]
    head = "WITH " + ", ".join(f"new_{place} AS ({sql})" for place, sql in enumerate(before)) + " " if before else ""
    with connection.cursor() as cursor:
        cursor.execute(head + last, [value for _sql, values in parts for value in values])
    for _model, rows in every:
        for row in rows:
            row._state.adding, row._state.db = False, connection.alias


def update_together(rows: Iterable[tuple[Model, Sequence[str]]]) -> None:
    """Write these fields of stored rows, each row once: one statement. Parts run in no order of their own.

    Raises DatabaseError where a row is not there any more, as `save(update_fields=…)` does.
    """
    parts = [_updating(row, tuple(names)) for row, names in rows if names]
    if not parts:
        return
    named = ", ".join(f"changed_{place} AS ({sql} RETURNING 1)" for place, (sql, _values) in enumerate(parts))
    counted = " + ".join(f"(SELECT count(*) FROM changed_{place})" for place in range(len(parts)))
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {named} SELECT {counted}", [value for _sql, values in parts for value in values])
        (found,) = cursor.fetchone()
    if found != len(parts):
        raise DatabaseError(f"{found} of {len(parts)} rows were there to be changed")


def _inserting(model: type[Model], rows: Sequence[Model]) -> Part:
    fields, columns = _inserted(model)
    told, values = [], []
    for row in rows:
        places, own = _values(row, fields, add=True)
        told.append(f"({', '.join(places)})")
        values += own
    return f"INSERT INTO {_quoted(model._meta.db_table)} ({', '.join(columns)}) VALUES {', '.join(told)}", values


def _updating(row: Model, names: tuple[str, ...]) -> Part:
    model, key = type(row), row._meta.pk
    fields, columns = _named(model, names)
    places, values = _values(row, fields, add=False)
    told = ", ".join([f"{column} = {place}" for column, place in zip(columns, places, strict=True)])
    values.append(key.get_db_prep_save(row.pk, connection))
    return f"UPDATE {_quoted(model._meta.db_table)} SET {told} WHERE {_quoted(key.column)} = %s", values


def _values(row: Model, fields: tuple[Any, ...], *, add: bool) -> tuple[list[str], list[Any]]:
    """What stands for each field, and the values: as the ORM's compilers do it, without their statement around it,
    which is the same each time and cost more than the values. An expression is still compiled by them."""
    places, values = [], []
    for field in fields:
        value = field.pre_save(row, add)
        if hasattr(value, "resolve_expression"):
            query = (InsertQuery if add else UpdateQuery)(type(row))
            whole = value.resolve_expression(query, allow_joins=False, for_save=True)
            place, own = query.get_compiler(connection=connection).compile(whole)
            values += own
        else:
            values.append(field.get_db_prep_save(value, connection))
            place = field.get_placeholder(value, None, connection) if hasattr(field, "get_placeholder") else "%s"
        places.append(place)
    return places, values


@cache
def _inserted(model: type[Model]) -> tuple[tuple[Any, ...], list[str]]:
    fields = tuple(one for one in model._meta.concrete_fields if not (isinstance(one, AutoField) or one.generated))
    return fields, [_quoted(one.column) for one in fields]


@cache
def _named(model: type[Model], names: tuple[str, ...]) -> tuple[tuple[Any, ...], list[str]]:
    fields: tuple[Any, ...] = tuple(model._meta.get_field(name) for name in names)
    return fields, [_quoted(one.column) for one in fields]


def _quoted(name: Any) -> str:
    return str(connection.ops.quote_name(name))
