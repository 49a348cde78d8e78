"""Whom one may ring without a number being shown."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from huying.cases.models import Case, Dial, Report, WorkOrder
from huying.cases.rules.dialling import GOING, RINGS_FOR
from huying.cases.rules.words import LIVE_ORDERS, OPEN, State
from huying.kernel.actor import Actor, ActorKind
from huying.notices import dialling
from huying.people.rules import Duty


def may_dial(case: Case, orders: list[WorkOrder], viewer: Actor) -> bool:
    """Whether the viewer may ring callers of a case that they see: the desk, or who handles an order of it.

    No statement; False everywhere while no provider is set.
    """
    if not dialling.is_open() or viewer.kind != ActorKind.PERSON or case.state not in OPEN:
        return False
    if case.state == State.CALLING_BACK and viewer.may(Duty.CALL_BACK, case.desk_code):
        return True
    return viewer.may(Duty.OPEN_CONTACT, case.area_code) or any(
        viewer.may_for_unit(Duty.HANDLE, one.unit_id) for one in orders if one.state in LIVE_ORDERS
    )


def can_be_rung(report: Report) -> bool:
    """Whether a report's caller left a telephone number that we call."""
    contact = report.contact
    return (
        contact is not None
        and bool(contact.phone_tail)
        and report.erased_at is None
        and report.withdrawn_at is None
        and not report.upper_calls
    )


def going_on(report_id: UUID, *, now: datetime) -> bool:
    """Whether a call to this caller was asked for a moment ago and has not ended."""
    rows = Dial.objects.filter(report_id=report_id, state__in=[str(one) for one in GOING])
    return rows.filter(asked_at__gt=now - RINGS_FOR).exists()
