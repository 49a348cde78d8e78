"""What waits for a desk beside the states of its cases: the steps that sources ask for, each with its own limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, QuerySet, Subquery, Value

from huying.cases.models import Case, TicketStep
from huying.cases.queries.scope import seen_by_area, within
from huying.cases.queries.tickets import WHO
from huying.cases.rules.tasks import Task
from huying.cases.rules.tickets import STEP, THING, TicketVerb
from huying.clocks.models import Clock
from huying.kernel.actor import Actor

COLUMNS = ("task", "of_case", "of_order", "from_at", "gold_at", "red_at", "whose")
"""Of everything that waits, so that all of it is one statement; `of_order` is the ticket of a step."""
OWN, UNITS, COLLEAGUES = range(3)  # what is in the viewer's hand or nobody else's to do; in nobody's; in another's


def step_parts(viewer: Actor) -> Iterator[QuerySet[Any, tuple[Any, ...]]]:
    """The next step of each ticket whose steps run, for the desk that does it."""
    codes = sorted({code for duty in WHO[TicketVerb.DO_STEP] for code in viewer.areas(duty)})
    if codes:
        yield _next_steps(seen_by_area(viewer).filter(within(codes, "desk_code")))


def _next_steps(seen: QuerySet[Case]) -> QuerySet[Any, tuple[Any, ...]]:
    earlier = TicketStep.objects.filter(ticket=OuterRef("ticket"), done_at=None, position__lt=OuterRef("position"))
    clock = Clock.objects.filter(object_kind=THING, object_id=OuterRef("pk"), step=STEP, stopped_at=None)
    rows = TicketStep.objects.filter(
        Exists(clock), ~Exists(earlier), done_at=None, ticket__report__case__in=seen.order_by().values("pk")
    )
    return rows.annotate(
        task=Value(str(Task.STEP), output_field=CharField()),
        of_case=F("ticket__report__case_id"),
        of_order=F("ticket_id"),
        from_at=Subquery(clock.values("started_at")[:1]),
        gold_at=Subquery(clock.values("yellow_at")[:1]),
        red_at=Subquery(clock.values("due_at")[:1]),
        whose=Value(OWN),
    ).values_list(*COLUMNS)
