"""How far a rehearsal is, written with each call in the same transaction: one that was killed goes on where it stood.

The marks are lines of the history. Together with the seed they hold all that one call leaves to the next.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db.models import Exists, OuterRef, Q

from huying.audit import actions as audit
from huying.audit.models import History
from huying.cases.models import Case
from huying.cases.rules import State
from huying.kernel.actor import system

KIND = "rehearsal"
BY = system("cli.rehearse")


@dataclass
class Mark:
    """What the calls played so far leave to the next one."""

    street: str
    seed: int
    start: datetime
    cases: int = 0
    line: int = 0  # the history's, with which it began
    played: int = 0
    last: UUID | None = None  # the last of its calls
    owed: dict[str, int] = field(default_factory=dict)  # turns that did not fit the call meant for them: tries left
    since: dict[UUID, datetime] = field(default_factory=dict)  # of what a batch has moved already
    more: list[UUID] = field(default_factory=list)  # parts and tickets that came of it
    refused: list[tuple[UUID, str]] = field(default_factory=list)  # what was refused, by case and act
    acted: Counter[tuple[str, str]] = field(default_factory=Counter)  # (verb, role) -> moves
    who: set[UUID] = field(default_factory=set)

    def begin(self, ids: list[UUID]) -> None:
        self.cases, self.last = len(ids), ids[-1]
        line = self._write("begin", {"seed": self.seed, "cases": self.cases, "last": self.last})
        self.line = line.pk

    def keep(self, one: Mark) -> None:
        """What one more call did, `one` being a mark of that call alone, and what it leaves."""
        self.played += 1
        self.owed, self.since = one.owed, one.since
        self.more += one.more
        self.refused += one.refused
        self.acted += one.acted
        self.who |= one.who
        facts = {
            "owed": one.owed, "since": {str(key): at for key, at in one.since.items()}, "more": one.more,
            "refused": [list(pair) for pair in one.refused], "who": one.who,
            "acted": {f"{verb}/{role}": count for (verb, role), count in one.acted.items()},
        }  # fmt: skip
        self._write("play", {name: told for name, told in facts.items() if told})

    def end(self) -> None:
        self._write("end", {})

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
    found: Mark | None = None
    for line in History.objects.filter(object_id=_key(street), kind=KIND).order_by("pk").iterator():
        facts = line.facts
        if line.verb == "begin":
            found = Mark(
                street, facts["seed"], line.at, cases=facts["cases"], line=line.pk, last=UUID(facts["last"])
            )  # fmt: skip
        elif line.verb == "end":
            found = None
        elif found is not None:
            _add(found, facts)
    return found


def _add(found: Mark, facts: dict[str, Any]) -> None:
    found.played += 1
    found.owed = facts.get("owed", {})
    found.since = {UUID(key): datetime.fromisoformat(at) for key, at in facts.get("since", {}).items()}
    found.more += map(UUID, facts.get("more", ()))
    found.refused += [(UUID(key), verb) for key, verb in facts.get("refused", ())]
    found.who |= set(map(UUID, facts.get("who", ())))
    for name, count in facts.get("acted", {}).items():
        verb, _slash, role = name.partition("/")
        found.acted[verb, role] += count


def _key(street: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"huying:rehearsal:{street}")
