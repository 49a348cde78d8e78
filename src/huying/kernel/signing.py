"""Signatures of bodies between programs: ours to theirs, theirs to ours."""

from __future__ import annotations

import hmac
import re
from hashlib import sha256

_FORM = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})")
HEADER = "Huying-Signature"
FRESH = 300  # seconds for which a signature is taken


def signature(secret: str, stamp: int, body: bytes) -> str:
    """`t=<seconds>,v1=<hex>`: HMAC-SHA-256 over `<seconds>.<body>`, so that an old message is no new one."""
    digest = hmac.new(secret.encode(), f"{stamp}.".encode("ascii") + body, sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def is_signed(header: str, secret: str, body: bytes, *, now: int) -> bool:
    """Whether a header signs this body with this secret, not longer ago or further ahead than `FRESH` seconds."""
    found = _FORM.fullmatch(header)
    if not secret or found is None or abs(now - int(found[1])) > FRESH:
        return False
    return hmac.compare_digest(header, signature(secret, int(found[1]), body))
