"""What follows the asking for an export: it is made, and its asker is told."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from huying.desk import events
from huying.desk.exporting import make_export
from huying.kernel.events import News


@events.export_asked.listen
def make(news: News) -> None:
    make_export(UUID(news.facts["export_id"]), now=timezone.now())
