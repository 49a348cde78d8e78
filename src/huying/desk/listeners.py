"""What follows the asking for an export: it is made, and its asker is told."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from huying.desk import events
from huying.kernel.events import News
from huying.kernel.late import late

if TYPE_CHECKING:
    from huying.desk import exporting
else:
    exporting = late("huying.desk.exporting")  # brings the whole page of a case, which no other job draws


@events.export_asked.listen
def make(news: News) -> None:
    exporting.make_export(UUID(news.facts["export_id"]), now=timezone.now())
