"""The words that are shipped, by kind and channel; each becomes version 1 when a database is made or brought up.

A street writes its own versions; a shipped text is only ever loaded where there is none for its kind and channel.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from huying.notices.rules import KINDS, OUTSIDE, Channel

LANGUAGE = "zh-hans"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Words:
    """A title (of e-mails, and the first line of the list) and a text; `short` is what fits a text message."""

    title: str
    body: str
    short: str


FILE = Path(__file__).parent / "data" / "wordings.csv"


@lru_cache(maxsize=1)
def words() -> dict[str, Words]:
    """The shipped words by kind."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return {row["kind"]: Words(row["title"], row["body"], row["short"]) for row in csv.DictReader(file)}


def rows() -> list[tuple[str, Channel, str, str]]:
    """Kind, channel, title, body: what is loaded."""
    found = []
    for code, kind in KINDS.items():
        told = words()[code]
        for channel in Channel:
            # Staff may choose any of these ways for a kind, so there are words for each; a reporter left a phone alone.
            if channel not in kind.channels and (kind.audience != "staff" or channel not in OUTSIDE):
                continue
            found.append((code, channel, told.title, told.short if channel == Channel.SMS else told.body))
    return found


def load(**_signal: Any) -> int:
    """Bring the shipped words in where there are none: after every migration. Says how many were added."""
    from django.db import connection

    from huying.notices.models import Wording
    from huying.notices.rules import WordingState

    if Wording._meta.db_table not in connection.introspection.table_names():
        return 0  # migrated no further than to before this app
    there = set(Wording.objects.filter(language=LANGUAGE).values_list("kind", "channel"))
    missing = [
        Wording(
            kind=code, channel=channel, language=LANGUAGE, version=1, title=title, body=body,
            state=WordingState.APPROVED, made_at=SINCE, approved_at=SINCE, in_force_from=SINCE,
        )
        for code, channel, title, body in rows()
        if (code, str(channel)) not in there
    ]  # fmt: skip
    # Two processes that come up together load the same rows once.
    return len(Wording.objects.bulk_create(missing, ignore_conflicts=True))
