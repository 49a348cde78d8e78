"""The outbox is emptied: taken up under a lock, handed to the service outside of it, and noted.

A delivery whose worker was killed in between is taken up again, under the same batch id: a service that knows the
id drops the second. What was noted as sent is never sent again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation

from huying.audit import actions as audit
from huying.kernel.actor import Actor, system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, NotAllowed, NotFound, Refusal, Unavailable
from huying.kernel.terms import _
from huying.notices import queries
from huying.notices.adapters import Message, NotSent, adapter_for
from huying.notices.models import Address, Delivery, Notice, ReporterChoice, Sending
from huying.notices.rules import (
    PASSING,
    RATE_WINDOW,
    RATES,
    SMS_PART,
    SMS_PARTS,
    STALE_AFTER,
    TRIES,
    Channel,
    DeliveryState,
    Why,
    address_channel,
    free_at,
    is_mobile,
    marked,
    sms_text,
    try_again_at,
)
from huying.notices.sealing import Closed, address_hash, unseal, unseal_facts
from huying.people import actions as people
from huying.people.rules import Duty, OpeningPurpose

BY = system("notices")
logger = logging.getLogger(__name__)
SMS_MOST = SMS_PART * SMS_PARTS


class Settled(Exception):
    """This delivery will not go: why."""

    def __init__(self, why: Why) -> None:
        self.why = why


class Later(Exception):
    """The address has had enough for now."""

    def __init__(self, at: datetime) -> None:
        self.at = at


@dataclass
class Parcel:
    """What goes out in one message: one delivery, or a person's digest."""

    batch: UUID
    channel: str
    rows: list[Delivery] = field(default_factory=list)


def send_due(*, now: datetime, most: int = 100) -> int:
    """Send what is due; says how many deliveries went out. Each parcel is settled for itself."""
    went = 0
    for parcel in _take(now, most):
        went += _send(parcel, now)
    return went


@transaction.atomic
def take_up_again(*, now: datetime) -> int:
    """What a killed worker had in hand waits again, under the batch it had; says how many.

    What has killed a worker more often than a failure is tried goes to the dead list.
    """
    stale = Delivery.objects.filter(state=DeliveryState.SENDING, taken_at__lt=now - STALE_AFTER)
    stale.filter(attempts__gt=len(TRIES)).update(state=DeliveryState.DEAD, dead_at=now, why=Why.UNREACHABLE)
    return stale.update(state=DeliveryState.WAITING, not_before=now)


@transaction.atomic
def _take(now: datetime, most: int) -> list[Parcel]:
    """Mark due deliveries as being sent, so that no other worker takes them; a digest is one parcel."""
    rows = list(
        Delivery.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(state=DeliveryState.WAITING, not_before__lte=now)
        .select_related("notice")
        .order_by("not_before", "id")[:most]
    )
    parcels: dict[object, Parcel] = {}
    for row in rows:
        mark: object = row.batch or ((row.notice.account_id, row.channel) if row.digest else row.pk)
        parcel = parcels.setdefault(mark, Parcel(row.batch or (uuid7() if row.digest else row.pk), row.channel))
        parcel.rows.append(row)
        row.state, row.taken_at, row.batch, row.attempts = DeliveryState.SENDING, now, parcel.batch, row.attempts + 1
    Delivery.objects.bulk_update(rows, ["state", "taken_at", "batch", "attempts"])
    return list(parcels.values())


def _send(parcel: Parcel, now: datetime) -> int:
    over = [row for row in parcel.rows if row.notice.hidden_at is not None or _is_over(row.notice, now)]
    if over:
        _note(Parcel(parcel.batch, parcel.channel, over), state=DeliveryState.SKIPPED, why=Why.EXPIRED)
        parcel.rows = [row for row in parcel.rows if row not in over]
    if not parcel.rows:
        return 0
    try:
        with transaction.atomic():
            message = _packed(parcel, now)
        provider_id = adapter_for(parcel.channel).send(message)
    except Later as wait:
        _note(parcel, state=DeliveryState.WAITING, not_before=wait.at, uncounted=True)
    except Settled as settled:
        _note(parcel, state=DeliveryState.SKIPPED, why=settled.why)
    except NotSent as failed:
        _failed(parcel, failed.why, now)
    except Exception as why:
        # Whatever it is must not hold up the others; its text may hold an address, so only its kind is logged.
        logger.error("a %s delivery failed: %s", parcel.channel, type(why).__name__)
        _failed(parcel, Why.UNREACHABLE, now)
    else:
        _note(parcel, state=DeliveryState.SENT, sent_at=now, provider_id=provider_id[:80])
        return len(parcel.rows)
    return 0


