"""Whether the sign-in page may offer one click per demo role: only to a browser on this very machine."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.core.exceptions import DisallowedHost  # raised for a Host header that is not ours
from django.http import HttpRequest

# Any of these says that somebody stands between: the request then came from elsewhere.
FORWARDED = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_X_CLIENT_IP", "HTTP_CF_CONNECTING_IP")


def is_loopback(host: str) -> bool:
    """Whether a host or address is this machine itself, and only that."""
    name = host.strip().strip("[]").lower()
    if name == "localhost":
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def is_forwarded(request: HttpRequest) -> bool:
    return any(name in FORWARDED or name.startswith("HTTP_X_FORWARDED") for name in request.META)


def _host(request: HttpRequest) -> str:
    try:
        host = request.get_host()
    except DisallowedHost:
        return ""
    return host[: host.index("]") + 1] if host.startswith("[") else host.partition(":")[0]


def offered(request: HttpRequest) -> bool:
    """A demo, a server bound to loopback, a client on loopback that asks loopback by name, and nobody between."""
    return (
        bool(settings.DEMO)
        and is_loopback(settings.BIND)
        and is_loopback(request.META.get("REMOTE_ADDR", ""))
        and is_loopback(_host(request))
        and not is_forwarded(request)
    )
