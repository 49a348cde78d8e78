"""Exports of the list: asked for, watched while they are made, taken away by their asker."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from huying.cases.queries import one as one_case
from huying.desk import actions, queries
from huying.desk.forms import ExportForm, ListForm, PackForm
from huying.desk.links import case_url
from huying.desk.models import CaseExport
from huying.desk.responses import sent_file
from huying.desk.rules import EXPORT_KEPT, MOST_EXPORTED, ExportPurpose, NotMade, filter_address
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.paging import Page
from huying.kernel.refusals import NotFound
from huying.kernel.terms import Label, _
from huying.people.rules import Duty
from huying.ui.words import when_words

ON_A_PAGE = 20
TOO_LONG = timedelta(hours=1)
NO_END = _("一个小时还没有做好。请再导出一次；还不行，请告诉管理员。")
NOT_THEIRS = _("不能下载了：您现在没有那里的导出职责，或里面有您看不到的案件。要的话再导出一次。")


@staff(duty=Duty.EXPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest) -> HttpResponse:
    """A form for the filter in the address, and what this person asked for before. POST asks."""
    actor, now = actor_of(request), now_of(request)
    query = filter_address(parse_qsl(request.POST.get("query", "") or request.GET.urlencode()))
    if not ListForm(QueryDict(query)).is_valid():
        query = ""
    form = ExportForm(request.POST if request.method == "POST" else None, initial={"query": query})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done = attempt(
            form,
            lambda: actions.ask_export(
                export_id=form.own_key(), query=query, columns=data["columns"], file_format=data["format"],
                purpose=data["purpose"], actor=actor, now=now,
            ),
        )  # fmt: skip
        if done is not None:
            return HttpResponseRedirect(reverse("desk:export", args=[done.pk]))
    page: Page[CaseExport] = Page(limit=ON_A_PAGE, after=request.GET.get("after", ""))
    facts: dict[str, Any] = {
        "menu_key": "cases",
        "form": form,
        "rows": [_line(one, now) for one in queries.exports_of(actor, page=page)],
        "page": page,
        "first": not page.after,
        "most": MOST_EXPORTED,
        "back_url": f"{reverse('desk:cases')}?{query}",
    }
    return render(request, "desk/exports.html", facts, status=422 if form.is_bound else 200)


@staff(duty=Duty.EXPORT)
@require_safe
@never_cache
def export(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """How far it is; it looks again by itself until it is ready."""
    actor, now = actor_of(request), now_of(request)
    found = queries.export_by_id(export_id, actor)
    if found is None:
        raise NotFound("export")
    line = _line(found, now)
    if line["ready"] and not actions.still_theirs(found, actor):
        line |= {"ready": False, "failed": NOT_THEIRS}
    return render(request, "desk/export.html", {"menu_key": "cases", **line})


@staff(duty=Duty.EXPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def pack(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """All on record of one case as a PDF: GET asks for the purpose, POST asks for the file."""
    actor, now = actor_of(request), now_of(request)
    found = one_case(case_id, actor)
    if found is None or not actor.may(Duty.EXPORT, found.area_code):
        raise NotFound("case")
    form = PackForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form,
            lambda: actions.ask_pack(
                export_id=form.own_key(), case_id=case_id, purpose=form.cleaned_data["purpose"], actor=actor, now=now
            ),
        )
        if done is not None:
            return HttpResponseRedirect(reverse("desk:export", args=[done.pk]))
    facts = {"menu_key": "cases", "form": form, "case": found, "back_url": case_url(case_id)}
    return render(request, "desk/pack.html", facts, status=422 if form.is_bound else 200)


def _why_not(one: CaseExport, now: Any) -> Label | str:
    """Why there is no file; "" where there is one, or will be."""
    if one.failed_at is not None:
        return NotMade(one.failed or NotMade.DUTY).label
    return NO_END if one.made_at is None and now - one.asked_at > TOO_LONG else ""


def _line(one: CaseExport, now: Any) -> dict[str, Any]:
    over = one.removed_at is not None or now - one.asked_at > EXPORT_KEPT
    return {
        "export": one,
        "asked": when_words(one.asked_at, now),
        "purpose": ExportPurpose(one.purpose).label,
        "until": when_words(one.asked_at + EXPORT_KEPT, now),
        "ready": one.made_at is not None and not over,
        "over": over,
        "failed": _why_not(one, now),
        "whole": one.case_id is not None,
        "url": reverse("desk:export", args=[one.pk]),
    }


@staff(duty=Duty.EXPORT)
@require_safe
@never_cache
def export_file(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """The file, for its asker alone; each time is on the record."""
    found = actions.fetch(export_id=export_id, actor=actor_of(request), now=now_of(request))
    return sent_file(found)
