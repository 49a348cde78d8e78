"""Writes of sets of limits: a new version of a set; switching one on and back. All of it is logged."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from huying.audit.actions import append
from huying.clocks import actions as clocks
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, clean
from huying.matters import events
from huying.matters.models import LimitSet, LimitSwitch, SetLimit
from huying.matters.queries import sets as queries
from huying.matters.queries import type_of
from huying.matters.rules.seasons import LEVELS, Season, read_set
from huying.people.rules import Duty
from huying.places import queries as places

LONGEST = timedelta(days=120)
EARLIEST = timedelta(days=1)  # a warning may have been given a while before somebody could write it down


@transaction.atomic
def write_set(
    *, season: str, alert: str, area_code: str, limits: str, recount: bool, actor: Actor, now: datetime
) -> LimitSet:
    """The next version of an area's limits for an occasion; a switch that holds keeps the version it was made with.

    `limits`: lines as `rules.seasons.read_set` reads them. Raises NotFound outside the actor's areas, NotAllowed
    without the duty there, Invalid.
    """
    _look(area_code, Duty.ADMIN_MATTERS, actor)
    _known(season, alert)
    lines = read_set(limits)
    strange = [one.type_code for one in lines if one.type_code and type_of(one.type_code) is None]
    if strange:
        raise Invalid({"limits": [_("没有代码是 %(code)s 的事项。请核对。") % {"code": strange[0]}]})
    # The shipped row is the lock, also for an area's first version.
    list(LimitSet.objects.select_for_update().filter(season=season, alert=alert, area_code="").values_list("pk"))
    before = LimitSet.objects.filter(season=season, alert=alert, area_code=area_code)
    present = queries.set_for(season, alert, area_code)
    if present is not None and (queries.lines_of(present), present.recount) == (lines, recount):
        raise Invalid({"limits": [_("和现在的一样，没有改动。")]})
    made = LimitSet.objects.create(
        season=season, alert=alert, area_code=area_code, number=max((one.number for one in before), default=1) + 1,
        recount=recount, made_by=actor.id, made_at=now,
    )  # fmt: skip
    SetLimit.objects.bulk_create(
        SetLimit(
            limit_set=made, line=line, type_code=one.type_code, step=one.step, grade=one.grade, limit=one.limit
        )
        for line, one in enumerate(lines, start=1)
    )  # fmt: skip
    append(
        kind="limit_set", object_id=made.pk, verb="write", actor=actor, at=now, area_code=area_code,
        facts={
            "season": season, "alert": alert, "number": made.number, "lines": len(lines), "recount": recount,
        },
    )  # fmt: skip
    return made


@transaction.atomic
def switch_on(
    *,
    season: str,
    alert: str,
    area_code: str,
    reason: str,
    actor: Actor,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
    drill: bool = False,
) -> LimitSwitch:
    """Let the limits for an occasion hold in an area, until they are switched back or the stated end comes.

    Another level of the same occasion there ends with it. A drill holds for cases of drills alone.
    Raises NotFound outside the actor's areas, NotAllowed without the duty, IllegalMove (it holds already, or the actor
    wrote this version), Invalid.
    """
    _look(area_code, Duty.LEAD, actor)
    _known(season, alert)
    began = since or now
    told = clean(reason, limit=LINE_LIMIT, line=True, field="reason")
    if not told:
        raise Invalid({"reason": [_("请写明为什么启用。")]})
    if not now - EARLIEST <= began <= now:
        raise Invalid({"since": [_("开始的时间只能在最近一天里。请改一下。")]})
    if until is not None and not now < until <= now + LONGEST:
        raise Invalid({"until": [_("结束的时间要在以后，最长 120 天。请改一下。")]})
    # One switches an occasion at a time: whoever comes second finds what the first has done.
    list(LimitSet.objects.select_for_update().filter(season=season, area_code="").order_by("pk").values_list("pk"))
    chosen = queries.set_for(season, alert, area_code)
    if chosen is None:
        raise Invalid({"alert": [_("还没有这一组时限。请先写好。")]})
    if actor.id is not None and chosen.made_by == actor.id:
        raise IllegalMove(_("这一版时限是您写的，要由另一位负责人启用。"), verb="switch_on", state="")
    present = (
        LimitSwitch.objects.select_for_update(of=("self",))
        .select_related("limit_set")
        .filter(area_code=area_code, season=season, drill=drill, ended_at=None)
        .first()
    )
    if present is not None and present.limit_set_id == chosen.pk:
        raise IllegalMove(_("这一组时限正在执行。请先换回，再重新启用。"), verb="switch_on", state="on")
    if present is not None:
        _end(present, actor=actor, now=now, verb="switch_over")
    made = LimitSwitch.objects.create(
        limit_set=chosen, season=season, area_code=area_code, drill=drill, reason=told, since=began, until=until,
        switched_by=actor.id, switched_at=now,
    )  # fmt: skip
    append(
        kind="limit_switch", object_id=made.pk, verb="switch_on", actor=actor, at=now, area_code=area_code,
        from_state="", to_state="on",
        facts={
            "season": season, "alert": alert, "number": chosen.number, "since": began.isoformat(),
            "until": until.isoformat() if until else "", "drill": drill, "recount": chosen.recount,
        },
    )  # fmt: skip
    _told(made, now=now)
    return made


@transaction.atomic
def switch_back(*, switch_id: UUID, actor: Actor, now: datetime) -> LimitSwitch:
    """The catalogue's limits hold again for clocks that start from now on; due times that were told stay.

    Raises NotFound outside the actor's areas, NotAllowed without the duty, IllegalMove where it ended already.
    """
    seen = queries.switches_seen_by(actor).filter(pk=switch_id).values("pk")
    found = LimitSwitch.objects.select_for_update(of=("self",)).filter(pk__in=seen).first()
    if found is None:
        raise NotFound("switch")
    if not actor.may(Duty.LEAD, found.area_code):
        raise NotAllowed(duty=str(Duty.LEAD))
    if found.ended_at is not None:
        raise IllegalMove(_("这一组时限已经换回。请刷新看看。"), verb="switch_back", state="over")
    _end(found, actor=actor, now=now, verb="switch_back")
    _told(found, now=now)
    return found


def end_switches(*, actor: Actor, now: datetime) -> int:
    """Switch back what has come to its stated end; says how many. Twice does nothing more; it catches up."""
    if actor.kind not in (ActorKind.SYSTEM, ActorKind.RULE):
        raise NotAllowed
    count = 0
    for switch_id in queries.over_at(now):
        # Each for itself: the mark of the clocks, which the first changes, is waited for by whoever switches the next.
        with transaction.atomic():
            found = LimitSwitch.objects.select_for_update(of=("self",)).get(pk=switch_id)
            if found.ended_at is None and found.until is not None and found.until <= now:
                _end(found, actor=actor, now=now, verb="switch_back", at=found.until)
                _told(found, now=now)
                count += 1
    return count


def _end(row: LimitSwitch, *, actor: Actor, now: datetime, verb: str, at: datetime | None = None) -> None:
    row.ended_at = max(at or now, row.since)
    row.ended_by = actor.id
    row.save(update_fields=["ended_at", "ended_by"])
    append(
        kind="limit_switch", object_id=row.pk, verb=verb, actor=actor, at=now, area_code=row.area_code,
        from_state="on", to_state="over", facts={"season": row.season, "drill": row.drill},
    )  # fmt: skip


def _told(row: LimitSwitch, *, now: datetime) -> None:
    clocks.changed()
    events.limits_switched.emit(at=now, switch_id=row.pk, area_code=row.area_code, on=row.ended_at is None)


def _look(area_code: str, duty: Duty, actor: Actor) -> None:
    """First the area as the actor sees it, then the duty over it."""
    seen = actor.kind == ActorKind.SYSTEM or any(area_code.startswith(one) for one in actor.areas())
    if not seen or not places.is_known(area_code):
        raise NotFound("area")
    if not actor.may(duty, area_code):
        raise NotAllowed(duty=str(duty))


def _known(season: str, alert: str) -> None:
    if season not in Season.values or alert not in [str(one) for one in LEVELS[Season(season)]]:
        raise Invalid({"alert": [_("没有这样的预警等级。请重新选。")]})


__all__ = ["EARLIEST", "end_switches", "switch_back", "switch_on", "write_set"]
