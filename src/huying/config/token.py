"""The cookie of the token in forms is sent once: an answer that comes late must not undo a newer one."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers


class TokenOnce:
    """A middleware inside Django's own, which renews the cookie with every page that holds a form.

    A page that fetches something while somebody signs in or out in another tab would then put the old token back,
    and the next form of that person would be refused as foreign. Renewing only lengthens the cookie's year.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        held = request.COOKIES.get(settings.CSRF_COOKIE_NAME)
        if request.META.get("CSRF_COOKIE_NEEDS_UPDATE") and held == request.META["CSRF_COOKIE"]:
            request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False
            patch_vary_headers(response, ("Cookie",))  # as Django does where it sends the cookie
        return response
