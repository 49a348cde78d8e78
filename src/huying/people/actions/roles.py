"""Roles as rows, and who holds them where and until when."""

from __future__ import annotations

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import IntegrityError, transaction
from django.utils import translation

from huying.audit import actions as audit
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.people.actions.scope import (
    account_in_scope,
    clean_area,
    clean_term,
    require_admin,
    require_system,
    unit_in_scope,
)
from huying.people.models import Role, RoleGrant
from huying.people.roles import ROLES
from huying.people.rules import clash


@transaction.atomic
def load_shipped_roles(*, actor: Actor, now: datetime) -> int:
    """Add the shipped roles that are not there; a role that a street has changed stays as it is. Says how many."""
    require_system(actor)
    there = set(Role.objects.values_list("code", flat=True))
    missing = [one for one in ROLES if one.code not in there]
    with translation.override("zh-hans"):
        for one in missing:
            Role.objects.create(
                code=one.code, name=str(one.name), duties=[duty.value for duty in one.duties], for_unit=one.for_unit
            )
            audit.append(
                kind="role", object_id=uuid5(NAMESPACE_URL, f"huying:role:{one.code}"), verb="loaded", actor=actor,
                at=now, area_code="", facts={"code": one.code, "duties": [duty.value for duty in one.duties]},
            )  # fmt: skip
    return len(missing)


@transaction.atomic
def grant_role(
    *,
    account_id: UUID,
    role_code: str,
    area_code: str,
    unit_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    grant_id: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> RoleGrant:
    """Give a person a role over an area, or for one unit there.

    Raises NotFound outside the actor's areas, NotAllowed without the duty, for oneself, or where the role must
    be kept apart from one the person holds, Invalid for bad values, Conflict where it is held already.
    """
    account = account_in_scope(account_id, actor)
    require_admin(actor, area_code, "area")
    if unit_id is not None:
        unit_in_scope(unit_id, actor)
    if account.pk == actor.id:
        raise NotAllowed(_("不能给自己授权。请让另一位管理员来办。"))
    role = Role.objects.filter(pk=role_code, active=True).first()
    if role is None:
        raise NotFound("role")
    if role.for_unit and unit_id is None:
        raise Invalid({"unit": [_("这个角色要写明是哪个单位的。")]})
    begins, ends = clean_term(since, until, now)
    # A role that has not begun yet counts as well: else two would be held apart today and together tomorrow.
    held = RoleGrant.objects.filter(account=account).exclude(until__lte=now).values_list("role_id", flat=True)
    if clash(held, role_code) is not None:
        raise NotAllowed(_("系统管理员、安全保密员、审计员要由三个人分别担任。请另选一位。"), role=role_code)
    try:
        with transaction.atomic():
            grant = RoleGrant.objects.create(
                pk=grant_id or uuid7(),
                account=account,
                role=role,
                area_code=clean_area(area_code),
                unit_id=unit_id,
                since=begins,
                until=ends,
                granted_by=actor.id,
            )
    except IntegrityError as why:
        raise Conflict(_("这位同事已经有这个角色了。")) from why
    audit.append(
        kind="role_grant", object_id=grant.pk, verb="granted", actor=actor, at=now, area_code=area_code,
        facts={"account": account.pk, "role": role_code, "unit": unit_id},
    )  # fmt: skip
    return grant


@transaction.atomic
def revoke_role(*, grant_id: UUID, actor: Actor, now: datetime) -> RoleGrant:
    """End a grant now; one that has not begun never begins."""
    grant = RoleGrant.objects.select_for_update(of=("self",)).filter(pk=grant_id).first()
    if grant is None:
        raise NotFound("role_grant")
    require_admin(actor, grant.area_code, "role_grant")
    if grant.until is None or grant.until > now:
        grant.until = max(now, grant.since)
        grant.save(update_fields=["until"])
        audit.append(
            kind="role_grant", object_id=grant.pk, verb="revoked", actor=actor, at=now, area_code=grant.area_code,
            facts={"account": grant.account_id, "role": grant.role_id},
        )  # fmt: skip
    return grant
