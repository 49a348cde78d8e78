"""Every place that fetches an address somebody else named: webhooks, the other directory, services for messages.

No packet leaves: connections are recorded where they would be made. Numbers are resolved as the system does it, names
by a table; a name may change its answer between being looked at and being used.
"""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from prove.frame import Run
from prove.web import tricks
from prove.web.world import Made

SHUT = [ip_network(one) for one in (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
    "::/128", "::1/128", "fc00::/7", "fe80::/9", "fec0::/10", "ff00::/8", "2001:db8::/32",
)]  # fmt: skip
WRAPPED = [(ip_network(one), shift) for one, shift in (
    ("::ffff:0:0/96", 0), ("64:ff9b::/96", 0), ("::/96", 0), ("2002::/16", 80),
)]  # fmt: skip
"""Ranges that carry an IPv4 address inside, and how many bits stand after it."""


def is_inside(address: str) -> bool:
    """Our own reading, apart from the product's."""
    try:
        one = ip_address(address.partition("%")[0])
    except ValueError:
        return True
    if any(one in net for net in SHUT if net.version == one.version):
        return True
    if one.version == 6:
        return any(
            one in net and is_inside(str(ip_address((int(one) >> shift) & 0xFFFFFFFF))) for net, shift in WRAPPED
        )
    return False


@contextlib.contextmanager
def watched(names: Callable[[str, int], str]) -> Iterator[list[tuple[str, int]]]:
    """Connections that would be made; `names` says what a name resolves to at its n-th asking."""
    made: list[tuple[str, int]] = []
    asked: dict[str, int] = {}
    real = socket.getaddrinfo

    def resolved(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host or "")
        with contextlib.suppress(OSError, UnicodeError):
            return real(name, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        number = asked[name] = asked.get(name, 0) + 1
        address = names(name, number)
        if not address:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, int(port or 0)))]

    def connected(_self: Any, where: Any) -> None:
        made.append((str(where[0]), int(where[1])) if isinstance(where, tuple) else (str(where), 0))
        raise ConnectionRefusedError

    with (
        mock.patch("socket.getaddrinfo", resolved),
        mock.patch("socket.socket.connect", connected),
        mock.patch("socket.socket.connect_ex", connected),
    ):
        yield made


def _webhook(url: str) -> None:
    from huying.channels import outward

    with contextlib.suppress(outward.Refused):
        outward.post(url, b"{}", {"Content-Type": "application/json"}, private=False, seconds=1)


def _directory(url: str) -> None:
    """A directory whose description names this address for keys and tokens."""
    from huying.access import oidc

    one = oidc.Provider("https://id.example", "x", "y", "z")
    described = {"issuer": one.issuer, "authorization_endpoint": url, "token_endpoint": url, "jwks_uri": url}
    with mock.patch.object(oidc, "_described", return_value=described), contextlib.suppress(oidc.OidcTrouble):
        asked = oidc.ask(0)
        oidc.subject_of(one, asked, "code", "https://huying.example/back", 0)
    with mock.patch.object(oidc, "_described", return_value=described), contextlib.suppress(oidc.OidcTrouble):
        oidc._subject(one, described, "a.b.c", "n", 0)


def _message(url: str) -> None:
    """A message to an address that is no number but a trick: the service's own address stays."""
    from uuid import uuid4

    from huying.notices.adapters import AppriseAdapter, Message, NotSent
    from huying.notices.rules import Channel

    adapter = AppriseAdapter("jsons://open.example/send/{address}")
    with contextlib.suppress(NotSent):
        adapter.send(Message(uuid4(), Channel.SMS, url, "题", "文"))


PLACES: dict[str, Callable[[str], None]] = {"webhook": _webhook, "directory": _directory, "message": _message}


def _is_numeric(url: str) -> bool:
    """Whether an address names its host by a number that the system reads without asking anybody."""
    with contextlib.suppress(OSError, UnicodeError, ValueError):
        socket.getaddrinfo(urlsplit(url).hostname, 0, flags=socket.AI_NUMERICHOST)
        return True
    return False


def ssrf(run: Run, made: Made, rng: random.Random, place: str, number: str) -> None:
    url, leads = tricks.ssrf()[int(number)]
    with watched(lambda name, _time: tricks.OPEN if name in ("id.example", "open.example") else leads) as steady:
        PLACES[place](url)
    # The same name, public when it is looked at and private when it is used.
    with watched(lambda _name, time: tricks.OPEN if time == 1 else (leads or "127.0.0.1")) as turned:
        PLACES[place](url)
    run.count("fetches", 2)
    named = place == "directory" and not _is_numeric(url)
    for address, port in [*steady, *turned]:
        # A name of the directory is asked over TLS alone, so what answers must show the certificate of that name.
        if is_inside(address) and not (named and url.startswith("https://") and port != 80):
            run.find("something inside the house is asked", place=place, url=url, address=f"{address}:{port}")
        if place == "message" and (address, port) != (tricks.OPEN, 443):
            run.find("a message goes elsewhere", url=url, address=address)
        if place == "webhook" and urlsplit(url).scheme.lower() not in ("https", ""):
            run.find("a webhook speaks another protocol", url=url)
