"""What follows the news of files."""

from __future__ import annotations

from uuid import UUID

from huying.cases.actions.words import words_again
from huying.files.events import words_gone
from huying.kernel.events import News


@words_gone.listen
def forgotten(news: News) -> None:
    """Nobody finds a case by the words of a document that is gone."""
    words_again(str(news.facts["owner_kind"]), [UUID(one) for one in news.facts["owners"]])
