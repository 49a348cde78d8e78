"""Between a person and the staff's pages: what must be done first, what must be confirmed; and what was used when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.timezone import localtime

from huying.access import actions
from huying.access.doors import DUTIES, ENROL, TOUCHED, came_from, confirmed
from huying.access.rules import hour_of
from huying.kernel.actor import ActorKind
from huying.kernel.doors import actor_of, now_of
from huying.kernel.problems import response_to
from huying.kernel.refusals import NotAllowed
from huying.kernel.terms import _


class AccessMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, options: dict[str, Any]
    ) -> HttpResponse | None:
        actor = actor_of(request)
        kind, duty = getattr(view, "door", ("public", None))
        # Only a session puts a person on a page's request: a program's token opens the doors of the API alone.
        if actor.kind != ActorKind.PERSON or kind != "staff":
            return None
        page = _first(request, getattr(view, "while_held", False))
        if page is not None:
            return HttpResponseRedirect(page)
        sensitive = getattr(view, "sensitive", False)
        asked = sensitive(request, options) if callable(sensitive) else sensitive
        if asked and not confirmed(request):
            return _to_confirm(request)
        _note(request, actor.id, duty if duty is not None and actor.has(duty) else None)
        return None


def _first(request: HttpRequest, while_held: bool) -> str | None:
    """The page of what has to be done before anything else: first an own password, then a second factor."""
    if getattr(request.user, "must_change_password", False):
        # Somebody else knows the password that was handed out.
        page = reverse("access:password")
        return page if request.path != page else None
    if request.session.get(ENROL) and not while_held:
        return reverse("access:security")
    return None


def _to_confirm(request: HttpRequest) -> HttpResponse:
    page = f"{reverse('access:confirm')}?{urlencode({'next': came_from(request)})}"
    if "application/json" in request.headers.get("Accept", "") and "text/html" not in request.headers.get("Accept", ""):
        return response_to(request, NotAllowed(_("这一步要紧，请先在页面上确认是您本人。")))
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=200)
        response["HX-Redirect"] = page
        return response
    if request.method not in ("GET", "HEAD"):
        messages.info(request, _("这一步还没有办。确认是您本人以后，请再点一次。"))
    return HttpResponseRedirect(page)


def _note(request: HttpRequest, account_id: UUID | None, duty: str | None) -> None:
    """Once an hour that the person is there, once a day which duty was used: written with the first request only."""
    now = now_of(request)
    hour = int(hour_of(now).timestamp())
    if request.session.get(TOUCHED) != hour and request.session.session_key:
        request.session[TOUCHED] = hour
        actions.touch(session_key=request.session.session_key, now=now)
    if duty is None or account_id is None:
        return
    today = localtime(now).date().isoformat()
    used: dict[str, str] = request.session.get(DUTIES, {})
    if used.get(duty) != today:
        request.session[DUTIES] = {**used, str(duty): today}
        actions.note_use(account_id=account_id, duty=str(duty), now=now)
