"""The desk for programs: whom to call back, filters kept under a name, hand-overs between shifts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl
from uuid import UUID

from django.http import HttpRequest, QueryDict
from ninja import Query
from pydantic import Field

from huying.cases.queries import lists
from huying.cases.rules.tasks import Task
from huying.desk import actions, queries
from huying.desk.calls import lines_of
from huying.desk.forms import ListForm
from huying.desk.models import HandOver, SavedFilter
from huying.desk.rules import QUERY_LIMIT, filter_address
from huying.desk.shifts import Fact, facts_of
from huying.kernel.api import Cursor, In, Limit, Listed, Name, OneOf, Out, Router, Words, Written, actor_of
from huying.kernel.doors import now_of
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import Invalid
from huying.kernel.terms import _

router = Router("desk")


class CallOut(Out):
    """One caller to ring in this round, however many reports of the case are theirs."""

    case_id: UUID
    number: str = Field(examples=["SF20261020-0042"])
    report_id: UUID = Field(description="pass it to the move `call_back`")
    tries: int = Field(description="calls made in this round")
    counts_from: datetime = Field(description="from then on a missed call is a further try; now or later")
    due_at: datetime | None


class CallsOut(Out):
    items: list[CallOut]


@router.get("/call-backs", CallsOut)
def list_call_backs(request: HttpRequest) -> CallsOut:
    """Whom you are to call back: those whom you can ring now first, each part by due time; at most 60 cases.

    A caller with several reports of a case comes once. Three missed calls, each in another part of a day, settle it.
    """
    actor, now = actor_of(request), now_of(request)
    todos = [one for one in lists.work_of(actor) if one.task == Task.CALL_BACK]
    due = {one.case_id: one.due_at for one in todos}
    return CallsOut(
        items=[
            CallOut(
                case_id=one.case.pk,
                number=one.case.number,
                report_id=one.report.pk,
                tries=one.tries,
                counts_from=one.counts_from,
                due_at=due[one.case.pk],
            )
            for one in lines_of(todos, now=now)
        ]
    )


class FilterOut(Out):
    """An address of the list under a name. It finds what whoever opens it may see."""

    id: UUID
    name: str = Field(examples=["榕树超时"])
    query: str = Field(examples=["area=440105001001&light=red"])
    unit_id: UUID | None = Field(description="the unit it is shared with; null: one's own")
    own: bool
    made_at: datetime


class FiltersOut(Out):
    items: list[FilterOut]


class FilterIn(In):
    name: Name
    query: Annotated[str, Field(min_length=1, max_length=QUERY_LIMIT, description="as in the address of the list")]
    unit_id: UUID | None = None


class FilterKept(Written):
    filter_id: UUID
    made_at: datetime


class FilterRemoved(Written):
    filter_id: UUID
    removed_at: datetime | None


@router.get("/filters", FiltersOut)
def list_filters(request: HttpRequest) -> FiltersOut:
    """Your own filters of the list, and those shared with your units."""
    actor = actor_of(request)
    return FiltersOut(items=[_filter(one, actor.id) for one in queries.filters_of(actor)])


@router.post("/filters", FilterKept, status=201, problems=(404,))
def create_filter(request: HttpRequest, body: FilterIn) -> FilterKept:
    """Keep a filter under a name, for yourself or a unit you work in. Parts that are no filter are left out."""
    query = filter_address(parse_qsl(body.query))
    form = ListForm(QueryDict(query))
    if not form.is_valid():
        raise Invalid({"query": [_("没有这个筛选条件。请重新选。")]})
    one = actions.save_filter(
        filter_id=uuid7(), name=body.name, query=query, unit_id=body.unit_id, actor=actor_of(request),
        now=now_of(request),
    )  # fmt: skip
    return FilterKept(filter_id=one.pk, made_at=one.made_at)


@router.delete("/filters/{filter_id}", FilterRemoved, problems=(403, 404))
def remove_filter(request: HttpRequest, filter_id: UUID) -> FilterRemoved:
    """Take a filter away: your own, or as the head of its unit."""
    one = actions.remove_filter(filter_id=filter_id, actor=actor_of(request), now=now_of(request))
    return FilterRemoved(filter_id=one.pk, removed_at=one.removed_at)


def _filter(one: SavedFilter, me: UUID | None) -> FilterOut:
    return FilterOut(
        id=one.pk, name=one.name, query=one.query, unit_id=one.unit_id, own=one.made_by == me, made_at=one.made_at
    )


class HandedFact(Out):
    kind: Annotated[str, OneOf(Fact)]
    case_id: UUID


class ShiftOut(Out):
    """A hand-over of one of your units. Cases that you do not see are left out."""

    id: UUID
    unit_id: UUID
    words: str
    left_by: UUID
    left_at: datetime
    taken_by: UUID | None
    taken_at: datetime | None
    facts: list[HandedFact]


class ShiftPage(Listed):
    items: list[ShiftOut]


class WantedShifts(In):
    limit: Limit = 20
    after: Cursor = ""


class ShiftIn(In):
    unit_id: UUID
    words: Words = ""


class ShiftLeft(Written):
    shift_id: UUID
    left_at: datetime


class ShiftTaken(Written):
    shift_id: UUID
    taken_at: datetime | None


@router.get("/shifts", ShiftPage)
def list_shifts(request: HttpRequest, given: Query[WantedShifts]) -> ShiftPage:
    """The hand-overs of your units, the latest first."""
    actor = actor_of(request)
    page: Page[HandOver] = Page(limit=given.limit, after=given.after)
    rows = queries.hand_overs_of(actor, page=page)
    ids = {UUID(key) for one in rows for told in one.facts.values() for key, _what in told}
    seen = queries.seen_cases(ids, actor)
    return ShiftPage(items=[_shift(one, set(seen)) for one in rows], next=page.next)


@router.post("/shifts", ShiftLeft, status=201, problems=(403, 404))
def leave_shift(request: HttpRequest, body: ShiftIn) -> ShiftLeft:
    """Hand over: what is red, yellow, promised and undecided is found as it stands now; the words are your own."""
    actor, now = actor_of(request), now_of(request)
    one = actions.leave_shift(
        hand_over_id=uuid7(), unit_id=body.unit_id, words=body.words,
        facts=facts_of(actor, lists.work_of(actor), now=now), actor=actor, now=now,
    )  # fmt: skip
    return ShiftLeft(shift_id=one.pk, left_at=one.left_at)


@router.post("/shifts/{shift_id}/take", ShiftTaken, problems=(404, 409))
def take_shift(request: HttpRequest, shift_id: UUID) -> ShiftTaken:
    """Take over what a colleague left. Errors: 409 `illegal-move` (your own, or somebody was faster)."""
    one = actions.take_shift(hand_over_id=shift_id, actor=actor_of(request), now=now_of(request))
    return ShiftTaken(shift_id=one.pk, taken_at=one.taken_at)


def _shift(one: HandOver, seen: set[UUID]) -> ShiftOut:
    return ShiftOut(
        id=one.pk,
        unit_id=one.unit_id,
        words=one.words,
        left_by=one.left_by,
        left_at=one.left_at,
        taken_by=one.taken_by,
        taken_at=one.taken_at,
        facts=[
            HandedFact(kind=kind, case_id=UUID(key))
            for kind, rows in one.facts.items()
            for key, _what in rows
            if UUID(key) in seen
        ],
    )


# Operations of their own in files of their own, on the same router.
from huying.desk.api import batches, exports, supervision  # noqa: E402

__all__ = ["batches", "exports", "router", "supervision"]
