"""The inner limit 内控时限 of a case: the earliest of its open tickets' limits, each less the buffer of its matter."""

from __future__ import annotations

from datetime import datetime

from huying.cases.actions.docket import Docket
from huying.cases.models import Ticket
from huying.cases.queries import tickets
from huying.cases.rules.tickets import buffer_for, inner_due
from huying.clocks.rules import Calendar, Limit


def set_inner(ticket: Ticket, rows: list[tuple[str, str]], type_code: str, calendar: Calendar) -> None:
    """Reckon a ticket's inner limit from its upper one; what buffer it took is kept for the explanation."""
    ticket.buffer, ticket.inner_due_at = "", None
    if ticket.upper_due_at is not None:
        buffer = buffer_for(rows, type_code)
        ticket.buffer = str(buffer or "")
        ticket.inner_due_at = inner_due(ticket.received_at, ticket.upper_due_at, buffer, calendar)


def buffer_of(ticket: Ticket) -> Limit | None:
    return Limit.parse(ticket.buffer) if ticket.buffer else None


def count_inner(docket: Docket, *, granted: bool = False) -> None:
    """Count the limits of the case's open tickets again: their matter, their limits or their case changed."""
    found = tickets.open_of([one.pk for one in docket.reports])
    for ticket in found:
        set_inner(ticket, tickets.buffers_of(ticket.source_id), docket.case.type_code, docket.knowledge.calendar)
        ticket.save(update_fields=["buffer", "inner_due_at"])
    docket.keep_inner_limit(first_of(found), granted=granted)


def first_of(found: list[Ticket]) -> datetime | None:
    return min((one.inner_due_at for one in found if one.inner_due_at is not None), default=None)
