"""Checking a password with a lock after failures, the same for accounts that exist and that do not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off, get_credentials
from axes.models import AccessAttempt
from django.contrib.auth import authenticate
from django.db.models import Max
from django.http import HttpRequest

from huying.access.rules import address_prefix
from huying.people.models import Account


@dataclass(frozen=True)
class Checked:
    """What came of it: an account, or a lock with its end, or neither (wrong)."""

    account: Account | None = None
    locked_until: datetime | None = None


def check(request: HttpRequest, username: str, password: str) -> Checked:
    """Check a password. While locked nothing is checked or counted, so the lock ends when it was said to end."""
    # The library would keep the whole text that a browser tells of itself.
    told = request.META.pop("HTTP_USER_AGENT", None)
    try:
        return _checked(request, username, password)
    finally:
        if told is not None:
            request.META["HTTP_USER_AGENT"] = told


def _checked(request: HttpRequest, username: str, password: str) -> Checked:
    until = locked_until(request, username)
    if until is not None:
        return Checked(locked_until=until)
    account = authenticate(request, username=username, password=password)
    if account is not None:
        return Checked(account=account)
    until = locked_until(request, username)
    # The page says it in our words; without this the library's middleware would put its own page instead.
    request.axes_locked_out = False  # type: ignore[attr-defined]
    return Checked(locked_until=until)


def locked_until(request: HttpRequest, username: str) -> datetime | None:
    """Until when this name is locked from this address, or None."""
    if AxesProxyHandler.is_allowed(request, get_credentials(username)):
        return None
    attempts = AccessAttempt.objects.filter(username=username, ip_address=request.axes_ip_address)  # type: ignore[attr-defined]
    last: datetime | None = attempts.aggregate(last=Max("attempt_time"))["last"]
    cool_off = get_cool_off(request)
    if last is None or cool_off is None:
        return None
    until: datetime = last + cool_off
    return until


def neighbourhood(request: HttpRequest) -> str:
    """What the lock counts by and keeps of an address."""
    return address_prefix(request.META.get("REMOTE_ADDR", "")) or "0.0.0.0"
