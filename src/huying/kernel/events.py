"""News: written in the transaction of the act, delivered by jobs, at least once.

An event carries ids, field names and codes, never a person's values or a caller's words.
Listeners are idempotent by the event's id (`news.id`), because a killed worker's job runs again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from huying.kernel.ids import uuid7
from huying.kernel.plain import plain_facts


@dataclass(frozen=True)
class News:
    """One delivered event."""

    id: UUID
    name: str
    at: datetime
    facts: dict[str, Any]


Listener = Callable[[News], None]


@dataclass
class Event:
    """A kind of news, e.g. `Event("cases.dispatched")`."""

    name: str
    listeners: list[Listener] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.name in EVENTS:
            raise ValueError(f"event {self.name} is declared twice")
        EVENTS[self.name] = self

    def emit(self, *, at: datetime, **facts: Any) -> None:
        """Queue the news in the present transaction: one statement; committed with the act or not at all.

        Raises ValueError if a fact is more than an id, a code, a number or a time (see `kernel.plain`).
        """
        self.emit_each([facts], at=at)

    def emit_each(self, every: Iterable[dict[str, Any]], *, at: datetime) -> None:
        """Queue one piece of news for each of these facts, all with one statement. Raises ValueError as `emit` does."""
        from huying.kernel.jobs import deliver  # the job needs Django's apps, this module does not

        told = [plain_facts(facts) for facts in every]
        if told:
            sent = {"name": self.name, "at": at.isoformat()}
            rows: Iterator[dict[str, Any]] = ({**sent, "news_id": str(uuid7()), "facts": one} for one in told)
            deliver.batch_defer(*rows)

    def listen(self, listener: Listener) -> Listener:
        self.listeners.append(listener)
        return listener


EVENTS: dict[str, Event] = {}
