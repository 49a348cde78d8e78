"""Reads of people: who acts, who answers for what, who keeps away, and reporters in their masked form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from uuid import UUID

from django.db.models import FilteredRelation, Q, QuerySet
from django.utils.translation import gettext as _

from huying.kernel.actor import Actor, ActorKind, Granted
from huying.kernel.paging import Page
from huying.kernel.ready import ID, MOMENT, Ready, columns_of
from huying.people import consent
from huying.people.models import (
    Account,
    Appointment,
    Away,
    ConsentText,
    Contact,
    ContactOpening,
    GrantRequest,
    HelpProject,
    Organisation,
    Recognition,
    Recusal,
    Responsibility,
    Role,
    RoleGrant,
    Talent,
)
from huying.people.rules import Claim, Duty, Masked, Post, Recused, prefixes, ranked
from huying.people.rules.registers import HelpState, RequestState
from huying.people.talent_codes import hash_of
from huying.places.models import Area, Building


def running(now: datetime) -> Q:
    """Rows whose term runs at an instant (`rules.in_term`, as a condition)."""
    return Q(since__lte=now) & (Q(until__isnull=True) | Q(until__gt=now))


def actor_for(account: Account, now: datetime) -> Actor:
    """The person as one who acts at this instant, in two statements.

    A grant counts if, and only if, its term runs and its role is in use; one for a unit counts only
    while the person also holds a post in that unit. An account that is closed may do nothing.
    """
    if not account.is_active:
        return Actor(kind=ActorKind.PERSON, id=account.pk, label=account.label, name=account.name)
    posts = _present_posts().fetch(account=account.pk, now=now)
    units = tuple(dict.fromkeys(unit_id for unit_id, _post, _name in posts))
    grants = tuple(
        _granted(tuple(duties), area_code, unit_id)
        for duties, area_code, unit_id in _present_grants().fetch(account=account.pk, now=now)
        if unit_id is None or unit_id in units
    )
    post = " · ".join(filter(None, [str(Post(posts[0][1]).label), posts[0][2]])) if posts else ""
    return Actor(
        kind=ActorKind.PERSON, id=account.pk, label=account.label, units=units, grants=grants, name=account.name,
        post=post,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _granted(duties: tuple[str, ...], area_code: str, unit_id: UUID | None) -> Granted:
    """The same object for the same grant: what is kept for a viewer is kept under all that they were granted."""
    return Granted(frozenset(duties), area_code, unit_id)


@cache
def _present_posts() -> Ready:
    rows = Appointment.objects.filter(running(MOMENT), account_id=ID, organisation__active=True)
    told = rows.order_by("since", "pk").values_list("organisation_id", "post", "organisation__short_name")
    return Ready(told, account=ID, now=MOMENT)


@cache
def _present_grants() -> Ready:
    rows = RoleGrant.objects.filter(running(MOMENT), account_id=ID, role__active=True)
    told = rows.order_by("since", "pk").values_list("role__duties", "area_code", "unit_id")
    return Ready(told, account=ID, now=MOMENT)


def account(account_id: UUID) -> Account | None:
    return Account.objects.filter(pk=account_id).first()


def demo_accounts() -> list[Account]:
    """The accounts that a demo offers with one click, in the order they were made."""
    return list(Account.objects.filter(is_active=True).exclude(demo_role="").order_by("created_at", "pk"))


def names_of(account_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names of staff for staff's pages; the caller shows only people of rows that the viewer may see."""
    return dict(Account.objects.filter(pk__in=set(account_ids)).values_list("pk", "name"))


@dataclass(frozen=True)
class Named:
    """A member of the staff as staff's pages say it: 何模拟（所长），排水养护所."""

    name: str
    post: str = ""
    unit: str = ""

    def __str__(self) -> str:
        return _("%(name)s（%(post)s）") % {"name": self.name, "post": self.post} if self.post else self.name


def named(account_ids: Iterable[UUID]) -> dict[UUID, Named]:
    """Names of staff with one present post each: one statement. For pages of rows that the viewer may see."""
    rows = _named().fetch(ids=tuple(set(account_ids)))
    return {
        account_id: Named(name, str(Post(post).label) if post else "", unit or "")
        for account_id, name, post, unit in rows
    }


