"""Hand-over: a successor takes over a post with its grants, its open tasks and what it looks after, in one act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from huying.audit import actions as audit
from huying.kernel.actor import Actor
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.people import handing, queries
from huying.people.actions.posts import may_keep_post
from huying.people.actions.roles import ask_grant, grant_role, revoke_role
from huying.people.actions.scope import require_duty
from huying.people.models import Account, Appointment, GrantRequest, HelpProject, RoleGrant
from huying.people.rules import Duty, in_term
from huying.people.rules.registers import HelpState, is_sensitive


@dataclass(frozen=True)
class HandedOver:
    """What went over: the successor's post, its grants, those that wait for a second person, counts of tasks."""

    appointment: Appointment
    grants: tuple[RoleGrant, ...]
    requests: tuple[GrantRequest, ...]
    carried: dict[str, int]


@transaction.atomic
def hand_over(
    *,
    appointment_id: UUID,
    successor_id: UUID,
    grant_ids: Iterable[UUID],
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> HandedOver:
    """End a post and begin it for a successor: same unit, area, duties and scope, from this moment.

    The named grants of the former end and begin anew for the successor (sensitive ones are asked for, and wait for
    the second person); open tasks and projects go over. The former's other grants that belong to this post end too.
    Raises NotFound outside the actor's areas, NotAllowed without the duty or for oneself as successor, IllegalMove
    where the post has ended, Invalid for the same person, Conflict where the successor holds the post already.
    """
    old = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("organisation", "account")
        .filter(pk=appointment_id)
        .first()
    )
    if old is None:
        raise NotFound("appointment")
    require_duty(actor, old.area_code, (Duty.KEEP_PEOPLE, Duty.ADMIN_PEOPLE), "appointment")
    may_keep_post(old.post, old.organisation, old.area_code, actor=actor)
    if not in_term(old.since, old.until, now):
        raise IllegalMove(_("这个岗位已经结束或者还没有开始，不能交接。"))
    # Both in one order, so that two hand-overs never wait for each other.
    both = {
        one.pk: one
        for one in Account.objects.select_for_update().filter(pk__in=[old.account_id, successor_id]).order_by("pk")
    }
    successor = both.get(successor_id)
    if successor is None or not successor.is_active:
        raise NotFound("account")
    require_duty(actor, successor.area_code, (Duty.KEEP_PEOPLE, Duty.ADMIN_PEOPLE), "account")
    if successor.pk == old.account_id:
        raise Invalid({"successor": [_("接任的要是另一位同事。")]})
    if successor.pk == actor.id:
        raise NotAllowed(_("不能由接任的人自己办交接。请让另一位管理员来办。"))
    new = _begin(old, successor, now=now)
    old.until = now
    old.save(update_fields=["until"])
    grants, requests = _grants(old, new, set(grant_ids), reason, actor=actor, now=now)
    carried = _carry(old, new, actor=actor, now=now)
    facts = {"to": new.pk, "account": successor.pk, "grants": len(grants), "asked": len(requests), **carried}
    audit.append(
        kind="appointment",
        object_id=old.pk,
        verb="handed_over",
        actor=actor,
        at=now,
        area_code=old.area_code,
        facts=facts,
    )
    audit.append(
        kind="appointment", object_id=new.pk, verb="taken_over", actor=actor, at=now, area_code=new.area_code,
        facts={"from": old.pk, "account": successor.pk, "post": new.post},
    )  # fmt: skip
    return HandedOver(new, tuple(grants), tuple(requests), carried)


def _begin(old: Appointment, successor: Account, *, now: datetime) -> Appointment:
    try:
        with transaction.atomic():
            return Appointment.objects.create(
                account=successor, organisation=old.organisation, post=old.post, area_code=old.area_code, since=now,
                until=old.until, duties=old.duties, scope=old.scope, concurrent=old.concurrent,
                from_unit_id=old.from_unit_id, succeeds=old,
            )  # fmt: skip
    except IntegrityError as why:
        raise Conflict(_("这位同事已经在这个岗位上了。")) from why


def _grants(
    old: Appointment, new: Appointment, wanted: set[UUID], reason: str, *, actor: Actor, now: datetime
) -> tuple[list[RoleGrant], list[GrantRequest]]:
    """End what belongs to the post, and give the wanted part of it to the successor."""
    held = queries.grants_with_post(old, now=now)
    if not wanted <= {one.pk for one in held}:
        raise NotFound("role_grant")
    grants: list[RoleGrant] = []
    requests: list[GrantRequest] = []
    for one in held:
        revoke_role(grant_id=one.pk, actor=actor, now=now)
        if one.pk not in wanted:
            continue
        given = {
            "account_id": new.account_id, "role_code": one.role_id, "area_code": one.area_code,
            "unit_id": one.unit_id, "until": one.until if one.until and one.until > now else None,
            "appointment_id": new.pk, "actor": actor, "now": now,
        }  # fmt: skip
        if _holds(new.account_id, one):
            continue
        if is_sensitive(one.role.duties):
            requests.append(ask_grant(**given, reason=reason or str(_("岗位交接"))))
        else:
            grants.append(grant_role(**given))
    return grants, requests


def _holds(account_id: UUID, grant: RoleGrant) -> bool:
    return RoleGrant.objects.filter(
        account_id=account_id, role_id=grant.role_id, area_code=grant.area_code, unit_id=grant.unit_id, until=None
    ).exists()


def _carry(old: Appointment, new: Appointment, *, actor: Actor, now: datetime) -> dict[str, int]:
    """Tasks of upper apps, and the projects that the former led in the post's area."""
    carried = {
        one.key: one.move(old.account_id, new.account_id, old.area_code, actor, now) for one in handing.CARRIED.values()
    }
    projects = HelpProject.objects.select_for_update().filter(
        lead_id=old.account_id, area_code__startswith=old.area_code, state__in=[HelpState.RUNNING, HelpState.DELIVERED]
    )
    count = 0
    for project in projects.order_by("pk"):
        project.lead_id = new.account_id
        project.save(update_fields=["lead"])
        audit.append(
            kind="help_project", object_id=project.pk, verb="taken_over", actor=actor, at=now,
            area_code=project.area_code, facts={"account": new.account_id},
        )  # fmt: skip
        count += 1
    return {**carried, "projects": count}
