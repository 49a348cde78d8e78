"""A matter that is left out of the unit's scores, as its reporter reads it: why, until when, and how to object."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_safe

from huying.cases.actions.excluding import object_to_exclusion
from huying.cases.models import Exclusion
from huying.cases.queries import exclusions as reads
from huying.cases.queries.public import Own
from huying.cases.rules.exclusions import ExclusionState
from huying.clocks.queries import day_words
from huying.kernel.doors import attempt, now_of, public
from huying.kernel.ids import uuid7
from huying.kernel.refusals import NotFound
from huying.kernel.terms import _
from huying.portal import area, mine
from huying.portal.forms import ReasonForm
from huying.portal.status import title_words
from huying.portal.views.pages import go, own_page
from huying.portal.views.status import own_of


def told_of(own: Own) -> Exclusion | None:
    """What its reporter is told of: one that is in force, or that was until this caller's side objected."""
    rows = reads.standing(own.case)
    return next((one for one in rows if one.granted_at is not None), None)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def excluded(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """Why this matter is not in the unit's scores; an objection makes it count again until others have decided."""
    own, now = own_of(request, report_id), now_of(request)
    row = told_of(own)
    if row is None:
        raise NotFound("page")
    may_object = row.state == ExclusionState.IN_FORCE and row.objected_at is None
    form = ReasonForm(request.POST) if request.method == "POST" else ReasonForm(initial={"key": uuid7()})
    if request.method == "POST" and form.is_valid():
        why, actor = form.cleaned_data["reason"], mine.holder(request, report_id)
        done = attempt(
            form, lambda: object_to_exclusion.once(form.form_key(), own.case.pk, reason=why, actor=actor, now=now)
        )
        if done is not None:
            messages.success(request, str(_("异议收到了，换没有经手的人来定")))
            return go("status", report_id)
    facts: dict[str, Any] = {
        "title": title_words(own.report),
        "why": row.kind.told,
        "until": day_words(row.until, now) if row.until is not None else "",
        "form": form,
        "key": form.data.get("key") if form.is_bound else form.initial["key"],
        "possible": may_object or bool(form.errors),
        "objected": row.objected_at is not None and row.state != ExclusionState.IN_FORCE,
        "back_url": reverse("portal:status", args=[report_id]),
    }
    return render(request, "portal/excluded.html", facts, status=422 if form.errors else 200)


@public
@require_safe
def exclusions(request: HttpRequest) -> HttpResponse:
    """How many matters of the area were left out of scores, by month and reason, and what each reason means."""
    code, now = area.chosen(request), now_of(request)
    months: dict[Any, list[reads.Published]] = {}
    for one in reads.published(code, now=now) if code else []:
        months.setdefault(one.month, []).append(one)
    facts = {
        "months": [{"began": month, "lines": lines} for month, lines in months.items()],
        "kinds": [(one.name, one.told) for one in reads.kinds(localdate(now), code)],
        "area_name": area.name(code) if code else "",
    }
    return render(request, "portal/exclusions.html", facts)
