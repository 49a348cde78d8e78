"""Reads of sign-in: factors of a person, where a person is signed in, who watches whom, reviews."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Count, F, Max, Q, QuerySet
from django.utils.timezone import localtime

from huying.access import channels, sealing
from huying.access.models import (
    CodeAddress,
    DutyUse,
    Factor,
    FactorReset,
    ForcedRole,
    Link,
    RecoveryCode,
    Review,
    ReviewItem,
    SignIn,
    Tries,
)
from huying.access.rules import (
    MAY,
    WATCHERS,
    Act,
    FactorKind,
    ResetState,
    Way,
    is_unused,
    locked_until,
    review_order,
    telling_duties,
)
from huying.audit.models import History
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.paging import Page
from huying.people.models import Account, RoleGrant
from huying.people.queries import running

# ---- a person's own


@dataclass(frozen=True)
class Security:
    """What a person signs in with."""

    totp: Factor | None = None
    passkeys: tuple[Factor, ...] = ()
    addresses: tuple[CodeAddress, ...] = ()  # confirmed, with a channel that works
    recovery_left: int = 0
    forced: bool = False

    @property
    def ways(self) -> list[Way]:
        """How the second step can be taken; recovery codes alone are no factor."""
        found = []
        if self.totp is not None:
            found.append(Way.TOTP)
        if self.passkeys:
            found.append(Way.PASSKEY)
        if self.addresses:
            found.append(Way.CODE)
        if found and self.recovery_left:
            found.append(Way.RECOVERY)
        return found

    @property
    def count(self) -> int:
        return (self.totp is not None) + len(self.passkeys) + len(self.addresses)


def security_of(account_id: UUID, now: datetime) -> Security:
    factors = list(Factor.objects.filter(account_id=account_id, confirmed_at__isnull=False).order_by("added_at", "pk"))
    return Security(
        totp=next((one for one in factors if one.kind == FactorKind.TOTP), None),
        passkeys=tuple(one for one in factors if one.kind == FactorKind.PASSKEY),
        addresses=tuple(
            CodeAddress.objects.filter(
                account_id=account_id, confirmed_at__isnull=False, channel__in=list(channels.CHANNELS)
            ).order_by("channel")
        ),
        recovery_left=RecoveryCode.objects.filter(account_id=account_id, used_at=None).count(),
        forced=is_forced(account_id, now),
    )


def is_forced(account_id: UUID, now: datetime) -> bool:
    """Whether one of the person's present roles asks for a second step."""
    return RoleGrant.objects.filter(
        running(now), account_id=account_id, role__active=True, role_id__in=ForcedRole.objects.values("role_code")
    ).exists()


def pending_totp(account_id: UUID) -> tuple[Factor, bytes] | None:
    """The app that is being set up, with its secret, for the page that shows it."""
    factor = Factor.objects.filter(account_id=account_id, kind=FactorKind.TOTP, confirmed_at=None).first()
    if factor is None or factor.secret_sealed is None:
        return None
    return factor, bytes.fromhex(sealing.opened("totp", factor.pk, factor.secret_sealed))


def pending_addresses(account_id: UUID) -> list[CodeAddress]:
    return list(CodeAddress.objects.filter(account_id=account_id, confirmed_at=None).order_by("channel"))


def second_locked_until(account_id: UUID, now: datetime) -> datetime | None:
    row = Tries.objects.filter(pk=account_id).first()
    return locked_until(row.failures, row.last_at, now) if row is not None else None


def passkey_owner(credential_id: bytes) -> Account | None:
    factor = (
        Factor.objects.filter(credential_id=credential_id, confirmed_at__isnull=False).select_related("account").first()
    )
    return factor.account if factor is not None and factor.account.is_active else None


def account_of_subject(issuer: str, subject: str) -> Account | None:
    """Whose account it is that an administrator bound to this name of the other directory."""
    link = (
        Link.objects.filter(issuer=issuer, subject_hash=sealing.hashed("subject", issuer, subject))
        .select_related("account")
        .first()
    )
    return link.account if link is not None and link.account.is_active else None


def open_sign_ins(account_id: UUID, now: datetime) -> list[SignIn]:
    """Where a person is signed in now, the latest first."""
    left_alone = now - timedelta(seconds=settings.SESSION_COOKIE_AGE, hours=1)
    return list(
        SignIn.objects.filter(account_id=account_id, ended_at=None, seen_at__gte=left_alone).order_by(
            "-began_at", "-pk"
        )
    )


def past_sign_ins(account_id: UUID, limit: int = 20) -> list[SignIn]:
    return list(SignIn.objects.filter(account_id=account_id).order_by("-began_at", "-pk")[:limit])


def failures_of(username: str) -> tuple[int, datetime | None]:
    """Wrong passwords of this name in a row, as the lock counts them, and when the last was."""
    rows = list(AccessAttempt.objects.filter(username=username).values_list("failures_since_start", "attempt_time"))
    return sum(count for count, _at in rows), max((at for _count, at in rows), default=None)


