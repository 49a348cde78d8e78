"""Assessments for programs: the same figures as the page, the cases behind them, and frozen months."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Query
from pydantic import Field

from huying.insight import queries
from huying.insight.models import Statement
from huying.insight.queries import Asked, Line
from huying.insight.rules import MEASURES, Month, Score, month_of
from huying.kernel.api import AreaCode, Cursor, In, Listed, Out, Router, actor_of
from huying.kernel.doors import now_of
from huying.people.rules import Duty

router = Router("assessments")

MonthWord = Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-10"])]
MeasureWord = Annotated[str, Field(pattern=r"^[a-z_]{1,30}$", examples=["resolution"])]


class Which(In):
    month: MonthWord | None = Field(None, description="this month where none is named")
    version: Annotated[int, Field(ge=0, le=999)] | None = Field(
        None, description="a frozen version; 0: as it stands now; none: the latest frozen one, else as it stands"
    )


class RateOut(Out):
    measure: str = Field(examples=["resolution"])
    hits: str = Field(description="above the line; one decimal where fair ratings are weighed", examples=["426"])
    of: int = Field(description="below the line", examples=[517])
    percent: str = Field(description="one decimal, half upwards; empty where nothing stands below", examples=["82.4"])
    ranked: bool = Field(description="false where fewer than 10 stand below the line")


class PointsOut(Out):
    part: str
    weight: int
    points: str = Field(description="empty where there was nothing to count")


class ScoreOut(Out):
    formula: str = Field(examples=["unit"])
    score: str = Field(description="of a hundred; empty where there was nothing to count")
    band: str = Field(description="empty under 10")
    parts: list[PointsOut]


class LineOut(Out):
    key: str = Field(description="area code, id of a unit, or class of matter; empty for the whole")
    rates: list[RateOut]
    score: ScoreOut | None = Field(description="of a unit, where units are scored")


class ExcludedOut(Out):
    kind: str = Field(examples=["drill"])
    cases: int


class StatementOut(Out):
    """A frozen version of a month."""

    area_code: str
    month: str = Field(examples=["2026-10"])
    version: int
    state: str = Field(examples=["published"])
    reason: str = Field(description="of a correction")
    frozen_at: datetime
    published_at: datetime | None


class AssessmentOut(Out):
    area_code: str
    month: str
    terms: str = Field(description="version of weights and bands", examples=["2026-1"])
    statement: StatementOut | None = Field(description="none: as it stands now, changing still")
    whole: LineOut
    areas: list[LineOut]
    units: list[LineOut]
    matters: list[LineOut]
    excluded: list[ExcludedOut]
    before: LineOut = Field(description="the whole, with what two persons left out counted as well")
    posts: list[ScoreOut] = Field(description="empty where posts are not scored")


class MonthsOut(Out):
    items: list[StatementOut]


class MeasureOut(Out):
    code: str
    label: str
    counts: str = Field(description="what stands above and below the line")
    leaves_out: list[str]
    less: bool = Field(description="the smaller the better")


class MeasuresOut(Out):
    items: list[MeasureOut]


class BehindIn(Which):
    measure: MeasureWord = ""
    excluded: MeasureWord = Field("", description="in place of a measure: a kind of what is left out")
    part: Annotated[str, Field(pattern=r"^(all|hits|rest)$")] = "all"
    unit: UUID | None = None
    matter: Annotated[str, Field(pattern=r"^[0-9]{2}$")] | None = None
    after: Cursor = ""


class BehindOut(Out):
    case_id: UUID
    number: str
    of: int = Field(description="how often the case stands below the line")
    hits: int


class BehindPage(Listed):
    of: int
    hits: int
    cases: int
    items: list[BehindOut]


@router.get("/assessments/measures", MeasuresOut)
def list_measures(request: HttpRequest) -> MeasuresOut:
    """Every measure: what it counts and what it leaves out."""
    return MeasuresOut(
        items=[
            MeasureOut(
                code=one.code, label=str(one.label), counts=str(one.counts),
                leaves_out=[str(words) for words in one.leaves_out], less=one.less,
            )
            for one in MEASURES
        ]
    )  # fmt: skip


@router.get("/assessments/{code}", AssessmentOut, duty=Duty.READ, problems=(404,))
def read_assessment(request: HttpRequest, code: AreaCode, given: Query[Which]) -> AssessmentOut:
    """An area's month: rates with both their numbers, by area inside, unit and class of matter.

    Errors: 404 `not-found` (an area that you do not read as a whole, or a version that is not there).
    """
    found = queries.assess(actor_of(request), code, _month(request, given), version=given.version)
    terms = found.terms
    return AssessmentOut(
        area_code=code,
        month=str(found.month),
        terms=terms.version,
        statement=_statement(found.statement) if found.statement is not None else None,
        whole=_line(found.whole),
        areas=_lines(found.areas),
        units=[_line(one, queries.score_of_unit(one.sums, terms)) for one in found.units],
        matters=_lines(found.matters),
        excluded=[ExcludedOut(kind=kind, cases=count) for kind, count in sorted(found.excluded.items())],
        before=_line(found.before),
        posts=[_score(one) for one in queries.scores_of_posts(found.whole.sums, terms)],
    )


@router.get("/assessments/{code}/months", MonthsOut, duty=Duty.READ, problems=(404,))
def list_frozen_months(request: HttpRequest, code: AreaCode) -> MonthsOut:
    """Frozen months of an area, the latest first, each version with the reason of its correction."""
    return MonthsOut(items=[_statement(one) for one in queries.months_of(actor_of(request), code)])


@router.get("/assessments/{code}/cases", BehindPage, duty=Duty.READ, problems=(404,))
def list_assessed_cases(request: HttpRequest, code: AreaCode, given: Query[BehindIn]) -> BehindPage:
    """The cases behind a number, those that ended last first.

    `of`, `hits` and `cases` are of the whole number. A case that became restricted since a month was frozen is still
    in them, and no longer in the items.
    """
    asked = Asked(
        measure=given.measure,
        excluded=given.excluded,
        part=given.part,
        slice="unit" if given.unit is not None else "matter" if given.matter is not None else "",
        key=str(given.unit or given.matter or ""),
    )
    viewer = actor_of(request)
    found = queries.behind(viewer, code, _month(request, given), asked, version=given.version, after=given.after)
    items = [BehindOut(case_id=one.case.pk, number=one.case.number, of=one.of, hits=one.hits) for one in found.rows]
    return BehindPage(of=found.of, hits=found.hits, cases=found.cases, items=items, next=found.next)


def _month(request: HttpRequest, given: Which) -> Month:
    return Month.read(given.month) if given.month is not None else month_of(now_of(request))


def _statement(one: Statement) -> StatementOut:
    assert one.frozen_at is not None
    return StatementOut(
        area_code=one.area_code, month=str(Month(one.month)), version=one.version, state=one.state, reason=one.reason,
        frozen_at=one.frozen_at, published_at=one.published_at,
    )  # fmt: skip


def _lines(lines: Iterable[Line]) -> list[LineOut]:
    return [_line(one) for one in lines]


def _line(one: Line, score: Score | None = None) -> LineOut:
    rates = [
        RateOut(measure=code, hits=rate.above, of=rate.of, percent=rate.percent, ranked=not rate.few)
        for code, rate in one.rates.items()
        if rate.of
    ]
    return LineOut(key=one.key, rates=rates, score=_score(score) if score is not None else None)


def _score(one: Score) -> ScoreOut:
    parts = [PointsOut(part=each.part.code, weight=each.weight, points=each.points) for each in one.parts]
    return ScoreOut(formula=one.formula.code, score=one.printed, band=one.band, parts=parts)
