"""What the clock tells: limits that are near or gone, and the leaders' sum of what is late. Once for each limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from huying.cases.listeners.telling import heads, live_orders, tell, when, workers
from huying.cases.models import Case, TicketStep, WorkOrder
from huying.cases.queries.scope import within
from huying.cases.queries.stages import step_words
from huying.cases.rules import OPEN, OrderRole, OrderState
from huying.cases.rules.tickets import STEP, THING
from huying.clocks.events import turned
from huying.clocks.models import Clock
from huying.kernel.events import News
from huying.matters.rules import Grade, Step
from huying.matters.rules.stages import stage_number
from huying.notices.actions import Recipient, notify
from huying.notices.queries import digest_hours, digest_minutes
from huying.notices.rules import stands_in_digest
from huying.people.models import Account, RoleGrant
from huying.people.queries import actor_for, holders_of, running
from huying.people.rules import Duty
from huying.places import queries as places

LOOK_BACK = timedelta(days=3)  # what turned longer ago, while nothing ran, stands on the desk: nobody needs a pile
STAGE = "stage"
KINDS: dict[tuple[str, bool], str] = {
    (Step.SIGN_IN, False): "sign_in_soon", (Step.SIGN_IN, True): "sign_in_late",
    (Step.HANDLE, False): "due_soon", (Step.HANDLE, True): "overdue",
    (STAGE, False): "stage_soon", (STAGE, True): "stage_late",
}  # fmt: skip
TOLD_OF = (
    Q(step__in=[str(Step.SIGN_IN), str(Step.HANDLE)])
    | Q(step=STEP, object_kind=THING)
    | Q(object_kind="case", step__startswith=f"{STAGE}_")
)
"""Clocks of what somebody has to do by a time."""
AT_WORK = (OrderState.ACCEPTED, OrderState.REWORK)


@turned.listen
def told_of_turning(news: News) -> None:
    """Units hear of limits that are near or gone. What stood for days while nobody swept stands on the desk."""
    remind((UUID(one) for one in news.facts["clocks"]), now=news.at)


def remind(clock_ids: Iterable[UUID], *, now: datetime) -> int:
    """Tell whoever works at what is past 80 % or 100 % of its limit and still runs; says of how many orders and steps.

    Twice tells nothing more.
    """
    near = Q(yellow_at__lte=now, yellow_at__gt=now - LOOK_BACK, due_at__gt=now)
    gone = Q(due_at__lte=now, due_at__gt=now - LOOK_BACK)
    clocks = Clock.objects.filter(
        near | gone, TOLD_OF, pk__in=list(clock_ids), stopped_at=None, paused_at=None, imported=False
    )
    found = list(clocks.order_by("due_at", "pk"))
    orders, steps = orders_behind(found), steps_behind(found)
    hours = digest_hours()
    count = 0
    for clock in found:
        late = clock.due_at <= now
        due = {"due": when(clock.due_at, now)}
        step = steps.get(clock.object_id)
        if step is not None:
            case = step.ticket.report.case
            if case.imported or _waits(case, clock, hours, late):
                continue
            _tell_of_step(step, late, now=now, once=clock.due_at.isoformat(), facts=due)
            count += 1
        stage = stage_number(clock.step)
        for order in concerned(clock, orders):
            if _waits(order.case, clock, hours, late):
                continue
            kind = KINDS[STAGE if stage else clock.step, late]
            accounts = {one.pk: one for one in workers(order, now=now)}
            if late:
                accounts |= {one.pk: one for one in heads(order, now=now)}
            once = ":".join((kind, *([clock.step] if stage else []), str(order.pk), clock.due_at.isoformat()))
            facts = {**due, "stage": str(step_words(clock.step, order.case))} if stage else due
            tell(order.case, kind, accounts.values(), now=now, once=once, facts=facts)
            count += 1
    return count


def _waits(case: Case, clock: Clock, hours: dict[str, tuple[int, ...]], late: bool) -> bool:
    """Whether the digest tells of it before it turns red."""
    if late or case.grade == Grade.URGENT:
        return False
    return stands_in_digest(digest_minutes(hours, case.area_code), clock.started_at, clock.due_at)


def _tell_of_step(step: TicketStep, late: bool, *, now: datetime, once: str, facts: dict[str, str]) -> None:
    kind, case = "step_late" if late else "step_soon", step.ticket.report.case
    accounts = {one.pk: one for one in at_step(step, now=now)}
    if late:
        accounts |= {one.pk: one for order in live_orders(case) for one in heads(order, now=now)}
    tell(case, kind, accounts.values(), now=now, once=f"{kind}:{step.pk}:{once}", facts={"step": step.name, **facts})


def at_step(step: TicketStep, *, now: datetime) -> list[Account]:
    """Who hears of a step that a source asks for: the desk that does it, and the units that work on the case."""
    case = step.ticket.report.case
    units = [one for order in live_orders(case) for one in workers(order, now=now)]
    return [*holders_of(Duty.DISPATCH, case.desk_code, now=now), *units]


def steps_behind(clocks: list[Clock]) -> dict[UUID, TicketStep]:
    """The steps of sources behind clocks, not done yet."""
    wanted = [one.object_id for one in clocks if one.step == STEP]
    rows = TicketStep.objects.filter(pk__in=wanted, done_at=None).select_related("ticket__report__case")
    return {one.pk: one for one in rows} if wanted else {}


def concerned(clock: Clock, orders: Mapping[UUID, Sequence[WorkOrder]]) -> list[WorkOrder]:
    """Whose limit a clock is: of a stage the lead order's, of anything else every order's behind it."""
    found = orders.get(clock.object_id, ())
    return [one for one in found if one.role == OrderRole.LEAD or not stage_number(clock.step)]


def orders_behind(clocks: list[Clock]) -> dict[UUID, list[WorkOrder]]:
    """The orders behind clocks: the one to be signed for, or those at work on a case."""
    signing = {one.object_id for one in clocks if one.step == Step.SIGN_IN}
    handling = {one.object_id for one in clocks} - signing
    rows = WorkOrder.objects.filter(
        Q(pk__in=signing, state=OrderState.OFFERED) | Q(case_id__in=handling, state__in=AT_WORK)
    ).select_related("case", "handler", "given_to", "unit")
    found: dict[UUID, list[WorkOrder]] = {}
    for row in rows.order_by("pk"):
        found.setdefault(row.pk if row.pk in signing else row.case_id, []).append(row)
    return found


def sum_up(*, now: datetime) -> int:
    """Tell each leader how many cases of the own areas are late; says how many leaders. Nobody hears of none."""
    grants = RoleGrant.objects.filter(
        running(now), unit__isnull=True, role__active=True, role__duties__contains=[Duty.LEAD.value]
    )
    leaders = Account.objects.filter(is_active=True, pk__in=grants.values("account_id")).order_by("pk")
    count = 0
    for leader in leaders:
        areas = actor_for(leader, now).areas(Duty.LEAD)
        # Restricted cases are no part of it: a count would tell of them.
        late = Case.objects.filter(
            within(areas),
            state__in=[str(one) for one in OPEN],
            restricted=False,
            imported=False,
            drill=False,
            due_at__lte=now,
        ).count()
        if late:
            notify(
                template="late_sum",
                to=Recipient.account(leader.pk),
                facts={"count": str(late), "place": places.name_of(areas[0])},
                area_code=areas[0],
                now=now,
                once=f"late_sum:{leader.pk}:{now:%Y%m%d%H}",
            )
            count += 1
    return count
