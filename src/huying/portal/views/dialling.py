"""What providers of telephone calls tell us, signed: how a masked call ended, which key was pressed."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from huying.cases.actions import calltrees, dialling
from huying.kernel.doors import now_of, public
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.signing import HEADER, is_signed
from huying.notices.dialling import secret

MOST_READ = 2000  # bytes


def _told(request: HttpRequest, key: str) -> dict[str, Any]:
    """The body of a signed request; no cookie is read. Raises NotAllowed where it is not signed with this secret."""
    header, body, now = request.headers.get(HEADER, ""), request.body, int(now_of(request).timestamp())
    if len(body) > MOST_READ or not is_signed(header, key, body, now=now):
        raise NotAllowed
    try:
        told = json.loads(body)
        return {**told, "id": UUID(told["id"])}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as why:
        raise NotFound("call") from why


@csrf_exempt
@public
@never_cache
@require_POST
def dialled(request: HttpRequest) -> HttpResponse:
    """`{"id", "outcome"}` from the provider of masked calls, signed as the request was."""
    told = _told(request, secret())
    dialling.record_outcome(told["id"], outcome=str(told.get("outcome", "")), now=now_of(request))
    return HttpResponse(status=204)


@csrf_exempt
@public
@never_cache
@require_POST
def pressed(request: HttpRequest) -> HttpResponse:
    """`{"id", "key"}` from the voice service: the key that was pressed while a message was read out."""
    told = _told(request, settings.VOICE_SECRET)
    calltrees.answer_by_key(told["id"], key=str(told.get("key", "")), now=now_of(request))
    return HttpResponse(status=204)