# ---- who watches whom


def watched(actor: Actor, act: Act | None = None) -> list[str]:
    """The areas over which the actor is one of the three (administrator, security officer, auditor);
    with an act: one of those who may do it."""
    if actor.kind == ActorKind.SYSTEM:
        return [""]
    duties = WATCHERS if act is None else MAY[act]
    return sorted({code for duty in duties for code in actor.areas(duty)})


def may(actor: Actor, act: Act, area_code: str) -> bool:
    return any(area_code.startswith(code) for code in watched(actor, act))


def within(codes: Iterable[str], column: str = "area_code") -> Q:
    condition = Q(pk__in=[])
    for code in codes:
        condition |= Q(**{f"{column}__startswith": code})
    return condition


def roles_held(account_ids: Iterable[UUID], now: datetime) -> dict[UUID, list[RoleGrant]]:
    """Present grants by person."""
    found: dict[UUID, list[RoleGrant]] = {}
    rows = RoleGrant.objects.filter(running(now), account_id__in=set(account_ids), role__active=True)
    for grant in rows.select_related("role").order_by("role_id", "area_code", "pk"):
        found.setdefault(grant.account_id, []).append(grant)
    return found


@dataclass
class AccountLine:
    """An account as the list shows it."""

    account: Account
    roles: list[RoleGrant]
    factors: int = 0
    forced: bool = False
    seen_on: date | None = None
    signed_in: int = 0
    locked: bool = False

    @property
    def bare(self) -> bool:
        """Asked for a second step and has none yet."""
        return self.forced and not self.factors


def accounts(
    viewer: Actor, *, now: datetime, search: str = "", only: str = "", page: Page[Account]
) -> list[AccountLine]:
    """Accounts of the areas that the viewer watches, by name of the account; `only`: bare, locked or never."""
    seen = Account.objects.filter(within(watched(viewer, Act.SEE_ACCOUNTS)), is_active=True)
    if search:
        seen = seen.filter(Q(username__icontains=search) | Q(name__icontains=search))
    if only == "never":
        seen = seen.exclude(pk__in=SignIn.objects.values("account_id"))
    elif only == "bare":
        forced = RoleGrant.objects.filter(running(now), role__active=True, role_id__in=ForcedRole.objects.values("pk"))
        seen = (
            seen.filter(pk__in=forced.values("account_id"))
            .exclude(pk__in=Factor.objects.filter(confirmed_at__isnull=False).values("account_id"))
            .exclude(pk__in=CodeAddress.objects.filter(confirmed_at__isnull=False).values("account_id"))
        )
    elif only == "locked":
        seen = seen.filter(pk__in=_locked_ids(now))
    return lines_of(page.of([seen], order=("username", "pk")), now)


def lines_of(people: list[Account], now: datetime) -> list[AccountLine]:
    ids = [one.pk for one in people]
    held = roles_held(ids, now)
    forced = set(ForcedRole.objects.values_list("role_code", flat=True))
    factors = dict(
        Factor.objects.filter(account_id__in=ids, confirmed_at__isnull=False)
        .values_list("account_id")
        .annotate(count=Count("pk"))
        .order_by()
    )
    for account_id, count in (
        CodeAddress.objects.filter(account_id__in=ids, confirmed_at__isnull=False)
        .values_list("account_id")
        .annotate(count=Count("pk"))
        .order_by()
    ):
        factors[account_id] = factors.get(account_id, 0) + count
    left_alone = now - timedelta(seconds=settings.SESSION_COOKIE_AGE, hours=1)
    latest = {
        account_id: (last, there)
        for account_id, last, there in SignIn.objects.filter(account_id__in=ids)
        .values_list("account_id")
        .annotate(last=Max("seen_at"), there=Count("pk", filter=Q(ended_at=None, seen_at__gte=left_alone)))
        .order_by()
    }
    locked = _locked_ids(now)
    return [
        AccountLine(
            account=one,
            roles=held.get(one.pk, []),
            factors=factors.get(one.pk, 0),
            forced=any(grant.role_id in forced for grant in held.get(one.pk, [])),
            seen_on=localtime(latest[one.pk][0]).date() if one.pk in latest else None,
            signed_in=latest[one.pk][1] if one.pk in latest else 0,
            locked=one.pk in locked,
        )
        for one in people
    ]


def _locked_ids(now: datetime) -> set[UUID]:
    """Who is locked now, by wrong passwords or by wrong second steps."""
    cool_off = timedelta(hours=settings.AXES_COOLOFF_TIME)
    names = AccessAttempt.objects.filter(
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT, attempt_time__gt=now - cool_off
    ).values("username")
    found = set(Account.objects.filter(username__in=names).values_list("pk", flat=True))
    found.update(
        row.pk
        for row in Tries.objects.filter(failures__gte=1)
        if locked_until(row.failures, row.last_at, now) is not None
    )
    return found


def is_locked(account_id: UUID, now: datetime) -> bool:
    return account_id in _locked_ids(now)


