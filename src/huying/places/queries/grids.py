"""Reads of grids: what each answers for, how it stands against the four principles, which old nets still run."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Q

from huying.kernel.actor import Actor
from huying.kernel.lying import Staff, staff_of
from huying.places import queries
from huying.places.models import Area, EmergencyMode, GridDuty, GridStandard, OldNet
from huying.places.plans import Check, GridFacts, Mode, NetKind, Principle, Standard, checks
from huying.places.queries.plans import lying
from huying.places.rules import LENGTHS, Tier, ancestors_of, covers

__all__ = ["Grid", "emergency_over", "grids", "lying", "nets", "of_grid", "standard_of", "totals"]


@dataclass(frozen=True)
class Grid:
    """One grid with what the principles look at, and what they say."""

    area: Area
    community: str
    staff: Staff
    checks: list[Check]
    duties: list[GridDuty] = field(default_factory=list)
    nets: list[OldNet] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return all(one.good for one in self.checks)


def standard_of(code: str) -> Standard:
    """What is asked of the grids of an area: its own row, or that of an area above, or what is shipped."""
    rows = {one.area_code: one for one in GridStandard.objects.filter(area_code__in=[code, *ancestors_of(code)])}
    for one in (code, *reversed(ancestors_of(code))):
        if one in rows:
            row = rows[one]
            return Standard(row.households, row.least, row.most, row.full_time)
    return Standard()


def grids(viewer: Actor, code: str) -> list[Grid]:
    """The present grids of an area that the viewer may look at, by code."""
    if not covers(queries.seen_areas(viewer), code):
        return []
    rows = list(queries.current().filter(queries.within([code]), tier=Tier.GRID).order_by("code"))
    return _looked_at(rows, standard_of(code))


def of_grid(area: Area) -> Grid:
    return _looked_at([area], standard_of(area.code))[0]


def _looked_at(rows: list[Area], standard: Standard) -> list[Grid]:
    codes = [one.code for one in rows]
    staff = staff_of(codes)
    duties: dict[str, list[GridDuty]] = defaultdict(list)
    for duty in GridDuty.objects.filter(grid_code__in=codes).order_by("grid_code", "net", "mode"):
        duties[duty.grid_code].append(duty)
    running: dict[str, list[OldNet]] = defaultdict(list)
    for net in OldNet.objects.filter(ended_on=None, grid_codes__overlap=codes).order_by("kind", "name"):
        for code in net.grid_codes:
            running[code].append(net)
    found = []
    for row in rows:
        mine, held = duties[row.code], staff.get(row.code, Staff())
        facts = GridFacts(
            households=row.households,
            heads=held.heads,
            full_time=held.full_time,
            old_nets=len(running[row.code]),
            duties=frozenset(one.net for one in mine if one.mode == Mode.PEACE),
            emergency=frozenset(one.net for one in mine if one.mode == Mode.EMERGENCY),
        )
        community = queries.own_name_of(row.parent_code)
        found.append(Grid(row, community, held, checks(facts, standard), mine, running[row.code]))
    return found


def totals(found: list[Grid]) -> list[tuple[Principle, int]]:
    """How many grids keep each principle."""
    return [
        (principle, sum(1 for one in found for check in one.checks if check.principle == principle and check.good))
        for principle in Principle
    ]


def nets(viewer: Actor, code: str, *, running: bool = True) -> list[OldNet]:
    """Old nets of an area, by kind and name."""
    if not covers(queries.seen_areas(viewer), code):
        return []
    rows = OldNet.objects.filter(lying([code]))
    rows = rows.filter(ended_on=None) if running else rows
    order = {kind.value: place for place, kind in enumerate(NetKind)}
    return sorted(rows.order_by("name", "pk"), key=lambda one: order[one.kind])


def emergency_over(code: str) -> EmergencyMode | None:
    """The emergency that holds for an area: its own, or that of an area above."""
    held = Q(area_code__in=[code, *ancestors_of(code)], until=None)
    return EmergencyMode.objects.filter(held).order_by("area_code").first()


def street_of(code: str) -> str:
    return code[: LENGTHS[Tier.STREET]]
