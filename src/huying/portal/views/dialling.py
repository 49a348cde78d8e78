"""Calls that hide both numbers: asked for from an errand's page, and what the provider says came of them."""

from __future__ import annotations

import json
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from huying.cases.actions import dialling
from huying.kernel.doors import now_of, public
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.signing import HEADER, is_signed
from huying.notices.dialling import secret

MOST_READ = 2000  # bytes


@csrf_exempt
@public
@never_cache
@require_POST
def dialled(request: HttpRequest) -> HttpResponse:
    """`{"id", "outcome"}` from the provider, signed as the request was; no cookie is read."""
    now, body = now_of(request), request.body
    signed = is_signed(request.headers.get(HEADER, ""), secret(), body, now=int(now.timestamp()))
    if not signed or len(body) > MOST_READ:
        raise NotAllowed
    try:
        told = json.loads(body)
        dial_id, outcome = UUID(told["id"]), str(told["outcome"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as why:
        raise NotFound("dial") from why
    dialling.record_outcome(dial_id, outcome=outcome, now=now)
    return HttpResponse(status=204)
