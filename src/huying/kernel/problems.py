"""Every refusal in one shape: an RFC 9457 problem document for programs, a page for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from huying.kernel.refusals import Invalid, NotAllowed, NotFound, Refusal, TooLarge, TooMany, Unavailable
from huying.kernel.terms import _


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
        body["facts"] = {key: str(value) for key, value in why.facts.items()}
    if isinstance(why, Invalid):
        body["errors"] = {name: [str(one) for one in lines] for name, lines in why.errors.items()}
    return body


def wants_document(request: HttpRequest) -> bool:
    accept = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or ("json" in accept and "text/html" not in accept)


def response_to(request: HttpRequest, why: Refusal) -> HttpResponse:
    if wants_document(request):
        response = HttpResponse(
            orjson.dumps(document(why, request.path)), status=why.status, content_type="application/problem+json"
        )
    else:
        response = render(request, "ui/problem.html", {"problem": why}, status=why.status)
    if isinstance(why, TooMany):
        response["Retry-After"] = str(why.facts.get("retry_after_seconds", 300))
    if isinstance(why, Unavailable):
        response["Retry-After"] = "5"
    return response


def refusal_for(exception: BaseException) -> Refusal | None:
    """The refusal that stands for a framework's exception, or None where it is a fault of ours."""
    if isinstance(exception, Refusal):
        return exception
    if isinstance(exception, Http404):
        return NotFound()
    if isinstance(exception, PermissionDenied):
        return NotAllowed()
    if isinstance(exception, RequestDataTooBig):
        return TooLarge()
    if isinstance(exception, OperationalError):
        return Unavailable()
    if isinstance(exception, SuspiciousOperation | BadRequest | UnicodeError):
        return Invalid(_("请求的内容读不懂。请刷新页面后再试。"))
    return None


class ProblemMiddleware:
    """Turns whatever a view raises into its problem, in one place."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        why = refusal_for(exception)
        return None if why is None else response_to(request, why)
