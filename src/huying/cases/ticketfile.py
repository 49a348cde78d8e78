"""The page of a ticket as plain values, its panel on the case's page, and the paper that answers its source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from huying.cases.actions.inner import buffer_of
from huying.cases.actions.tickets import first_words
from huying.cases.forms.tickets import TICKET_MOVES
from huying.cases.models import Case, Report, Ticket, TicketAsk, TicketStep
from huying.cases.queries import tickets as reads
from huying.cases.queries.tickets import Rows
from huying.cases.rules.tickets import (
    SHEET_TITLES,
    AskKind,
    AskState,
    Result,
    SourceKind,
    SourceTier,
    TicketState,
    TicketVerb,
)
from huying.cases.sheets import Sheet, SheetKind
from huying.clocks.models import Clock
from huying.kernel.actor import Actor
from huying.kernel.terms import Label, _
from huying.matters import queries as matters
from huying.places import queries as places
from huying.places.rules import street_of
from huying.ui.words import due_words, when_words

TONES = {
    TicketState.OPEN: "doing", TicketState.ANSWERED: "review", TicketState.CLOSED: "done",
    TicketState.RETURNED: "back", TicketState.SENT: "wait",
}  # fmt: skip


@dataclass(frozen=True)
class CopyField:
    """One field of the upper system's form, to be copied with one tap."""

    heading: str
    words: str


@dataclass(frozen=True)
class StepLine:
    name: str
    clause: str
    clock: Clock | None
    done: str
    words: str


@dataclass(frozen=True)
class AskLine:
    label: Label
    state: Label
    tone: str
    asked: str
    reason: str
    answered: str
    words: str


@dataclass
class TicketFile:
    """One ticket on one page for one person."""

    rows: Rows
    state_words: Label
    tone: str
    title: str
    line: list[str]
    moves: list[dict[str, Any]]
    facts: list[tuple[Label, str]]
    steps: list[StepLine]
    asks: list[AskLine]
    copies: list[CopyField]
    sheet: list[tuple[str, str]]
    case_url: str
    paper_url: str

    @property
    def ticket(self) -> Ticket:
        return self.rows.ticket

    @property
    def whole(self) -> str:
        """All fields in their order, as one text."""
        told = _("%(heading)s：%(words)s")
        return "\n".join(str(told) % {"heading": one.heading, "words": one.words} for one in self.copies)


def state_of(ticket: Ticket) -> tuple[Label, str]:
    state = TicketState(ticket.state)
    return state.label, TONES[state]


def ticketfile(rows: Rows, *, actor: Actor, now: datetime, wanted: str = "") -> TicketFile:
    ticket, case = rows.ticket, rows.case
    label, tone = state_of(ticket)
    desk = rows.may(TicketVerb.FILL, actor)
    address = reverse("cases:ticket", args=[ticket.pk])
    moves = [
        {
            "words": TICKET_MOVES[name].label, "icon": TICKET_MOVES[name].icon, "url": f"{address}?move={name}",
            "current": name == wanted, "main": place == 0, "danger": TICKET_MOVES[name].danger,
        }
        for place, name in enumerate(reads.legal_moves(rows, actor, now))
    ]  # fmt: skip
    return TicketFile(
        rows=rows,
        state_words=label,
        tone=tone,
        title=case.title or case.number,
        line=[ticket.source.name, str(SourceTier(ticket.source.tier).label), ticket.number or str(_("还没有编号"))],
        moves=moves,
        facts=facts_of(ticket, now),
        steps=[_step(rows, one, now) for one in rows.steps],
        asks=[_ask(one, now) for one in rows.asks],
        copies=[CopyField(*one) for one in first_words(rows).items()] if desk and ticket.came_down else [],
        sheet=list(reads.sheet_of(ticket).items()) if desk else [],
        case_url=reverse("cases:case", args=[case.pk]),
        paper_url=reverse("cases:ticket_paper", args=[ticket.pk]) if ticket.came_down else "",
    )


def facts_of(ticket: Ticket, now: datetime) -> list[tuple[Label, str]]:
    """Its limits, why the inner one is as it is, and what came of it."""
    found: list[tuple[Label, str]] = [
        (_("来源"), str(SourceKind(ticket.source.kind).label)),
        (_("收到") if ticket.came_down else _("报出"), when_words(ticket.received_at, now)),
    ]
    if ticket.round > 1:
        found.append((_("第几轮"), str(ticket.round)))
    if ticket.upper_due_at is not None:
        found.append((_("上级时限"), due_words(ticket.upper_due_at, now)))
    if ticket.first_due_at is not None and ticket.first_due_at != ticket.upper_due_at:
        found.append((_("原来的时限"), due_words(ticket.first_due_at, now)))
    if ticket.inner_due_at is not None:
        found.append((_("内控时限"), due_words(ticket.inner_due_at, now)))
        found.append((_("怎么来的"), inner_words(ticket)))
    if ticket.state == TicketState.OPEN and ticket.return_until is not None and now <= ticket.return_until:
        found.append((_("可以退回到"), due_words(ticket.return_until, now)))
    if ticket.sent_at is not None:
        found.append((_("回复上级"), when_words(ticket.sent_at, now)))
    if ticket.result:
        found.append((_("上级回访"), str(Result(ticket.result).label)))
    if ticket.reason:
        found.append((_("为什么报上级"), ticket.reason))
    if ticket.result_words:
        found.append((_("上级的话"), ticket.result_words))
    return found


