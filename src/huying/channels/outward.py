"""Sending to an address that somebody else named, without becoming their way into the house.

The name is resolved once; every address it has must be public (unless a setting lets private ones be), and the
connection goes to the very address that was looked at. No redirects, no proxies, little time, few bytes read.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from huying.channels.rules import Why
from huying.kernel.late import late
from huying.kernel.terms import Label, _

if TYPE_CHECKING:
    import httpx
else:
    httpx = late("httpx")

SECONDS = 10.0
MOST_READ = 64 * 1024
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Set apart by IANA's registries of special addresses, which the standard library knows in part, and by version.
_SET_APART = tuple(
    ipaddress.ip_network(one)
    for one in (
        "192.0.0.0/24", "192.88.99.0/24",  # protocol assignments (some clouds tell their secrets there), old relays
        "64:ff9b:1::/48", "100::/63", "2001::/23", "3fff::/20", "5f00::/16",
    )
)  # fmt: skip


class Refused(Exception):
    """It was not sent, or not taken; `why` is one of a closed list."""

    def __init__(self, why: Why, status: int | None = None) -> None:
        self.why, self.status = why, status
        super().__init__(str(why))


@dataclass(frozen=True)
class Target:
    """An address as it was looked at: where to connect, and what it is called."""

    url: SplitResult
    host: str
    port: int
    address: str


def problem_of(url: str, *, private: bool) -> Label | None:
    """What is wrong with an address that is given, as a sentence; its name is resolved at each sending."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return _("地址写不对。请写成 https://… 这样。")
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not plain or not parts.hostname or parts.username is not None or parts.fragment or port == 0:
        return _("地址写不对。请写成 https://… 这样。")
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        return _("地址要用 https。")
    return None


def resolve(url: str, *, private: bool) -> Target:
    """Look the name up; raises Refused where one of its addresses may not be reached from here."""
    if problem_of(url, private=private) is not None:
        raise Refused(Why.ADDRESS)
    parts = urlsplit(url)
    host, port = str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as why:
        raise Refused(Why.CONNECTION) from why
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    # One private address among public ones is enough: which of them is taken must not be left to chance.
    if not addresses or (not private and not all(is_public(one) for one in addresses)):
        raise Refused(Why.FORBIDDEN)
    return Target(parts, host, port, addresses[0])


def is_public(address: str) -> bool:
    """Whether an address belongs to the open network: no loopback, private, link-local or reserved one."""
    try:
        one = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(one, ipaddress.IPv6Address):
        inner = one.ipv4_mapped or one.sixtofour or (one.teredo[1] if one.teredo else None)
        if inner is None and one in _NAT64:
            inner = ipaddress.IPv4Address(int(one) & 0xFFFFFFFF)
        if one.is_site_local or (inner is not None and not is_public(str(inner))):
            return False
    if any(one in net for net in _SET_APART):
        return False
    return one.is_global and not (one.is_multicast or one.is_reserved or one.is_unspecified or one.is_link_local)


def post(url: str, body: bytes, headers: dict[str, str], *, private: bool = False, seconds: float = SECONDS) -> int:
    """Send it once and say the status; raises Refused for anything but 2xx."""
    target = resolve(url, private=private)
    host = f"[{target.address}]" if ":" in target.address else target.address
    path = target.url.path or "/"
    aimed = f"{target.url.scheme}://{host}:{target.port}{path}{'?' + target.url.query if target.url.query else ''}"
    named = f"[{target.host}]" if ":" in target.host else target.host
    default = target.port == (443 if target.url.scheme == "https" else 80)
    until = time.monotonic() + seconds
    try:
        with (
            httpx.Client(trust_env=False, follow_redirects=False, timeout=httpx.Timeout(seconds / 2)) as client,
            client.stream(
                "POST",
                aimed,
                content=body,
                headers={**headers, "Host": named if default else f"{named}:{target.port}"},
                extensions={"sni_hostname": target.host},
            ) as response,
        ):
            read = 0
            for chunk in response.iter_raw():
                read += len(chunk)
                if read > MOST_READ:
                    break
                if time.monotonic() > until:
                    raise Refused(Why.TIME)
            status = response.status_code
    except httpx.TimeoutException as why:
        raise Refused(Why.TIME) from why
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as why:
        raise Refused(Why.CONNECTION) from why
    if not 200 <= status < 300:
        raise Refused(Why.ANSWER, status)
    return status
