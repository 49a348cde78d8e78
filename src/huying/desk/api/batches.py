"""One act for many cases, for programs: a look beforehand, done, read line by line, and taken back."""

from __future__ import annotations

from datetime import datetime
from operator import itemgetter
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import Field

from huying.desk import actions, queries
from huying.desk.actions.batching import LIMITS, foreseen, may_undo
from huying.desk.api import router
from huying.desk.models import Batch
from huying.desk.rules import MOST_TOGETHER, BatchAct, LineState
from huying.kernel.api import Cursor, In, Limit, Listed, OneOf, Out, Words, Written, actor_of
from huying.kernel.doors import now_of
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import NotFound

MOST_FORESEEN = 50
"""Cases of one look beforehand: they stand in the address."""
BatchId = Annotated[UUID, Path(description="the batch's id", examples=["0198c0de-0000-7000-8000-000000000000"])]
ActWord = Annotated[str, OneOf(BatchAct)]


class ForeseenOut(Out):
    """What would become of one case, as things stand."""

    case_id: UUID
    lead_id: UUID | None = Field(description="the unit that would lead; null for an answer, or where none can")
    lead: str = Field(examples=["街道环卫站"])
    why_not: str = Field(description="why it would be refused; empty where it would be done")


class ForeseenList(Out):
    items: list[ForeseenOut] = Field(description="in the order asked; cases outside your scope are left out")


class Foreseeing(In):
    act: ActWord
    case: Annotated[list[UUID], Field(min_length=1, max_length=MOST_FORESEEN)]
    lead: UUID | None = Field(None, description="for all; without one each case's is the first with the duty")


class ChosenIn(In):
    case_id: UUID
    lead_id: UUID | None = Field(None, description="the unit that is to lead; none for an answer")


class BatchIn(In):
    """One act for many cases. What callers were told (`answer`) cannot be taken back."""

    act: ActWord
    cases: Annotated[list[ChosenIn], Field(min_length=1, max_length=MOST_TOGETHER)]
    instruction: Annotated[Words, Field(max_length=LIMITS["instruction"])] = Field("", description="to the units")
    reason: Annotated[Words, Field(max_length=LIMITS["reason"])] = Field("", description="why it is reassigned")
    words: Annotated[Words, Field(max_length=LIMITS["words"])] = Field(
        "", description="the answer that every caller gets"
    )


class BatchDone(Written):
    """How many were done, refused, taken back, and stay as they are; each line says which."""

    batch_id: UUID
    made_at: datetime
    undone_at: datetime | None
    done: int
    refused: int
    undone: int
    stays: int


class BatchRow(Out):
    id: UUID
    act: ActWord
    made_at: datetime
    undone_at: datetime | None


class BatchPage(Listed):
    items: list[BatchRow]


class LineOut(Out):
    case_id: UUID
    lead_id: UUID | None
    state: Annotated[str, OneOf(LineState)]
    why: str = Field(description="why it was refused or stays; else empty")


class BatchOut(BatchRow):
    may_undo: bool
    lines: list[LineOut] = Field(description="cases that have left your scope since are left out")


class WantedBatches(In):
    limit: Limit = 20
    after: Cursor = ""


@router.get("/batch-preview", ForeseenList, problems=(403,))
def preview_batch(request: HttpRequest, given: Query[Foreseeing]) -> ForeseenList:
    """What one act would do to each of these cases; nothing is written, and a moment later it may be otherwise.

    Errors: 403 `not-allowed` (the act's duty nowhere), 422 `invalid` (no such unit).
    """
    act = BatchAct(given.act)
    # Whether it can be done does not hang on the words, which do not belong into an address.
    values = {"lead": given.lead, "reason": "-", "words": "-"}
    rows = foreseen(act, given.case, values, actor=actor_of(request), now=now_of(request))
    return ForeseenList(
        items=[
            ForeseenOut(
                case_id=one.case_id, lead_id=one.lead.pk if one.lead else None, lead=one.lead.name if one.lead else "",
                why_not=one.why,
            )
            for one in rows
        ]
    )  # fmt: skip


@router.post("/batches", BatchDone, status=201, problems=(404,))
def create_batch(request: HttpRequest, body: BatchIn) -> BatchDone:
    """Do one act to each of these cases, whatever the others say.

    Errors: 403 `not-allowed` (the act's duty nowhere), 404 `not-found` (one is missing or outside your scope: nothing
    is done), 422 `invalid`. What a single case refuses stands on its line.
    """
    values = {"instruction": body.instruction, "reason": body.reason, "words": body.words}
    # All in one transaction here: in one order, so that two that meet do not wait for each other.
    chosen = sorted(((one.case_id, one.lead_id) for one in body.cases), key=itemgetter(0))
    made = actions.carry_out(
        batch_id=uuid7(), act=BatchAct(body.act), chosen=chosen, values=values, actor=actor_of(request),
        now=now_of(request),
    )  # fmt: skip
    return _done(made)


@router.get("/batches", BatchPage)
def list_batches(request: HttpRequest, given: Query[WantedBatches]) -> BatchPage:
    """What you did to many cases at once, the latest first; nobody sees a colleague's."""
    page: Page[Batch] = Page(limit=given.limit, after=given.after)
    rows = queries.batches_of(actor_of(request), page=page)
    return BatchPage(items=[BatchRow(**_row(one)) for one in rows], next=page.next)


@router.get("/batches/{batch_id}", BatchOut, problems=(404,))
def read_batch(request: HttpRequest, batch_id: BatchId) -> BatchOut:
    """What became of each case. Errors: 404 `not-found` (missing, or a colleague's)."""
    viewer = actor_of(request)
    found = queries.batch_by_id(batch_id, viewer)
    if found is None:
        raise NotFound("batch")
    lines = queries.lines_of(found)
    seen = queries.seen_cases((one.case_id for one in lines), viewer)
    return BatchOut(
        **_row(found), may_undo=may_undo(found, now_of(request)),
        lines=[
            LineOut(case_id=one.case_id, lead_id=one.lead_id, state=one.state, why=one.why)
            for one in lines
            if one.case_id in seen
        ],
    )  # fmt: skip


@router.post("/batches/{batch_id}/undo", BatchDone, problems=(404,))
def undo_batch(request: HttpRequest, batch_id: BatchId) -> BatchDone:
    """Take it all back, as far as nothing has happened since.

    Errors: 404 `not-found` (missing, or a colleague's), 409 `illegal-move` (an answer, or more than ten minutes ago).
    """
    return _done(actions.take_back(batch_id=batch_id, actor=actor_of(request), now=now_of(request)))


def _row(one: Batch) -> dict[str, Any]:
    return {"id": one.pk, "act": one.act, "made_at": one.made_at, "undone_at": one.undone_at}


def _done(one: Batch) -> BatchDone:
    states = [line.state for line in queries.lines_of(one)]
    return BatchDone(
        batch_id=one.pk, made_at=one.made_at, undone_at=one.undone_at, done=states.count(LineState.DONE),
        refused=states.count(LineState.REFUSED), undone=states.count(LineState.UNDONE),
        stays=states.count(LineState.STAYS),
    )  # fmt: skip
