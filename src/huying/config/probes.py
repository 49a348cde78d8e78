"""Three addresses for machines, answered before anything else: no session, no language, no host name is asked for.

`/healthz` the process lives · `/readyz` it can do its work · `/metrics` numbers, for this machine or with a token.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from hmac import compare_digest
from ipaddress import ip_address

import orjson
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from huying.config import metrics, room
from huying.kernel.headers import BARE

WORKER_SECONDS = 60.0
"""A worker writes that it lives every ten seconds."""
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_PROTO")
logger = logging.getLogger(__name__)
_up_to_date = False


class Probes:
    """The first middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.answers: dict[str, Callable[[HttpRequest], HttpResponse]] = {
            "/healthz": _alive,
            "/readyz": _ready,
            "/metrics": _metrics,
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.answers.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            response = HttpResponse(status=405)
            response["Allow"] = "GET, HEAD"
        else:
            response = answer(request)
        for name, value in BARE.items():
            response[name] = value
        return response


def _alive(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def _ready(_request: HttpRequest) -> HttpResponse:
    found = readiness()
    ready = all(fine for name, fine in found.items() if name != "space")  # what is there can still be read
    body = orjson.dumps({"ready": ready, **found})
    return HttpResponse(body, status=200 if ready else 503, content_type="application/json")


def readiness() -> dict[str, bool]:
    """Whether the database answers, its tables are up to date, a worker lives, and the disk takes more."""
    global _up_to_date
    found = {"database": False, "migrations": False, "worker": False, "space": room.enough()}
    try:
        if not _up_to_date:
            from huying.cli.steps import pending

            _up_to_date = not pending()
        age = metrics.worker_age()
    except DatabaseError:
        logger.warning("not ready: the database does not answer")
        return found
    lives = age is not None and age <= WORKER_SECONDS
    return {**found, "database": True, "migrations": _up_to_date, "worker": lives}


def _metrics(request: HttpRequest) -> HttpResponse:
    if not may_read(request):
        return HttpResponse("not here\n", status=404, content_type="text/plain")
    return HttpResponse(metrics.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def may_read(request: HttpRequest) -> bool:
    """With a token whoever shows it; without one, only this machine, and nobody through a proxy on it."""
    token = settings.METRICS_TOKEN
    if token:
        return compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    if any(request.META.get(name) for name in FORWARDED):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
