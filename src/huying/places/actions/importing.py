"""Bringing in the tree of areas and their outlines: a dry run that lists every problem, then all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from huying.audit import actions as audit
from huying.audit.models import History
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import NotAllowed
from huying.places import queries
from huying.places.actions import checking, reading
from huying.places.actions.outcome import Outcome
from huying.places.actions.upkeep import changed
from huying.places.models import Area, Revision
from huying.places.rules import ADMIN_PLACES, SHANGHAI, CoordinateSystem, Verb, parent_of, tier_of

KIND = "area"


@transaction.atomic
def import_areas(*, data: bytes, actor: Actor, now: datetime, apply: bool = False) -> Outcome:
    """Check a table of areas (CSV or xlsx) and, with `apply`, take it in: all of it or nothing.

    Columns: code and name; optional short name, parent, tier, households, valid from. Areas that the table
    does not name stay as they are. A changed name ends the row of old and begins a new one.
    Raises NotAllowed without the duty anywhere, Invalid (or TooLarge) where `apply` meets a problem.
    """
    mine = _kept_by(actor)
    if apply:
        _one_at_a_time()
    outcome = Outcome()
    rows = reading.table(data, outcome)
    outcome.rows = len(rows)
    present = {one.code: one for one in queries.current()}
    writing = _Writing(now, actor)
    wanted = checking.areas(rows, present, mine, writing.today, outcome)
    outcome.sort()
    for one in wanted:
        _want(one, present.get(one.code), writing, outcome)
    if not apply:
        return outcome
    if not outcome.ok:
        raise outcome.refusal()
    writing.write()
    outcome.applied = True
    return outcome


@transaction.atomic
def import_polygons(
    *, data: bytes, actor: Actor, now: datetime, system: str = CoordinateSystem.WGS84, apply: bool = False
) -> Outcome:
    """Check a GeoJSON file of outlines and, with `apply`, take it in: all of it or nothing.

    Each feature names its area (`code`); coordinates are in `system` and are kept in WGS84. An outline that
    replaces another ends the row of old and begins a new one. Raises as `import_areas`.
    """
    mine = _kept_by(actor)
    if apply:
        _one_at_a_time()
    outcome = Outcome()
    features = reading.features(data, outcome)
    outcome.rows = len(features)
    present = {one.code: one for one in Area.objects.filter(valid_to=None)}
    wanted = checking.outlines(features, system, present, mine, outcome)
    checking.tiling(wanted, present, outcome)
    outcome.sort()
    writing = _Writing(now, actor)
    for one in wanted:
        _want_outline(one, present[one.code], writing, outcome)
    if not apply:
        return outcome
    if not outcome.ok:
        raise outcome.refusal()
    writing.write()
    outcome.applied = True
    return outcome


def _kept_by(actor: Actor) -> Sequence[str]:
    mine = ("",) if actor.kind == ActorKind.SYSTEM else actor.areas(ADMIN_PLACES)
    if not mine:
        raise NotAllowed(duty=ADMIN_PLACES)
    return mine


def _one_at_a_time() -> None:
    """Two imports at once would check against the same past: the second waits for the first."""
    Revision.objects.get_or_create(pk=1)
    Revision.objects.select_for_update().get(pk=1)


@dataclass
class _Writing:
    """Rows to write, and their history."""

    now: datetime
    actor: Actor
    made: list[Area] = field(default_factory=list)
    ended: list[Area] = field(default_factory=list)
    mended: list[Area] = field(default_factory=list)
    history: list[History] = field(default_factory=list)

    @property
    def today(self) -> date:
        return self.now.astimezone(SHANGHAI).date()

    def make(self, area: Area) -> None:
        self.made.append(area)
        self.tell(area, Verb.CREATE, {"tier": area.tier, "households": area.households})

    def change(self, area: Area, values: dict[str, Any], *, renew: bool) -> None:
        """Change a row in place, or (`renew`) end it today and begin a new one with these values."""
        facts: dict[str, Any] = {"fields": sorted(values)}
        if "households" in values:
            facts |= {"households_from": area.households, "households_to": values["households"]}
        if renew and area.valid_from < self.today:
            fresh = Area(
                code=area.code,
                name=area.name,
                short_name=area.short_name,
                tier=area.tier,
                parent_code=area.parent_code,
                households=area.households,
                polygon=area.polygon,
                valid_from=self.today,
            )
            area.valid_to = self.today
            self.ended.append(area)
            self.made.append(fresh)
            facts["before"] = area.uid
        else:
            fresh = area
            self.mended.append(area)
        for name, value in values.items():
            setattr(fresh, name, value)
        self.tell(fresh, Verb.REDRAW if "polygon" in values else Verb.CORRECT, facts)

    def tell(self, area: Area, verb: Verb, facts: dict[str, Any]) -> None:
        self.history.append(
            History(
                at=self.now,
                kind=KIND,
                object_id=area.uid,
                verb=str(verb),
                actor_kind=self.actor.kind,
                actor_id=self.actor.id,
                actor_label=self.actor.label,
                area_code=area.code,
                facts=facts,
            )
        )

    def write(self) -> None:
        Area.objects.bulk_update(self.ended, ["valid_to"], batch_size=500)
        Area.objects.bulk_create(self.made, batch_size=500)
        Area.objects.bulk_update(self.mended, ["name", "short_name", "households", "polygon"], batch_size=200)
        audit.append_many(self.history)
        if self.history:
            changed()


def _want(one: checking.Wanted, here: Area | None, writing: _Writing, outcome: Outcome) -> None:
    if not outcome.ok:
        return
    if here is None:
        outcome.created += 1
        writing.make(
            Area(
                code=one.code,
                name=one.name,
                short_name=one.short_name or "",
                tier=tier_of(one.code),
                parent_code=parent_of(one.code),
                households=one.households or 0,
                valid_from=one.valid_from or writing.today,
            )
        )
        return
    asked = {"name": one.name, "short_name": one.short_name, "households": one.households}
    values = _differing(here, asked.items())
    if not values:
        outcome.same += 1
        return
    outcome.changed += 1
    writing.change(_whole(here), values, renew="name" in values)


def _want_outline(one: checking.Outline, here: Area, writing: _Writing, outcome: Outcome) -> None:
    if not outcome.ok:
        return
    if here.polygon == one.polygon:
        outcome.same += 1
        return
    outcome.created += here.polygon is None
    outcome.changed += here.polygon is not None
    writing.change(here, {"polygon": one.polygon}, renew=here.polygon is not None)


def _differing(here: Area, asked: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in asked if value is not None and getattr(here, name) != value}


def _whole(area: Area) -> Area:
    """The row with its shape, which lists leave out."""
    area.refresh_from_db(fields=["polygon"])
    return area
