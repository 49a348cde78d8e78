"""Telling somebody something: the notice and its deliveries are written with the act, and sent by a job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import override
from procrastinate.contrib.django import app

from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Invalid, NotFound, TooMany
from huying.kernel.terms import _
from huying.notices import events, queries
from huying.notices.models import Delivery, Notice, Preference, ReporterChoice
from huying.notices.rules import (
    BODY_LIMIT,
    CODE_RATE,
    DRILL,
    KINDS,
    REPORTERS_HABIT,
    TITLE_LIMIT,
    Audience,
    Channel,
    DeliveryState,
    Kind,
    address_channel,
    collected,
    marked,
    mask,
    may_go_at,
    plain_address,
)
from huying.notices.sealing import seal, seal_facts
from huying.people import queries as people
from huying.people.models import Account


@dataclass(frozen=True)
class Recipient:
    """Who is told: one person, a unit's members, holders of a duty, a reporter, or an address given for once."""

    accounts: tuple[UUID, ...] = ()
    unit_id: UUID | None = None
    duty: str = ""
    area_code: str = ""
    contact_id: UUID | None = None
    channel: str = ""
    value: str = field(default="", repr=False)

    @classmethod
    def account(cls, *account_ids: UUID) -> Recipient:
        return cls(accounts=account_ids)

    @classmethod
    def unit(cls, unit_id: UUID, duty: str) -> Recipient:
        """Everybody with a post in the unit who holds the duty for it."""
        return cls(unit_id=unit_id, duty=str(duty))

    @classmethod
    def holders(cls, duty: str, area_code: str) -> Recipient:
        """Everybody who holds a duty over an area."""
        return cls(duty=str(duty), area_code=area_code)

    @classmethod
    def contact(cls, contact_id: UUID) -> Recipient:
        """A reporter, by the contact data left with one report; opened when it is sent, and logged like any opening."""
        return cls(contact_id=contact_id)

    @classmethod
    def address(cls, channel: str, value: str, *, account_id: UUID) -> Recipient:
        """One address of a person, for this once; it is kept sealed until it was sent."""
        return cls(accounts=(account_id,), channel=str(channel), value=value)


@transaction.atomic
def notify(
    *,
    template: str,
    to: Recipient,
    facts: Mapping[str, str],
    area_code: str = "",
    object_kind: str = "",
    object_id: UUID | None = None,
    now: datetime,
    once: str = "",
    secret: Mapping[str, str] | None = None,
    only: Iterable[Channel] | None = None,
    without: Iterable[UUID] = (),
    drill: bool = False,
) -> list[Notice]:
    """Tell somebody, with the present transaction. One notice a person; those that are already told `once` are not.

    `template` is a kind of `rules.KINDS`; `facts` fill its words and hold no personal values; `secret` facts are kept
    sealed until sent. `without`: accounts that are left out (the one who acted). `drill`: its words begin with 演练.
    Raises KeyError for an unknown kind.
    """
    kind = KINDS[template]
    if to.contact_id is not None:
        made = _to_reporter(kind, to.contact_id, facts, area_code, object_kind, object_id, now, once, secret)
        return [made] if made is not None else []
    left = set(without)
    found = []
    for account in _accounts(to, now):
        if account.pk in left:
            continue
        mark = f"{once}:{account.pk}" if once else None
        if mark and Notice.objects.filter(once=mark).exists():
            continue
        found.append(
            _to_account(kind, account, to, facts, area_code, object_kind, object_id, now, mark, secret, only, drill)
        )
    return found


