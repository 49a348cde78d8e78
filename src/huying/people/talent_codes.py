"""The code with which a person takes the word back: made from the row's key and the house's secret, kept as a hash."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from django.conf import settings

from huying.kernel.ids import tracking_code_from


def code_of(talent_id: UUID) -> str:
    """Its twelve digits."""
    digest = hmac.new(_secret("code"), talent_id.bytes, hashlib.sha256).digest()
    return tracking_code_from(int.from_bytes(digest[:8], "big"))


def hash_of(code: str) -> str:
    """What is stored and looked for, however the digits are grouped."""
    digits = "".join(one for one in code if one.isdigit())
    return hmac.new(_secret("hash"), digits.encode(), hashlib.sha256).hexdigest()


def _secret(purpose: str) -> bytes:
    return hashlib.sha256(f"huying.talent.{purpose}:{settings.SECRET_KEY}".encode()).digest()
