"""Who can see this, and what can this person see: read from the same grants that decide it.

Upper apps say how things of theirs are seen (`add_sight`); the answer is checked against their own queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from huying.kernel.actor import Actor, ActorKind, Granted
from huying.kernel.refusals import NotFound
from huying.kernel.terms import Label
from huying.people.models import Account, Appointment, GrantRequest, Organisation, RoleGrant
from huying.people.queries import running
from huying.people.rules import Duty, Post, prefixes
from huying.people.rules.registers import SENSITIVE, RequestState

# Who may ask: whoever hands out grants, looks over them, or audits.
ASKERS = (Duty.ADMIN_PEOPLE, Duty.SECURE, Duty.AUDIT)


@dataclass(frozen=True)
class Sight:
    """How one thing of an upper app is seen: where it lies, whose orders hang on it, and the test itself."""

    title: Label
    area_code: str
    units: tuple[UUID, ...]
    accounts: tuple[UUID, ...]
    sees: Callable[[Actor], bool]


# kind -> by the number or id that a person types; None where the viewer may not ask about it
SIGHTS: dict[str, Callable[[Actor, str], Sight | None]] = {}


def add_sight(kind: str, find: Callable[[Actor, str], Sight | None]) -> None:
    SIGHTS[kind] = find


@dataclass(frozen=True)
class Way:
    """One way by which a person sees something: a grant, a unit's order, or what the person took down."""

    role: str
    area_code: str
    unit: str = ""
    until: datetime | None = None
    sensitive: bool = False
    by_two: bool = False
    order: bool = False
    own: bool = False


@dataclass
class Seer:
    """A person who sees, with every way."""

    account: Account
    post: str = ""
    ways: list[Way] = field(default_factory=list)


@dataclass
class Seers:
    """Who sees an area: wholly, a part of it, or only what was handed to the own unit."""

    whole: list[Seer] = field(default_factory=list)
    part: list[Seer] = field(default_factory=list)
    orders: list[Seer] = field(default_factory=list)


def may_ask(viewer: Actor, area_code: str) -> bool:
    return viewer.kind == ActorKind.SYSTEM or any(viewer.may(duty, area_code) for duty in ASKERS)


def who_sees_area(area_code: str, *, viewer: Actor, now: datetime) -> Seers:
    """Everybody who reads an area, by which grant. NotFound where the viewer may not ask.

    A grant counts as in `queries.actor_for`: its term runs, its role is in use, and a grant for a unit only while
    the person holds a post there.
    """
    if not may_ask(viewer, area_code):
        raise NotFound("area")
    seers = Seers()
    above = Q(area_code__in=prefixes(area_code))
    reading = Q(unit__isnull=True, role__duties__contains=[Duty.READ.value])
    _gather(seers.whole, _grants(above & reading, now), now)
    whole = {one.account.pk for one in seers.whole}
    below = Q(area_code__startswith=area_code) & ~Q(area_code=area_code)
    _gather(seers.part, _grants(below & reading & ~Q(account__in=whole), now), now)
    bound = Q(unit__isnull=False, unit__active=True, role__duties__contains=[Duty.HANDLE.value])
    _gather(seers.orders, _grants(bound & (above | below) & ~Q(account__in=whole), now), now)
    return seers


def who_sees(sight: Sight, *, now: datetime) -> list[Seer]:
    """Everybody who sees one thing: those whom grants, units' orders or their own hand bring near, and whom the
    thing's own query lets in. Nobody is left out: other ways do not exist.
    """
    near = set(
        RoleGrant.objects.filter(running(now), role__active=True, unit__isnull=True)
        .filter(area_code__in=prefixes(sight.area_code))
        .values_list("account_id", flat=True)
    )
    near |= set(
        Appointment.objects.filter(
            running(now), organisation__active=True, organisation_id__in=sight.units
        ).values_list("account_id", flat=True)
    )
    near |= set(sight.accounts)
    accounts = list(Account.objects.filter(pk__in=near, is_active=True).order_by("name", "pk"))
    found = []
    actors = actors_for(accounts, now)
    names = dict(Organisation.objects.filter(pk__in=sight.units).values_list("pk", "short_name"))
    for account in accounts:
        actor = actors[account.pk]
        if not sight.sees(actor):
            continue
        seer = Seer(account, actor.post)
        for grant in RoleGrant.objects.filter(
            running(now), account=account, role__active=True, unit__isnull=True,
            area_code__in=prefixes(sight.area_code),
        ).select_related("role"):  # fmt: skip
            if {Duty.READ, Duty.CONFIDENTIAL, Duty.SUPERVISE} & set(grant.role.duties):
                seer.ways.append(_way(grant))
        seer.ways += [Way("", sight.area_code, unit=names[one], order=True) for one in actor.units if one in names]
        if account.pk in sight.accounts:
            seer.ways.append(Way("", sight.area_code, own=True))
        found.append(seer)
    return found


