"""Carrying out a change of areas: old rows end, new ones begin, places move, others are told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Model

from huying.audit import actions as audit
from huying.audit.models import History
from huying.kernel.actor import Actor
from huying.places import drawing, events
from huying.places.actions.upkeep import changed
from huying.places.actions.working_out import Result
from huying.places.heirs import Heirs
from huying.places.models import Area, AreaHeir, AreaPlan, Building, GridDuty, OldNet, Place
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
    moved = sum(_rehome(model, heirs, plan, lines, actor=actor, now=now) for model in place_models())
    _grids(heirs)
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
    model: type[Place], heirs: Heirs, plan: AreaPlan, lines: list[History], *, actor: Actor, now: datetime
) -> int:
    """Give each place the code of the area in which it now lies; lists of grids get the heirs of each."""
    fields = {one.name for one in model._meta.get_fields()}
    changed_rows: list[Place] = []
    touched = {"area_code"} | ({"grid_codes"} & fields)
    for row in model._default_manager.filter(plans.lying(heirs.codes)).order_by("pk"):
        before = row.area_code
        row.area_code = heirs.home(row.area_code, row.lng, row.lat)
        renumbered = isinstance(row, Building) and _renumber(row, before)
        if "grid_codes" in fields:
            row.grid_codes = _across(row, heirs)
        if renumbered:
            touched.add("code")
        if row.area_code != before:
            facts = {"plan": plan.pk, "area_old": before, "area_new": row.area_code}
            kind = str(model._meta.model_name)
            lines.append(_line(kind, row.pk, PlanVerb.EFFECT.value, row.area_code, facts, actor, now))
            changed_rows.append(row)
        elif "grid_codes" in fields:
            changed_rows.append(row)
    if "grid_codes" in fields:
        listed: Iterable[Place] = model._default_manager.filter(grid_codes__overlap=sorted(heirs.of))
        known = {one.pk for one in changed_rows}
        for row in listed:
            if row.pk not in known:
                row.grid_codes = _across(row, heirs)  # type: ignore[attr-defined]
                changed_rows.append(row)
    _save(model, changed_rows, sorted(touched))
    return sum(1 for one in lines if one.kind == str(model._meta.model_name))


def _across(row: Place, heirs: Heirs) -> list[str]:
    """The grids in which something lies that is in several: of a divided one only those that it touches."""
    found: list[str] = []
    shape = drawing.read(row.geometry)
    for code in row.grid_codes:  # type: ignore[attr-defined]
        after = heirs.all(code)
        if len(after) > 1 and shape is not None:
            after = tuple(one for one in after if one in heirs.shapes and heirs.shapes[one].intersects(shape)) or after
        elif len(after) > 1 and row.lng is not None and row.lat is not None:
            after = (heirs.home(code, row.lng, row.lat),)
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
