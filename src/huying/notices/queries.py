"""Reads of notices: the words in force, a person's bell, what was sent about an object, what could not be sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from huying.kernel.actor import Actor, ActorKind
from huying.kernel.paging import Page
from huying.kernel.ready import ID, Fixed, Ready
from huying.notices.models import (
    Address,
    Delivery,
    DigestHours,
    Notice,
    Objection,
    Preference,
    PublicNotice,
    ReporterChoice,
    Wording,
)
from huying.notices.rules import (
    KINDS,
    Channel,
    DeliveryState,
    Habit,
    Kind,
    PublicState,
    WordingState,
)
from huying.notices.sealing import unseal
from huying.notices.shipped import LANGUAGE
from huying.people import queries as people
from huying.people.models import Consent, Contact
from huying.people.rules import Duty, Masked

# Words


def wording(kind: str, channel: str, language: str, now: datetime) -> Wording | None:
    """The words in force: the latest approved version in the language, else in Simplified Chinese; None without any."""
    rows = Wording.objects.filter(
        kind=kind,
        channel=channel,
        language__in={language.lower() or LANGUAGE, LANGUAGE},
        state=WordingState.APPROVED,
        in_force_from__lte=now,
    ).order_by("-in_force_from", "-version")
    found = list(rows)
    return next((one for one in found if one.language == language.lower()), found[0] if found else None)


def in_force(now: datetime) -> dict[tuple[str, str, str], Wording]:
    """All words in force, by kind, channel and language: one statement."""
    rows = Wording.objects.filter(state=WordingState.APPROVED, in_force_from__lte=now)
    return {(one.kind, one.channel, one.language): one for one in rows.order_by("in_force_from", "version")}


def versions(kind: str, channel: str, language: str) -> list[Wording]:
    """Every version of the words, the latest first."""
    return list(Wording.objects.filter(kind=kind, channel=channel, language=language).order_by("-version"))


def in_work() -> list[Wording]:
    """Drafts and what waits for approval, the oldest first."""
    return list(
        Wording.objects.filter(state__in=[WordingState.DRAFT, WordingState.SUBMITTED]).order_by("made_at", "pk")
    )


# A person's bell


def _mine(actor: Actor) -> QuerySet[Notice]:
    if actor.kind != ActorKind.PERSON or actor.id is None:
        return Notice.objects.none()
    return _bell(actor.id)


def _bell(account_id: UUID) -> QuerySet[Notice]:
    return Notice.objects.filter(account_id=account_id, hidden_at=None).exclude(title="")


def unread(actor: Actor) -> int:
    """How many notices the person has not read, counted to a hundred."""
    if actor.kind != ActorKind.PERSON or actor.id is None:
        return 0
    return len(_unread().fetch(account=actor.id))


@cache
def _unread() -> Ready:
    return Ready(_bell(ID).filter(read_at=None).order_by().values_list("pk")[:100], account=ID)


def mine(actor: Actor, *, only_unread: bool = False, page: Page[Notice]) -> list[Notice]:
    """The person's own notices, the newest first."""
    rows = _mine(actor)
    if only_unread:
        rows = rows.filter(read_at=None)
    return page.of([rows], order=("-made_at", "-pk"))


def one_of_mine(notice_id: UUID, actor: Actor) -> Notice | None:
    return _mine(actor).filter(pk=notice_id).first()


def preference(account_id: UUID) -> Preference:
    """How the person wants to hear; the default where nothing was chosen."""
    return Preference.objects.filter(pk=account_id).first() or Preference(account_id=account_id)


def habit_of(one: Preference) -> Habit:
    return Habit(one.quiet_from, one.quiet_until, one.digest, tuple(one.digest_times))


def channels_of(one: Preference, kind: Kind) -> tuple[Channel, ...]:
    """Where a notice of this kind goes to the person; the app always, what is fixed whatever was chosen."""
    chosen = one.channels.get(kind.code)
    if chosen is None or kind.fixed:
        return kind.channels
    inside = tuple(channel for channel in kind.channels if channel == Channel.IN_APP)
    return inside + tuple(channel for channel in Channel if channel != Channel.IN_APP and channel in chosen)


