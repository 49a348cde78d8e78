"""What is ahead: the rates if call-back were today, and what turns red by the end of tomorrow.

Both look at open cases by the facts of our own process alone: the outcome that the unit reports, and the clock. Who
called is not asked, and nothing here decides whom to call back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from huying.cases.models import IS_OPEN, Case
from huying.cases.queries.scope import seen_by_area, within
from huying.cases.rules import Outcome, State
from huying.cases.rules.tallies import midnight_after
from huying.insight.queries.figures import check_reads
from huying.insight.rules import Rate
from huying.kernel.actor import Actor
from huying.kernel.paging import Page

ASKED_NEXT = (State.REVIEWING, State.CHECKING, State.CALLING_BACK)


@dataclass(frozen=True)
class Ahead:
    """Open cases whose result is there and whose callers were not asked yet, by what the unit reports; and red soon."""

    waiting: int
    outcomes: dict[str, int]
    red: int

    @property
    def solved(self) -> int:
        return self.outcomes.get(Outcome.SOLVED, 0)

    def expected(self, now: Rate) -> Rate:
        """The resolution rate if each of these had one caller who says what the unit says."""
        return Rate(now.hits + self.solved, now.of + self.waiting)


def ahead(viewer: Actor, code: str, *, now: datetime) -> Ahead:
    """Raises NotFound as `assess`."""
    check_reads(viewer, code)
    counted = _waiting(viewer, code).order_by().values_list("outcome").annotate(cases=Count("pk"))
    outcomes = dict(counted)
    return Ahead(sum(outcomes.values()), outcomes, _red(viewer, code, now).count())


def asked_today(viewer: Actor, code: str, *, page: Page[Case]) -> list[Case]:
    """The cases whose callers would be asked today, the longest waiting first."""
    check_reads(viewer, code)
    return page.of([_waiting(viewer, code)], order=("moved_at", "id"))


def red_by_tomorrow(viewer: Actor, code: str, *, now: datetime, page: Page[Case]) -> list[Case]:
    """Open cases that are not red yet and turn red by the end of tomorrow, the most urgent first."""
    check_reads(viewer, code)
    return page.of([_red(viewer, code, now)], order=("due_at", "id"))


def _waiting(viewer: Actor, code: str) -> QuerySet[Case]:
    states = [str(one) for one in ASKED_NEXT]
    return _open(viewer, code).filter(state__in=states).exclude(outcome="")


def _red(viewer: Actor, code: str, now: datetime) -> QuerySet[Case]:
    return _open(viewer, code).filter(due_at__gt=now, due_at__lt=midnight_after(now) + timedelta(days=1))


def _open(viewer: Actor, code: str) -> QuerySet[Case]:
    return seen_by_area(viewer).filter(Q(within([code])), IS_OPEN, restricted=False, imported=False, drill=False)
