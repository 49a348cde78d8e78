"""One source that sends without end gets its share and no more: counted before threads and database are asked.

Each web process gives each address a bucket. A request takes one from it, a static file a tenth; so many a second
flow back, and ten seconds' worth may be taken at once, as when an office opens its desks. An empty bucket is answered
with 429 and how long to wait. This machine itself is never counted: a proxy on it that nobody told us of would make
all callers one (HUYING_PROXIES).
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

import orjson

from huying.config.addresses import caller
from huying.config.metrics import LIMITED
from huying.kernel.headers import BARE
from huying.kernel.problems import document
from huying.kernel.refusals import TooMany

SECONDS_AT_ONCE = 10
STATIC_COSTS = 0.1
MOST_SOURCES = 20_000
PAUSE_SECONDS, MOST_PAUSED = 0.5, 64
"""A refusal is held back for a moment, so many at once: who asks again and again in a row is slowed to that pace."""


def source_of(address: str) -> str:
    """What is counted as one: an IPv4 address, an IPv6 network of one line; "" for this machine and for nothing."""
    try:
        one = ip_address(address)
    except ValueError:
        return ""
    one = getattr(one, "ipv4_mapped", None) or one
    if one.is_loopback:
        return ""
    return str(one if one.version == 4 else ip_network((one, 64), strict=False).network_address)


class Sources:
    """The buckets of one web process. `rate` a second; 0 counts nothing."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate, self.most, self._clock = float(rate), float(rate) * SECONDS_AT_ONCE, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, address: str, cost: float = 1.0) -> int:
        """Take one; 0, or the seconds after which the source may come again."""
        source = source_of(address) if self.rate else ""
        if not source:
            return 0
        now = self._clock()
        left, at = self._left.get(source, (self.most, now))
        left = min(self.most, left + (now - at) * self.rate)
        refused = left < cost
        self._left[source] = (left if refused else left - cost, now)
        self._left.move_to_end(source)
        while len(self._left) > MOST_SOURCES:  # who was longest away has a full bucket again, or nearly
            self._left.popitem(last=False)
        return max(1, math.ceil((cost - left) / self.rate)) if refused else 0

    def judge(self, address: str, forwarded: str, proxies: int, path: str) -> Refused | None:
        """The refusal for a request, or None."""
        seconds = self.wait(caller(address, forwarded, proxies), STATIC_COSTS if path.startswith("/static/") else 1.0)
        if not seconds:
            return None
        LIMITED.inc()
        return refused(min(seconds, 60), path.startswith("/api/"))


@dataclass(frozen=True)
class Refused:
    """429: a problem document for programs, one line for people."""

    body: bytes
    headers: tuple[tuple[str, str], ...]
    status: int = 429


@lru_cache(maxsize=256)
def refused(seconds: int, api: bool) -> Refused:
    """Made once for each wait, because a flood asks for it without end."""
    why = TooMany(retry_after_seconds=seconds)
    body = orjson.dumps(document(why)) if api else f"{why.sentence}\n".encode()
    kind = "application/problem+json" if api else "text/plain; charset=utf-8"
    return Refused(body, (*BARE.items(), ("Content-Type", kind), ("Retry-After", str(seconds))))


class Gate:
    """The same before a WSGI application, where pages are served without the live stream."""

    def __init__(self, inner: Callable[..., Iterable[bytes]], sources: Sources, proxies: int) -> None:
        self.inner, self.sources, self.proxies = inner, sources, proxies

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        found = None
        if path != "/healthz":
            found = self.sources.judge(
                environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", ""), self.proxies, path
            )
        if found is None:
            return self.inner(environ, start_response)
        start_response("429 Too Many Requests", list(found.headers))
        return [found.body]
