"""Whose it is: joint decisions on a case, and precedents, which the next dispatch of a like case shows."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count

from huying.cases.models import Case, JointDecision, Precedent, WorkOrder
from huying.cases.queries.scope import within
from huying.cases.rules import OrderState, State
from huying.cases.rules.guards import RETURNS_BEFORE_NAMING
from huying.clocks import queries as clocks
from huying.clocks.rules import Limit, due_at
from huying.kernel.actor import Actor
from huying.people.rules import Duty
from huying.places.rules import community_of, street_of

SHOWN = 3
SETTLED_WITHIN = "1wd"
_KEY, _SECONDS = "cases.precedents", 30


def decisions_of(case: Case) -> list[JointDecision]:
    """The joint decisions on a case that the caller may see, the latest first."""
    return list(JointDecision.objects.filter(case=case).select_related("unit").order_by("-held_at", "-pk"))


def precedents_for(viewer: Actor, type_code: str, area_code: str) -> list[Precedent]:
    """How like disputes were settled: the same type in the same sub-district, the own community first, then the latest.

    As far as the viewer reads the place; none of a case that became confidential since. Nothing is asked of the
    database where no like one is known: which there are is looked up every half minute.
    """
    street = street_of(area_code)
    if not type_code or not street or (street, type_code) not in _known():
        return []
    rows = Precedent.objects.filter(
        within(viewer.areas(Duty.READ)), street=street, type_code=type_code, case__restricted=False
    )
    found = list(rows.select_related("unit").order_by("-settled_at", "-pk")[: 10 * SHOWN])
    here = community_of(area_code)
    return sorted(found, key=lambda one: not (here and one.area_code.startswith(here)))[:SHOWN]


def _known() -> frozenset[tuple[str, str]]:
    """Sub-districts and types with a precedent; of a process, at most half a minute old."""
    found: frozenset[tuple[str, str]] | None = cache.get(_KEY)
    if found is None:
        found = frozenset(Precedent.objects.order_by().values_list("street", "type_code").distinct())
        cache.set(_KEY, found, _SECONDS)
    return found


def forget_known() -> None:
    """Another one was written: this process looks anew, now and once it stands for all."""
    cache.delete(_KEY)
    transaction.on_commit(lambda: cache.delete(_KEY))


def settled_by(case: Case) -> datetime:
    """By when a case that two units gave back has its unit; after that the first receiver leads.

    Counted from when the clock of dispatching began: a nudge or a correction meanwhile gives no more time.
    """
    return due_at(case.due_from or case.moved_at, Limit.parse(SETTLED_WITHIN), clocks.calendar()).at


def undecided(now: datetime) -> list[Case]:
    """Cases that two units gave back, waiting for a unit for longer than they may."""
    returned = WorkOrder.objects.filter(state=OrderState.RETURNED, case__state=State.FILED).order_by()
    twice = (
        returned.values("case").annotate(units=Count("unit", distinct=True)).filter(units__gte=RETURNS_BEFORE_NAMING)
    )
    rows = Case.objects.defer("search").filter(pk__in=twice.values("case"), state=State.FILED).order_by("pk")
    return [one for one in rows if settled_by(one) <= now]


__all__ = ["decisions_of", "forget_known", "precedents_for", "settled_by", "undecided"]
