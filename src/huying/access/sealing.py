"""Sealed values and keyed hashes of this app."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.crypto import salted_hmac

from huying.kernel import secrets
from huying.kernel.refusals import Unavailable
from huying.kernel.terms import _
from huying.people import keys


def hashed(kind: str, owner: UUID | str, value: str) -> str:
    """A keyed hash: equal values of two owners do not look alike, and without the key nothing can be tried."""
    return salted_hmac(f"huying.access.{kind}", f"{owner}|{value}", algorithm="sha256").hexdigest()


def sealed(kind: str, row_id: UUID, value: str, now: datetime) -> tuple[bytes, UUID]:
    """The sealed value and the id of its data key; Unavailable where the keys are not here."""
    try:
        key = keys.current_key(now)
    except secrets.KeyTrouble as why:
        raise Unavailable(_("现在打不开保密资料，请联系平台管理员。")) from why
    return secrets.seal(value, key, secrets.bound_to(kind, row_id, "value")), key.id


def opened(kind: str, row_id: UUID, value: bytes | memoryview[int]) -> str:
    try:
        return secrets.unseal(bytes(value), keys.key_of, secrets.bound_to(kind, row_id, "value"))
    except (secrets.KeyTrouble, secrets.Tampered) as why:
        raise Unavailable(_("现在打不开保密资料，请联系平台管理员。")) from why
