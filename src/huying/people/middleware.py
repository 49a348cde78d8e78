"""Puts the actor on the request, and ends idle sessions."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse

from huying.kernel.doors import now_of
from huying.people.queries import actor_for

SEEN, BEGAN = "people.seen", "people.began"
# A live stream is not use, nor is a page that asks by itself (`live.js` says so): perhaps nobody sits there.
STREAM = "/live/"
BY_ITSELF = "X-By-Itself"


class ActorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session and not self._ended(request) and request.user.is_authenticated:
            request.actor = actor_for(request.user, now_of(request))  # type: ignore[attr-defined]
        return self.get_response(request)

    def _ended(self, request: HttpRequest) -> bool:
        """Whether the session was left alone too long, or is too old; else note the use, at most every few minutes."""
        stamp = int(now_of(request).timestamp())
        seen, began = request.session.get(SEEN), request.session.get(BEGAN)
        if began is None:
            began = request.session[BEGAN] = stamp
        if stamp - began > settings.SESSION_LONGEST or (
            seen is not None and stamp - seen > settings.SESSION_COOKIE_AGE
        ):
            logout(request)
            return True
        alone = request.path.startswith(STREAM) or BY_ITSELF in request.headers
        if not alone and (seen is None or stamp - seen >= _grain()):
            request.session[SEEN] = stamp
        return False


def _grain() -> int:
    return min(300, settings.SESSION_COOKIE_AGE // 10)