@cache
def _named() -> Ready:
    rows = (
        Account.objects.filter(pk__in=[ID])
        .annotate(held=FilteredRelation("appointments", condition=Q(appointments__until__isnull=True)))
        .order_by("pk", "-held__since", "-held__pk")
    )
    return Ready(rows.values_list("pk", "name", "held__post", "held__organisation__short_name"), ids=ID)


def posts_of(account_id: UUID, now: datetime) -> list[Appointment]:
    """A person's present posts, the oldest first."""
    return list(
        Appointment.objects.filter(running(now), account_id=account_id, organisation__active=True)
        .select_related("organisation")
        .order_by("since", "pk")
    )


def unit(unit_id: UUID) -> Organisation | None:
    return Organisation.objects.filter(pk=unit_id).first()


def units(unit_ids: Iterable[UUID]) -> dict[UUID, Organisation]:
    return Organisation.objects.in_bulk(set(unit_ids))


def units_in(area_code: str) -> list[Organisation]:
    """Units at work whose area begins with this code, the highest tier first."""
    return _units_in(area_code).objects(Organisation, _UNIT)


def units_for(area_code: str, *, beside: str) -> list[Organisation]:
    """Units at work above or at a place, and all within the area `beside`; the nearest tier last."""
    return _units_for(area_code, beside).objects(Organisation, _UNIT)


_UNIT = columns_of(Organisation)


@lru_cache(maxsize=512)
def _units_in(area_code: str) -> Ready:
    rows = Organisation.objects.filter(active=True, area_code__startswith=area_code).order_by("area_code", "name", "pk")
    return Ready(rows.values_list(*_UNIT))


@lru_cache(maxsize=512)
def _units_for(area_code: str, beside: str) -> Ready:
    reach = Q(area_code__in=prefixes(area_code)) | Q(area_code__startswith=beside)
    rows = Organisation.objects.filter(reach, active=True).order_by("area_code", "name", "pk")
    return Ready(rows.values_list(*_UNIT))


def responsible_units(matter_code: str, area_code: str) -> list[Organisation]:
    """Units that answer for a matter in a place: finest area first, then finest matter, then order. One statement."""
    rows = list(
        Responsibility.objects.filter(
            unit__active=True, area_code__in=prefixes(area_code), matter_code__in=prefixes(matter_code)
        ).select_related("unit")
    )
    found = {row.unit_id: row.unit for row in rows}
    claims = (Claim(row.unit_id, row.area_code, row.matter_code, row.order) for row in rows)
    return [found[unit_id] for unit_id in ranked(claims, matter_code, area_code)]


class DutyBook:
    """All lines of responsibility, read once: `responsible_units` without a statement, for builders of whole worlds."""

    def __init__(self) -> None:
        self._claims: dict[tuple[str, str], list[Claim]] = {}
        self._units: dict[UUID, Organisation] = {}
        for row in Responsibility.objects.filter(unit__active=True).select_related("unit").order_by("pk"):
            claim = Claim(row.unit_id, row.area_code, row.matter_code, row.order)
            self._claims.setdefault((row.area_code, row.matter_code), []).append(claim)
            self._units[row.unit_id] = row.unit

    def responsible_units(self, matter_code: str, area_code: str) -> list[Organisation]:
        fitting = [
            claim
            for area in prefixes(area_code)
            for matter in prefixes(matter_code)
            for claim in self._claims.get((area, matter), ())
        ]
        return [self._units[unit_id] for unit_id in ranked(fitting, matter_code, area_code)]


def members_of(unit_id: UUID, duty: str | None = None, *, now: datetime | None = None) -> list[Account]:
    """People with a post in a unit at `now` (not given: a post without an end), by name.

    With a duty: only those who hold it for this unit, or over the unit's own area.
    """
    at = Q(until__isnull=True) if now is None else running(now)
    people = Account.objects.filter(
        is_active=True, pk__in=Appointment.objects.filter(at, organisation_id=unit_id).values("account_id")
    )
    if duty is not None:
        one = unit(unit_id)
        if one is None:
            return []
        wide = Q(unit__isnull=True, area_code__in=prefixes(one.area_code))
        holders = RoleGrant.objects.filter(at, wide | Q(unit_id=unit_id), role__active=True)
        people = people.filter(pk__in=holders.filter(role__duties__contains=[str(duty)]).values("account_id"))
    return list(people.order_by("name", "pk"))


