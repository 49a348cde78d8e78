"""What follows the asking for an export: it is made."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from huying.kernel.actor import system
from huying.kernel.events import News
from huying.opendata import actions, events


@events.asked.listen
def make(news: News) -> None:
    actions.make_export(export_id=UUID(news.facts["export_id"]), actor=system("opendata"), now=timezone.now())
