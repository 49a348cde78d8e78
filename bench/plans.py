"""How the database answers each door: the plan of every statement, looked at for what does not grow well.

In a process of the house and in one transaction that is rolled back: each door is asked through all of the product's
middleware, and every statement is caught. Reads are explained with the numbers of a real execution, behind a savepoint
that is rolled back. What writes or locks is not done a second time: there the planner's own numbers are looked at.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client

from bench.district import PEOPLE, Ground, username_of
from bench.doors import DOORS, Door, Kit
from bench.prepare import prepare, sessions_of
from bench.statements import split
from huying.people.models import Account
from prove.server import WORLD

LARGE = 20_000
"""Rows from which on a table must not be read whole."""
MOST_SORTED = 5_000
ASKED = 3
"""Requests of a door that are looked at."""


@dataclass
class Seen:
    """One door's statements. `database_ms` is of its reads alone."""

    database_ms: float = 0.0
    statements: float = 0
    faults: list[str] = field(default_factory=list)
    costly: list[tuple[float, str]] = field(default_factory=list)


@contextmanager
def caught(into: list[tuple[str, Any]]) -> Iterator[None]:
    def catch(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        into.append((statement, params[0] if many and params else params))
        return execute(statement, params, many, context)

    with connection.execute_wrapper(catch):
        yield


def tell(*names: str) -> None:
    """One line: what is seen of each door (of all, where none is named)."""
    doors = [one for one in DOORS if not names or one.name in names]
    print(json.dumps({name: vars(seen) for name, seen in look(doors).items()}, ensure_ascii=False))


def look(doors: list[Door]) -> dict[str, Seen]:
    found: dict[str, Seen] = {}
    with transaction.atomic():
        point = transaction.savepoint()
        kit, large = kit_of(), _large_tables()
        for door in doors:
            if door.name == "move":
                kit.taken_in = received()
            made = door.make(kit)
            found[door.name] = _seen(door, made[: ASKED + 1], large) if made else Seen(faults=["nothing to send"])
        transaction.savepoint_rollback(point)
    return found


def kit_of(*, forms: int = 2 * ASKED) -> Kit:
    data = Path(settings.DATA)
    target = data / f"prepared-{os.getpid()}.json"
    prepare(str(target), forms=forms, streams=0)
    ground = Ground.load((data / WORLD).read_text(encoding="utf-8"))
    # Whoever asks is of the first, the fullest sub-district: the plans of its many rows are what is looked at.
    kit = Kit("127.0.0.1", ground, json.loads(target.read_text(encoding="utf-8")), alone=True)
    target.unlink()
    accounts = [Account.objects.get(username=username_of(who)) for who in PEOPLE]
    kit.sessions = dict(zip(PEOPLE, sessions_of(accounts), strict=True))
    return kit


def received(most: int = 2 * ASKED) -> list[list[str]]:
    """Cases of the first sub-district that can be registered, each with its last digits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id::text, '001' FROM cases_case WHERE state = 'received' AND area_code LIKE '990101001%%' "
            "AND NOT restricted ORDER BY received_at DESC LIMIT %s",
            [most],
        )
        return [list(row) for row in cursor.fetchall()]


def _large_tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= %s", [LARGE])
        return {row[0] for row in cursor.fetchall()}


def _seen(door: Door, made: list[str], large: set[str]) -> Seen:
    """The first request warms what is kept in the process; the others are looked at."""
    seen, told = Seen(), 0
    for place, one in enumerate(made if len(made) > 1 else made * 2):
        every: list[tuple[str, Any]] = []
        with caught(every):
            status = ask(one)
        if status != door.status:
            seen.faults.append(f"answers {status}, not {door.status}")
            return seen
        if place == 0:
            continue
        told += 1
        parts = list(_parts(every))
        seen.statements += len(parts)
        for statement, params in parts:
            if EXPLAINED.match(statement):
                spent, faults = explained(statement, params, large)
                seen.database_ms += spent
                seen.costly.append((round(spent, 2), statement[:300]))
                seen.faults += [fault for fault in faults if fault not in seen.faults]
    seen.database_ms = round(seen.database_ms / max(told, 1), 2)
    seen.statements = round(seen.statements / max(told, 1), 1)
    seen.costly = sorted(seen.costly, reverse=True)[:4]
    return seen


def _parts(every: list[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Each statement; several that went in one round trip, which carry no parameters, one by one."""
    for whole, params in every:
        for statement in split(whole) if params is None else [whole]:
            yield statement, params


@cache
def _client() -> Client:
    """One for all: a new one would build the whole chain of middleware again."""
    return Client(raise_request_exception=False)


def ask(raw: str) -> int:
    return int(answer(raw).status_code)


def answer(raw: str) -> Any:
    """What the product answers to one of the bench's requests."""
    head, _, body = raw.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    method, path, _version = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    kind = headers.pop("Content-Type", "application/octet-stream")
    headers.pop("Content-Length", None)
    client = _client()
    client.cookies.clear()  # each request brings its own
    return client.generic(method, path, body, content_type=kind, headers=headers)


EXPLAINED = re.compile(r"[\s(]*(SELECT|WITH|INSERT|UPDATE|DELETE|EXECUTE)\b", re.IGNORECASE)
WRITES = re.compile(
    r"^[\s(]*(INSERT|UPDATE|DELETE)\b|[()]\s*(INSERT INTO|UPDATE|DELETE FROM)\b"
    r"|\bFOR (NO KEY UPDATE|UPDATE|KEY SHARE|SHARE)\b",
    re.IGNORECASE,
)
"""What changes rows or locks them: at the beginning, in a part of a `WITH` or behind it, or by `FOR UPDATE`."""


def explained(statement: str, params: Any, large: set[str]) -> tuple[float, list[str]]:
    """Milliseconds (0 for what writes or locks, which is not done again), and what does not grow well."""
    done = WRITES.search(statement) is None
    point = transaction.savepoint()
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN ({'ANALYZE, ' if done else ''}FORMAT JSON) {statement}", params)
            (plan,) = cursor.fetchone()[0]
    except DatabaseError as why:
        return 0.0, [f"is not explained ({type(why).__name__}): {statement[:120]}"]
    finally:
        transaction.savepoint_rollback(point)  # a read may call a function that writes
    return float(plan.get("Execution Time", 0.0)), list(_faults(plan["Plan"], large, statement))


def _faults(plan: dict[str, Any], large: set[str], statement: str) -> Iterator[str]:
    for node in _nodes(plan):
        kind, table = node["Node Type"], node.get("Relation Name", "")
        if kind == "Seq Scan" and table in large and node.get("Actual Loops", 1):
            yield f"reads all of {table}"
        if kind in ("Sort", "Incremental Sort"):
            sorted_rows = sum(_rows(one) for one in node.get("Plans", ())) * node.get("Actual Loops", 1)
            if sorted_rows > MOST_SORTED:
                yield f"sorts {int(sorted_rows)} rows for {statement[:120]}"
        if kind == "Bitmap Heap Scan" and _rows(node) * node.get("Actual Loops", 1) > 4 * MOST_SORTED:
            yield f"fetches {int(_rows(node))} rows of {table} by a bitmap"


def _rows(node: dict[str, Any]) -> float:
    """Rows of one loop: as they were, or as the planner thinks where it was not done."""
    return float(node.get("Actual Rows", node["Plan Rows"]))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for one in node.get("Plans", ()):
        yield from _nodes(one)
