"""What the clock tells: limits that are near or gone, and the leaders' sum of what is late. Once for each limit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from huying.cases.listeners.telling import heads, tell, when, workers
from huying.cases.models import Case, WorkOrder
from huying.cases.queries.scope import within
from huying.cases.rules import OPEN, OrderState
from huying.clocks.events import turned
from huying.clocks.models import Clock
from huying.kernel.events import News
from huying.matters.rules import Grade, Step
from huying.notices.actions import Recipient, notify
from huying.notices.queries import digest_hours, digest_minutes
from huying.notices.rules import stands_in_digest
from huying.people.models import Account, RoleGrant
from huying.people.queries import actor_for, running
from huying.people.rules import Duty
from huying.places import queries as places

LOOK_BACK = timedelta(days=3)  # what turned longer ago, while nothing ran, stands on the desk: nobody needs a pile
KINDS = {
    (Step.SIGN_IN, False): "sign_in_soon", (Step.SIGN_IN, True): "sign_in_late",
    (Step.HANDLE, False): "due_soon", (Step.HANDLE, True): "overdue",
}  # fmt: skip
AT_WORK = (OrderState.ACCEPTED, OrderState.REWORK)


@turned.listen
def told_of_turning(news: News) -> None:
    """Units hear of limits that are near or gone. What stood for days while nobody swept stands on the desk."""
    remind((UUID(one) for one in news.facts["clocks"]), now=news.at)


def remind(clock_ids: Iterable[UUID], *, now: datetime) -> int:
    """Tell units of those limits that are past 80 % or 100 % and still run; says how many. Twice tells nothing more."""
    near = Q(yellow_at__lte=now, yellow_at__gt=now - LOOK_BACK, due_at__gt=now)
    gone = Q(due_at__lte=now, due_at__gt=now - LOOK_BACK)
    clocks = Clock.objects.filter(
        near | gone, pk__in=list(clock_ids), stopped_at=None, paused_at=None, imported=False,
        step__in=[Step.SIGN_IN, Step.HANDLE],
    )  # fmt: skip
    found = list(clocks.order_by("due_at", "pk"))
    orders = orders_behind(found)
    hours = digest_hours()
    count = 0
    for clock in found:
        late = clock.due_at <= now
        kind = KINDS[Step(clock.step), late]
        for order in orders.get(clock.object_id, ()):
            minutes = digest_minutes(hours, order.case.area_code)
            waits = order.case.grade != Grade.URGENT and not late
            if waits and stands_in_digest(minutes, clock.started_at, clock.due_at):
                continue  # the digest tells of it before it turns red
            accounts = {one.pk: one for one in workers(order, now=now)}
            if late:
                accounts |= {one.pk: one for one in heads(order, now=now)}
            once = f"{kind}:{order.pk}:{clock.due_at.isoformat()}"
            tell(
                order.case, kind, accounts.values(), now=now, once=once, facts={"due": when(clock.due_at, now)}
            )  # fmt: skip
            count += 1
    return count


def orders_behind(clocks: list[Clock]) -> dict[UUID, list[WorkOrder]]:
    """The orders behind clocks: the one to be signed for, or those at work on a case."""
    signing = {one.object_id for one in clocks if one.step == Step.SIGN_IN}
    handling = {one.object_id for one in clocks if one.step == Step.HANDLE}
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
