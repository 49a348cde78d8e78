"""Pages of errands: handing a task to somebody outside, and following it."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.cases.actions import errands as actions
from huying.cases.casefile import subject_of
from huying.cases.errandfile import line_of, link_of, photo, said_of, task_page
from huying.cases.forms.errands import ERRAND_MOVES, SendErrandForm
from huying.cases.queries import errands as reads
from huying.cases.rules.errands import ErrandVerb
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.terms import _
from huying.people import queries as people


@staff()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def send_errand(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Hand a task of the own order to somebody outside."""
    actor, now = actor_of(request), now_of(request)
    subject = subject_of(case_id, actor=actor, now=now)
    if subject is None:
        raise NotFound("case")
    if actions.order_for(subject.docket, actor) is None:
        raise NotAllowed(_("只有签收了工单、正在办的单位，才能交给外单位。"))
    found = [one for one in subject.photos if one.owner_kind in ("case", "report", "order")]
    words = str(_("照片 %(number)s"))
    choices = [(str(one.pk), words % {"number": number}) for number, one in enumerate(found, start=1)]
    form = SendErrandForm(request.POST if request.method == "POST" else None, subject=subject, photos=choices)
    if request.method == "POST" and form.is_valid():
        page = task_page(request.build_absolute_uri)
        done = attempt(form, lambda: actions.send_errand(case_id, **form.arguments(), page=page, actor=actor, now=now))
        if done is not None:
            messages.success(request, str(_("写好了。请把码给对方。")))
            return HttpResponseRedirect(reverse("cases:errand", args=[done.pk]))
    shown = [photo(one, case_id, number) for number, one in enumerate(found, start=1)]
    facts = {
        "case": subject.case, "form": form, "photos": shown, "back_url": reverse("cases:case", args=[case_id]),
        "menu_key": "cases",
    }  # fmt: skip
    return render(request, "cases/errand_send.html", facts, status=422 if form.errors else 200)


@staff()
@require_safe
@never_cache
def errand(request: HttpRequest, errand_id: UUID) -> HttpResponse:
    """One errand: the link while nobody has opened it, what came back, and what the handler may do."""
    return _page(request, errand_id)


@staff()
@require_POST
def move_errand(request: HttpRequest, errand_id: UUID, verb: str) -> HttpResponse:
    """One move of the handler."""
    kind = ERRAND_MOVES.get(verb)
    if kind is None:
        raise NotFound("move")
    actor, now = actor_of(request), now_of(request)
    reads.errand(errand_id, actor)
    form = kind(request.POST)
    if form.is_valid():
        given = {**form.cleaned_data, "page": task_page(request.build_absolute_uri)}
        done = attempt(form, lambda: actions.move_errand(errand_id, kind.verb, **given, actor=actor, now=now))
        if done is not None:
            messages.success(request, str(kind.done))
            return HttpResponseRedirect(reverse("cases:errand", args=[errand_id]))
    return _page(request, errand_id, refused=form, status=422)


def _page(
    request: HttpRequest, errand_id: UUID, *, refused: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    actor, now = actor_of(request), now_of(request)
    rows = reads.errand(errand_id, actor)
    mine = reads.handles(rows.case, rows.errand.order, actor)
    legal = reads.legal(rows, theirs=False, now=now) if mine else []
    names = people.names_of({one.made_by for one in rows.lines if one.made_by is not None})
    shown = enumerate(rows.own_photos, start=1)
    facts = {
        **line_of(rows.errand, now),
        "case": rows.case,
        "rows": rows,
        "link": link_of(rows.errand, request.build_absolute_uri) if mine else None,
        "photos": [photo(one, rows.case.pk, number) for number, one in shown],
        "said": said_of(rows, names, now),
        "moves": {
            name: refused if isinstance(refused, form) else form(auto_id=f"{name}_%s")
            for name, form in ERRAND_MOVES.items()
            if form.verb in legal
        },
        "refused": refused,
        "renews": ErrandVerb.RENEW in legal,
        "back_url": reverse("cases:case", args=[rows.case.pk]),
        "menu_key": "cases",
        "now": now,
    }
    return render(request, "cases/errand.html", facts, status=status)
