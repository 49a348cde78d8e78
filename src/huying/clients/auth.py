"""Who a request's token stands for: looked up anew each time, so that what the owner lost, the program lost too."""

from __future__ import annotations

import hmac
import re
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.core import signing
from django.http import HttpRequest

from huying.clients import queries
from huying.clients.actions import hash_of, note_use
from huying.clients.models import Client
from huying.clients.rules import BEARER_FOR, ClientKind, cut
from huying.kernel.actor import Actor
from huying.kernel.doors import now_of
from huying.kernel.ready import Fixed
from huying.kernel.refusals import SignInNeeded
from huying.people.queries import actor_for

_PERSONAL = re.compile(r"hyp_([0-9a-f]{32})_([A-Za-z0-9_-]{43})", re.ASCII)
_SALT = "huying.clients.bearer"
_LONGEST = 600


_CLIENT = Fixed(lambda client_id: Client.objects.select_related("owner").filter(pk=client_id))


def identify(request: HttpRequest) -> Actor | None:
    """The actor of the request's bearer token, None where it carries none; raises SignInNeeded for a bad one."""
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    found = client_of(token.strip(), now_of(request)) if scheme.lower() == "bearer" else None
    if found is None:
        raise SignInNeeded
    client, actor = found
    request.client = client  # type: ignore[attr-defined]
    note_use(client, now_of(request))
    return actor


def client_of(token: str, now: datetime) -> tuple[Client, Actor] | None:
    """The live client of a token with its actor at this instant; None whatever is wrong with it."""
    if len(token) > _LONGEST:
        return None
    client = _by_personal(token) if token.startswith("hyp_") else _by_bearer(token, now)
    if client is None or not queries.live(client, now) or not client.owner.is_active:
        return None
    return client, actor_of_client(client, now)


def actor_of_client(client: Client, now: datetime) -> Actor:
    """The owner as they stand now, cut down to the client's duties and areas."""
    return cut(actor_for(client.owner, now), client.duties, client.areas, label=client.label)


def bearer_for(client: Client, now: datetime) -> tuple[str, int]:
    """A short-lived token for a program, and its seconds. It dies with the secret that it was asked with."""
    body = {"c": client.pk.hex, "u": int((now + BEARER_FOR).timestamp())}
    return "hyb_" + signing.dumps(body, salt=_salt(client)), int(BEARER_FOR.total_seconds())


def by_secret(client_id: str, secret: str, now: datetime) -> Client | None:
    """The live program with this id and secret."""
    try:
        client = _client(UUID(client_id))
    except ValueError:
        client = None
    # The hash is compared for unknown ids as well, so that both take as long.
    known = client.secret_hash if client is not None else "-"
    if not hmac.compare_digest(known, hash_of(secret)) or client is None or client.kind != ClientKind.PROGRAM:
        return None
    return client if queries.live(client, now) and client.owner.is_active else None


def _by_personal(token: str) -> Client | None:
    found = _PERSONAL.fullmatch(token)
    if found is None:
        return None
    client = _client(UUID(hex=found[1]))
    if client is None or client.kind != ClientKind.PERSONAL:
        return None
    return client if hmac.compare_digest(client.secret_hash, hash_of(found[2])) else None


def _by_bearer(token: str, now: datetime) -> Client | None:
    if not token.startswith("hyb_"):
        return None
    try:
        # Whose it says it is tells by which secret it must be signed.
        said: Any = orjson.loads(signing.b64_decode(token[4:].partition(":")[0].encode("ascii")))
        client = _client(UUID(hex=said["c"]))
        if client is None or client.kind != ClientKind.PROGRAM:
            return None
        body: Any = signing.loads(token[4:], salt=_salt(client))
        return client if int(body["u"]) > now.timestamp() else None
    except (signing.BadSignature, ValueError, KeyError, TypeError, AttributeError):
        return None


def _salt(client: Client) -> str:
    return f"{_SALT}.{client.secret_hash}"


def _client(client_id: UUID) -> Client | None:
    return _CLIENT.first(client_id)
