"""How far a rehearsal is, written with each call in the same transaction: one that was killed goes on where it stood.

The marks are lines of the history. Together with the seed they hold all that one call leaves to the next. Where several
processes play, the calls are dealt to lanes, and what a call leaves goes to the next one of its lane.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db.models import Exists, OuterRef, Q, QuerySet

from huying.audit import actions as audit
from huying.audit.models import History
from huying.cases.models import Case
from huying.cases.rules import State
from huying.kernel.actor import system

KIND = "rehearsal"
BY = system("cli.rehearse")


@dataclass
class Lane:
    """What the calls played so far in one lane leave to its next one."""

    played: int = 0
    owed: dict[str, int] = field(default_factory=dict)  # turns that did not fit the call meant for them: tries left
    since: dict[UUID, datetime] = field(default_factory=dict)  # of what a batch has moved already


@dataclass
class Did:
    """What one call did, or all of them together."""

    more: list[UUID] = field(default_factory=list)  # parts and tickets that came of it
    refused: list[tuple[UUID, str]] = field(default_factory=list)  # what was refused, by case and act
    acted: Counter[tuple[str, str]] = field(default_factory=Counter)  # (verb, role) -> moves
    who: set[UUID] = field(default_factory=set)

    def add(self, one: Did) -> None:
        self.more += one.more
        self.refused += one.refused
        self.acted += one.acted
        self.who |= one.who


@dataclass
class Mark:
    """A rehearsal: how it began, how far each lane is, and what was done."""

    street: str
    seed: int
    start: datetime
    cases: int = 0
    line: int = 0  # the history's, with which it began
    last: UUID | None = None  # the last of its calls
    lanes: list[Lane] = field(default_factory=lambda: [Lane()])
    did: Did = field(default_factory=Did)

    @property
    def played(self) -> int:
        return sum(one.played for one in self.lanes)

    def begin(self, ids: list[UUID]) -> None:
        self.cases, self.last = len(ids), ids[-1]
        told = {"seed": self.seed, "cases": self.cases, "last": self.last, "lanes": len(self.lanes)}
        self.line = self._write("begin", told).pk

    def keep(self, lane: int, now: Lane, did: Did) -> None:
        """One more call of a lane: what it did, and what it leaves."""
        now.played = self.lanes[lane].played + 1
        facts = {
            "lane": lane, "owed": now.owed, "since": {str(key): at for key, at in now.since.items()}, "more": did.more,
            "refused": [list(pair) for pair in did.refused], "who": did.who,
            "acted": {f"{verb}/{role}": count for (verb, role), count in did.acted.items()},
        }  # fmt: skip
        self._write("play", {name: told for name, told in facts.items() if told})
        self.lanes[lane] = now

    def end(self) -> None:
        self._write("end", {})

    def read(self) -> None:
        """How far it is by what is written: other processes play too."""
        self.lanes, self.did = [Lane() for _lane in self.lanes], Did()
        for line in _lines(self.street).filter(pk__gt=self.line, verb="play").iterator():
            self._add(line.facts)

    def _add(self, facts: dict[str, Any]) -> None:
        lane = self.lanes[facts.get("lane", 0)]
        lane.played += 1
        lane.owed = facts.get("owed", {})
        lane.since = {UUID(key): datetime.fromisoformat(at) for key, at in facts.get("since", {}).items()}
        refused = [(UUID(key), verb) for key, verb in facts.get("refused", ())]
        acted = Counter(
            {(name.partition("/")[0], name.partition("/")[2]): n for name, n in facts.get("acted", {}).items()}
        )
        self.did.add(Did([*map(UUID, facts.get("more", ()))], refused, acted, {*map(UUID, facts.get("who", ()))}))

    def calls(self) -> list[UUID]:
        """All calls of the rehearsal in their order: those that wait, and those that something happened to since."""
        if self.last is None:  # not begun
            return []
        last = Case.objects.only("received_at").get(pk=self.last)
        lines = History.objects.filter(object_id=OuterRef("pk"), kind="case", pk__gt=self.line)
        found = imported_calls(self.street).filter(Q(state=State.RECEIVED) | Exists(lines))
        found = found.filter(
            Q(received_at__lt=last.received_at) | Q(received_at=last.received_at, pk__lte=last.pk)
        )  # fmt: skip
        return list(found.values_list("pk", flat=True))

    def _write(self, verb: str, facts: dict[str, Any]) -> History:
        return audit.append(
            kind=KIND,
            object_id=_key(self.street),
            verb=verb,
            actor=BY,
            at=self.start,
            area_code=self.street,
            facts=facts,
        )


def imported_calls(street: str) -> Any:
    """Calls of an archive in the order in which they are played; their parts are not among them."""
    found = Case.objects.filter(imported=True, part_of=None, area_code__startswith=street)
    return found.order_by("received_at", "id")


def broken_off(street: str) -> Mark | None:
    """The street's last rehearsal, where it did not come to its end."""
    last = _lines(street).filter(verb__in=["begin", "end"]).order_by("-pk").first()
    if last is None or last.verb == "end":
        return None
    facts = last.facts
    lanes = [Lane() for _lane in range(facts.get("lanes", 1))]
    found = Mark(street, facts["seed"], last.at, facts["cases"], last.pk, UUID(facts["last"]), lanes)
    found.read()
    return found


def _lines(street: str) -> QuerySet[History]:
    return History.objects.filter(object_id=_key(street), kind=KIND).order_by("pk")


def _key(street: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"huying:rehearsal:{street}")
