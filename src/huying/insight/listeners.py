"""What follows the news of cases: a case that ended, or no longer has, is counted."""

from __future__ import annotations

from uuid import UUID

from huying.cases import events
from huying.cases.rules import OPEN
from huying.insight.actions.counting import count_sources_again, refresh
from huying.insight.models import Fact
from huying.kernel.events import News
from huying.registers import events as registers


@events.moved.listen
def case_moved(news: News) -> None:
    """Most acts are on open cases, which are in no fact: nothing is done for them."""
    case_id = UUID(news.facts["case_id"])
    if news.facts["state"] not in OPEN or Fact.objects.filter(case_id=case_id).exists():
        refresh([case_id])


@events.whistled.listen
def whistle_moved(news: News) -> None:
    """A whistle goes on after its case: what it counts for changes with it."""
    case_id = UUID(news.facts["case_id"])
    if Fact.objects.filter(case_id=case_id).exists():
        refresh([case_id])


@registers.changed.listen
def source_changed(news: News) -> None:
    """Whether a source is counted may be another now: cases counted already are marked for the next `catch_up`."""
    if news.facts["register"] == "ticket_source":
        count_sources_again(UUID(one) for one in news.facts["row_ids"])
