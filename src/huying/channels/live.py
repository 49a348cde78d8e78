"""The live stream: pages hear at once that something changed where they look, and ask again for what they show.

A notice carries an area code, a kind and units, never what happened: whoever hears it asks through the same
queries as ever. The act's news stand in its transaction; the job that delivers them sends `NOTIFY`, so nobody hears
of what was rolled back.
A matter that leaves the prefix rule (confidential, recused) is noticed to its units alone: with no area code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from huying.cases.queries.scope import units_worked_for
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.events import Event, News
from huying.people.rules import Duty

CHANNEL = "huying_live"
_KIND = re.compile(r"[a-z][a-z_]{0,39}")
_AREA = re.compile(r"[0-9]{0,24}")
_MOST_UNITS = 50


@dataclass(frozen=True)
class Notice:
    """Something of this kind changed in this area, for these units, or for these people of the staff."""

    kind: str
    area_code: str = ""
    units: tuple[UUID, ...] = ()
    people: tuple[UUID, ...] = ()

    def __post_init__(self) -> None:
        if not _KIND.fullmatch(self.kind):
            raise ValueError(f"not a kind of notice: {self.kind!r}")
        if not _AREA.fullmatch(self.area_code):
            raise ValueError(f"not an area code: {self.area_code!r}")

    def text(self) -> str:
        """As it goes through the database."""
        body: dict[str, object] = {"kind": self.kind, "area": self.area_code}
        if self.units:
            body["units"] = [str(unit) for unit in self.units[:_MOST_UNITS]]
        if self.people:
            body["people"] = [str(person) for person in self.people[:_MOST_UNITS]]
        return json.dumps(body, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> Notice | None:
        """The notice in a payload; None for what is none of ours."""
        try:
            body = json.loads(text)
            units, people = (tuple(UUID(one) for one in body.get(name, ())) for name in ("units", "people"))
            return cls(str(body["kind"]), str(body["area"]), units, people)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def concerns(self, actor: Actor) -> bool:
        """Whether this person may hear it: it lies in the areas the person reads, or is for a unit worked for."""
        if actor.kind != ActorKind.PERSON:
            return False
        if self.area_code and actor.may(Duty.READ, self.area_code):
            return True
        return any(unit in self.units for unit in units_worked_for(actor)) or actor.id in self.people


def notify(area_code: str, kind: str, units: Iterable[UUID] = (), people: Iterable[UUID] = ()) -> None:
    """Send a notice with the present transaction: heard when it commits, never when it does not."""
    notice = Notice(kind, area_code, tuple(units), tuple(people))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, notice.text()])


def forward(event: Event, make: Callable[[News], Notice | None]) -> None:
    """Turn each news of an event into a notice (or none). Called once by `channels.listeners`, or an upper app."""

    def heard(news: News) -> None:
        notice = make(news)
        if notice is not None:
            notify(notice.area_code, notice.kind, notice.units, notice.people)

    event.listen(heard)
