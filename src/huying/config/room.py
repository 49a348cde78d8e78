"""Room on the disk: writes are refused while there is hardly any, so that the database never meets its end.

A PostgreSQL that cannot write its log stops, and may not come up again before somebody makes room. What is there can
be read meanwhile, and once there is room again writing goes on by itself.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from huying.config.postgres import home_of
from huying.kernel.problems import response_to
from huying.kernel.refusals import NoSpace

RESERVE = 128 * 1024**2
"""Bytes that stay for the database's log, for jobs under way and for whoever makes room."""
LOOK_SECONDS = 1.0
SAFE = ("GET", "HEAD", "OPTIONS")
logger = logging.getLogger(__name__)
_looked: tuple[float, bool] = (-LOOK_SECONDS, True)


def left(path: Path) -> int:
    """Bytes that we may still write there."""
    try:
        found = os.statvfs(path)
    except FileNotFoundError:
        return RESERVE
    return found.f_bavail * found.f_frsize


def enough() -> bool:
    """Whether there is room for a write, as of a second ago at most."""
    global _looked
    now = time.monotonic()
    if now - _looked[0] < LOOK_SECONDS:
        return _looked[1]
    folders = {Path(settings.DATA), *([home_of(Path(settings.DATA))] if settings.ENV.embedded else [])}
    there = all(left(folder) >= RESERVE for folder in folders)
    if there != _looked[1]:
        logger.error("room again, writes go on" if there else "hardly any room left, writes are refused")
    _looked = (now, there)
    return there


class Room:
    """A middleware: 507 for what would write, before its body is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in SAFE and not enough():
            return response_to(request, NoSpace())
        return self.get_response(request)