def addresses(account_id: UUID) -> dict[str, Address]:
    return {one.channel: one for one in Address.objects.filter(account_id=account_id).order_by("channel")}


def number_of(account_id: UUID) -> str:
    """The confirmed mobile number of a member of the staff, for a machine that dials it; "" where there is none."""
    row = Address.objects.filter(account_id=account_id, channel=Channel.SMS, confirmed_at__isnull=False).first()
    return unseal(bytes(row.value), kind="address", row_id=row.pk) if row is not None else ""


def confirmed(account_id: UUID) -> dict[str, str]:
    """The confirmed addresses of a person in their masked form, by channel."""
    rows = Address.objects.filter(account_id=account_id, confirmed_at__isnull=False)
    return dict(rows.values_list("channel", "masked"))


def reporters_choice(contact_id: UUID) -> ReporterChoice | None:
    return ReporterChoice.objects.filter(pk=contact_id).first()


def reachable(contact_id: UUID) -> str | None:
    """The masked phone of a reporter who may be written to; None where it is erased, or consent was taken back."""
    return reachable_many([contact_id]).get(contact_id)


def reachable_many(contact_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The masked phones of those reporters who may be written to: one statement."""
    agreed = Consent.objects.filter(contact_id=OuterRef("pk"), withdrawn_at=None)
    rows = Contact.objects.filter(Exists(agreed), pk__in=list(contact_ids), erased_at=None, phone_sealed__isnull=False)
    return {pk: f"*{tail}" if tail else "*" for pk, tail in rows.values_list("pk", "phone_tail")}


def reporters_choices(contact_ids: Iterable[UUID]) -> dict[UUID, ReporterChoice]:
    """What these reporters want to hear, of those who said so."""
    return {one.pk: one for one in ReporterChoice.objects.filter(pk__in=list(contact_ids))}


# What was sent about something


@dataclass(frozen=True)
class Sent:
    """One delivery as the page of its object tells it: to whom, what kind, how, when, and what came of it."""

    who: str
    kind: str
    channel: str
    masked: str
    state: str
    why: str
    made_at: datetime
    sent_at: datetime | None
    not_before: datetime
    read_at: datetime | None
    to_reporter: bool
    contact_id: UUID | None


_SENT = Fixed(
    lambda kind, objects: (
        Delivery.objects.filter(notice__object_kind=kind, notice__object_id__in=objects)
        .select_related("notice")
        .order_by("-notice__made_at", "-pk")[:200]
    )
)
_SENT_TO = Fixed(
    lambda kind, objects, contacts: (
        Delivery.objects.filter(
            notice__object_kind=kind, notice__object_id__in=objects, notice__contact_id__in=contacts
        )
        .select_related("notice")
        .order_by("-notice__made_at", "-pk")[:200]
    )
)


def of_object(kind: str, object_ids: Iterable[UUID], *, contact_ids: Iterable[UUID] | None = None) -> list[Sent]:
    """Deliveries about these objects, the latest first. The caller has checked that the viewer may see the objects.

    With `contact_ids`: only what went to these reporters (the reporter's own page). Names are those of the staff;
    reporters are masked.
    """
    objects = list(object_ids)
    found = _SENT(kind, objects) if contact_ids is None else _SENT_TO(kind, objects, list(contact_ids))
    names = people.names_of(one.notice.account_id for one in found if one.notice.account_id)
    masks = people.masked(one.notice.contact_id for one in found if one.notice.contact_id)
    return [
        Sent(
            who=_who(one, names, masks),
            kind=one.notice.kind,
            channel=one.channel,
            masked=one.masked,
            state=one.state,
            why=one.why,
            made_at=one.notice.made_at,
            sent_at=one.sent_at,
            not_before=one.not_before,
            read_at=one.notice.read_at,
            to_reporter=one.notice.contact_id is not None,
            contact_id=one.notice.contact_id,
        )
        for one in found
    ]


def _who(one: Delivery, names: dict[UUID, str], masks: dict[UUID, Masked]) -> str:
    if one.notice.account_id is not None:
        return names.get(one.notice.account_id, "")
    return masks[one.notice.contact_id].name if one.notice.contact_id in masks else ""


# What could not be sent


def dead(viewer: Actor, *, page: Page[Delivery]) -> list[Delivery]:
    """Deliveries that were given up, the latest first: those about areas that the viewer administers."""
    rows = Delivery.objects.filter(state=DeliveryState.DEAD).select_related("notice", "notice__account")
    if viewer.kind == ActorKind.SYSTEM:
        return page.of([rows], order=("-dead_at", "-pk"))
    reach = [rows.filter(notice__area_code__startswith=code) for code in viewer.areas(Duty.ADMIN_MATTERS)]
    return page.of(reach, order=("-dead_at", "-pk"))


def outbox(now: datetime) -> dict[str, int]:
    """How full the outbox is, for the page of the administrator and the metrics."""
    counts = Delivery.objects.aggregate(
        due=Count("pk", filter=Q(state=DeliveryState.WAITING, not_before__lte=now)),
        later=Count("pk", filter=Q(state=DeliveryState.WAITING, not_before__gt=now)),
        dead=Count("pk", filter=Q(state=DeliveryState.DEAD)),
    )
    return {name: int(count) for name, count in counts.items()}


# Public notices

SHOWN = (PublicState.PUBLISHED, PublicState.CLOSED)


def _reach(area_code: str) -> Q:
    """Papers put up for an area: at it, above it, and anywhere within."""
    return Q(area_code__startswith=area_code) | Q(
        area_code__in=[area_code[:length] for length in range(1, len(area_code))]
    )


def published(area_code: str, *, now: datetime, kind: str = "", page: Page[PublicNotice]) -> list[PublicNotice]:
    """What everybody may read for an area, the newest first."""
    rows = PublicNotice.objects.filter(_reach(area_code), state__in=SHOWN, begins_at__lte=now)
    if kind:
        rows = rows.filter(kind=kind)
    return page.of([rows], order=("-begins_at", "-pk"))


def public_for_all(public_id: UUID, now: datetime) -> PublicNotice | None:
    return PublicNotice.objects.filter(pk=public_id, state__in=SHOWN, begins_at__lte=now).first()


def publics(viewer: Actor, *, state: str = "", page: Page[PublicNotice]) -> list[PublicNotice]:
    """Papers in the areas where the viewer drafts or decides, the latest changed first."""
    rows = PublicNotice.objects.all()
    if state:
        rows = rows.filter(state=state)
    codes = dict.fromkeys(viewer.areas(Duty.DISPATCH) + viewer.areas(Duty.DECIDE))
    return page.of([rows.filter(area_code__startswith=code) for code in codes], order=("-changed_at", "-pk"))


def public_for(public_id: UUID, viewer: Actor) -> PublicNotice | None:
    """One paper for staff; None outside the areas where the viewer drafts or decides."""
    found = PublicNotice.objects.filter(pk=public_id).first()
    if found is None:
        return None
    may = viewer.may(Duty.DISPATCH, found.area_code) or viewer.may(Duty.DECIDE, found.area_code)
    return found if may else None


def objections(public_id: UUID) -> list[Objection]:
    """What was objected, the oldest first."""
    return list(Objection.objects.filter(public_id=public_id).order_by("received_at", "pk"))


def objection_by(code_hash: str) -> Objection | None:
    return Objection.objects.filter(code_hash=code_hash).select_related("public").first()


def kind_of(code: str) -> Kind | None:
    return KINDS.get(code)


# Digests


def digest_hours() -> dict[str, tuple[int, ...]]:
    """The times of digests, in minutes of the day, by area: few rows."""
    return {area: tuple(minutes) for area, minutes in DigestHours.objects.values_list("area_code", "minutes")}


def digest_minutes(hours: Mapping[str, tuple[int, ...]], area_code: str) -> tuple[int, ...]:
    """The times that hold for a place: of the smallest area around it that has its own."""
    around = (area_code[:length] for length in range(len(area_code), 0, -1))
    return next((hours[one] for one in around if one in hours), ())


def digests(viewer: Actor) -> list[DigestHours]:
    """The times of the areas that the viewer administers."""
    condition = Q(pk__in=[])
    for code in viewer.areas(Duty.ADMIN_MATTERS):
        condition |= Q(area_code__startswith=code)
    return list(DigestHours.objects.filter(condition).order_by("area_code"))
