"""Second factors of a person: set up, checked, taken away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from huying.access import events, queries, sealing
from huying.access.actions import codes
from huying.access.actions.scope import added, append, keep_one, own_account, removed
from huying.access.models import Factor, RecoveryCode, Tries
from huying.access.rules import (
    TRIES,
    FactorKind,
    Purpose,
    Way,
    locked_until,
    new_recovery_codes,
    new_secret,
    plain_code,
    totp_step,
)
from huying.kernel.actor import Actor, system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Conflict, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import NAME_LIMIT, clean
from huying.people.models import Account

MOST_PASSKEYS = 10


@dataclass(frozen=True)
class Checked:
    """What came of a second step: right, or wrong, or closed until a time."""

    right: bool = False
    locked_until: datetime | None = None


@transaction.atomic
def start_totp(*, actor: Actor, now: datetime) -> None:
    """Begin with an authenticator app: a fresh secret, which counts once a code of it was typed in.

    Raises Conflict where one is in use already.
    """
    account = own_account(actor)
    if Factor.objects.filter(account=account, kind=FactorKind.TOTP, confirmed_at__isnull=False).exists():
        raise Conflict(_("已经有动态口令了。要换手机，请先删掉旧的。"))
    Factor.objects.filter(account=account, kind=FactorKind.TOTP).delete()
    factor = Factor(pk=uuid7(), account=account, kind=FactorKind.TOTP, added_at=now)
    factor.secret_sealed, factor.key_id = sealing.sealed("totp", factor.pk, new_secret().hex(), now)
    factor.save(force_insert=True)


@transaction.atomic
def confirm_totp(*, code: str, actor: Actor, now: datetime) -> Factor:
    """The app shows the right code: it counts from now on. Raises NotFound where none was begun, Invalid."""
    account = own_account(actor)
    found = queries.pending_totp(account.pk)
    if found is None:
        raise NotFound("factor")
    factor, secret = found
    step = totp_step(secret, plain_code(code), now, 0)
    if step is None:
        raise Invalid({"code": [_("口令不对。请看手机上现在的 6 位数字；手机时间不准也会这样。")]})
    factor.last_step, factor.confirmed_at = step, now
    factor.save(update_fields=["last_step", "confirmed_at"])
    added(account, "totp", actor=actor, now=now)
    return factor


@transaction.atomic
def add_passkey(
    *, name: str, credential_id: bytes, credential: bytes, sign_count: int, actor: Actor, now: datetime
) -> Factor:
    """Keep a passkey that the browser has just made. Raises Invalid, Conflict."""
    account = own_account(actor)
    name = clean(name, limit=NAME_LIMIT, name=True, field="name")
    if Factor.objects.filter(account=account, kind=FactorKind.PASSKEY).count() >= MOST_PASSKEYS:
        raise Conflict(_("通行密钥最多 10 个。请先删掉不用的。"))
    if len(credential_id) > 1023 or Factor.objects.filter(credential_id=credential_id).exists():
        raise Conflict(_("这个通行密钥已经登记过了。"))
    factor = Factor.objects.create(
        account=account, kind=FactorKind.PASSKEY, name=name, credential_id=credential_id, credential=credential,
        sign_count=sign_count, added_at=now, confirmed_at=now,
    )  # fmt: skip
    added(account, "passkey", actor=actor, now=now)
    return factor


@transaction.atomic
def remove_factor(*, factor_id: UUID, actor: Actor, now: datetime) -> None:
    """Take away one of the own factors, for good. Raises NotFound, NotAllowed for the last one that is asked for."""
    account = own_account(actor)
    factor = Factor.objects.select_for_update().filter(pk=factor_id, account=account).first()
    if factor is None:
        raise NotFound("factor")
    if factor.confirmed_at is not None:
        keep_one(account, now)
    kind, counted = str(factor.kind), factor.confirmed_at is not None
    factor.delete()
    if counted:
        removed(account, kind, actor=actor, now=now)


@transaction.atomic
def make_recovery_codes(*, actor: Actor, now: datetime) -> list[str]:
    """Ten fresh codes, shown this once; those before are void. Raises NotAllowed without any factor."""
    account = own_account(actor)
    if not queries.security_of(account.pk, now).count:
        raise NotAllowed(_("先添加动态口令、通行密钥或验证码，再生成恢复码。"))
    RecoveryCode.objects.filter(account=account).delete()
    shown = new_recovery_codes()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(account=account, hash=sealing.hashed("recovery", account.pk, plain_code(one)), made_at=now)
        for one in shown
    )
    append(account, "recovery_codes_made", actor=actor, now=now)
    events.factor_changed.emit(at=now, account_id=account.pk, factor=Way.RECOVERY.value, change="added")
    return shown


@transaction.atomic
def check_second(*, account_id: UUID, way: str, code: str, purpose: str, now: datetime) -> Checked:
    """Whether this is the right code of a person who has not signed in yet. Wrong ones are counted, and close it.

    While closed nothing is checked or counted, so it opens when it was said to open. A right code is used up.
    """
    Account.objects.select_for_update().get(pk=account_id)  # two tries come one after the other
    tries = Tries.objects.filter(pk=account_id).first()
    if tries is not None:
        until = locked_until(tries.failures, tries.last_at, now)
        if until is not None:
            return Checked(locked_until=until)
        if tries.failures >= TRIES:  # the pause is over: it starts anew
            tries.failures = 0
    plain = plain_code(code)
    if way == Way.TOTP:
        right = _totp(account_id, plain, now)
    elif way == Way.RECOVERY:
        right = _recovery(account_id, plain, now)
    elif way == Way.CODE:
        right = codes.take(account_id, plain, Purpose(purpose), now)
    else:
        raise NotFound("way")
    if right:
        Tries.objects.filter(pk=account_id).delete()
        return Checked(right=True)
    return _failed(account_id, tries, now)


@transaction.atomic
def note_passkey(*, account_id: UUID, credential_id: bytes, sign_count: int, now: datetime) -> bool:
    """Note the use of a passkey whose signature was right; False where its counter went back (a copy of it)."""
    factor = (
        Factor.objects.select_for_update()
        .filter(account_id=account_id, credential_id=credential_id, confirmed_at__isnull=False)
        .first()
    )
    if factor is None or (factor.sign_count and sign_count <= factor.sign_count):
        return False
    factor.sign_count, factor.used_on = sign_count, localtime(now).date()
    factor.save(update_fields=["sign_count", "used_on"])
    return True


def _totp(account_id: UUID, code: str, now: datetime) -> bool:
    factor = Factor.objects.filter(account_id=account_id, kind=FactorKind.TOTP, confirmed_at__isnull=False).first()
    if factor is None or factor.secret_sealed is None:
        return False
    secret = bytes.fromhex(sealing.opened("totp", factor.pk, factor.secret_sealed))
    step = totp_step(secret, code, now, factor.last_step)
    if step is None:
        return False
    factor.last_step, factor.used_on = step, localtime(now).date()
    factor.save(update_fields=["last_step", "used_on"])
    return True


def _recovery(account_id: UUID, code: str, now: datetime) -> bool:
    if not code or not queries.security_of(account_id, now).count:
        return False
    return bool(
        RecoveryCode.objects.filter(
            account_id=account_id, hash=sealing.hashed("recovery", account_id, code), used_at=None
        ).update(used_at=now)
    )


def _failed(account_id: UUID, tries: Tries | None, now: datetime) -> Checked:
    failures = (tries.failures if tries is not None else 0) + 1
    Tries.objects.update_or_create(pk=account_id, defaults={"failures": failures, "last_at": now})
    until = locked_until(failures, now, now)
    if until is not None:
        append(Account.objects.get(pk=account_id), "second_step_locked", actor=system("sign-in"), now=now)
        events.account_locked.emit(at=now, account_id=account_id)
    return Checked(locked_until=until)
