"""What somebody outside does by a one-time link: the code goes into a form, and the phone that opens it keeps it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.cases.actions import dialling
from huying.cases.actions import errands as acts
from huying.cases.queries import errands as reads
from huying.cases.queries.errands import ErrandRows
from huying.cases.rules.errands import TERMS, ErrandState, ErrandVerb
from huying.files import responses
from huying.kernel.doors import attempt, now_of
from huying.kernel.refusals import NotFound
from huying.kernel.terms import Label, _
from huying.portal import actions
from huying.portal.forms import ErrandCodeForm, TaskAcceptForm, TaskDialForm, TaskSayForm, TaskWhyForm
from huying.portal.views.pages import go, marks_of, own_page

COOKIE, SALT = "huying_task", "huying.portal.task"
KEPT_FOR = int(max(TERMS.values()).total_seconds()) * 4

MOVES: dict[str, tuple[ErrandVerb, type[forms.Form], Label]] = {
    "accept": (ErrandVerb.ACCEPT, TaskAcceptForm, _("记下了。做完请回到这一页说一声。")),
    "decline": (ErrandVerb.DECLINE, TaskWhyForm, _("记下了，会告诉发给您的人。")),
    "say": (ErrandVerb.SAY, TaskSayForm, _("发出去了，对方会看到。")),
    "finish": (ErrandVerb.FINISH, TaskSayForm, _("谢谢，等对方确认。")),
}

# Where a task stands, as the one outside reads it; one that was taken back has no page.
STANDS: dict[str, Label] = {
    ErrandState.SENT: _("等您接"),
    ErrandState.ACCEPTED: _("您在办"),
    ErrandState.DONE: _("做完了，等确认"),
    ErrandState.CONFIRMED: _("已确认做完"),
    ErrandState.DECLINED: _("您没有接"),
}


def _device(request: HttpRequest) -> str:
    """The mark of this phone; "" where it has none of ours."""
    try:
        return str(signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT_FOR))
    except signing.BadSignature:
        return ""


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def task(request: HttpRequest) -> HttpResponse:
    """Type the twelve digits, or scan them; the first phone that does keeps the task."""
    form = ErrandCodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        code, now = form.cleaned_data["code"], now_of(request)
        marks = marks_of(request, code)
        actions.try_once(marks, now=now)
        device = _device(request) or secrets.token_urlsafe(24)
        found = acts.open_errand(code, device, now=now)
        if found is not None:
            actions.take_back_try(marks)
            response = go("task_page", found.pk)
            value = signing.dumps(device, salt=SALT)
            response.set_cookie(
                COOKIE, value, max_age=KEPT_FOR, httponly=True, samesite="Lax", secure=request.is_secure()
            )
            return response
        form.add_error("code", _("这个码打不开：可能写错了、过期了、收回了，或已在另一台手机上打开。请问发给您的人。"))
    return render(request, "portal/task.html", {"form": form}, status=422 if form.errors else 200)


def _rows(request: HttpRequest, task_id: UUID) -> ErrandRows:
    return reads.of_device(task_id, _device(request), now=now_of(request))


@own_page
@require_safe
def task_page(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """The task and nothing else: the handler's words, the place, the chosen photos, and what may be done."""
    return _page(request, _rows(request, task_id))


@own_page
@require_POST
def task_move(request: HttpRequest, task_id: UUID, name: str) -> HttpResponse:
    """Take it on, decline, say something, say it is done."""
    rows, now = _rows(request, task_id), now_of(request)
    if name not in MOVES:
        raise NotFound("move")
    verb, kind, done_words = MOVES[name]
    form = _form(kind, request, request.POST, request.FILES)
    if form.is_valid():
        device, given = _device(request), dict(form.cleaned_data)
        done = attempt(form, lambda: acts.act_on_errand(task_id, verb, device=device, **given, now=now))
        if done is not None:
            messages.success(request, str(done_words))
            return go("task_page", task_id)
        rows = _rows(request, task_id)
    return _page(request, rows, name, form, status=422)


@own_page
@require_POST
def task_dial(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Ring the one who reported it; neither sees the other's number."""
    rows, now = _rows(request, task_id), now_of(request)
    form = TaskDialForm(request.POST)
    if form.is_valid():
        given = {"device": _device(request), "phone": form.cleaned_data["phone"], "now": now}
        if attempt(form, lambda: dialling.ask_dial_for_errand(task_id, **given)) is not None:
            messages.success(request, str(_("正在接通：先响您的手机。两边都看不到号码。")))
            return go("task_page", task_id)
    return _page(request, rows, "dial", form, status=422)


@own_page
@require_safe
def task_photo(request: HttpRequest, task_id: UUID, file_id: UUID) -> HttpResponse:
    """A photo that the handler chose, or the outsider's own."""
    found = reads.file_of(_rows(request, task_id), file_id)
    if found is None:
        raise NotFound("file")
    return responses.send(found, preview="full" not in request.GET, request=request)


def _form(kind: Callable[..., forms.Form], request: HttpRequest, *data: Any, **more: Any) -> forms.Form:
    return kind(*data, request=request, **more) if kind is TaskSayForm else kind(*data[:1], **more)


def _page(
    request: HttpRequest, rows: ErrandRows, name: str = "", form: forms.Form | None = None, *, status: int = 200
) -> HttpResponse:
    now: datetime = now_of(request)
    legal = reads.legal(rows, theirs=True, now=now)
    facts = {
        "errand": rows.errand,
        "label": STANDS[rows.errand.state],
        "chosen": rows.chosen_photos,
        "own": rows.own_photos,
        "lines": list(reversed(rows.lines)),
        "moves": {
            one: form if one == name and form is not None else _form(kind, request, auto_id=f"{one}_%s")
            for one, (verb, kind, _words) in MOVES.items()
            if verb in legal
        },
        "dial": (form if name == "dial" else TaskDialForm(auto_id="dial_%s"))
        if dialling.report_of_errand(rows.errand) is not None
        else None,
        "opened": name,
        "refused": form,
        "now": now,
    }
    return render(request, "portal/task_page.html", facts, status=status)
