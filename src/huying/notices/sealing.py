"""Sealing of what may not stand in the clear: addresses of the staff, codes on their way."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.conf import settings

from huying.kernel import secrets
from huying.people import keys


class Closed(Exception):
    """A sealed value does not open: the keys are not here, or it was changed."""


def seal(value: str, *, kind: str, row_id: UUID, now: datetime) -> tuple[bytes, UUID]:
    """The sealed value and the id of its data key."""
    key = keys.current_key(now)
    return secrets.seal(value, key, secrets.bound_to(kind, row_id, "value")), key.id


def unseal(sealed: bytes, *, kind: str, row_id: UUID) -> str:
    try:
        return secrets.unseal(bytes(sealed), keys.key_of, secrets.bound_to(kind, row_id, "value"))
    except (secrets.Tampered, secrets.KeyTrouble) as why:
        raise Closed from why


def seal_facts(facts: Mapping[str, str], *, row_id: UUID, now: datetime) -> tuple[bytes, UUID]:
    return seal(json.dumps(dict(facts), ensure_ascii=False), kind="notice", row_id=row_id, now=now)


def unseal_facts(sealed: bytes, *, row_id: UUID) -> dict[str, str]:
    return {str(name): str(value) for name, value in json.loads(unseal(sealed, kind="notice", row_id=row_id)).items()}


def _keyed(purpose: str, value: str) -> str:
    key = hashlib.sha256(f"huying.notices.{purpose}:{settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


def address_hash(channel: str, address: str) -> str:
    """For the limits by address alone."""
    return _keyed("rate", f"{channel} {address}")


def code_hash(row_id: UUID, code: str) -> str:
    return _keyed("code", f"{row_id} {code}")


def objection_code(objection_id: UUID) -> str:
    """The twelve digits of an objection, made from its key: the same receipt gives the same code again."""
    from huying.kernel.ids import tracking_code_from

    return tracking_code_from(int(_keyed("objection", str(objection_id))[:16], 16))


def objection_hash(code: str) -> str:
    return _keyed("objection-code", code)
