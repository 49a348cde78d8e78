"""The people of a sub-district as actors, found by duty, place and unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import UUID

from huying.kernel.actor import Actor
from huying.people import queries as people
from huying.people.models import Account, RoleGrant
from huying.people.rules import Duty
from huying.people.sight import actors_for

STREET_LENGTH = 9
Seen = Callable[[Actor], bool]


@dataclass
class Cast:
    """All staff who may act in one sub-district, the district's departments included."""

    actors: list[Actor]
    roles: dict[UUID, str]
    rng: Random
    acted: Counter[tuple[str, str]] = field(default_factory=Counter)  # (verb, role) -> moves
    who_acted: set[UUID] = field(default_factory=set)
    _book: people.DutyBook | None = None
    _units: dict[tuple[str, str], list[UUID]] = field(default_factory=dict)
    _holders: dict[tuple[str, str], list[Actor]] = field(default_factory=dict)

    @classmethod
    def of(cls, street: str, *, now: datetime, rng: Random) -> Cast:
        """Everybody with a grant in the street or above it, in a stable order."""
        accounts = list(Account.objects.filter(is_active=True).order_by("username"))
        first: dict[UUID, str] = {}
        for account_id, role in RoleGrant.objects.order_by("since", "pk").values_list("account_id", "role_id"):
            first.setdefault(account_id, role)
        actors = []
        for actor in actors_for(accounts, now).values():
            near = any(g.area_code.startswith(street) or street.startswith(g.area_code) for g in actor.grants)
            if near:
                actors.append(actor)
        return cls(actors, {a.id: first.get(a.id, "") for a in actors if a.id is not None}, rng)

    def who(
        self, duty: Duty, area_code: str, *, restricted: bool = False, but: frozenset[UUID] = frozenset()
    ) -> Actor | None:
        """Somebody with the duty over the area, who may see the case and is not left out; the nearest desk first."""
        found = [
            one
            for one in self._over(duty, area_code)
            if one.id not in but and (not restricted or self._confidential(one, area_code))
        ]
        return self.rng.choice(found) if found else None

    def _over(self, duty: Duty, area_code: str) -> list[Actor]:
        key = (str(duty), area_code)
        if key not in self._holders:
            self._holders[key] = [
                one for one in self.actors if one.may(duty, area_code) and one.may(Duty.READ, area_code)
            ]
        return self._holders[key]

    @staticmethod
    def _confidential(actor: Actor, area_code: str) -> bool:
        return any(len(code) <= STREET_LENGTH and area_code.startswith(code) for code in actor.areas(Duty.CONFIDENTIAL))

    def member(self, unit_id: UUID, duty: Duty, *, but: frozenset[UUID] = frozenset()) -> Actor | None:
        found = [one for one in self.actors if one.may_for_unit(duty, unit_id) and one.id not in but]
        return self.rng.choice(found) if found else None

    def units_for(self, type_code: str, area_code: str) -> list[UUID]:
        """Units with the duty that have somebody to sign in, the most specific first."""
        key = (type_code, area_code)
        if key not in self._units:
            self._book = self._book or people.DutyBook()
            found = self._book.responsible_units(type_code, area_code)
            self._units[key] = [one.pk for one in found if self._staffed(one.pk)]
        return self._units[key]

    def _staffed(self, unit_id: UUID) -> bool:
        return any(one.may_for_unit(Duty.HANDLE, unit_id) for one in self.actors)

    def note(self, verb: str, actor: Actor) -> None:
        role = self.roles.get(actor.id, "") if actor.id is not None else str(actor.kind)
        self.acted[verb, role or str(actor.kind)] += 1
        if actor.id is not None:
            self.who_acted.add(actor.id)
