"""Systems above in a season: what is sent up and answered, what is handed down, given back, answered, called back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from huying.cases.actions import Docket, tickets
from huying.cases.models import Ticket, TicketAsk
from huying.cases.rules import ENDS, State
from huying.cases.rules.exclusions import ANSWERED
from huying.cases.rules.tickets import AskKind, AskState, Result, TicketState
from huying.cli.play.season.deeds import step
from huying.cli.play.story import Step
from huying.kernel.actor import Actor
from huying.people.rules import Duty

if TYPE_CHECKING:
    from huying.cli.play.season.story import SeasonStory

TO_BE_TOLD = ANSWERED | {State.CALLING_BACK}


def send_up(story: SeasonStory, docket: Docket, now: datetime) -> Step | None:
    source = story.season.source
    speaks = any(one.withdrawn_at is None for one in docket.reports)
    if source is None or docket.case.sent_up or not speaks:
        return None
    given = {"source_id": source.pk, "reason": story.words.beyond}
    desk = story.desk(docket, Duty.DISPATCH)
    return step(tickets.send_up, docket.case.pk, desk, story.soon(docket, now), **given)


def next_step(story: SeasonStory, docket: Docket, now: datetime) -> Step | None:
    """The next move of a ticket of the case."""
    above = docket.case.sent_up or any(one.upper_calls for one in docket.reports)
    rows = Ticket.objects.filter(report__in=[one.pk for one in docket.reports]).order_by("pk") if above else ()
    desk = story.desk(docket, Duty.DISPATCH) if above else None
    for ticket in rows:
        one = _sent(story, docket, ticket, desk, now) or _handed_down(story, docket, ticket, desk, now)
        if one is not None:
            return one
    return None


def _sent(story: SeasonStory, docket: Docket, ticket: Ticket, desk: Actor | None, now: datetime) -> Step | None:
    """Sent up by us: it gets its number, and is taken over or answered."""
    if ticket.state != TicketState.SENT or docket.case.state in ENDS:
        return None
    at = story.soon(docket, now)
    if not ticket.number:
        return step(tickets.note_number, ticket.pk, desk, at, number=f"U{ticket.pk.hex[-16:].upper()}")
    taken = story.rng.random() < 0.3
    return step(tickets.reply_from_above, ticket.pk, desk, at, taken=taken, words="已协调，请按意见办。")


def _handed_down(
    story: SeasonStory, docket: Docket, ticket: Ticket, desk: Actor | None, now: datetime
) -> Step | None:  # fmt: skip
    """Given back or more time, the answer up, what their call-back said."""
    at, state = story.soon(docket, now), docket.case.state
    if ticket.state == TicketState.ANSWERED and state in TO_BE_TOLD:
        results = (Result.SATISFIED, Result.FAIR, Result.DISSATISFIED, Result.NONE)
        result = str(story.rng.choices(results, (6, 2, 1, 1))[0])
        return step(tickets.record_result, ticket.pk, desk, at, result=result, words="已回访。")
    if ticket.state != TicketState.OPEN:
        return None
    if TicketAsk.objects.filter(ticket=ticket, state=AskState.ASKED).exists():
        granted = story.rng.random() < 0.6
        return step(tickets.answer_ask, ticket.pk, desk, at, granted=granted, words="按规定办理。")
    if state in TO_BE_TOLD:
        return step(tickets.send_answer, ticket.pk, desk, at)
    return _ask(story, docket, ticket, desk, now + timedelta(minutes=story.rng.randint(5, 30)))


def _ask(story: SeasonStory, docket: Docket, ticket: Ticket, desk: Actor | None, at: datetime) -> Step | None:
    for name, kind, state, until in (
        ("upper_return", AskKind.RETURN, State.RECEIVED, ticket.return_until),
        ("upper_extension", AskKind.EXTEND, State.IN_HAND, ticket.extend_until),
    ):
        if name in story.turns and docket.case.state == state:
            story.turns.remove(name)
            if until is not None and at <= until:
                amount = "2wd" if kind == AskKind.EXTEND else ""
                given = {"kind": str(kind), "reason": "已和对口的同事核对过。", "amount": amount}
                return step(tickets.ask_upper, ticket.pk, desk, at, **given)
    return None
