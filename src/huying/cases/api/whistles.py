"""Whistles for programs: asked for, read with their called units, and moved by either side."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query
from pydantic import Field

from huying.cases.api import ID, CaseId, judged, router, whole_of
from huying.cases.forms.schema import data_of, schema_of
from huying.cases.forms.whistles import WHISTLE_MOVES, AskForm, Calling, WhistleForm, form_of, walk_whistle
from huying.cases.forms.whistles import ask as ask_for_whistle
from huying.cases.models import Whistle, WhistlePart
from huying.cases.queries import whistles as calling
from huying.cases.queries.whistles import SHOWS, Rows, WantedWhistles
from huying.cases.rules.whistles import ANSWER, ARRIVE, PartState, WhistleState
from huying.kernel.api import (
    Cursor,
    In,
    Limit,
    Line,
    Listed,
    OneOf,
    Out,
    Slug,
    Words,
    Written,
    actor_of,
)
from huying.kernel.doors import now_of
from huying.kernel.paging import Page
from huying.kernel.refusals import NotAllowed, NotFound

WhistleId = Annotated[UUID, Path(description="the whistle's id", examples=[ID])]


class PartOut(Out):
    """One called unit. Ratings are null until both sides have given theirs."""

    id: UUID
    unit_id: UUID
    unit: str = Field(examples=["街道环卫站"])
    state: Annotated[str, OneOf(PartState)]
    answer_due_at: datetime | None = Field(description="null before the call goes out")
    answered_at: datetime | None
    arrive_due_at: datetime | None
    arrived_at: datetime | None
    arrived_how: str = Field(description="code, photo, or empty")
    done_at: datetime | None
    done_words: str
    objected_at: datetime | None
    caller_score: int | None = Field(description="1 to 5: what the caller gives the unit")
    unit_score: int | None = Field(description="1 to 5: what the unit gives the caller")


class WhistleRow(Out):
    id: UUID
    case_id: UUID
    serial: int = Field(description="of its case, from 1")
    kind: str = Field(examples=["livelihood"])
    kind_version: int
    state: Annotated[str, OneOf(WhistleState)]
    caller_id: UUID
    caller: str = Field(examples=["榕树社区居委会"])
    asked_at: datetime
    phoned_at: datetime | None = Field(description="of an emergency: phoned first, written down after")
    confirmed: bool | None = Field(description="what the head said of one that was phoned first")
    blown_at: datetime | None
    ended_at: datetime | None
    rated_at: datetime | None


class WhistlePage(Listed):
    items: list[WhistleRow]


class WhistleMoveOut(Out):
    """A legal move of this whistle for this token, and its form."""

    verb: str = Field(examples=["answer"])
    label: str = Field(examples=["应哨"])
    values: dict[str, Any] = Field(description="JSON schema (2020-12) of `values` of the move")


class WhistleOut(WhistleRow):
    reason: str = Field(description="why the lower tier cannot do it alone")
    wanted: str
    done: str = Field(description="the joint record: who came, what was done")
    remains: str = Field(description="what is left to do")
    parts: list[PartOut]
    moves: list[WhistleMoveOut]


class WhistleFilters(In):
    show: Annotated[str, OneOf(["", *SHOWS])] = Field("", description="mine: asked by you; unit; late")
    state: Annotated[str, OneOf(["", *WhistleState])] = ""
    after: Cursor = ""
    limit: Limit = 50


class WhistleFormOut(Out):
    values: dict[str, Any] = Field(description="JSON schema (2020-12) of `values`")


class WhistleIn(In):
    """`values` follow the schema that the form gives."""

    values: dict[
        Annotated[str, Field(max_length=60)],
        Annotated[Words, Field(max_length=10_000)]
        | bool
        | Annotated[int, Field(ge=-(2**53), le=2**53)]
        | Annotated[list[Line], Field(max_length=100)]
        | None,
    ] = Field(default_factory=dict, max_length=60, examples=[{"words": "马上到"}])


class Whistled(Written):
    """Where the whistle stands after the move."""

    whistle_id: UUID
    case_id: UUID
    state: str


@router.get("/whistles", WhistlePage)
def list_whistles(request: HttpRequest, given: Query[WhistleFilters]) -> WhistlePage:
    """Whistles on cases that you see, the latest first."""
    page: Page[Whistle] = Page(limit=given.limit, after=given.after)
    wanted = WantedWhistles(given.show, given.state)
    rows = calling.whistles_found(actor_of(request), wanted, now=now_of(request), page=page)
    return WhistlePage(items=[WhistleRow(**_whistle_row(one)) for one in rows], next=page.next)


@router.get("/whistles/{whistle_id}", WhistleOut, problems=(404,))
def read_whistle(request: HttpRequest, whistle_id: WhistleId) -> WhistleOut:
    """One whistle with its called units, its joint record and your legal moves.

    Errors: 404 `not-found` (missing, or its case is outside your scope).
    """
    rows, actor, now = _whistle(request, whistle_id), actor_of(request), now_of(request)
    legal = calling.legal_moves(rows, actor, now)
    return WhistleOut(
        **_whistle_row(rows.whistle), reason=rows.whistle.reason, wanted=rows.whistle.wanted, done=rows.whistle.done,
        remains=rows.whistle.remains, parts=[_part(rows, one) for one in rows.parts],
        moves=[
            WhistleMoveOut(
                verb=name, label=str(WHISTLE_MOVES[name].label),
                values=schema_of(form_of(WHISTLE_MOVES[name].form, Calling(rows.case, actor, now, rows))),
            )
            for name in legal
        ],
    )  # fmt: skip


@router.get("/cases/{case_id}/whistle", WhistleFormOut, problems=(403, 404))
def read_whistle_form(request: HttpRequest, case_id: CaseId) -> WhistleFormOut:
    """The form that asks for a whistle: kinds, and the units of the next tier that may be called to this place.

    Errors: 404 `not-found`, 403 `not-allowed` (no unit of yours whistles for this case).
    """
    return WhistleFormOut(values=schema_of(_whistle_form(request, case_id, None)))


@router.post("/cases/{case_id}/whistle", Whistled, status=201, problems=(404,))
def ask_whistle(request: HttpRequest, case_id: CaseId, body: WhistleIn) -> Whistled:
    """Whistle for units of the next tier; the head of your unit agrees before it goes out.

    Errors: 404 `not-found`, 403 `not-allowed`, 409 `illegal-move` (the case has ended), 422 `invalid`.
    """
    form = _whistle_form(request, case_id, data_of(AskForm, body.values))
    judged(form, request)
    made = ask_for_whistle(form, case_id, actor=actor_of(request), now=now_of(request))
    return Whistled(whistle_id=made.pk, case_id=made.case_id, state=made.state)


@router.post("/whistles/{whistle_id}/moves/{verb}", Whistled, problems=(404,))
def make_whistle_move(request: HttpRequest, whistle_id: WhistleId, verb: Slug, body: WhistleIn) -> Whistled:
    """Make one move of a whistle: answer, arrive, finish, object, end, rate and so on.

    Errors: 404 `not-found` (missing or outside your scope, or no such move), 403 `not-allowed` (not your side's
    move), 409 `illegal-move`, 422 `invalid`.
    """
    rows, found = _whistle(request, whistle_id), WHISTLE_MOVES.get(verb)
    if found is None:
        raise NotFound("move")
    actor, now = actor_of(request), now_of(request)
    form = form_of(found.form, Calling(rows.case, actor, now, rows), data_of(found.form, body.values), {})
    judged(form, request)
    made = walk_whistle(found, form, whistle_id, actor=actor, now=now)
    return Whistled(whistle_id=made.pk, case_id=made.case_id, state=made.state)


def _whistle(request: HttpRequest, whistle_id: UUID) -> Rows:
    found = calling.rows_of(whistle_id, actor_of(request))
    if found is None:
        raise NotFound("whistle")
    return found


def _whistle_form(request: HttpRequest, case_id: UUID, data: Any) -> WhistleForm:
    actor = actor_of(request)
    case = whole_of(case_id, request).case
    if not calling.caller_units(case, actor):
        raise NotAllowed
    return form_of(AskForm, Calling(case, actor, now_of(request)), data, None if data is None else {})


def _whistle_row(one: Whistle) -> dict[str, Any]:
    return {
        "id": one.pk, "case_id": one.case_id, "serial": one.serial, "kind": one.kind.code,
        "kind_version": one.kind.version, "state": one.state, "caller_id": one.caller_unit_id,
        "caller": one.caller_unit.name, "asked_at": one.asked_at, "phoned_at": one.phoned_at,
        "confirmed": one.confirmed, "blown_at": one.blown_at, "ended_at": one.ended_at, "rated_at": one.rated_at,
    }  # fmt: skip


def _part(rows: Rows, one: WhistlePart) -> PartOut:
    clock = rows.clocks.get(one.pk, {})
    due = {step: clock[step].due_at if step in clock else None for step in (ANSWER, ARRIVE)}
    return PartOut(
        id=one.pk, unit_id=one.unit_id, unit=one.unit.name, state=one.state, answer_due_at=due[ANSWER],
        answered_at=one.answered_at, arrive_due_at=due[ARRIVE], arrived_at=one.arrived_at,
        arrived_how=one.arrived_how, done_at=one.done_at, done_words=one.done_words, objected_at=one.objected_at,
        caller_score=one.caller_score if one.shown else None, unit_score=one.unit_score if one.shown else None,
    )  # fmt: skip
