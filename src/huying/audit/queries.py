"""Reads of history: by thing, by the client's key, and whether the chain is whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import orjson
from django.utils.crypto import salted_hmac

from huying.audit.models import History
from huying.kernel.refusals import KeyReused


def history_of(kind: str, object_ids: Iterable[UUID]) -> list[History]:
    """All that happened to these things, oldest first."""
    return list(History.objects.filter(kind=kind, object_id__in=list(object_ids)).order_by("id"))


def by_key(key: UUID | None) -> History | None:
    """The act that a client's key named, if it was done."""
    return None if key is None else History.objects.filter(key=key).first()


def body_hash(body: Any) -> str:
    """A keyed hash of what a client sent, so that the same key with another body is noticed, and no words leak."""
    written = orjson.dumps(body, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return salted_hmac("huying.audit.body", written, algorithm="sha256").hexdigest()


def repeated(key: UUID | None, hashed_body: str = "") -> History | None:
    """The act already done under this key, None for a new key; raises KeyReused if the body was another."""
    done = by_key(key)
    if done is not None and done.body_hash != hashed_body:
        raise KeyReused
    return done
