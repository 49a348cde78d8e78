"""Many nets merged into one grid: old nets written down, merged with their duties, peace and emergency (REG-02)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.utils.translation import override

from huying.audit import actions as audit
from huying.audit.models import History
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import Conflict, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import NAME_LIMIT, clean
from huying.places import queries
from huying.places.models import Area, EmergencyMode, GridDuty, GridStandard, OldNet
from huying.places.plans import APPROVERS, DUTIES, Mode, NetKind
from huying.places.queries import grids
from huying.places.rules import ADMIN_PLACES, LENGTHS, SHANGHAI, Tier, covers, is_code

WORDS_LIMIT = 80
_STREETS = UUID("6c2c8ac2-55c5-4d6a-8f43-8d3b7f0a5f10")  # history of an area's settings hangs on an id made of its code


@transaction.atomic
def keep_old_net(
    *, kind: str, name: str, area_code: str, grid_codes: Iterable[str], actor: Actor, now: datetime
) -> OldNet:
    """Write down a net that a department drew for itself, and the grids that cover it.

    Raises NotFound outside the actor's areas, NotAllowed without the duty, Invalid for bad values, Conflict where
    there is one of that kind and name.
    """
    _keeps(area_code, actor)
    if kind not in NetKind.values:
        raise Invalid({"kind": [_("请选是哪一张网。")]})
    name = clean(name, limit=NAME_LIMIT, name=True, field="name")
    if not name:
        raise Invalid({"name": [_("没有名称。请补上。")]})
    codes = sorted(set(grid_codes))
    if not codes:
        raise Invalid({"grid_codes": [_("请选它落在哪些网格。")]})
    known = set(queries.names_within(area_code))
    if not all(len(code) == LENGTHS[Tier.GRID] and code in known for code in codes):
        raise Invalid({"grid_codes": [_("有的网格不在这个区域里。请重新选。")]})
    try:
        with transaction.atomic():
            net = OldNet.objects.create(area_code=area_code, kind=NetKind(kind), name=name, grid_codes=codes)
    except IntegrityError as why:
        raise Conflict(_("已经有同名的一张网。请换一个名称。")) from why
    audit.append(
        kind="old_net", object_id=net.pk, verb="create", actor=actor, at=now, area_code=area_code,
        facts={"net": str(net.kind), "grids": len(codes)},
    )  # fmt: skip
    return net


@transaction.atomic
def merge_nets(*, net_ids: Iterable[UUID], area_code: str, actor: Actor, now: datetime) -> dict[str, int]:
    """Let old nets end and their work become duties of the grids that cover them; says how many of each.

    A grid that has its own words for a duty keeps them. Raises as `keep_old_net`; Invalid where none is chosen.
    """
    _keeps(area_code, actor)
    wanted = set(net_ids)
    nets = list(
        OldNet.objects.select_for_update().filter(grids.lying([area_code]), pk__in=wanted, ended_on=None).order_by("pk")
    )
    if not wanted:
        raise Invalid({"nets": [_("请选要并的网。")]})
    if {one.pk for one in nets} != wanted:
        raise NotFound("old_net")
    there = set(GridDuty.objects.values_list("grid_code", "net", "mode"))
    made: dict[tuple[str, str, str], GridDuty] = {}
    today = now.astimezone(SHANGHAI).date()
    with override("zh-hans"):
        for net in nets:
            for code in net.grid_codes:
                for mode, words in zip((Mode.PEACE, Mode.EMERGENCY), DUTIES[NetKind(net.kind)], strict=True):
                    key = (code, str(net.kind), mode.value)
                    if key not in there:
                        made[key] = GridDuty(grid_code=code, net=net.kind, mode=mode, words=str(words))
            net.ended_on = today
    OldNet.objects.bulk_update(nets, ["ended_on"])
    GridDuty.objects.bulk_create(made.values())
    audit.append_many(
        History(
            at=now, kind="old_net", object_id=net.pk, verb="merge", actor_kind=actor.kind, actor_id=actor.id,
            actor_label=actor.label, area_code=net.area_code, facts={"net": str(net.kind), "grids": net.grid_codes},
        )
        for net in nets
    )  # fmt: skip
    return {"nets": len(nets), "duties": len(made), "grids": len({code for net in nets for code in net.grid_codes})}


@transaction.atomic
def set_duties(*, grid_code: str, words: Mapping[tuple[str, str], str], actor: Actor, now: datetime) -> int:
    """Write a grid's duties by net and mode; an empty one is taken away. Says how many changed."""
    area = _keeps(grid_code, actor)
    if len(grid_code) != LENGTHS[Tier.GRID]:
        raise NotFound("grid")
    there = {(one.net, one.mode): one for one in GridDuty.objects.select_for_update().filter(grid_code=grid_code)}
    fields = []
    for (net, mode), text in words.items():
        if net not in NetKind.values or mode not in Mode.values:
            raise Invalid(_("没有这样的职责。请重新打开页面。"))
        told = clean(text, limit=WORDS_LIMIT, line=True, field=f"{mode}_{net}")
        row = there.get((net, mode))
        if (row.words if row else "") == told:
            continue
        fields.append(f"{mode}_{net}")
        if not told and row is not None:
            row.delete()
        else:
            GridDuty.objects.update_or_create(grid_code=grid_code, net=net, mode=mode, defaults={"words": told})
    if fields:
        audit.append(
            kind="area", object_id=area.uid, verb="duties", actor=actor, at=now, area_code=grid_code,
            facts={"fields": sorted(fields)},
        )  # fmt: skip
    return len(fields)


