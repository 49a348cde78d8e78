"""Keeping facts and cells: a case at a time as news comes, in bulk where none came, and anew.

What a case leaves and what it joins goes to the cells in the same transaction, so cells are always the sums of facts.
Facts are those of the cases as soon as the news of the last act was heard; `catch_up` finds what no news told of
(imports, bulk worlds, a restored copy).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from huying.insight.queries.facts import (
    ABOUT,
    AGAIN,
    CELLS,
    NAMES,
    NEAR,
    OF_CASES,
    OF_ORDERS,
    OF_SOURCES,
    OF_WHISTLES,
    STALE,
)
from huying.insight.rules import COUNTS, LEVELS

logger = logging.getLogger(__name__)
LOCK = 7_490_6  # an advisory lock: two that count never take the same fact twice
BATCH = 2000
MANY = 10_000  # so many at once are counted first and added up afterwards
_KEY = "month, level, area_code, slice, key"
_ADDS = ", ".join(f"{one} = insight_cell.{one} + EXCLUDED.{one}" for one in ("rows", *COUNTS))
_ONTO = f"""
INSERT INTO insight_cell (level, area_code, month, slice, key, rows, {NAMES})
SELECT level, area_code, month, slice, key, rows, {NAMES} FROM ({{cells}}) found
ON CONFLICT ({_KEY}) DO UPDATE SET {_ADDS}
"""
_OFF, _ON = (
    _ONTO.format(cells=CELLS.format(rows="insight_fact", sign=sign, which="f.case_id = ANY(%(ids)s)"))
    for sign in ("-1", "1")
)
_ADDED = ", ".join(f"sum({one})::int AS {one}" for one in ("rows", *COUNTS))
_DIFFERENT = " OR ".join(f"sum({one}) <> 0" for one in ("rows", *COUNTS))
_MEND = _ONTO.format(
    cells=f"""
    SELECT {_KEY}, {_ADDED} FROM (
        SELECT {_KEY}, rows, {NAMES} FROM ({CELLS.format(rows="insight_fact", sign="1", which="true")}) standing
        UNION ALL SELECT {_KEY}, -rows, {", ".join(f"-{one}" for one in COUNTS)} FROM insight_cell
    ) every GROUP BY {_KEY} HAVING {_DIFFERENT}
    """
)


def hold(cursor: CursorWrapper) -> None:
    """Nobody else counts or freezes until the end of the transaction."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


@transaction.atomic
def refresh(case_ids: Iterable[UUID]) -> None:
    """Count these cases as they stand now. Done twice, the second changes nothing."""
    ids = list(set(case_ids))
    with connection.cursor() as cursor:
        hold(cursor)
        touched = set(ids) | _near(cursor, ids)
        _each(cursor, _OFF, touched)
        _count(cursor, ids)
        later = _near(cursor, ids) - touched
        _each(cursor, _OFF, later)
        cursor.execute(AGAIN.format(which="f.case_id = ANY(%(ids)s)"), {"ids": list(touched | later)})
        _each(cursor, _ON, touched | later)
        cursor.execute("DELETE FROM insight_cell WHERE rows = 0")


def _count(cursor: CursorWrapper, ids: list[UUID]) -> None:
    """Facts of these cases anew, without looking whether the same matter came again."""
    given = {"ids": ids}
    cursor.execute("DELETE FROM insight_fact WHERE case_id = ANY(%(ids)s)", given)
    for source in (OF_CASES, OF_ORDERS, OF_WHISTLES):
        cursor.execute(f"INSERT INTO insight_fact ({ABOUT}, version, {NAMES}) {source}", given)


def _near(cursor: CursorWrapper, ids: list[UUID]) -> set[UUID]:
    cursor.execute(NEAR, {"ids": ids})
    return {one for (one,) in cursor.fetchall()}


def _each(cursor: CursorWrapper, statement: str, ids: set[UUID]) -> None:
    cursor.execute(statement, {"ids": list(ids), "levels": list(LEVELS)})


@transaction.atomic
def count_sources_again(source_ids: Iterable[UUID]) -> int:
    """Mark the facts that stand as these sources were counted before: `catch_up` counts their cases anew.

    Says how many. What was frozen stays as it is.
    """
    with connection.cursor() as cursor:
        hold(cursor)  # a count under way may have read the source as it was
        cursor.execute(
            f"UPDATE insight_fact SET version = 0 WHERE id IN ({OF_SOURCES}) AND version <> 0",
            {"ids": list(source_ids)},
        )
        return int(cursor.rowcount)


def catch_up() -> int:
    """Count every case whose facts are missing or old; how many there were. Run twice, the second finds nothing."""
    with connection.cursor() as cursor:
        cursor.execute(STALE)
        stale = [one for (one,) in cursor.fetchall()]
    if len(stale) > MANY:
        _count_many(stale)
    else:
        for batch in _batches(stale):
            refresh(batch)
    return len(stale)


@transaction.atomic
def _count_many(ids: list[UUID]) -> None:
    """A whole world at once: facts first, then what came again, then the cells out of all facts."""
    with connection.cursor() as cursor:
        hold(cursor)
        for batch in _batches(ids):
            _count(cursor, batch)
        cursor.execute(AGAIN.format(which="true"))
        _mend(cursor)


def _batches(ids: list[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


@transaction.atomic
def mend_cells() -> int:
    """Add up all facts, mend the cells that differ and say how many did; 0 unless something went around `refresh`."""
    with connection.cursor() as cursor:
        hold(cursor)
        wrong = _mend(cursor)
    if wrong:
        logger.warning("assessment cells mended", extra={"cells": wrong})
    return wrong


def _mend(cursor: CursorWrapper) -> int:
    cursor.execute(_MEND, {"levels": list(LEVELS)})
    wrong: int = cursor.rowcount
    cursor.execute("DELETE FROM insight_cell WHERE rows = 0")
    return wrong


@transaction.atomic
def recount() -> int:
    """Forget all facts and cells and count every case anew; how many were counted. Frozen months stay as they are."""
    with connection.cursor() as cursor:
        hold(cursor)
        cursor.execute("DELETE FROM insight_cell")
        cursor.execute("DELETE FROM insight_fact")
        cursor.execute(STALE)
        every = [one for (one,) in cursor.fetchall()]
    _count_many(every)
    return len(every)
