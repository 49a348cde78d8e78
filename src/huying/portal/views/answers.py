"""Answers of the knowledge base for everybody: a list to search, one answer, and what fits words about to be sent."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from huying.kernel.doors import now_of, public
from huying.kernel.paging import Page
from huying.kernel.refusals import NotFound
from huying.matters.models import Knowledge
from huying.matters.queries import knowledge
from huying.portal import area

ON_A_PAGE = 20
LONGEST = 60


@public
@require_safe
def answers(request: HttpRequest) -> HttpResponse:
    """Questions with answers, of the chosen place and the areas above it."""
    code, today = area.chosen(request), timezone.localdate(now_of(request))
    words = request.GET.get("q", "")[:LONGEST].strip()
    page: Page[Knowledge] = Page(limit=ON_A_PAGE, after=request.GET.get("after", ""))
    rows = knowledge.public_answers(code, words, today=today, page=page) if code else []
    facts = {
        "rows": rows, "page": page, "first": not page.after, "words": words,
        "area_name": area.name(code) if code else "",
    }  # fmt: skip
    return render(request, "portal/answers.html", facts)


@public
@require_safe
def answer(request: HttpRequest, answer_id: UUID) -> HttpResponse:
    """One answer, whichever version is in use now."""
    found = knowledge.public_answer(answer_id, today=timezone.localdate(now_of(request)))
    if found is None:
        raise NotFound("answer")
    return render(request, "portal/answer.html", {"answer": found})
