"""What the three who keep watch do with others' sign-in: force, link, unlock, reset."""

from __future__ import annotations

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from axes.models import AccessAttempt
from django.db import IntegrityError, transaction

from huying.access import events, queries, sealing
from huying.access.actions.scope import append, others_account, require
from huying.access.actions.sessions import end_all
from huying.access.models import CodeAddress, Factor, FactorReset, ForcedRole, Link, RecoveryCode, Tries
from huying.access.rules import Act, EndedBy, ResetState, needs_two
from huying.audit import actions as audit
from huying.kernel.actor import Actor
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.people.models import Account, Role

REASON_LIMIT = 200


@transaction.atomic
def force_role(*, role_code: str, actor: Actor, now: datetime) -> ForcedRole:
    """Holders of this role take a second step from their next sign-in on. The security officer's act."""
    _require_anywhere(actor)
    if not Role.objects.filter(pk=role_code, active=True).exists():
        raise NotFound("role")
    row, made = ForcedRole.objects.get_or_create(role_code=role_code, defaults={"set_by": actor.id, "set_at": now})
    if made:
        _append_role(role_code, "second_step_needed", actor=actor, now=now)
    return row


@transaction.atomic
def unforce_role(*, role_code: str, actor: Actor, now: datetime) -> None:
    """The role no longer asks for a second step; who has one keeps it."""
    _require_anywhere(actor)
    if ForcedRole.objects.filter(pk=role_code).delete()[0]:
        _append_role(role_code, "second_step_not_needed", actor=actor, now=now)


def _require_anywhere(actor: Actor) -> None:
    """Roles are the same in the whole house, so any security officer of it sets this."""
    if not queries.watched(actor, Act.SET_FORCED):
        raise NotAllowed


def _append_role(role_code: str, verb: str, *, actor: Actor, now: datetime) -> None:
    audit.append(
        kind="role", object_id=uuid5(NAMESPACE_URL, f"huying:role:{role_code}"), verb=verb, actor=actor, at=now,
        area_code="", facts={"code": role_code},
    )  # fmt: skip


@transaction.atomic
def link_account(*, account_id: UUID, issuer: str, subject: str, actor: Actor, now: datetime) -> Link:
    """Bind an account to a person of another directory, as an administrator was told. Duties are never made by it.

    Raises NotFound, NotAllowed for oneself, Invalid where the name is empty or taken.
    """
    account = others_account(account_id, Act.LINK, actor)
    if account.pk == actor.id:
        raise NotAllowed(_("不能给自己绑定。请让另一位管理员来办。"))
    subject = clean(subject, limit=200, line=True, field="subject")
    if not subject or not issuer:
        raise Invalid({"subject": [_("请填写统一身份里的人员编号。")]})
    Link.objects.filter(account=account, issuer=issuer).delete()
    try:
        with transaction.atomic():
            row = Link.objects.create(
                account=account, issuer=issuer, subject_hash=sealing.hashed("subject", issuer, subject),
                set_by=actor.id, set_at=now,
            )  # fmt: skip
    except IntegrityError as why:
        raise Invalid({"subject": [_("这个人员编号已经绑定了别的账号。请核对。")]}) from why
    append(account, "linked", actor=actor, now=now)
    return row


@transaction.atomic
def unlink_account(*, account_id: UUID, issuer: str, actor: Actor, now: datetime) -> None:
    account = others_account(account_id, Act.LINK, actor)
    if Link.objects.filter(account=account, issuer=issuer).delete()[0]:
        append(account, "unlinked", actor=actor, now=now)


@transaction.atomic
def unlock(*, account_id: UUID, actor: Actor, now: datetime) -> None:
    """Forget wrong tries, so that the person may try at once."""
    account = others_account(account_id, Act.UNLOCK, actor)
    if account.pk == actor.id:
        raise NotAllowed(_("不能给自己解锁。请让另一位安全保密员来办。"))
    AccessAttempt.objects.filter(username=account.username).delete()
    Tries.objects.filter(pk=account.pk).delete()
    append(account, "unlocked", actor=actor, now=now)


@transaction.atomic
def ask_reset(*, account_id: UUID, reason: str, actor: Actor, now: datetime) -> FactorReset:
    """Take away all second factors of somebody who lost them, and end that person's sign-ins.

    The security officer's act; for one of the three who keep watch it waits for a second person.
    Raises NotFound, NotAllowed, Invalid without a reason, Conflict while one is asked already.
    """
    account = others_account(account_id, Act.ASK_RESET, actor)
    if account.pk == actor.id:
        raise NotAllowed(_("不能重置自己的验证方式。请让另一位安全保密员来办。"))
    reason = clean(reason, limit=REASON_LIMIT, line=True, field="reason")
    if not reason:
        raise Invalid({"reason": [_("请写明原因，例如手机丢了、怎样核对过本人。")]})
    if actor.id is None:
        raise NotAllowed
    try:
        with transaction.atomic():
            row = FactorReset.objects.create(
                account=account, area_code=account.area_code, reason=reason, asked_by=actor.id, asked_at=now
            )
    except IntegrityError as why:
        raise Conflict(_("这位同事的重置已经有人提出，正在等另一人同意。")) from why
    held = queries.roles_held([account.pk], now).get(account.pk, [])
    if needs_two(duty for grant in held for duty in grant.role.duties):
        append(account, "factor_reset_asked", actor=actor, now=now, facts={"reset": row.pk})
        events.reset_asked.emit(at=now, reset_id=row.pk, account_id=account.pk, area_code=account.area_code)
    else:
        _reset(row, account, actor=actor, now=now)
    return row


@transaction.atomic
def decide_reset(*, reset_id: UUID, granted: bool, actor: Actor, now: datetime) -> FactorReset:
    """The second person of the three agrees or not: neither who asked nor whose factors they are."""
    watched = queries.within(queries.watched(actor))
    row = FactorReset.objects.select_for_update(of=("self",)).filter(watched, pk=reset_id).first()
    if row is None:
        raise NotFound("factor_reset")
    account = Account.objects.select_for_update().get(pk=row.account_id)
    require(actor, Act.DECIDE_RESET, account.area_code, "factor_reset")
    if actor.id in (row.asked_by, account.pk) or actor.id is None:
        raise NotAllowed(_("这一步要由另一位同事来办：不能是提出的人，也不能是本人。"))
    if row.state != ResetState.ASKED:
        raise IllegalMove(_("这一项已经有了决定。"))
    row.decided_by, row.decided_at = actor.id, now
    if granted:
        _reset(row, account, actor=actor, now=now)
        return row
    row.state = ResetState.REFUSED
    row.save(update_fields=["state", "decided_by", "decided_at"])
    append(account, "factor_reset_refused", actor=actor, now=now, facts={"reset": row.pk})
    return row


def _reset(row: FactorReset, account: Account, *, actor: Actor, now: datetime) -> None:
    row.state = ResetState.DONE
    row.save(update_fields=["state", "decided_by", "decided_at"])
    for model in (Factor, CodeAddress, RecoveryCode, Tries):
        model._default_manager.filter(account=account).delete()
    ended = end_all(account, why=EndedBy.RESET, now=now)
    append(account, "factors_reset", actor=actor, now=now, facts={"reset": row.pk, "ended": ended})
    events.factor_changed.emit(at=now, account_id=account.pk, factor="all", change="reset")
