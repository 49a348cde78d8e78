"""Loading a bulk world: secondary indexes and keys away, rows in by COPY, everything made again, counted and sealed.

Only on a database that nobody else works on: while the rows go in, nothing is checked. Every constraint is made anew
afterwards, which checks all rows at once, and `huying verify` goes over the chain.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connections
from psycopg import sql

from bench.stamping import Stamper, Texts, copy_into
from huying.audit import actions as audit
from huying.audit import queries as histories
from huying.cases.actions.tallying import fold_tallies
from huying.insight.actions import catch_up

TABLES = (
    "cases_case", "cases_report", "cases_addition", "cases_workorder", "cases_answer", "cases_contactattempt",
    "cases_feedback", "cases_sitevisit", "cases_remark", "approvals_approval", "clocks_clock", "clocks_stretch",
    "people_contact", "people_consent", "people_recusal", "audit_history", "audit_sealed", "cases_tally",
    "cases_tallychange",
)  # fmt: skip
CASE = "cases_case"
# Triggers that find another row by a key, which is away while rows go in. What they write is stamped.
LOOKING_UP = (("cases_report", "cases_report_lies"), ("cases_workorder", "cases_order_returned"))
BEHIND = 2  # chunks that may wait for the database


class Bare:
    """Tables without their keys, indexes, references and the triggers `LOOKING_UP` for a while."""

    def __init__(self, connection: psycopg.Connection[Any], tables: Iterable[str] = TABLES) -> None:
        self.connection, self.tables = connection, list(tables)
        self.keys: list[tuple[str, str, str]] = []  # table, name, definition
        self.indexes: list[tuple[str, str]] = []  # table, definition
        self.references: list[tuple[str, str, str]] = []

    def strip(self) -> None:
        rows = self.connection.execute(
            "SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE contype IN ('p', 'u', 'x', 'f') AND (conrelid = ANY(%(t)s::text[]::regclass[]) "
            "OR confrelid = ANY(%(t)s::text[]::regclass[])) ORDER BY contype = 'f' DESC, conname",
            {"t": self.tables},
        ).fetchall()
        for table, name, kind, definition in rows:
            if kind == "f":
                self.references.append((table, name, definition))
            else:
                self.keys.append((table, name, definition))
            self._run("ALTER TABLE {} DROP CONSTRAINT {}", table, name)
        self.indexes = self.connection.execute(
            "SELECT indrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
            "WHERE indrelid = ANY(%s::text[]::regclass[]) ORDER BY 1, 2",
            [self.tables],
        ).fetchall()
        names = self.connection.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = ANY(%s::text[]::regclass[])",
            [self.tables],
        ).fetchall()
        for (name,) in names:
            self._run("DROP INDEX {}", name)
        for table, name in LOOKING_UP:
            self._run("ALTER TABLE {} DISABLE TRIGGER {}", table, name)

    def _run(self, text: str, *names: str) -> None:
        self.connection.execute(sql.SQL(text).format(*(sql.Identifier(one) for one in names)))

    def statements(self, tables: Iterable[str]) -> Iterator[str]:
        """What makes the keys and indexes of some tables again."""
        wanted = set(tables)
        yield from self.keys_of(wanted)
        yield from self.indexes_of(wanted)

    def keys_of(self, tables: Container[str]) -> Iterator[str]:
        for table, name, definition in self.keys:
            if table in tables:
                yield f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}'

    def indexes_of(self, tables: Container[str]) -> Iterator[str]:
        return (definition for table, definition in self.indexes if table in tables)

    def whole_again(self) -> None:
        for table, name, definition in self.references:
            self.connection.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}')
        for table, name in LOOKING_UP:
            self._run("ALTER TABLE {} ENABLE TRIGGER {}", table, name)


@contextmanager
def _timed(name: str, into: dict[str, float], say: Callable[[str], None]) -> Iterator[None]:
    began = time.monotonic()
    yield
    into[name] = round(time.monotonic() - began, 2)
    say(f"  {name}: {into[name]} s")


def load(
    stamper: Stamper, count: int, url: str, *, now: Any, say: Callable[[str], None] = lambda _line: None
) -> dict[str, float]:
    """Make so many cases on the database at `url` (its owner's); seconds of each part."""
    spent: dict[str, float] = {}
    with psycopg.connect(url, autocommit=True) as connection, psycopg.connect(url, autocommit=True) as beside:
        bare = Bare(connection)
        with _timed("strip", spent, say):
            bare.strip()
        with _timed("plan", spent, say):
            stamps = stamper.plan(count)
        with _timed("rows", spent, say):
            _pour(stamper.chunks(stamps), connection)
            with (
                connection.cursor() as cursor,
                cursor.copy("COPY cases_numbercounter (area_code, day, last) FROM STDIN") as into,
            ):
                into.write("".join(stamper.counter_lines()))
        history = ("audit_history", "audit_sealed")
        with _timed("history_indexes", spent, say):
            _all(connection, bare.statements(history))
            connection.execute("ANALYZE audit_history")
        # Sealing needs the history's indexes alone, and the assessments none of a case but its key: what is in words
        # is indexed after sealing, while the database counts.
        failed: list[BaseException] = []

        def others() -> None:
            try:
                with _timed("indexes", spent, say):
                    _all(beside, bare.statements(one for one in bare.tables if one not in (*history, CASE)))
                    _all(beside, bare.keys_of({CASE}))
                    _each_table(beside, "ANALYZE {}", bare.tables)
                with _timed("assessments", spent, say):
                    catch_up()
            except BaseException as why:
                failed.append(why)
            finally:
                connections.close_all()  # this thread's own

        thread = threading.Thread(target=others)
        with _timed("beside_each_other", spent, say):
            thread.start()
            with _timed("seal", spent, say):
                audit.seal(now=now, heads_file=histories.heads_path())
            with _timed("case_indexes", spent, say):
                _all(connection, bare.indexes_of({CASE}))
            thread.join()
        if failed:
            raise failed[0]
        with _timed("references", spent, say):
            bare.whole_again()
        with _timed("tallies", spent, say):
            fold_tallies(now=now)
        with _timed("vacuum", spent, say):
            _each_table(connection, "VACUUM (ANALYZE) {}", (*bare.tables, "insight_fact", "insight_cell"))
            connection.execute("CHECKPOINT")
    spent["all"] = round(sum(value for name, value in spent.items() if name not in _BESIDE), 2)
    return spent


_BESIDE = ("seal", "case_indexes", "indexes", "assessments")  # parts of "beside_each_other"


def _each_table(connection: psycopg.Connection[Any], text: str, tables: Iterable[str]) -> None:
    for table in tables:
        connection.execute(sql.SQL(text).format(sql.Identifier(table)))


def _all(connection: psycopg.Connection[Any], statements: Iterable[str]) -> None:
    for one in statements:
        connection.execute(one)


def _pour(chunks: Iterable[Texts], connection: psycopg.Connection[Any]) -> None:
    """Write chunk after chunk, each in one transaction, while the next one is made."""
    waiting: queue.Queue[Texts | None] = queue.Queue(maxsize=BEHIND)
    failed: list[BaseException] = []

    def write() -> None:
        while (chunk := waiting.get()) is not None:
            if failed:
                continue
            try:
                with connection.transaction(), connection.cursor() as cursor:
                    for table, text in chunk:
                        copy_into(cursor, table, text)
            except BaseException as why:
                failed.append(why)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for chunk in chunks:
            waiting.put(chunk)
            if failed:
                break
    finally:
        waiting.put(None)
        thread.join()
    if failed:
        raise failed[0]


def sizes(connection: psycopg.Connection[Any]) -> dict[str, tuple[int, int]]:
    """Bytes of each loaded table and of its indexes."""
    rows = connection.execute(
        "SELECT one, pg_table_size(one::regclass), pg_indexes_size(one::regclass) FROM unnest(%s::text[]) one",
        [list(TABLES)],
    ).fetchall()
    return {name: (table, indexes) for name, table, indexes in rows}
