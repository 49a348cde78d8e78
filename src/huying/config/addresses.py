"""Whose address a request comes from, where proxies of the house stand before it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class CallerAddress:
    """First of the middlewares: counts of tries and locks see the caller, not the proxy.

    Each proxy appends the address it was called from, so the one that ours wrote is counted from the end; what
    stands before it is the caller's own word and is not believed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
        request.META["REMOTE_ADDR"] = caller(request.META.get("REMOTE_ADDR", ""), forwarded, settings.PROXIES)
        return self.get_response(request)


def caller(address: str, forwarded: str, proxies: int) -> str:
    """The caller's address behind so many proxies; the one that called us where they tell none."""
    told = forwarded.split(",")
    if 0 < proxies <= len(told):
        with suppress(ValueError):  # none that we can read: the proxy's own stays
            return str(ip_address(told[-proxies].strip()))
    return address
