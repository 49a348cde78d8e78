"""Hot issues for programs: what many calls of a place are about, ranked by heat. Nothing of who called."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import Field

from huying.cases.models import HotIssue
from huying.cases.queries import hot as reads
from huying.cases.queries.hot import Hot
from huying.cases.rules import State
from huying.cases.rules.hot import Concerned, Trend
from huying.kernel.api import Cursor, In, Limit, OneOf, Out, Router, actor_of
from huying.kernel.paging import Page
from huying.kernel.refusals import NotFound

router = Router("hot")
HotId = Annotated[UUID, Path(description="the issue's id", examples=["0198c0de-0000-7000-8000-000000000000"])]


class HotOut(Out):
    """An issue. How many people called is not told: only that it is enough to be shown."""

    id: UUID
    number: int = Field(description="of its street; it stays with the issue")
    words: str = Field(description="the title of its most typical call, masked")
    area_code: str = Field(description="the smallest area that holds all its calls")
    type_code: str = Field(description="the type of most of its calls; empty where none has one")
    concerned: Annotated[str, OneOf(["", *Concerned])] = Field(description="the group it concerns; mostly empty")
    heat: float = Field(description="see the explanation page of triage for the formula")
    calls: int
    first_on: date
    last_on: date
    trend: Annotated[str, OneOf(Trend)] = Field(description="the last thirty days against the thirty before")
    found_at: datetime


class HotPage(Out):
    items: list[HotOut]
    next: str = Field(description="pass as `after`; empty at the end")


class HotFilters(In):
    limit: Limit = 50
    after: Cursor = ""


class HotCallOut(Out):
    case_id: UUID
    number: str
    state: Annotated[str, OneOf(State)]
    area_code: str
    received_at: datetime


class HotWithCalls(HotOut):
    cases: list[HotCallOut] = Field(description="those that you see, the latest first, up to 200")


@router.get("/hot-issues", HotPage)
def list_hot_issues(request: HttpRequest, given: Query[HotFilters]) -> HotPage:
    """Issues of your areas, the hottest first: each for the clerk of the place, from five callers on for others."""
    page: Page[HotIssue] = Page(limit=given.limit, after=given.after)
    rows = reads.listed(actor_of(request), page=page)
    return HotPage(items=[HotOut(**_row(one)) for one in rows], next=page.next)


@router.get("/hot-issues/{hot_id}", HotWithCalls, problems=(404,))
def read_hot_issue(request: HttpRequest, hot_id: HotId) -> HotWithCalls:
    """One issue with its calls that you see.

    Errors: 404 `not-found` (missing, outside your scope, or too few callers).
    """
    actor = actor_of(request)
    found = reads.issue(hot_id, actor)
    if found is None:
        raise NotFound("hot_issue")
    calls = [
        HotCallOut(
            case_id=one.pk, number=one.number, state=one.state, area_code=one.area_code, received_at=one.received_at
        )
        for one in reads.calls_of(hot_id, actor)
    ]
    return HotWithCalls(**_row(found), cases=calls)


def _row(one: Hot) -> dict[str, Any]:
    row = one.issue
    return {
        "id": row.pk, "number": row.number, "words": one.words, "area_code": row.area_code,
        "type_code": row.type_code, "concerned": row.concerned, "heat": row.heat, "calls": one.calls,
        "first_on": row.first_on, "last_on": row.last_on, "trend": row.trend, "found_at": row.found_at,
    }  # fmt: skip
