"""Carrying out a change of areas: old rows end, new ones begin, places move, others are told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Model, Q

from huying.audit import actions as audit
from huying.audit.models import History
from huying.kernel.actor import Actor
from huying.places import drawing, events
from huying.places.actions.upkeep import changed
from huying.places.actions.working_out import Result
from huying.places.heirs import Heirs
from huying.places.models import (
    Area,
    AreaHeir,
    AreaPlan,
    Building,
    GridCount,
    GridDuty,
    OldNet,
    Place,
    WorkContract,
)
from huying.places.plans import PlanVerb
from huying.places.queries import plans
from huying.places.rules import LENGTHS, Tier, Verb

BATCH = 500


def carry_out(plan: AreaPlan, result: Result, *, actor: Actor, now: datetime) -> dict[str, int]:
    """Inside the caller's transaction. Says how much was ended, begun and moved."""
    heirs = result.heirs()
    ended = {one.code: one for one in Area.objects.filter(code__in=result.ends, valid_to=None)}
    Area.objects.filter(pk__in=[one.pk for one in ended.values()]).update(valid_to=plan.effective_on)
    made = [
        Area(
            code=one.code, name=one.name, short_name=one.short_name, tier=one.tier, parent_code=one.parent_code,
            households=one.households, polygon=one.polygon, valid_from=plan.effective_on,
        )
        for one in result.begins
    ]  # fmt: skip
    Area.objects.bulk_create(made, batch_size=BATCH)
    seen: set[str] = set()
    rows = []
    for old, new in result.pairs:
        if heirs.of[old] == (old,):
            continue  # goes on as it was
        rows.append(AreaHeir(old_code=old, new_code=new, since=plan.effective_on, first=old not in seen, plan=plan))
        seen.add(old)
    AreaHeir.objects.bulk_create(rows, batch_size=BATCH)
    lines = _area_lines(plan, result, ended, made, actor=actor, now=now)
    things: list[type[Model]] = [*place_models(), WorkContract]
    moved = sum(_rehome(model, heirs, plan, lines, actor=actor, now=now) for model in things)
    _grids(heirs)
    _counts(heirs)
    audit.append_many(lines)
    changed()
    events.redrawn.emit(at=now, plan_id=plan.pk, area_code=plan.area_code)
    return {"ended": len(ended), "begun": len(made), "moved": moved}


def place_models() -> list[type[Place]]:
    """Every kind of place there is."""
    return [one for one in apps.get_app_config("places").get_models() if issubclass(one, Place)]


def _area_lines(
    plan: AreaPlan, result: Result, ended: dict[str, Area], made: list[Area], *, actor: Actor, now: datetime
) -> list[History]:
    olds: dict[str, list[str]] = {}
    for old, new in result.pairs:
        olds.setdefault(new, []).append(old)
    lines = []
    for one in made:
        before = ended.get(one.code)
        facts: dict[str, Any] = {"plan": plan.pk, "kind": str(plan.kind), "from": olds.get(one.code, [])}
        if before is not None:
            facts["before"] = before.uid
            if before.households != one.households:
                facts |= {"households_from": before.households, "households_to": one.households}
        verb = Verb.CREATE if before is None else Verb.REDRAW
        lines.append(_line("area", one.pk, verb.value, one.code, facts, actor, now))
    gone = set(ended) - {one.code for one in made}
    for code in sorted(gone):
        heirs = [new for old, new in result.pairs if old == code]
        facts = {"plan": plan.pk, "kind": str(plan.kind), "to": heirs}
        lines.append(_line("area", ended[code].pk, Verb.END.value, code, facts, actor, now))
    return lines


def _line(
    kind: str, object_id: Any, verb: str, code: str, facts: dict[str, Any], actor: Actor, now: datetime
) -> History:
    return History(
        at=now, kind=kind, object_id=object_id, verb=verb, actor_kind=actor.kind, actor_id=actor.id,
        actor_label=actor.label, area_code=code, facts=facts,
    )  # fmt: skip