def _failed(parcel: Parcel, why: Why, now: datetime) -> None:
    """Try again later where that helps; else to the dead list."""
    again = try_again_at(max(one.attempts for one in parcel.rows), now) if why in PASSING else None
    if again is None:
        _note(parcel, state=DeliveryState.DEAD, why=why, dead_at=now)
    else:
        _note(parcel, state=DeliveryState.WAITING, why=why, not_before=again)


@transaction.atomic
def _note(
    parcel: Parcel,
    *,
    state: DeliveryState,
    why: str = "",
    not_before: datetime | None = None,
    sent_at: datetime | None = None,
    dead_at: datetime | None = None,
    provider_id: str = "",
    uncounted: bool = False,
) -> None:
    for row in parcel.rows:
        row.state, row.why, row.sent_at, row.dead_at, row.taken_at = state, why, sent_at, dead_at, None
        row.provider_id = provider_id
        row.not_before = not_before or row.not_before
        row.attempts -= 1 if uncounted else 0
        if state in (DeliveryState.SENT, DeliveryState.SKIPPED):
            row.address, row.key = None, None
    Delivery.objects.bulk_update(
        parcel.rows,
        ["state", "why", "sent_at", "dead_at", "taken_at", "provider_id", "not_before", "attempts", "address", "key"],
    )
    if state in (DeliveryState.SENT, DeliveryState.SKIPPED):
        _wipe([row.notice_id for row in parcel.rows])


def _wipe(notice_ids: list[UUID]) -> None:
    """A secret goes as soon as no delivery of its notice may need it any more."""
    waiting = Delivery.objects.filter(
        notice_id__in=notice_ids, state__in=[DeliveryState.WAITING, DeliveryState.SENDING, DeliveryState.DEAD]
    ).values("notice_id")
    Notice.objects.filter(pk__in=notice_ids, secret__isnull=False).exclude(pk__in=waiting).update(secret=None, key=None)


# What goes out


def _packed(parcel: Parcel, now: datetime) -> Message:
    """The message of a parcel: address opened, limits asked, words filled in. Raises Settled, Later, NotSent."""
    address = _address(parcel.rows[0], now)
    _ask_limits(parcel.channel, address, now)
    texts = [_words(row, now) for row in parcel.rows]
    title, body = texts[0]
    if len(texts) > 1:
        title = str(_("您有 %(count)s 条通知")) % {"count": len(texts)}
        body = "\n".join(f"{place}. {text}" for place, (_title, text) in enumerate(texts, start=1))
    if parcel.channel == Channel.SMS:
        body = sms_text(settings.SMS_SIGNATURE, body)
        if len(body) > SMS_MOST:
            body = body[: SMS_MOST - 1] + "…"
    if parcel.channel == Channel.VOICE and settings.VOICE_SECRET:
        with translation.override(_language(parcel.rows[0].notice)):
            body = f"{body} {_('请按 1 应答。')}"
    Sending.objects.create(channel=parcel.channel, address_hash=address_hash(parcel.channel, address), at=now)
    return Message(parcel.batch, parcel.channel, address, title, body)


def _is_over(notice: Notice, now: datetime) -> bool:
    return notice.until is not None and notice.until <= now


def _language(notice: Notice) -> str:
    return (notice.account.language if notice.account is not None else "") or settings.LANGUAGE_CODE


def _words(row: Delivery, now: datetime) -> tuple[str, str]:
    notice = row.notice
    language = _language(notice)
    words = queries.wording(notice.kind, row.channel, language, now)
    if words is None:
        raise NotSent(Why.NO_WORDS)
    facts = dict(notice.facts)
    if notice.secret is not None:
        try:
            facts |= unseal_facts(bytes(notice.secret), row_id=notice.pk)
        except Closed as why:
            raise NotSent(Why.KEYS) from why
    with translation.override(language):
        return marked(words.title, facts), marked(words.body, facts)


def _address(row: Delivery, now: datetime) -> str:
    """Where it goes. A reporter's phone is opened for it, and the reporter can see that."""
    try:
        if row.address is not None:
            return unseal(bytes(row.address), kind="delivery", row_id=row.pk)
        if row.notice.contact_id is not None:
            return _phone_of(row.notice, now)
        return _own_address(row)
    except Closed as why:
        raise NotSent(Why.KEYS) from why


