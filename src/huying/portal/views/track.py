"""Look-up by code: the code goes into a form, never into an address."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from huying.cases.queries import public as reads
from huying.kernel.doors import now_of
from huying.kernel.terms import _
from huying.notices import queries as notices
from huying.notices.sealing import objection_hash
from huying.people import queries as people
from huying.portal import actions, mine
from huying.portal.forms import CodeForm
from huying.portal.status import row_of
from huying.portal.views.notices import open_in_session as open_objection
from huying.portal.views.pages import go, marks_of, own_page
from huying.portal.views.talents import open_in_session as open_talent


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def track(request: HttpRequest) -> HttpResponse:
    """Type the twelve digits; what this phone sent is listed below without them."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["code"]
        marks = marks_of(request, code)
        actions.try_once(marks, now=now_of(request))
        report = reads.report_by_code(code)
        if report is not None:
            actions.take_back_try(marks)
            mine.open_in_session(request, report.pk)
            return go("status", report.pk)
        objection = notices.objection_by(objection_hash(code))
        if objection is not None:
            actions.take_back_try(marks)
            open_objection(request, objection.pk)
            return go("objection", objection.pk)
        talent = people.talent_by_code(code)
        if talent is not None:
            actions.take_back_try(marks)
            open_talent(request, talent.pk)
            return go("talent", talent.pk)
        form.add_error("code", _("没有这个查询码。请对照短信或回执，再看一遍数字。"))
    return _page(request, form, status=422 if form.errors else 200)


def ask_for_code(request: HttpRequest) -> HttpResponse:
    """The answer to whoever asks for a report without holding its code."""
    return _page(request, CodeForm(), status=404, asked=True)


def _page(request: HttpRequest, form: CodeForm, *, status: int, asked: bool = False) -> HttpResponse:
    rows = [row_of(one, now=now_of(request)) for one in reads.reports_of(mine.all_of(request))]
    facts: dict[str, Any] = {"form": form, "rows": rows, "asked": asked, "track_url": reverse("portal:track")}
    return render(request, "portal/track.html", facts, status=status)


@own_page
@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """This phone forgets its reports; the codes go on working."""
    response = go("track")
    mine.forget(request, response)
    return response
