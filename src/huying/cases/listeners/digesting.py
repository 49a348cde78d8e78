"""The day's digest: one notice a person, at the hours that an area has set, of what turns red today."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from huying.cases import queries
from huying.cases.listeners.reminding import TOLD_OF, at_step, concerned, orders_behind, steps_behind
from huying.cases.listeners.telling import when, workers
from huying.cases.models import Case
from huying.cases.queries.scope import within
from huying.clocks.models import Clock
from huying.clocks.rules import SHANGHAI
from huying.kernel.terms import listed
from huying.notices.actions import Recipient, notify
from huying.notices.queries import digest_hours
from huying.notices.rules import DIGEST_LATE, digest_moments
from huying.people.models import Account
from huying.people.queries import actor_for

NAMED = 3  # cases whose numbers stand in the notice; the others are in the list


def digest(*, now: datetime) -> int:
    """Send the digests whose hour has come, also late after a stop; says how many people heard. Each comes once."""
    hours, count = digest_hours(), 0
    for area_code, minutes in sorted(hours.items()):
        inside = [one for one in hours if one != area_code and one.startswith(area_code)]
        for moment in digest_moments(minutes, now):
            if moment <= now < moment + DIGEST_LATE:
                count += _send(area_code, inside, moment, now)
    return count


def _send(area_code: str, without: Iterable[str], moment: datetime, now: datetime) -> int:
    """One digest of one area, less the areas inside it that have their own."""
    midnight = moment.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    clocks = (
        Clock.objects.filter(
            within([area_code]), TOLD_OF, stopped_at=None, paused_at=None, imported=False, due_at__gt=moment,
            due_at__lt=midnight,
        )
        .exclude(within(without))
        .order_by("due_at", "pk")
    )  # fmt: skip
    found = list(clocks)
    orders, steps = orders_behind(found), steps_behind(found)
    people: dict[UUID, Account] = {}
    mine: dict[UUID, dict[UUID, tuple[datetime, Case]]] = {}
    for clock in found:
        step = steps.get(clock.object_id)
        whose = [(step.ticket.report.case, at_step(step, now=now))] if step is not None else []
        whose += [(order.case, workers(order, now=now)) for order in concerned(clock, orders)]
        for case, accounts in whose:
            for account in accounts if not case.drill else ():
                people[account.pk] = account
                mine.setdefault(account.pk, {}).setdefault(case.pk, (clock.due_at, case))
    return sum(_tell(people[key], mine[key], area_code, moment, now) for key in sorted(mine))


def _tell(
    account: Account, cases: dict[UUID, tuple[datetime, Case]], area_code: str, moment: datetime, now: datetime
) -> int:
    actor = actor_for(account, now)
    seen = [one for key, one in cases.items() if queries.one(key, actor) is not None]
    if not seen:
        return 0
    told = notify(
        template="red_today",
        to=Recipient.account(account.pk),
        facts={
            "count": str(len(seen)),
            "due": when(seen[0][0], now),
            "numbers": listed(case.number for _due, case in seen[:NAMED]),
        },
        area_code=area_code,
        now=now,
        once=f"digest:{area_code}:{moment.isoformat()}",
    )
    return len(told)
