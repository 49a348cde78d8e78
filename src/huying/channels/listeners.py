"""What becomes of news here: a notice on the live stream, which carries no more than where to look again."""

from __future__ import annotations

from uuid import UUID

from huying.cases import events
from huying.cases.models import WorkOrder
from huying.cases.rules import LIVE_ORDERS
from huying.channels.live import Notice, forward
from huying.kernel.events import News
from huying.notices import events as notices

CASES = "cases"
NOTICES = "notices"


def case_moved(news: News) -> Notice:
    """For those who read the case's area, and for units with a live order on it.

    A restricted case (confidential, recused) exists for its units alone, in the stream as in every list.
    """
    units = (
        WorkOrder.objects.filter(case_id=UUID(news.facts["case_id"]), state__in=LIVE_ORDERS)
        .order_by("unit_id")
        .values_list("unit_id", flat=True)
        .distinct()
    )
    return Notice(CASES, "" if news.facts.get("restricted", True) else news.facts["area_code"], tuple(units))


forward(events.moved, case_moved)


def person_told(news: News) -> Notice:
    """For the one whose bell it is."""
    return Notice(NOTICES, people=(UUID(news.facts["account_id"]),))


forward(notices.told, person_told)
