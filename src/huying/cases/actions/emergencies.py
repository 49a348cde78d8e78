"""Emergency mode: declared and ended by a head; hazards reported in it become urgent matters; who is on duty when.

A drill is marked as one wherever it shows, holds limits of its own, and its cases are counted nowhere.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from huying.audit import actions as audit
from huying.cases.actions.closing import ask_void, decide_void
from huying.cases.actions.intake import NewReport, Receipt, receive
from huying.cases.models import DutyShift, Emergency, EmergencyCase
from huying.cases.queries import emergencies as queries
from huying.cases.rules import Channel, ReplyBy
from huying.cases.rules.emergencies import KINDS, TYPES, Hazard, covering
from huying.clocks import actions as clocks
from huying.kernel.actor import Actor, ActorKind, Granted, system
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound, Refusal
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, clean
from huying.matters import queries as matters
from huying.matters.actions import sets
from huying.matters.queries import sets as set_queries
from huying.people import queries as people
from huying.people.rules import Duty, Post
from huying.places import queries as places
from huying.places.actions import grids
from huying.places.models import EmergencyMode
from huying.places.queries import grids as grid_queries
from huying.places.rules import street_of

LONGEST_SHIFT = timedelta(days=7)
BY = system("cases.drills")
BUSY = _("这里已经在应急状态。请先解除，再重新启动。")


@transaction.atomic
def declare_emergency(
    *, season: str, alert: str, area_code: str, reason: str, actor: Actor, now: datetime, drill: bool = False
) -> Emergency:
    """An area goes into emergency mode: the limits of its level hold, and every page says so, until it is ended.

    Raises NotFound outside the actor's areas, NotAllowed without the duty, Conflict where one goes on there, Invalid.
    """
    if season not in KINDS:
        raise Invalid({"season": [_("没有这样的险情。请重新选。")]})
    _look(area_code, Duty.LEAD, actor)
    told = clean(reason, limit=LINE_LIMIT, line=True, field="reason")
    # First the emergency, then its limits, as when one ends: whoever ends it now holds the one and waits for the other.
    here = Emergency.objects.select_for_update(of=("self",)).filter(area_code=area_code, drill=drill, ended_at=None)
    if here.first() is not None:
        raise Conflict(BUSY)
    on = set_queries.switches_seen_by(actor).filter(
        area_code=area_code, season=season, limit_set__alert=alert, drill=drill, ended_at=None
    )
    switch = None
    if not on.exists():
        switch = sets.switch_on(
            season=season, alert=alert, area_code=area_code, reason=told, drill=drill, actor=actor, now=now
        )
    try:
        with transaction.atomic():
            made = Emergency.objects.create(
                season=season, alert=alert, area_code=area_code, drill=drill, reason=told, since=now,
                declared_by=actor.id, switch=switch, turn=_turned(area_code, told, drill, actor, now),
            )  # fmt: skip
    except IntegrityError as why:
        raise Conflict(BUSY) from why
    audit.append(
        kind="emergency", object_id=made.pk, verb="declare", actor=actor, at=now, area_code=area_code,
        from_state="", to_state="on", facts={"season": season, "alert": alert, "drill": drill},
    )  # fmt: skip
    clocks.changed()
    return made


def _turned(area_code: str, reason: str, drill: bool, actor: Actor, now: datetime) -> EmergencyMode | None:
    """The area's grids turn to their emergency duties (平战转化), where they have not yet; never in a drill."""
    if drill or grid_queries.emergency_over(area_code) is not None:
        return None
    return grids.begin_emergency(area_code=area_code, reason=reason[: grids.WORDS_LIMIT], actor=actor, now=now)


@transaction.atomic
def end_emergency(*, emergency_id: UUID, actor: Actor, now: datetime) -> Emergency:
    """The area goes back to peace, and the limits that the emergency switched on with it.

    Raises NotFound outside the actor's areas, NotAllowed without the duty, IllegalMove where it ended already.
    """
    seen = queries.emergencies_seen_by(actor).filter(pk=emergency_id).values("pk")
    found = (
        Emergency.objects.select_for_update(of=("self",)).select_related("switch", "turn").filter(pk__in=seen).first()
    )
    if found is None:
        raise NotFound("emergency")
    if not actor.may(Duty.LEAD, found.area_code):
        raise NotAllowed(duty=str(Duty.LEAD))
    if found.ended_at is not None:
        raise IllegalMove(_("应急状态已经解除。请刷新看看。"), verb="end_emergency", state="over")
    found.ended_at, found.ended_by = max(now, found.since), actor.id
    found.save(update_fields=["ended_at", "ended_by"])
    if found.switch is not None and found.switch.ended_at is None:
        sets.switch_back(switch_id=found.switch.pk, actor=actor, now=now)
    if found.turn is not None and found.turn.until is None:
        grids.end_emergency(area_code=found.area_code, actor=actor, now=now)
    if found.drill:
        _end_cases(found, actor=actor, now=now)
    audit.append(
        kind="emergency", object_id=found.pk, verb="end", actor=actor, at=now, area_code=found.area_code,
        from_state="on", to_state="over", facts={"drill": found.drill},
    )  # fmt: skip
    clocks.changed()
    return found