def _rehome(
    model: type[Model], heirs: Heirs, plan: AreaPlan, lines: list[History], *, actor: Actor, now: datetime
) -> int:
    """Give each thing the code of the area in which it now lies; lists of areas get the heirs of each."""
    fields = {one.name for one in model._meta.get_fields()}
    lists = sorted({"grid_codes", "area_codes"} & fields)
    wanted = plans.lying(heirs.codes)
    for name in lists:
        wanted |= Q(**{f"{name}__overlap": sorted(heirs.of)})
    rows: list[Any] = []
    touched = {"area_code", *lists}
    moved = 0
    for row in model._default_manager.filter(wanted).order_by("pk"):
        one: Any = row
        before = (one.area_code, *(list(getattr(one, name)) for name in lists))
        point = (getattr(one, "lng", None), getattr(one, "lat", None))
        one.area_code = heirs.home(one.area_code, *point)
        if isinstance(one, Building) and _renumber(one, before[0]):
            touched.add("code")
        for name in lists:
            setattr(one, name, _across(one, getattr(one, name), heirs, point))
        if (one.area_code, *(getattr(one, name) for name in lists)) != before:
            rows.append(one)
        if one.area_code != before[0]:
            facts = {"plan": plan.pk, "area_old": before[0], "area_new": one.area_code}
            kind = str(model._meta.model_name)
            lines.append(_line(kind, one.pk, PlanVerb.EFFECT.value, one.area_code, facts, actor, now))
            moved += 1
    _save(model, rows, sorted(touched))
    return moved


def _across(row: Any, codes: list[str], heirs: Heirs, point: tuple[float | None, float | None]) -> list[str]:
    """The areas of something that lies in several: of a divided one those that it touches, all where nobody knows."""
    found: list[str] = []
    shape = drawing.read(getattr(row, "geometry", None))
    for code in codes:
        after = heirs.spread(code)
        if len(heirs.all(code)) > 1 and shape is not None:
            touched = (one for one in heirs.all(code) if one in heirs.shapes)
            after = tuple(one for one in touched if heirs.shapes[one].intersects(shape)) or after
        elif len(heirs.all(code)) > 1 and point[0] is not None:
            after = (heirs.home(code, *point),)
        found += [one for one in after if one not in found]
    return sorted(found)


def _renumber(row: Building, before: str) -> bool:
    """A building that comes to another grid keeps its four digits there, or gets the next free ones."""
    if row.code is None or row.area_code == before or len(row.area_code) != LENGTHS[Tier.GRID]:
        return False
    wanted = row.area_code + row.code[LENGTHS[Tier.GRID] :]
    others = Building.objects.filter(code__startswith=row.area_code).exclude(pk=row.pk)
    had = {code for code in others.values_list("code", flat=True) if code}
    if wanted in had:
        last = max(int(code[LENGTHS[Tier.GRID] :]) for code in had)
        wanted = f"{row.area_code}{last + 1:04d}"
    Building.objects.filter(pk=row.pk).update(code=wanted)  # at once: the next one must see it
    row.code = wanted
    return True


def _counts(heirs: Heirs) -> None:
    """Counts of merged grids add up; those of a divided grid stay with its first part until somebody counts again."""
    for row in GridCount.objects.filter(plans.lying(heirs.codes)).order_by("area_code"):
        new = heirs.home(row.area_code)
        if new == row.area_code:
            continue
        there = GridCount.objects.filter(area_code=new).first()
        if there is None:
            GridCount.objects.filter(pk=row.pk).update(area_code=new)
            continue
        for name in ("households", "homes", "rented", "firms", "shops"):
            setattr(there, name, getattr(there, name) + getattr(row, name))
        there.counted_on = min(there.counted_on, row.counted_on)
        there.save()
        row.delete()


def _save(model: type[Model], rows: list[Any], fields: list[str]) -> None:
    if rows:
        model._default_manager.bulk_update(rows, fields, batch_size=BATCH)


def _grids(heirs: Heirs) -> None:
    """Duties stand for every heir of their grid; old nets that are not merged yet lie over the heirs."""
    rows = list(GridDuty.objects.filter(grid_code__in=sorted(heirs.of)).order_by("pk"))
    wanted: dict[tuple[str, str, str], GridDuty] = {}
    for row in rows:
        for code in heirs.spread(row.grid_code):
            if len(code) == LENGTHS[Tier.GRID]:
                made = GridDuty(grid_code=code, net=row.net, mode=row.mode, words=row.words)
                wanted.setdefault((code, row.net, row.mode), made)
    GridDuty.objects.filter(pk__in=[one.pk for one in rows]).delete()
    GridDuty.objects.bulk_create(wanted.values(), ignore_conflicts=True, batch_size=BATCH)
    nets = list(OldNet.objects.filter(grid_codes__overlap=sorted(heirs.of)))
    for net in nets:
        net.grid_codes = sorted({new for code in net.grid_codes for new in heirs.spread(code)})
    for net in OldNet.objects.filter(plans.lying(heirs.codes)):
        net.area_code = heirs.home(net.area_code)
        OldNet.objects.filter(pk=net.pk).update(area_code=net.area_code)
    _save(OldNet, nets, ["grid_codes"])
