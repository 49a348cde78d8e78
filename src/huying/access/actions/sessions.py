"""Sign-ins: begun, seen, ended by the person or by a keeper; old ones forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib import import_module
from uuid import UUID

from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localtime

from huying.access.actions.scope import append, others_account, own_account
from huying.access.models import DutyUse, OneTimeCode, SignIn
from huying.access.queries import watched, within
from huying.access.rules import ADDRESS_DAYS, SIGN_IN_DAYS, Act, EndedBy, address_prefix, device_of, hour_of
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import NotFound
from huying.people import actions as people
from huying.people.models import Account


@transaction.atomic
def begin(
    *,
    account_id: UUID,
    session_key: str,
    method: str,
    second: str,
    user_agent: str,
    address: str,
    actor: Actor,
    now: datetime,
) -> SignIn:
    """Write down that a person signed in on a device. Of the device two words are kept, of the address a prefix."""
    browser, system = device_of(user_agent)
    sign_in = SignIn.objects.create(
        account_id=account_id, session_key=session_key, method=method, second=second, browser=browser, system=system,
        address_prefix=address_prefix(address), began_at=now, seen_at=hour_of(now),
    )  # fmt: skip
    told = f"{method}_{second}" if second else method
    people.note_sign_in(account_id=account_id, method=told, actor=actor, now=now)
    return sign_in


def touch(*, session_key: str, now: datetime) -> None:
    """The person is still there: noted by the hour (one statement, so no transaction of its own)."""
    SignIn.objects.filter(session_key=session_key, seen_at__lt=hour_of(now)).update(seen_at=hour_of(now))


def note_use(*, account_id: UUID, duty: str, now: datetime) -> None:
    """The person used a duty today (one statement, so no transaction of its own)."""
    DutyUse.objects.bulk_create(
        [DutyUse(account_id=account_id, duty=duty, day=localtime(now).date())],
        update_conflicts=True,
        update_fields=["day"],
        unique_fields=["account", "duty"],
    )


@transaction.atomic
def sign_out(*, session_key: str, actor: Actor, now: datetime) -> None:
    if actor.kind == ActorKind.PERSON and actor.id is not None:
        people.note_sign_out(account_id=actor.id, actor=actor, now=now)
    SignIn.objects.filter(session_key=session_key).exclude(session_key="").update(
        session_key="", ended_at=now, ended_by=EndedBy.SIGNED_OUT
    )


@transaction.atomic
def end_sign_in(*, sign_in_id: UUID, actor: Actor, now: datetime) -> SignIn:
    """End a sign-in on another device: one's own, or another's by administrator or security officer.

    Its session is gone with the next request. Raises NotFound for a stranger, NotAllowed.
    """
    mine_or_watched = Q(account_id=actor.id) | within(watched(actor), "account__area_code")
    sign_in = SignIn.objects.select_for_update(of=("self",)).filter(mine_or_watched, pk=sign_in_id).first()
    if sign_in is None:
        raise NotFound("sign_in")
    own = sign_in.account_id == actor.id
    account = own_account(actor) if own else others_account(sign_in.account_id, Act.END_SIGN_IN, actor)
    if sign_in.ended_at is None:
        _end([sign_in], EndedBy.OWNER if own else EndedBy.KEEPER, now)
        append(account, "sign_in_ended", actor=actor, now=now, facts={"sign_in": sign_in.pk})
    return sign_in


@transaction.atomic
def end_others(*, keep: str, actor: Actor, now: datetime, why: str = EndedBy.OWNER) -> int:
    """End all own sign-ins but the one of this session; says how many."""
    account = own_account(actor)
    count = end_all(account, why=why, now=now, keep=keep)
    if count and why == EndedBy.OWNER:
        append(account, "sign_ins_ended", actor=actor, now=now, facts={"count": count})
    return count


def end_all(account: Account, *, why: str, now: datetime, keep: str = "") -> int:
    rows = SignIn.objects.select_for_update().filter(account=account, ended_at=None)
    found = list(rows.exclude(session_key=keep) if keep else rows)
    _end(found, why, now)
    return len(found)


def _end(rows: list[SignIn], why: str, now: datetime) -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for row in rows:
        if row.session_key:
            store(row.session_key).delete()
        row.session_key, row.ended_at, row.ended_by = "", now, why
        row.save(update_fields=["session_key", "ended_at", "ended_by"])


@transaction.atomic
def tidy(*, now: datetime) -> dict[str, int]:
    """What is old goes: addresses after thirty days, sign-ins after six months, codes and failures after a day."""
    left_alone = now - timedelta(seconds=settings.SESSION_COOKIE_AGE, hours=1)
    ended = SignIn.objects.filter(ended_at=None, seen_at__lt=left_alone).update(
        session_key="", ended_at=now, ended_by=EndedBy.RUN_OUT
    )
    old = now - timedelta(days=ADDRESS_DAYS)
    addresses = SignIn.objects.filter(began_at__lt=old).exclude(address_prefix="").update(address_prefix="")
    rows, _each = SignIn.objects.filter(began_at__lt=now - timedelta(days=SIGN_IN_DAYS)).delete()
    sent, _each = OneTimeCode.objects.filter(sent_at__lt=now - timedelta(days=1)).delete()
    failures, _each = AccessAttempt.objects.filter(attempt_time__lt=now - timedelta(days=1)).delete()
    return {"ended": ended, "addresses": addresses, "sign_ins": rows, "codes": sent, "failures": failures}


def moved(*, before: str, after: str, now: datetime) -> None:
    """The same sign-in under a new key (one statement, so no transaction of its own)."""
    SignIn.objects.filter(session_key=before).exclude(session_key="").update(session_key=after, seen_at=hour_of(now))
