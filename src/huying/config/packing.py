"""Residents' pages go compressed over the line: a third of their bytes on a phone."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from huying.kernel.actor import ActorKind
from huying.kernel.doors import actor_of

KINDS = ("text/html", "application/json", "application/geo+json")


class PackedPages(GZipMiddleware):
    """What residents get, where their browser takes it.

    Staff pages hold other people's matters beside words of the address: there nobody shall learn from the length of an
    answer what else is in it, and their lines are good. On residents' pages Django hides lengths by random bytes, and
    the token against forged forms is another one in each answer.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if response.streaming or kind not in KINDS or actor_of(request).kind == ActorKind.PERSON:
            return response
        return super().process_response(request, response)