def inner_words(ticket: Ticket) -> str:
    """Why the inner limit is then."""
    buffer = buffer_of(ticket)
    if buffer is None:
        return str(_("没有登记提前量，和上级时限一样"))
    if ticket.inner_due_at == ticket.upper_due_at:
        return str(_("上级时限太近，没有再提前"))
    return str(_("上级时限提前 %(buffer)s，最多提前一半")) % {"buffer": buffer.words()}


def _step(rows: Rows, step: TicketStep, now: datetime) -> StepLine:
    return StepLine(
        name=step.name,
        clause=step.clause,
        clock=rows.clocks.get(step.pk) if step.done_at is None else None,
        done=when_words(step.done_at, now) if step.done_at is not None else "",
        words=step.words,
    )


_ASK_TONES = {AskState.ASKED: "wait", AskState.GRANTED: "done", AskState.REFUSED: "back"}


def _ask(one: TicketAsk, now: datetime) -> AskLine:
    return AskLine(
        label=AskKind(one.kind).label,
        state=AskState(one.state).label,
        tone=_ASK_TONES[AskState(one.state)],
        asked=when_words(one.asked_at, now),
        reason=one.reason,
        answered=when_words(one.answered_at, now) if one.answered_at is not None else "",
        words=one.words,
    )


@dataclass(frozen=True)
class TicketLine:
    """A ticket in a list."""

    number: str
    title: str
    source: str
    label: Label
    tone: str
    due: str
    late: bool
    url: str


def line_of(ticket: Ticket, case: Case, now: datetime) -> TicketLine:
    label, tone = state_of(ticket)
    going = ticket.state == TicketState.OPEN and ticket.inner_due_at is not None
    due = ticket.inner_due_at if going else None
    return TicketLine(
        number=ticket.number or case.number,
        title=case.title or case.number,
        source=ticket.source.name,
        label=label,
        tone=tone,
        due=due_words(due, now) if due is not None else when_words(ticket.received_at, now),
        late=due is not None and due <= now,
        url=reverse("cases:ticket", args=[ticket.pk]),
    )


@dataclass(frozen=True)
class TicketPanel:
    """The tickets on the page of a case."""

    files: list[TicketFile]
    up_url: str

    def __bool__(self) -> bool:
        return bool(self.files or self.up_url)


def panel_of(case: Case, reports: Iterable[Report], *, actor: Actor, now: datetime) -> TicketPanel:
    """Nothing is asked where nothing came from above or went there."""
    files = [ticketfile(reads.read(one, case), actor=actor, now=now) for one in reads.of_case(case, reports)]
    may = case.ended_at is None and reads.may(TicketVerb.GO_UP, case, actor)
    return TicketPanel(files, reverse("cases:go_up", args=[case.pk]) if may else "")


def paper_of(rows: Rows, *, now: datetime) -> Sheet | None:
    """The reply sheet of a ticket that came down, under the street's own heading."""
    ticket, case = rows.ticket, rows.case
    if not ticket.came_down:
        return None
    kind = SourceKind(ticket.source.kind)
    facts: list[tuple[Label, str]] = [
        (_("来源"), ticket.source.name),
        (_("来件编号"), ticket.number),
        (_("收到"), _day(ticket.received_at)),
        (_("上级时限"), _day(ticket.upper_due_at)),
        (_("事项"), matters.name_of(case.type_code) if case.type_code else ""),
        (_("主办单位"), reads.lead_unit(case)),
    ]
    texts: list[tuple[Label, str]] = [(_("来件内容"), ticket.report.words)]
    for one in rows.steps:
        texts.append((f"{one.position}. {one.name}", " ".join(filter(None, (_day(one.done_at), one.words)))))
    texts += [(heading, words) for heading, words in first_words(rows).items() if words and words != ticket.number]
    street = street_of(case.area_code) or case.desk_code
    return Sheet(
        kind=SheetKind.REPLY,
        heading=places.own_name_of(street),
        number=ticket.number,
        facts=[(term, words) for term, words in facts if words],
        texts=[(term, words) for term, words in texts if words],
        signs=[_("承办人"), _("单位负责人"), _("签发"), _("日期")],
        made=f"{timezone.localtime(now):%Y-%m-%d}",
        name=SHEET_TITLES[kind],
    )


def _day(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment is not None else ""