def _end_cases(drill: Emergency, *, actor: Actor, now: datetime) -> None:
    """The cases of a drill end with it: the system asks to void each, and whoever ends the drill decides."""
    decider = replace(actor, grants=(*actor.grants, Granted(frozenset({Duty.FILE}), drill.area_code)))
    for case_id in queries.open_in_drill(drill):
        # One that the decider keeps away from, or that ended just now, stays as it is: it counts nowhere all the same.
        with suppress(Refusal), transaction.atomic():
            with suppress(IllegalMove), transaction.atomic():  # somebody has asked for it already
                ask_void(case_id, reason=str(_("演练结束。")), actor=BY, now=now)
            decide_void(case_id, granted=True, actor=decider, now=now)


@transaction.atomic
def take_drill_call(key: UUID, new: NewReport, *, actor: Actor, now: datetime, **given: Any) -> Receipt:
    """A call that is taken down as part of a drill that goes on there. Otherwise as `receive`, with what it is given.

    Raises Invalid where no drill goes on, NotAllowed for whoever is not of the staff.
    """
    if actor.kind != ActorKind.PERSON:
        raise NotAllowed
    receipt = receive(key, replace(new, drill=True), actor=actor, now=now, **given)
    if not receipt.repeated:
        found = covering(queries.told_to(actor), receipt.case.area_code, drill=True)
        if found is None:
            raise Invalid({"drill": [_("这里现在没有演练。真的来电请去掉“演练”再登记。")]})
        EmergencyCase.objects.create(case=receipt.case, emergency_id=found.id)
    return receipt


@transaction.atomic
def report_hazard(
    key: UUID,
    *,
    emergency_id: UUID,
    hazard: str,
    words: str,
    lng: float | None = None,
    lat: float | None = None,
    grid_code: str = "",
    place_words: str = "",
    actor: Actor,
    now: datetime,
) -> Receipt:
    """A hazard or an event that somebody of a team or a safety volunteer found: an urgent matter at once.

    There is no field for persons. The same key answers the same. Raises NotFound (no such emergency), IllegalMove
    (it is over), NotAllowed (no duty to report there), Invalid, KeyReused.
    """
    found = queries.emergency(emergency_id, actor)
    if found is None:
        raise NotFound("emergency")
    if found.ended_at is not None:
        raise IllegalMove(_("应急状态已经解除。请按平时的办法上报。"), verb="report_hazard", state="over")
    if hazard not in Hazard.values:
        raise Invalid({"hazard": [_("请选是哪种险情。")]})
    code = TYPES.get(Hazard(hazard), "")
    new = NewReport(
        words=words, area_code=found.area_code, channel=Channel.PATROL, lng=lng, lat=lat, grid_code=grid_code,
        place_words=place_words, type_code=code if matters.type_of(code) is not None else "", reply_by=ReplyBy.NONE,
        urgent=True, drill=found.drill,
    )  # fmt: skip
    receipt = receive(key, new, actor=actor, now=now)
    if not receipt.repeated:
        EmergencyCase.objects.create(case=receipt.case, emergency=found, hazard=hazard)
    return receipt


@transaction.atomic
def keep_shift(
    *, area_code: str, unit_id: UUID, post: str, begins_at: datetime, ends_at: datetime, actor: Actor, now: datetime
) -> DutyShift:
    """A post of a unit is on duty in an area. Raises NotFound (also for a unit from elsewhere: the roster names who
    holds its post), NotAllowed (no leader there), Invalid."""
    _look(area_code, Duty.LEAD, actor)
    unit = people.unit(unit_id)
    near = unit is not None and (
        unit.area_code.startswith(street_of(area_code) or area_code) or area_code.startswith(unit.area_code)
    )
    if unit is None or not unit.active or not near:
        raise NotFound("unit")
    if post not in Post.values:
        raise Invalid({"post": [_("没有这个岗位。请重新选。")]})
    if not begins_at < ends_at <= begins_at + LONGEST_SHIFT:
        raise Invalid({"ends_at": [_("一班最长 7 天，结束要在开始以后。")]})
    about = {"area_code": area_code, "unit_id": unit_id, "post": post, "begins_at": begins_at, "ends_at": ends_at}
    made, new = DutyShift.objects.get_or_create(**about, defaults={"kept_by": actor.id})
    if not new:
        return made  # the same form once more
    audit.append(
        kind="shift", object_id=made.pk, verb="keep", actor=actor, at=now, area_code=area_code,
        facts={"unit": str(unit_id), "post": post, "from": begins_at.isoformat(), "to": ends_at.isoformat()},
    )  # fmt: skip
    return made


@transaction.atomic
def drop_shift(*, shift_id: UUID, actor: Actor, now: datetime) -> None:
    """Nobody is on duty by this row. Raises NotFound outside the actor's areas, NotAllowed."""
    found = DutyShift.objects.select_for_update().filter(pk=shift_id).first()
    if found is None or not any(found.area_code.startswith(one) for one in actor.areas()):
        raise NotFound("shift")
    if not actor.may(Duty.LEAD, found.area_code):
        raise NotAllowed(duty=str(Duty.LEAD))
    found.delete()
    audit.append(kind="shift", object_id=shift_id, verb="drop", actor=actor, at=now, area_code=found.area_code)


def _look(area_code: str, duty: Duty, actor: Actor) -> None:
    """First the area as the actor sees it, then the duty over it."""
    if not any(area_code.startswith(one) for one in actor.areas()) or not places.is_known(area_code):
        raise NotFound("area")
    if not actor.may(duty, area_code):
        raise NotAllowed(duty=str(duty))
