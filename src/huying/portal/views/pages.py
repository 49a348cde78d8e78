"""What the residents' views share: pages nobody else may keep, and the address that asks."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.crypto import salted_hmac
from django.utils.timezone import localdate

from huying.kernel.doors import now_of, public

View = Callable[..., HttpResponse]


def own_page(view: View) -> View:
    """A public page with somebody's own matter: kept by no cache, its address told to no other site.

    `same-origin` and not `no-referrer`: under the latter browsers send our own forms without their origin, and
    they would be refused as forged. No address holds a code.
    """

    @public
    @wraps(view)
    def closed(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        response = view(request, *args, **options)
        response["Cache-Control"] = "no-store, private"
        response["Referrer-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex"
        return response

    closed.door = ("public", None)  # type: ignore[attr-defined]
    return closed


def go(name: str, *args: Any) -> HttpResponseRedirect:
    """To another of these pages, by GET."""
    found = redirect(f"portal:{name}", *args)
    assert isinstance(found, HttpResponseRedirect)
    return found


def marks_of(request: HttpRequest, code: str) -> list[str]:
    """What tries are counted by: the asking address and the code, as keyed hashes of this day."""
    address = request.META.get("REMOTE_ADDR", "")
    try:
        known = ipaddress.ip_address(address)
        if known.version == 6:  # one line has many addresses of one network
            address = str(ipaddress.ip_network((known, 64), strict=False))
    except ValueError:
        pass
    day = localdate(now_of(request)).isoformat()
    return [
        salted_hmac("huying.portal.tries", f"{day}|{kind}|{value}", algorithm="sha256").hexdigest()[:40]
        for kind, value in (("address", address), ("code", code))
    ]