def _own_address(row: Delivery) -> str:
    account = row.notice.account
    if account is None or not account.is_active:
        raise Settled(Why.CLOSED)
    channel = address_channel(row.channel)
    kept = Address.objects.filter(account=account, channel=channel, confirmed_at__isnull=False).first()
    if kept is None:
        raise Settled(Why.NO_ADDRESS)
    row.masked = kept.masked
    return unseal(bytes(kept.value), kind="address", row_id=kept.pk)


def _phone_of(notice: Notice, now: datetime) -> str:
    if notice.contact is None or notice.contact.erased_at is not None:
        raise Settled(Why.ERASED)
    if queries.reachable(notice.contact.pk) is None:
        raise Settled(Why.NO_CONSENT)
    try:
        opened = people.open_contact(
            contact_id=notice.contact.pk, purpose=OpeningPurpose.NOTIFY, area_code=notice.area_code, actor=BY, now=now
        )
    except IllegalMove as why:
        raise Settled(Why.ERASED) from why
    except Unavailable as why:
        raise NotSent(Why.KEYS) from why
    except Refusal as why:
        raise Settled(Why.NO_ADDRESS) from why
    if not is_mobile(opened.phone):
        raise Settled(Why.NOT_MOBILE)
    return opened.phone


def _ask_limits(channel: str, address: str, now: datetime) -> None:
    sent = list(
        Sending.objects.filter(
            address_hash=address_hash(channel, address), at__gt=now - RATE_WINDOW
        ).values_list("at", flat=True)
    )  # fmt: skip
    free = free_at(RATES[channel], sent, now)
    if free > now:
        raise Later(free)


# Upkeep, and what the administrator does


@transaction.atomic
def forget_contact(*, contact_id: UUID, now: datetime) -> int:
    """A reporter's contact data was erased: nothing of it stays here, and nothing more goes out. Says how many."""
    mine = Delivery.objects.filter(notice__contact_id=contact_id)
    mine.filter(state__in=[DeliveryState.WAITING, DeliveryState.DEAD]).update(
        state=DeliveryState.SKIPPED, why=Why.ERASED, dead_at=None
    )
    Notice.objects.filter(contact_id=contact_id).update(secret=None, key=None)
    ReporterChoice.objects.filter(pk=contact_id).delete()
    return mine.exclude(masked="").update(masked="")


@transaction.atomic
def prune(*, now: datetime, keep_days: int = 365) -> int:
    """Forget what the limits no longer need; wipe secrets that ran out; remove old notices. Says how many went."""
    Sending.objects.filter(at__lt=now - RATE_WINDOW).delete()
    over = Notice.objects.filter(until__lt=now, secret__isnull=False)
    Delivery.objects.filter(
        notice__in=over, state__in=[DeliveryState.WAITING, DeliveryState.DEAD]
    ).update(state=DeliveryState.SKIPPED, why=Why.EXPIRED, address=None, key=None)  # fmt: skip
    over.update(secret=None, key=None)
    old = Notice.objects.filter(made_at__lt=now - timedelta(days=keep_days))
    return old.exclude(deliveries__state__in=[DeliveryState.WAITING, DeliveryState.SENDING]).delete()[0]


@transaction.atomic
def replay(*, delivery_id: UUID, actor: Actor, now: datetime) -> Delivery:
    """Send once more what was given up. Raises NotFound outside the actor's areas, NotAllowed, IllegalMove."""
    found = (
        Delivery.objects.select_for_update(of=("self",)).select_related("notice").filter(pk=delivery_id).first()
    )  # fmt: skip
    if found is None or not any(found.notice.area_code.startswith(one) for one in actor.areas()):
        raise NotFound("delivery")
    if not actor.may(Duty.ADMIN_MATTERS, found.notice.area_code):
        raise NotAllowed(duty=str(Duty.ADMIN_MATTERS))
    if found.state != DeliveryState.DEAD:
        raise IllegalMove(_("这一条没有停在失败里，不用再发。请刷新看看。"), state=str(found.state))
    if _is_over(found.notice, now):
        raise IllegalMove(_("这一条过了有效时间，不能再发。"), state=str(found.state))
    found.state, found.attempts, found.not_before, found.dead_at = DeliveryState.WAITING, 0, now, None
    found.save(update_fields=["state", "attempts", "not_before", "dead_at"])
    audit.append(
        kind="notice", object_id=found.notice_id, verb="replay", actor=actor, at=now,
        area_code=found.notice.area_code, facts={"channel": str(found.channel), "kind": found.notice.kind},
    )  # fmt: skip
    return found
