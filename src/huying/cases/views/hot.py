"""热点问题: issues that many calls are about, the hottest first, and one with its calls. No caller is shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from huying.cases.models import HotIssue
from huying.cases.queries import hot as reads
from huying.cases.queries.hot import Hot
from huying.cases.rules import state_label
from huying.cases.rules.hot import WINDOW, Concerned, Trend
from huying.kernel.doors import actor_of, now_of, staff
from huying.kernel.paging import Page
from huying.kernel.refusals import NotAllowed, NotFound
from huying.matters import queries as matters
from huying.people.rules import Duty
from huying.places import queries as places
from huying.ui.words import when_words

ON_A_PAGE = 30
TONES = {Trend.RISING: "late", Trend.STEADY: "wait", Trend.FALLING: "doing", Trend.QUIET: "done"}


@staff()
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Issues of the person's areas."""
    viewer = actor_of(request)
    if not viewer.has(Duty.READ):
        raise NotAllowed(duty=str(Duty.READ))
    page: Page[HotIssue] = Page(limit=ON_A_PAGE, after=request.GET.get("after", ""))
    rows = [_line(one) for one in reads.listed(viewer, page=page)]
    facts = {
        "rows": rows, "page": page, "first": not page.after, "days": WINDOW.days, "clerk": viewer.has(Duty.INTAKE),
        "menu_key": "hot",
    }  # fmt: skip
    return render(request, "cases/hot_issues.html", facts)


@staff()
@require_safe
def issue(request: HttpRequest, hot_id: UUID) -> HttpResponse:
    """One issue: what, where, whom it concerns, how it goes, and the calls that the person may see."""
    viewer, now = actor_of(request), now_of(request)
    found = reads.issue(hot_id, viewer)
    if found is None:
        raise NotFound("hot_issue")
    calls = [
        {
            "case": case,
            "url": reverse("cases:case", args=[case.pk]),
            "label": state_label(case.state, case.flow),
            "place": places.name_of(case.area_code),
            "at": when_words(case.received_at, now),
        }
        for case in reads.calls_of(hot_id, viewer)
    ]
    facts = {
        "one": _line(found), "calls": calls, "more": found.calls - len(calls), "menu_key": "hot",
        "list_url": reverse("cases:hot_issues"),
    }  # fmt: skip
    return render(request, "cases/hot_issue.html", facts)


def _line(one: Hot) -> dict[str, Any]:
    row = one.issue
    trend = Trend(row.trend)
    return {
        "number": row.number,
        "url": reverse("cases:hot_issue", args=[row.pk]),
        "words": one.words,
        "matter": matters.name_of(row.type_code) if row.type_code else "",
        "place": places.name_of(row.area_code),
        "concerned": Concerned(row.concerned).label if row.concerned else "",
        "heat": round(row.heat, 1),
        "calls": one.calls,
        "first": row.first_on,
        "last": row.last_on,
        "trend": trend.label,
        "tone": TONES[trend],
    }
