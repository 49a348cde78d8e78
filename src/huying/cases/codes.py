"""Tracking codes: made from the report's key and a secret, so that the same receipt gives the same code again.

The database keeps only a keyed hash: nobody who reads it can rate a case in the reporter's name.
"""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from django.conf import settings

from huying.kernel.ids import tracking_code_from


def _keyed(purpose: str, value: bytes) -> bytes:
    key = hashlib.sha256(f"huying.tracking.{purpose}:{settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, value, hashlib.sha256).digest()


def code_of(report_id: UUID, attempt: int = 0) -> str:
    """The twelve digits of a report; `attempt` counts up where another report has the same digits."""
    digest = _keyed("code", report_id.bytes + bytes([attempt]))
    return tracking_code_from(int.from_bytes(digest[:8], "big"))


def arrival_code(whistle_id: UUID) -> str:
    """What the caller of a whistle tells on the spot: six digits and letters that nobody hits by chance."""
    digest = int.from_bytes(_keyed("arrival", whistle_id.bytes)[:8], "big")
    return "".join(_SAID[digest // len(_SAID) ** place % len(_SAID)] for place in range(6))


def answer_code(call_id: UUID) -> str:
    """What one called person answers an urgent call with: sixteen digits and letters, too many to be tried out."""
    digest = int.from_bytes(_keyed("answer", call_id.bytes)[:12], "big")
    return "".join(_SAID[digest // len(_SAID) ** place % len(_SAID)] for place in range(16))


def errand_code(errand_id: UUID, renewals: int) -> str:
    """The twelve digits that open an errand; others after each renewal."""
    digest = _keyed("errand", errand_id.bytes + renewals.to_bytes(2, "big"))
    return tracking_code_from(int.from_bytes(digest[:8], "big"))


def holder_hash_of(errand_id: UUID, device: str) -> str:
    """An errand on one device: of another errand the same device has another mark."""
    return _keyed("device", errand_id.bytes + device.encode("ascii", "replace")).hex()


_SAID = "234679ACDEFGHJKMNPQRTUVWXY"  # without what looks or sounds like another


def hash_of(code: str) -> str:
    return _keyed("hash", code.encode("ascii")).hex()
