"""Who acts: a person with duties, a resident with a code, a rule, an import, the system.

An actor is given to every action and query; nothing looks it up. Scope is a prefix of the area code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from huying.kernel.terms import Term, _


class ActorKind(Term):
    PERSON = "person", _("工作人员")
    RESIDENT = "resident", _("居民")
    RULE = "rule", _("规则")
    IMPORT = "import", _("导入")
    CHANNEL = "channel", _("渠道")
    SYSTEM = "system", _("系统")


@dataclass(frozen=True)
class Granted:
    """Duties on everything whose area code starts with `area_code`, or only on `unit`'s orders there."""

    duties: frozenset[str]
    area_code: str
    unit_id: UUID | None = None


@dataclass(frozen=True)
class Actor:
    """One who acts. `units` are the organisations the person holds a present post in."""

    kind: ActorKind
    id: UUID | None = None
    label: str = ""
    units: tuple[UUID, ...] = ()
    grants: tuple[Granted, ...] = ()
    report_id: UUID | None = None  # a resident who holds this report's tracking code
    name: str = ""  # shown on the person's own pages only; never written to history
    post: str = ""  # the first present post and its unit, for the person's own pages
    idle_units: tuple[UUID, ...] = ()  # posts in whose name a program may not act: they keep it away all the same

    @property
    def bodies(self) -> tuple[UUID, ...]:
        """Every organisation with a post of the actor's: what keeps one of them away keeps the actor away."""
        return (*self.units, *self.idle_units)

    def may(self, duty: str | None, area_code: str, *, as_unit: bool = False) -> bool:
        """Whether the actor holds `duty` over `area_code` (no duty asked: anybody may).

        A grant for one unit is not a grant over the area. `as_unit` counts it too: for callers that have found
        that the unit has to do with the thing at hand.
        """
        if self.kind == ActorKind.SYSTEM or duty is None:
            return True
        return any(
            str(duty) in grant.duties
            and area_code.startswith(grant.area_code)
            and (grant.unit_id is None or (as_unit and grant.unit_id in self.units))
            for grant in self.grants
        )

    def may_for_unit(self, duty: str, unit_id: UUID) -> bool:
        """Whether the actor holds `duty` as a member of this unit, wherever its orders lie."""
        return unit_id in self.units and any(
            str(duty) in grant.duties and grant.unit_id in (unit_id, None) for grant in self.grants
        )

    def areas(self, duty: str | None = None) -> tuple[str, ...]:
        """The shortest prefixes the actor reads (or holds `duty`) over, none covering another."""
        codes = sorted(
            {g.area_code for g in self.grants if g.unit_id is None and (duty is None or str(duty) in g.duties)}
        )
        kept: list[str] = []
        for code in codes:
            if not any(code.startswith(above) for above in kept):
                kept.append(code)
        return tuple(kept)

    def has(self, duty: str) -> bool:
        """Whether the actor holds `duty` anywhere."""
        return any(str(duty) in grant.duties for grant in self.grants)

    def with_report(self, report_id: UUID) -> Actor:
        return replace(self, report_id=report_id)


def system(label: str = "system") -> Actor:
    """The system itself: sweeps and upkeep."""
    return Actor(kind=ActorKind.SYSTEM, label=label)


def rule(label: str) -> Actor:
    """A rule of the flow that acts in somebody's transaction; `label` names the rule and its clause."""
    return Actor(kind=ActorKind.RULE, label=label)


def resident(report_id: UUID | None = None) -> Actor:
    return Actor(kind=ActorKind.RESIDENT, label="resident", report_id=report_id)


def importer(label: str, grants: Iterable[Granted] = ()) -> Actor:
    return Actor(kind=ActorKind.IMPORT, label=label, grants=tuple(grants))


def upper_bound(prefix: str) -> str:
    """The first code after all codes with this prefix, for an index range `>= prefix` and `< bound`."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else "\uffff"
