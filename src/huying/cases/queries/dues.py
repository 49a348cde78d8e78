"""Reads for clocks that were counted again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from huying.cases.models import IS_OPEN, Case, WorkOrder
from huying.cases.queries.scope import seen_by, within
from huying.cases.rules import OrderState, OwnStep
from huying.clocks.models import Clock
from huying.kernel.actor import Actor
from huying.matters.models import LimitSwitch
from huying.matters.rules import Step


def held_until(day: date) -> list[UUID]:
    """Cases that are held, and whose day of review is this one or over."""
    rows = Case.objects.filter(held_since__isnull=False, held_until__lte=day).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def past_answering(now: datetime) -> list[UUID]:
    """Cases whose caller was asked for more, and has not answered in time."""
    waiting = Clock.objects.filter(object_kind="case", step=OwnStep.REPLY, stopped_at=None, due_at__lte=now)
    return list(waiting.order_by("due_at", "pk").values_list("object_id", flat=True))


def cases_with_old_dues(viewer: Actor) -> list[UUID]:
    """Open cases that show another due time than their running clock, or that of an order waiting for signature."""
    running = Clock.objects.filter(object_id=OuterRef("pk"), stopped_at=None, paused_at=None)
    other = running.exclude(due_at=OuterRef("due_at"))
    cases = seen_by(viewer).filter(IS_OPEN, Exists(other.filter(step=OuterRef("due_step"))))
    orders = WorkOrder.objects.filter(Exists(other.filter(step=Step.SIGN_IN)), state=OrderState.OFFERED)
    found = {*cases.values_list("pk", flat=True), *orders.values_list("case_id", flat=True)}
    return sorted(found)


def cases_under(viewer: Actor, switch: LimitSwitch, steps: Iterable[str]) -> list[UUID]:
    """Open cases in the area of a switch with a clock of one of these steps, the first due first."""
    orders = WorkOrder.objects.filter(case_id=OuterRef("pk")).values("pk")
    clocks = Clock.objects.filter(stopped_at=None, imported=False, step__in=[str(one) for one in steps])
    mine = clocks.filter(object_id=OuterRef("pk")) | clocks.filter(object_id__in=orders)
    found = seen_by(viewer).filter(
        IS_OPEN, Exists(mine), within([switch.area_code]), imported=False, drill=switch.drill
    )
    return list(found.order_by("due_at", "pk").values_list("pk", flat=True))
