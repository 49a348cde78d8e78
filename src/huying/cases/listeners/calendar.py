"""What follows other apps' news."""

from __future__ import annotations

from huying.cases.actions.dues import copy_dues
from huying.clocks.events import calendar_published
from huying.kernel.actor import system
from huying.kernel.events import News


@calendar_published.listen
def counted_again(news: News) -> None:
    """Clocks have new due times; lists read them from the cases and orders themselves."""
    copy_dues(actor=system("calendar"), now=news.at)
