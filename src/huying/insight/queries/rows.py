"""The cases behind a number, as far as the viewer may see them now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from huying.cases.models import Case
from huying.cases.queries.scope import seen_by
from huying.insight.models import Fact, FrozenFact, Statement
from huying.insight.queries.figures import check_reads, chosen, versions_of
from huying.insight.rules import BY_CODE, Excluded, Measure, Month, Slice
from huying.kernel.actor import Actor, upper_bound
from huying.kernel.refusals import Invalid, NotFound
from huying.kernel.terms import _

MOST = 50
_BAD_MARK = _("翻页的标记不对。请从第一页重新开始。")
_CLASS = re.compile(r"(?:[0-9]{2})?")
PARTS = ("all", "hits", "rest")


@dataclass(frozen=True)
class Row:
    """A case, how often it stands below the line and how often above it (fair ratings by their own)."""

    case: Case
    of: int
    hits: int
    half: int


@dataclass(frozen=True)
class Behind:
    """What a number opens to. The sums are those of the number, also where the cases come in pages."""

    measure: Measure | None
    statement: Statement | None
    of: int
    hits: int
    half: int
    cases: int
    rows: tuple[Row, ...]
    next: str


@dataclass(frozen=True)
class Asked:
    """Which number: a measure (or a kind of what is left out), and by what it is cut."""

    measure: str = ""
    excluded: str = ""
    part: str = "all"
    slice: str = ""
    key: str = ""


def behind(
    viewer: Actor, code: str, month: Month, asked: Asked, *, version: int | None = None, after: str = ""
) -> Behind:
    """The cases of a number, those that ended last first, a page at a time.

    Raises NotFound as `assess`, and for a measure, a kind, a unit or a class that is none. A case that has become
    restricted since a month was frozen, or has moved away, is still in its sums and no longer in its rows.
    """
    check_reads(viewer, code)
    statement = chosen(versions_of(code, month), version)
    of, hits, half = _columns(asked)
    model: Any = Fact if statement is None else FrozenFact
    table = model._meta.db_table
    which, given = _which(code, month, statement, asked)
    above = f"sum({hits})" + (f" + sum({half})" if half != "0" else "")
    kept = {"all": "true", "hits": f"{above} > 0", "rest": f"sum({of}) > {above}"}[asked.part]
    grouped = (
        f"SELECT case_id, max(ended_at) AS ended_at, sum({of})::int AS of, sum({hits})::int AS hits, "
        f"sum({half})::int AS half FROM {table} WHERE {which} AND {of} > 0 GROUP BY case_id HAVING {kept}"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(sum(of), 0)::int, coalesce(sum(hits), 0)::int, coalesce(sum(half), 0)::int, count(*) "
            f"FROM ({grouped}) behind",
            given,
        )
        below, above_line, by_half, total = cursor.fetchone()
        place = _place(after)
        cursor.execute(
            f"SELECT case_id, ended_at, of, hits, half FROM ({grouped}) behind "
            + ("WHERE (ended_at, case_id) < (%(ended_at)s, %(case_id)s) " if place else "")
            + "ORDER BY ended_at DESC, case_id DESC LIMIT %(most)s",
            given | {"most": MOST + 1, **place},
        )
        found = cursor.fetchall()
    page = found[:MOST]
    cases = {one.pk: one for one in seen_by(viewer).filter(pk__in=[one[0] for one in page])}
    rows = tuple(Row(cases[case_id], *counts) for case_id, _ended, *counts in page if case_id in cases)
    more = f"{page[-1][1].isoformat()}_{page[-1][0]}" if len(found) > MOST else ""
    return Behind(BY_CODE.get(asked.measure), statement, below, above_line, by_half, total, rows, more)


def _columns(asked: Asked) -> tuple[str, str, str]:
    """Names of columns, none of them from outside."""
    if asked.part not in PARTS or bool(asked.measure) == bool(asked.excluded):
        raise NotFound("measure")
    if asked.excluded:
        if asked.excluded not in Excluded.values:
            raise NotFound("measure")
        return "1", "0", "0"
    measure = BY_CODE.get(asked.measure)
    if measure is None:
        raise NotFound("measure")
    return measure.of, measure.hits, measure.half or "0"


def _which(code: str, month: Month, statement: Statement | None, asked: Asked) -> tuple[str, dict[str, Any]]:
    given: dict[str, Any] = {"code": code, "end": upper_bound(code) if code else "~"}
    which = "area_code >= %(code)s AND area_code < %(end)s"
    if statement is None:
        which, given = f"month = %(month)s AND {which}", given | {"month": month.number}
    else:
        which, given = f"statement_id = %(statement)s AND {which}", given | {"statement": statement.pk}
    if asked.excluded:
        which, given = f"{which} AND subject_id = case_id AND excluded = %(why)s", given | {"why": asked.excluded}
    else:
        which = f"{which} AND excluded <> '{Excluded.DECIDED}'"
    if asked.slice == Slice.UNIT:
        try:
            return f"{which} AND unit_id = %(key)s", given | {"key": UUID(asked.key)}
        except ValueError:
            raise NotFound("unit") from None
    if asked.slice == Slice.MATTER and _CLASS.fullmatch(asked.key):
        return f"{which} AND left(type_code, 2) = %(key)s", given | {"key": asked.key}
    if asked.slice:
        raise NotFound("slice")
    return which, given


def _place(after: str) -> dict[str, Any]:
    """Where the page before ended. Raises Invalid for what is no mark of ours."""
    if not after:
        return {}
    moment, _line, key = after.partition("_")
    try:
        ended_at, case_id = datetime.fromisoformat(moment), UUID(key)
    except ValueError:
        raise Invalid({"after": [_BAD_MARK]}) from None
    if ended_at.tzinfo is None or not 1 < ended_at.year < 9999:
        raise Invalid({"after": [_BAD_MARK]})
    return {"ended_at": ended_at, "case_id": case_id}
