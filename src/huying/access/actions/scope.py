"""What every act asks first: whose account it is, and which of the three may do it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from huying.access import events, queries
from huying.access.models import RecoveryCode
from huying.access.rules import Act, FactorKind, Way
from huying.audit import actions as audit
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.terms import _
from huying.people.models import Account

LAST_ONE = _("您的角色必须有第二种验证。请先添加另一种，再删掉这一种。")


def own_account(actor: Actor) -> Account:
    """The actor's own account, locked, so that two windows of one person come one after the other."""
    account = None
    if actor.kind == ActorKind.PERSON and actor.id is not None:
        account = Account.objects.select_for_update().filter(pk=actor.id, is_active=True).first()
    if account is None:
        raise NotFound("account")
    return account


def require(actor: Actor, act: Act, area_code: str, kind: str = "account") -> None:
    """NotFound outside the areas that the actor watches, NotAllowed where it is another's of the three."""
    if actor.kind == ActorKind.SYSTEM:
        return
    if not any(area_code.startswith(code) for code in queries.watched(actor)):
        raise NotFound(kind)
    if not queries.may(actor, act, area_code):
        raise NotAllowed


def others_account(account_id: UUID, act: Act, actor: Actor) -> Account:
    """An account that the actor watches over, locked. Missing and foreign are alike, in statements too."""
    watched = queries.within(queries.watched(actor))
    account = Account.objects.select_for_update().filter(watched, pk=account_id).first()
    if account is None:
        raise NotFound("account")
    require(actor, act, account.area_code)
    return account


def append(account: Account, verb: str, *, actor: Actor, now: datetime, facts: dict[str, object] | None = None) -> None:
    audit.append(
        kind="account", object_id=account.pk, verb=verb, actor=actor, at=now, area_code=account.area_code, facts=facts
    )


def keep_one(account: Account, now: datetime) -> None:
    """NotAllowed where the last factor would go and a role asks for one."""
    security = queries.security_of(account.pk, now)
    if security.forced and security.count <= 1:
        raise NotAllowed(LAST_ONE)


def removed(account: Account, kind: str, *, actor: Actor, now: datetime) -> None:
    if not queries.security_of(account.pk, now).count:
        RecoveryCode.objects.filter(account=account).delete()
    append(account, "factor_removed", actor=actor, now=now, facts={"factor": kind})
    events.factor_changed.emit(at=now, account_id=account.pk, factor=_told(kind), change="removed")


def added(account: Account, kind: str, *, actor: Actor, now: datetime) -> None:
    append(account, "factor_added", actor=actor, now=now, facts={"factor": kind})
    events.factor_changed.emit(at=now, account_id=account.pk, factor=_told(kind), change="added")


def _told(kind: str) -> str:
    """How news names a factor: every channel of codes is a code."""
    return kind if kind in FactorKind.values else Way.CODE.value
