"""Tickets of other systems as a viewer sees them: with the case that they hang on, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from django.db.models import Exists, OuterRef, Q, QuerySet

from huying.audit.queries import body_hash
from huying.cases.models import Answer, Case, Report, Source, SourceBuffer, Ticket, TicketAsk, TicketStep
from huying.cases.queries.outside import NO_CASE
from huying.cases.queries.scope import branches_seen_by, one, within
from huying.cases.rules import ENDS, OrderRole, State
from huying.cases.rules.tickets import (
    FLOW,
    STEP,
    THING,
    AskState,
    Given,
    TicketFacts,
    TicketState,
    TicketVerb,
)
from huying.cases.rules.words import Channel
from huying.clocks import queries as clocks
from huying.clocks.models import Clock
from huying.kernel import secrets
from huying.kernel.actor import Actor
from huying.kernel.paging import Page
from huying.people import keys
from huying.people.rules import Duty

V = TicketVerb
DESK = (Duty.DISPATCH, Duty.INTAKE)
# Who of the desk makes a move; what is not named is made by an import or by the house.
WHO: dict[TicketVerb, tuple[Duty, ...]] = {
    V.ASK_RETURN: (Duty.DISPATCH,), V.ASK_EXTEND: (Duty.DISPATCH,), V.GRANT_RETURN: DESK, V.REFUSE_RETURN: DESK,
    V.GRANT_EXTEND: DESK, V.REFUSE_EXTEND: DESK, V.FILL: (*DESK, Duty.REVIEW), V.SEND: (Duty.DISPATCH, Duty.REVIEW),
    V.SATISFIED: DESK, V.UNSATISFIED: DESK, V.NO_RESULT: DESK, V.DO_STEP: DESK, V.GO_UP: (Duty.DISPATCH,),
    V.NUMBER: DESK, V.TAKEN: DESK, V.REPLIED: DESK,
}  # fmt: skip
MOVES: dict[str, tuple[TicketVerb, ...]] = {
    "fill": (V.FILL,),
    "send": (V.SEND,),
    "answer_ask": (V.GRANT_RETURN, V.REFUSE_RETURN, V.GRANT_EXTEND, V.REFUSE_EXTEND),
    "result": (V.SATISFIED, V.UNSATISFIED, V.NO_RESULT),
    "do_step": (V.DO_STEP,),
    "number": (V.NUMBER,),
    "reply": (V.TAKEN, V.REPLIED),
    "ask_extend": (V.ASK_EXTEND,),
    "ask_return": (V.ASK_RETURN,),
}
"""What a person may do: one name for each form."""


@dataclass
class Rows:
    """One ticket whole, for its page and its moves."""

    ticket: Ticket
    case: Case
    asks: list[TicketAsk]
    steps: list[TicketStep]
    clocks: dict[UUID, Clock]  # by step

    @property
    def asked(self) -> TicketAsk | None:
        return next((one for one in self.asks if one.state == AskState.ASKED), None)

    @property
    def next_step(self) -> TicketStep | None:
        return next((one for one in self.steps if one.done_at is None), None)

    def may(self, verb: TicketVerb, actor: Actor) -> bool:
        return may(verb, self.case, actor)

    def facts(self, now: datetime, given: Given | None = None) -> TicketFacts:
        ticket, case = self.ticket, self.case
        return TicketFacts(
            state=TicketState(ticket.state) if ticket.state else None,
            asked=self.asked.kind if self.asked is not None else "",
            return_open=ticket.return_until is None or now <= ticket.return_until,
            extend_open=ticket.extend_until is None or now <= ticket.extend_until,
            has_limit=ticket.upper_due_at is not None,
            answered=case.state in ENDS or case.state == State.CALLING_BACK,
            numbered=bool(ticket.number),
            case_open=case.ended_at is None,
            given=given,
        )


def may(verb: TicketVerb, case: Case, actor: Actor) -> bool:
    """Whether one of the move's duties is held over the case's desk."""
    return any(case.desk_code.startswith(area) for duty in WHO.get(verb, ()) for area in actor.areas(duty))


def legal_moves(rows: Rows, actor: Actor, now: datetime) -> list[str]:
    """The moves that the actor may make now, the next one first."""
    facts = rows.facts(now)
    found = [
        name
        for name, verbs in MOVES.items()
        if any(rows.may(verb, actor) and FLOW.refusal(verb, facts) is None for verb in verbs)
    ]
    return [one for one in found if one != "do_step" or rows.next_step is not None]


def rows_of(ticket_id: UUID, viewer: Actor) -> Rows | None:
    """One ticket; None where it is missing or its case is not the viewer's to see."""
    ticket = Ticket.objects.filter(pk=ticket_id).select_related("source", "report").first()
    case = one(ticket.report.case_id if ticket is not None else NO_CASE, viewer)
    return read(ticket, case) if ticket is not None and case is not None else None


def read(ticket: Ticket, case: Case) -> Rows:
    """A ticket of a case that the viewer sees."""
    steps = list(TicketStep.objects.filter(ticket=ticket).order_by("position"))
    found = clocks.of_objects(THING, [one.pk for one in steps]) if steps else {}
    by_step = {key: clock for key, rows in found.items() for clock in rows if clock.step == STEP}
    asks = list(TicketAsk.objects.filter(ticket=ticket).order_by("asked_at", "pk"))
    return Rows(ticket, case, asks, steps, by_step)


