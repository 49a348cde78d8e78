"""Where there is no live stream (a server without ASGI, or HUYING_LIVE=0): the page is told not to try again."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from huying.kernel.doors import staff


@staff()
def live(request: HttpRequest) -> HttpResponse:
    """204 ends an EventSource for good; the page then asks every few seconds."""
    return HttpResponse(status=204)
