"""Pages of every register alike: overview, list, row, form, import, bulk change, print."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from huying.kernel.doors import actor_of, now_of, staff
from huying.kernel.refusals import NotAllowed
from huying.registers import queries


@require_safe
@staff()
def overview(request: HttpRequest) -> HttpResponse:
    """Cards of all registers that the person may read, by group."""
    viewer = actor_of(request)
    if not queries.has_any(viewer):
        raise NotAllowed
    return render(
        request,
        "registers/overview.html",
        {"groups": queries.groups(viewer, now=now_of(request)), "menu_key": "registers"},
    )