def of_case(case: Case, reports: Iterable[Report]) -> list[Ticket]:
    """The tickets of a case that the viewer sees, the oldest first; asks nothing where no report came from above."""
    every = list(reports)
    if not case.sent_up and all(one.channel != Channel.UPPER for one in every):
        return []
    rows = Ticket.objects.filter(report__in=[one.pk for one in every]).select_related("source", "report")
    return list(rows.order_by("received_at", "pk"))


def open_of(report_ids: Iterable[UUID]) -> list[Ticket]:
    """Open tickets with a limit, of reports of a case whose lock the caller holds."""
    rows = Ticket.objects.filter(report_id__in=list(report_ids), state=TicketState.OPEN, upper_due_at__isnull=False)
    return list(rows.select_related("source").order_by("pk"))


def buffers_of(source_id: UUID) -> list[tuple[str, str]]:
    return list(SourceBuffer.objects.filter(source_id=source_id).values_list("matter_code", "buffer"))


def last_answer(case: Case) -> Answer | None:
    rows = Answer.objects.filter(case=case, round=case.round, reviewed_at__isnull=False)
    return rows.order_by("-written_at", "-pk").first()


def lead_unit(case: Case) -> str:
    rows = case.orders.filter(role=OrderRole.LEAD).exclude(state__in=("returned", "cancelled"))
    return rows.order_by("-round", "-offered_at").values_list("unit__name", flat=True).first() or ""


# Many


@dataclass(frozen=True)
class WantedTickets:
    """A filter of the list; every part left empty asks nothing."""

    source: UUID | None = None
    kind: str = ""
    state: str = ""
    show: str = ""  # asked, late


SHOWS = ("asked", "late")
AT_ONCE = 100  # of an export


def tickets_found(viewer: Actor, wanted: WantedTickets, *, now: datetime, page: Page[Ticket]) -> list[Ticket]:
    """One page of tickets on cases that the viewer may see, the latest first."""
    rows = Ticket.objects.select_related("source", "report__case").defer("report__case__search", "sheet")
    rows = narrowed(rows, wanted, now)
    branches = [rows.filter(report__case__in=cases.order_by().values("pk")) for cases in branches_seen_by(viewer)]
    return page.of(branches, order=("-received_at", "-pk"))


def narrowed(rows: QuerySet[Ticket], wanted: WantedTickets, now: datetime) -> QuerySet[Ticket]:
    if wanted.source is not None:
        rows = rows.filter(source_id=wanted.source)
    if wanted.kind:
        rows = rows.filter(source__kind=wanted.kind)
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.show == "asked":
        rows = rows.filter(Exists(TicketAsk.objects.filter(ticket=OuterRef("pk"), state=AskState.ASKED)))
    if wanted.show == "late":
        steps = TicketStep.objects.filter(ticket=OuterRef("pk"), done_at=None)
        clock = Clock.objects.filter(object_kind=THING, stopped_at=None, due_at__lte=now)
        late = Q(state=TicketState.OPEN, inner_due_at__lte=now)
        rows = rows.filter(late | Q(Exists(steps.filter(pk__in=clock.values("object_id")))))
    return rows


def answered_of(source: Source, viewer: Actor, *, since: datetime, most: int) -> list[Ticket]:
    """Tickets of a source that were answered since then, on cases that the viewer may see, the earliest first."""
    rows = Ticket.objects.select_related("source", "report__case").defer("report__case__search", "sheet")
    rows = rows.filter(source=source, sent_at__gte=since)
    branches = [rows.filter(report__case__in=cases.order_by().values("pk")) for cases in branches_seen_by(viewer)]
    found: list[Ticket] = []
    after: str | None = ""
    while after is not None and len(found) < most:
        page: Page[Ticket] = Page(limit=AT_ONCE, after=after)
        found += page.of(branches, order=("sent_at", "pk"))
        after = page.next or None
    return found[:most]


def sources_for(viewer: Actor, duties: Iterable[Duty] = DESK) -> list[Source]:
    """Sources of the areas where the viewer's desk works."""
    areas = sorted({area for duty in duties for area in viewer.areas(duty)})
    return list(Source.objects.filter(within(areas), active=True).order_by("area_code", "name", "pk"))


def sources_above(case: Case) -> list[Source]:
    """The systems that a case's street sends to."""
    above = [case.desk_code[:length] for length in range(2, 10)]
    return list(Source.objects.filter(area_code__in=above, active=True).order_by("name", "pk"))


# The sheet that came

_LONG_NUMBER = re.compile(r"[0-9Xx]{7,}")


def mark_of(row: object) -> str:
    """A keyed hash by which the very same row is known again."""
    return body_hash(row)


def sealed_sheet(ticket_id: UUID, sheet: dict[str, str], now: datetime) -> bytes:
    return secrets.seal(
        orjson.dumps(sheet).decode(), keys.current_key(now), secrets.bound_to(THING, ticket_id, "sheet")
    )


def sheet_of(ticket: Ticket) -> dict[str, str]:
    """The columns as they came, long numbers masked: they may be telephones or identity cards. Gone with the data."""
    if ticket.sheet is None:
        return {}
    plain = secrets.unseal(bytes(ticket.sheet), keys.key_of, secrets.bound_to(THING, ticket.pk, "sheet"))
    told: dict[str, str] = orjson.loads(plain)
    return {
        heading: text if text == ticket.number else _LONG_NUMBER.sub(_masked, text) for heading, text in told.items()
    }


def _masked(found: re.Match[str]) -> str:
    return found[0][:3] + "*" * (len(found[0]) - 5) + found[0][-2:]