def actors_for(accounts: Iterable[Account], now: datetime) -> dict[UUID, Actor]:
    """`queries.actor_for` for many people, in two statements."""
    people = {one.pk: one for one in accounts}
    posts: dict[UUID, list[tuple[UUID, str, str]]] = {}
    for account_id, unit_id, post, unit in (
        Appointment.objects.filter(running(now), account__in=people, organisation__active=True)
        .order_by("since", "pk")
        .values_list("account_id", "organisation_id", "post", "organisation__short_name")
    ):
        posts.setdefault(account_id, []).append((unit_id, post, unit))
    grants: dict[UUID, list[Granted]] = {}
    for account_id, duties, area_code, unit_id in (
        RoleGrant.objects.filter(running(now), account__in=people, role__active=True)
        .order_by("since", "pk")
        .values_list("account_id", "role__duties", "area_code", "unit_id")
    ):
        if unit_id is None or any(unit_id == one for one, _post, _unit in posts.get(account_id, [])):
            grants.setdefault(account_id, []).append(Granted(frozenset(duties), area_code, unit_id))
    return {
        pk: Actor(
            kind=ActorKind.PERSON,
            id=pk,
            label=one.label,
            units=tuple(dict.fromkeys(unit_id for unit_id, _post, _unit in posts.get(pk, []))),
            grants=tuple(grants.get(pk, [])),
            name=one.name,
            post=_post_words(posts.get(pk, [])),
        )
        if one.is_active
        else Actor(kind=ActorKind.PERSON, id=pk, label=one.label, name=one.name)
        for pk, one in people.items()
    }


@dataclass(frozen=True)
class Held:
    """All that one person holds: posts, grants with what they open, requests that wait, and what has ended."""

    account: Account
    posts: list[Appointment]
    grants: list[RoleGrant]
    idle: list[RoleGrant]  # for a unit in which the person holds no post now: they open nothing
    waiting: list[GrantRequest]
    ended: list[RoleGrant]

    @property
    def duties(self) -> list[tuple[Duty, list[str]]]:
        """Each duty with the areas (or units) over which it is held."""
        found: dict[str, list[RoleGrant]] = {}
        for grant in self.grants:
            for duty in grant.role.duties:
                found.setdefault(duty, []).append(grant)
        return [(duty, list(dict.fromkeys(one.area_code for one in found[duty]))) for duty in Duty if duty in found]


def held_by(account_id: UUID, *, viewer: Actor, now: datetime) -> Held:
    """What a person holds and sees: for the person, and for whoever may ask over the person's area."""
    account = Account.objects.filter(pk=account_id).first()
    if account is None or (viewer.id != account.pk and not may_ask(viewer, account.area_code)):
        raise NotFound("account")
    grants = list(
        RoleGrant.objects.filter(account=account).select_related("role", "unit").order_by("area_code", "role_id", "pk")
    )
    posts = list(
        Appointment.objects.filter(running(now), account=account, organisation__active=True)
        .select_related("organisation")
        .order_by("since", "pk")
    )
    units = {one.organisation_id for one in posts}
    present = [one for one in grants if one.since <= now and (one.until is None or one.until > now) and one.role.active]
    return Held(
        account,
        posts,
        [one for one in present if account.is_active and (one.unit_id is None or one.unit_id in units)],
        [one for one in present if not account.is_active or (one.unit_id is not None and one.unit_id not in units)],
        list(
            GrantRequest.objects.filter(account=account, state=RequestState.ASKED)
            .select_related("role", "unit")
            .order_by("asked_at", "pk")
        ),
        [one for one in grants if one.until is not None and one.until <= now][-20:],
    )


def _grants(condition: Q, now: datetime) -> list[RoleGrant]:
    return list(
        RoleGrant.objects.filter(running(now), condition, role__active=True, account__is_active=True)
        .select_related("account", "role", "unit")
        .order_by("account__name", "account_id", "area_code", "role_id", "pk")
    )


def _gather(seers: list[Seer], grants: list[RoleGrant], now: datetime) -> None:
    posts: dict[UUID, list[tuple[UUID, str, str]]] = {}
    for account_id, unit_id, post, unit in (
        Appointment.objects.filter(
            running(now), account__in={one.account_id for one in grants}, organisation__active=True
        )
        .order_by("since", "pk")
        .values_list("account_id", "organisation_id", "post", "organisation__short_name")
    ):
        posts.setdefault(account_id, []).append((unit_id, post, unit))
    found: dict[UUID, Seer] = {}
    for grant in grants:
        held = posts.get(grant.account_id, [])
        if grant.unit_id is not None and all(unit_id != grant.unit_id for unit_id, _post, _unit in held):
            continue
        seer = found.setdefault(grant.account_id, Seer(grant.account, _post_words(held)))
        seer.ways.append(_way(grant))
    seers.extend(found.values())


def _way(grant: RoleGrant) -> Way:
    return Way(
        grant.role.name,
        grant.area_code,
        unit=grant.unit.short_name if grant.unit is not None else "",
        until=grant.until,
        sensitive=bool(SENSITIVE & set(grant.role.duties)),
        by_two=grant.confirmed_by is not None,
    )


def _post_words(posts: list[tuple[UUID, str, str]]) -> str:
    if not posts:
        return ""
    _unit_id, post, unit = posts[0]
    return " · ".join(filter(None, [str(Post(post).label), unit]))