def away_on(account_ids: Iterable[UUID], day: date) -> dict[UUID, date]:
    """Who of these people is away on a day, and until when."""
    return dict(Away.objects.filter(account_id__in=set(account_ids), until__gte=day).values_list("account_id", "until"))


def holders_of(duty: str, area_code: str, *, now: datetime) -> list[Account]:
    """People who hold a duty over an area at `now` (grants for a unit are not counted), by name."""
    grants = RoleGrant.objects.filter(
        running(now),
        unit__isnull=True,
        role__active=True,
        role__duties__contains=[str(duty)],
        area_code__in=prefixes(area_code),
    )
    return list(Account.objects.filter(is_active=True, pk__in=grants.values("account_id")).order_by("name", "pk"))


def recused(object_ids: Iterable[UUID]) -> dict[UUID, Recused]:
    """Who keeps away, by object; objects without any recusal are left out."""
    units_by: dict[UUID, set[UUID]] = {}
    accounts_by: dict[UUID, set[UUID]] = {}
    for object_id, unit_id, account_id in Recusal.objects.filter(object_id__in=set(object_ids)).values_list(
        "object_id", "unit_id", "account_id"
    ):
        if unit_id is not None:
            units_by.setdefault(object_id, set()).add(unit_id)
        if account_id is not None:
            accounts_by.setdefault(object_id, set()).add(account_id)
    return {
        object_id: Recused(frozenset(units_by.get(object_id, ())), frozenset(accounts_by.get(object_id, ())))
        for object_id in units_by.keys() | accounts_by.keys()
    }


def recusals_touching(viewer: Actor) -> QuerySet[Recusal]:
    """Recusals of the viewer's units or of the viewer: what lists subtract (`object_id` of these rows)."""
    return Recusal.objects.filter(Q(unit_id__in=viewer.bodies) | Q(account_id=viewer.id, account__isnull=False))


def masked(contact_ids: Iterable[UUID]) -> dict[UUID, Masked]:
    """Reporters as lists show them; nothing is unsealed for it."""
    return {row.pk: masked_of(row) for row in Contact.objects.filter(pk__in=set(contact_ids))}


def masked_of(contact: Contact) -> Masked:
    if contact.erased_at is not None:
        return Masked(_("资料已删除"), "")
    if contact.phone_tail:
        phone = _("尾号 %(digits)s") % {"digits": contact.phone_tail}
    else:
        phone = _("已留电话") if contact.phone_sealed is not None else ""
    return Masked(contact.name_mask or _("未留姓名"), phone)


def openings_of(contact_id: UUID) -> list[ContactOpening]:
    """Who looked at a reporter's contact data, and why, the latest first. Made for the reporter:

    show time, purpose and unit; the person who looked stays an id.
    """
    return list(ContactOpening.objects.filter(contact_id=contact_id).select_related("unit").order_by("-at", "-pk"))


def talent_by_code(code: str) -> Talent | None:
    """The own entry of whoever holds its code; None where there is none or the word was taken back."""
    return Talent.objects.filter(code_hash=hash_of(code), withdrawn_at=None).first()


def talent_of_holder(talent_id: UUID) -> Talent | None:
    """An entry by its key, for the browser that gave its code."""
    return Talent.objects.select_related("contact").filter(pk=talent_id, withdrawn_at=None).first()


def current_consent_text(language: str = "zh-hans") -> ConsentText:
    """The words to show where contact data is asked for; not saved yet where nobody has agreed to them."""
    one = consent.shipped(consent.CURRENT, language)
    assert one is not None  # a test holds that the current version is shipped
    return ConsentText(version=one.version, language=one.language, text=one.text)


def roles() -> list[Role]:
    return list(Role.objects.filter(active=True).order_by("code"))


def directory(viewer: Actor, *, now: datetime) -> list[Appointment]:
    """Present posts with person and unit.

    A post is included if, and only if, it lies in an area that the viewer reads, or in a unit of the viewer.
    """
    seen = Q(organisation_id__in=viewer.units)
    for code in viewer.areas(Duty.READ) + viewer.areas(Duty.ADMIN_PEOPLE):
        seen |= Q(area_code__startswith=code)
    if viewer.kind == ActorKind.SYSTEM:
        seen = Q()
    return list(
        Appointment.objects.filter(running(now), seen, account__is_active=True, organisation__active=True)
        .select_related("account", "organisation")
        .order_by("organisation__area_code", "organisation__name", "since", "pk")
    )


