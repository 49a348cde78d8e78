"""The figures of one area and month: as they stand now out of cells, or as they were frozen out of kept facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from huying.cases.queries.lists import MOST_COUNTED, Found
from huying.cases.queries.scope import restricted_branches, within
from huying.insight.models import Statement
from huying.insight.queries.facts import CELLS, NAMES
from huying.insight.queries.scoring import terms_for
from huying.insight.rules import COUNTS, LEVELS, Excluded, Month, Rate, Slice, Terms, rates_of
from huying.insight.rules.months import KEPT
from huying.kernel.actor import Actor, upper_bound
from huying.kernel.refusals import NotFound
from huying.kernel.terms import Label
from huying.people.rules import Duty, prefixes
from huying.places import queries as places

_SLICE = "CASE WHEN level = %(own)s THEN slice ELSE 'inside' END"
_KEY = "CASE WHEN level = %(own)s THEN key ELSE area_code END"
_COLUMNS = f"{_SLICE}, {_KEY}, {NAMES}, rows"
_LIVE = f"""
SELECT {_COLUMNS} FROM insight_cell WHERE month = %(month)s AND level = %(own)s AND area_code = %(code)s
UNION ALL
SELECT {_COLUMNS} FROM insight_cell
WHERE month = %(month)s AND level = %(below)s AND area_code >= %(code)s AND area_code < %(end)s
    AND slice = '{Slice.WHOLE}'
"""
_KEPT = f"""
SELECT {_COLUMNS} FROM ({
    CELLS.format(
        rows="insight_frozenfact",
        sign="1",
        which="f.statement_id = %(statement)s AND f.area_code >= %(code)s AND f.area_code < %(end)s",
    )
}) cells WHERE level = %(own)s OR slice = '{Slice.WHOLE}'
"""


@dataclass(frozen=True)
class Line:
    """One row of the assessment: the sums of counts and the rates out of them."""

    key: str
    sums: Mapping[str, int]
    rates: Mapping[str, Rate]


@dataclass(frozen=True)
class Assessment:
    """An area's month. `statement`: the frozen version that is shown; None: as it stands now, changing still.

    `aside` is what would have counted of cases that two persons left out: with `whole` it stands as it was before.
    `restricted` are apart: they are in no other number, and told to those alone who may see them.
    """

    code: str
    month: Month
    whole: Line
    areas: tuple[Line, ...]
    units: tuple[Line, ...]
    matters: tuple[Line, ...]
    excluded: Mapping[str, int]
    terms: Terms
    statement: Statement | None
    versions: tuple[Statement, ...]
    aside: Mapping[str, int] = field(default_factory=dict)
    restricted: Found = field(default=Found(0, MOST_COUNTED))

    @property
    def before(self) -> Line:
        """The whole, with what two persons left out counted as well."""
        sums = {name: self.whole.sums.get(name, 0) + self.aside.get(name, 0) for name in COUNTS}
        return Line("", sums, rates_of(sums, self.terms.fair))


def assess(viewer: Actor, code: str, month: Month, *, version: int | None = None) -> Assessment:
    """The figures of an area and month: the latest frozen version, else as they stand now; `version` 0: as they stand.

    Raises NotFound where the viewer does not read the whole area, the same for one or for a version that is not there.
    """
    check_reads(viewer, code)
    versions = versions_of(code, month)
    statement = chosen(versions, version)
    terms = Terms.read(statement.terms) if statement is not None else terms_for(code, month)
    given = _given(code) | {"month": month.number, "statement": statement.pk if statement is not None else None}
    lines: dict[str, list[Line]] = {}
    excluded: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LIVE if statement is None else _KEPT, given)
        for slice_, key, *counts, rows in cursor.fetchall():
            if slice_ == Slice.EXCLUDED:
                excluded[key] = rows
                continue
            sums = {name: count for name, count in zip(COUNTS, counts, strict=True) if count}
            lines.setdefault(slice_, []).append(Line(key, sums, rates_of(sums, terms.fair)))
    whole = next(iter(lines.get(Slice.WHOLE, ())), Line("", {}, rates_of({}, terms.fair)))
    aside = next(iter(lines.get(Slice.ASIDE, ())), None)
    return Assessment(
        code=code,
        month=month,
        whole=whole,
        areas=_sorted(lines.get("inside", ())),
        units=_sorted(lines.get(Slice.UNIT, ())),
        matters=_sorted(lines.get(Slice.MATTER, ())),
        excluded=excluded,
        terms=terms,
        statement=statement,
        versions=versions,
        aside=aside.sums if aside is not None else {},
        restricted=_restricted(viewer, code, month),
    )


def _sorted(lines: Any) -> tuple[Line, ...]:
    return tuple(sorted((one for one in lines if one.sums), key=lambda one: str(one.key)))


def _given(code: str) -> dict[str, Any]:
    below = next((one for one in LEVELS if one > len(code)), None)
    levels = [one for one in (len(code), below) if one is not None]
    return {
        "code": code, "end": upper_bound(code) if code else "~", "own": len(code), "below": below, "levels": levels,
    }  # fmt: skip


def check_reads(viewer: Actor, code: str) -> None:
    """Raises NotFound where there is no such area for the viewer, or nothing is counted at its level."""
    there = not code or places.is_known(code)  # asked first: whoever may not look waits as long
    if not there or len(code) not in LEVELS or not viewer.may(Duty.READ, code):
        raise NotFound("area")


def versions_of(code: str, month: Month) -> tuple[Statement, ...]:
    """Every statement of the month, of the narrowest area around this one that has any; the latest first."""
    rows = Statement.objects.filter(area_code__in=prefixes(code), month=month.number)
    found = sorted(rows, key=lambda one: (len(one.area_code), one.version), reverse=True)
    return tuple(one for one in found if one.area_code == found[0].area_code)


def chosen(versions: tuple[Statement, ...], version: int | None) -> Statement | None:
    """The frozen statement that is asked for: the latest without a word, None for 0. Raises NotFound."""
    kept = [one for one in versions if one.state in KEPT]
    if version is None:
        return kept[0] if kept else None
    if version == 0:
        return None
    for one in kept:
        if one.version == version:
            return one
    raise NotFound("statement")


def months_of(viewer: Actor, code: str) -> list[Statement]:
    """Frozen months of an area, the latest first, each with its versions. Raises NotFound as `assess`."""
    check_reads(viewer, code)
    rows = Statement.objects.filter(area_code=code, state__in=[str(one) for one in sorted(KEPT)])
    return list(rows.order_by("-month", "-version"))


def excluded_words(kind: str) -> Label:
    return Excluded(kind).label


def _restricted(viewer: Actor, code: str, month: Month) -> Found:
    """Restricted cases of the area that ended in the month, as far as the viewer may see them."""
    ended = Q(within([code]), restricted=True, drill=False, ended_at__gte=month.begins, ended_at__lt=month.ends)
    found: set[UUID] = set()
    for rows in restricted_branches(viewer):
        found |= set(rows.filter(ended).order_by().values_list("pk", flat=True)[:MOST_COUNTED])
    return Found(min(len(found), MOST_COUNTED), MOST_COUNTED)
