"""What every answer says to browsers beside its policy of contents."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

from huying.kernel.headers import PERMISSIONS

PRIVATE, FRESH = "private, no-store", "private, no-cache"


class Headers:
    """A middleware: what browsers may be asked for, who may embed an answer, and that nobody else keeps it.

    A page of the staff, or of somebody who is signed in, is kept by no cache at all, not even the browser's own:
    desks are shared. A view that says something of its own about keeping is left as it is.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if "Cache-Control" not in response:
            response["Cache-Control"] = PRIVATE if _of_staff(request) else FRESH
        return response


def _of_staff(request: HttpRequest) -> bool:
    match = request.resolver_match
    if match is not None and getattr(match.func, "door", ("", None))[0] == "staff":
        return True
    # Asked only where a view has read the session anyway: an anonymous page shall not ask the database for it.
    session = getattr(request, "session", None)
    return session is not None and session.accessed and SESSION_KEY in session
