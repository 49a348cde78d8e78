"""Answering a call tree on its case's page."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from huying.cases.actions import calltrees
from huying.cases.queries import calltrees as queries
from huying.kernel.doors import actor_of, now_of, staff
from huying.kernel.refusals import IllegalMove, NotFound
from huying.kernel.terms import _


@staff()
@require_POST
def answer_call(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Whoever answers first ends the calling for all."""
    actor = actor_of(request)
    seen = queries.run_seen_by(run_id, actor)
    if seen is None:
        raise NotFound("call_tree")
    try:
        calltrees.answer_call(run_id, actor=actor, now=now_of(request))
        messages.success(request, _("已应答，不再叫其他人。"))
    except IllegalMove as late:  # somebody was faster: the page says who
        messages.warning(request, str(late))
    return redirect("cases:case", seen.case_id)