@transaction.atomic
def set_standard(
    *, area_code: str, households: int, least: int, most: int, full_time: int, actor: Actor, now: datetime
) -> GridStandard:
    """What a sub-district asks of its grids: about how many households, and how many full-time workers."""
    _keeps(area_code, actor)
    if not 1 <= least <= households <= most <= 10_000:
        raise Invalid({"households": [_("要从少到多：下限、标准、上限。请核对。")]})
    if not 0 <= full_time <= 20:
        raise Invalid({"full_time": [_("专职人数用 0 到 20 的数。")]})
    row, _made = GridStandard.objects.update_or_create(
        area_code=area_code,
        defaults={"households": households, "least": least, "most": most, "full_time": full_time},
    )
    audit.append(
        kind="grid_standard", object_id=uuid5(_STREETS, area_code), verb="set", actor=actor, at=now,
        area_code=area_code,
        facts={"households": households, "least": least, "most": most, "full_time": full_time},
    )  # fmt: skip
    return row


@transaction.atomic
def begin_emergency(*, area_code: str, reason: str, actor: Actor, now: datetime) -> EmergencyMode:
    """Turn an area's grids to their emergency duties. Duties of grids alone: nothing about households or persons."""
    _switches(area_code, actor)
    told = clean(reason, limit=WORDS_LIMIT, line=True, field="reason")
    if not told:
        raise Invalid({"reason": [_("请写明为什么转应急。")]})
    if EmergencyMode.objects.filter(area_code=area_code, until=None).exists():
        raise Conflict(_("这里已经在应急状态。"))
    row = EmergencyMode.objects.create(area_code=area_code, reason=told, since=now)
    audit.append(
        kind="emergency", object_id=row.pk, verb="begin", actor=actor, at=now, area_code=area_code,
        from_state=Mode.PEACE.value, to_state=Mode.EMERGENCY.value,
    )  # fmt: skip
    return row


@transaction.atomic
def end_emergency(*, area_code: str, actor: Actor, now: datetime) -> EmergencyMode:
    """Turn an area's grids back to their duties in peace."""
    _switches(area_code, actor)
    row = EmergencyMode.objects.select_for_update().filter(area_code=area_code, until=None).first()
    if row is None:
        raise Conflict(_("这里现在不在应急状态。"))
    row.until = max(now, row.since)
    row.save(update_fields=["until"])
    audit.append(
        kind="emergency", object_id=row.pk, verb="end", actor=actor, at=now, area_code=area_code,
        from_state=Mode.EMERGENCY.value, to_state=Mode.PEACE.value,
    )  # fmt: skip
    return row


def _seen(area_code: str, actor: Actor) -> Area:
    area = queries.area(area_code) if is_code(area_code) and covers(queries.seen_areas(actor), area_code) else None
    if area is None:
        raise NotFound("area")
    return area


def _keeps(area_code: str, actor: Actor) -> Area:
    area = _seen(area_code, actor)
    if not actor.may(ADMIN_PLACES, area_code):
        raise NotAllowed(duty=ADMIN_PLACES)
    return area


def _switches(area_code: str, actor: Actor) -> None:
    _seen(area_code, actor)
    if actor.kind != ActorKind.SYSTEM and not any(actor.may(duty, area_code) for duty in APPROVERS):
        raise NotAllowed(_("平战转换由区域管理员或分管领导决定。"), duty=APPROVERS[-1])
