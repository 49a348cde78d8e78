"""Tickets of upper systems for programs: pushed once by system and number, read, moved, sent up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from ninja import Path, Query
from pydantic import Field

from huying.cases.actions import tickets as acts
from huying.cases.api import ID, CaseId, judged, router
from huying.cases.api.whistles import WhistleFormOut, WhistleIn, WhistleMoveOut
from huying.cases.forms.schema import data_of, schema_of
from huying.cases.forms.tickets import TICKET_MOVES, Handling, TicketForm, UpForm, go_up, ticket_form, walk_ticket
from huying.cases.models import Source, Ticket
from huying.cases.queries import one as one_case
from huying.cases.queries import tickets as reads
from huying.cases.queries.tickets import SHOWS, Rows, WantedTickets
from huying.cases.rules.tickets import (
    Arrival,
    Result,
    Row,
    SourceKind,
    TicketState,
    TicketVerb,
    number_has_form,
)
from huying.kernel.api import Cursor, In, Limit, Line, Listed, Moment, OneOf, Out, Slug, Words, Written, actor_of
from huying.kernel.doors import now_of
from huying.kernel.paging import Page
from huying.kernel.refusals import Conflict, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.people.rules import Duty

TicketId = Annotated[UUID, Path(description="the ticket's id", examples=[ID])]


class SourceOut(Out):
    """A system or a kind of paper that matters come from."""

    id: UUID
    code: str = Field(examples=["hotline"])
    name: str = Field(examples=["城市热线"])
    kind: Annotated[str, OneOf(SourceKind)]
    tier: str = Field(description="district, city or above", examples=["city"])
    number_pattern: str = Field(description="`#` a digit, `@` a letter, `?` either, `*` any; empty: not looked at")
    counted: bool = Field(description="whether its matters count as calls in the rates")


class SourcesOut(Out):
    items: list[SourceOut]


class TicketRow(Out):
    """What another system calls a matter."""

    id: UUID
    case_id: UUID
    source_id: UUID
    number: str = Field(description="the system's own; empty until it gave one to what was sent up")
    state: Annotated[str, OneOf(TicketState)]
    round: int = Field(ge=1, description="of the upper system")
    received_at: datetime
    upper_due_at: datetime | None = Field(description="the upper system's limit; null without")
    first_due_at: datetime | None = Field(description="that limit before more time was granted")
    inner_due_at: datetime | None = Field(description="the limit our clocks keep: the upper one less a buffer")
    sent_at: datetime | None = Field(description="when the answer went up")
    result: str = Field(description="of the upper system's own call-back; empty until it came")


class TicketPage(Listed):
    items: list[TicketRow]


class ClosingOut(Out):
    heading: str
    words: str


class TicketOut(TicketRow):
    closing: list[ClosingOut] = Field(description="the answer in the upper system's own fields and order")
    moves: list[WhistleMoveOut]


class TicketFilters(In):
    source: UUID | None = None
    kind: Annotated[str, OneOf(["", *SourceKind])] = ""
    state: Annotated[str, OneOf(["", *TicketState])] = ""
    show: Annotated[str, OneOf(["", *SHOWS])] = Field("", description="asked: waits for the upper system; late")
    after: Cursor = ""
    limit: Limit = 50


class PushIn(In):
    """One ticket as the upper system has it now; what is empty says nothing."""

    source: Slug = Field(description="code of the source", examples=["hotline"])
    number: Annotated[str, Field(min_length=1, max_length=60)] = Field(examples=["GZ20261020"])
    words: Annotated[Words, Field(max_length=10_000)] = Field("", examples=["路灯不亮"])
    title: Line = ""
    received_at: Moment | None = None
    due_at: Moment | None = Field(None, description="the upper system's limit")
    place: Annotated[Line, Field(max_length=200)] = ""
    name: Annotated[Line, Field(max_length=60)] = ""
    phone: Annotated[Line, Field(max_length=30)] = ""
    result: Annotated[str, OneOf(["", *Result])] = Field("", description="of the upper system's own call-back")
    result_words: Annotated[Words, Field(max_length=2000)] = ""
    granted: bool | None = Field(None, description="what it says to a return or to more time that was asked for")
    decision_words: Annotated[Words, Field(max_length=500)] = ""


class Pushed(Written):
    """What the ticket meant here."""

    arrival: Annotated[str, OneOf([one for one in Arrival if one != Arrival.REFUSED])]
    ticket_id: UUID
    case_id: UUID


class Ticketed(Written):
    """Where the ticket stands after the move."""

    ticket_id: UUID
    state: str


@router.get("/ticket-sources", SourcesOut)
def list_ticket_sources(request: HttpRequest) -> SourcesOut:
    """The systems whose tickets your desk takes in."""
    rows = reads.sources_for(actor_of(request))
    return SourcesOut(
        items=[
            SourceOut(
                id=one.pk, code=one.code, name=one.name, kind=one.kind, tier=one.tier,
                number_pattern=one.number_pattern, counted=one.counted,
            )
            for one in rows
        ]
    )  # fmt: skip


@router.get("/tickets", TicketPage)
def list_tickets(request: HttpRequest, given: Query[TicketFilters]) -> TicketPage:
    """Tickets on cases that you see, the latest first."""
    page: Page[Ticket] = Page(limit=given.limit, after=given.after)
    wanted = WantedTickets(given.source, given.kind, given.state, given.show)
    rows = reads.tickets_found(actor_of(request), wanted, now=now_of(request), page=page)
    return TicketPage(items=[TicketRow(**_row(one)) for one in rows], next=page.next)


@router.post("/tickets", Pushed, status=201, problems=(404,))
def push_ticket(request: HttpRequest, body: PushIn) -> Pushed:
    """Hand down one ticket: a new one becomes a report and a case, one that is there is brought up to date.

    Done once by system and number, whatever the key: the same ticket again answers `same`. Errors: 404 `not-found`
    (no such source of yours), 403 `not-allowed`, 409 `conflict` (it cannot mean anything here: `detail` says why),
    422 `invalid`.
    """
    actor, now = actor_of(request), now_of(request)
    source = _source(body.source, request)
    if not number_has_form(body.number, source.number_pattern):
        raise Invalid({"number": [_("编号的格式和这个系统登记的不一样。")]})
    if body.received_at is not None and body.received_at > now:
        raise Invalid({"received_at": [_("交办时间晚于现在。")]})
    row = Row(
        number=body.number, words=body.words, title=body.title, received=body.received_at, due=body.due_at,
        place=body.place, name=body.name, phone=body.phone, result=Result(body.result) if body.result else None,
        result_words=body.result_words, granted=body.granted, decision_words=body.decision_words,
        sheet={"number": body.number, "words": body.words},
    )  # fmt: skip
    with transaction.atomic():
        told = acts.take_rows(source, [row], actor=actor, now=now)[0]
        if told.arrival == Arrival.REFUSED or told.ticket_id is None or told.case_id is None:
            raise Conflict(told.why)
    return Pushed(arrival=str(told.arrival), ticket_id=told.ticket_id, case_id=told.case_id)


@router.get("/tickets/{ticket_id}", TicketOut, problems=(404,))
def read_ticket(request: HttpRequest, ticket_id: TicketId) -> TicketOut:
    """One ticket with its closing form and your legal moves.

    Errors: 404 `not-found` (missing, or its case is outside your scope).
    """
    rows, actor, now = _rows(request, ticket_id), actor_of(request), now_of(request)
    desk = rows.ticket.came_down and rows.may(TicketVerb.FILL, actor)
    closing = acts.first_words(rows) if desk else {}
    rows.ticket.report.case = rows.case
    return TicketOut(
        **_row(rows.ticket),
        closing=[ClosingOut(heading=heading, words=words) for heading, words in closing.items()],
        moves=[
            WhistleMoveOut(
                verb=name, label=str(TICKET_MOVES[name].label),
                values=schema_of(ticket_form(TICKET_MOVES[name].form, Handling(rows.case, actor, now, rows))),
            )
            for name in reads.legal_moves(rows, actor, now)
        ],
    )  # fmt: skip


@router.post("/tickets/{ticket_id}/moves/{verb}", Ticketed, problems=(404,))
def make_ticket_move(request: HttpRequest, ticket_id: TicketId, verb: Slug, body: WhistleIn) -> Ticketed:
    """Make one move of a ticket: fill, send, ask, write down what the upper system said.

    Errors: 404 `not-found`, 403 `not-allowed` (not your duty), 409 `illegal-move`, 422 `invalid`.
    """
    rows, found = _rows(request, ticket_id), TICKET_MOVES.get(verb)
    if found is None:
        raise NotFound("move")
    actor, now = actor_of(request), now_of(request)
    form = ticket_form(found.form, Handling(rows.case, actor, now, rows), data_of(found.form, body.values), {})
    judged(form, request)
    made = walk_ticket(found, form, ticket_id, actor=actor, now=now)
    return Ticketed(ticket_id=made.pk, state=made.state)


@router.get("/cases/{case_id}/upward", WhistleFormOut, problems=(403, 404))
def read_upward_form(request: HttpRequest, case_id: CaseId) -> WhistleFormOut:
    """The form that sends a case to a system above.

    Errors: 404 `not-found`, 403 `not-allowed` (not your duty).
    """
    return WhistleFormOut(values=schema_of(_up_form(request, case_id, None)))


@router.post("/cases/{case_id}/upward", Ticketed, status=201, problems=(404,))
def send_case_up(request: HttpRequest, case_id: CaseId, body: WhistleIn) -> Ticketed:
    """Send a case to a system above.

    Errors: 404 `not-found`, 403 `not-allowed`, 409 `illegal-move` (the case has ended), 422 `invalid`.
    """
    form = _up_form(request, case_id, data_of(UpForm, body.values))
    judged(form, request)
    made = go_up(form, case_id, actor=actor_of(request), now=now_of(request))
    return Ticketed(ticket_id=made.pk, state=made.state)


def _source(code: str, request: HttpRequest) -> Source:
    found = next((one for one in reads.sources_for(actor_of(request), (Duty.INTAKE,)) if one.code == code), None)
    if found is None:
        raise NotFound("source")
    return found


def _rows(request: HttpRequest, ticket_id: UUID) -> Rows:
    found = reads.rows_of(ticket_id, actor_of(request))
    if found is None:
        raise NotFound("ticket")
    return found


def _up_form(request: HttpRequest, case_id: UUID, data: Any) -> TicketForm:
    actor = actor_of(request)
    case = one_case(case_id, actor)
    if case is None:
        raise NotFound("case")
    if not reads.may(TicketVerb.GO_UP, case, actor):
        raise NotAllowed
    return ticket_form(UpForm, Handling(case, actor, now_of(request)), data, None if data is None else {})


def _row(one: Ticket) -> dict[str, Any]:
    return {
        "id": one.pk, "case_id": one.report.case_id, "source_id": one.source_id, "number": one.number,
        "state": one.state, "round": one.round, "received_at": one.received_at, "upper_due_at": one.upper_due_at,
        "first_due_at": one.first_due_at, "inner_due_at": one.inner_due_at, "sent_at": one.sent_at,
        "result": one.result,
    }  # fmt: skip
