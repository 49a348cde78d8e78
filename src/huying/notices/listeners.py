"""What follows people's news: an erased contact leaves no last digits behind."""

from __future__ import annotations

from uuid import UUID

from huying.kernel.events import News
from huying.notices.actions import forget_contact
from huying.people import events


@events.contact_erased.listen
def contact_erased(news: News) -> None:
    forget_contact(contact_id=UUID(news.facts["contact_id"]), now=news.at)
