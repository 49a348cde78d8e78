"""The owner's page of programs and tokens, and the door where a program changes its secret for a short token."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import unquote_plus
from uuid import UUID

import orjson
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from huying.clients import actions, auth, queries
from huying.clients.actions import Shown
from huying.clients.forms import ClientForm
from huying.kernel.doors import actor_of, attempt, now_of, public, sensitive, staff
from huying.kernel.terms import _
from huying.people.rules import Duty
from huying.places import queries as places


@staff()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """The person's own programs and tokens; a new one's secret is shown on this answer alone."""
    actor = actor_of(request)
    if request.method != "POST":
        return _page(request, ClientForm(actor=actor))
    form = ClientForm(request.POST, actor=actor)
    made = None
    if form.is_valid():
        made = attempt(form, lambda: actions.make_client(**form.cleaned_data, actor=actor, now=now_of(request)))
    if made is None:
        return _page(request, form, status=422)
    return _page(request, ClientForm(actor=actor), shown=made)


# A new secret is a way in that lasts: the person confirms first who it is.
own.sensitive = lambda request, _options: request.method == "POST"  # type: ignore[attr-defined]


@sensitive
@staff()
@never_cache
@require_POST
def renew(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Another secret; shown on this answer alone."""
    made = actions.renew_client(client_id=client_id, actor=actor_of(request), now=now_of(request))
    return _page(request, ClientForm(actor=actor_of(request)), shown=made)


@staff()
@require_POST
def revoke(request: HttpRequest, client_id: UUID) -> HttpResponse:
    actions.revoke_client(client_id=client_id, actor=actor_of(request), now=now_of(request))
    messages.success(request, str(_("已停用。这个凭证从现在起打不开任何东西。")))
    return HttpResponseRedirect(reverse("clients:own"))


def _page(request: HttpRequest, form: ClientForm, *, shown: Shown | None = None, status: int = 200) -> HttpResponse:
    now = now_of(request)
    rows = [
        {
            "client": one,
            "live": queries.live(one, now),
            "duties": [Duty(duty).label for duty in one.duties if duty in Duty.values],
            "areas": [places.name_of(code) for code in one.areas],
        }
        for one in queries.own(actor_of(request))
    ]
    facts: dict[str, Any] = {
        "menu_key": "clients",
        "form": form,
        "rows": rows,
        "shown": shown,
        "token_url": request.build_absolute_uri(reverse("oauth_token")),
    }
    return render(request, "clients/own.html", facts, status=status)


@csrf_exempt
@public
@never_cache
@sensitive_post_parameters("client_secret")
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """RFC 6749, section 4.4: client credentials against a bearer token of a few minutes."""
    if request.POST.get("grant_type") != "client_credentials":
        return _oauth_error("unsupported_grant_type", 400)
    client_id, secret = _basic(request) or (request.POST.get("client_id", ""), request.POST.get("client_secret", ""))
    client = auth.by_secret(client_id[:80], secret[:200], now_of(request))
    if client is None:
        response = _oauth_error("invalid_client", 401)
        response["WWW-Authenticate"] = 'Basic realm="huying"'
        return response
    actions.note_use(client, now_of(request))
    given, seconds = auth.bearer_for(client, now_of(request))
    return _json(
        {"access_token": given, "token_type": "Bearer", "expires_in": seconds, "scope": " ".join(client.duties)}
    )


def _basic(request: HttpRequest) -> tuple[str, str] | None:
    scheme, _space, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _colon, secret = base64.b64decode(value[:600], validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return unquote_plus(name), unquote_plus(secret)


def _oauth_error(code: str, status: int) -> HttpResponse:
    return _json({"error": code}, status)


def _json(body: dict[str, Any], status: int = 200) -> HttpResponse:
    response = HttpResponse(orjson.dumps(body), status=status, content_type="application/json")
    response["Pragma"] = "no-cache"
    return response
