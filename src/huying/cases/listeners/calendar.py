"""What follows other apps' news."""

from __future__ import annotations

from uuid import UUID

from huying.cases.actions.dues import copy_dues, take_limits
from huying.clocks.events import calendar_published
from huying.kernel.actor import system
from huying.kernel.events import News
from huying.matters.events import limits_switched
from huying.matters.queries.sets import switch


@calendar_published.listen
def counted_again(news: News) -> None:
    """Clocks have new due times; lists read them from the cases and orders themselves."""
    copy_dues(actor=system("calendar"), now=news.at)


@limits_switched.listen
def switched(news: News) -> None:
    """A set that says so is taken by the clocks that run; lists read their due times from the cases."""
    found = switch(UUID(news.facts["switch_id"]))
    if found is not None and news.facts["on"]:
        take_limits(found, actor=system("limits"), now=news.at)
