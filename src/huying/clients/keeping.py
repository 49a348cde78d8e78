"""A write is done once for a key, and what it answered is answered again.

The key's lock comes first, so that of two tries at once the second waits and finds what the first did; both effect
and answer are of one transaction. What is kept holds ids, codes, numbers and times; refusals are not kept: whoever
was refused may send the same key again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

import orjson
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from huying.audit import queries as audit
from huying.clients.models import Client, KeptAnswer
from huying.kernel.api import REPLAYED, Written, answer
from huying.kernel.doors import now_of
from huying.kernel.plain import plain_facts
from huying.kernel.ready import Fixed
from huying.kernel.refusals import KeyReused

_NAMES = UUID("0198c0de-0000-7000-8000-6b657973aaaa")
PUBLIC = "public"


_KEPT = Fixed(lambda scope, key_hash: KeptAnswer.objects.filter(scope=scope, key_hash=key_hash))


def once(
    request: HttpRequest, key: str, operation: str, status: int, act: Callable[[], Written], out: type[Written]
) -> HttpResponse:
    """Do it, or answer what it answered. Raises KeyReused where the key came with another body before."""
    client: Client | None = getattr(request, "client", None)
    scope = f"client:{client.pk}" if client is not None else PUBLIC
    key_hash, body_hash = _keyed(f"{scope}|{key}".encode()), body_hash_of(request)
    # In the history the key stands as an id that nobody else can make.
    request.history_key = uuid5(_NAMES, key_hash)  # type: ignore[attr-defined]
    with transaction.atomic():
        _lock(key_hash)
        before = _KEPT.first(scope, key_hash)
        if before is None:
            with audit.unused(request.history_key):  # type: ignore[attr-defined]
                body = act().model_dump(mode="json")
            KeptAnswer.objects.create(
                scope=scope,
                key_hash=key_hash,
                body_hash=body_hash,
                operation=operation,
                status=status,
                body=plain_facts({name: value for name, value in body.items() if name not in out.derived}),
                at=now_of(request),
            )
            return answer(body, status)
    if before.body_hash != body_hash:
        raise KeyReused
    response = answer(_whole(before.body, out), before.status)
    response[REPLAYED] = "true"
    return response


def _whole(kept: dict[str, Any], out: type[Written]) -> dict[str, Any]:
    """The answer again, with its secrets made anew."""
    whole = {**kept, **{name: make(kept) for name, make in out.derived.items()}}
    return {name: whole[name] for name in out.model_fields if name in whole}  # in the order of the first answer


def body_hash_of(request: HttpRequest) -> str:
    """A keyed hash of method, address and what was sent; JSON by its content, files by theirs."""
    content_type = (request.content_type or "").lower()
    if content_type == "multipart/form-data":
        fields = {name: request.POST.getlist(name) for name in sorted(request.POST)}
        files = {name: [_digest(one) for one in request.FILES.getlist(name)] for name in sorted(request.FILES)}
        sent = orjson.dumps([fields, files], option=orjson.OPT_SORT_KEYS)
    else:
        try:
            sent = orjson.dumps(orjson.loads(request.body), option=orjson.OPT_SORT_KEYS)
        except orjson.JSONDecodeError:
            sent = request.body
    return _keyed(b"\0".join([str(request.method).encode(), request.get_full_path().encode(), sent]))


def _digest(file: Any) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _keyed(value: bytes) -> str:
    return salted_hmac("huying.clients.kept", value, algorithm="sha256").hexdigest()


def _lock(key_hash: str) -> None:
    number = int(key_hash[:16], 16) - 2**63
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
