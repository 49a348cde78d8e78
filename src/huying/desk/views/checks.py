"""Checks on ourselves: what in our own work wants a second look, each row its case."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from huying.cases.queries import checks
from huying.cases.rules.checks import WORDS, Check
from huying.desk.rows import Rows
from huying.kernel.doors import actor_of, now_of, staff
from huying.people.rules import Duty
from huying.ui.words import when_words


@staff(Duty.SUPERVISE)
@require_safe
def own_checks(request: HttpRequest) -> HttpResponse:
    """The last 30 days where the viewer supervises. Nobody is named and nothing is ranked."""
    viewer, now = actor_of(request), now_of(request)
    found = checks.findings(viewer, now=now)
    made = Rows([one.case for rows in found.values() for one in rows], viewer, now=now)
    context: dict[str, Any] = {
        "menu_key": "checks",
        "kinds": [
            {
                "label": kind.label,
                "words": WORDS[kind],
                "rows": [
                    {"row": made.of_case(one.case), "at": when_words(one.at, now), "finding": one}
                    for one in found[kind]
                ],
            }
            for kind in Check
        ],
        "units": checks.returning_units(viewer, now=now),
        "most": checks.MOST,
    }
    return render(request, "desk/checks.html", context)
