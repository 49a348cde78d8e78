"""Which reports are this browser's own: those sent from it (a signed cookie) or opened by code (the session).

The tracking code itself is kept nowhere and stands in no address: a page is named by the report's id, which opens
nothing without the cookie or the session.
"""

from __future__ import annotations

from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse

from huying.kernel.actor import Actor, resident
from huying.kernel.refusals import NotFound
from huying.portal.rules import REMEMBERED, REMEMBERED_FOR

COOKIE = "huying_mine"
SALT = "huying.portal.mine"
OPENED = "portal.opened"


def sent(request: HttpRequest) -> list[UUID]:
    """Reports sent from this browser, the latest first; nothing where the cookie is not ours."""
    seconds = int(REMEMBERED_FOR.total_seconds())
    try:
        found = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=seconds)
    except signing.BadSignature:
        return []
    return _ids(found)


def opened(request: HttpRequest) -> list[UUID]:
    """Reports opened by code in this session."""
    return _ids(request.session.get(OPENED, []))


def _ids(values: object) -> list[UUID]:
    found = []
    for one in values if isinstance(values, list) else []:
        try:
            found.append(UUID(str(one)))
        except ValueError:
            continue
    return found[:REMEMBERED]


def all_of(request: HttpRequest) -> list[UUID]:
    return list(dict.fromkeys([*sent(request), *opened(request)]))


def holder(request: HttpRequest, report_id: UUID) -> Actor:
    """The one who holds this report's code. Raises NotFound for everybody else, whether it exists or not."""
    if report_id not in all_of(request):
        raise NotFound("report")
    return resident(report_id)


def open_in_session(request: HttpRequest, report_id: UUID) -> None:
    rest = [str(one) for one in opened(request) if one != report_id]
    request.session[OPENED] = [str(report_id), *rest][:REMEMBERED]


def remember(request: HttpRequest, response: HttpResponse, report_id: UUID) -> None:
    """Keep a report just sent on this phone."""
    _write(request, response, [report_id, *(one for one in sent(request) if one != report_id)])


def forget(request: HttpRequest, response: HttpResponse) -> None:
    """Drop every report from this phone; the codes go on working."""
    request.session.pop(OPENED, None)
    response.delete_cookie(COOKIE, samesite="Lax")


def _write(request: HttpRequest, response: HttpResponse, ids: list[UUID]) -> None:
    value = signing.dumps([str(one) for one in ids[:REMEMBERED]], salt=SALT, compress=True)
    response.set_cookie(
        COOKIE,
        value,
        max_age=int(REMEMBERED_FOR.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