@transaction.atomic
def notify_code(
    *, account_id: UUID, channel: str, code: str, until: datetime, now: datetime, address: str = ""
) -> Notice:
    """A one-time code to an address, or to the person's confirmed one. Raises TooMany, NotFound without either."""
    lately = Notice.objects.filter(
        account_id=account_id, kind="one_time_code", made_at__gt=now - CODE_RATE.within
    ).count()
    if lately >= CODE_RATE.most:
        raise TooMany(_("验证码发得太多了，请过十五分钟再试。"))
    if not address and channel not in queries.confirmed(account_id):
        raise NotFound("address")
    to = Recipient.address(channel, address, account_id=account_id) if address else Recipient.account(account_id)
    made = notify(
        template="one_time_code",
        to=to,
        facts={"minutes": str(max(int((until - now).total_seconds() // 60), 1))},
        secret={"code": code},
        only=[Channel(channel)],
        now=now,
    )
    if not made:
        raise NotFound("account")
    made[0].until = until
    made[0].save(update_fields=["until"])
    return made[0]


@transaction.atomic
def notify_outside(
    *,
    template: str,
    phone: str,
    facts: Mapping[str, str],
    secret: Mapping[str, str] | None = None,
    area_code: str = "",
    object_kind: str = "",
    object_id: UUID | None = None,
    now: datetime,
    drill: bool = False,
) -> Notice:
    """One text message to somebody who has no account here. The number is kept sealed until it was sent.

    Raises Invalid for what is no mobile number.
    """
    kind = KINDS[template]
    if kind.audience != Audience.OUTSIDER:
        raise ValueError(f"{kind.code} is not for outsiders")
    try:
        number = plain_address(Channel.SMS, phone)
    except ValueError as why:
        raise Invalid({"phone": [_("请写 11 位手机号。")]}) from why
    notice = _notice(kind, facts, area_code, object_kind, object_id, now, None, secret)
    if drill:
        notice.facts[DRILL] = "yes"
    notice.save(force_insert=True)
    row = Delivery(notice=notice, channel=Channel.SMS, not_before=now, masked=mask(Channel.SMS, number))
    row.address, row.key_id = seal(number, kind="delivery", row_id=row.pk, now=now)
    row.save(force_insert=True)
    _wake([row], now)
    return notice


def _accounts(to: Recipient, now: datetime) -> list[Account]:
    if to.accounts:
        return list(Account.objects.filter(pk__in=to.accounts, is_active=True).order_by("pk"))
    if to.unit_id is not None:
        return people.members_of(to.unit_id, to.duty, now=now)
    return people.holders_of(to.duty, to.area_code, now=now)


def _to_account(
    kind: Kind,
    account: Account,
    to: Recipient,
    facts: Mapping[str, str],
    area_code: str,
    object_kind: str,
    object_id: UUID | None,
    now: datetime,
    mark: str | None,
    secret: Mapping[str, str] | None,
    only: Iterable[Channel] | None,
    drill: bool = False,
) -> Notice:
    language = account.language or settings.LANGUAGE_CODE
    habits = queries.preference(account.pk)
    wanted = tuple(only) if only is not None else queries.channels_of(habits, kind)
    if to.value:
        wanted = (Channel(to.channel),)
    notice = _notice(kind, facts, area_code or account.area_code, object_kind, object_id, now, mark, secret)
    notice.account = account
    if drill:
        notice.facts[DRILL] = "yes"
    if Channel.IN_APP in wanted:
        words = queries.wording(kind.code, Channel.IN_APP, language, now)
        if words is not None:
            notice.title = marked(words.title, notice.facts)[: TITLE_LIMIT * 3]
            notice.body = marked(words.body, notice.facts)[: BODY_LIMIT + 400]
    notice.save(force_insert=True)
    if notice.title:
        Delivery.objects.create(
            notice=notice, channel=Channel.IN_APP, state=DeliveryState.SENT, not_before=now, sent_at=now
        )
        events.told.emit(at=now, notice_id=notice.pk, account_id=account.pk, kind=kind.code)
    _queue_outside(notice, kind, account, habits, wanted, to, now)
    return notice


def _queue_outside(
    notice: Notice,
    kind: Kind,
    account: Account,
    habits: Preference,
    wanted: Iterable[Channel],
    to: Recipient,
    now: datetime,
) -> None:
    habit = queries.habit_of(habits)
    there = queries.confirmed(account.pk)
    rows = []
    for channel in wanted:
        if channel == Channel.IN_APP:
            continue
        row = Delivery(
            notice=notice,
            channel=channel,
            not_before=may_go_at(habit, kind, now),
            digest=collected(habit, kind),
        )
        if to.value:
            row.masked = mask(channel, to.value)
            row.address, row.key_id = seal(to.value, kind="delivery", row_id=row.pk, now=now)
        elif address_channel(channel) in there:
            row.masked = there[address_channel(channel)]
        else:
            continue  # where no address is kept there is nothing to tell of
        rows.append(row)
    Delivery.objects.bulk_create(rows)
    _wake(rows, now)


def _to_reporter(
    kind: Kind,
    contact_id: UUID,
    facts: Mapping[str, str],
    area_code: str,
    object_kind: str,
    object_id: UUID | None,
    now: datetime,
    once: str,
    secret: Mapping[str, str] | None,
) -> Notice | None:
    """None where the reporter does not want it, has erased the contact data, or was told already."""
    if kind.audience != Audience.REPORTER:
        raise ValueError(f"{kind.code} is not for reporters")
    if once and Notice.objects.filter(once=once).exists():
        return None
    masked = queries.reachable(contact_id)
    if masked is None or not _wanted(kind, queries.reporters_choice(contact_id)):
        return None
    notice = _notice(kind, facts, area_code, object_kind, object_id, now, once or None, secret)
    notice.contact_id = contact_id
    notice.save(force_insert=True)
    rows = _to_send(kind, notice, masked, now)
    Delivery.objects.bulk_create(rows)
    _wake(rows, now)
    return notice


def _wanted(kind: Kind, choice: ReporterChoice | None) -> bool:
    progress, openings = (choice.progress, choice.openings) if choice is not None else (True, False)
    return openings if kind.asked_only else progress


def _to_send(kind: Kind, notice: Notice, masked: str, now: datetime) -> list[Delivery]:
    when = may_go_at(REPORTERS_HABIT, kind, now)
    return [Delivery(notice=notice, channel=channel, not_before=when, masked=masked) for channel in kind.channels]


@transaction.atomic
def notify_reporters(
    *,
    template: str,
    to: Mapping[UUID, str],
    facts: Mapping[str, str],
    area_code: str,
    object_kind: str,
    object_id: UUID,
    now: datetime,
) -> int:
    """Tell many reporters the same, with the present transaction; says how many: a few statements for any number.

    `to`: each contact's id with the mark under which it is told `once`; who was told under it already, does not want
    it or cannot be reached is left out. Raises KeyError for an unknown kind.
    """
    kind = KINDS[template]
    if kind.audience != Audience.REPORTER:
        raise ValueError(f"{kind.code} is not for reporters")
    told = set(Notice.objects.filter(once__in=list(to.values())).values_list("once", flat=True))
    left = [one for one, mark in to.items() if mark not in told]
    reachable, choices = queries.reachable_many(left), queries.reporters_choices(left)
    notices, rows = [], []
    for one in left:
        if one in reachable and _wanted(kind, choices.get(one)):
            notice = _notice(kind, facts, area_code, object_kind, object_id, now, to[one], None)
            notice.contact_id = one
            notices.append(notice)
            rows += _to_send(kind, notice, reachable[one], now)
    Notice.objects.bulk_create(notices)
    Delivery.objects.bulk_create(rows)
    _wake(rows, now)
    return len(notices)


def _notice(
    kind: Kind,
    facts: Mapping[str, str],
    area_code: str,
    object_kind: str,
    object_id: UUID | None,
    now: datetime,
    mark: str | None,
    secret: Mapping[str, str] | None,
) -> Notice:
    known = {one.name for one in kind.facts if not one.secret}
    stray = set(facts) - known
    if stray or set(secret or ()) - {one.name for one in kind.facts if one.secret}:
        raise ValueError(f"{kind.code} knows no {', '.join(sorted(stray)) or 'such secret'}")
    with override(settings.LANGUAGE_CODE):  # what is kept is in the source language, whoever acts
        kept = {name: str(value)[:200] for name, value in facts.items()}
    notice = Notice(
        pk=uuid7(), kind=kind.code, facts=kept, area_code=area_code, object_kind=object_kind, object_id=object_id,
        made_at=now, once=mark, until=now + kind.lasts if kind.lasts is not None else None,
    )  # fmt: skip
    if secret:
        notice.secret, notice.key_id = seal_facts(secret, row_id=notice.pk, now=now)
    return notice


def _wake(rows: list[Delivery], now: datetime) -> None:
    """What may go at once is sent by a job of this transaction; the sweep takes what waits."""
    if any(one.not_before <= now for one in rows):
        # The job is named, not imported: jobs know actions.
        app.configure_task("notices.send", queue="notices").defer()


@transaction.atomic
def mark_read(*, notice_id: UUID, actor: Actor, now: datetime) -> Notice:
    """The person has seen it. Raises NotFound for anybody else's."""
    notice = queries.one_of_mine(notice_id, actor)
    if notice is None:
        raise NotFound("notice")
    if notice.read_at is None:
        notice.read_at = now
        notice.save(update_fields=["read_at"])
        events.told.emit(at=now, notice_id=notice.pk, account_id=actor.id, kind=notice.kind)
    return notice


@transaction.atomic
def mark_all_read(*, actor: Actor, now: datetime) -> int:
    """Everything under the person's bell is read; says how many."""
    if actor.id is None:
        return 0
    return Notice.objects.filter(account_id=actor.id, read_at=None, hidden_at=None).update(read_at=now)


@transaction.atomic
def hide_from_others(*, object_kind: str, object_id: UUID, seers: Iterable[UUID], now: datetime) -> int:
    """An object left the sight of all but `seers`: what others were told of it goes from their lists and the outbox."""
    rows = Notice.objects.filter(
        object_kind=object_kind, object_id=object_id, account_id__isnull=False, hidden_at=None
    ).exclude(account_id__in=set(seers))
    ids = list(rows.values_list("pk", flat=True))
    Delivery.objects.filter(notice_id__in=ids, state=DeliveryState.WAITING).update(state=DeliveryState.SKIPPED)
    return Notice.objects.filter(pk__in=ids).update(hidden_at=now, title="", body="", facts={})


@transaction.atomic
def call_off(notice_ids: Iterable[UUID], *, now: datetime) -> int:
    """What was to be told is over: what waits is not sent any more; says how many notices."""
    return Notice.objects.filter(pk__in=list(notice_ids), until__gt=now).update(until=now)
