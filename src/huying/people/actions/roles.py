"""Roles as rows, and who holds them where and until when."""

from __future__ import annotations

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import translation

from huying.audit import actions as audit
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, clean
from huying.people.actions.scope import (
    clean_area,
    clean_term,
    require_duty,
    require_system,
)
from huying.people.models import Account, GrantRequest, Organisation, Role, RoleGrant
from huying.people.roles import ROLES
from huying.people.rules import Duty, clash
from huying.people.rules.registers import RequestState, asks_with, confirms_with, is_sensitive


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
    appointment_id: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> RoleGrant:
    """Give a person a role over an area, or for one unit there.

    Raises NotFound outside the actor's areas, NotAllowed without the duty, for oneself, where the role must
    be kept apart from one the person holds, or where it is sensitive and takes a second person (`ask_grant`),
    Invalid for bad values, Conflict where it is held already.
    """
    account, role, unit = _grantable(account_id, role_code, area_code, unit_id, actor=actor, now=now)
    if actor.kind != ActorKind.SYSTEM and is_sensitive(role.duties):
        raise NotAllowed(_("这个角色能看到或改动要紧的内容，要两个人办：请提出申请，由另一位复核。"), role=role_code)
    begins, ends = clean_term(since, until, now)
    grant = _given(
        RoleGrant(
            pk=grant_id or uuid7(),
            account=account,
            role=role,
            area_code=clean_area(area_code),
            unit=unit,
            since=begins,
            until=ends,
            granted_by=actor.id,
            appointment_id=appointment_id,
        )
    )
    audit.append(
        kind="role_grant", object_id=grant.pk, verb="granted", actor=actor, at=now, area_code=area_code,
        facts={"account": account.pk, "role": role_code, "unit": unit_id},
    )  # fmt: skip
    return grant


