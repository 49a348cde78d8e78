"""What a session knows of the person: how they came in, what still has to be done, when they last confirmed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from huying.access.rules import hour_of, is_confirmed
from huying.kernel.doors import now_of
from huying.people.middleware import BEGAN

PENDING, PENDING_SECONDS = "access.pending", 600
ENROL = "access.enrol"
CONFIRMED, USED = "access.confirmed", "access.used"
TOUCHED, DUTIES = "access.touched", "access.duties"

View = Callable[..., HttpResponse]


def while_held(view: View) -> View:
    """A page that stays open to somebody who must add a second factor first."""
    view.while_held = True  # type: ignore[attr-defined]
    return view


def next_of(request: HttpRequest) -> str:
    """Where to go after signing in: the page that was asked for, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return str(settings.LOGIN_REDIRECT_URL)


def came_from(request: HttpRequest) -> str:
    """The page that a form was sent from, to go back to; the asked address itself for a page."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    told = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not url_has_allowed_host_and_scheme(told, {request.get_host()}, require_https=request.is_secure()):
        return str(settings.LOGIN_REDIRECT_URL)
    whole = urlsplit(told)
    return whole.path + (f"?{whole.query}" if whole.query else "")


def remember_pending(request: HttpRequest, account_id: UUID, method: str) -> None:
    """The first step was right; the session gets a new key and says nobody yet."""
    request.session.cycle_key()
    request.session[PENDING] = {"account": str(account_id), "method": method, "at": _stamp(request)}


def pending_of(request: HttpRequest) -> tuple[UUID, str] | None:
    """Whose second step is waited for, and how the first was taken; None where none is, or it was too long ago."""
    told: dict[str, Any] | None = request.session.get(PENDING)
    if not isinstance(told, dict) or not 0 <= _stamp(request) - told["at"] <= PENDING_SECONDS:
        return None
    return UUID(told["account"]), told["method"]


def confirm(request: HttpRequest) -> None:
    request.session[CONFIRMED] = request.session[USED] = _stamp(request)


def confirmed(request: HttpRequest) -> bool:
    """Whether the person has shown lately who it is; a use makes it last a little longer."""
    stamp, at = _stamp(request), request.session.get(CONFIRMED)
    if at is None or not is_confirmed(at, request.session.get(USED, at), stamp, settings.CONFIRM_MINUTES):
        return False
    request.session[USED] = stamp
    return True


def _stamp(request: HttpRequest) -> int:
    return int(now_of(request).timestamp())


def on_entry(sender: Any, request: HttpRequest | None, **told: Any) -> None:
    """Who has just signed in has just shown who it is."""
    if request is not None and hasattr(request, "session"):
        confirm(request)
        request.session[BEGAN] = _stamp(request)
        request.session[TOUCHED] = int(hour_of(now_of(request)).timestamp())


user_logged_in.connect(on_entry, dispatch_uid="huying.access.confirmed")
