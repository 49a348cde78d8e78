"""Months of assessment, by the calendar of China, and the states of a month's statement."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from huying.kernel.terms import Term, _
from huying.places.rules import SHANGHAI

OBJECTION: Final = timedelta(days=9)
"""How long after a month's end objections may come in, before the freezing is proposed."""
_WRITTEN: Final = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


class StatementState(Term):
    PROPOSED = "proposed", _("待封账")
    FROZEN = "frozen", _("已封账")
    PUBLISHED = "published", _("已公布")


KEPT: Final = frozenset({StatementState.FROZEN, StatementState.PUBLISHED})


@dataclass(frozen=True, order=True)
class Month:
    """A month, as a number kept in columns: 202610."""

    number: int

    @classmethod
    def read(cls, text: str) -> Month:
        """From `2026-10`. Raises ValueError."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError(text)
        return cls(int(found[1]) * 100 + int(found[2]))

    def __str__(self) -> str:
        return f"{self.number // 100}-{self.number % 100:02}"

    @property
    def begins(self) -> datetime:
        return datetime(self.number // 100, self.number % 100, 1, tzinfo=SHANGHAI)

    @property
    def ends(self) -> datetime:
        return self.next.begins

    @property
    def next(self) -> Month:
        return Month(self.number + (89 if self.number % 100 == 12 else 1))

    @property
    def last(self) -> Month:
        return Month(self.number - (89 if self.number % 100 == 1 else 1))


def month_of(moment: datetime) -> Month:
    there = moment.astimezone(SHANGHAI)
    return Month(there.year * 100 + there.month)


def to_propose(now: datetime) -> Month | None:
    """The month whose objection window is over: the one before this, from the tenth on."""
    this = month_of(now)
    return this.last if now >= this.begins + OBJECTION else None
