"""How a person wants to hear: channels by kind, quiet hours, digest, addresses; and what a reporter asked for."""

from __future__ import annotations

import hmac
import secrets as random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from huying.audit import actions as audit
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.notices.actions.telling import notify_code
from huying.notices.models import Address, DigestHours, Preference, ReporterChoice
from huying.notices.rules import CHOICES_OF_TIMES, KINDS, MOST_DIGESTS, OUTSIDE, Audience, Channel, mask, plain_address
from huying.notices.sealing import code_hash, seal
from huying.people.rules import Duty
from huying.places import queries as places

CODE_LASTS = timedelta(minutes=10)
CODE_TRIES = 5


@transaction.atomic
def set_preference(
    *,
    channels: Mapping[str, Iterable[str]],
    quiet_from: time | None,
    quiet_until: time | None,
    digest: bool,
    digest_times: Iterable[int],
    actor: Actor,
    now: datetime,
) -> Preference:
    """Choose how to hear. Raises Invalid for half a quiet time, or a digest without a time."""
    account_id = _person(actor)
    times = sorted({one for one in digest_times if one in CHOICES_OF_TIMES})
    if (quiet_from is None) != (quiet_until is None):
        raise Invalid({"quiet_until": [_("免打扰要写开始和结束两个时间，或者都不写。")]})
    if digest and not times:
        raise Invalid({"digest_times": [_("汇总要选至少一个时间。")]})
    chosen = {
        code: [str(one) for one in OUTSIDE if str(one) in set(picked)]
        for code, picked in channels.items()
        if code in KINDS and KINDS[code].audience == Audience.STAFF and not KINDS[code].fixed
    }
    row, _made = Preference.objects.update_or_create(
        account_id=account_id,
        defaults={
            "channels": chosen, "quiet_from": quiet_from, "quiet_until": quiet_until, "digest": digest,
            "digest_times": times,
        },
    )  # fmt: skip
    _append(account_id, "preference_set", actor, now)
    return row


@transaction.atomic
def keep_address(*, channel: str, value: str, actor: Actor, now: datetime) -> Address:
    """Keep where the person is reached, and send a code there; used once the code came back.

    Raises Invalid for what is no address, TooMany where codes were asked for too often.
    """
    account_id = _person(actor)
    if channel not in OUTSIDE:
        raise NotFound("channel")
    text = clean(value, limit=120, line=True, field="value")
    try:
        plain = plain_address(channel, text)
    except ValueError as why:
        raise Invalid({"value": [_ADDRESS_SAYS[Channel(channel)]]}) from why
    row = Address.objects.select_for_update(of=("self",)).filter(account_id=account_id, channel=channel).first()
    row = row or Address(account_id=account_id, channel=channel)
    row.value, row.key_id = seal(plain, kind="address", row_id=row.pk, now=now)
    row.masked, row.kept_at, row.confirmed_at = mask(channel, plain), now, None
    code = f"{random.randbelow(10**6):06d}"
    row.code_hash, row.code_until, row.code_tries = code_hash(row.pk, code), now + CODE_LASTS, 0
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as why:  # the same form sent twice at once
        raise Conflict from why
    notify_code(account_id=account_id, channel=channel, code=code, until=now + CODE_LASTS, now=now, address=plain)
    _append(account_id, "address_kept", actor, now, channel)
    return row


_ADDRESS_SAYS = {
    Channel.SMS: _("手机号看不懂。请写 11 位手机号。"),
    Channel.EMAIL: _("邮箱看不懂。请写成 name@example.cn 这样。"),
    Channel.WECOM: _("企业微信账号看不懂。请问本单位的企业微信管理员。"),
}


@transaction.atomic
def confirm_address(*, channel: str, code: str, actor: Actor, now: datetime) -> Address:
    """The code came back: the address is used from now on. Raises NotFound, IllegalMove when over, Invalid."""
    account_id = _person(actor)
    row = Address.objects.select_for_update(of=("self",)).filter(account_id=account_id, channel=channel).first()
    if row is None or not row.code_hash:
        raise NotFound("address")
    if row.code_until is None or row.code_until <= now or row.code_tries >= CODE_TRIES:
        raise IllegalMove(_("验证码过期了，或者输错太多次。请重新发一次。"))
    plain = "".join(one for one in code if one.isdigit())
    if not hmac.compare_digest(row.code_hash, code_hash(row.pk, plain)):
        return _wrong(row)
    row.confirmed_at, row.code_hash, row.code_until = now, "", None
    row.save(update_fields=["confirmed_at", "code_hash", "code_until"])
    _append(account_id, "address_confirmed", actor, now, channel)
    return row


def _wrong(row: Address) -> Address:
    """Counted, and told by the row that is still not confirmed: a refusal would take the count back."""
    row.code_tries += 1
    row.save(update_fields=["code_tries"])
    return row


@transaction.atomic
def drop_address(*, channel: str, actor: Actor, now: datetime) -> None:
    """Forget where the person is reached. Done twice, it is done once."""
    account_id = _person(actor)
    if Address.objects.filter(account_id=account_id, channel=channel).delete()[0]:
        _append(account_id, "address_dropped", actor, now, channel)


@transaction.atomic
def set_reporters_choice(
    *, contact_id: UUID, progress: bool, openings: bool, actor: Actor, now: datetime, area_code: str = ""
) -> ReporterChoice:
    """What a reporter wants to be told by text message. The caller has shown that it is the reporter."""
    row, _made = ReporterChoice.objects.update_or_create(
        contact_id=contact_id, defaults={"progress": progress, "openings": openings, "set_at": now}
    )
    audit.append(
        kind="contact", object_id=contact_id, verb="notices_chosen", actor=actor, at=now, area_code=area_code,
        facts={"progress": progress, "openings": openings},
    )  # fmt: skip
    return row


@transaction.atomic
def set_digest_hours(*, area_code: str, minutes: Sequence[int], actor: Actor, now: datetime) -> DigestHours:
    """When the people of an area hear in one notice what turns red today; no times: each limit by itself again.

    Raises NotFound outside the actor's areas, NotAllowed without the duty there, Invalid.
    """
    seen = actor.kind == ActorKind.SYSTEM or any(area_code.startswith(one) for one in actor.areas())
    if not seen or not places.is_known(area_code):
        raise NotFound("area")
    if not actor.may(Duty.ADMIN_MATTERS, area_code):
        raise NotAllowed(duty=str(Duty.ADMIN_MATTERS))
    kept = sorted(set(minutes))
    if len(kept) > MOST_DIGESTS or any(not 0 <= one < 24 * 60 for one in kept):
        raise Invalid({"times": [_("一天最多 %(most)s 次，写成 08:30 14:00 这样。") % {"most": MOST_DIGESTS}]})
    row, _made = DigestHours.objects.update_or_create(
        area_code=area_code, defaults={"minutes": kept, "set_by": actor.id, "set_at": now}
    )
    audit.append(
        kind="digest", object_id=row.pk, verb="digest_hours", actor=actor, at=now, area_code=area_code,
        facts={"minutes": kept},
    )  # fmt: skip
    return row


def _person(actor: Actor) -> UUID:
    if actor.kind != ActorKind.PERSON or actor.id is None:
        raise NotAllowed
    return actor.id


def _append(account_id: UUID, verb: str, actor: Actor, now: datetime, channel: str = "") -> None:
    audit.append(
        kind="account", object_id=account_id, verb=verb, actor=actor, at=now,
        area_code=next(iter(actor.areas()), ""), facts={"channel": channel} if channel else {},
    )  # fmt: skip
