"""Accounts: made and closed by administrators; passwords changed by their owners; sign-ins on the record."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from huying.audit import actions as audit
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import NAME_LIMIT, clean
from huying.people import events
from huying.people.actions.scope import account_in_scope, clean_area, require_admin
from huying.people.models import Account

_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read wrongly from a slip of paper
_USERNAME = re.compile(r"[\w.@+-]{2,60}")


@transaction.atomic
def create_account(
    *,
    username: str,
    name: str,
    area_code: str,
    password: str | None = None,
    must_change_password: bool = True,
    language: str = "",
    demo_role: str = "",
    account_id: UUID | None = None,
    actor: Actor,
    now: datetime,
) -> Account:
    """Make an account. Without a password nobody can sign in with it by password.

    Raises NotFound outside the actor's areas, NotAllowed without the duty, Invalid for bad or taken values.
    """
    require_admin(actor, area_code, "area")
    account = new_account(username=username, name=name, area_code=area_code, account_id=account_id, now=now)
    account.must_change_password = must_change_password and password is not None
    account.language, account.demo_role = language, demo_role
    _set_password(account, password)
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as why:
        raise Invalid({"username": [_("这个账号已经有人用了。请换一个。")]}) from why
    _append(account, "created", actor=actor, now=now)
    return account


def new_account(*, username: str, name: str, area_code: str, account_id: UUID | None = None, now: datetime) -> Account:
    """An account as it may be saved: without a password, so that nobody can sign in yet. Raises Invalid."""
    username = Account.normalize_username(clean(username, limit=NAME_LIMIT, name=True, field="username"))
    if not _USERNAME.fullmatch(username):
        raise Invalid({"username": [_("账号用 2 到 60 个字母、数字或汉字，不要有空格。")]})
    name = clean(name, limit=NAME_LIMIT, name=True, field="name")
    if not name:
        raise Invalid({"name": [_("请写姓名。")]})
    account = Account(
        pk=account_id or uuid7(), username=username, name=name, area_code=clean_area(area_code), created_at=now
    )
    account.set_unusable_password()
    return account


@transaction.atomic
def let_in(*, account_id: UUID, actor: Actor, now: datetime) -> str:
    """Give somebody a password for the first sign-in, to be handed over and changed there; returns it once.

    Raises NotFound, NotAllowed without the administrators' duty or for oneself, IllegalMove for a closed account.
    """
    account = account_in_scope(account_id, actor)
    if account.pk == actor.id:
        raise NotAllowed(_("自己的密码请在“修改密码”里改。"))
    if not account.is_active:
        raise IllegalMove(_("这个账号已经停用。"))
    password = "-".join("".join(secrets.choice(_READABLE) for _place in range(4)) for _part in range(4))
    _set_password(account, password)
    account.must_change_password = True
    account.save(update_fields=["password", "must_change_password"])
    _append(account, "let_in", actor=actor, now=now)
    events.let_in.emit(at=now, account_id=account.pk)
    return password


@transaction.atomic
def close_account(*, account_id: UUID, actor: Actor, now: datetime) -> Account:
    """Close an account: its sessions end with the next request. Nobody closes the own account."""
    account = account_in_scope(account_id, actor)
    if account.pk == actor.id:
        raise NotAllowed(_("不能停用自己的账号。请让另一位管理员来办。"))
    if account.is_active:
        account.is_active = False
        account.save(update_fields=["is_active"])
        _append(account, "closed", actor=actor, now=now)
    return account


@transaction.atomic
def change_password(*, account_id: UUID, password: str, actor: Actor, now: datetime) -> Account:
    """Set a new password: the owner's own act, or an administrator's, after which the owner must change it.

    Raises NotFound for a stranger, Invalid where the password is too weak.
    """
    if actor.id == account_id:
        account = Account.objects.select_for_update().filter(pk=account_id, is_active=True).first()
        if account is None:
            raise NotFound("account")
    else:
        account = account_in_scope(account_id, actor)
    _set_password(account, password)
    account.must_change_password = actor.id != account.pk
    account.save(update_fields=["password", "must_change_password"])
    _append(account, "password_changed", actor=actor, now=now)
    events.password_changed.emit(at=now, account_id=account.pk)
    if account.must_change_password:
        events.let_in.emit(at=now, account_id=account.pk)
    return account


@transaction.atomic
def note_sign_in(*, account_id: UUID, method: str, actor: Actor, now: datetime) -> None:
    """Write down that a person signed in: `password` or `demo`. No address, no device."""
    account = Account.objects.get(pk=account_id)
    _append(account, "signed_in", actor=actor, now=now, facts={"method": method})


@transaction.atomic
def note_sign_out(*, account_id: UUID, actor: Actor, now: datetime) -> None:
    _append(Account.objects.get(pk=account_id), "signed_out", actor=actor, now=now)


def _set_password(account: Account, password: str | None) -> None:
    if password is None:
        account.set_unusable_password()
        return
    clean(password, limit=200, field="password")
    try:
        validate_password(password, account)
    except ValidationError as why:
        raise Invalid({"password": list(why.messages)}) from why
    account.set_password(password)


def _append(account: Account, verb: str, *, actor: Actor, now: datetime, facts: dict[str, str] | None = None) -> None:
    audit.append(
        kind="account", object_id=account.pk, verb=verb, actor=actor, at=now, area_code=account.area_code, facts=facts
    )
