"""Every refusal in one shape: an RFC 9457 problem document for programs, a page for people."""

from __future__ import annotations

import errno
import logging
import sys
from collections.abc import Callable
from typing import Any

import orjson
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from procrastinate.exceptions import ConnectorException

from huying.kernel.actor import resident
from huying.kernel.refusals import Invalid, NoSpace, NotAllowed, NotFound, Refusal, TooLarge, TooMany, Unavailable
from huying.kernel.terms import _

logger = logging.getLogger(__name__)

_UNREADABLE = _("请求的内容读不懂。请刷新页面后再试。")


def document(why: Refusal, instance: str = "") -> dict[str, Any]:
    """The problem document of a refusal: type, title, status, detail, code, facts, errors, instance."""
    body: dict[str, Any] = {
        "type": f"urn:huying:problem:{why.code}",
        "title": str(why.title),
        "status": why.status,
        "detail": str(why.sentence),
        "code": why.code,
    }
    if instance:
        body["instance"] = instance
    if why.facts:
        body["facts"] = {
            key: value if isinstance(value, bool | int) else str(value) for key, value in why.facts.items()
        }
    if isinstance(why, Invalid):
        body["errors"] = {name: [str(one) for one in lines] for name, lines in why.errors.items()}
    return body


def wants_document(request: HttpRequest) -> bool:
    """Whether a page is of no use to who asks: a program, a script that wants data, or a live stream."""
    accept = request.headers.get("Accept", "")
    data = "json" in accept or "text/event-stream" in accept
    return request.path.startswith("/api/") or (data and "text/html" not in accept)


def response_to(request: HttpRequest, why: Refusal) -> HttpResponse:
    if wants_document(request):
        response = HttpResponse(
            orjson.dumps(document(why, request.path)), status=why.status, content_type="application/problem+json"
        )
    else:
        response = _page(request, why)
    if isinstance(why, TooMany):
        response["Retry-After"] = str(why.facts.get("retry_after_seconds", 300))
    if isinstance(why, Unavailable):
        response["Retry-After"] = "5"
    if isinstance(why, NoSpace):
        response["Retry-After"] = "60"
    return response


def _page(request: HttpRequest, why: Refusal) -> HttpResponse:
    for frame in (None, resident()):
        if frame is not None:  # a person's frame counts what waits, which cannot be asked now
            request.actor = frame  # type: ignore[attr-defined]
        try:
            return render(request, "ui/problem.html", {"problem": why}, status=why.status)
        except (OperationalError, InterfaceError):
            continue
    return HttpResponse(str(why.sentence), status=why.status, content_type="text/plain; charset=utf-8")


def refusal_for(exception: BaseException) -> Refusal | None:
    """The refusal that stands for a framework's exception, or None where it is a fault of ours."""
    exception = _unwrapped(exception)
    if isinstance(exception, Refusal):
        return exception
    if isinstance(exception, Http404):
        return NotFound()
    if isinstance(exception, PermissionDenied):
        return NotAllowed()
    if isinstance(exception, RequestDataTooBig):
        return TooLarge()
    if _is_full(exception):
        logger.error("no space left", exc_info=exception)
        return NoSpace()
    if isinstance(exception, OperationalError | InterfaceError):
        return Unavailable()
    if isinstance(exception, DataError):
        # A value that no field stopped and no column takes; the door should have, so it is told to us as well.
        logger.error("the database refused a value", exc_info=exception)
        return Invalid(_UNREADABLE)
    if isinstance(exception, SuspiciousOperation | BadRequest | UnicodeError):
        return Invalid(_UNREADABLE)
    return None


def _unwrapped(exception: BaseException) -> BaseException:
    """What Django said of the database, where another class told it: the job queue's own, or that of a session.

    Keeping a session says that it was deleted meanwhile, whatever went wrong with the database.
    """
    if not isinstance(exception, ConnectorException | SessionInterrupted):
        return exception
    told = (InterfaceError, OperationalError if isinstance(exception, SessionInterrupted) else DatabaseError)
    inner: BaseException | None = exception
    for _depth in range(3):
        inner = inner and (inner.__cause__ or inner.__context__)
        if isinstance(inner, told):
            return inner
    return exception


def _is_full(exception: BaseException) -> bool:
    """No space, or no more of a quota: on our disk, or on the database's (SQLSTATE 53100)."""
    if isinstance(exception, OSError):
        return exception.errno in (errno.ENOSPC, errno.EDQUOT)
    return isinstance(exception, OperationalError) and getattr(exception.__cause__, "sqlstate", "") == "53100"


class Broken(Refusal):
    """A fault of ours: said plainly, with nothing of its inside."""

    code = "broken"
    status = 500
    title = _("系统出了问题")
    says = _("系统出了问题，这一步没有办成。请稍后再试；还不行，请联系平台管理员。")


class WrongWay(Refusal):
    """A page that is only posted to was opened, or the other way round."""

    code = "wrong-method"
    status = 405
    title = _("不能这样打开")
    says = _("这个地址不能直接打开。请回到原来的页面，从上面的按钮办理。")


class Forged(Refusal):
    """A form without the mark that it came from our page."""

    code = "forged"
    status = 403
    title = _("页面过期了")
    says = _("这一页放得太久，或者浏览器没有保存登录信息。请返回上一页，刷新后再提交一次。")


# The same answers for what never reaches a view: unknown addresses, bodies too big, forged forms, faults of ours.
# `config.urls` names the first four as handler400, handler403, handler404 and handler500.


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return response_to(request, refusal_for(exception) or Invalid(_UNREADABLE))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return response_to(request, refusal_for(exception) or NotAllowed())


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return response_to(request, NotFound())


def server_error(request: HttpRequest) -> HttpResponse:
    # What a middleware raises comes here alone: without a database the session cannot even be read.
    broke = sys.exc_info()[1]
    away = broke is not None and isinstance(_unwrapped(broke), OperationalError | InterfaceError | OSError)
    why = refusal_for(broke) if broke is not None and away else None
    try:
        return response_to(request, why or Broken())
    except Exception:  # what is broken may be what every page needs
        logger.exception("the page for a fault is itself broken")
        return HttpResponse(str(Broken.says), status=500, content_type="text/plain; charset=utf-8")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return response_to(request, Forged())


class ProblemMiddleware:
    """Turns whatever a view raises into its problem, in one place."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.streaming and not response.content:
            told = response_to(request, WrongWay())
            told["Allow"] = response.get("Allow", "")
            return told
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        why = refusal_for(exception)
        return None if why is None else response_to(request, why)
