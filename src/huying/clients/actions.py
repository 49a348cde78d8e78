"""Clients are made, given another secret and revoked by their owners; history holds each act, never a secret."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db import transaction

from huying.audit import actions as audit
from huying.clients.models import Client
from huying.clients.rules import LIVES, MOST_AREAS, MOST_CLIENTS, USE_GRAIN, ClientKind, ClientVerb
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import NAME_LIMIT, clean
from huying.people.models import Account

HINT = 6


@dataclass(frozen=True)
class Shown:
    """A client with its secret: for one page, and nowhere afterwards."""

    client: Client
    secret: str

    def __repr__(self) -> str:
        return "Shown(…)"

    @property
    def token(self) -> str:
        """What a personal token's requests carry."""
        return f"hyp_{self.client.pk.hex}_{self.secret}"


def hash_of(secret: str) -> str:
    """A keyed hash: secrets are random and long, so it need not be slow; the key keeps a stolen table useless."""
    key = sha256(f"huying.clients.secret:{settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, secret.encode("utf-8", "surrogatepass"), sha256).hexdigest()


@transaction.atomic
def make_client(
    *,
    kind: str,
    name: str,
    duties: Iterable[str],
    areas: Iterable[str] = (),
    days: int = 90,
    actor: Actor,
    now: datetime,
) -> Shown:
    """Make a client of the actor's own; its secret is shown once.

    Raises NotAllowed for anybody but a person, Invalid for duties or areas that the actor does not have.
    """
    if actor.kind != ActorKind.PERSON or actor.id is None:
        raise NotAllowed
    wanted, within = sorted(set(duties)), sorted(set(areas))
    name = clean(name, limit=NAME_LIMIT, name=True, field="name")
    errors: dict[str, list[object]] = {}
    if not name:
        errors["name"] = [_("请起个名字，写明给什么程序用。")]
    if kind not in ClientKind.values:
        errors["kind"] = [_("没有这种凭证。请重新选。")]
    if not wanted or any(not actor.has(duty) for duty in wanted):
        errors["duties"] = [_("请选您自己有的职责，至少一项。")]
    if len(within) > MOST_AREAS or any(not _covered(area, actor) for area in within):
        errors["areas"] = [_("请选您自己范围内的区域。")]
    if days not in LIVES:
        errors["days"] = [_("请选有效期。")]
    if errors:
        raise Invalid(errors)  # type: ignore[arg-type]
    owner = Account.objects.select_for_update().get(pk=actor.id)
    if Client.objects.filter(owner=owner, revoked_at=None, expires_at__gt=now).count() >= MOST_CLIENTS:
        raise Invalid(_("在用的凭证太多了。请先停用不用的。"))
    secret = secrets.token_urlsafe(32)
    client = Client.objects.create(
        id=uuid7(),
        kind=kind,
        name=name,
        owner=owner,
        duties=wanted,
        areas=within,
        secret_hash=hash_of(secret),
        hint=secret[:HINT],
        made_at=now,
        expires_at=now + timedelta(days=days),
    )
    _note(client, ClientVerb.MADE, actor=actor, now=now, facts={"kind": kind, "duties": wanted, "areas": within})
    return Shown(client, secret)


def _covered(area: str, actor: Actor) -> bool:
    return area.isdigit() and any(area.startswith(grant.area_code) for grant in actor.grants)


@transaction.atomic
def renew_client(*, client_id: UUID, actor: Actor, now: datetime) -> Shown:
    """Another secret for the same client; the one of before opens nothing from now on. Raises NotFound."""
    client = _own(client_id, actor)
    if client.revoked_at is not None or client.expires_at <= now:
        raise Invalid(_("这个凭证已经停用或到期。请新建一个。"))
    secret = secrets.token_urlsafe(32)
    client.secret_hash, client.hint = hash_of(secret), secret[:HINT]
    client.save(update_fields=["secret_hash", "hint"])
    _note(client, ClientVerb.RENEWED, actor=actor, now=now)
    return Shown(client, secret)


@transaction.atomic
def revoke_client(*, client_id: UUID, actor: Actor, now: datetime) -> Client:
    """End a client at once. Done twice, it is done once. Raises NotFound for everybody but its owner."""
    client = _own(client_id, actor)
    if client.revoked_at is None:
        client.revoked_at = now
        client.save(update_fields=["revoked_at"])
        _note(client, ClientVerb.REVOKED, actor=actor, now=now)
    return client


@transaction.atomic
def revoke_all(*, account_id: UUID, actor: Actor, now: datetime) -> int:
    """End every client of a person whose ways to sign in were given anew by somebody else; says how many."""
    live = list(
        Client.objects.select_for_update(of=("self",)).filter(owner_id=account_id, revoked_at=None, expires_at__gt=now)
    )
    for client in live:
        client.revoked_at = now
        client.save(update_fields=["revoked_at"])
        _note(client, ClientVerb.REVOKED, actor=actor, now=now)
    return len(live)


def note_use(client: Client, now: datetime) -> None:
    """Remember the last use, at most every few minutes."""
    if client.used_at is None or now - client.used_at >= USE_GRAIN:
        Client.objects.filter(pk=client.pk).update(used_at=now)


def _own(client_id: UUID, actor: Actor) -> Client:
    found = Client.objects.select_for_update(of=("self",)).filter(pk=client_id, owner_id=actor.id).first()
    if found is None or actor.id is None:
        raise NotFound("client")
    return found


def _note(
    client: Client, verb: ClientVerb, *, actor: Actor, now: datetime, facts: dict[str, object] | None = None
) -> None:
    owner_area = Account.objects.values_list("area_code", flat=True).get(pk=client.owner_id)
    audit.append(kind="client", object_id=client.pk, verb=verb, actor=actor, at=now, area_code=owner_area, facts=facts)
