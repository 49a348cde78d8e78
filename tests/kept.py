"""Rows that many tests start from, made once a process by the actions and copied in afterwards.

Making the small street takes some hundred statements; copying its rows takes one a table. What a test sees is the
same: rows that the actions wrote, and a fresh copy of what the building function returned.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection, transaction

T = TypeVar("T")
# A version's rows are taken in while it is a draft, so it is copied as one and gets its own state afterwards.
_VERSIONS = "matters_catalogueversion"
# Jobs that building queues are nobody's business; they would fire their own triggers when copied. Changes of the tallies
# are written by a trigger when the cases are copied.
_LEFT_OUT = ("procrastinate_", "django_migrations", "cases_tallychange")
# Their triggers write what depends on the transaction, or elsewhere. All other rows are copied as they were found, without
# being looked at again: their triggers and keys took most of the time, in each of some thousand tests.
_BY_TRIGGER = frozenset({"audit_history", "cases_case", "cases_report"})


@dataclass
class _Kept:
    value: bytes
    added: dict[str, bytes]
    replaced: frozenset[str]  # tables whose earlier rows were changed: emptied before the copy
    numbers: dict[str, int]  # sequence -> the largest number that rows hold
    states: list[tuple[str, str]]  # of catalogue versions


_made: dict[Hashable, _Kept] = {}
_numbered: set[tuple[Hashable, int]] = set()


def kept(key: Hashable, build: Callable[[], T]) -> T:
    """What `build` writes and returns. `key` names it within this process."""
    if key not in _made:
        _made[key] = _make(build)
    found = _made[key]
    with transaction.atomic(), connection.cursor() as cursor:
        with _unchecked(cursor):
            for table in found.added:  # in their order: versions come before their rows
                if table not in _BY_TRIGGER:
                    _copy(table, found, cursor)
        for table in sorted(_BY_TRIGGER & found.added.keys()):
            _copy(table, found, cursor)
        for version, state in found.states:
            cursor.execute(f"UPDATE {_VERSIONS} SET state = %s WHERE id = %s", [state, version])
        _pass_numbers(key, found, cursor)
    value: T = pickle.loads(found.value)
    return value


@contextmanager
def _unchecked(cursor: Any) -> Iterator[None]:
    """Without triggers and keys, where the server of the run lets its tests (`conftest.Bench`)."""
    cursor.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')")
    [(may,)] = cursor.fetchall()
    if may:
        cursor.execute("SET LOCAL session_replication_role = replica")
    yield
    if may:
        cursor.execute("SET LOCAL session_replication_role = origin")


def _copy(table: str, found: _Kept, cursor: Any) -> None:
    if table in found.replaced:
        cursor.execute(f'DELETE FROM "{table}"')
    with cursor.copy(f'COPY "{table}" FROM STDIN') as into:
        into.write(found.added[table])


def _make(build: Callable[[], Any]) -> _Kept:
    with transaction.atomic(), connection.cursor() as cursor:
        tables = _tables(cursor)
        before = {table: _lines(cursor, table) for table in tables}
        value = build()
        added, replaced = {}, set()
        for table in tables:
            after = _lines(cursor, table)
            new = Counter(after) - Counter(before[table])
            if Counter(before[table]) - Counter(after):
                replaced.add(table)
                added[table] = b"".join(after)
            elif new:
                added[table] = b"".join(line for line in after if line in new)
        numbers = _numbers(cursor, added)
        states = []
        if _VERSIONS in added:
            cursor.execute(f"SELECT id::text, state FROM {_VERSIONS}")
            states = cursor.fetchall()
            added = {_VERSIONS: added.pop(_VERSIONS), **added}
        transaction.set_rollback(True)
    return _Kept(pickle.dumps(value), added, frozenset(replaced), numbers, states)


def _tables(cursor: Any) -> list[str]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return [name for (name,) in cursor.fetchall() if not name.startswith(_LEFT_OUT)]


def _lines(cursor: Any, table: str) -> list[bytes]:
    what = f'"{table}"'
    if table == _VERSIONS:
        cursor.execute(
            "SELECT string_agg(CASE attname WHEN 'state' THEN '''draft''' ELSE quote_ident(attname) END, ', '"
            " ORDER BY attnum) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        what = f"(SELECT {cursor.fetchone()[0]} FROM {table})"
    with cursor.copy(f"COPY {what} TO STDOUT") as out:
        return b"".join(bytes(part) for part in out).splitlines(keepends=True)


def _numbers(cursor: Any, tables: dict[str, bytes]) -> dict[str, int]:
    found = {}
    for table in tables:
        cursor.execute(
            "SELECT attname, pg_get_serial_sequence(%s, attname) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            [f'"{table}"', f'"{table}"'],
        )
        for column, sequence in cursor.fetchall():
            if sequence:
                cursor.execute(f'SELECT max("{column}") FROM "{table}"')
                [(largest,)] = cursor.fetchall()
                found[sequence] = largest or 0
    return found


def _pass_numbers(key: Hashable, found: _Kept, cursor: Any) -> None:
    """On a fresh copy of the database the numbers of the copied rows are taken out of their sequences first."""
    cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
    [(database,)] = cursor.fetchall()
    if (key, database) in _numbered:
        return
    for sequence, largest in found.numbers.items():
        cursor.execute("SELECT nextval(%s)", [sequence])
        [(reached,)] = cursor.fetchall()
        if reached < largest:
            cursor.execute("SELECT count(nextval(%s)) FROM generate_series(1, %s)", [sequence, largest - reached])
    _numbered.add((key, database))
