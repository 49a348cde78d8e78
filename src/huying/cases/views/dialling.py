"""Ringing a caller from the case's page without a number being shown."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from huying.cases.actions import dialling
from huying.cases.rules.dialling import CONNECTING
from huying.kernel.doors import actor_of, now_of, staff
from huying.kernel.refusals import IllegalMove


@staff()
@require_POST
def dial(request: HttpRequest, case_id: UUID, report_id: UUID) -> HttpResponse:
    """Ask for the call; what came of it stands among the attempts."""
    try:
        dialling.ask_dial(case_id, report_id=report_id, actor=actor_of(request), now=now_of(request))
        messages.success(request, str(CONNECTING))
    except IllegalMove as why:  # a call is going on, or no number is on record: the page stays as it is
        messages.warning(request, str(why))
    return redirect("cases:case", case_id)
