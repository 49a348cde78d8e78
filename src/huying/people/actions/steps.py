"""Second steps of register rows: thanks taken note of, reserves listed, help accepted by another than who keeps it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from huying.audit import actions as audit
from huying.kernel.actor import Actor
from huying.kernel.refusals import IllegalMove, Invalid, NotFound
from huying.kernel.terms import _
from huying.people.actions.scope import require_admin, require_duty
from huying.people.models import HelpProject, Recognition, Reserve
from huying.people.rules import Duty
from huying.people.rules.registers import HelpState, ReserveState
from huying.places.rules import SHANGHAI

M = TypeVar("M", bound=Model)


@transaction.atomic
def acknowledge_recognition(*, recognition_id: UUID, actor: Actor, now: datetime) -> Recognition:
    """The person says that an allowance or a thanks has arrived: nobody else can. Done twice, it is done once."""
    mine = Recognition.objects.select_for_update(of=("self",)).select_related("appointment")
    recognition = mine.filter(pk=recognition_id).first()
    if recognition is None or actor.id is None or recognition.appointment.account_id != actor.id:
        raise NotFound("recognition")
    if recognition.acknowledged_at is None:
        recognition.acknowledged_at = now
        recognition.save(update_fields=["acknowledged_at"])
        _append("recognition", recognition, "acknowledged", actor=actor, now=now)
    return recognition


@transaction.atomic
def list_reserve(*, reserve_id: UUID, actor: Actor, now: datetime) -> Reserve:
    """Take somebody who was put forward onto the reserve list: another than who proposed, and not the person."""
    reserve = _locked(Reserve, reserve_id, "reserve")
    require_admin(actor, reserve.area_code, "reserve")
    if reserve.state != ReserveState.PROPOSED:
        raise IllegalMove(_("这位后备人选已经审定过了。"), state=reserve.state)
    if actor.id is not None and actor.id in (reserve.proposed_by, reserve.account_id):
        raise IllegalMove(_("自己推荐的人选或者自己，不能自己审定。请交给另一位有职责的同事。"), state=reserve.state)
    reserve.state, reserve.decided_by = ReserveState.LISTED, actor.id
    reserve.save(update_fields=["state", "decided_by"])
    _append("reserve", reserve, "listed", actor=actor, now=now, to_state=reserve.state)
    return reserve


@transaction.atomic
def leave_reserve(*, reserve_id: UUID, appointed: bool, actor: Actor, now: datetime) -> Reserve:
    """Take somebody off the list: appointed to a post, or because the person no longer wants to."""
    reserve = _locked(Reserve, reserve_id, "reserve")
    require_duty(actor, reserve.area_code, (Duty.ADMIN_PEOPLE, Duty.KEEP_PEOPLE), "reserve")
    if reserve.state not in (ReserveState.PROPOSED, ReserveState.LISTED) or (
        appointed and reserve.state != ReserveState.LISTED
    ):
        raise IllegalMove(_("这位后备人选现在不在库里。"), state=reserve.state)
    today = now.astimezone(SHANGHAI).date()
    reserve.state = ReserveState.APPOINTED if appointed else ReserveState.LEFT
    reserve.until = max(today, reserve.since)
    reserve.save(update_fields=["state", "until"])
    _append("reserve", reserve, "appointed" if appointed else "left", actor=actor, now=now, to_state=reserve.state)
    return reserve


@transaction.atomic
def deliver_help(*, project_id: UUID, sessions_done: int, actor: Actor, now: datetime) -> HelpProject:
    """Say that a project's services were given, and how often: then it waits for acceptance."""
    project = _locked(HelpProject, project_id, "help_project")
    require_duty(actor, project.area_code, (Duty.ADMIN_PEOPLE, Duty.KEEP_PEOPLE), "help_project")
    if project.state != HelpState.RUNNING:
        raise IllegalMove(_("这个项目不在进行中。"), state=project.state)
    if not 0 < sessions_done <= 30000:
        raise Invalid({"sessions_done": [_("请写实际做了多少场。")]})
    project.sessions_done, project.state, project.kept_by = sessions_done, HelpState.DELIVERED, actor.id
    project.save(update_fields=["sessions_done", "state", "kept_by"])
    _append("help_project", project, "delivered", actor=actor, now=now, to_state=project.state)
    return project


@transaction.atomic
def accept_help(*, project_id: UUID, actor: Actor, now: datetime) -> HelpProject:
    """Accept what was delivered: another than who said that it was, with the administrators' duty."""
    project = _locked(HelpProject, project_id, "help_project")
    require_admin(actor, project.area_code, "help_project")
    if project.state != HelpState.DELIVERED:
        raise IllegalMove(_("项目还没有交付，不能验收。"), state=project.state)
    if actor.id is not None and actor.id == project.kept_by:
        raise IllegalMove(_("自己登记交付的，不能自己验收。请交给另一位有职责的同事。"), state=project.state)
    if project.sessions_done < project.sessions_due:
        raise IllegalMove(_("做的场次少于约定的场次，不能验收。请先补足或改约定。"), state=project.state)
    project.state, project.accepted_by = HelpState.ACCEPTED, actor.id
    project.accepted_on = now.astimezone(SHANGHAI).date()
    project.save(update_fields=["state", "accepted_by", "accepted_on"])
    _append("help_project", project, "accepted", actor=actor, now=now, to_state=project.state)
    return project


def _locked(model: type[M], row_id: UUID, kind: str) -> M:
    row = model._default_manager.select_for_update(of=("self",)).filter(pk=row_id).first()
    if row is None:
        raise NotFound(kind)
    return row


def _append(kind: str, row: Any, verb: str, *, actor: Actor, now: datetime, to_state: str = "") -> None:
    audit.append(
        kind=kind, object_id=row.pk, verb=verb, actor=actor, at=now, area_code=row.area_code, to_state=to_state
    )