@transaction.atomic
def ask_grant(
    *,
    account_id: UUID,
    role_code: str,
    area_code: str,
    reason: str,
    unit_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    appointment_id: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> GrantRequest:
    """Ask for a sensitive role for somebody; another person decides. An auditor is asked for by who secures grants.

    Raises as `grant_role`, Invalid without a reason, Conflict while the same is asked or held already.
    """
    account, role, unit = _grantable(account_id, role_code, area_code, unit_id, actor=actor, now=now)
    if actor.id is None:
        raise NotAllowed
    reason = clean(reason, limit=LINE_LIMIT, line=True, field="reason")
    if not reason:
        raise Invalid({"reason": [_("请写明为什么要给这个角色，复核的人要看。")]})
    begins, ends = clean_term(since, until, now)
    if _open_grants(account, role, area_code, unit).exists():
        raise Conflict(_("这位同事已经有这个角色了。"))
    try:
        with transaction.atomic():
            request = GrantRequest.objects.create(
                account=account, role=role, area_code=clean_area(area_code), unit=unit, since=begins, until=ends,
                reason=reason, asked_by=actor.id, asked_at=now, appointment_id=appointment_id,
            )  # fmt: skip
    except IntegrityError as why:
        raise Conflict(_("已经有人替这位同事申请了这个角色，正在等复核。")) from why
    _append_request(request, "asked", "", actor=actor, now=now)
    return request


@transaction.atomic
def decide_grant(*, request_id: UUID, granted: bool, words: str = "", actor: Actor, now: datetime) -> GrantRequest:
    """Decide about a sensitive role as the second person: not the one who asked, and not the one who gets it.

    Raises NotFound outside the actor's areas, NotAllowed without a confirming duty there, IllegalMove for the asker,
    the one who gets it, or where it is decided already, Invalid for a refusal without words.
    """
    request = _locked_request(request_id, actor)
    role = request.role
    if not any(actor.may(duty, request.area_code) for duty in confirms_with(role.duties)):
        raise NotAllowed(duty=sorted(confirms_with(role.duties))[0])
    if actor.id == request.asked_by:
        raise IllegalMove(_("自己提出的申请，不能自己复核。请交给另一位有职责的同事。"), state=request.state)
    if actor.id == request.account_id:
        raise IllegalMove(_("给自己的授权，不能自己复核。请交给另一位有职责的同事。"), state=request.state)
    if request.state != RequestState.ASKED:
        raise IllegalMove(_("这项申请已经有结果了。"), state=request.state)
    words = clean(words, limit=LINE_LIMIT, line=True, field="words")
    if not granted and not words:
        raise Invalid({"words": [_("不同意要写明原因，申请的人要看。")]})
    before, request.state = request.state, RequestState.GRANTED if granted else RequestState.REFUSED
    request.decided_by, request.decided_at, request.words = actor.id, now, words
    if granted:
        account = Account.objects.select_for_update().get(pk=request.account_id)
        _require_apart(account, role.code, now)
        if not account.is_active:
            raise IllegalMove(_("这个账号已经停用，不能再授权。"), state=before)
        grant = _given(
            RoleGrant(
                account=account, role=role, area_code=request.area_code, unit_id=request.unit_id,
                since=max(request.since, now), until=request.until, granted_by=request.asked_by,
                confirmed_by=actor.id, appointment_id=request.appointment_id,
            )
        )  # fmt: skip
        request.grant = grant
        audit.append(
            kind="role_grant", object_id=grant.pk, verb="granted", actor=actor, at=now, area_code=grant.area_code,
            facts={
                "account": account.pk, "role": role.code, "unit": grant.unit_id, "asked_by": request.asked_by,
                "request": request.pk,
            },
        )  # fmt: skip
    request.save()
    _append_request(request, "granted" if granted else "refused", before, actor=actor, now=now)
    return request


@transaction.atomic
def withdraw_grant_request(*, request_id: UUID, actor: Actor, now: datetime) -> GrantRequest:
    """Take a request back: the asker's own act."""
    request = _locked_request(request_id, actor)
    if actor.id != request.asked_by:
        raise IllegalMove(_("申请只能由提出的人撤回。"), state=request.state)
    if request.state != RequestState.ASKED:
        raise IllegalMove(_("这项申请已经有结果了。"), state=request.state)
    request.state = RequestState.WITHDRAWN
    request.save(update_fields=["state"])
    _append_request(request, "withdrawn", RequestState.ASKED, actor=actor, now=now)
    return request


@transaction.atomic
def revoke_role(*, grant_id: UUID, actor: Actor, now: datetime) -> RoleGrant:
    """End a grant now; one that has not begun never begins. Taking away needs one person only."""
    grant = RoleGrant.objects.select_for_update(of=("self",)).select_related("role").filter(pk=grant_id).first()
    if grant is None:
        raise NotFound("role_grant")
    require_duty(actor, grant.area_code, (Duty.ADMIN_PEOPLE, Duty.SECURE), "role_grant")
    if Duty.AUDIT in grant.role.duties and actor.kind != ActorKind.SYSTEM:
        # Who is looked at must not be able to send the auditor away.
        require_duty(actor, grant.area_code, (Duty.SECURE,), "role_grant")
    if grant.until is None or grant.until > now:
        grant.until = max(now, grant.since)
        grant.save(update_fields=["until"])
        audit.append(
            kind="role_grant", object_id=grant.pk, verb="revoked", actor=actor, at=now, area_code=grant.area_code,
            facts={"account": grant.account_id, "role": grant.role_id},
        )  # fmt: skip
    return grant


def _grantable(
    account_id: UUID, role_code: str, area_code: str, unit_id: UUID | None, *, actor: Actor, now: datetime
) -> tuple[Account, Role, Organisation | None]:
    """The person (locked: two grants to one person are judged one after the other), the role and the unit."""
    role = Role.objects.filter(pk=role_code, active=True).first()
    # Until the role is known, either duty lets the actor look; the role's own duty is asked for below.
    duties = (Duty.ADMIN_PEOPLE, Duty.SECURE) if role is None else (asks_with(role.duties),)
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        raise NotFound("account")
    require_duty(actor, account.area_code, duties, "account")
    require_duty(actor, area_code, duties, "area")
    unit = None
    if unit_id is not None:
        unit = Organisation.objects.filter(pk=unit_id, active=True).first()
        if unit is None:
            raise NotFound("organisation")
        require_duty(actor, unit.area_code, duties, "organisation")
    if account.pk == actor.id:
        raise NotAllowed(_("不能给自己授权。请让另一位管理员来办。"))
    if role is None:
        raise NotFound("role")
    if not account.is_active:
        raise IllegalMove(_("这个账号已经停用，不能再授权。"), state="closed")
    if role.for_unit and unit_id is None:
        raise Invalid({"unit": [_("这个角色要写明是哪个单位的。")]})
    _require_apart(account, role_code, now)
    return account, role, unit


def _require_apart(account: Account, role_code: str, now: datetime) -> None:
    # A role that has not begun yet counts as well: else two would be held apart today and together tomorrow.
    held = RoleGrant.objects.filter(account=account).exclude(until__lte=now).values_list("role_id", flat=True)
    if clash(held, role_code) is not None:
        raise NotAllowed(_("系统管理员、安全保密员、审计员要由三个人分别担任。请另选一位。"), role=role_code)


def _open_grants(account: Account, role: Role, area_code: str, unit: Organisation | None) -> QuerySet[RoleGrant]:
    return RoleGrant.objects.filter(account=account, role=role, area_code=area_code, unit=unit, until=None)


def _given(grant: RoleGrant) -> RoleGrant:
    try:
        with transaction.atomic():
            grant.save(force_insert=True)
    except IntegrityError as why:
        raise Conflict(_("这位同事已经有这个角色了。")) from why
    return grant


def _locked_request(request_id: UUID, actor: Actor) -> GrantRequest:
    request = GrantRequest.objects.select_for_update(of=("self",)).select_related("role").filter(pk=request_id).first()
    if request is None:
        raise NotFound("grant_request")
    if actor.kind != ActorKind.SYSTEM and not any(request.area_code.startswith(one) for one in actor.areas()):
        raise NotFound("grant_request")
    return request


def _append_request(request: GrantRequest, verb: str, before: str, *, actor: Actor, now: datetime) -> None:
    audit.append(
        kind="grant_request", object_id=request.pk, verb=verb, from_state=before, to_state=request.state, actor=actor,
        at=now, area_code=request.area_code, facts={"account": request.account_id, "role": request.role_id},
    )  # fmt: skip