def grants_with_post(appointment: Appointment, *, now: datetime) -> list[RoleGrant]:
    """The grants that belong to a post: given with it, for its unit, or over its area; all of a person's only post."""
    grants = RoleGrant.objects.filter(running(now), account_id=appointment.account_id).select_related("role", "unit")
    others = Appointment.objects.filter(running(now), account_id=appointment.account_id).exclude(pk=appointment.pk)
    belongs = Q(appointment_id=appointment.pk) | Q(unit_id=appointment.organisation_id)
    if others.exists():
        belongs |= Q(appointment=None, unit=None, area_code__startswith=appointment.area_code)
    else:
        belongs |= Q(appointment=None)
    if others.filter(organisation_id=appointment.organisation_id).exists():
        # Another post in the same unit stays with the person, and what is for the unit with it.
        belongs &= ~Q(appointment=None, unit_id=appointment.organisation_id)
    return list(grants.filter(belongs).order_by("area_code", "role_id", "pk"))


def requests_waiting(viewer: Actor) -> list[GrantRequest]:
    """Sensitive roles that somebody asked for in areas where the viewer asks, decides or audits; the oldest first."""
    seen = Q(pk__in=[])
    for duty in (Duty.ADMIN_PEOPLE, Duty.SECURE, Duty.LEAD, Duty.AUDIT):
        for code in viewer.areas(duty):
            seen |= Q(area_code__startswith=code)
    return list(
        GrantRequest.objects.filter(seen, state=RequestState.ASKED)
        .select_related("account", "role", "unit")
        .order_by("asked_at", "pk")
    )


def grants_in(
    viewer: Actor, *, role_code: str = "", words: str = "", now: datetime, page: Page[RoleGrant]
) -> list[RoleGrant]:
    """Grants in force over areas where the viewer hands out, looks over or audits, the latest first."""
    grants = RoleGrant.objects.filter(running(now)).select_related("account", "role", "unit")
    if role_code:
        grants = grants.filter(role_id=role_code)
    if words:
        grants = grants.filter(Q(account__name__icontains=words) | Q(account__username__icontains=words))
    codes = {code for duty in (Duty.ADMIN_PEOPLE, Duty.SECURE, Duty.AUDIT) for code in viewer.areas(duty)}
    return page.of([grants.filter(area_code__startswith=code) for code in sorted(codes)], order=("-since", "pk"))


def tree_under(area_codes: Iterable[str], *, kinds: Iterable[str] | None = None) -> list[Organisation]:
    """Units at work in these areas, with what their tree needs, in the order of areas and names."""
    seen = Q(pk__in=[])
    for code in area_codes:
        seen |= Q(area_code__startswith=code)
    units = Organisation.objects.filter(seen, active=True)
    if kinds is not None:
        units = units.filter(kind__in=list(kinds))
    return list(units.order_by("area_code", "name", "pk"))


def recognitions_of(account_id: UUID) -> list[Recognition]:
    """What a person got as a head, the latest first: for the person's own page."""
    return list(
        Recognition.objects.filter(appointment__account_id=account_id)
        .select_related("appointment__organisation")
        .order_by("-on", "-pk")
    )


def households_in(codes: Iterable[str]) -> int | None:
    """Households in these grids and buildings, a place within another counted once; None where nothing is known."""
    named = sorted(set(codes))
    kept = [code for code in named if not any(code != other and code.startswith(other) for other in named)]
    found: dict[str, int] = dict(Building.objects.filter(code__in=kept).values_list("code", "households"))
    found |= dict(Area.objects.filter(code__in=kept, valid_to=None).values_list("code", "households"))
    return sum(found.values()) or None


def projects_led(appointment: Appointment) -> int:
    """Open help projects that the holder of a post leads in the post's area."""
    return HelpProject.objects.filter(
        lead_id=appointment.account_id,
        area_code__startswith=appointment.area_code,
        state__in=[HelpState.RUNNING, HelpState.DELIVERED],
    ).count()
