"""Doors of files: uploads in parts for whoever fills in a form; terms and quarantine for the security officer."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import orjson
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from huying.files import actions, queries
from huying.files.rules import CHUNK, NAME_LENGTH, TERMS, Keeping, TermBounds, Wanted
from huying.kernel.doors import actor_of, attempt, now_of, public, staff
from huying.kernel.problems import document
from huying.kernel.refusals import Conflict, Invalid, Refusal, TooLarge
from huying.kernel.terms import Label, _
from huying.people.rules import Duty

# Uploads in parts: a small protocol after tus.
#   POST   /files/parts/           {"wanted", "name", "size", "sha256"}      201, Location, Upload-Offset: 0
#   HEAD   /files/parts/<token>/                                             200, Upload-Offset, Upload-Length
#   PATCH  /files/parts/<token>/   Upload-Offset, Upload-Checksum: sha256 …  204; 200 with {"held"} when it is whole
#   DELETE /files/parts/<token>/                                             204
# A wrong offset answers 409 with the right one. All in one session; strangers get 404.

_BODY = 4096
_NUMBER = re.compile(r"\d{1,12}", re.ASCII)


@public
@require_http_methods(["POST"])
def parts(request: HttpRequest) -> HttpResponse:
    """Begin an upload."""
    try:
        asked = _asked(request)
        if not request.session.session_key:
            request.session.create()
        row = actions.begin_upload(**asked, session_key=str(request.session.session_key), now=now_of(request))
    except Refusal as why:
        return _told(why)
    response = _json({"token": row.token, "chunk": CHUNK}, status=201)
    response["Location"] = reverse("files:part", args=[row.token])
    response["Upload-Offset"] = "0"
    return response


@public
@require_http_methods(["HEAD", "PATCH", "DELETE"])
def part(request: HttpRequest, token: str) -> HttpResponse:
    """Ask how far an upload came, continue it, drop it."""
    key, now = str(request.session.session_key or ""), now_of(request)
    try:
        if request.method == "HEAD":
            row = queries.partial_of(key, token, now=now)
            return _offset(HttpResponse(status=200), row.offset, row.size)
        if request.method == "DELETE":
            actions.cancel_upload(token, session_key=key, now=now)
            return HttpResponse(status=204)
        row = actions.add_chunk(
            token,
            offset=_number(request.headers.get("Upload-Offset", "")),
            chunk=_chunk(request),
            sha256=_checksum(request.headers.get("Upload-Checksum", "")),
            session_key=key,
            actor=actor_of(request),
            now=now,
        )
    except Refusal as why:
        return _told(why)
    response = _json({"held": row.held}) if row.held else HttpResponse(status=204)
    return _offset(response, row.offset, row.size)


def _asked(request: HttpRequest) -> dict[str, Any]:
    unreadable = Invalid(_("上传的请求读不懂。请刷新页面再试。"))
    if int(request.META.get("CONTENT_LENGTH") or 0) > _BODY:
        raise TooLarge
    try:
        body = orjson.loads(request.body)
    except ValueError:
        raise unreadable from None
    if not isinstance(body, dict):
        raise unreadable
    wanted, name, size, sha256 = (body.get(one, "") for one in ("wanted", "name", "size", "sha256"))
    fits = isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 1 << 40
    if not fits or not all(isinstance(one, str) for one in (wanted, name, sha256)) or wanted not in Wanted.values:
        raise unreadable
    if len(name) > 1000 or "\x00" in name:
        raise unreadable
    return {"wanted": wanted, "name": name[-4 * NAME_LENGTH :], "size": size, "sha256": sha256.lower()}


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise Invalid(_("上传的请求读不懂。请刷新页面再试。"))
    return int(text)


def _chunk(request: HttpRequest) -> bytes:
    if int(request.META.get("CONTENT_LENGTH") or 0) > CHUNK:
        raise TooLarge(_("这一段太长了，没有收下。请刷新页面再试。"))
    return request.read(CHUNK + 1)


def _checksum(text: str) -> str:
    """`sha256 <base64>` as hex; nothing where none was sent."""
    if not text:
        return ""
    name, _space, value = text.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if name != "sha256" or len(digest) != 32:
        raise Invalid(_("上传的请求读不懂。请刷新页面再试。"))
    return digest.hex()


def _json(body: dict[str, Any], status: int = 200) -> HttpResponse:
    response = HttpResponse(orjson.dumps(body), content_type="application/json", status=status)
    response["Cache-Control"] = "no-store"
    return response


def _offset(response: HttpResponse, offset: int, size: int) -> HttpResponse:
    response["Upload-Offset"] = str(offset)
    response["Upload-Length"] = str(size)
    response["Cache-Control"] = "no-store"
    return response


def _told(why: Refusal) -> HttpResponse:
    response = HttpResponse(orjson.dumps(document(why)), content_type="application/problem+json", status=why.status)
    response["Cache-Control"] = "no-store"
    if isinstance(why, Conflict) and "offset" in why.facts:
        response["Upload-Offset"] = str(why.facts["offset"])
    return response


# Terms, and what was shut away


class TermForm(forms.Form):
    """How many days one kind of file is kept."""

    what = forms.ChoiceField(choices=Keeping.choices, widget=forms.HiddenInput)
    days = forms.IntegerField(
        label=_("天数"), error_messages=dict.fromkeys(("required", "invalid"), _("请写多少天，只写数字。"))
    )


@staff(duty=Duty.SECURE)
@require_http_methods(["GET", "HEAD", "POST"])
def keeping(request: HttpRequest) -> HttpResponse:
    """How long files are kept, what was removed, what was shut away, what no scanner has seen."""
    form = TermForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        given = form.cleaned_data
        done = attempt(form, lambda: actions.set_term(**given, actor=actor_of(request), now=now_of(request)))
        if done is not None:
            messages.success(request, str(_("保存期限已改。")))
            return HttpResponseRedirect(reverse("files:keeping"))
    days = queries.terms()
    facts = {
        "menu_key": "files",
        "form": form,
        "wrong": str(form.data.get("what", "")) if form is not None else "",
        "rows": [_row(what, days[what], bounds) for what, bounds in TERMS.items()],
        "removals": _removals(),
        "shut": queries.quarantined(20),
        "unscanned": queries.unscanned_count(),
        "scanner": queries.has_scanner(),
    }
    return render(request, "files/keeping.html", facts, status=422 if form is not None else 200)


def _row(what: Keeping, days: int, bounds: TermBounds) -> dict[str, Any]:
    return {"what": what.value, "name": what.label, "days": days, "bounds": bounds}


def _removals() -> list[tuple[Any, list[tuple[Label, int]]]]:
    """The last nights on which something was removed: when, and how many of each kind."""
    labels = dict(Keeping.choices)
    return [
        (line.at, [(labels[name], count) for name, count in line.counts.items() if name in labels])
        for line in queries.removals()
    ]