def watched_account(viewer: Actor, account_id: UUID) -> Account | None:
    """An account that the viewer watches over, or None: missing and foreign are alike."""
    return Account.objects.filter(within(watched(viewer, Act.SEE_ACCOUNTS)), pk=account_id).first()


def sign_ins(viewer: Actor, *, page: Page[SignIn]) -> list[SignIn]:
    """The log of sign-ins of the areas whose security officer or auditor the viewer is, the newest first."""
    areas = within(watched(viewer, Act.SEE_SIGN_INS), "account__area_code")
    return page.of([SignIn.objects.filter(areas).select_related("account")], order=("-began_at", "-pk"))


def forced_codes() -> set[str]:
    return set(ForcedRole.objects.values_list("role_code", flat=True))


def link_of(account_id: UUID, issuer: str) -> Link | None:
    return Link.objects.filter(account_id=account_id, issuer=issuer).first()


def open_resets(viewer: Actor) -> list[FactorReset]:
    """Requests that wait for a second person, in the viewer's areas."""
    areas = within(watched(viewer, Act.DECIDE_RESET))
    return list(
        FactorReset.objects.filter(areas, state=ResetState.ASKED).select_related("account").order_by("asked_at", "pk")
    )


def resets_of(account_id: UUID) -> list[FactorReset]:
    return list(FactorReset.objects.filter(account_id=account_id).order_by("-asked_at", "-pk")[:10])


# ---- reviews


@dataclass(frozen=True)
class ReviewLine:
    """A review as the list shows it."""

    review: Review
    total: int
    done: int
    overdue: bool


def reviews(viewer: Actor, *, today: date) -> list[ReviewLine]:
    seen = Review.objects.filter(within(watched(viewer, Act.SEE_REVIEWS)))
    rows = seen.annotate(total=Count("items"), done=Count("items", filter=~Q(items__decision="")))
    return [
        ReviewLine(one, one.total, one.done, one.closed_at is None and one.due_on < today)
        for one in rows.order_by("-opened_at", "-pk")[:100]
    ]


def review(viewer: Actor, review_id: UUID) -> Review | None:
    return Review.objects.filter(within(watched(viewer, Act.SEE_REVIEWS)), pk=review_id).first()


@dataclass(frozen=True)
class ItemLine:
    item: ReviewItem
    unused: bool
    name: str = ""
    decider: str = field(default="")


def items_of(one: Review, today: date) -> list[ItemLine]:
    """The grants of a review: not used for 90 days first."""
    rows = list(one.items.select_related("grant__account", "grant__role", "grant__unit"))
    rows.sort(key=lambda row: review_order(row.last_used_on, today, str(row.pk)))
    return [ItemLine(row, is_unused(row.last_used_on, today), row.grant.account.name) for row in rows]


def last_used(grants: Iterable[RoleGrant], now: datetime) -> dict[UUID, date]:
    """The last day on which each grant's holder used it; a grant without any use is left out.

    Used is: an act of the holder on the record in the grant's area (what concerns the own account, as signing in,
    does not count), or a page opened that needs one of the role's duties other than reading. Histories are read
    back two years.
    """
    rows = list(grants)
    holders = {one.account_id for one in rows}
    acted: dict[UUID, list[tuple[str, date]]] = {}
    for actor_id, area, at in (
        _acts(holders, now).values_list("actor_id", "area_code").annotate(last=Max("at")).order_by()
    ):
        acted.setdefault(actor_id, []).append((area, localtime(at).date()))
    opened: dict[tuple[UUID, str], date] = {
        (account_id, duty): day
        for account_id, duty, day in DutyUse.objects.filter(account_id__in=holders).values_list(
            "account_id", "duty", "day"
        )
    }
    found: dict[UUID, date] = {}
    for grant in rows:
        days = [day for area, day in acted.get(grant.account_id, ()) if area.startswith(grant.area_code)]
        days += [
            opened[key]
            for duty in telling_duties(list(grant.role.duties))
            if (key := (grant.account_id, duty)) in opened
        ]
        if days:
            found[grant.pk] = max(days)
    return found


def _acts(holders: set[UUID], now: datetime) -> QuerySet[History]:
    return History.objects.filter(actor_id__in=holders, at__gte=now - timedelta(days=730)).exclude(
        kind="account", object_id=F("actor_id")
    )


def review_areas(actor: Actor) -> list[str]:
    """The areas that the actor may go through: the own ones, and districts, streets and communities with grants."""
    own = watched(actor, Act.REVIEW)
    held = RoleGrant.objects.filter(within(own), until=None).values_list("area_code", flat=True).distinct()
    return sorted({*own, *(code for code in held if len(code) <= 12)})


def review_of_item(item_id: UUID, viewer: Actor) -> UUID | None:
    """The review of an item in the areas that the viewer watches; None for others and for none."""
    seen = within(watched(viewer), "review__area_code")
    return ReviewItem.objects.filter(seen, pk=item_id).values_list("review_id", flat=True).first()
