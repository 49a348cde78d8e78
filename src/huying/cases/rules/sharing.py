"""Who of a unit's handlers gets the next order: a count of what is open now, to divide work by.

It says nothing of how well or how fast somebody works, is kept nowhere, and is read inside the unit alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

BY_RULE = "fair-load"  # the rule's name in history
NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Load:
    """What one handler has in hand at this moment: orders that are not done; of them those due today, and overdue."""

    id: UUID
    name: str
    open: int = 0
    today: int = 0
    late: int = 0
    given_at: datetime | None = None  # when the last one was given
    away_until: date | None = None  # the last day that the person is away
    signs: bool = False  # heads the unit: whoever handles cannot sign

    @property
    def there(self) -> bool:
        return self.away_until is None


def suggested(loads: Iterable[Load]) -> Load | None:
    """The least open orders; with equal ones who was given one longest ago. Heads only where there is nobody else."""
    there = [one for one in loads if one.there]
    return min(there, key=lambda one: (one.signs, one.open, one.given_at or NEVER, one.id), default=None)
