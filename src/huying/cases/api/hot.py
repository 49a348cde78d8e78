"""Hot issues for programs: what many calls of a place are about, ranked by heat. Nothing of who called."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import Field

from huying.cases.actions import hot as actions
from huying.cases.models import HotIssue
from huying.cases.queries import hot as reads
from huying.cases.queries.hot import Hot
from huying.cases.rules import State
from huying.cases.rules.hot import Concerned, Trend
from huying.kernel.api import Cursor, In, Limit, Line, OneOf, Out, Router, Written, actor_of, uuid_key
from huying.kernel.doors import now_of
from huying.kernel.paging import Page
from huying.kernel.refusals import NotFound

router = Router("hot")
HotId = Annotated[UUID, Path(description="the issue's id", examples=["0198c0de-0000-7000-8000-000000000000"])]


class HotOut(Out):
    """An issue. How many people called is not told: only that it is enough to be shown."""

    id: UUID
    number: int = Field(description="of its street; it stays with the issue")
    words: str = Field(description="the name that a clerk gave it, else the title of its most typical call, masked")
    named: bool = Field(description="whether a clerk gave it a name")
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


class NameIn(In):
    words: Line = Field("", description="up to 40 letters", examples=["榕景花园电梯困人"])


class CallIn(In):
    case_id: UUID


class IssueIn(In):
    issue_id: UUID


class SaidOut(Written):
    id: UUID
    number: int = Field(description="of its street", examples=[12])


@router.get("/hot-issues", HotPage)
def list_hot_issues(request: HttpRequest, given: Query[HotFilters]) -> HotPage:
    """Issues of your areas, the hottest first: each for the clerk of the place, from five callers on for others."""
    page: Page[HotIssue] = Page(limit=given.limit, after=given.after)
    rows = reads.listed(actor_of(request), page=page)
    return HotPage(items=[HotOut(**_row(one)) for one in rows], next=page.next)


@router.get("/hot-issues/{hot_id}", HotWithCalls, problems=(404,))
def read_hot_issue(request: HttpRequest, hot_id: HotId) -> HotWithCalls:
    """One issue with its calls that you see; for one that was joined into another by hand that other, whose `id` is not
    the one that was asked for.

    Errors: 404 `not-found` (missing, outside your scope, or too few callers).
    """
    actor = actor_of(request)
    found = reads.issue(hot_id, actor) or reads.leads_to(hot_id, actor)
    if found is None:
        raise NotFound("hot_issue")
    calls = [
        HotCallOut(
            case_id=one.pk, number=one.number, state=one.state, area_code=one.area_code, received_at=one.received_at
        )
        for one in reads.calls_of(found.issue.pk, actor)
    ]
    return HotWithCalls(**_row(found), cases=calls)


@router.post("/hot-issues/{hot_id}/name", SaidOut, problems=(404,))
def name_hot_issue(request: HttpRequest, hot_id: HotId, body: NameIn) -> SaidOut:
    """Give an issue a name of its own, or take it away with empty words.

    Errors: 404 `not-found`, 403 `not-allowed` (you do not triage in the whole of its place), 422 `invalid` (the words
    point to a person).
    """
    return _said(actions.name_issue(hot_id, words=body.words, **_sent(request)))


@router.post("/hot-issues/{hot_id}/take-out", SaidOut, problems=(404,))
def take_out_of_hot_issue(request: HttpRequest, hot_id: HotId, body: CallIn) -> SaidOut:
    """A call is not about this: no night puts it back. It may be in another issue.

    Errors: 404 `not-found` (the issue, or the call is not in it), 403 `not-allowed`.
    """
    return _said(actions.take_out(hot_id, case_id=body.case_id, **_sent(request)))


@router.post("/hot-issues/{hot_id}/put-back", SaidOut, problems=(404,))
def put_back_into_hot_issue(request: HttpRequest, hot_id: HotId, body: CallIn) -> SaidOut:
    """Undo `take-out`: the call is here again, unless it is in another issue by now.

    Errors: 404 `not-found` (the issue, or the call was not taken out of it), 403 `not-allowed`.
    """
    return _said(actions.put_back(hot_id, case_id=body.case_id, **_sent(request)))


@router.post("/hot-issues/{hot_id}/join", SaidOut, problems=(404,))
def join_hot_issues(request: HttpRequest, hot_id: HotId, body: IssueIn) -> SaidOut:
    """Another issue of the street is about the same: its calls come here, and no night parts them again.

    Errors: 404 `not-found` (one of both), 403 `not-allowed`, 422 `invalid` (itself, or of another street).
    """
    return _said(actions.join_issues(hot_id, other_id=body.issue_id, **_sent(request)))


@router.post("/hot-issues/{hot_id}/part", SaidOut, problems=(404,))
def part_hot_issues(request: HttpRequest, hot_id: HotId, body: IssueIn) -> SaidOut:
    """Undo `join`: the calls that came with the other issue are its own again.

    Errors: 404 `not-found` (the issue, or the other was not joined into it), 403 `not-allowed`.
    """
    return _said(actions.part_issues(hot_id, other_id=body.issue_id, **_sent(request)))


def _sent(request: HttpRequest) -> dict[str, Any]:
    return {"actor": actor_of(request), "now": now_of(request), "key": uuid_key(request)}


def _said(row: HotIssue) -> SaidOut:
    return SaidOut(id=row.pk, number=row.number)


def _row(one: Hot) -> dict[str, Any]:
    row = one.issue
    return {
        "id": row.pk, "number": row.number, "words": one.words, "named": bool(row.own_words),
        "area_code": row.area_code, "type_code": row.type_code, "concerned": row.concerned, "heat": row.heat,
        "calls": one.calls, "first_on": row.first_on, "last_on": row.last_on,
        "trend": row.trend, "found_at": row.found_at,
    }  # fmt: skip
