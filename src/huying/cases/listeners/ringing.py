"""Call trees begin with urgent matters, and end where somebody takes them up. Idempotent: each begins once."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from huying.cases import events
from huying.cases.actions import calltrees
from huying.cases.models import Case, WorkOrder
from huying.cases.queries import calltrees as reads
from huying.cases.rules import OrderRole, OrderState, State
from huying.kernel.events import News
from huying.matters.rules import Grade

MOST = 500  # in one sweep; the next comes a minute later
logger = logging.getLogger(__name__)


@events.moved.listen
def moved(news: News) -> None:
    """Call who is next to take up the case or to sign for its order; end what somebody has taken up."""
    case = Case.objects.defer("search").filter(pk=UUID(news.facts["case_id"])).first()
    if case is None or case.imported:
        return
    if case.called:
        calltrees.end_if_taken(case.pk, now=news.at)
    if case.grade not in Grade.values:
        return
    # News may come late: whoever is called first has the minutes of that step all the same.
    now = max(news.at, timezone.now())
    if case.state == State.RECEIVED or (case.state == State.FILED and news.facts["verb"] == "raise_case"):
        calltrees.begin_tree(case, None, now=now)
    elif case.state == State.IN_HAND:
        for order in _offered(case, news.at):
            calltrees.begin_tree(case, order, now=now)


def _offered(case: Case, at: datetime) -> list[WorkOrder]:
    """The lead's order that this act offered."""
    rows = WorkOrder.objects.filter(case=case, role=OrderRole.LEAD, state=OrderState.OFFERED, offered_at=at)
    return list(rows.select_related("unit", "handler", "given_to"))


def ring(*, now: datetime) -> int:
    """Call the next step of each run that is due; says how many. After a stop each goes on where it stood."""
    called = 0
    for run_id in reads.due(now=now, most=MOST):
        try:
            called += calltrees.call_next(run_id, now=now)
        except Exception:  # whoever else is to be called is called all the same
            logger.exception("call tree not climbed", extra={"run": str(run_id)})
    return called
