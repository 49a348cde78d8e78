"""Connecting two telephones that do not see each other's number (隐号): a provider over HTTP, or one that is played.

The request and what the provider answers later are described in docs/how-to/dialling.md. Numbers are in the request
alone: no log, page or history has them. A demo never dials, whatever is set.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from django.conf import settings

from huying.kernel.late import late
from huying.kernel.signing import HEADER, signature

if TYPE_CHECKING:
    import httpx
else:
    httpx = late("httpx")

logger = logging.getLogger(__name__)
SECONDS = 8.0
LOCAL = "local"


@dataclass(frozen=True)
class Bridge:
    """Two numbers to connect. `id` stays the same over every further try; `answer_url` takes what came of it."""

    id: UUID
    first: str = field(repr=False)  # rung first: who asked for the call
    second: str = field(repr=False)
    answer_url: str


class NotConnected(Exception):
    """The provider did not take it."""


class Dialler(Protocol):
    def connect(self, bridge: Bridge, *, now: int) -> str:
        """Ask for the call; the outcome where it is known at once, else "". Raises NotConnected."""


class HttpDialler:
    """The documented request to the address that is set, signed with the secret that is set."""

    def __init__(self, url: str, secret: str) -> None:
        self.url, self.secret = url, secret

    def connect(self, bridge: Bridge, *, now: int) -> str:
        told = {
            "id": str(bridge.id),
            "first": bridge.first,
            "second": bridge.second,
            "answer_url": bridge.answer_url,
        }
        body = json.dumps(told).encode()
        headers = {"Content-Type": "application/json", HEADER: signature(self.secret, now, body)}
        # What the library logs has addresses alone, but nothing of this goes to our logs.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        try:
            with httpx.Client(trust_env=False, follow_redirects=False, timeout=SECONDS) as client:
                answer = client.post(self.url, content=body, headers=headers)
        except Exception as why:
            logger.warning("the dialling provider failed: %s", type(why).__name__)
            raise NotConnected from why
        if not 200 <= answer.status_code < 300:
            logger.warning("the dialling provider answered %s", answer.status_code)
            raise NotConnected
        return ""


class LocalDialler:
    """Plays a provider that reaches everybody at once; rings nobody."""

    def connect(self, bridge: Bridge, *, now: int) -> str:
        return "reached"


def dialler() -> Dialler | None:
    """What connects calls; None where nothing is set, or an address without a secret."""
    chosen = settings.DIAL["url"]
    if not chosen:
        return None
    if chosen == LOCAL or settings.DEMO:
        return LocalDialler()
    return HttpDialler(chosen, settings.DIAL["secret"]) if settings.DIAL["secret"] else None


def secret() -> str:
    """What requests and answers are signed with; "" where the provider is played and answers at once."""
    return str(settings.DIAL["secret"]) if isinstance(dialler(), HttpDialler) else ""


def is_open() -> bool:
    return dialler() is not None
