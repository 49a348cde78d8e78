"""One-time codes: where they go, sending, taking."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.timezone import localtime

from huying.access import channels, queries, sealing
from huying.access.actions.scope import added, append, keep_one, own_account, removed
from huying.access.models import CodeAddress, OneTimeCode
from huying.access.rules import CODE_MINUTES, CODE_TRIES, Purpose, new_one_time_code, plain_code, too_soon
from huying.kernel.actor import Actor, system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Invalid, NotFound, TooMany
from huying.kernel.terms import _
from huying.people.models import Account


@transaction.atomic
def keep_code_address(*, channel: str, address: str, actor: Actor, now: datetime) -> CodeAddress:
    """Where codes for oneself are to go; a code is sent there, and it counts once that was typed in.

    Raises NotFound for a channel that is not there, Invalid for a bad address, TooMany.
    """
    account = own_account(actor)
    way = channels.CHANNELS.get(channel)
    if way is None:
        raise NotFound("channel")
    plain = way.clean(address)
    if not plain:
        raise Invalid({"address": [_("请填写接收验证码的号码。")]})
    if CodeAddress.objects.filter(account=account, channel=channel, confirmed_at__isnull=False).exists():
        raise Invalid({"address": [_("这一种已经有了。要换号码，请先删掉旧的。")]})
    CodeAddress.objects.filter(account=account, channel=channel).delete()
    row = CodeAddress(
        pk=uuid7(), account=account, channel=channel, tail=plain[-4:] if len(plain) >= 8 else "", added_at=now
    )
    row.address_sealed, row.key_id = sealing.sealed("code-address", row.pk, plain, now)
    row.save(force_insert=True)
    _send(account, row, Purpose.ADDRESS, now)
    return row


@transaction.atomic
def confirm_code_address(*, channel: str, code: str, actor: Actor, now: datetime) -> CodeAddress | None:
    """The code arrived. None where it is wrong (the try is counted)."""
    account = own_account(actor)
    row = CodeAddress.objects.filter(account=account, channel=channel, confirmed_at=None).first()
    if row is None:
        raise NotFound("code_address")
    if not take(account.pk, plain_code(code), Purpose.ADDRESS, now, channel=channel):
        return None
    row.confirmed_at = now
    row.save(update_fields=["confirmed_at"])
    added(account, channel, actor=actor, now=now)
    return row


@transaction.atomic
def drop_code_address(*, address_id: UUID, actor: Actor, now: datetime) -> None:
    """Codes no longer go there. Raises NotFound, NotAllowed for the last factor that a role asks for."""
    account = own_account(actor)
    row = CodeAddress.objects.filter(pk=address_id, account=account).first()
    if row is None:
        raise NotFound("code_address")
    counted = row.confirmed_at is not None
    if counted:
        keep_one(account, now)
    row.delete()
    if counted:
        removed(account, row.channel, actor=actor, now=now)


@transaction.atomic
def send_code(*, account_id: UUID, channel: str, purpose: str, now: datetime) -> CodeAddress:
    """Send a code to a person's confirmed address, for signing in or for confirming who it is.

    Raises NotFound, TooMany with the seconds to wait.
    """
    account = Account.objects.select_for_update().filter(pk=account_id, is_active=True).first()
    row = next((one for one in queries.security_of(account_id, now).addresses if one.channel == channel), None)
    if account is None or row is None:
        raise NotFound("code_address")
    _send(account, row, Purpose(purpose), now)
    return row


def take(account_id: UUID, code: str, purpose: Purpose, now: datetime, *, channel: str = "") -> bool:
    """Whether this is the newest code sent for this purpose, still good; it is used up then. Wrong ones count."""
    sent = OneTimeCode.objects.select_for_update().filter(account_id=account_id, purpose=purpose)
    newest = (sent.filter(channel=channel) if channel else sent).order_by("-sent_at", "-pk").first()
    if (
        newest is None
        or newest.used_at is not None
        or newest.tries >= CODE_TRIES
        or now - newest.sent_at > timedelta(minutes=CODE_MINUTES)
    ):
        return False
    if newest.hash != sealing.hashed("code", newest.pk, code):
        newest.tries += 1
        newest.save(update_fields=["tries"])
        return False
    newest.used_at = now
    newest.save(update_fields=["used_at"])
    CodeAddress.objects.filter(account_id=account_id, channel=newest.channel).update(used_on=localtime(now).date())
    return True


def _send(account: Account, row: CodeAddress, purpose: Purpose, now: datetime) -> None:
    sent = list(
        OneTimeCode.objects.filter(account=account, sent_at__gt=now - timedelta(hours=1))
        .order_by("-sent_at")
        .values_list("sent_at", flat=True)
    )
    wait = too_soon(sent, now)
    if wait:
        raise TooMany(_("验证码刚发过。请过 %(seconds)s 秒再试。") % {"seconds": wait}, retry_after_seconds=wait)
    code, number = new_one_time_code(), uuid7()
    OneTimeCode.objects.create(
        pk=number, account=account, channel=row.channel, purpose=purpose, sent_at=now,
        hash=sealing.hashed("code", number, code),
    )  # fmt: skip
    channels.CHANNELS[row.channel].send(
        channels.Message(
            account_id=account.pk,
            address=sealing.opened("code-address", row.pk, row.address_sealed),
            code=code,
            minutes=CODE_MINUTES,
            language=account.language,
            now=now,
        )
    )
    # By the system: codes are asked for before it is known who asks.
    append(
        account, "code_sent", actor=system("sign-in"), now=now, facts={"channel": row.channel, "purpose": str(purpose)}
    )
